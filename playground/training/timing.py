"""How long training takes on this machine, and where the time goes: measured in a shadow of the run.

A step is timed by training as the run does: the same bursts, the same comparison of thread counts, the same end of an epoch. Where
the time goes is timed instruction by instruction, and scaled to the time of such a step.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from playground.data.prepare import Split
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import Plan
from playground.training.assembly import Assembled
from playground.training.loop import MOST_JUDGED, Trainer
from playground.training.messages.analysis import LayerCost
from playground.training.pace import AGAIN_SECONDS
from playground.training.shadow import Shadow

#: Asked now and then; true when the measuring is no longer wanted.
Unwanted = Callable[[], bool]

_ENDLESS = 1_000_000
_EPOCHS = 4
_HITCH, _SLICE = 5.0, 0.025
#: The first bursts are short ones.
_GROWING = 5
_ROWS = 256


def never() -> bool:
    """For callers that wait for the end."""
    return False


class Cancelled(Exception):
    """The measuring was ended from outside."""


@dataclasses.dataclass(frozen=True)
class Timed:
    """step: seconds of a training step; epoch_end: of judging an epoch; epoch: of a whole one, both together.

    steps: of an epoch.  threads: that came out fastest.  steps_done: that were measured.
    """

    step: float
    epoch_end: float
    epoch: float
    steps: int
    threads: int
    steps_done: int


@dataclasses.dataclass(frozen=True)
class _Burst:
    steps: int
    seconds: float
    last: bool
    settled: bool

    @property
    def each(self) -> float:
        return self.seconds / max(self.steps, 1)


def time_training(made: Assembled, machine: Machine, seconds: float = 1.0, unwanted: Unwanted = never) -> Timed:
    """Train for about so long, and put everything back. Raises Cancelled.

    A machine whose weights are not finite is timed from start weights.
    """
    training = dataclasses.replace(made.project.training, epochs=_ENDLESS, patience=0)
    with Shadow(machine):
        trainer = Trainer(made.lowered, made.prepared, machine, training, made.judge)
        trainer.reset()
        bursts: list[_Burst] = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until or sum(one.settled for one in bursts) < 2:
            if unwanted():
                raise Cancelled
            began = time.perf_counter()
            settled = trainer.pace.settled and (len(bursts) >= _GROWING or began > until - seconds / 2)
            burst = trainer.advance()
            took = time.perf_counter() - began
            bursts.append(_Burst(len(burst.rows), took, burst.record is not None, settled))
            if burst.status == "fault":
                trainer.reset()
        return _read(bursts, trainer, made.prepared.validation)


def _read(bursts: list[_Burst], trainer: Trainer, judged: Split | None) -> Timed:
    """The usual times of some bursts, and what the comparisons of thread counts add to them."""
    settled = [one for one in bursts if one.settled and one.steps]
    whole = trainer.steps_per_epoch
    inner = [one for one in settled if not one.last]
    lasts = [at for at, one in enumerate(settled) if one.last]
    spans = [settled[a + 1 : b + 1] for a, b in itertools.pairwise(lasts)]
    epochs = [sum(one.seconds for one in span) for span in spans if sum(one.steps for one in span) == whole]
    if len(epochs) >= _EPOCHS:
        epoch = _mean(epochs)
        step = min(_mean([one.each for one in inner]) if len(inner) >= _EPOCHS else epoch / whole, epoch / whole)
        end = epoch - whole * step
    else:
        step = _mean([one.each for one in inner or settled])
        ends = [one.seconds - one.steps * step for one in settled if one.last]
        end = max(0.0, median(ends)) if ends else _epoch_end(trainer, judged)
    lost = sum(one.seconds - one.steps * step for one in bursts[1:] if not one.settled and not one.last)
    share = 1.0 + max(0.0, lost) / AGAIN_SECONDS if trainer.pace.compares else 1.0
    return Timed(step * share, end, whole * step * share + end, whole, trainer.pace.threads, sum(one.steps for one in bursts))


def _mean(times: list[float]) -> float:
    """The mean, for a run has to share the cores as this did; but one long hitch counts no more than a slice of another's time."""
    return float(np.minimum(times, max(_HITCH * median(times), _SLICE)).mean())


