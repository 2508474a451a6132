"""SiLU, also called swish: x · sigmoid(x)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.pointwise import Pointwise
from playground.engine.vocabulary import sigmoid


class Silu(Pointwise):
    """Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", 2018, equations 5 and 6."""

    id = "silu"
    slope_of = "x"
    flops = 5

    @staticmethod
    def value(x, p):
        return x * sigmoid(x)

    @staticmethod
    def slope(x, p):
        s = sigmoid(x)
        return s * (x * (1.0 - s) + 1.0)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        small = np.exp(-np.abs(x))
        return np.asarray(x * np.where(x >= 0, 1, small) / (1 + small))

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        held = w.held(node.inputs[0])
        gate = w.node("Sigmoid", [held.name], f"{label(node)}_gate")
        w.hold(node.output, w.node("Mul", [held.name, gate], label(node)), first=held.first)
