"""What a schedule makes of rate and momentum, as the runner reads it."""

from __future__ import annotations

import numpy as np


def factor_columns(factors: np.ndarray) -> np.ndarray:
    """The runner's factors. Shapes: (steps,), which leaves the momentum alone, or (steps, 3) -> (steps, 3) float32."""
    if factors.ndim == 2:
        return np.ascontiguousarray(factors, np.float32)
    made = np.empty((len(factors), 3), np.float32)
    made[:, 0], made[:, 1], made[:, 2] = factors, 1.0, 0.0
    return made
