"""One training, in this process: the same loop as behind the window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from playground.api.judging import weights_of
from playground.core.samples import Samples
from playground.document.project import Project as Record
from playground.engine.optimizer_state import OptimizerState
from playground.training.assembly import assemble
from playground.training.loop import Burst, Trainer
from playground.training.messages import EpochRecord, Fault, Finished
from playground.training.optimizer_state import optimizer_state

#: Told after every burst of steps; about fifty times a second.
Watch = Callable[[Trainer, Burst], None]
#: Told (kernel, done, total) while kernels compile, once on a machine.
Compiling = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True)
class Run:
    """What a training came to. losses, rates: of every step.  fault: why it could not go on, or None.  weights: name -> array, those
    that the plan evaluates with; raw_weights, averaged_weights: of the last step, and their mean (None where there is none).

    optimizer_state: what the optimizer remembers, its numbers and the steps done.
    chains: of the plan; results depend on it.  notes: sentences about the data worth showing.
    """

    epochs: tuple[EpochRecord, ...]
    losses: np.ndarray
    rates: np.ndarray
    finished: Finished
    fault: Fault | None
    weights: dict[str, np.ndarray]
    raw_weights: dict[str, np.ndarray]
    averaged_weights: dict[str, np.ndarray] | None
    optimizer_state: OptimizerState
    chains: int
    notes: tuple[str, ...]

    @property
    def slots(self) -> dict[str, np.ndarray]:
        """The optimizer's slots: "<parameter>/<slot>", such as "dense1.weight/mean". Shapes: as the parameters."""
        return dict(self.optimizer_state.slots)

    def __str__(self) -> str:
        if self.fault is not None:
            return self.fault.text
        if not self.epochs:
            return self.finished.text
        last = self.epochs[-1]
        validation = "" if last.validation_loss is None else f", validation loss {last.validation_loss:.4f}"
        metrics = "".join(f", {name.replace('_', ' ')} {value:.4f}" for name, value in last.metrics.items())
        return f"{self.finished.text} Training loss {last.train_loss:.4f}{validation}{metrics}."


def train(record: Record, samples: Samples, watch: Watch | None = None, compiling: Compiling | None = None) -> Run:
    """Train to the end of the plan; Ctrl+C ends it after the present step. Raises Refused, DataError or DoesNotFit."""
    made = assemble(record, samples)
    machine = made.machine(progress=compiling)
    machine.initialise(record.training.seed)
    trainer = Trainer(made.lowered, made.prepared, machine, record.training, made.judge)
    epochs: list[EpochRecord] = []
    losses: list[np.ndarray] = []
    rates: list[np.ndarray] = []
    fault: Fault | None = None
    finished: Finished | None = None
    try:
        for burst in trainer.train():
            losses.append(burst.rows["loss"].copy())
            rates.append(burst.rows["rate"].copy())
            if burst.record is not None:
                epochs.append(burst.record)
            for event in burst.events:
                fault = event if isinstance(event, Fault) else fault
                finished = event if isinstance(event, Finished) else finished
            if watch is not None:
                watch(trainer, burst)
    except KeyboardInterrupt:
        machine.halt(False)
    if finished is None:
        finished = trainer.stop()
    return Run(
        epochs=tuple(epochs),
        losses=_joined(losses),
        rates=_joined(rates),
        finished=finished,
        fault=fault,
        weights=weights_of(machine, averaged=record.training.judges_averaged),
        raw_weights=weights_of(machine),
        averaged_weights=weights_of(machine, averaged=True) if machine.averaged else None,
        optimizer_state=optimizer_state(
            record.training.optimizer,
            {name: float(machine.knobs[index]) for name, index in machine.layout.knob_index.items()},
            machine.layout,
            machine.snapshot(),
        ),
        chains=made.plan.chains,
        notes=made.prepared.notes,
    )


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(pieces) if pieces else np.empty(0, np.float32)
