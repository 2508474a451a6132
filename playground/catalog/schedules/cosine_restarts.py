"""Cosine with warm restarts."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real, whole
from playground.core.registry import register
from playground.core.spec import Schedule


@register("cosine_restarts", title="Cosine restarts", icon="restarts", tail="glides, jumps back, again")
class CosineRestarts(Schedule):
    """Glides down half a cosine wave, jumps back to the base rate and glides down again, each time for longer.

    Shapes: step (n,) -> (n,). It needs no length of the run; the weights are best just before a restart.
    """

    first: int = whole(
        200, low=1, high=100_000_000, log=True, unit="steps", label="First period", help="Steps until the first restart."
    )
    growth: int = whole(2, low=1, high=16, help="How many times longer every period is than the one before; 1 keeps them equal.")
    end: float = real(0.0, low=0.0, high=1.0, label="Ends at", help="Share of the base rate that a period ends at.")

    formula = "factor = end + (1 - end)·(1 + cos(π·t_i / T_i)) / 2, T_i = first·growth^i, t_i = steps since restart i"
    source = "Loshchilov and Hutter: SGDR (2017), equation 5"
    examples = (
        ("plain", {}, ()),
        ("equal periods", {"first": 70, "growth": 1}, ()),
        ("to a tenth", {"first": 30, "growth": 3, "end": 0.1}, ()),
        ("every step", {"first": 1, "growth": 1}, ()),
    )

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        t = np.asarray(step, np.int64)
        if self.growth == 1:
            since, period = t % self.first, np.full(t.shape, self.first, np.int64)
        else:
            last = int(t.max(initial=0))
            starts, length = [0], self.first
            while starts[-1] + length <= last:
                starts.append(starts[-1] + length)
                length *= self.growth
            which = np.searchsorted(starts, t, side="right") - 1
            since, period = t - np.asarray(starts)[which], self.first * self.growth**which
        return np.asarray(self.end + (1.0 - self.end) * (1.0 + np.cos(np.pi * since / period)) / 2.0)
