"""What window and worker say to each other: frozen records, sent as one line of strict JSON each, never pickled.

Numbers that come by the thousand (losses, norms, weights, pictures) lie in shared memory; a message only says that there is news.
"""

from __future__ import annotations

import dataclasses
from typing import Any

#: Raised whenever a message changes; the two processes refuse to talk across versions.
PROTOCOL = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """One line on the wire: an object with "message" and every field, no more and no less."""


class Event(Message):
    """Something that the worker tells."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command(Message):
    """Something that the window asks for. serial: its number, which `Done` repeats; given when it is sent."""

    serial: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ready(Event):
    """The worker is up and waits. versions: of Python, NumPy, Numba and the program."""

    protocol: int
    pid: int
    versions: dict[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Compiling(Event):
    """Kernels that this machine has never used are compiled, once for ever. done of total; name: of the one in work."""

    done: int
    total: int
    name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Started(Event):
    """A run is set up. generation: that of its `Start`.  layout: `engine.layout.Layout` as JSON; knobs: their names in order; board: the shared board's sizes.

    step: where it stands (more than 0 for a resumed run); total_steps: of the whole run.
    """

    generation: int
    layout: dict[str, Any]
    knobs: tuple[str, ...]
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """How far the run is, at most 30 times a second. seconds: of training so far; threads: 1, 2, 4 or 8, whichever is fastest."""

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
    """

    epoch: int
    step: int
    train_loss: float
    validation_loss: float | None
    metrics: dict[str, float]
    rate: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class EpochDone(Event):
    """The newest finished epoch, at most 30 times a second; `Client.epochs` has them all. best: it is the best so far."""

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
    """The weights are back at their start values and the curves begin anew."""

    step: int


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
    """A number was not finite; training stopped before the update, so the weights of the step before are unharmed."""

    node: str
    op: str
    direction: str
    step: int
    text: str


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
class Died(Event):
    """The worker process is gone. Weights, optimizer state and curves are still here and `Client.resume` goes on. Made by the client."""

    kind: str
    text: str
    step: int
    details: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Silent(Event):
    """The worker has made no step for so many seconds although it should; 0: it moves again. Made by the client."""

    seconds: float
    step: int
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Warned(Event):
    """Something is amiss but training goes on, such as a checkpoint that could not be written."""

    kind: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class KnobChanged(Event):
    """A knob has its new value from this step (0-based) on; the curves mark it."""

    name: str
    value: float
    before: float
    step: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Saved(Event):
    """A checkpoint lies on disk. which: "last", "best" or "epoch"."""

    which: str
    path: str
    step: int
    epoch: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class FinderPoint(Event):
    """How far the search for a learning rate is; the newest of the points, which `FinderDone` gives in full."""

    done: int
    total: int
    rate: float
    loss: float
    smoothed: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class FinderDone(Event):
    """The finder's curve and what it suggests. stopped: "end", "diverged", "fault" or "cancelled". None: no clear answer.

    sha256: of the state, the same before and after.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    steepest: float | None
    valley: float | None
    stopped: str
    step: int
    sha256: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Grid(Event):
    """A new output surface lies in shared memory: `Client.grid()` reads it."""

    step: int
    size: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Done(Event):
    """The command with this serial has been carried out, or was not applicable (applied is false)."""

    serial: int
    applied: bool
    step: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Start(Command):
    """Begin a run; a descriptor travels with it for each of `blocks`: payload, x, y, arena and board.

    blocks: name -> bytes, in the order of the descriptors.  x, y: shape and dtype of the arrays.
    generation: the client's count of runs.  continued: the arena and the board hold a run that is to go on.
    checkpoint: a file to start from, "" for none.  every: epochs between kept checkpoints, 0 for none.
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Act(Command):
    """One of the buttons: "pause", "resume", "step_batch", "step_epoch", "stop", "reset", "cancel_finder" or "save"."""

    what: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetKnob(Command):
    """Change a knob from the next step on."""

    name: str
    value: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetSpeed(Command):
    """Do at most so many steps a second, for this run and those to come; 0 is as many as the machine can."""

    steps_per_second: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class FindRate(Command):
    """Search for a learning rate from the present state and leave that state as it is."""

    low: float
    high: float
    steps: int
    smoothing: float
    stop_factor: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class WatchGrid(Command):
    """Keep the output over a square of the input plane up to date. low, high: (x, y) in the data's own unit; size 0: stop."""

    low: tuple[float, float]
    high: tuple[float, float]
    size: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class WatchNorms(Command):
    """Measure gradient norms and update ratios of the layers now and then, or stop doing so."""

    on: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shutdown(Command):
    """Leave at once; nothing is saved."""
