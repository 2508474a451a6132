"""Noam."""

from __future__ import annotations

import numpy as np

from playground.core.fields import choice, whole
from playground.core.registry import register
from playground.core.spec import Schedule


@register("noam", title="Noam", icon="noam", tail="for transformers")
class Noam(Schedule):
    """Climbs in a straight line, then falls with the square root of the number of steps.

    Shapes: step (n,) -> (n,). It brings its own warm-up; the training plan's may stay at 0. As published, the rate is multiplied
    by the formula, whose peak is 1 / √(width·climb): the optimizer's rate is then 1 or 2, as in the paper's own code.
    """

    climb: int = whole(
        4000, low=1, high=100_000_000, log=True, unit="steps", help="Steps of the climb; the rate is highest at its end."
    )
    scale: str = choice(
        "peak",
        {
            "peak": "The optimizer's rate is the highest rate, reached at the end of the climb.",
            "paper": "The optimizer's rate is multiplied by the formula as it was published.",
        },
        help="What the optimizer's rate means.",
    )
    width: int = whole(
        512, low=1, high=1_000_000, log=True, when=("scale", "paper"), help="Width of the model, d_model in the paper."
    )

    formula = "factor = width^(-1/2)·min((t + 1)^(-1/2), (t + 1)·climb^(-3/2)), divided by its peak unless as published"
    source = "Vaswani et al.: Attention is all you need (2017), equation 3"
    examples = (
        ("plain", {}, ()),
        ("short", {"climb": 100}, ()),
        ("as published", {"climb": 60, "scale": "paper", "width": 64}, ()),
    )

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        t = np.asarray(step, np.float64) + 1.0
        if self.scale == "paper":
            return np.asarray(self.width**-0.5 * np.minimum(t**-0.5, t * self.climb**-1.5))
        return np.asarray(np.where(t <= self.climb, t / self.climb, np.sqrt(self.climb / t)))
