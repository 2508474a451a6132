"""A run's folder: checkpoints and the record of the run. Without a folder nothing is written."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.document import project_json
from playground.errors import FileError
from playground.training import checkpoints, kept_layers, kept_points, messages, run_record
from playground.training.areas.epochs import EPOCH_COLUMNS
from playground.training.causes import of_error
from playground.training.history import Epochs, Growing
from playground.training.hooks import Hook
from playground.training.kept_layers import KeptLayers
from playground.training.kept_points import KeptPoints
from playground.training.leaving import NOT_FINITE, checkpoint_of, is_finite
from playground.training.loop import Burst

if TYPE_CHECKING:
    from playground.training.run import Run

#: A checkpoint on disk is at most about so old.
_SAVE_SECONDS = 10.0


class RunFiles(Hook):
    """Writes while the run goes on, without making it wait."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._saved_at = time.monotonic()
        self._saved_best = 0
        self._writer: checkpoints.Writer | None = None
        self._record: run_record.RunRecord | None = None
        self._points, self._layers = KeptPoints(), KeptLayers(run.board.plan)
        self._fingerprint: dict[str, Any] = {}
        #: The run has a folder of its own since it forked, and nothing is in it yet.
        self._begins = False

    def _open(self) -> None:
        """Begin the files of a run."""
        run = self.run
        if run.start.folder:
            folder = Path(run.start.folder)
            folder.mkdir(parents=True, exist_ok=True)
            made = run.assembled
            self._fingerprint = run_record.fingerprint(made.project, made.samples, made.plan.chains)
            self._writer = checkpoints.Writer(folder, run.machine.layout)
            self._record = run_record.RunRecord(folder, made.project, self._fingerprint, run.notes)

    def began(self) -> None:
        self._open()

    def resumed(self) -> None:
        """The epochs up to here are part of the record again, which still says how the run began."""
        self._open()
        if self._record is None:
            return
        self._recall()
        root = run_record.root_of(self._record.path) if self.run.journal.replanned else None
        if root is not None:
            self._record.begin_with(*root)
        board = self.run.board
        rows, _ = board.epochs.since(0)
        known = Growing(rows[:0], EPOCH_COLUMNS.index("step"))
        known.add(rows)
        for record in Epochs(known.rows, board.plan):
            if record.step <= self.run.machine.step:
                self._record.add_epoch(record)

    def _recall(self) -> None:
        """Of the steps that the board forgot, what was kept; of the others what it holds."""
        board, step = self.run.board, self.run.machine.step
        folder = Path(self.run.start.folder)
        with contextlib.suppress(FileError):  # what is damaged is written anew, with what the board holds
            self._points.add(kept_points.read(folder))
        self._points.add(board.steps.since(0)[0])
        self._points.cut(step)
        with contextlib.suppress(FileError):
            self._layers.take(kept_layers.read(folder).rows())
        self._layers.begin_again(board)
        if any(entry.kind in ("rewind", "fork") for entry in self.run.journal.entries):
            self._layers.pass_over(board)  # of looks that are steps apart it cannot be told which belong to a way that is void
        self._layers.drain(board)
        self._layers.cut(step)

    def _fingerprint_after(self, previous: RunFiles) -> dict[str, Any]:
        """The same samples are not hashed again; there may be gigabytes of them."""
        made, before = self.run.assembled, previous.run.assembled
        known = previous._fingerprint["samples_sha256"] if made.samples is before.samples else None
        return run_record.fingerprint(made.project, made.samples, made.plan.chains, known)

    def carried(self, previous: Hook) -> None:
        """The same files, in which checkpoints now fit the new plan."""
        assert isinstance(previous, RunFiles)
        self._saved_at, self._saved_best = previous._saved_at, previous._saved_best
        self._writer, self._record, self._points = previous._writer, previous._record, previous._points
        self._carry_layers(previous)
        if self._writer is not None:
            self._fingerprint = self._fingerprint_after(previous)
            self._writer.layout = self.run.machine.layout
            if self.run.board is not previous.run.board:  # else the files that are there fit the run as it is now
                self._saved_best = 0
                self._save_all()

    def _carry_layers(self, previous: RunFiles) -> None:
        """What is known of the layers stays known where the board is another one."""
        before, board = previous.run.board, self.run.board
        self._layers = previous._layers
        if self._record is not None and board is not before:
            self._layers.drain(before)
            self._layers.begin_again(board)

    def before_stop(self) -> None:
        """At rest there is time; step after step would else run out of the board."""
        if self._record:
            self._layers.drain(self.run.board)

    def after_burst(self, burst: Burst) -> None:
        if self._record:
            self._points.add(burst.rows)
        if burst.record is None:
            return
        if self._record:
            self._record.add_epoch(burst.record)
        every = self.run.start.every
        if every and burst.record.epoch % every == 0 and burst.status != "finished":
            self.save("epoch")

    def after_turn(self, burst: Burst) -> None:
        if self._writer and time.monotonic() - self._saved_at > _SAVE_SECONDS:
            self._save_all()
        self.report()

    def reopened(self, reason: str) -> None:
        if self._record:
            self._layers.cut(self.run.machine.step)  # what came after the best epoch comes again
            self._record.finish(None)

    def ended(self, finished: messages.Finished) -> None:
        if self._record:
            self._record.finish(finished)
            self._save_all()
            self.report(wait=True)

    def leave(self) -> None:
        """Write the run as it stands, before it goes another way."""
        if self._writer is not None:
            self._save_all()

    def branch(self, folder: str, step: int) -> None:
        """From this step on the run is another one, kept in a folder of its own; what it left stays where it was."""
        run = self.run
        left = Path(run.start.folder).name if run.start.folder else ""
        run.start = dataclasses.replace(run.start, folder=folder)
        Path(folder).mkdir(parents=True, exist_ok=True)
        if self._writer is None or self._record is None:
            self._open()
            return
        self._writer.folder = Path(folder)
        self._record.branch(Path(folder), left, step)
        self._begins = True

    def travelled(self, step: int) -> None:
        self._saved_best, self._saved_at = 0, 0.0
        if self._record:
            self._record.keep_until(step)
            self._points.cut(step)
            self._layers.drain(self.run.board)
            self._layers.cut(step)
            self._save_layers()
        if self._begins:
            self._begins = False
            self._save_all()

    def reset(self) -> None:
        self._saved_best = 0
        if self._record:
            made = self.run.assembled
            self._record.clear()
            self._points.clear()
            self._layers.clear()
            self._save_layers()
            self._record.begin_with(project_json.to_json(made.project), self._fingerprint)

    def close(self) -> None:
        """Wait for what is being written."""
        if self._writer:
            self._writer.close()
            self.report(wait=True)

    def save(self, which: str) -> bool:
        """Begin to write a checkpoint. which: "last", "best" or "epoch"."""
        if self._writer is None:
            return False
        run, machine = self.run, self.run.machine
        if not is_finite(run.trainer):
            run.send(messages.Warned(kind="not finite", text=NOT_FINITE))
            return False
        checkpoint = checkpoint_of(run.trainer, which, self._fingerprint)
        if checkpoint is None:
            return False
        self._writer.write(which, checkpoint, machine.step, machine.epoch)
        return True

    def _save_all(self) -> None:
        memory, machine = self.run.trainer.memory, self.run.machine
        if memory.best_epoch != self._saved_best and self.save("best"):
            self._saved_best = memory.best_epoch
        self.save("last")
        if self._writer and self._record:
            self._writer.write_record(
                self._record.path, self._record.encoded(self.run.journal.entries), machine.step, machine.epoch
            )
            points = self._record.path.with_name(kept_points.NAME)
            self._writer.write_record(points, self._points.encoded(), machine.step, machine.epoch)
            self._save_layers()
        self._saved_at = time.monotonic()

    def _save_layers(self) -> None:
        """At once where a run goes back, so that what is void does not come again when the worker dies."""
        if self._writer and self._record and not self._begins:
            self._layers.drain(self.run.board)
            path, machine = self._record.path.with_name(kept_layers.NAME), self.run.machine
            self._writer.write_record(path, self._layers.encoder(), machine.step, machine.epoch)

    @property
    def writing(self) -> bool:
        return self._writer is not None and self._writer.busy

    def report(self, *, wait: bool = False) -> None:
        """Tell what has been written, or why it was not."""
        for written in self._writer.results(wait=wait) if self._writer else ():
            if written.error is None:
                saved = messages.Saved(which=written.which, path=str(written.path), step=written.step, epoch=written.epoch)
                self.run.send(saved)
            else:
                cause = of_error(written.error)
                self.run.send(messages.Warned(kind=cause.kind, text=cause.text))
