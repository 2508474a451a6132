"""Inverse square root."""

from __future__ import annotations

import numpy as np

from playground.core.fields import whole
from playground.core.registry import register
from playground.core.spec import Schedule


@register("inverse_square_root", title="Inverse square root", icon="inverse_root", tail="falls ever slower")
class InverseSquareRoot(Schedule):
    """Falls with the square root of the number of steps.

    Shapes: step (n,) -> (n,). It never reaches zero and needs no length of the run.
    """

    hold: int = whole(1, low=1, high=100_000_000, log=True, unit="steps", help="Steps at the full rate before the fall begins.")

    formula = "factor = √(hold / max(t + 1, hold))"
    source = "Vaswani et al.: Attention is all you need (2017), equation 3, without its warm-up"
    examples = (("plain", {}, ()), ("held", {"hold": 100}, ()))

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        t = np.asarray(step, np.float64) + 1.0
        return np.asarray(np.sqrt(self.hold / np.maximum(t, self.hold)))
