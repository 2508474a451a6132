"""Linear."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Schedule


@register("linear", title="Linear", icon="linear", tail="straight down")
class Linear(Schedule):
    """Falls in a straight line from the base rate to the end.

    Shapes: step (n,) -> (n,). After the last step it stays where it ended.
    """

    end: float = real(0.0, low=0.0, high=1.0, label="Ends at", help="Share of the base rate that is left at the end.")

    formula = "factor = 1 - (1 - end)·t / T"
    source = "PyTorch: torch.optim.lr_scheduler.LinearLR"
    examples = (("plain", {}, ()), ("to a tenth", {"end": 0.1}, ()))

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        t = np.minimum(np.asarray(step, np.float64), total) / max(total, 1)
        return np.asarray(1.0 - (1.0 - self.end) * t)
