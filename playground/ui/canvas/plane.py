"""The square of the input plane that pictures of 2-D data show. Shared by the canvas and the decision plot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from playground.core.samples import Samples

Corner = tuple[float, float]


def plane_of(samples: Samples) -> tuple[Corner, Corner]:
    """Low and high corner, in the data's own unit: all points with a rim of a tenth, each axis to its own range, or the data's reach."""
    if samples.reach:
        return (-samples.reach, -samples.reach), (samples.reach, samples.reach)
    low, high = samples.x.min(axis=0).astype(float), samples.x.max(axis=0).astype(float)
    rim = np.maximum((high - low) * 0.1, 1e-6)
    low, high = low - rim, high + rim
    return (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))


def grid_points(low: Corner, high: Corner, size: int) -> npt.NDArray[np.float32]:
    """The centres of size × size cells, row by row from low to high of the second input. Shapes: (size·size, 2)."""
    first, second = np.linspace(low[0], high[0], size), np.linspace(low[1], high[1], size)
    across, down = np.meshgrid(first, second)
    return np.stack([across.ravel(), down.ravel()], axis=1).astype(np.float32)


def in_square(points: npt.NDArray[np.floating], low: Corner, high: Corner) -> npt.NDArray[np.floating]:
    """Points as places in the unit square, (0, 0) at the upper left."""
    span = np.subtract(high, low)
    placed = (points - np.asarray(low)) / span
    placed[:, 1] = 1 - placed[:, 1]
    return placed
