"""L2: half the strength times the sum of squares, added to the loss (ridge). It enters the gradient and is rescaled with it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.kernel import kernel
from playground.engine.penalty import Penalty
from playground.engine.registers import CLIP_SCALE
from playground.engine.vocabulary import load, store


@kernel
def l2_before(F, R, w, k):
    """words: value gradient n | knobs: rate factor strength decay-factor

    The update multiplies the gradient by the clipping scale, which is meant for the loss alone."""
    p, g, n = w[0], w[1], w[2]
    share = k[w[5]] * k[w[6]] / F[CLIP_SCALE]
    for j in range(0, n, 16):
        store(F, g + j, n - j, load(F, g + j, n - j) + load(F, p + j, n - j) * share)


class L2Penalty(Penalty):
    """gradient += strength·weight."""

    id = "l2"
    knobs = ("strength",)
    places = ("before",)

    def gradient(self, value: np.ndarray, numbers: Mapping[str, float]) -> np.ndarray | float:
        return np.asarray(numbers["strength"] * value)
