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
from playground.core.samples import Samples
from playground.document.patch import differences
from playground.document.project import Project
from playground.engine.bound import Progress
from playground.engine.machine import Machine
from playground.errors import BadValue
from playground.training import hooks, messages, replan, run_record
from playground.training.areas.epochs import EPOCH_COLUMNS
from playground.training.assembly import Assembled
from playground.training.block import Block
from playground.training.board import Board
from playground.training.history import Growing, epoch_row
from playground.training.hooks import Hook
from playground.training.hooks.journal import RunJournal
from playground.training.interrupt import Interrupt
from playground.training.loop import Burst, Memory, Trainer
from playground.training.messages import Event
from playground.training.past import Past
from playground.training.plans import Plans, derived
from playground.training.preparing import Laid, Ready, laid_out
from playground.training.probes import Share
from playground.training.replay import go_on_from
from playground.training.run_files import RunFiles
from playground.training.run_probes import RunProbes
from playground.training.slow import SlowStep
from playground.words import sentence

Array = npt.NDArray[Any]
Send = Callable[[Event], None]

#: Copies of the state take at most this share of the time.
_COPY_SHARE = 0.05


@dataclasses.dataclass(frozen=True)
class Turn:
    """How a run comes to another plan. plan: its serial number.  back: the earlier step that it goes back to; None: on from here."""

    plan: int
    back: int | None = None


