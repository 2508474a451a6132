"""Decoupled weight decay for any optimizer. Source: Loshchilov and Hutter: Decoupled weight decay regularization (2019), section 2."""

from __future__ import annotations

from collections.abc import Mapping

from playground.engine.kernel import kernel
from playground.engine.penalty import Penalty
from playground.engine.vocabulary import LANES, load, store


@kernel
def decoupled_before(F, R, w, k):
    """words: value gradient n | knobs: rate factor strength decay-factor"""
    p, n = w[0], w[2]
    share = k[w[3]] * k[w[4]] * (k[w[5]] * k[w[6]])
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        store(F, p + j, LANES, x - x * share)


class DecoupledPenalty(Penalty):
    """weight ← weight·(1 - rate·strength), before the update."""

    id = "decoupled"
    knobs = ("strength",)
    places = ("before",)

    def shrink(self, numbers: Mapping[str, float], rate: float) -> float:
        return 1.0 - rate * numbers["strength"]
