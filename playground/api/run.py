"""One training, in this process: the same loop as behind the window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from playground.core.samples import Samples
from playground.document.project import Project as Record
from playground.document.weight_sets import RAW, Trained, WeightSets
from playground.engine.optimizer_state import OptimizerState
from playground.training.areas.steps import STEP_ROW
from playground.training.history import Growing
from playground.training.journal import Entry, Journal
from playground.training.leaving import Leaving
from playground.training.loop import Burst, Trainer
from playground.training.messages import EpochRecord, Fault, Finished
from playground.training.optimizer_state import optimizer_state
from playground.training.replay import Load, Player, file_sha256
from playground.training.trained import sets_in

#: Told after every burst of steps; about fifty times a second.
Watch = Callable[[Trainer, Burst], None]
#: Told (kernel, done, total) while kernels compile, once on a machine.
Compiling = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True, repr=False)
class Run(Trained):
    """What a training came to. losses, rates: of every step that it did; began: how many a checkpoint had done before.

    fault: why it could not go on, or None.  sets: its weights.
    optimizer_state: what the optimizer remembers, its numbers and the steps done.
    chains: of the plan; results depend on it.  notes: sentences about the data worth showing.  journal: what was done on the way;
    project: as it was at the end.
    """

    epochs: tuple[EpochRecord, ...]
    losses: np.ndarray
    rates: np.ndarray
    began: int
    finished: Finished
    fault: Fault | None
    sets: WeightSets
    optimizer_state: OptimizerState
    chains: int
    notes: tuple[str, ...]
    journal: tuple[Entry, ...]
    project: Record

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """Name -> array, those that the plan evaluates with."""
        return self.sets.chosen(self.project.training.judges_averaged) or {}

    @property
    def raw_weights(self) -> dict[str, np.ndarray]:
        """Those of the last step."""
        return self.sets.get(RAW) or {}

    @property
    def slots(self) -> dict[str, np.ndarray]:
        """The optimizer's slots: "<parameter>/<slot>", such as "dense1.weight/mean". Shapes: as the parameters."""
        return dict(self.optimizer_state.slots)

    def __repr__(self) -> str:
        """What a notebook shows; the numbers are in its fields."""
        return f"<Run: {self}>"

    def __str__(self) -> str:
        if self.fault is not None:
            return self.fault.text
        if not self.epochs:
            return self.finished.text
        last = self.epochs[-1]
        validation = "" if last.validation_loss is None else f", validation loss {last.validation_loss:.4f}"
        metrics = "".join(f", {name.replace('_', ' ')} {value:.4f}" for name, value in last.metrics.items())
        return f"{self.finished.text} Training loss {last.train_loss:.4f}{validation}{metrics}."


def train(
    record: Record,
    samples: Samples,
    watch: Watch | None = None,
    compiling: Compiling | None = None,
    *,
    journal: Sequence[Entry] = (),
    load: Load | None = None,
    resume: Path | None = None,
    leaving: Leaving | None = None,
) -> Run:
    """Train to the end of the plan; Ctrl+C ends it after the present step. Raises Refused, DataError or DoesNotFit.

    resume: a checkpoint of a run of this project, to go on from. Raises FileError where it does not fit.
    leaving: of checkpoints on the way.

    journal: of a run of this project; what stands there is done again at its steps, and the run ends where that one did. Raises
    ReplayError where it cannot be done.  load: gives the samples of a project, for a journal that changes the data.
    """
    player = Player(record, samples, journal, load=load, compiling=compiling, resume=resume)
    start = _start(record.training.seed, resume, player.trainer.machine.step)
    steps, epochs = Growing(np.empty(0, STEP_ROW), "step"), list[EpochRecord]()
    fault: Fault | None = None
    finished: Finished | None = None
    try:
        for burst in player.bursts():
            steps.add(burst.rows)
            if burst.record is not None:
                epochs = [one for one in epochs if one.step < burst.record.step] + [burst.record]
            fault, finished = None, None
            for event in burst.events:
                fault = event if isinstance(event, Fault) else fault
                finished = event if isinstance(event, Finished) else finished
            if leaving is not None and not player.trainer.finished:
                leaving.after(player.trainer, player.made, burst)
            if watch is not None:
                watch(player.trainer, burst)
    except KeyboardInterrupt:
        player.trainer.machine.halt(False)
    trainer, made = player.trainer, player.made
    if finished is None or not trainer.finished:
        finished = trainer.stop()
    if leaving is not None and fault is None:
        leaving.leave(trainer, made)
    machine, training = trainer.machine, made.project.training
    return Run(
        epochs=tuple(epochs),
        losses=steps.rows["loss"].copy(),
        rates=steps.rows["rate"].copy(),
        began=int(steps.rows["step"][0]) - 1 if len(steps.rows) else finished.last_step,
        finished=finished,
        fault=fault,
        sets=sets_in(machine.layout, machine.snapshot(), _best_state(trainer), averaged=training.judges_averaged),
        optimizer_state=optimizer_state(
            training.optimizer,
            {name: float(machine.knobs[index]) for name, index in machine.layout.knob_index.items()},
            machine.layout,
            machine.snapshot(),
        ),
        chains=made.plan.chains,
        notes=(*made.notes, *player.notes),
        journal=tuple(journal) or plain_journal(start, finished),
        project=made.project,
    )


def _best_state(trainer: Trainer) -> np.ndarray | None:
    """That of the epoch with the best validation loss. Shapes: (n,) float32."""
    place = trainer.memory.best_place if trainer.prepared.validation else None
    kept = None if place is None else trainer.keeper.read(place)
    return None if kept is None else np.frombuffer(kept[1], np.float32)


def _start(seed: int, resume: Path | None, step: int) -> Entry:
    """What a journal says of where its run began; by a whole path, so that it can be done again from any folder."""
    if resume is None:
        return Journal().add("start", 0, "seed", None, seed)
    return Journal().add("start", step, "checkpoint", file_sha256(resume), str(resume.resolve()))


def plain_journal(start: Entry, finished: Finished) -> tuple[Entry, ...]:
    """The journal of a run in which nothing was changed on the way."""
    made = Journal([start])
    made.add("end", finished.step, finished.reason, finished.step, finished.last_step, finished.text)
    return tuple(made)
