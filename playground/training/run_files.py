"""A run's folder: checkpoints and the record of the run. Without a folder nothing is written."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from playground.training import checkpoints, messages, run_record
from playground.training.areas.epochs import EPOCH_COLUMNS
from playground.training.causes import of_error
from playground.training.checkpoints import Checkpoint
from playground.training.history import Growing, epochs_of
from playground.training.hooks import Hook
from playground.training.loop import Burst
from playground.words import sentence

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
        if run.start.folder:
            folder = Path(run.start.folder)
            folder.mkdir(parents=True, exist_ok=True)
            made = run.assembled
            self._fingerprint = run_record.fingerprint(made.project, made.samples, made.plan.chains)
            self._writer = checkpoints.Writer(folder, run.machine.layout)
            self._record = run_record.RunRecord(folder, made.project, self._fingerprint, run.notes)

    def resumed(self) -> None:
        """The epochs up to here are part of the record again."""
        if self._record is None:
            return
        board = self.run.board
        rows, _ = board.epochs.since(0)
        known = Growing(rows[:0], EPOCH_COLUMNS.index("step"))
        known.add(rows)
        for record in epochs_of(known.rows, board.plan):
            if record.step <= self.run.machine.step:
                self._record.add_epoch(record)

    def after_burst(self, burst: Burst) -> None:
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

    def knob_changed(self, change: messages.KnobChanged) -> None:
        if self._record:
            self._record.add_change(change)

    def ended(self, finished: messages.Finished) -> None:
        if self._record:
            self._record.finish(finished)
            self._save_all()
            self.report(wait=True)

    def reset(self) -> None:
        self._saved_best = 0
        if self._record:
            self._record.clear()

    def close(self) -> None:
        """Wait for what is being written."""
        if self._writer:
            self._writer.close()
            self.report(wait=True)

    def save(self, which: str) -> bool:
        """Begin to write a checkpoint. which: "last", "best" or "epoch"."""
        if self._writer is None:
            return False
        run, machine, memory = self.run, self.run.machine, self.run.trainer.memory
        if not all(np.isfinite(weight).all() for weight in machine.parameters().values()):
            text = sentence("No checkpoint was written: a weight is not finite. The last good one is kept.")
            run.send(messages.Warned(kind="not finite", text=text))
            return False
        state = machine.snapshot()
        if which == "best":
            kept = run.board.best.read(memory.best_place) if memory.best_place is not None else None
            if kept is None:
                return False
            state = np.frombuffer(kept[1], np.float32)
        knobs = {name: float(machine.knobs[index]) for name, index in machine.layout.knob_index.items()}
        remembered = dataclasses.asdict(memory) | {"best_place": None}
        self._writer.write(which, Checkpoint(state, remembered, knobs, self._fingerprint), machine.step, machine.epoch)
        return True

    def _save_all(self) -> None:
        memory, machine = self.run.trainer.memory, self.run.machine
        if memory.best_epoch != self._saved_best and self.save("best"):
            self._saved_best = memory.best_epoch
        self.save("last")
        if self._writer and self._record:
            self._writer.write_record(self._record.path, self._record.encoded(), machine.step, machine.epoch)
        self._saved_at = time.monotonic()

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
