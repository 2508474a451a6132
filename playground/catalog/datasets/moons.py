"""Two interleaving half circles."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.fields import real, whole
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.toys import generator, labelled_points, shares


@register("moons", title="Moons", group="Data", icon="data_moons", tail="2 inputs, 2 classes")
class Moons(Dataset):
    """Two half circles that reach into each other.

    Shapes: inputs (samples, 2); targets (samples,) class numbers.
    No straight line separates them, so a network needs at least one hidden layer.
    """

    formula = "(cos t, sin t) and (1 − cos t, ½ − sin t), t in 0 … π"
    source = "scikit-learn, make_moons"
    examples = (("plain", {}, ((400, 2), (400,))), ("odd", {"samples": 31, "noise": 0.0}, ((31, 2), (31,))))

    samples: int = whole(400, low=10, high=100_000, log=True, help="Points in both moons together.")
    noise: float = real(0.15, low=0.0, high=1.0, help="Standard deviation of the normal noise added to both coordinates.")
    seed: int = whole(0, help="Decides the noise.")

    def load(self, folder: Path | None = None) -> Samples:
        outer, inner = (np.linspace(0, np.pi, count) for count in shares(self.samples, 2))
        first = np.stack([np.cos(outer), np.sin(outer)], axis=1)
        second = np.stack([1 - np.cos(inner), 0.5 - np.sin(inner)], axis=1)
        return labelled_points([first, second], self.noise, generator(self.seed))
