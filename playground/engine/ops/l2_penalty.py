"""L2: half the strength times the sum of squares, added to the loss (ridge). It enters the gradient and is rescaled with it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.penalty import Penalty


class L2Penalty(Penalty):
    """gradient += strength·weight, in the update: the gradient that lies in the arena and is shown stays that of the loss."""

    id = "l2"
    knobs = ("strength",)
    coupled = "strength"

    def gradient(self, value: np.ndarray, numbers: Mapping[str, float]) -> np.ndarray | float:
        return np.asarray(numbers["strength"] * value)
