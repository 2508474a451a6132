"""The plans that a run has had, and the way through them: each can be made again when the way back leads to its steps."""

from __future__ import annotations

import collections
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from playground.core.samples import Samples
from playground.document.patch import patched
from playground.document.project import Project
from playground.engine.retune import same_programs
from playground.errors import BadValue
from playground.training import replan
from playground.training.assembly import Assembled, assemble
from playground.training.changes import Stretch
from playground.training.journal_line import SAMPLES, line_of
from playground.training.loop import Trainer
from playground.training.messages.change import Entry
from playground.training.recorder import Recorder
from playground.words import sentence

#: Plans that are kept ready.
MOST_READY = 8


class Plans:
    """Projects and samples by the serial numbers of the journal's entries that brought them; 0 is the first.

    derive: for a plan that is not known, such as in a new worker; raises BadValue.
    """

    def __init__(self, derive: Callable[[int], tuple[Project, Samples]] | None = None) -> None:
        self._known: dict[int, tuple[Project, Samples]] = {}
        self._ready: collections.OrderedDict[int, Assembled] = collections.OrderedDict()
        self.derive = derive

    def restart(self, made: Assembled) -> None:
        """The run begins anew with this plan."""
        self._known.clear()
        self._ready.clear()
        self.add(0, made)

    def add(self, serial: int, made: Assembled) -> None:
        """The run has this plan now."""
        self._known[serial] = made.project, made.samples
        self._ready[serial] = made
        self._ready.move_to_end(serial)
        while len(self._ready) > MOST_READY:
            self._ready.popitem(last=False)

    def samples(self, serial: int) -> Samples | None:
        """Those of a plan, where they are known."""
        return self._known[serial][1] if serial in self._known else None

    def assembled(self, serial: int, like: Assembled | None = None) -> Assembled:
        """A plan, ready to be given memory. like: another one of the run. Raises BadValue."""
        if serial not in self._ready:
            if serial not in self._known and self.derive is not None:
                self._known[serial] = self.derive(serial)
            if serial not in self._known:
                raise BadValue(sentence("The plan of that step is not known any more."))
            self.add(serial, assemble(*self._known[serial], like))
        return self._ready[serial]

    # The way through them; see `recorder.Ways`.

    def arrive(self, recorder: Recorder, stretch: Stretch) -> None:
        """Bring the recorder's trainer to the beginning of a stretch: to the end of the one before it, and on with the plan."""
        line = recorder.stretches()
        before = line[line.index(stretch) - 1]
        new = self.assembled(stretch.serial)
        old = self.assembled(before.serial, new)
        trainer = self._trainer(old, new, recorder, before)
        trainer.recorder.bring(stretch.start, before, whole=True)
        replan.continue_from(trainer, old, new, recorder.trainer)
        memory = recorder.trainer.memory
        memory.best_place = -1 if memory.best_epoch else None  # nobody kept it on this way

    def state_at(self, recorder: Recorder, step: int) -> npt.NDArray[np.float32]:
        """The state at a step of an earlier plan, as the plans since have made it."""
        stretch, line = recorder.stretch_of(step), recorder.stretches()
        new = self.assembled(recorder.plan)
        old = self.assembled(stretch.serial, new)
        trainer = self._trainer(old, new, recorder, stretch)
        trainer.recorder.bring(step, stretch)
        state = trainer.machine.snapshot()
        later = [one.serial for one in line[line.index(stretch) + 1 :]]
        for serial in later[: later.index(recorder.plan) + 1]:
            after = self.assembled(serial, new)
            state = replan.state_of(old, state, after)
            old = after
        return state

    def _trainer(self, old: Assembled, new: Assembled, recorder: Recorder, stretch: Stretch) -> Trainer:
        """One of an earlier plan: in the memory of the present one where it can be, else in memory of its own."""
        present = recorder.trainer.machine
        shares = old.fits(new) and old.prepared is new.prepared and same_programs(old.plan.graph, new.plan.graph)
        machine = old.machine_after(new, present) if shares else old.machine()
        made = Trainer(old.lowered, old.prepared, machine, old.project.training, old.judge)
        made.recorder.belong_to(recorder, stretch.serial)
        return made


def derived(serial: int, entries: list[Entry], present: tuple[int, Project, Samples]) -> tuple[Project, Samples]:
    """An earlier plan out of a journal. present: serial number, project and samples of one that came after it. Raises BadValue."""
    at, project, samples = present
    changes = {entry.serial: entry for entry in entries if entry.kind == "plan"}
    line = [one for _, one in line_of(entries)]
    if serial not in line or at not in line or line.index(serial) > line.index(at):
        raise BadValue(sentence("The plan of that step is not known any more."))
    for later in reversed(line[line.index(serial) + 1 : line.index(at) + 1]):
        if SAMPLES in changes[later].after:
            raise BadValue(sentence("The samples of that step are not known any more."))
        project = patched(project, changes[later].before)
    return project, samples
