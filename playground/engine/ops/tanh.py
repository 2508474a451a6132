"""Hyperbolic tangent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.pointwise import Pointwise
from playground.engine.vocabulary import tanh


class Tanh(Pointwise):
    """y = tanh x for x of any shape; its slope 1 - y² needs y alone."""

    id = "tanh"
    onnx = "Tanh"
    flops = 6

    @staticmethod
    def value(x, p):
        return tanh(x)

    @staticmethod
    def slope(y, p):
        return 1.0 - y * y

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return np.tanh(inputs[0])
