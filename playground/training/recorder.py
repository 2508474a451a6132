"""The flight recorder of a training loop: copies on the way, the way back to any step, and what went wrong where.

To stand at a step again is to take the copy before it and to do the steps between once more, with the changes that were made on the
way. Nothing depends on when copies were taken: the numbers of a step are the same from whichever of them it is reached.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from playground.engine import diagnosis
from playground.engine.diagnosis import Fault
from playground.engine.registers import KNOB_COUNT, RATE_NOW
from playground.errors import BadValue
from playground.training.areas.changes import CHANGE_COLUMNS
from playground.training.probes.share import Share
from playground.training.ring import Ring
from playground.training.snapshots import Snapshot, SnapshotRing
from playground.words import sentence

if TYPE_CHECKING:
    from playground.training.loop import Trainer

Array = npt.NDArray[Any]

#: In the place of a knob in the list of changes: the run went back to this step; what was listed at later steps is void.
WENT_BACK = -1
#: In the place of a knob: layer `REINITIALISED - knob` got start weights, drawn with the seed that is the value.
REINITIALISED = -2
#: An update that makes the largest weight of a layer so many times larger, beyond `_LARGE`, is to blame for what follows.
_JUMP, _LARGE = 1e4, 1e6
#: Rows of changes after which a copy is taken in any case, so that the list, which is bounded, still holds them.
_MOST_CHANGES = 4096


def still_valid(rows: Array) -> list[tuple[int, int, float]]:
    """(step, knob, value) of changes that hold, in the order in which they were made. Shapes: (n, 3)."""
    found: list[tuple[int, int, float]] = []
    for step, knob, value in rows.tolist():
        if int(knob) == WENT_BACK:
            found = [change for change in found if change[0] < step]
        else:
            # Made at an earlier step than one of the same knob: a worker died, and steps were done again.
            found = [change for change in found if change[1] != knob or change[0] <= step]
            found.append((int(step), int(knob), float(value)))
    return found


def carry_out(trainer: Trainer, knob: int, value: float) -> None:
    """One row of the list of changes."""
    if knob >= 0:
        trainer.machine.knobs[knob] = value
    else:
        owners = list(dict.fromkeys(p.owner for p in trainer.machine.plan.graph.parameters))
        trainer.machine.reinitialise(owners[REINITIALISED - knob], int(value))


@dataclasses.dataclass(frozen=True)
class _Here:
    """Where a run stands."""

    state: Array
    knobs: Array
    memory: dict[str, Any]


class Recorder:
    """Belongs to a trainer. Keeps copies and changes in memory of its own, until it is given another place for both."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.ring = SnapshotRing.private(4 * (trainer.machine.layout.state[1] + KNOB_COUNT))
        self.changes = Ring(np.zeros((2 * _MOST_CHANGES, len(CHANGE_COLUMNS))), np.zeros(1, np.int64))
        self.share, self._checks = Share(0.01, 20), Share(0.005, 1e6)
        self._seen = 0
        self._busy, self._unfit = False, False

    def keep_in(self, ring: SnapshotRing, changes: Ring) -> None:
        """Where copies and changes are kept from now on, such as memory that outlives this process."""
        self.ring, self.changes = ring, changes

    # On the way.

    def follow(self) -> bool:
        """Before a burst: take a copy when it is time for one. False where the run was given numbers that are not finite."""
        self._unfit = self._unfit and bool(diagnosis.not_finite(self._trainer.machine))
        if self._unfit:
            return False
        if not self._busy and (self.share.due or self.changes.written - self._seen > _MOST_CHANGES):
            with self.share:
                self.take()
        return True

    def take(self) -> bool:
        """Keep a copy of the present; one with numbers that are not finite is never kept."""
        machine = self._trainer.machine
        if diagnosis.not_finite(machine):
            return False
        self._seen = self.changes.written
        state = machine.layout.state_view(machine.F)
        numbers = np.concatenate([state.view(np.uint8), machine.knobs.view(np.uint8)])
        return self.ring.put(machine.step, dataclasses.asdict(self._trainer.memory), self._seen, numbers)

    def begin(self) -> None:
        """The run begins anew, here."""
        self.ring.clear()
        self._seen = self.changes.written
        self._unfit = bool(diagnosis.not_finite(self._trainer.machine))
        self.take()

    def go_on(self) -> None:
        """The run goes on from here, wherever it was before."""
        self.ring.forget_after(self._trainer.machine.step)
        self._unfit = bool(diagnosis.not_finite(self._trainer.machine))
        self.take()

    def spoiled(self, *, now: bool = False) -> bool:
        """Whether the state holds a number that is not finite; looked at within a share of the time, or (now) at once."""
        if self._busy:
            return False
        if now:
            return bool(diagnosis.not_finite(self._trainer.machine))
        if not self._checks.due:
            return False
        with self._checks:
            return bool(diagnosis.not_finite(self._trainer.machine))

    # Back.

    def go_back(self, step: int) -> None:
        """Stand at an earlier step again; what came after it is void. Raises BadValue where nothing that old is kept."""
        self.to(step)
        self.changes.append(np.array([[self._trainer.machine.step, WENT_BACK, 0.0]]))
        self.ring.forget_after(step)
        self.take()

    def to(self, step: int) -> None:
        """Bring the machine and the loop's memory to a step at or before the present one."""
        found = self.ring.nearest(step)
        if step > self._trainer.machine.step or found is None:
            oldest = min(self.ring.steps, default=self._trainer.machine.step)
            raise BadValue(
                sentence(
                    "The run can stand at steps {oldest} to {step} again.",
                    oldest=f"{oldest:,}",
                    step=f"{self._trainer.machine.step:,}",
                )
            )
        here = self._here()
        try:
            self._replay(step)
            self._find_best()
        except BaseException:
            self._restore(here)
            raise

    def _replay(self, step: int) -> None:
        """From the copy before it to a step, as quietly as can be."""
        trainer, found = self._trainer, self._copy_before(step)
        assert found is not None
        pending = self._take_up(found.numbers, found.memory, found.seen)
        was, self._busy = self._busy, True
        try:
            while (at := trainer.machine.step) < step:
                stop = self._carry_out(pending, step)
                if trainer.burst(stop - at).status == "fault":
                    raise BadValue(sentence("The way to step {step} came out otherwise than before.", step=f"{step:,}"))
                if trainer.finished:
                    trainer.reopen()
            self._carry_out(pending, step)
        finally:
            self._busy = was

    def _copy_before(self, step: int) -> Snapshot | None:
        """The copy to begin with. One of that very step may have been taken after knobs were turned there, which comes after it."""
        rows, _ = self.changes.since(0)
        turned = bool(((rows[:, 0] == step) & (rows[:, 1] != WENT_BACK)).any())
        return (self.ring.nearest(step - 1) if turned else None) or self.ring.nearest(step)

    def _carry_out(self, pending: list[tuple[int, int, float]], step: int) -> int:
        """Changes that are due; gives the next stop on the way to a step. A change at that very step is not part of the way."""
        at = self._trainer.machine.step
        while pending and pending[0][0] <= at < step:
            carry_out(self._trainer, *pending.pop(0)[1:])
        return min(step, pending[0][0]) if pending else step

    def _take_up(self, numbers: bytes, memory: dict[str, Any], seen: int) -> list[tuple[int, int, float]]:
        """Restore a copy; gives the changes that come after it."""
        trainer, machine = self._trainer, self._trainer.machine
        given = np.frombuffer(numbers, np.float32)
        rows, written = self.changes.since(seen)
        if len(rows) < written - seen:
            raise BadValue(sentence("Too many changes were made since; the run cannot go back that far."))
        machine.restore(given[:-KNOB_COUNT])
        machine.knobs[...] = given[-KNOB_COUNT:]
        trainer.memory = type(trainer.memory)(**memory)
        trainer.memory.finished = ""
        changes = sorted(still_valid(rows), key=lambda change: change[0])
        return [change for change in changes if change[0] >= machine.step]

    def _find_best(self) -> None:
        """The state of the best epoch so far, which the keeper may have given up for a later one."""
        trainer, memory = self._trainer, self._trainer.memory
        if memory.best_place is None:
            return
        kept = trainer.keeper.read(memory.best_place)
        if kept is not None and kept[0].get("epoch") == memory.best_epoch and kept[0].get("step", 0) in (0, memory.best_step):
            return
        here, place = self._here(), None
        if memory.best_step and self.ring.nearest(memory.best_step) is not None:
            self._replay(memory.best_step)
            place = trainer.keeper.write({"epoch": memory.best_epoch, "step": memory.best_step}, trainer.machine.snapshot())
        self._restore(here)
        trainer.memory.best_place = place

    def _here(self) -> _Here:
        machine = self._trainer.machine
        return _Here(machine.snapshot(), machine.knobs.copy(), dataclasses.asdict(self._trainer.memory))

    def _restore(self, here: _Here) -> None:
        self._trainer.machine.restore(here.state)
        self._trainer.machine.knobs[...] = here.knobs
        self._trainer.memory = type(self._trainer.memory)(**here.memory)

    # What went wrong.

    def explain(self) -> Fault:
        """Where the first number that is not finite came up. Afterwards the run stands before the step that made it, weights unharmed."""
        machine, knobs, step = self._trainer.machine, self._trainer.machine.knobs.copy(), self._trainer.machine.step
        if self._unfit:
            found = dataclasses.replace(self._update_fault(diagnosis.not_finite(machine), "NaN"), direction="start")
        elif diagnosis.not_finite(machine):
            found = self._spoiling_update()
        else:
            found = machine.explain_fault()
            while (culprit := self._ruinous_update()) is not None:
                found = culprit
        if machine.step < step:
            self._keep_knobs(knobs)
        return found

    def _keep_knobs(self, knobs: Array) -> None:
        """The run stands earlier than it did, with the knobs of then: from here on they are as they were turned since."""
        machine = self._trainer.machine
        turned = [at for at in np.flatnonzero(knobs != machine.knobs) if at != RATE_NOW]
        rows = [[machine.step, WENT_BACK, 0.0], *([machine.step, at, knobs[at]] for at in turned)]
        self.changes.append(np.array(rows, float))
        machine.knobs[...] = knobs
        self.ring.forget_after(machine.step)
        self.take()

    def _update_fault(self, layer: str, what: str) -> Fault:
        machine = self._trainer.machine
        batch = machine.cursor // self._trainer.training.batch + 1
        return Fault(layer, self._trainer.training.optimizer.id, "update", machine.step, batch, what)

    def _spoiling_update(self) -> Fault:
        """Back to the last step before a number of the state was not finite."""
        trainer, machine, last = self._trainer, self._trainer.machine, self._trainer.machine.step
        layer = diagnosis.not_finite(machine)
        found = self.ring.nearest(last)
        if found is None:
            return self._update_fault(layer, "NaN")
        pending = self._take_up(found.numbers, found.memory, found.seen)
        self._busy = True
        try:
            most = 1 << 20
            while (at := machine.step) < last:
                stop = self._carry_out(pending, last)
                here = self._here()
                burst = trainer.burst(min(most, stop - at))
                trainer.memory.finished = ""
                bad = diagnosis.not_finite(machine)
                if burst.status != "fault" and not bad:
                    continue
                done = max(machine.step - at, 1)
                if bad:
                    self._restore(here)
                    if done == 1:
                        return self._update_fault(bad, "infinity")
                    most = max(1, done // 2)
                else:
                    return machine.explain_fault()
        finally:
            self._busy = False
        return self._update_fault(layer, "NaN")

    def _ruinous_update(self) -> Fault | None:
        """Where the last update made weights so large that nothing can come of them: that update, and the run stands before it."""
        machine = self._trainer.machine
        now = diagnosis.sizes(machine)
        step = machine.step - 1
        if max(now.values(), default=0.0) < _LARGE or step < 0 or self.ring.nearest(step) is None:
            return None
        here = self._here()
        try:
            self._replay(step)
        except BadValue:  # the way there is not known; then this is as far back as it goes
            self._restore(here)
            return None
        before = diagnosis.sizes(machine)
        grown = {layer: size / max(before[layer], 1e-3) for layer, size in now.items() if size >= _LARGE}
        worst = max(grown, key=lambda layer: grown[layer])
        if grown[worst] < _JUMP:
            self._restore(here)
            return None
        return self._update_fault(worst, f"{now[worst]:.1e}")
