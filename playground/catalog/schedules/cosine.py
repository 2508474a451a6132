"""Cosine."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Schedule


@register("cosine", title="Cosine", icon="cosine", tail="glides to the end")
class Cosine(Schedule):
    """Glides down half a cosine wave: slow, fast, slow.

    Shapes: step (n,) -> (n,). After the last step it stays where it ended.
    """

    end: float = real(0.0, low=0.0, high=1.0, label="Ends at", help="Share of the base rate that is left at the end.")

    formula = "factor = end + (1 - end)·(1 + cos(π·t / T)) / 2"
    source = "Loshchilov and Hutter: SGDR (2017), equation 5"
    examples = (("plain", {}, ()), ("to a tenth", {"end": 0.1}, ()))

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        t = np.minimum(np.asarray(step, np.float64), total) / max(total, 1)
        return np.asarray(self.end + (1.0 - self.end) * (1.0 + np.cos(np.pi * t)) / 2.0)
