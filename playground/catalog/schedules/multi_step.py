"""Multi-step."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real, wholes
from playground.core.registry import register
from playground.core.spec import Schedule


@register("multi_step", title="Multi-step", icon="multi_step", tail="drops at chosen steps")
class MultiStep(Schedule):
    """Multiplies the rate by a share at each of a few chosen steps.

    Shapes: step (n,) -> (n,). A step that is named twice drops twice; the order does not matter.
    """

    at: tuple[int, ...] = wholes(
        (500, 800),
        low=1,
        high=100_000_000,
        most=32,
        between=",",
        unit="steps",
        label="Drops at",
        help="Steps at which the rate drops, counted after the warm-up.",
    )
    drop: float = real(0.1, low=0.0, high=1.0, label="Drops to", help="Share of the rate that a drop leaves.")

    formula = "factor = drop^(number of chosen steps ≤ t)"
    source = "He et al.: Deep residual learning for image recognition (2016), section 4.2; PyTorch: torch.optim.lr_scheduler.MultiStepLR"
    examples = (
        ("plain", {}, ()),
        ("unsorted, one twice", {"at": (90, 30, 30, 400), "drop": 0.5}, ()),
        ("once", {"at": (1,)}, ()),
    )

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        drops = np.searchsorted(np.sort(np.asarray(self.at, np.int64)), np.asarray(step, np.int64), side="right")
        return np.asarray(self.drop ** drops.astype(np.float64))
