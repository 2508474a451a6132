"""The flight recorder of a training loop: copies on the way, the way back to any step, and what went wrong where.

To stand at a step again is to take the copy before it and to do the steps between once more, with the changes that were made on the
way. Nothing depends on when copies were taken: the numbers of a step are the same from whichever of them it is reached. A copy belongs
to a plan; where the plan of a step has none before it, the way begins with the plan before.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from playground.engine import diagnosis
from playground.engine.diagnosis import Fault
from playground.engine.registers import KNOB_COUNT, MOMENTUM_NOW, RATE_NOW
from playground.errors import BadValue
from playground.training.areas.changes import CHANGE_COLUMNS
from playground.training.changes import REPLANNED, WENT_BACK, Change, Stretch, carry_out, still_valid, stretches
from playground.training.past import Past
from playground.training.probes.share import Share, ThreadShare
from playground.training.ring import Ring
from playground.training.snapshots import Snapshot, SnapshotRing
from playground.words import sentence

if TYPE_CHECKING:
    from playground.training.loop import Keeper, Trainer

Array = npt.NDArray[Any]

#: An update that makes the largest weight of a layer so many times larger, beyond `_LARGE`, is to blame for what follows.
_JUMP, _LARGE = 1e4, 1e6
#: Rows of changes after which a copy is taken in any case, so that the list, which is bounded, still holds them.
_MOST_CHANGES = 4096


@dataclasses.dataclass(frozen=True)
class _Here:
    """Where a run stands."""

    state: Array
    knobs: Array
    memory: dict[str, Any]


class Stayed(BadValue):
    """The way back was given up; the run stands where it stood."""


class _WayKeeper:
    """Takes the best epochs that come again on the way back, so that what the run keeps is whole until it has arrived."""

    place = -2

    def __init__(self, kept: Keeper) -> None:
        self._kept = kept
        self.found: tuple[dict[str, Any], bytes] | None = None

    def write(self, memory: dict[str, Any], state: Any) -> int:
        self.found = memory, bytes(state)
        return self.place

    def read(self, place: int | None = None) -> tuple[dict[str, Any], bytes] | None:
        return self.found if place == self.place else self._kept.read(place)

    look = read


class Ways(Protocol):
    """Knows the plans that a run had before; `plans.Plans` is one."""

    def arrive(self, recorder: Recorder, stretch: Stretch) -> None:
        """Bring the recorder's trainer to the beginning of a stretch with the plans before it. Raises BadValue."""
        ...

    def state_at(self, recorder: Recorder, step: int) -> Array:
        """The state at a step of an earlier plan as the trainer's plan would have it. Raises BadValue."""
        ...


