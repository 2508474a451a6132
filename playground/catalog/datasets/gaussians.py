"""Normal clusters on a ring."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.fields import real, whole
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.toys import generator, labelled_points, shares


@register("gaussians", title="Gaussians", group="Data", icon="data_gaussians", tail="2 inputs, 2 to 10 classes")
class Gaussians(Dataset):
    """Round clouds of points with their middles on a circle, one or more for each class.

    Shapes: inputs (samples, 2); targets (samples,) class numbers.
    With one cloud a class, straight lines separate them; with more, the classes alternate round the circle.
    """

    formula = "x ~ N(mᵢ, spread²), mᵢ on the unit circle"
    source = "Bishop: Pattern recognition and machine learning (2006), section 2.3.9, mixtures of Gaussians"
    examples = (
        ("plain", {}, ((400, 2), (400,))),
        ("alternating", {"classes": 3, "clusters": 2, "samples": 31, "spread": 0.05}, ((31, 2), (31,))),
    )

    samples: int = whole(400, low=20, high=100_000, log=True, help="Points in all clouds together.")
    classes: int = whole(2, low=2, high=10, help="How many classes there are.")
    clusters: int = whole(1, low=1, high=5, label="Clouds per class", help="How many clouds each class has.")
    spread: float = real(0.3, low=0.01, high=2.0, help="Standard deviation of each cloud; the circle has the radius 1.")
    seed: int = whole(0, help="Decides the points.")

    def load(self, folder: Path | None = None) -> Samples:
        groups = []
        for label, count in enumerate(shares(self.samples, self.classes)):
            cloud = np.arange(count) % self.clusters
            angle = 2 * np.pi * (label + cloud * self.classes) / (self.classes * self.clusters)
            groups.append(np.stack([np.cos(angle), np.sin(angle)], axis=1))
        return labelled_points(groups, self.spread, generator(self.seed))
