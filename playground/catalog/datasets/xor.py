"""Exclusive or on a square."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.fields import real, whole
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.toys import generator, labelled_points


@register("xor", title="XOR", group="Data", icon="data_xor", tail="2 inputs, 2 classes")
class Xor(Dataset):
    """Points of a square; the class says whether the signs of the two coordinates differ.

    Shapes: inputs (samples, 2); targets (samples,) class numbers.
    The classic case that a network without a hidden layer cannot learn.
    """

    formula = "class = [x₁ > 0] ≠ [x₂ > 0]"
    source = "M. Minsky and S. Papert, Perceptrons, 1969"
    examples = (("plain", {}, ((400, 2), (400,))), ("noisy", {"samples": 31, "noise": 0.2, "gap": 0.0}, ((31, 2), (31,))))

    samples: int = whole(400, low=20, high=100_000, log=True, help="Points in all four quarters together.")
    gap: float = real(0.05, low=0.0, high=0.5, help="Half the width of the empty cross between the quarters.")
    noise: float = real(0.0, low=0.0, high=1.0, help="Standard deviation of the normal noise added after the class is decided.")
    seed: int = whole(0, help="Decides the points and the noise.")

    def load(self, folder: Path | None = None) -> Samples:
        rng = generator(self.seed)
        # Quarters in turn, so that both classes have the same number of points.
        quarter = np.arange(self.samples) % 4
        signs = np.stack([np.where(quarter < 2, 1, -1), np.where((quarter == 0) | (quarter == 3), 1, -1)], axis=1)
        points = signs * rng.uniform(self.gap, 1.0, (self.samples, 2))
        differ = signs[:, 0] != signs[:, 1]
        return labelled_points([points[~differ], points[differ]], self.noise, rng)
