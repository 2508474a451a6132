"""The learning rate of a whole run: warm-up, then the schedule."""

from __future__ import annotations

import numpy as np

from playground.core.spec import Schedule


def warmed(schedule: Schedule, step: np.ndarray, total: int, warmup: int = 0, start: float = 0.0) -> np.ndarray:
    """What the base rate is multiplied by at each step (0-based) of a run of `total` steps.

    During warm-up the factor climbs in a line, start + (1 - start)·(step + 1) / warmup of where the schedule starts, so that the last of
    its steps runs there; then the schedule runs over the steps that remain, from its own step 0.

    As PyTorch's SequentialLR of a LinearLR (start_factor as in step 0, total_iters warmup - 1) and the schedule, milestone `warmup`,
    for a schedule that starts at the base rate. What differs: a schedule that starts lower is climbed to, not jumped to, and
    LinearLR's own default start is a third of the rate.

    Shapes: (n,) -> (n,) float64.
    """
    step = np.asarray(step, np.int64)
    if warmup <= 0:
        return schedule.factor(step, total)
    after = schedule.factor(np.maximum(step - warmup, 0), max(total - warmup, 0))
    return np.asarray(after * (start + (1.0 - start) * np.minimum((step + 1) / warmup, 1.0)))
