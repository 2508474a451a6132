"""A run: its start, its buttons, its way through steps and epochs, and how it ends."""

from __future__ import annotations

import dataclasses
from typing import Any

from playground.training.messages.base import Command, Event, Message


@dataclasses.dataclass(frozen=True, kw_only=True)
class Started(Event):
    """A run is set up. generation: that of its `Start`.  layout: `engine.layout.Layout` as JSON; board: the shared board's sizes.
    knobs: their values, which a search in the shared memory may have changed by the time that this is read.

    step: where it stands (more than 0 for a resumed run); total_steps: of the whole run.  chains: most threads that a step can use.
    """

    generation: int
    layout: dict[str, Any]
    knobs: dict[str, float]
    board: dict[str, Any]
    step: int
    steps_per_epoch: int
    total_steps: int
    epochs: int
    train_rows: int
    validation_rows: int
    arena_bytes: int
    paused: bool
    notes: tuple[str, ...]
    chains: int = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """How far the run is, at most 15 times a second. seconds: of training so far; threads: 1, 2, 4 or 8, whichever is fastest."""

    newest = True

    step: int
    epoch: int
    steps_per_second: float
    seconds: float
    seconds_left: float
    threads: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class EpochRecord(Message):
    """An epoch's figures. epoch counts from 1; step: steps done at its end; rate: of its last step.

    train_loss: mean over its steps.  validation_loss: None without a validation part.
    metrics: id -> value, of the validation part where there is one, else of the training part.
    train_metrics: the same of an even choice of the training part; empty without a validation part.
    """

    epoch: int
    step: int
    train_loss: float
    validation_loss: float | None
    metrics: dict[str, float]
    train_metrics: dict[str, float] = dataclasses.field(default_factory=dict)
    rate: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class EpochDone(Event):
    """The newest finished epoch, at most ten times a second; `Client.epochs` has them all. best: it is the best so far."""

    newest = True
    every = 1 / 10

    record: EpochRecord
    best: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Running(Event):
    """Training goes on from this step."""

    step: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """Training waits after this step. Also after a single batch or epoch, and after a reset (step 0)."""

    step: int
    epoch: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reset(Event):
    """The weights and knobs are back at their start values and the curves begin anew."""

    step: int
    knobs: dict[str, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The run is over. reason: "done", "stopped" or "early" (no better validation loss within the patience).

    step: where the weights are, after going back to the best epoch if that was asked for; last_step: how far it ran.
    best_epoch: 0 when none was judged.  train: metrics on the training part.  state_sha256: of the whole state.
    """

    reason: str
    step: int
    last_step: int
    epoch: int
    best_epoch: int
    restored_best: bool
    seconds: float
    steps_per_second: float
    state_sha256: str
    train: dict[str, float]
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault(Event):
    """A number was not finite; training stands before the step that made it, so the weights are unharmed.

    direction: "forward", "backward", "update", or "start" where it was given such weights; batch: its number in the epoch, from 1; step: steps done before it.
    what: "NaN", "infinity", or how large the update made a weight.
    """

    node: str
    op: str
    direction: str
    step: int
    text: str
    batch: int = 0
    epoch: int = 0
    what: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The run cannot go on. kind: a word from `causes.KINDS`; batch: one that fits in memory, 0 if that is not the matter.

    problems: (node, field, sentence) of each for kind "refused".  details: a traceback for the curious, "" for none.
    """

    kind: str
    text: str
    generation: int
    batch: int = 0
    problems: tuple[tuple[str, str, str], ...] = ()
    details: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Saved(Event):
    """A checkpoint lies on disk. which: "last", "best" or "epoch"."""

    which: str
    path: str
    step: int
    epoch: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Start(Command):
    """Begin a run; a descriptor travels with it for each of `blocks`: payload, x, y, arena and board.

    blocks: name -> bytes, in the order of the descriptors.  x, y: shape and dtype of the arrays.
    generation: the client's count of runs.  continued: the arena and the board hold a run that is to go on.
    checkpoint: a file to start from, "" for none.  every: epochs between kept checkpoints, 0 for none.
    past: how many more descriptors travel with it, of what holds the copies to go back to: memory, and perhaps a file.
    """

    blocks: dict[str, int]
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    y_dtype: str
    folder: str
    checkpoint: str
    every: int
    generation: int
    continued: bool
    paused: bool
    past: int = 0

    @property
    def descriptors(self) -> int:
        return len(self.blocks) + self.past


@dataclasses.dataclass(frozen=True, kw_only=True)
class Act(Command):
    """One of the buttons: "pause", "resume", "step_batch", "step_epoch", "stop", "reset", "save", or one that ends a search or a way."""

    what: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetSpeed(Command):
    """Do at most so many steps a second, for this run and those to come; 0 is as many as the machine can."""

    stands = True
    waits = True

    steps_per_second: float
