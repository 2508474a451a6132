"""Arms that wind round each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.fields import real, whole
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.toys import generator, labelled_points, shares


@register("spirals", title="Spirals", group="Data", icon="data_spirals", tail="2 inputs, 2 to 8 classes")
class Spirals(Dataset):
    """Arms that wind round each other, one for each class.

    Shapes: inputs (samples, 2); targets (samples,) class numbers.
    The hardest of the flat data sets: each further turn asks for a deeper or wider network.
    """

    formula = "r·(cos θ, sin θ), r in 0.1 … 1, θ = 2π·(turns·r + arm / arms)"
    source = "K. J. Lang and M. J. Witbrock, Learning to tell two spirals apart, 1988"
    examples = (
        ("plain", {}, ((600, 2), (600,))),
        ("three", {"classes": 3, "samples": 31, "noise": 0.0, "turns": 0.5}, ((31, 2), (31,))),
    )

    samples: int = whole(600, low=20, high=100_000, log=True, help="Points in all arms together.")
    classes: int = whole(2, low=2, high=8, label="Arms", help="How many arms there are; each is a class.")
    turns: float = real(1.5, low=0.25, high=5.0, help="How often each arm winds round the middle.")
    noise: float = real(0.02, low=0.0, high=0.5, help="Standard deviation of the normal noise added to both coordinates.")
    seed: int = whole(0, help="Decides the noise.")

    def load(self, folder: Path | None = None) -> Samples:
        arms = []
        for arm, count in enumerate(shares(self.samples, self.classes)):
            radius = np.linspace(0.1, 1.0, count)
            angle = 2 * np.pi * (self.turns * radius + arm / self.classes)
            arms.append(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))
        return labelled_points(arms, self.noise, generator(self.seed))
