"""A surface to be fitted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from playground.core.fields import choice, real, whole
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.toys import curve, generator


def _hills(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Two hills and a hollow."""
    total = np.zeros_like(u)
    for height, x, y in ((1.0, -0.5, 0.5), (0.8, 0.5, 0.4), (-1.0, 0.1, -0.5)):
        total += height * np.exp(-((u - x) ** 2 + (v - y) ** 2) / (2 * 0.25**2))
    return total


_SURFACES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "plane": lambda u, v: 0.5 * u + 0.5 * v,
    "saddle": lambda u, v: u * v,
    "bowl": lambda u, v: u**2 + v**2 - 1,
    "hills": _hills,
    "ripples": lambda u, v: np.cos(3 * np.pi * np.hypot(u, v)),
    "waves": lambda u, v: np.sin(np.pi * u) * np.cos(np.pi * v),
}


@register("regression_plane", title="Surface", group="Data", icon="data_plane", tail="2 inputs, 1 value")
class RegressionPlane(Dataset):
    """A noisy surface over the square from −1 to 1, to be drawn by the network.

    Shapes: inputs (samples, 2); targets (samples, 1) values.
    The plane needs no hidden layer, the saddle a few units, hills and ripples many.
    """

    formula = "y = f(x₁, x₂) + noise, both inputs in −1 … 1"
    source = (
        "Hastie, Tibshirani and Friedman: The elements of statistical learning (2009), equation 2.29; the plane as in Smilkov et al.: "
        "Direct-manipulation visualization of deep networks (2017)"
    )
    examples = (
        ("plane", {}, ((400, 2), (400, 1))),
        *((f, {"function": f, "samples": 31, "noise": 0.0}, ((31, 2), (31, 1))) for f in list(_SURFACES)[1:]),
    )

    function: str = choice(
        "plane",
        {
            "plane": "A tilted plane.",
            "saddle": "The product of the inputs.",
            "bowl": "The squared distance from the middle.",
            "hills": "Two hills and a hollow.",
            "ripples": "Rings round the middle.",
            "waves": "A sine times a cosine.",
        },
        help="The surface without its noise.",
    )
    samples: int = whole(400, low=10, high=100_000, log=True, help="Points on the surface.")
    noise: float = real(0.05, low=0.0, high=1.0, help="Standard deviation of the normal noise added to the values.")
    seed: int = whole(0, help="Decides the points and the noise.")

    def load(self, folder: Path | None = None) -> Samples:
        rng = generator(self.seed)
        x = rng.uniform(-1, 1, (self.samples, 2))
        return curve(x, _SURFACES[self.function](x[:, 0], x[:, 1]), self.noise, rng)
