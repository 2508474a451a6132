"""Norms of the layers at the steps at which they were measured."""

from __future__ import annotations

from playground.training.areas import Area, register
from playground.training.ring import Ring

#: What is measured of every layer: lengths of gradient, weights and update (L2), and of the weights the sum (L1) and the greatest (L∞)
#: of their magnitudes.
NORM_COLUMNS = ("gradient", "weight", "update", "weight_l1", "weight_max")
_ROWS = 1 << 12

NORMS = register(
    Area(
        "norms",
        1,
        lambda plan: 8 * _ROWS * (1 + len(NORM_COLUMNS) * len(plan.layers)),
        lambda plan, area, words: Ring(area.view("<f8").reshape(_ROWS, -1), words),
    )
)
