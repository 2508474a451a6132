"""The learning rate and the momentum of a whole run: warm-up, then the schedule."""

from __future__ import annotations

import numpy as np

from playground.core.spec import Optimizer, Schedule
from playground.engine import ops


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


def lowered_momentum(
    schedule: Schedule, step: np.ndarray, total: int, warmup: int = 0
) -> tuple[np.ndarray | float, np.ndarray | float]:
    """The share of the optimizer's momentum that each step keeps, and what it adds to that; the momentum is never raised by them.

    During warm-up the momentum is where the schedule starts. Shapes: (n,) -> (n,) float64 each, or 1 and 0 for a schedule that leaves
    it alone.
    """
    dip = schedule.dip(np.maximum(np.asarray(step, np.int64) - warmup, 0), max(total - warmup, 0))
    return (1.0, 0.0) if dip is None else (1.0 - dip, schedule.momentum_low * dip)


def planned_momenta(schedule: Schedule, optimizer: Optimizer, step: np.ndarray, total: int, warmup: int = 0) -> np.ndarray | None:
    """The momentum at each step of a run; None where the optimizer has none or the schedule leaves it alone. Shapes: (n,) -> (n,)."""
    name = ops.update(optimizer.update).momentum
    kept, added = lowered_momentum(schedule, step, total, warmup)
    own = float(getattr(optimizer, name)) if name else 0.0
    if own <= schedule.momentum_low or isinstance(kept, float):
        return None
    return own * kept + added
