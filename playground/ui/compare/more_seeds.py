"""More seeds of settings: the same project trained again with other seeds, in a worker beside the run, while no run wants the machine."""

from __future__ import annotations

import dataclasses
import functools
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier, Signal

from playground.document.edits import SetPlan
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.training.client import Client
from playground.training.messages import Died, Event, Failed, Fault, Finished
from playground.training.runs import Kept, new_folder
from playground.ui.compare.seeds import draws, steered
from playground.ui.next_steps import again, copy_path
from playground.ui.session import Session
from playground.words import say, sentence

#: Seeds of a setting that are asked for at once, with those that are there.
GOAL = 5


@dataclasses.dataclass(frozen=True)
class _Asked:
    project: Project
    number: int  # of the run that it repeats


class MoreSeeds(QObject):
    """One at a time, each kept on the project's shelf as a run like any other. It waits while the window's own run goes on.

    changed: it began or ended one, or waits.  grown: the shelf has another run.  done, total: of what was asked for.
    restore: makes a run the project again, so that runs like it can be trained from there.
    """

    changed = Signal()
    grown = Signal()

    def __init__(self, owner: QObject, session: Session, restore: Callable[[Kept], object]) -> None:
        super().__init__(owner)
        self.session = session
        self._restore = restore
        self.done = self.total = 0
        self.folder: Path | None = None
        self._queue: list[_Asked] = []
        self._now: _Asked | None = None
        self._client: Client | None = None
        self._notifier: QSocketNotifier | None = None
        session.run_changed.connect(self._yield)
        session.replaced.connect(self.stop)
        session.closing.connect(self.stop)

    @property
    def busy(self) -> bool:
        return self.folder is not None or bool(self._queue)

    @property
    def waits(self) -> bool:
        """The window's own run has the machine."""
        return self.busy and self.session.run.going

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the present one is kept."""
        return () if self.folder is None else (self.folder,)

    def why_not(self, run: Kept) -> str:
        """Why a run cannot be repeated with other seeds, or ""."""
        spec = next((node.spec for node in run.project.network.of_kind("dataset")), None)
        present = next((node.spec for node in self.session.project.network.of_kind("dataset")), None)
        if steered(run):
            return say(
                "Run {number} was changed while it went on, or left another run; other seeds cannot repeat that.",
                number=run.number,
            )
        if spec != present or self.session.samples is None or self.session.loading:
            return say("Run {number} has other data than the project now. Restore it first.", number=run.number)
        return ""

    def _once_more(self, asked: _Asked) -> None:
        """Train one that failed again."""
        self._queue.insert(0, asked)
        self.total += 1
        self._next()

    def ask(self, groups: Sequence[Sequence[Kept]], goal: int = GOAL) -> None:
        """Train each group's settings until `goal` seeds of it have a result. groups: repetitions, newest first."""
        for runs in groups:
            first = runs[-1]
            why = self.why_not(first)
            if why:
                self.session.message.emit(why, "warning")
                self.session.offered.emit((sentence("Restore it"), functools.partial(self._restore, first)))
                continue
            used = {run.project.training.seed for run in runs}
            queued = {one.project.training.seed for one in self._queue if one.number == first.number}
            used |= queued
            fresh = (seed for seed in range(2**31) if seed not in used)
            for seed in [next(fresh) for _ in range(goal - len(draws(runs)) - len(queued))]:
                self._queue.append(_Asked(SetPlan("training", "seed", seed).apply(first.project), first.number))
                self.total += 1
        self._next()

    def stop(self) -> None:
        """Give up what has not ended."""
        if not self.busy:
            return
        self._queue.clear()
        self._close()
        if self.folder is not None:
            self._throw_away(self.folder)
        self.folder, self.done, self.total = None, 0, 0
        self.changed.emit()
        self.grown.emit()

    def _throw_away(self, folder: Path) -> None:
        """A part of a run is no result."""
        try:
            shutil.rmtree(folder)
        except OSError as error:
            text = say("{folder} cannot be deleted: {error}.", folder=folder, error=error)
            self.session.message.emit(text, "warning")
            self.session.offered.emit(copy_path(folder))

    def _close(self) -> None:
        if self._client is not None and self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._client.kill()  # at once: it must write nothing more into a folder that goes
            self._client.close()
        self._client = self._notifier = None

    def _next(self) -> None:
        """Begin the next one, unless the machine is wanted."""
        samples = self.session.samples
        if self.folder is None and self._queue and samples is not None and not self.session.run.going:
            try:
                self.folder = new_folder(self.session.shelf)
            except PlaygroundError as error:
                self.session.message.emit(str(error), "warning")
                self.session.offered.emit(copy_path(self.session.shelf))
                self.stop()
                return
            if self._client is None:
                self._client = Client()
                self._notifier = QSocketNotifier(self._client.fileno(), QSocketNotifier.Type.Read, self)
                self._notifier.activated.connect(self._drain)
            self._now = self._queue.pop(0)
            self._client.start(self._now.project, samples, self.folder)
        if not self.busy:
            self._close()
            self.done = self.total = 0
        self.changed.emit()

    def _yield(self) -> None:
        """The window's run comes first."""
        client = self._client
        if client is None or self.folder is None:
            if self._queue:
                self._next()
            return
        if self.session.run.going and client.state == "running":
            client.pause()
            self.changed.emit()
        elif not self.session.run.going and client.state == "paused":
            client.resume()
            self.changed.emit()

    def _drain(self) -> None:
        for event in self._client.poll() if self._client is not None else []:
            self._heed(event)
        self._yield()

    def _heed(self, event: Event) -> None:
        if not isinstance(event, Finished | Fault | Failed | Died) or self.folder is None:
            return
        if isinstance(event, Failed | Died):
            self.session.message.emit(sentence("A seed could not be trained: {reason}", reason=event.text), "warning")
            self.stop()
            if self._now is not None:
                self.session.offered.emit(again(functools.partial(self._once_more, self._now)))
            return
        self.folder = None
        self.done += 1
        self._next()
        self.grown.emit()


def more_seeds_of(choice: QObject) -> MoreSeeds:
    """The one of a choice of runs."""
    found = choice.findChild(MoreSeeds)
    assert isinstance(found, MoreSeeds)
    return found