class Run:
    """One run. It starts paused; `turn` does a little of it."""

    def __init__(
        self,
        assembled: Assembled,
        start: messages.Start,
        memory: tuple[Block, Block] | Laid | None,
        send: Send,
        compiling: Progress,
        interrupt: Interrupt,
        previous: Run | None = None,
        turn: Turn | None = None,
        past: Past | None = None,
    ) -> None:
        """memory: blocks for arena and board, or what has been laid out in them already.  previous: the same run with another plan;
        turn: how it comes to this one. Where both fit into the same memory it needs no other; else the other run stays as it is until
        this one takes its place.  past: where the copies to go back to are kept.
        """
        self.assembled, self.start, self.send = assembled, start, send
        self.past: Past = previous.past if previous is not None else past or Past()
        #: It goes on in the memory that it had with its last plan.
        self.in_place = previous is not None and assembled.fits(previous.assembled)
        self.board: Board
        self.machine: Machine
        if previous is not None and self.in_place:
            self.board = previous.board
            self.machine = assembled.machine_after(previous.assembled, previous.machine)
        else:
            assert memory is not None
            laid = memory if isinstance(memory, Laid) else self._laid_out(memory, compiling)
            self.board, self.machine = laid.board, laid.machine
        training = assembled.project.training
        self.trainer = Trainer(
            assembled.lowered, assembled.prepared, self.machine, training, assembled.judge, self.board.best, interrupt
        )
        self._interrupt = interrupt
        self.notes = assembled.notes
        #: "paused" or "running"; until: the step at which a single batch ends, or the count of epochs at which a single epoch does.
        self.mode = "paused"
        self._until_step: int | None = None
        self._until_epoch: int | None = None
        #: Rows of changes and entries of the journal when a dead worker published its state; None where this one goes on from none.
        self.published: tuple[int, int] | None = None
        self._copies, self._peaks = Share(_COPY_SHARE, 50), Share(0.01, 1)
        self.probes = RunProbes(self)
        self.files = RunFiles(self)
        #: The step that is done in slow motion, while there is one.
        self.slow: SlowStep | None = None
        self.hooks: list[Hook] = [*(kind(self) for kind in hooks.kinds()), self.files]
        self.journal = next(hook for hook in self.hooks if isinstance(hook, RunJournal))
        self.plans: Plans = Plans(self._derived) if previous is None else previous.plans
        self.trainer.recorder.ways = self.plans
        if previous is None or turn is None:
            self._begin_state()
            self.plans.add(self.trainer.recorder.plan, assembled)
        else:
            self._carry_on(previous, turn)
        interrupt.machine = self.machine
        self.publish()

    def _laid_out(self, blocks: tuple[Block, Block], compiling: Progress) -> Laid:
        """Board and machine in memory of their own."""
        if not self.start.continued:
            return laid_out(self.assembled, blocks, compiling)
        arena, board = blocks
        if arena.nbytes != self.assembled.plan.nbytes:
            raise BadValue(sentence("The memory that was kept belongs to another network. Press Reset to begin anew."))
        return Laid(Board(self.assembled.board_plan(), board), self.assembled.machine(arena.buffer(), compiling))

    # Starting points.

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
        for hook in self.hooks:
            hook.began()

    def _carry_on(self, previous: Run, turn: Turn) -> None:
        """From another plan, in whose place this one comes."""
        self.mode = previous.mode
        self._until_step, self._until_epoch = previous._until_step, previous._until_epoch
        recorder = self.trainer.recorder
        self.plans.add(turn.plan, self.assembled)
        recorder.carry(previous.trainer.recorder, turn.plan)
        self.trainer.pace.follow(previous.trainer.pace)
        self._copies, self._peaks = previous._copies, previous._peaks
        try:
            if turn.back is None:
                replan.continue_from(previous.trainer, previous.assembled, self.assembled, self.trainer)
                recorder.mark(copy=not self.in_place)
            else:
                recorder.go_back(turn.back, previous.machine.step)
        except BaseException:
            if self.in_place:
                previous.assembled.load(previous.machine)
                previous.machine.write_constants()
            raise
        epochs, _ = previous.board.epochs.since(0)
        if not self.in_place and epochs.shape[1:] == self.board.epochs.rows.shape[1:]:
            # Without those of steps that were taken back.
            known = Growing(epochs[:0], EPOCH_COLUMNS.index("step"))
            known.add(epochs)
            known.cut(self.machine.step)
            self.board.epochs.append(known.rows)
        before = {type(hook): hook for hook in previous.hooks}
        for hook in self.hooks:
            hook.carried(before[type(hook)])
        self.plans.derive = self._derived  # not before the journal is here

    def _go_on(self, memory: dict[str, Any], state: bytes) -> None:
        """From the copy that the last worker left."""
        self.machine.knobs[...] = np.frombuffer(bytes.fromhex(memory.pop("knobs")), np.float32)
        self.published = memory.pop("changes"), memory.pop("journal")
        self.machine.restore(np.frombuffer(state, np.float32))
        self.trainer.memory = Memory(**memory)
        self.board.best.keep_only(self.trainer.memory.best_place)
        for hook in self.hooks:
            hook.resumed()

    def _take(self, path: Path) -> None:
        """From a checkpoint on disk."""
        self.notes = (*self.notes, *go_on_from(self.trainer, self.assembled, path))

    @property
    def checkpoint(self) -> Path:
        """The file that the run began from; only where there is one."""
        return Path(self.start.checkpoint)

    def changed(self, ready: Ready, start: messages.Start, compiling: Progress) -> tuple[Run, messages.Entry]:
        """The same run with another plan from the next step on, and its entry in the journal. This one may go on where that fails.

        start: of the change. Raises BadValue for a plan that it cannot go on with.
        """
        assembled = ready.assembled
        replan.check(self.assembled, assembled, self.machine.epoch, complete=self.trainer.complete)
        found = differences(self.assembled.project, assembled.project)
        kept = dataclasses.replace(start, folder=self.start.folder, checkpoint=self.start.checkpoint, every=self.start.every)
        turn = Turn(self.journal.next)
        run = Run(assembled, kept, ready.laid, self.send, compiling, self._interrupt, previous=self, turn=turn)
        after = {one.path: one.after for one in found}
        if assembled.samples is not self.assembled.samples:
            after["samples_sha256"] = run_record.samples_sha256(assembled.samples)
        note = replan.told(self.assembled, assembled)
        entry = run.journal.add("plan", "", {one.path: one.before for one in found}, after, note)
        return run, entry

    def gone_back(
        self, assembled: Assembled, start: messages.Start, blocks: tuple[Block, Block], compiling: Progress, turn: Turn
    ) -> Run:
        """The same run at a step of an earlier plan. This one may go on where that fails. Raises BadValue."""
        kept = dataclasses.replace(start, folder=self.start.folder, checkpoint=self.start.checkpoint, every=self.start.every)
        return Run(assembled, kept, blocks, self.send, compiling, self._interrupt, previous=self, turn=turn)

    def _derived(self, serial: int) -> tuple[Project, Samples]:
        made = self.assembled
        return derived(serial, self.journal.entries, (self.trainer.recorder.plan, made.project, made.samples))

    @property
    def knobs(self) -> dict[str, float]:
        """Name -> value. Not to be asked for while a search goes on."""
        return {name: float(self.machine.knobs[index]) for name, index in self.machine.layout.knob_index.items()}

    def started(self) -> messages.Started:
        prepared, trainer = self.assembled.prepared, self.trainer
        return messages.Started(
            generation=self.start.generation,
            layout=self.machine.layout.to_json(),
            knobs=self.knobs,
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
            chains=self.assembled.plan.chains,
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
            "save": lambda: self.files.save("last"),
        }
        return what in known and known[what]()

    def _pause(self) -> bool:
        if self.mode != "running":
            return False
        self.rest()
        return True

    def rest(self) -> None:
        """Stop here for now, with a fresh copy of everything on the board."""
        self._come_to_rest()
        self.send(messages.Paused(step=self.machine.step, epoch=self.machine.epoch))

    def _come_to_rest(self) -> None:
        self.mode = "paused"
        self._aim()
        for hook in self.hooks:
            hook.before_stop()
        self.publish()
        self.probes.look(force=True)

    def _aim(self, *, step: int | None = None, epoch: int | None = None) -> None:
        """Rest by itself at this step, or when so many epochs are done, or (neither) at the end of the run."""
        self._until_step, self._until_epoch = step, epoch

    @property
    def _aimless(self) -> bool:
        return self._until_step is None and self._until_epoch is None

    @property
    def _there(self) -> bool:
        """What was aimed at is reached."""
        at_epoch = self._until_epoch is not None and self.machine.epoch >= self._until_epoch
        return at_epoch or self.machine.step == self._until_step

    def _resume(self) -> bool:
        if self.mode == "running" and self._aimless:
            return False
        if not self.may_go_on():
            return False
        self._aim()
        self.mode = "running"
        self.board.beat(time.monotonic_ns(), self.machine.step)
        self.send(messages.Running(step=self.machine.step))
        return True

    def may_go_on(self) -> bool:
        """Whether there is anything left to do; a stopped run is opened again."""
        if self.trainer.complete or not self.trainer.finished:
            return not self.trainer.complete
        reason = self.trainer.memory.finished
        if not self.trainer.reopen():
            return False
        for hook in self.hooks:
            hook.reopened(reason)
        return True

    def step_here(self) -> None:
        """One step, here and now, told of when it is done."""
        self._aim(step=self.machine.step + 1)
        self.mode = "running"
        while self.mode == "running":
            self.turn(1)

    def end_slow_step(self) -> None:
        """Bring a step that is done in slow motion to its end."""
        slow, self.slow = self.slow, None
        if slow is not None:
            slow.finish()

    def _step_batch(self) -> bool:
        """One step, here and now, so that what is asked next finds it done."""
        if not self.may_go_on():
            return False
        self._set_out(step=self.machine.step + 1)
        while self.mode == "running":
            self.turn()
        return True

    def _step_epoch(self) -> bool:
        """To the end of the epoch; asked again meanwhile, to the end of the next one."""
        if not self.may_go_on():
            return False
        self._set_out(epoch=(self.machine.epoch if self._until_epoch is None else self._until_epoch) + 1)
        return True

    def _set_out(self, *, step: int | None = None, epoch: int | None = None) -> None:
        self._aim(step=step, epoch=epoch)
        if self.mode != "running":
            self.mode = "running"
            self.board.beat(time.monotonic_ns(), self.machine.step)
            self.send(messages.Running(step=self.machine.step))

    def _stop(self) -> bool:
        if self.trainer.finished:
            return False
        self._end(self.trainer.stop())
        return True

    def _reset(self) -> bool:
        self.trainer.reset()
        self.plans.restart(self.assembled)
        self.board.clear()
        for hook in self.hooks:
            hook.reset()
        self.send(messages.Reset(step=0, knobs=self.knobs))
        self.rest()
        return True

    def set_knob(self, name: str, value: float) -> bool:
        """From the next step on. Raises BadValue."""
        index = self.machine.layout.knob_index.get(name)
        if index is None:
            raise BadValue(
                sentence(
                    "There is no knob called {name}. This run has: {knob_index}.",
                    name=f"{name!r}",
                    knob_index=", ".join(self.machine.layout.knob_index),
                )
            )
        for info in self.assembled.lowered.knobs:
            if info.name == name:
                value = float((info.field if isinstance(info.field, Real) else Real(help="")).check(info.label, value))
        before = float(self.machine.knobs[index])
        self.journal.add("knob", name, before, value)
        self.board.changes.append(np.array([[self.machine.step, index, value]]))
        self.machine.knobs[index] = value
        change = messages.KnobChanged(name=name, value=value, before=before, step=self.machine.step)
        for hook in self.hooks:
            hook.knob_changed(change)
        self.send(change)
        return True

    # Going on.

    def turn(self, at_most: int | None = None) -> None:
        """A burst of steps with all that belongs to it."""
        for hook in self.hooks:
            hook.before_burst()
        burst = self.probes.advance(self.trainer.advance, self._most(at_most))
        self._tell(burst)
        self.probes.look()
        if burst.status in ("running", "halted") and self.mode == "running" and self._there:
            self.rest()

    def _most(self, at_most: int | None) -> int | None:
        """Steps until something has to happen, and no more than `at_most`. The loop itself ends a burst with the epoch."""
        stops = [self._until_step, *(hook.next_stop() for hook in self.hooks)]
        limits = [stop - self.machine.step for stop in stops if stop is not None] + ([] if at_most is None else [at_most])
        return max(1, min(limits)) if limits else None

    def _tell(self, burst: Burst) -> None:
        """Put a burst on the board, then tell of it."""
        self.board.steps.append(burst.rows)
        self.board.beat(time.monotonic_ns(), self.machine.step)
        if burst.record is not None:
            self.board.epochs.append(epoch_row(burst.record, burst.best, self.board.plan))
        for hook in self.hooks:
            hook.after_burst(burst)
        for event in burst.events:
            if isinstance(event, messages.Finished):
                self._end(event)
            else:
                self.send(event)
        if burst.status == "fault":
            self.mode = "paused"
            self._aim()
            self.publish()
        elif self._copies.due or burst.best:
            self.publish()
        for hook in self.hooks:
            hook.after_turn(burst)

    def publish(self) -> None:
        """Leave a whole copy of the state on the board; see `board` for why it can never be torn."""
        with self._copies:
            beside = {"changes": self.board.changes.written, "journal": self.journal.next - 1}
            memory = dataclasses.asdict(self.trainer.memory) | beside | {"knobs": self.machine.knobs.tobytes().hex()}
            self.board.resume.write(memory, self.machine.layout.state_view(self.machine.F))
            self.board.beat(time.monotonic_ns(), self.machine.step)
        if self._peaks.due:
            with self._peaks:
                self.board.life.peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def _end(self, finished: messages.Finished) -> None:
        self._come_to_rest()
        for hook in self.hooks:
            hook.ended(finished)
        self.send(finished)

    def close(self) -> None:
        """Let go of everything; waits for what is being written."""
        for hook in self.hooks:
            hook.close()
        self.past.close()
