"""Hard swish: x · hard sigmoid of x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.pointwise import Pointwise
from playground.engine.vocabulary import vmax, vmin, where


class Hardswish(Pointwise):
    """Source: Howard et al., "Searching for MobileNetV3", 2019, section 5.2; as in PyTorch, whose slope at 3 is 1.5."""

    id = "hardswish"
    onnx = "HardSwish"
    slope_of = "x"
    flops = 5

    @staticmethod
    def value(x, p):
        return x * vmin(vmax((x + 3.0) * 0.16666667, 0.0), 1.0)

    @staticmethod
    def slope(x, p):
        return where(x < -3.0, 0.0, where(x > 3.0, 1.0, x * 0.33333334 + 0.5))

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        return np.asarray(x * np.clip((x + 3) / 6, 0, 1))
