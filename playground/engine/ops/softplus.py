"""Softplus: log(1 + e^(beta·x)) / beta, a smooth ReLU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.pointwise import Pointwise, real
from playground.engine.vocabulary import exp, expm1, log1p, vabs, where


class Softplus(Pointwise):
    """Attribute: beta, positive. Source: Glorot, Bordes and Bengio, "Deep sparse rectifier neural networks", 2011, section 3."""

    id = "softplus"
    parameter = "beta"
    flops = 10

    @staticmethod
    def value(x, p):
        z = x * p
        return (where(z < 0.0, 0.0, z) + log1p(exp(0.0 - vabs(z)))) / p

    @staticmethod
    def slope(y, p):
        return 0.0 - expm1(0.0 - y * p)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        beta = real(attributes["beta"])
        return np.asarray(np.logaddexp(0, beta * inputs[0]) / beta)

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        held, beta = w.held(node.inputs[0]), real(node.attributes["beta"])
        if beta == 1:
            w.hold(node.output, w.node("Softplus", [held.name], label(node)), first=held.first)
            return
        factor = w.constant(f"{label(node)}_beta", np.array(beta, np.float32))
        soft = w.node("Softplus", [w.node("Mul", [held.name, factor], f"{label(node)}_scaled")], f"{label(node)}_soft")
        w.hold(node.output, w.node("Div", [soft, factor], label(node)), first=held.first)