def _epoch_end(trainer: Trainer, judged: Split | None) -> float:
    """Seconds of judging an epoch, from some of the samples that are judged.

    With a validation part about as many training samples are judged as well.
    """
    split = trainer.prepared.train if judged is None else judged
    count = min(split.count, max(_ROWS, trainer.machine.plan.batch))
    part = split.first(count)
    times = []
    for _ in range(2):
        began = time.perf_counter()
        trainer.machine.answers(part.x, trainer.pace.threads, trainer.lowered.columns(part))
        times.append(time.perf_counter() - began)
    return min(times) * (split.count if judged is None else split.count + min(split.count, MOST_JUDGED)) / max(count, 1)


def time_layers(
    made: Assembled, machine: Machine, seconds: float = 0.5, step: float = 0.0, unwanted: Unwanted = never
) -> tuple[LayerCost, ...]:
    """What every node costs, in the order of the graph; what belongs to no node comes last, under "". Raises Cancelled.

    step: seconds of a whole step; the layers' times are scaled to add up to it; 0 leaves them as they were measured, one after
    another on one thread.
    """
    with Shadow(machine):
        machine.initialise(made.project.training.seed)
        best: list[float] = []
        found: list[tuple[str, str, str, float]] = []
        until = time.perf_counter() + seconds
        while not best or time.perf_counter() < until:
            if unwanted():
                raise Cancelled
            found = machine.time_instructions(1)
            now = [took for *_, took in found]
            best = [min(pair) for pair in zip(best, now, strict=True)] if best else now
    return layer_costs(made.plan, found, best, step)


def layer_costs(
    plan: Plan, found: list[tuple[str, str, str, float]], best: list[float], step: float = 0.0
) -> tuple[LayerCost, ...]:
    """From the instructions of a step to nodes. found: as `Machine.time_instructions` gives it; best: the least seconds of each.

    step: as in `time_layers`.
    """
    call = min(best)  # of an instruction from outside, which a step does not pay
    times: dict[str, dict[str, float]] = {}
    for (owner, _, direction, _), took in zip(found, best, strict=True):
        one = times.setdefault(owner, {"forward": 0.0, "backward": 0.0, "update": 0.0})
        one[direction] += max(took - call, 0.02 * call)
    total = sum(sum(one.values()) for one in times.values())
    scale = step / total if step > 0 and total > 0 else 1.0
    weights, outputs = weight_bytes(plan), output_bytes(plan)
    nothing = {"forward": 0.0, "backward": 0.0, "update": 0.0}
    return tuple(
        LayerCost(
            node=owner,
            **{direction: took * scale for direction, took in times.get(owner, nothing).items()},
            weight_bytes=weights.get(owner, 0),
            output_bytes=outputs.get(owner, 0),
        )
        for owner in _owners(plan.graph, [*times, *weights])
    )


def _owners(graph: Graph, more: list[str]) -> list[str]:
    """Nodes in the order of the graph, what belongs to none last."""
    named = dict.fromkeys([node.owner for node in graph.nodes] + more)
    named.pop("", None)
    return [*named, ""]


def weight_bytes(plan: Plan) -> dict[str, int]:
    """Bytes of each node's weights with all that is kept for each of them: gradient, slots and averages."""
    layout = plan.layout
    owners = {p.name: p.owner for p in plan.graph.parameters} | {s.name: s.owner for s in plan.graph.statistics}
    found: dict[str, int] = {}
    for group in (layout.parameters, layout.gradients, layout.slots, layout.statistics, layout.averages):
        for name, field in group.items():
            owner = owners.get(name.partition("/")[0], "")
            found[owner] = found.get(owner, 0) + 4 * int(np.prod(field.shape, dtype=int))
    return found


def output_bytes(plan: Plan) -> dict[str, int]:
    """Bytes of what each node gives for a batch; several of them may share memory."""
    graph, found = plan.graph, dict[str, int]()
    for node in graph.nodes:
        for value in node.outputs:
            if graph.values[value].kind == "activation":
                found[node.owner] = found.get(node.owner, 0) + 4 * plan.batch * graph.values[value].type.count
    return found
