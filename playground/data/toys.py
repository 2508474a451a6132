"""What the made-up data sets share: a generator whose draws depend on the seed alone, and the samples record of points."""

from __future__ import annotations

import numpy as np

from playground.core.samples import Samples
from playground.words import sentence


def generator(seed: int) -> np.random.Generator:
    """A generator on the counter-based Philox, which gives the same bits on every machine."""
    return np.random.Generator(np.random.Philox(seed))


def shares(count: int, groups: int) -> list[int]:
    """Sizes of the groups; they differ by one at most."""
    return [count // groups + (group < count % groups) for group in range(groups)]


def labelled_points(groups: list[np.ndarray], noise: float, rng: np.random.Generator) -> Samples:
    """Two-dimensional points of several classes, one array for each class, with normal noise added. Shapes: each (n, 2)."""
    points = np.concatenate(groups)
    if noise:
        points = points + rng.normal(0, noise, points.shape)
    y = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    names = tuple(sentence("class {number}", number=number + 1) for number in range(len(groups)))
    return Samples(points.astype(np.float32), y.astype(np.int64), "classification", names, ("x1", "x2"))


def curve(x: np.ndarray, y: np.ndarray, noise: float, rng: np.random.Generator) -> Samples:
    """Values to be predicted from one or two inputs, with normal noise added. Shapes: x (n, k), y (n,)."""
    values = y + rng.normal(0, noise, y.shape) if noise else y
    inputs = ("x",) if x.shape[1] == 1 else tuple(f"x{number + 1}" for number in range(x.shape[1]))
    return Samples(x.astype(np.float32), values[:, None].astype(np.float32), "regression", (), inputs, ("y",))
