"""What a session asks of the run: start, pause, stop, steps, searches and changes of numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playground.core.samples import Samples
from playground.document.edits import SetPlan
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.training.runs import new_folder, shelf_of
from playground.ui.next_steps import copy_path
from playground.ui.session_core import SessionCore
from playground.words import counted_sentence


class RunPart(SessionCore):
    """Commands to the run. They return at once; what became of them is told by the session's signals.

    run_project, run_samples: project and samples as the run has them at present; run_root: both as they were when it began.
    before_command: called before a command that makes steps, for whoever has changes to hand in first.
    """

    run_project: Project | None = None
    run_samples: Samples | None = None
    run_root: tuple[Project, Samples] | None = None
    before_command: Callable[[], None] | None = None

    @property
    def shelf(self) -> Path:
        """Where the runs of this project are kept."""
        return shelf_of(self.path, self.project.name)

    def train(self) -> None:
        """Start a run, or go on with one that is paused or stopped at a fault."""
        if self.run.state == "paused" or self.client.at_fault:
            self.resume()
        elif self.ready and not self.run.going:
            self._start(None)

    def resume_from(self, checkpoint: Path) -> None:
        """Start a run where a checkpoint was left, in place of the present one, which stays where nothing is left to do."""
        if not self.ready:
            return
        from playground.training.checkpoints import epochs_done, nothing_left

        done, planned = epochs_done(checkpoint), self.project.training.epochs
        if done >= planned:
            self.message.emit(nothing_left(checkpoint, done, planned), "warning")
            more = counted_sentence(planned, "Train {n} more epoch", "Train {n} more epochs")
            self.offered.emit((more, lambda: self._resume_for(checkpoint, done + planned)))
            return
        self.run.checkpoint = checkpoint
        self._start(None)

    def _resume_for(self, checkpoint: Path, epochs: int) -> None:
        """Plan so many epochs in all, which can be undone, and go on from a checkpoint."""
        if self.do(SetPlan("training", "epochs", epochs), whole=True):
            self.resume_from(checkpoint)

    def pause(self) -> None:
        self.run.ask(self.client.pause)

    def resume(self) -> None:
        """Go on after a pause, a stop, a fault, or the death of the worker."""
        self._settle()
        self.run.ask(self.client.resume)

    def stop(self) -> None:
        """End the run after the present step; its results stay."""
        self.run.ask(self.client.stop)

    def reset(self) -> None:
        """Back to the start weights and an empty curve."""
        self.run.ask(self.client.reset)

    def step_batch(self) -> None:
        """Train one batch, from the start if there is no run yet."""
        self._step(lambda: self.client.step_batch())

    def step_phase(self) -> None:
        """Do the next phase of a step, what one node does in one direction, from the start if there is no run yet."""
        self._step(lambda: self.client.step_phase())

    def step_epoch(self) -> None:
        """Train to the end of the epoch, from the start if there is no run yet."""
        self._step(lambda: self.client.step_epoch())

    def find_rate(self, **options: Any) -> None:
        """Search for a learning rate from the present state, or from the start; it is told by `heard(FinderDone)`."""
        self._step(lambda: self.client.find_rate(**options))

    def set_knob(self, name: str, value: float) -> None:
        """Change a number of the run at its next step. The document does not change: ask for that with `do`."""
        self.run.ask(lambda: self.client.set_knob(name, value))

    @property
    def ready(self) -> bool:
        """Whether a run could start now. Not while the samples are still those of an earlier data source."""
        return self.samples is not None and not self.loading and not self.inspection.errors

    def branch_folder(self) -> Path | None:
        """A new place for a run on the shelf; None where there can be none, which is told."""
        try:
            return new_folder(self.shelf)
        except PlaygroundError as error:
            self.message.emit(str(error), "warning")  # it trains without being kept
            self.offered.emit(copy_path(self.shelf))
            return None

    def kept_in(self, folder: Path | None) -> None:
        """The present run is kept there from now on."""
        self.run_shelf, self.run_folder, self.run_copies = folder.parent if folder else self.run_shelf, folder, ()

    def _start(self, then: Callable[[], None] | None) -> None:
        if self.samples is not None:
            folder = self.branch_folder()
            self.kept_in(folder)
            self.run_project, self.run_samples = self.project, self.samples
            self.run_root = (self.project, self.samples)
            self.run.start(self.project, self.samples, folder, then)

    def _step(self, command: Callable[[], None]) -> None:
        if self.run.state in ("idle", "finished", "failed") and not self.client.at_fault:
            if self.ready:
                self._start(command)
        else:
            self._settle()
            self.run.ask(command)

    def _settle(self) -> None:
        if self.before_command is not None:
            self.before_command()
