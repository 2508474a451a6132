"""A circle inside a circle."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.fields import real, whole
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.toys import generator, labelled_points, shares


@register("circles", title="Circles", group="Data", icon="data_circles", tail="2 inputs, 2 classes")
class Circles(Dataset):
    """One circle inside another, both round the origin.

    Shapes: inputs (samples, 2); targets (samples,) class numbers.
    The distance from the origin tells the classes apart, which a network has to find out by itself.
    """

    formula = "(cos t, sin t) and r·(cos t, sin t), t in 0 … 2π"
    source = "scikit-learn, make_circles"
    examples = (("plain", {}, ((400, 2), (400,))), ("odd", {"samples": 31, "noise": 0.0}, ((31, 2), (31,))))

    samples: int = whole(400, low=10, high=100_000, log=True, help="Points in both circles together.")
    ratio: float = real(0.5, low=0.05, high=0.95, help="Radius of the inner circle, as a share of the outer one.")
    noise: float = real(0.08, low=0.0, high=1.0, help="Standard deviation of the normal noise added to both coordinates.")
    seed: int = whole(0, help="Decides the noise.")

    def load(self, folder: Path | None = None) -> Samples:
        groups = []
        for radius, count in zip((1.0, self.ratio), shares(self.samples, 2), strict=True):
            angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
            groups.append(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))
        return labelled_points(groups, self.noise, generator(self.seed))
