"""Exponential linear unit: x where it is positive, alpha · (e^x - 1) elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.pointwise import Pointwise, real
from playground.engine.vocabulary import expm1, vmin, where


class Elu(Pointwise):
    """Attribute: alpha, not negative. Source: Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning", 2016."""

    id = "elu"
    onnx = "Elu"
    parameter = "alpha"
    flops = 4

    @staticmethod
    def value(x, p):
        return where(x > 0.0, x, expm1(vmin(x, 0.0)) * p)

    @staticmethod
    def slope(y, p):
        return where(y > 0.0, 1.0, y + p)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        return np.where(x > 0, x, real(attributes["alpha"]) * np.expm1(np.minimum(x, 0)))
