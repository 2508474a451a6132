"""A run in the worker: the loop together with the shared board, the copies to go on from, checkpoints and probes."""

from __future__ import annotations

import dataclasses
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.fields import Real
from playground.engine.machine import Machine, Progress
from playground.errors import BadValue
from playground.training import checkpoints, messages, run_record
from playground.training.assembly import Assembled
from playground.training.block import Block
from playground.training.board import EPOCH_COLUMNS, Board
from playground.training.causes import of_error
from playground.training.checkpoints import Checkpoint
from playground.training.history import Growing, epoch_row, epochs_of
from playground.training.interrupt import Interrupt
from playground.training.loop import Burst, Memory, Trainer
from playground.training.messages import Event
from playground.training.probes import GridProbe, NormProbe, Share

Array = npt.NDArray[Any]
Send = Callable[[Event], None]

#: Copies of the state take at most this share of the time.
_COPY_SHARE = 0.05
#: A checkpoint on disk is at most about so old.
_SAVE_SECONDS = 10.0


class Run:
    """One run. It starts paused; `turn` does a little of it."""

    def __init__(
        self,
        assembled: Assembled,
        start: messages.Start,
        blocks: tuple[Block, Block],
        send: Send,
        compiling: Progress,
        interrupt: Interrupt,
    ) -> None:
        arena, board = blocks
        plan, sizes = assembled.plan, assembled.board_plan()
        self.assembled, self.start, self._send = assembled, start, send
        if not start.continued:
            arena.resize(plan.nbytes)
            board.resize(sizes.nbytes)
        elif arena.nbytes != plan.nbytes:
            raise BadValue("The memory that was kept belongs to another network. Press Reset to begin anew.")
        self.board = Board(sizes, board)
        self.machine: Machine = assembled.machine(arena.buffer(), compiling)
        training = assembled.project.training
        self.trainer = Trainer(
            assembled.lowered, assembled.prepared, self.machine, training, assembled.judge, self.board.best, interrupt
        )
        interrupt.machine = self.machine
        self.notes = assembled.prepared.notes
        #: "paused" or "running"; until: the step at which a single batch or epoch ends.
        self.mode = "paused"
        self._until: int | None = None
        self._pending: list[tuple[int, int, float]] = []
        self._copies, self._peaks = Share(_COPY_SHARE, 50), Share(0.01, 1)
        self.norms, self.grid = NormProbe(self.machine, sizes.layers), GridProbe(assembled, self.machine, self.board)
        self.norms_on = True
        self._saved_at = time.monotonic()
        self._saved_best = 0
        self._writer, self._record = self._files()
        self._begin_state()
        self.publish()

    # Starting points.

    def _files(self) -> tuple[checkpoints.Writer | None, run_record.RunRecord | None]:
        if not self.start.folder:
            return None, None
        folder = Path(self.start.folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._fingerprint = run_record.fingerprint(self.assembled.project, self.assembled.samples, self.assembled.plan.chains)
        return checkpoints.Writer(folder, self.machine.layout), run_record.RunRecord(
            folder, self.assembled.project, self._fingerprint, self.notes
        )

    def _begin_state(self) -> None:
        """The state to begin with: a whole copy, a checkpoint, or start weights."""
        kept = self.board.resume.read() if self.start.continued else None
        if kept is not None:
            self._go_on(*kept)
            return
        self.board.clear()
        self.trainer.reset()
        if self.start.checkpoint:
            self._take(Path(self.start.checkpoint))

    def _go_on(self, memory: dict[str, Any], state: bytes) -> None:
        """From the copy that the last worker left, with the changes of knobs that came after it still to come."""
        self.machine.knobs[...] = np.frombuffer(bytes.fromhex(memory.pop("knobs")), np.float32)
        self.machine.restore(np.frombuffer(state, np.float32))
        self.trainer.memory = Memory(**memory)
        self.board.best.keep_only(self.trainer.memory.best_place)
        for step, knob, value in self.board.changes.since(0)[0]:
            # A change that was made later at an earlier step takes the place of those that it then came before.
            self._pending = [change for change in self._pending if change[1] != knob or change[0] <= step]
            self._pending.append((int(step), int(knob), float(value)))
        self._pending = [change for change in self._pending if change[0] >= self.machine.step]
        if self._record:
            rows, _ = self.board.epochs.since(0)
            known = Growing(rows[:0], EPOCH_COLUMNS.index("step"))
            known.add(rows)
            for record in epochs_of(known.rows, self.board.plan):
                if record.step <= self.machine.step:
                    self._record.add_epoch(record)

    def _take(self, path: Path) -> None:
        """From a checkpoint on disk."""
        found = checkpoints.read(path, self.machine.layout)
        self.machine.restore(found.state)
        for name, value in found.knobs.items():
            self.machine.set_knob(name, value)
        self.trainer.memory = Memory(**found.memory)
        best = path.with_name("best.safetensors")
        self.trainer.memory.best_place = None
        if (checkpoints.memory_of(best) or {}).get("best_epoch") == self.trainer.memory.best_epoch > 0:
            kept = checkpoints.read(best, self.machine.layout)
            self.trainer.memory.best_place = self.board.best.write({"epoch": self.trainer.memory.best_epoch}, kept.state)
        now = run_record.fingerprint(self.assembled.project, self.assembled.samples, self.assembled.plan.chains)
        self.notes = (*self.notes, *run_record.differences(found.fingerprint, now))
        self.trainer.reopen()

    def started(self) -> messages.Started:
        prepared, trainer = self.assembled.prepared, self.trainer
        return messages.Started(
            generation=self.start.generation,
            layout=self.machine.layout.to_json(),
            knobs=tuple(self.machine.layout.knob_index),
            board=self.board.plan.to_dict(),
            step=self.machine.step,
            steps_per_epoch=trainer.steps_per_epoch,
            total_steps=trainer.total_steps,
            epochs=trainer.training.epochs,
            train_rows=prepared.train.count,
            validation_rows=prepared.validation.count if prepared.validation else 0,
            arena_bytes=self.assembled.plan.nbytes,
            paused=self.start.paused,
            notes=self.notes,
        )

    # Commands.

    def act(self, what: str) -> bool:
        """Carry a button out; false when it does not apply."""
        known: dict[str, Callable[[], bool]] = {
            "pause": self._pause,
            "resume": self._resume,
            "step_batch": self._step_batch,
            "step_epoch": self._step_epoch,
            "stop": self._stop,
            "reset": self._reset,
            "save": lambda: self.save("last"),
        }
        return what in known and known[what]()

    def _pause(self) -> bool:
        if self.mode != "running":
            return False
        self.rest()
        return True

    def rest(self) -> None:
        """Stop here for now, with a fresh copy of everything on the board."""
        self.mode, self._until = "paused", None
        self.publish()
        self.look(force=True)
        self._send(messages.Paused(step=self.machine.step, epoch=self.machine.step // self.trainer.steps_per_epoch))

    def _resume(self) -> bool:
        if self.mode == "running" and self._until is None:
            return False
        if not self._may_go_on():
            return False
        self.mode, self._until = "running", None
        self.board.beat(time.monotonic_ns(), self.machine.step)
        self._send(messages.Running(step=self.machine.step))
        return True

    def _may_go_on(self) -> bool:
        return self.machine.step < self.trainer.total_steps and (not self.trainer.finished or self.trainer.reopen())

    def _step_batch(self) -> bool:
        """One step, here and now, so that what is asked next finds it done."""
        if not self._step(1):
            return False
        while self.mode == "running":
            self.turn()
        return True

    def _step_epoch(self) -> bool:
        """To the end of the epoch; asked again meanwhile, to the end of the next one."""
        more = 0 if self._until is None else self._until - self.machine.step
        return self._step((more or self.trainer.steps_to_epoch_end) + (self.trainer.steps_per_epoch if more else 0))

    def _step(self, steps: int) -> bool:
        if not self._may_go_on():
            return False
        self._until = self.machine.step + steps
        if self.mode != "running":
            self.mode = "running"
            self.board.beat(time.monotonic_ns(), self.machine.step)
            self._send(messages.Running(step=self.machine.step))
        return True

    def _stop(self) -> bool:
        if self.trainer.finished:
            return False
        self._end(self.trainer.stop())
        return True

    def _reset(self) -> bool:
        self.trainer.reset()
        self.board.clear()
        self._pending.clear()
        self._saved_best = 0
        if self._record:
            self._record.clear()
        self._send(messages.Reset(step=0))
        self.rest()
        return True

    def set_knob(self, name: str, value: float) -> bool:
        """From the next step on. Raises BadValue."""
        index = self.machine.layout.knob_index.get(name)
        if index is None:
            raise BadValue(f"There is no knob called {name!r}. This run has: {', '.join(self.machine.layout.knob_index)}.")
        for info in self.assembled.lowered.knobs:
            if info.name == name:
                value = float((info.field if isinstance(info.field, Real) else Real(help="")).check(info.label, value))
        self._pending = [change for change in self._pending if change[1] != index]
        before = float(self.machine.knobs[index])
        self.board.changes.append(np.array([[self.machine.step, index, value]]))
        self.machine.knobs[index] = value
        change = messages.KnobChanged(name=name, value=value, before=before, step=self.machine.step)
        if self._record:
            self._record.add_change(change)
        self._send(change)
        return True

    def save(self, which: str) -> bool:
        """Begin to write a checkpoint, and the record of the run. which: "last", "best" or "epoch"."""
        if self._writer is None or self._record is None:
            return False
        if not all(np.isfinite(weight).all() for weight in self.machine.parameters().values()):
            self._send(
                messages.Warned(
                    kind="not finite", text="No checkpoint was written: a weight is not finite. The last good one is kept."
                )
            )
            return False
        memory = dataclasses.asdict(self.trainer.memory) | {"best_place": None}
        state = self.machine.snapshot()
        if which == "best":
            kept = self.board.best.read(self.trainer.memory.best_place) if self.trainer.memory.best_place is not None else None
            if kept is None:
                return False
            state = np.frombuffer(kept[1], np.float32)
        knobs = {name: float(self.machine.knobs[index]) for name, index in self.machine.layout.knob_index.items()}
        epoch = self.machine.step // self.trainer.steps_per_epoch
        self._writer.write(which, Checkpoint(state, memory, knobs, self._fingerprint), self.machine.step, epoch)
        return True

    # Going on.

    def turn(self, at_most: int | None = None) -> None:
        """A burst of steps with all that belongs to it."""
        self._due_changes()
        probing = self.norms_on and self.norms.share.due and bool(self.board.plan.layers)
        if probing:
            with self.norms.share:
                before = self.norms.before()
                burst = self.trainer.advance(1)
                if burst.status != "finished" and len(burst.rows):
                    self.board.norms.append(self.norms.after(before))
        else:
            burst = self.trainer.advance(self._most(at_most))
        self._tell(burst)
        self.look()
        if burst.status in ("running", "halted") and self.mode == "running" and self.machine.step == self._until:
            self.rest()

    def _most(self, at_most: int | None) -> int | None:
        """Steps until something has to happen, and no more than `at_most`."""
        stops = [step for step, _, _ in self._pending] + ([] if self._until is None else [self._until])
        limits = [stop - self.machine.step for stop in stops] + ([] if at_most is None else [at_most])
        return max(1, min(limits)) if limits else None

    def _due_changes(self) -> None:
        """Changes of knobs that the last worker made at this step."""
        for step, index, value in self._pending:
            if step <= self.machine.step:
                self.machine.knobs[index] = value
        self._pending = [change for change in self._pending if change[0] > self.machine.step]

    def _tell(self, burst: Burst) -> None:
        self.board.steps.append(burst.rows)
        self.board.beat(time.monotonic_ns(), self.machine.step)
        if burst.record is not None:
            self.board.epochs.append(epoch_row(burst.record, burst.best, self.board.plan))
            if self._record:
                self._record.add_epoch(burst.record)
            if self.start.every and burst.record.epoch % self.start.every == 0 and burst.status != "finished":
                self.save("epoch")
        for event in burst.events:
            if isinstance(event, messages.Finished):
                self._end(event)
            else:
                self._send(event)
        if burst.status == "fault":
            self.mode, self._until = "paused", None
            self.publish()
        elif self._copies.due or burst.best:
            self.publish()
        if self._writer and time.monotonic() - self._saved_at > _SAVE_SECONDS:
            self._save_all()
        self.report_saved()

    def publish(self) -> None:
        """Leave a whole copy of the state on the board; see `board` for why it can never be torn."""
        with self._copies:
            memory = dataclasses.asdict(self.trainer.memory) | {"knobs": self.machine.knobs.tobytes().hex()}
            self.board.resume.write(memory, self.machine.layout.state_view(self.machine.F))
            self.board.beat(time.monotonic_ns(), self.machine.step)
        if self._peaks.due:
            with self._peaks:
                self.board.life.peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def look(self, *, force: bool = False) -> None:
        """Bring the output surface up to date, when somebody looks at it."""
        if self.grid.on and (force or self.grid.share.due):
            with self.grid.share:
                self.grid.measure()
            self._send(messages.Grid(step=self.machine.step, size=self.grid.size))

    def _end(self, finished: messages.Finished) -> None:
        self.mode, self._until = "paused", None
        self.publish()
        self.look(force=True)
        if self._writer and self._record:
            self._record.finish(finished)
            self._save_all()
            self.report_saved(wait=True)
        self._send(finished)

    def _save_all(self) -> None:
        if self.trainer.memory.best_epoch != self._saved_best and self.save("best"):
            self._saved_best = self.trainer.memory.best_epoch
        self.save("last")
        if self._writer and self._record:
            epoch = self.machine.step // self.trainer.steps_per_epoch
            self._writer.write_record(self._record.path, self._record.encoded(), self.machine.step, epoch)
        self._saved_at = time.monotonic()

    @property
    def writing(self) -> bool:
        return self._writer is not None and self._writer.busy

    def report_saved(self, *, wait: bool = False) -> None:
        """Tell what has been written, or why it was not."""
        for written in self._writer.results(wait=wait) if self._writer else ():
            if written.error is None:
                self._send(messages.Saved(which=written.which, path=str(written.path), step=written.step, epoch=written.epoch))
            else:
                cause = of_error(written.error)
                self._send(messages.Warned(kind=cause.kind, text=cause.text))

    def close(self) -> None:
        """Wait for what is being written."""
        if self._writer:
            self._writer.close()
            self.report_saved(wait=True)
