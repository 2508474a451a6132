"""P9: whether the cost of a step grows as its arithmetic does, from one network to the same one larger in one respect."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Iterator, Sequence

import numpy as np

from playground.cli.bench.figures import Figure
from playground.cli.bench.workloads import Layers, Workload, workload
from playground.data.prepare import Split
from playground.engine import ops
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import plan_network
from playground.engine.simplify import pruned
from playground.lowering import lower

#: Smaller steps are ruled by what a step costs whatever its size.
LEAST_FLOPS = 10e6
ROUNDS = 5
#: Processor time of one measurement.
SECONDS = 0.1


@dataclasses.dataclass(frozen=True)
class Series:
    """A network in several sizes, smallest first. sizes: (what was varied, the network)."""

    title: str
    sizes: tuple[tuple[int, Workload], ...]


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds of a step, least to most arithmetic, against a straight line. flops, seconds, deviations: one for each size.

    fixed: seconds of the line that do not grow.  rate: operations a second of what grows.
    deviations: measured over line, less 1.
    """

    flops: np.ndarray
    seconds: np.ndarray
    fixed: float
    rate: float
    deviations: np.ndarray

    @property
    def worst(self) -> float:
        return float(np.max(np.abs(self.deviations)))


def growth() -> Iterator[Figure]:
    """P9: cost against batch, width, depth and length, each in sizes that double the arithmetic or nearly so.

    The value is the largest deviation from a straight line t = a + b·FLOPs with a ≥ 0, where the squares of the relative deviations
    sum to the least: a is what a step costs at any size, above all the update of weights, which does not grow with the
    batch. Measured is the processor time of one thread, so that what else the machine does counts little; rounds take all
    sizes in turn, and of the rounds the median counts.
    """
    for one in all_series():
        yield figure(one)


def figure(one: Series, rounds: int = ROUNDS, seconds: float = SECONDS) -> Figure:
    """One series measured."""
    machines, flops = zip(*(machine_of(network) for _, network in one.sizes), strict=True)
    took, sound = times(machines, rounds, seconds)
    cost = line(np.array(flops, float), took)
    sizes = ", ".join(f"{size}: {d * 100:+.0f}" for (size, _), d in zip(one.sizes, cost.deviations, strict=True))
    note = (
        f"{cost.flops[0] / 1e6:,.0f} to {cost.flops[-1] / 1e6:,.0f} MFLOP a step at {cost.rate / 1e9:.0f} GFLOP/s on one thread, "
        f"{cost.fixed * 1e6:,.0f} µs at any size; {sizes} %"
    )
    return Figure("P9", one.title, cost.worst * 100, 15.0, "%", note, sound and bool(np.all(cost.flops >= LEAST_FLOPS)))


def line(flops: np.ndarray, seconds: np.ndarray) -> Cost:
    """The line nearest to the times, each deviation as a share of the time. Shapes: (sizes,) each, two or more different sizes."""
    columns = np.stack([1 / seconds, flops / seconds], axis=1)
    fixed, slope = np.linalg.lstsq(columns, np.ones(len(flops)), rcond=None)[0]
    if fixed < 0:
        share = flops / seconds
        fixed, slope = 0.0, float(share.sum() / (share * share).sum())
    return Cost(flops, seconds, float(fixed), 1 / float(slope), seconds / (fixed + slope * flops) - 1)


def machine_of(one: Workload) -> tuple[Machine, int]:
    """The network ready to train on synthetic rows, and the operations of one of its steps."""
    samples = one.samples()
    lowered = lower(one.project().record, samples)
    plan = plan_network(lowered.graph, batch=one.batch, update=lowered.update, samples={"train": samples.count})
    machine = Machine(plan, shuffle=False)
    machine.initialise(0)
    machine.load("train", samples.x, lowered.columns(Split(samples.x, samples.y, np.arange(samples.count))))
    machine.prepare()
    return machine, trained_flops(lowered.graph, one.batch)


def trained_flops(graph: Graph, batch: int) -> int:
    """Operations of a step: three passes of every op that the loss needs, but two where the gradient of the data would be the third."""
    return batch * sum(
        (2 if graph.input in node.inputs else 3)
        * ops.find(node.op).cost(graph.types(node), graph.values[node.output].type, node.attributes)
        for node in pruned(graph).nodes
    )


def times(machines: Sequence[Machine], rounds: int, seconds: float) -> tuple[np.ndarray, bool]:
    """Median processor seconds of a step for each, and whether all losses stayed finite."""
    found: list[list[float]] = [[] for _ in machines]
    steps = [max(1, round(seconds / _each(machine, 2))) for machine in machines]
    for _ in range(rounds):
        for machine, count, kept in zip(machines, steps, found, strict=True):
            machine.run(max(1, count // 10))
            kept.append(_each(machine, count))
    sound = all(np.isfinite(machine.ring()[: min(machine.step, len(machine.ring())), 0]).all() for machine in machines)
    return np.array([statistics.median(kept) for kept in found]), sound


def _each(machine: Machine, steps: int) -> float:
    """Processor seconds of a step on this thread."""
    factors = np.ones(steps, np.float32)
    start = time.thread_time()
    machine.run(steps, factors, threads=1)
    return (time.thread_time() - start) / steps


def all_series() -> tuple[Series, ...]:
    """What is varied: the batch of W3 and W4, units, filters, layers, and the length of W6 and W8.

    Filters are multiples of 16, the numbers in a vector of the kernels: those between cost what the next multiple costs.
    """
    return (
        _batches("batch, 784-256-128-10", "W3", (16, 32, 64, 128, 256, 512)),
        _batches("batch, small CNN", "W4", (8, 16, 32, 64, 128, 256)),
        Series("width, 3 dense layers", tuple((n, _perceptron(n, 3)) for n in (100, 144, 200, 288, 400, 576))),
        Series("width, 3 convolutions", tuple((n, _convolutions(n)) for n in (16, 32, 48, 64, 80, 96))),
        Series("depth, dense layers of 128", tuple((n, _perceptron(128, n)) for n in (2, 4, 8, 16, 32))),
        _lengths("length, character LSTM", "W6", (4, 8, 16, 32, 64, 128)),
        _lengths("length, Transformer encoder", "W8", (8, 16, 32, 64, 128, 256)),
    )


def _batches(title: str, id: str, sizes: Sequence[int]) -> Series:
    return Series(title, tuple((n, dataclasses.replace(workload(id), batch=n)) for n in sizes))


def _lengths(title: str, id: str, sizes: Sequence[int]) -> Series:
    return Series(title, tuple((n, dataclasses.replace(workload(id), shape=(n,))) for n in sizes))


def _perceptron(units: int, layers: int) -> Workload:
    hidden: Layers = (("dense", units, "relu"),) * layers
    return dataclasses.replace(workload("W3"), shape=(units,), layers=(*hidden, ("dense", 10, None)))


def _convolutions(filters: int) -> Workload:
    hidden: Layers = (("conv", filters, False),) * 3
    return dataclasses.replace(workload("W5"), shape=(16, 16, 3), layers=(*hidden, ("pool",), ("dense", 10, None)))
