"""The weights in a whole copy of a run's state: those of its last step, and their mean where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.document.weight_sets import AVERAGED, BEST, RAW, Arrays, WeightSets
from playground.engine.layout import Layout
from playground.engine.registers import AVERAGED as AVERAGED_STATES
from playground.engine.registers import STATE_REGISTERS
from playground.training.optimizer_state import copied

Array = npt.NDArray[Any]


def raw_in(layout: Layout, state: Array) -> Arrays:
    """Copies of parameters and running statistics by name. Shapes: state (n,) float32, as `Machine.snapshot` gives it."""
    return copied({**layout.parameters, **layout.statistics}, layout, state)


def averaged_in(layout: Layout, state: Array) -> Arrays | None:
    """Their means; None while there are none."""
    taken_in = int(state[2 * (AVERAGED_STATES - STATE_REGISTERS) :][:2].view(np.int64)[0])
    return copied(layout.averages, layout, state) if layout.averages and taken_in else None


def sets_in(layout: Layout, state: Array, best: Array | None, *, averaged: bool) -> WeightSets:
    """The sets of a run. best: the state at its best epoch, of which it keeps what it evaluated.  averaged: it does so with the means."""
    means = averaged_in(layout, state)
    sets = {RAW: raw_in(layout, state)} | ({} if means is None else {AVERAGED: means})
    if best is not None:
        sets[BEST] = (averaged_in(layout, best) if averaged else None) or raw_in(layout, best)
    return WeightSets(sets)
