"""The pre-flight, the time of layers, and the search for a batch size."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event, Message


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckRecord(Message):
    """One verdict. id: "start", "fits", "labels", "time" or "memory".  level: "ok", "warn", "error" or "info".

    title: the verdict in a few words; text: the figures; remedy: what to do next, "" where nothing is to be done.
    """

    id: str
    level: str
    title: str
    text: str
    remedy: str
    figures: dict[str, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LayerCost(Message):
    """What a node costs: seconds of a training step by direction, and bytes of its weights (with gradient, slots and averages) and
    of what it gives for a batch. node: its name; "" for taking samples and judging the gradient.
    """

    node: str
    forward: float
    backward: float
    update: float
    weight_bytes: int
    output_bytes: int

    @property
    def seconds(self) -> float:
        """Of a whole step."""
        return self.forward + self.backward + self.update


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preflight(Command):
    """Look at the project before it trains, from its start weights. seconds: that a check may take, about."""

    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class PreflightStep(Event):
    """How far the pre-flight is: the check that goes on."""

    newest = True

    check: str
    done: int
    total: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class PreflightDone(Event):
    """What the pre-flight found. stopped: "end" or "cancelled".  seconds: it took.  sha256: of the state, the same before and after."""

    checks: tuple[CheckRecord, ...]
    layers: tuple[LayerCost, ...]
    seconds: float
    step: int
    stopped: str
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class TimeLayers(Command):
    """Measure where the time of a step goes. seconds: that it may take, about."""

    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class LayersTimed(Event):
    """Where the time of a step goes. step_seconds: of a whole step as it is trained, on so many threads; shares are of that.

    sha256: of the state, the same before and after a look that was asked for; "" where a run measured by itself.
    """

    layers: tuple[LayerCost, ...]
    step_seconds: float
    threads: int
    step: int
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchRecord(Message):
    """What training with a batch comes to. rate: samples a second; nbytes: memory of the run."""

    batch: int
    rate: float
    step_seconds: float
    nbytes: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class FindBatch(Command):
    """Measure batch sizes up to the largest that fits. seconds: for each of them, about."""

    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchPoint(Event):
    """The sizes measured so far."""

    newest = True

    sizes: tuple[BatchRecord, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchesDone(Event):
    """All sizes. suggested: the smallest that is nearly as fast as the fastest; 0 for none.  stopped: "end", "memory" or "cancelled"."""

    sizes: tuple[BatchRecord, ...]
    suggested: int
    stopped: str
    sha256: str
    text: str
