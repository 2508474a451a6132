"""A row for every step."""

from __future__ import annotations

import numpy as np

from playground.training.areas import Area, register
from playground.training.ring import Ring

STEP_ROW = np.dtype([("step", "<i8"), ("loss", "<f4"), ("rate", "<f4"), ("norm", "<f4"), ("rows", "<f4")])
_ROWS = 1 << 20

STEPS = register(
    Area("steps", 1, lambda plan: STEP_ROW.itemsize * _ROWS, lambda plan, area, words: Ring(area.view(STEP_ROW), words))
)
