"""Gaussian error linear unit: x times the share of a standard normal distribution that lies below x, and its tanh form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.pointwise import Pointwise
from playground.engine.vocabulary import bell, normal_cdf, sigmoid


class Gelu(Pointwise):
    """Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016, equation 1."""

    id = "gelu"
    onnx = "Gelu"
    slope_of = "x"
    flops = 20

    @staticmethod
    def value(x, p):
        return x * normal_cdf(x)

    @staticmethod
    def slope(x, p):
        return normal_cdf(x) + x * bell(x) * 0.39894228

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return inputs[0] * _normal_cdf(inputs[0])


class GeluTanh(Pointwise):
    """x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))), which is x · sigmoid of twice that; the same source, section 2."""

    id = "gelu_tanh"
    slope_of = "x"
    flops = 10

    @staticmethod
    def value(x, p):
        return x * sigmoid(x * (x * x * 0.071354816 + 1.5957691))

    @staticmethod
    def slope(x, p):
        z = x * x
        s = sigmoid(x * (z * 0.071354816 + 1.5957691))
        return s + s * (1.0 - s) * x * (z * 0.21406445 + 1.5957691)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        return np.asarray(0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))))

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        held = w.held(node.inputs[0])
        w.hold(node.output, w.node("Gelu", [held.name], label(node), approximate="tanh"), first=held.first)


def _normal_cdf(x: np.ndarray) -> np.ndarray:
    """Share of a standard normal distribution below x, as exactly as the C library's erfc."""
    return 0.5 * np.asarray(_ERFC(np.asarray(x, np.float64) * -math.sqrt(0.5)), np.float64)


_ERFC = np.frompyfunc(math.erfc, 1, 1)
