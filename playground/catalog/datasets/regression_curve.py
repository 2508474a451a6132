"""A curve to be fitted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from playground.core.fields import choice, real, whole
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.toys import curve, generator

_CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sine": lambda x: np.sin(2 * np.pi * x),
    "sines": lambda x: 0.5 * np.sin(2 * np.pi * x) + 0.3 * np.sin(6 * np.pi * x) + 0.2 * np.sin(10 * np.pi * x),
    "chirp": lambda x: np.sin(2 * np.pi * (x + 1) ** 2),
    "steps": lambda x: np.floor(2 * x + 0.5) / 2,
    "square": lambda x: np.where(np.floor(2 * x) % 2 == 0, 1.0, -1.0),
    "vee": lambda x: 2 * np.abs(x) - 1,
    "cubic": lambda x: 2 * x**3 - x,
    "bell": lambda x: np.exp(-(x**2) / (2 * 0.2**2)),
    "sinc": lambda x: np.sinc(4 * x),
}


@register("regression_curve", title="Curve", group="Data", icon="data_curve", tail="1 input, 1 value")
class RegressionCurve(Dataset):
    """A noisy curve over −1 to 1, to be drawn by the network.

    Shapes: inputs (samples, 1); targets (samples, 1) values.
    Smooth curves are learnt quickly; steps and fast waves show what a small network leaves out.
    """

    formula = "y = f(x) + noise, x in −1 … 1"
    source = "Bishop: Pattern recognition and machine learning (2006), section 1.1, a noisy sine; the other curves are of the same kind"
    examples = (
        ("sine", {}, ((200, 1), (200, 1))),
        *((f, {"function": f, "samples": 31, "noise": 0.0}, ((31, 1), (31, 1))) for f in list(_CURVES)[1:]),
    )

    function: str = choice(
        "sine",
        {
            "sine": "Two periods of a sine.",
            "sines": "The sum of three sines, slow and fast.",
            "chirp": "A sine that gets faster from left to right.",
            "steps": "A staircase.",
            "square": "Jumps between −1 and 1.",
            "vee": "The absolute value: two straight lines.",
            "cubic": "A polynomial with one hill and one valley.",
            "bell": "One narrow bump.",
            "sinc": "A ripple that dies away to both sides.",
        },
        help="The curve without its noise.",
    )
    samples: int = whole(200, low=10, high=100_000, log=True, help="Points on the curve.")
    noise: float = real(0.05, low=0.0, high=1.0, help="Standard deviation of the normal noise added to the values.")
    seed: int = whole(0, help="Decides the noise.")

    def load(self, folder: Path | None = None) -> Samples:
        x = np.linspace(-1, 1, self.samples)
        return curve(x[:, None], _CURVES[self.function](x), self.noise, generator(self.seed))
