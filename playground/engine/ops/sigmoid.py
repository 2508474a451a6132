"""Sigmoid: 1 / (1 + e^-x)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.pointwise import Pointwise
from playground.engine.vocabulary import sigmoid


class Sigmoid(Pointwise):
    """y = 1 / (1 + e^-x) for x of any shape, without overflow at either end; its slope y·(1 - y) needs y alone."""

    id = "sigmoid"
    onnx = "Sigmoid"
    flops = 4

    @staticmethod
    def value(x, p):
        return sigmoid(x)

    @staticmethod
    def slope(y, p):
        return y * (1.0 - y)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        small = np.exp(-np.abs(x))
        return np.where(x >= 0, 1 / (1 + small), small / (1 + small))
