"""Leaky ReLU: x where it is positive, slope · x elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label, number
from playground.engine.pointwise import Pointwise, real
from playground.engine.vocabulary import where


class LeakyRelu(Pointwise):
    """Attribute: slope, not negative (the sign of the output tells the sign of the input)."""

    id = "leaky_relu"
    onnx = "LeakyRelu"
    parameter = "slope"

    @staticmethod
    def value(x, p):
        return where(x < 0.0, x * p, x)

    @staticmethod
    def slope(y, p):
        return where(y > 0.0, 1.0, p)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return np.where(inputs[0] < 0, inputs[0] * real(attributes["slope"]), inputs[0])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        held = w.held(node.inputs[0])
        y = w.node("LeakyRelu", [held.name], label(node), alpha=number(node.attributes["slope"]))
        w.hold(node.output, y, first=held.first)
