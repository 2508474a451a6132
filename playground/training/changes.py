"""What was changed in a run on its way, as rows of (step, knob, value): knobs that were turned, layers that began anew, other plans,
and goings back. Rows stand in the order in which they came; what a going back made void stays listed before it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from playground.training.loop import Trainer
    from playground.training.ring import Ring

Array = npt.NDArray[Any]

#: In the place of a knob in the list of changes: the run went back to this step; what was listed at later steps is void.
WENT_BACK = -1
#: In the place of a knob: layer `REINITIALISED - knob` got start weights, drawn with the seed that is the value.
REINITIALISED = -2
#: In the place of a knob: the run goes on with another plan, whose serial number is the value; knobs have its places from here on.
REPLANNED = 1 << 20

#: step, knob, value
Change = tuple[int, int, float]


@dataclasses.dataclass(frozen=True)
class Stretch:
    """The steps after `start`, up to the next stretch, were done with one plan. serial: of the plan, 0 for the first.

    row: the place in the list, counted from its beginning, after the row that says so.
    """

    start: int
    serial: int
    row: int


def still_valid(rows: Array) -> list[Change]:
    """Changes that hold, in the order in which they were made. Shapes: (n, 3)."""
    found: list[Change] = []
    last = -1.0
    for step, knob, value in rows.tolist():
        if knob == WENT_BACK:
            found = [change for change in found if change[0] < step]
            last = max((change[0] for change in found), default=-1)
            continue
        if step < last:
            # Made at an earlier step than one of the same knob: a worker died, and steps were done again.
            found = [change for change in found if change[1] != knob or change[0] <= step]
        found.append((int(step), int(knob), float(value)))
        last = max(last, step)
    return found


def reinstate(changes: Ring, known: int) -> None:
    """Make changes hold again that a going back made void, where a dead worker did not come to publish the state it went back to.

    known: rows when it published last.
    """
    rows, written = changes.since(0)
    first = max(0, len(rows) - max(0, written - known))
    backs = np.flatnonzero(rows[first:, 1] == WENT_BACK)
    if not len(backs):
        return
    lost = still_valid(rows[: first + int(backs[0])])
    for change in still_valid(rows):
        if change in lost:
            lost.remove(change)
    if lost:
        changes.append(np.array(lost, float))


def stretches(rows: Array, written: int) -> list[Stretch]:
    """Which plan every step was done with, the first first. written: rows that were ever listed. Shapes: (n, 3), the last of them."""
    found = [Stretch(-1, 0, 0)]
    for at in np.flatnonzero((rows[:, 1] == WENT_BACK) | (rows[:, 1] == REPLANNED)):
        step, knob, value = (int(number) for number in rows[at])
        if knob == WENT_BACK:
            found = [one for one in found if one.start < step]
        else:
            found.append(Stretch(step, value, written - len(rows) + int(at) + 1))
    return found


def since_the_plan(rows: Array) -> Array:
    """Rows after the last change of plan. Shapes: (n, 3) -> (m, 3)."""
    marks = np.flatnonzero(rows[:, 1] == REPLANNED)
    return rows[marks[-1] + 1 :] if len(marks) else rows


def carry_out(trainer: Trainer, knob: int, value: float) -> None:
    """One row of the list of changes."""
    if knob >= 0:
        trainer.machine.knobs[knob] = value
    else:
        owners = list(dict.fromkeys(p.owner for p in trainer.machine.plan.graph.parameters))
        trainer.machine.reinitialise(owners[REINITIALISED - knob], int(value))
