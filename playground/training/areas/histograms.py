"""How the weights, gradients and outputs of every layer are spread, at the steps at which that was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.training.areas import Area, register
from playground.training.ring import Ring

if TYPE_CHECKING:
    from playground.training.board import BoardPlan

BINS = 64
#: Rows that the board holds; the window takes them out in time.
_ROWS = 512


def histogram_row(plan: BoardPlan) -> np.dtype[np.void]:
    """One step: of every layer's weights and gradients, then of every node's outputs, the ends and two histograms.

    low, high: least and greatest finite value.  even: counts in bins of equal width between them.  signed: counts in the bins of
    `spread.signed_edges`.  odd: how many numbers are not finite.
    """
    return np.dtype([
        ("step", "<i8"),
        ("of", [("low", "<f4"), ("high", "<f4"), ("odd", "<u4"), ("even", "<u4", BINS), ("signed", "<u4", BINS)], 2 * len(plan.layers) + len(plan.nodes)),
    ])  # fmt: skip


HISTOGRAMS = register(
    Area(
        "histograms",
        1,
        lambda plan: _ROWS * histogram_row(plan).itemsize,
        lambda plan, area, words: Ring(area.view(histogram_row(plan)), words),
    )
)