class Recorder:
    """Belongs to a trainer. Keeps copies and changes in memory of its own, until it is given another place for both.

    plan: serial number of the trainer's plan.  ways: to the plans before it, None where there are none.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.plan = 0
        self.ways: Ways | None = None
        #: Told on the way back, now and then, of the present step and of the next one to stand at; it may raise `Stayed`.
        self.on_way: Callable[[int, int], None] | None = None
        self.ring: SnapshotRing | Past = SnapshotRing.private(4 * (trainer.machine.layout.state[1] + KNOB_COUNT))
        self.changes = Ring(np.zeros((2 * _MOST_CHANGES, len(CHANGE_COLUMNS))), np.zeros(1, np.int64))
        self.share: Share = ThreadShare(0.015, 8)
        self._checks = Share(0.005, 1e6)
        self._seen = 0
        self._busy, self._unfit = False, False
        #: The best epoch that came on the last way back.
        self._passed: tuple[dict[str, Any], bytes] | None = None

    def keep_in(self, ring: SnapshotRing | Past, changes: Ring) -> None:
        """Where copies and changes are kept from now on, such as memory that outlives this process."""
        self.ring, self.changes = ring, changes

    @property
    def trainer(self) -> Trainer:
        return self._trainer

    # Plans.

    def belong_to(self, other: Recorder, plan: int) -> None:
        """Belong to an earlier plan of the same run, with its copies and changes."""
        self.keep_in(other.ring, other.changes)
        self.plan, self.ways, self.on_way = plan, other.ways, other.on_way

    def carry(self, previous: Recorder, plan: int) -> None:
        """Follow the run from another of its plans, with what is kept of it."""
        if isinstance(self.ring, SnapshotRing) and isinstance(previous.ring, SnapshotRing):
            self.ring.take_over(previous.ring)
        if self.changes is not previous.changes:
            self.changes.take_over(previous.changes)
        self._seen = previous._seen
        self.share, self._checks = previous.share, previous._checks
        self.plan, self.ways, self.on_way = plan, previous.ways, previous.on_way

    def mark(self, *, copy: bool = True) -> None:
        """The plan holds from here on. copy: keep one at once, which is the beginning of the way to later steps."""
        self.changes.append(np.array([[self._trainer.machine.step, REPLANNED, self.plan]], float))
        self._unfit = bool(diagnosis.not_finite(self._trainer.machine))
        if copy:
            self.take(anew=True)

    def stretches(self) -> list[Stretch]:
        """Which plan every step was done with."""
        return stretches(*self.changes.since(0))

    def stretch_of(self, step: int) -> Stretch:
        """The stretch that a step belongs to; where the plan changed at this very step, the one that ended there."""
        return next((one for one in reversed(self.stretches()) if one.start < step), Stretch(-1, 0, 0))

    # On the way.

    def follow(self) -> bool:
        """Before a burst: take a copy when it is time for one. False where the run was given numbers that are not finite."""
        self._unfit = self._unfit and bool(diagnosis.not_finite(self._trainer.machine))
        if self._unfit:
            return False
        if not self._busy and (self.share.due or self.changes.written - self._seen > _MOST_CHANGES):
            with self.share:
                self.take(anew=self.changes.written - self._seen > _MOST_CHANGES)
        return True

    def take(self, *, anew: bool = False) -> bool:
        """Keep a copy of the present; one with numbers that are not finite is never kept.

        anew: also where there is one of this step, which is the better one: what was changed since comes after it.
        """
        machine = self._trainer.machine
        if diagnosis.not_finite(machine):
            return False
        if not anew and self.ring.has(machine.step, self.plan):
            return True
        self._seen = self.changes.written
        state = machine.layout.state_view(machine.F)
        numbers = (state.view(np.uint8), machine.knobs.view(np.uint8))
        return self.ring.put(machine.step, dataclasses.asdict(self._trainer.memory), self._seen, numbers, self.plan)

    def begin(self) -> None:
        """The run begins anew, here."""
        self.ring.clear()
        self.plan, self._seen = 0, self.changes.written
        self._unfit = bool(diagnosis.not_finite(self._trainer.machine))
        self.take(anew=True)

    def go_on(self) -> None:
        """The run goes on from here, wherever it was before."""
        self.ring.forget_after(self._trainer.machine.step)
        self._keep_plan(self._trainer.machine.step)
        self._unfit = bool(diagnosis.not_finite(self._trainer.machine))
        self.take(anew=True)

    def _keep_plan(self, step: int) -> None:
        """Where the run stands before the step at which its plan began to hold, the plan holds from here on."""
        if self.stretches()[-1].start > step:
            self.changes.append(np.array([[step, WENT_BACK, 0.0], [step, REPLANNED, self.plan]], float))

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

    def go_back(self, step: int, last: int | None = None) -> None:
        """Stand at an earlier step again; what came after it is void. last: as in `to`. Raises BadValue where nothing that old is kept."""
        self.to(step, last)
        self.changes.append(np.array([[self._trainer.machine.step, WENT_BACK, 0.0]]))
        self.ring.forget_after(step)
        self.take(anew=True)

    def to(self, step: int, last: int | None = None) -> None:
        """Bring the machine and the loop's memory to a step of this plan.

        last: how far the run is, where that is not the machine's step. Raises BadValue.
        """
        here, stretch = self._here(), self.stretch_of(step)
        if step > (self._trainer.machine.step if last is None else last) or stretch.serial != self.plan:
            raise self._unknown(last)
        try:
            self.bring(step, stretch)
            self._find_best()
        except BaseException:
            self._restore(here)
            raise

    def _unknown(self, last: int | None = None) -> BadValue:
        present = self._trainer.machine.step if last is None else last
        oldest = min(self.ring.steps, default=present)
        return BadValue(
            sentence("The run can stand at steps {oldest} to {step} again.", oldest=f"{oldest:,}", step=f"{present:,}")
        )

    def bring(self, step: int, stretch: Stretch, *, whole: bool = False) -> None:
        """From the copy before it to a step of a stretch, as quietly as can be. whole: with what was changed at that very step."""
        trainer = self._trainer
        was, self._busy = self._busy, True
        kept = trainer.keeper
        trainer.keeper = way = _WayKeeper(kept)
        trainer.quiet = True
        try:
            pending = self._set_out(step, stretch)
            while (at := trainer.machine.step) < step:
                if self.on_way is not None:
                    self.on_way(at, step)
                stop = self._carry_out(pending, step)
                if trainer.burst(stop - at).status == "fault":
                    raise BadValue(sentence("The way to step {step} came out otherwise than before.", step=f"{step:,}"))
                if trainer.finished:
                    trainer.reopen()
            self._carry_out(pending, step + int(whole))
        finally:
            self._busy = trainer.quiet = was
            trainer.keeper, self._passed = kept, way.found

    def _set_out(self, step: int, stretch: Stretch) -> list[Change]:
        """To the copy before a step, or without one to where its stretch begins; gives the changes that come after that."""
        found = self._copy_before(step)
        if found is not None:
            return self._take_up(found.numbers, found.memory, found.seen)
        if stretch.start < 0 or self.ways is None:
            raise self._unknown()
        self.ways.arrive(self, stretch)
        return self._changes_since(stretch.row)

    def _copy_before(self, step: int) -> Snapshot | None:
        """The copy to begin with. One of that very step may have been taken after knobs were turned there, which comes after it."""
        rows, _ = self.changes.since(0)
        turned = bool(((rows[:, 0] == step) & (rows[:, 1] != WENT_BACK)).any())
        return (self.ring.nearest(step - 1, self.plan) if turned else None) or self.ring.nearest(step, self.plan)

    def _carry_out(self, pending: list[Change], step: int) -> int:
        """Changes that are due; gives the next stop on the way to a step. A change at that very step is not part of the way."""
        at = self._trainer.machine.step
        while pending and pending[0][0] <= at < step:
            carry_out(self._trainer, *pending.pop(0)[1:])
        return min(step, pending[0][0]) if pending else step

    def _take_up(self, numbers: bytes, memory: dict[str, Any], seen: int) -> list[Change]:
        """Restore a copy; gives the changes that come after it."""
        trainer, machine = self._trainer, self._trainer.machine
        given = np.frombuffer(numbers, np.float32)
        machine.restore(given[:-KNOB_COUNT])
        machine.knobs[...] = given[-KNOB_COUNT:]
        trainer.memory = type(trainer.memory)(**memory)
        trainer.memory.finished = ""
        return self._changes_since(seen)

    def _changes_since(self, seen: int) -> list[Change]:
        """What is to be changed from the present step on until the plan changes, of the list after its first `seen` rows."""
        rows, written = self.changes.since(0)
        first = len(rows) - (written - seen)
        if first < 0:
            raise BadValue(sentence("Too many changes were made since; the run cannot go back that far."))
        step = self._trainer.machine.step
        # A worker that goes on after another one's death may stand before steps at which that one had changes listed already.
        listed = [change for change in still_valid(rows[:first]) if change[0] > step]
        found = still_valid(np.concatenate([np.array(listed, float).reshape(-1, rows.shape[1]), rows[first:]]))
        end = next((at for at, change in enumerate(found) if change[1] == REPLANNED), len(found))
        return [change for change in sorted(found[:end], key=lambda change: change[0]) if change[0] >= step]

    def _find_best(self) -> None:
        """The state of the best epoch so far, which the keeper may have given up for a later one."""
        trainer, memory = self._trainer, self._trainer.memory
        if memory.best_place is None or self._keep_passed():
            return
        kept = trainer.keeper.look(memory.best_place)
        if kept is not None and self._is_best(kept[0]):
            return
        here, place = self._here(), None
        if memory.best_step:
            try:
                state = self._state_at(memory.best_step)
                about = {"epoch": memory.best_epoch, "step": memory.best_step, "plan": self.plan}
                place = trainer.keeper.write(about, state)
            except BadValue:  # nothing that old is kept
                place = None
        self._restore(here)
        trainer.memory.best_place = place

    def _keep_passed(self) -> bool:
        """Hand the best epoch to the keeper where it came on the way; false where it did not."""
        memory = self._trainer.memory
        if memory.best_place != _WayKeeper.place or self._passed is None:
            return False
        memory.best_place = self._trainer.keeper.write(*self._passed)
        return True

    def _is_best(self, about: dict[str, Any]) -> bool:
        """Whether what the keeper has is the best epoch's."""
        memory = self._trainer.memory
        if about.get("epoch") != memory.best_epoch or about.get("plan", 0) != self.plan:
            return False
        return about.get("step", 0) in (0, memory.best_step)

    def _state_at(self, step: int) -> Array:
        """The state at an earlier step; the machine is left somewhere."""
        stretch = self.stretch_of(step)
        if stretch.serial == self.plan:
            self.bring(step, stretch)
            return self._trainer.machine.snapshot()
        if self.ways is None:
            raise self._unknown()
        return self.ways.state_at(self, step)

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
        turned = [at for at in np.flatnonzero(knobs != machine.knobs) if at not in (RATE_NOW, MOMENTUM_NOW)]
        began = self.stretches()[-1].start >= machine.step
        rows = [[machine.step, WENT_BACK, 0.0], *([[machine.step, REPLANNED, self.plan]] if began else [])]
        rows += [[machine.step, at, knobs[at]] for at in turned]
        self.changes.append(np.array(rows, float))
        machine.knobs[...] = knobs
        self.ring.forget_after(machine.step)
        self.take(anew=True)

    def _update_fault(self, layer: str, what: str) -> Fault:
        machine = self._trainer.machine
        batch = machine.cursor // self._trainer.training.batch + 1
        return Fault(layer, self._trainer.training.optimizer.id, "update", machine.step, batch, what)

    def _spoiling_update(self) -> Fault:
        """Back to the last step before a number of the state was not finite."""
        trainer, machine, last = self._trainer, self._trainer.machine, self._trainer.machine.step
        layer = diagnosis.not_finite(machine)
        self._busy = True
        try:
            pending = self._set_out(last, self.stretches()[-1])
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
        except BadValue:  # nothing that old is kept; then this is as far back as it goes
            return self._update_fault(layer, "NaN")
        finally:
            self._busy = False
        return self._update_fault(layer, "NaN")

    def _ruinous_update(self) -> Fault | None:
        """Where the last update made weights so large that nothing can come of them: that update, and the run stands before it."""
        machine = self._trainer.machine
        now = diagnosis.sizes(machine)
        step, stretch = machine.step - 1, self.stretches()[-1]
        if max(now.values(), default=0.0) < _LARGE or step < max(stretch.start, 0):
            return None
        here = self._here()
        try:
            self.bring(step, stretch)
        except BadValue:  # the way there is not known; then this is as far back as it goes
            self._restore(here)
            return None
        before = diagnosis.sizes(machine)
        grown = {layer: size / max(before[layer], 1e-3) for layer, size in now.items() if size >= _LARGE}
        worst = max(grown, key=lambda layer: grown[layer])
        if grown[worst] < _JUMP:
            self._restore(here)
            return None
        self._keep_passed()
        return self._update_fault(worst, f"{now[worst]:.1e}".replace("e+0", "e").replace("e+", "e"))
