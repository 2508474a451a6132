"""The plan of a network: sizes, places and programs, as plain numbers. Making one compiles nothing and allocates nothing."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping

from playground.engine import ops
from playground.engine.assemble import Assembly
from playground.engine.bookends import width
from playground.engine.emit import Ref
from playground.engine.first_fit import LINE, aligned, lower_bound
from playground.engine.frames import Addresses, WholeFrame
from playground.engine.graph import Graph
from playground.engine.layout import Field, Layout
from playground.engine.naming import shown
from playground.engine.program import Program, Stage
from playground.engine.registers import (
    AVERAGE_DECAY,
    CLIP,
    CLIP_VALUE,
    CONSTANT_ONE,
    FIRST_FREE_KNOB,
    FIRST_PENALTY_KNOB,
    FIRST_UPDATE_KNOB,
    HEAD_LOSSES,
    KNOB_COUNT,
    LOSS,
    PARAMETERS,
    RATE,
    RING_COLUMNS,
    STATE,
)
from playground.engine.rule import UpdateRule as UpdateRule
from playground.engine.simplify import simplify
from playground.engine.storage import Part, block_rows, split_batch
from playground.engine.tail import Places, Tail

#: Below so many floating-point operations a step, one chain is faster than several.
SERIAL_FLOPS = 2_000_000
#: More than two chains pay from so many operations on each.
CHAIN_FLOPS = 8_000_000
#: A gradient of so many numbers has its norm taken by all chains, in a stage of its own.
PARTED_NORM = 16_384
#: Rows of the ring of the last steps' numbers.
RING = 65_536


@dataclasses.dataclass(frozen=True)
class Plan:
    """A network ready to be given memory.

    train: None for a graph without loss.  observe: forward over a batch with every node's output kept, or None.
    knob_start: the numbers every knob starts at.  activation_bound: the least memory that any placement of what lives at the
    same time could need, in bytes.  pool: (F index, numbers) of memory that programs share; it holds nothing between steps.
    """

    graph: Graph
    batch: int
    update: UpdateRule | None
    layout: Layout
    train: Program | None
    evaluate: Program
    observe: Program | None
    knob_start: tuple[float, ...]
    chains: int
    activation_bound: int
    pool: tuple[int, int]

    @property
    def nbytes(self) -> int:
        return self.layout.nbytes

    @property
    def size(self) -> Size:
        return Size(self.layout.nbytes, 4 * self.layout.state[1])

    @property
    def knob_index(self) -> dict[str, int]:
        return self.layout.knob_index

    @property
    def programs(self) -> tuple[Program, ...]:
        """Those that there are."""
        return tuple(program for program in (self.train, self.evaluate, self.observe) if program is not None)

    @property
    def kernels(self) -> tuple[str, ...]:
        """What its programs call."""
        return tuple(dict.fromkeys(name for program in self.programs for name in program.kernels))

    def disassemble(self) -> str:
        """All programs in words."""
        parts = [("train", self.train), ("evaluate", self.evaluate), ("observe", self.observe)]
        return "\n\n".join(f"{name}\n{program.disassemble()}" for name, program in parts if program is not None)


def step_flops(graph: Graph, batch: int) -> int:
    """Floating-point operations of a training step, about: three times the forward pass."""
    return 3 * batch * sum(ops.find(n.op).cost(graph.types(n), graph.values[n.output].type, n.attributes) for n in graph.nodes)


def choose_chains(graph: Graph, batch: int, cores: int) -> int:
    """Fixed by network, batch and the machine's cores, never by the threads in use: one core more changes no bit of a plan in use."""
    work = step_flops(graph, batch)
    if work < SERIAL_FLOPS or batch < 2:
        return 1
    return max(1, min(cores, batch, 8, max(2, work // CHAIN_FLOPS)))


@dataclasses.dataclass(frozen=True)
class Size:
    """Bytes of an arena, and of the state in it."""

    nbytes: int
    state: int

    @property
    def whole_run(self) -> int:
        """Memory of a run: its arena, and the four copies of the state that are kept beside it."""
        return self.nbytes + 4 * self.state


def plan_network(
    graph: Graph,
    *,
    batch: int,
    update: UpdateRule | None,
    samples: Mapping[str, int],
    chains: int | None = None,
    cores: int | None = None,
    observe: bool = False,
    window: int = 0,
    ring: int = RING,
    reuse: bool = True,
) -> Plan:
    """The plan for a batch size.

    samples: split -> count, for the data windows; window: rows of a further window for `predict` (at least a batch).
    chains: None chooses by the work of a step and `cores` (None: this machine's).  observe: also make the program that keeps every node's output.
    reuse: False gives every value memory of its own, which must change no number.
    """
    if chains is None:
        chains = choose_chains(graph, batch, cores or os.cpu_count() or 1)
    return _planner(graph, batch, update, samples, chains, observe=observe, window=window, ring=ring, reuse=reuse).plan()


def size_of(graph: Graph, *, batch: int, update: UpdateRule | None, samples: Mapping[str, int], window: int = 0) -> Size:
    """What `plan_network` would come to, byte for byte, without its programs, whose length grows with the batch."""
    chains = choose_chains(graph, batch, os.cpu_count() or 1)
    return _planner(graph, batch, update, samples, chains, observe=False, window=window, ring=RING, reuse=True).size


def _planner(
    graph: Graph,
    batch: int,
    update: UpdateRule | None,
    samples: Mapping[str, int],
    chains: int,
    *,
    observe: bool,
    window: int,
    ring: int,
    reuse: bool,
) -> _Planner:
    chains = min(chains, batch)
    frozen = update.frozen if update else frozenset()
    folded = simplify(graph, fold=True, frozen=frozen, apart=not reuse)
    parts = split_batch(batch, chains, block_rows(folded))
    train = Assembly(folded, parts, training=True, keep=not reuse) if graph.loss is not None and update is not None else None
    evaluate = Assembly(folded, parts, training=False, keep=not reuse, host=train if reuse else None)
    plain = simplify(graph, fold=False)
    observing = Assembly(plain, parts, training=False, keep=True) if observe else None
    return _Planner(graph, batch, update, parts, train, evaluate, observing, samples, max(window, batch), ring)


def knobs_of(graph: Graph, update: UpdateRule | None) -> tuple[dict[str, int], tuple[float, ...]]:
    """Places of all knobs by name, and the numbers that they start at. Raises ValueError for more than there is room for."""
    rule = ops.update(update.id) if update else None
    names, start = {"rate": RATE, "clip": CLIP, "clip_value": CLIP_VALUE}, [0.0] * KNOB_COUNT
    start[CONSTANT_ONE] = 1.0
    if update is not None and rule is not None:
        start[RATE], start[CLIP] = float(update.numbers["rate"]), update.clip
        start[CLIP_VALUE] = update.clip_value
        if update.averaging is not None:
            names["average_decay"] = AVERAGE_DECAY
            start[AVERAGE_DECAY] = update.averaging.decay
        for n, name in enumerate(ops.penalty(update.penalty).knobs if update.penalty else ()):
            names[f"penalty:{name}"] = FIRST_PENALTY_KNOB + n
            start[FIRST_PENALTY_KNOB + n] = float(update.penalty_numbers[name])
        for n, name in enumerate(sorted(rule.knobs, key=lambda name: name != rule.momentum)):
            names[name] = FIRST_UPDATE_KNOB + n
            start[names[name]] = float(update.numbers[name])
    first = FIRST_FREE_KNOB + len(graph.knobs)
    start.extend([0.0] * (first - len(start)))
    for knob in graph.knobs:
        names[knob.name], start[knob.index] = knob.index, knob.value
    factors: list[tuple[str, float]] = []
    if update is not None:
        for what, by_owner in (("rate_factor", update.rate_factors), ("decay_factor", update.decay_factors)):
            factors += [(f"{owner}:{what}", by_owner[owner]) for owner in sorted(by_owner)]
    for n, (name, factor) in enumerate(factors):
        names[name] = first + n
        start.extend([1.0] * (first + n + 1 - len(start)))
        start[first + n] = factor
    if max(names.values()) >= KNOB_COUNT:
        raise ValueError(f"a network may have {KNOB_COUNT} live numbers; this one has {max(names.values()) + 1}")
    return names, tuple(start)


class _Planner:
    """Lays the arena out, then makes the programs."""

    def __init__(
        self,
        graph: Graph,
        batch: int,
        update: UpdateRule | None,
        parts: tuple[Part, ...],
        train: Assembly | None,
        evaluate: Assembly,
        observe: Assembly | None,
        samples: Mapping[str, int],
        window: int,
        ring: int,
    ) -> None:
        self.graph, self.batch, self.update, self.parts = graph, batch, update, parts
        self.train, self.evaluate, self.observe = train, evaluate, observe
        self.top = PARAMETERS
        self.rule = ops.update(update.id) if update else None
        self.ordered = sorted(graph.parameters, key=lambda p: not p.decays)
        self._state()
        self._fixed(ring)
        self._windows(dict(samples), window)
        self._activations()

    def _take(self, n: int) -> int:
        at = self.top
        self.top += aligned(n)
        return at

    def _run(self) -> tuple[dict[int, int], int]:
        """A run with room for every parameter: value index -> F index, and where it begins."""
        first = self.top
        return {p.value: self._take(self.graph.values[p.value].type.count) for p in self.ordered}, first

    def _statistics(self) -> tuple[dict[int, int], int]:
        """A run with room for every statistic, likewise."""
        first = self.top
        return {s.value: self._take(self.graph.values[s.value].type.count) for s in self.graph.statistics}, first

    def _state(self) -> None:
        self.parameter_at, self.parameter_run = self._run()
        self.run_length = self.top - self.parameter_run
        self.slot_runs = [self._run() for _ in (self.rule.slots if self.rule else ())]
        owners = tuple(dict.fromkeys(p.owner for p in self.graph.parameters))
        self.scalar_runs = [self._take(len(owners)) for _ in (self.rule.scalars if self.rule else ())]
        self.scalars = {owner: tuple(first + n for first in self.scalar_runs) for n, owner in enumerate(owners)}
        begun = self._take(2 * len(owners)) // 2 if self.rule and self.rule.ages else 0
        self.begun = {owner: begun + n for n, owner in enumerate(owners)} if begun else {}
        self.statistic_at, statistics = self._statistics()
        statistics_length = self.top - statistics
        self.average_at: dict[int, int] = {}
        self.averages: list[tuple[int, int, int]] = []
        if self.update is not None and self.update.averaging is not None:
            parameter_average, first = self._run()
            statistic_average, second = self._statistics()
            self.average_at = {**parameter_average, **statistic_average}
            runs = [(self.parameter_run, first, self.run_length), (statistics, second, statistics_length)]
            self.averages = [run for run in runs if run[2]]
        self.state_end = self.top

    def _fixed(self, ring: int) -> None:
        self.knobs = self._take(KNOB_COUNT)
        columns = RING_COLUMNS + (len(self.graph.losses) if len(self.graph.losses) > 1 else 0)
        self.ring = Field(self._take(ring * columns), (ring, columns))
        self.gradient_at, self.gradient_run = self._run() if self.train else ({}, 0)
        gathers = self.train is not None and self.update is not None and self.update.accumulate > 1
        self.gathered = self._take(self.run_length) if gathers else 0
        self.sums = self._take(16 * len(self.parts) * len(self.ordered)) if self.rule and self.rule.sums else 0
        parted = self.train is not None and len(self.parts) > 1 and self.run_length >= PARTED_NORM
        self.squares = self._take(16 * len(self.parts)) if parted else 0
        self.constant_at = {c.value: self._take(c.array.size) for c in self.graph.constants}

    def _windows(self, samples: dict[str, int], window: int) -> None:
        graph = self.graph
        inputs, columns = width(graph, (graph.input,)), width(graph, graph.columns)
        samples["window"] = window
        self.windows = {name: (self._take(n * inputs), self._take(n * columns), n) for name, n in samples.items()}
        outputs = max([window, *(n for name, n in samples.items() if name != "train")])
        self.outputs = self._take(outputs * width(graph, graph.outputs))
        self.order = self._take(2 * samples.get("train", 0))

    def _activations(self) -> None:
        shared = [a for a in (self.train, self.evaluate) if a is not None]
        statics = [self._take(a.storage.static_total) for a in shared]
        pool = self._take(max(a.storage.pool_total for a in shared))
        self.pool = (pool, self.top - pool)
        for assembly, static in zip(shared, statics, strict=True):
            assembly.storage.settle(static, pool)
        if self.observe is not None:
            self.observe.storage.settle(
                self._take(self.observe.storage.static_total), self._take(self.observe.storage.pool_total)
            )

    @property
    def size(self) -> Size:
        """A product may read as far as a line beyond its last operand."""
        return Size(4 * (self.top + LINE), 4 * (self.state_end - STATE))

    def plan(self) -> Plan:
        heads = self.graph.losses if len(self.graph.losses) > 1 else ()
        values = {**self.parameter_at, **self.statistic_at, **self.constant_at}
        values |= {v.index: LOSS for v in self.graph.values if v.kind == "scalar"}
        values |= {scalar: HEAD_LOSSES + at for at, scalar in enumerate(heads)}
        fixed = Addresses(values, self.gradient_at)
        names, start = knobs_of(self.graph, self.update)
        train = None if self.train is None else self.train.program(fixed, lambda whole: self._tail(whole, names))
        spans = (self.train or self.evaluate).storage.spans
        return Plan(
            graph=self.graph,
            batch=self.batch,
            update=self.update,
            layout=self._layout(names),
            train=train,
            evaluate=self.evaluate.program(fixed, lambda whole: ()),
            observe=None if self.observe is None else self.observe.program(fixed, lambda whole: ()),
            knob_start=start,
            chains=len(self.parts),
            activation_bound=4 * lower_bound(spans),
            pool=self.pool,
        )

    def _tail(self, whole: WholeFrame, names: dict[str, int]) -> list[Stage]:
        assert self.train is not None
        assert self.update is not None
        places = Places(
            ordered=self.ordered,
            parameter_at=self.parameter_at,
            parameters=self.parameter_run,
            length=self.run_length,
            gradients=self.gradient_run if self.gradient_at else 0,
            slots=[first for _, first in self.slot_runs],
            scalars=self.scalars,
            begun=self.begun,
            sums=self.sums,
            squares=self.squares,
            squared={value: whole.partials(ref) for value, ref in self.train.emit.squared.items()},
            gathered=self.gathered,
            averages=self.averages,
        )
        return Tail(self.graph, self.update, places, names, whole).stages(self.train.update_lists(whole))

    def _layout(self, names: dict[str, int]) -> Layout:
        def named(at: Mapping[int, int], suffix: str = "") -> dict[str, Field]:
            return {
                p.name + suffix: Field(at[p.value], self.graph.values[p.value].type.shape) for p in self.graph.parameters if at
            }

        slots: dict[str, Field] = {}
        for slot, (at, _) in zip(self.rule.slots if self.rule else (), self.slot_runs, strict=True):
            slots |= named(at, "/" + slot)
        for number, place in enumerate(self.scalar_runs):
            slots[f"optimizer/{self.rule.scalars[number] if self.rule else ''}"] = Field(place, (len(self.scalars),))
        averages = {**named(self.average_at)}
        averages |= {
            s.name: Field(self.average_at[s.value], self.graph.values[s.value].type.shape)
            for s in self.graph.statistics
            if self.average_at
        }
        return Layout(
            nbytes=self.size.nbytes,
            state=(STATE, self.state_end - STATE),
            parameters=named(self.parameter_at),
            gradients=named(self.gradient_at),
            slots=slots,
            begun=self.begun,
            frozen=tuple(sorted(self.update.frozen)) if self.update else (),
            averages=averages,
            constants={c.name: Field(self.constant_at[c.value], tuple(c.array.shape)) for c in self.graph.constants},
            statistics={
                s.name: Field(self.statistic_at[s.value], self.graph.values[s.value].type.shape) for s in self.graph.statistics
            },
            values=self._observed(),
            knobs=self.knobs,
            knob_index=names,
            ring=self.ring,
            gradient_run=(self.gradient_run, self.run_length),
            windows=self.windows,
            outputs=self.outputs,
            order=self.order,
        )

    def _row_of(self, value: int) -> Field:
        """A value of the observing program, for a batch; one with a halo around its samples has gaps."""
        assert self.observe is not None
        shape, place = (self.batch, *self.graph.values[value].type.shape), self.observe.simple.places[value]
        strides = () if place.dense else (place.step, place.pitch, place.channels, 1)
        return Field(self.observe.storage.row(Ref("value", value), 0, 0, 0), shape, strides)

    def _observed(self) -> dict[str, Field]:
        """What the observing program keeps of the nodes, as `shown` names it."""
        if self.observe is None:
            return {}
        places, stores = self.observe.simple.places, self.observe.storage.stores
        kept = {node.output for node in self.graph.nodes if places.get(node.output) is not None}
        # A further output that the op has no use for is not stored.
        kept |= {value for node in self.graph.nodes for value in node.more if Ref("value", value) in stores}
        return {name: self._row_of(value) for name, value in shown(self.graph).items() if value in kept}
