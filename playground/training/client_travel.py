"""What a client asks of the way back, and the curves that it leaves behind."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from playground.core.samples import Samples
from playground.document.patch import differences
from playground.document.project import Project
from playground.training.client_commands import Commands, Sent
from playground.training.history import History
from playground.training.journal_line import SAMPLES, line_of, plan_at
from playground.training.messages import EpochRecord
from playground.training.messages.change import Entry
from playground.training.messages.travel import Reinitialise, Travel, Travelled
from playground.training.past import Past

#: Branches that are kept; older ones are forgotten.
MOST_BRANCHES = 8


@dataclasses.dataclass(frozen=True, eq=False)
class Branch:
    """A curve that was left. step: where the run forked from it; last: how far it went.

    folder: where what was left is kept, "" where the run went on in the same place.  number: counts the branches of a run from 1.
    """

    step: int
    last: int
    history: History
    epochs: Sequence[EpochRecord]
    folder: str = ""
    number: int = 0


class Travels(Commands):
    """Rewinding, forking, and layers that begin anew. Every method returns at once; one that does not fit the state does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._branches: tuple[Branch, ...] = ()
        self._leaving: Branch | None = None
        self._branched = 0
        #: A way back that waits for the answer to a change of plan.
        self._put_off: tuple[str, int, bool, str] | None = None

    @property
    def plan(self) -> tuple[Project, Samples] | None:
        """Project and samples of the plan that the run has now, knobs as they were when it came; None before the first run."""
        return self._plans.get(self._plan)

    @property
    def branches(self) -> tuple[Branch, ...]:
        """The curves that the present run forked from, oldest first."""
        return self._branches if self._branched == self._generation else ()

    def kept_steps(self) -> list[int]:
        """Steps that the run can go back to at once, since there are copies of them, ascending."""
        if not self._past or not self._past[0].nbytes:
            return []
        past = Past([os.dup(block.descriptor) for block in self._past])
        try:
            past.fit(0)
            return past.steps
        finally:
            past.close()

    def rewind(self, step: int, *, go_on: bool = False) -> None:
        """Stand at an earlier step again; its later curve is void. Ends in `Travelled`, or in `Stayed`. go_on: train on from there."""
        self._travel("rewind", step, go_on=go_on)

    def fork(self, step: int, *, go_on: bool = False, folder: Path | None = None) -> None:
        """As `rewind`, but the curve that is left stays in `branches`.

        folder: where the run is kept from there on; what it left stays where it was. None: on in the same place.
        """
        self._travel("fork", step, go_on=go_on, folder=str(folder or ""))

    def cancel_travel(self) -> None:
        """Leave a way back that is long, to stay where the run is; ends in `Stayed`."""
        self._act("cancel_travel")

    def reinitialise(self, layer: str, seed: int) -> None:
        """Give a layer start weights from the next step on. Ends in `Reinitialised`."""
        if self._ready():
            self.send(Reinitialise(layer=layer, seed=seed))

    def _travel(self, kind: str, step: int, *, go_on: bool, folder: str = "") -> None:
        """Once changes that were asked for are answered: only then is it known which plan a step was done with."""
        if self._ready():
            self._put_off = (kind, max(0, step), go_on, folder)
            self._go_now()

    def _go_now(self) -> None:
        if self._put_off is None or self._changes or self._view is None or self._state == "starting":
            return
        (kind, step, go_on, folder), self._put_off = self._put_off, None
        if kind == "fork" and self._view.started is not None:
            self._view.drain()
            self._leaving = self._branch(step)
        plan = plan_at(self._view.journal(), min(step, self._view.board.step if self._view.board else 0))
        if plan == self._plan or plan not in self._plans:
            self.send(Travel(kind=kind, step=step, go_on=go_on, folder=folder, plan=plan, start=None))
            return
        project, samples = self._plans[plan]
        start, blocks = self._start_again(project, samples)
        command = Travel(kind=kind, step=step, go_on=go_on, folder=folder, plan=plan, start=start)
        serial = self._line.send(command, descriptors=tuple(block.descriptor for block in blocks))
        self._changes[serial] = Sent(start, blocks, project, samples)

    def _ready(self) -> bool:
        """Whether there is a run to ask; one whose worker died goes on in a new one, paused."""
        if self._view is None or self._state not in ("running", "paused", "finished", "failed", "dead"):
            return False
        if self._abandoned:
            self._continue(paused=True)
        return True

    def _branch(self, step: int) -> Branch:
        """Of what has been taken in: what has come since may be of the way that follows."""
        assert self._view is not None
        history, epochs = self._view.known()
        last = int(history.steps[-1]) if len(history.steps) else 0
        return Branch(step, last, history, epochs)

    def _travelled(self, event: Travelled) -> None:
        """The run stands where it was asked to."""
        view, leaving = self._view, self._leaving
        assert view is not None
        self._leaving = None
        sent = self._replanned(event.change)
        moves = event.started is not None and not event.in_place
        if moves:
            view.drain()
        if event.kind == "fork":
            whole = self._branch(event.step) if moves or view.drain_until(event.rows) else leaving
            if whole is not None:
                folder = view.start.folder if event.folder != view.start.folder else ""
                number = self.branches[-1].number + 1 if self.branches else 1
                branch = dataclasses.replace(whole, step=event.step, folder=folder, number=number)
                self._branches = (*self.branches, branch)[-MOST_BRANCHES:]
                self._branched = self._generation
        if event.started is not None and sent is not None:
            view.change(sent.start, sent.blocks, event.started, sent.project.training, in_place=event.in_place)
            self._has(event.plan, sent.project, sent.samples)
        view.start = dataclasses.replace(view.start, folder=event.folder)
        view.cut(event.step, event.rows)
        view.knobs = dict(event.knobs)
        view.wanted.clear()

    def _believe_the_journal(self) -> None:
        """A worker that died may have taken another plan, in the same memory, without a word of it: its journal says which."""
        view, self._put_off = self._view, None
        if view is None or view.board is None:
            return
        entries, before = view.journal(), self._plans[self._plan][0]
        for entry in entries:
            if entry.kind == "plan" and entry.serial not in self._plans:
                asked = next((sent for sent in self._changes.values() if _made(entry, before, sent.project)), None)
                if asked is None:
                    return
                self._plans[entry.serial], before = (asked.project, asked.samples), asked.project
        plan = line_of(entries)[-1][1]
        if plan != self._plan and plan in self._plans:
            project, samples = self._plans[plan]
            start, blocks = self._start_again(project, samples)
            view.adopt(start, blocks, project.training, in_place=True)
            self._has(plan, project, samples)

    def _forget_branches(self) -> None:
        self._branches, self._leaving = (), None


def _made(entry: Entry, before: Project, after: Project) -> bool:
    """Whether an entry of the journal is of this change."""
    found = {one.path: one.after for one in differences(before, after)}
    return found == {path: value for path, value in entry.after.items() if path != SAMPLES}
