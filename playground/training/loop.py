"""The training loop: bursts of steps, epochs, evaluation, best weights, early stopping. No process, no files, no clock in results.

Used by the worker and by the command line alike. What it does depends on the project, the data and the knobs alone: never on how
long a burst was, on the number of threads, or on who watches.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from playground.data.prepare import Prepared, Split
from playground.document.plans import TrainingPlan
from playground.engine.machine import Machine, Ran
from playground.lowering import Lowered
from playground.training import messages
from playground.training.board import STEP_ROW
from playground.training.faults import fault_message
from playground.training.judge import Judge
from playground.training.messages import EpochRecord, Event
from playground.training.pace import Pace
from playground.training.recorder import Recorder
from playground.words import sentence

Array = npt.NDArray[Any]

#: Training samples that are judged beside the validation part, at most: what they tell is there to compare, and costs time.
MOST_JUDGED = 1000


class Keeper(Protocol):
    """Keeps the state of the best epoch; `board.Slots` is one."""

    def write(self, memory: dict[str, Any], state: Any) -> int: ...

    def read(self, place: int | None = None) -> tuple[dict[str, Any], bytes] | None: ...

    def look(self, place: int | None = None) -> tuple[dict[str, Any], Any] | None:
        """As `read`, for its writer: the state as it lies there, until the next `write`."""
        ...


class Watch(Protocol):
    """Looks closely at single steps of a burst; `run_probes.RunProbes` is one."""

    def choose(self, first: int, count: int) -> Sequence[int]:
        """Which of the next steps, counted from 0, ascending."""
        ...

    def before(self, step: int) -> None: ...

    def after(self, step: int) -> None:
        """The step is done; not told of one that was refused."""
        ...


class PrivateKeeper:
    """The best state in private memory."""

    def __init__(self) -> None:
        self._kept: tuple[dict[str, Any], bytes] | None = None

    def write(self, memory: dict[str, Any], state: Any) -> int:
        self._kept = (memory, bytes(state))
        return 0

    def read(self, place: int | None = None) -> tuple[dict[str, Any], bytes] | None:
        return self._kept

    look = read


@dataclasses.dataclass
class Memory:
    """What the loop knows beside the machine's state; both together are a whole copy.

    loss_sum: of the steps of the present epoch, added one by one; epoch_steps: how many those are.  best_loss: of the validation
    part, or of the training part where there is none.  best_place: where the keeper has it; best_step: the end of that epoch.
    stale: epochs since.  last_step: how far it ran; last_epoch: finished ones there.  seconds: of training so far.  heard: what the
    schedule remembers of losses or a metric.
    """

    loss_sum: float = 0.0
    epoch_steps: int = 0
    best_loss: float | None = None
    best_epoch: int = 0
    best_place: int | None = None
    best_step: int = 0
    stale: int = 0
    last_step: int = 0
    last_epoch: int = 0
    seconds: float = 0.0
    finished: str = ""
    heard: dict[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Burst:
    """What came of one call of `advance`: rows of the steps done, the epoch that ended, and events.

    status: "running", "halted", "fault" or "finished".
    """

    rows: Array
    record: EpochRecord | None
    best: bool
    events: tuple[Event, ...]
    status: str


class Trainer:
    """Drives a machine through a training plan. The machine is loaded and initialised, or restored, by whoever made it."""

    def __init__(
        self,
        lowered: Lowered,
        prepared: Prepared,
        machine: Machine,
        training: TrainingPlan,
        judge: Judge,
        keeper: Keeper | None = None,
        interrupt: AbstractContextManager[object] | None = None,
    ) -> None:
        """keeper: of the best state; interrupt: entered while steps are done, for whoever may want to halt them."""
        self.lowered, self.prepared, self.machine, self.training, self.judge = lowered, prepared, machine, training, judge
        self.keeper = PrivateKeeper() if keeper is None else keeper
        self._interrupt = nullcontext() if interrupt is None else interrupt
        self.memory = Memory()
        self.recorder = Recorder(self)
        #: Steps are done once more and nobody is told: losses are judged as far as the numbers of later steps need it.
        self.quiet = False
        #: Of a whole epoch with the present batch.
        self.steps_per_epoch = training.steps_of_epoch(prepared.train.count)
        self.pace = Pace(machine.plan.chains, len(machine.ring()) // 2)

    @property
    def finished(self) -> bool:
        return bool(self.memory.finished)

    @property
    def complete(self) -> bool:
        """Every epoch is done."""
        return self.machine.epoch >= self.training.epochs

    @property
    def steps_to_epoch_end(self) -> int:
        """From the samples that this epoch has not yet seen, so that it holds whatever the batch was before."""
        return self.training.steps_of_epoch(self.prepared.train.count - self.machine.cursor)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run: those done and, with the present batch, those to come."""
        machine = self.machine
        return machine.step + self.steps_to_epoch_end + (self.training.epochs - machine.epoch - 1) * self.steps_per_epoch

    def factors(self, first: int, count: int) -> Array:
        """What the schedule makes of rate and momentum at steps first, first + 1, ... Shapes: (count, 3) float32, see `Lowered.factors`."""
        return self.lowered.factors(first, count, self.total_steps, self.memory.heard.get("factor", 1.0))

    @property
    def highest_factor(self) -> float:
        """The most that the base rate is multiplied by in this run, by what is known now."""
        return self.lowered.highest_factor(self.total_steps, self.memory.heard.get("factor", 1.0))

    def advance(self, most: int | None = None, watch: Watch | None = None) -> Burst:
        """Do a burst of at most so many steps; an epoch that ends in it is judged. watch: is shown single steps of it.

        Status "fault": a number was not finite; the run stands before the step that made it.
        """
        fit = self.recorder.follow()
        burst = self.burst(most, watch) if fit else Burst(self._rows(self.machine.step, 0), None, False, (), "fault")
        if burst.status != "fault" and not (burst.record is None and self.recorder.spoiled()):
            return burst
        fault = self.fault()
        return Burst(burst.rows[burst.rows["step"] <= self.machine.step], None, False, (fault,), "fault")

    def burst(self, most: int | None = None, watch: Watch | None = None) -> Burst:
        """A burst as it comes: where a number is not finite, nothing more is done."""
        steps, threads = self.pace.next_burst()
        steps = min(steps, self.steps_to_epoch_end, steps if most is None else most)
        first, begun = self.machine.step, time.perf_counter()
        factors = self.factors(first, steps)
        with self._interrupt:
            ran = self._ran(first, factors, threads, watch)
        took = time.perf_counter() - begun
        rows = self._rows(first, ran.steps)
        self.memory.loss_sum = float(np.add.accumulate(np.append(self.memory.loss_sum, rows["loss"].astype(float)))[-1])
        self.memory.epoch_steps += ran.steps
        self.memory.last_step, self.memory.last_epoch = self.machine.step, self.machine.epoch
        self.memory.seconds += took
        if ran.status == "fault":
            return Burst(rows, None, False, (), "fault")
        burst = Burst(rows, None, False, (), "halted" if ran.status == "halted" else "running")
        if ran.steps and self.machine.cursor == 0:
            if self.recorder.spoiled(now=True):
                return Burst(rows, None, False, (), "fault")
            burst = self._epoch_end(rows, threads)
            if ran.steps == self.steps_per_epoch:  # where every burst is an epoch, its end is part of what one costs
                took = time.perf_counter() - begun
        if most != 1:  # a lone step is mostly the call
            self.pace.took(ran.steps, threads, took)
        return burst

    def _ran(self, first: int, factors: Array, threads: int, watch: Watch | None) -> Ran:
        """As many steps as there are factors. Where they are watched, one call becomes several, which changes no number."""
        steps, machine = len(factors), self.machine
        done, ran = 0, Ran(0, "done")
        if watch is None:
            return machine.run(steps, factors, threads)
        for step in watch.choose(first, steps):
            if step - first > done:
                ran = machine.run(step - first - done, factors[done : step - first], threads)
                done += ran.steps
            if ran.status != "done":
                return Ran(done, ran.status)
            watch.before(step)
            ran = machine.run(1, factors[done : done + 1], threads)
            done += ran.steps
            if ran.status != "done":
                return Ran(done, ran.status)
            watch.after(step)
        if done < steps:
            ran = machine.run(steps - done, factors[done:], threads)
            done += ran.steps
        return Ran(done, ran.status)

    def train(self) -> Iterator[Burst]:
        """Bursts until the end of the run."""
        while not self.finished:
            burst = self.advance()
            yield burst
            if burst.status == "fault":
                return

    def stop(self) -> messages.Finished:
        """End the run here."""
        return self._finish("stopped")

    def reopen(self) -> bool:
        """Undo a stop, so that the run goes on; false when there is nothing left to do."""
        if self.complete:
            return False
        if self.memory.finished == "early":
            self.memory.stale = 0
        self.memory.finished = ""
        return True

    def reset(self) -> None:
        """Back to the start weights; knobs too."""
        self.machine.initialise(self.training.seed)
        self.memory = Memory()
        self.recorder.begin()

    def fault(self) -> messages.Fault:
        """Where the first number that is not finite came up, in words. The run stands before that step then, weights unharmed."""
        return fault_message(self.recorder.explain(), self.machine.epoch)

    def _rows(self, first: int, count: int) -> Array:
        """The ring's rows of some steps, numbered from 1."""
        ring = self.machine.ring()
        rows = np.empty(count, STEP_ROW)
        rows["step"] = np.arange(first + 1, first + count + 1)
        numbers = ring[np.arange(first, first + count) % len(ring)]
        for column, name in enumerate(("loss", "rate", "norm", "rows")):
            rows[name] = numbers[:, column]
        return rows

    def _epoch_end(self, rows: Array, threads: int) -> Burst:
        begun = time.perf_counter()
        memory, machine = self.memory, self.machine
        epoch, train_loss = machine.epoch, memory.loss_sum / memory.epoch_steps
        memory.loss_sum, memory.epoch_steps = 0.0, 0
        validation_loss, metrics, train_metrics = self._judged(threads)
        record = EpochRecord(
            epoch=epoch,
            step=machine.step,
            train_loss=train_loss,
            validation_loss=validation_loss,
            metrics=metrics,
            train_metrics=train_metrics,
            rate=float(rows["rate"][-1]),
        )
        judged_loss = train_loss if validation_loss is None else validation_loss
        best = self._follow(epoch, judged_loss)
        memory.heard = self.lowered.schedule.follow(memory.heard, *self._monitored(judged_loss, train_loss, metrics))
        memory.seconds += time.perf_counter() - begun
        events: tuple[Event, ...] = (messages.EpochDone(record=record, best=best),)
        patience = self.training.patience
        if patience and validation_loss is not None and memory.stale >= patience:
            events += (self._finish("early"),)
        elif self.complete:
            events += (self._finish("done"),)
        return Burst(rows, record, best, events, "finished" if self.finished else "running")

    def _judged(self, threads: int) -> tuple[float | None, dict[str, float], dict[str, float]]:
        """Validation loss and metrics, and those of as many training samples; without a validation part the whole training part's."""
        validation = self.prepared.validation
        quiet = self.quiet and self.judge.finds(self.lowered.schedule.monitor) is None
        if validation is None:
            return None, {} if quiet else self.train_metrics(self.prepared.train, threads), {}
        evaluated = self.machine.evaluate("validation", threads, averaged=self.training.judges_averaged)
        metrics = {} if quiet else self.judge.metrics(evaluated, validation)
        return evaluated.loss, metrics, {} if self.quiet else self.train_metrics(self._chosen, threads)

    def _monitored(self, loss: float, train_loss: float, metrics: dict[str, float]) -> tuple[float, bool]:
        """What the schedule listens to, and whether more of it is better."""
        monitor = self.lowered.schedule.monitor
        found = self.judge.finds(monitor)
        if found is None:
            return train_loss if monitor == "train_loss" else loss, False
        name, metric = found
        return metrics[name], metric.higher_is_better

    @functools.cached_property
    def _chosen(self) -> Split:
        """Training samples that are judged after every epoch: an even choice, so that their order in the data does not matter."""
        train, validation = self.prepared.train, self.prepared.validation
        count = min(train.count, MOST_JUDGED, train.count if validation is None else validation.count)
        return train.at(np.arange(count) * train.count // max(count, 1))

    def train_metrics(self, split: Split, threads: int = 1) -> dict[str, float]:
        """Metrics on the training part, or on some of it."""
        columns, averaged = self.lowered.columns(split), self.training.judges_averaged
        return self.judge.metrics(self.machine.answers(split.x, threads, columns, averaged=averaged), split)

    def _follow(self, epoch: int, loss: float) -> bool:
        """Keep the state when the loss is the best so far."""
        memory = self.memory
        if not (memory.best_loss is None or loss < memory.best_loss) or not np.isfinite(loss):
            memory.stale += 1
            return False
        memory.best_loss, memory.best_epoch, memory.best_step, memory.stale = loss, epoch, self.machine.step, 0
        state = self.machine.layout.state_view(self.machine.F)
        about = {"epoch": epoch, "step": self.machine.step, "loss": loss, "plan": self.recorder.plan}
        memory.best_place = self.keeper.write(about, state)
        return True

    def _finish(self, reason: str) -> messages.Finished:
        memory, machine = self.memory, self.machine
        restored = False
        if reason == "early" and self.training.restore_best and memory.best_place is not None:
            kept = self.keeper.read(memory.best_place)
            if kept is not None:
                machine.restore(np.frombuffer(kept[1], np.float32))
                restored = True
        memory.finished = reason
        epoch = memory.last_epoch
        return messages.Finished(
            reason=reason,
            step=machine.step,
            last_step=memory.last_step,
            epoch=epoch,
            best_epoch=memory.best_epoch,
            restored_best=restored,
            seconds=memory.seconds,
            steps_per_second=memory.last_step / memory.seconds if memory.seconds else 0.0,
            state_sha256=machine.state_sha256(),
            train=self.train_metrics(self.prepared.train),
            text=_ending(reason, memory, epoch, self.training.patience, restored),
        )


def _ending(reason: str, memory: Memory, epoch: int, patience: int, restored: bool) -> str:
    if reason == "early":
        back = sentence(" The weights are those of epoch {best_epoch}.", best_epoch=memory.best_epoch) if restored else ""
        return sentence(
            "Stopped early after epoch {epoch}: no better validation loss for {patience} epochs.{back}",
            epoch=f"{epoch:,}",
            patience=f"{patience:,}",
            back=back,
        )
    if reason == "stopped":
        return sentence("Stopped at step {last_step}.", last_step=f"{memory.last_step:,}")
    last_step, digits = f"{memory.last_step:,}", 1 if memory.seconds >= 1 else 2 if memory.seconds >= 0.1 else 3
    seconds = f"{memory.seconds:.{digits}f}"
    if epoch == 1:
        return sentence("Trained one epoch, {last_step} steps in {seconds} s.", last_step=last_step, seconds=seconds)
    return sentence(
        "Trained {epoch} epochs, {last_step} steps in {seconds} s.", epoch=f"{epoch:,}", last_step=last_step, seconds=seconds
    )
