"""The plan of a network: sizes, places and programs, as plain numbers. Making one compiles nothing and allocates nothing."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping

from playground.engine import ops
from playground.engine.assemble import Assembly
from playground.engine.emit import Instruction, Ref
from playground.engine.first_fit import aligned, lower_bound
from playground.engine.frames import Addresses, WholeFrame
from playground.engine.graph import Graph
from playground.engine.layout import Field, Layout, ring_field
from playground.engine.program import Origin, Program, Stage
from playground.engine.registers import (
    CLIP,
    CONSTANT_ONE,
    CONSTANT_ZERO,
    FIRST_FREE_KNOB,
    FIRST_UPDATE_KNOB,
    KNOB_COUNT,
    LOSS,
    PARAMETERS,
    RATE,
    RATE_NOW,
    RING_COLUMNS,
    STATE,
)
from playground.engine.simplify import simplify
from playground.engine.storage import Part, split_batch

#: Below so many floating-point operations a step, one chain is faster than several.
SERIAL_FLOPS = 2_000_000
#: More than two chains pay from so many operations on each.
CHAIN_FLOPS = 8_000_000
#: Rows of the ring of the last steps' numbers.
RING = 65_536


@dataclasses.dataclass(frozen=True)
class UpdateRule:
    """The optimizer of a plan. id: an `ops.Update`; numbers: its knobs by name, and "rate"; clip: 0 is off.

    rate_factors: node name -> what its learning rate is multiplied by.  frozen: nodes whose weights stay.
    """

    id: str
    numbers: Mapping[str, float]
    clip: float = 0.0
    rate_factors: Mapping[str, float] = dataclasses.field(default_factory=dict)
    frozen: frozenset[str] = frozenset()


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
    def knob_index(self) -> dict[str, int]:
        return self.layout.knob_index

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
    chains = min(chains, batch)
    frozen = update.frozen if update else frozenset()
    folded = simplify(graph, fold=True, frozen=frozen)
    largest = max((place.step for place in folded.places.values() if place.lines > 1), default=1)
    parts = split_batch(batch, chains, largest)
    train = Assembly(folded, parts, training=True, keep=not reuse) if graph.loss is not None and update is not None else None
    evaluate = Assembly(folded, parts, training=False, keep=not reuse, host=train if reuse else None)
    plain = simplify(graph, fold=False)
    observing = Assembly(plain, parts, training=False, keep=True) if observe else None
    return _Planner(graph, batch, update, parts, train, evaluate, observing, samples, max(window, batch), ring).plan()


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

    def _state(self) -> None:
        self.parameter_at, self.parameter_run = self._run()
        self.run_length = self.top - self.parameter_run
        self.slot_runs = [self._run() for _ in (self.rule.slots if self.rule else ())]
        self.statistic_at = {s.value: self._take(self.graph.values[s.value].type.count) for s in self.graph.statistics}
        self.state_end = self.top

    def _fixed(self, ring: int) -> None:
        self.knobs = self._take(KNOB_COUNT)
        self.ring = ring_field(self._take(ring * RING_COLUMNS), ring)
        self.gradient_at, self.gradient_run = self._run() if self.train else ({}, 0)

    def _windows(self, samples: dict[str, int], window: int) -> None:
        width = self.graph.values[self.graph.input].type.count
        target = 0 if self.graph.target is None else self.graph.values[self.graph.target].type.count
        samples["window"] = window
        self.windows = {name: (self._take(n * width), self._take(n * target), n) for name, n in samples.items()}
        outputs = max([window, *(n for name, n in samples.items() if name != "train")])
        self.outputs = self._take(outputs * self.graph.values[self.graph.output].type.count)
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

    def plan(self) -> Plan:
        values = {**self.parameter_at, **self.statistic_at}
        values |= {v.index: LOSS for v in self.graph.values if v.kind == "scalar"}
        fixed = Addresses(values, self.gradient_at)
        names, start = self._knobs()
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
            knob_start=tuple(start),
            chains=len(self.parts),
            activation_bound=4 * lower_bound(spans),
            pool=self.pool,
        )

    def _knobs(self) -> tuple[dict[str, int], list[float]]:
        names, start = {"rate": RATE, "clip": CLIP}, [0.0] * KNOB_COUNT
        start[CONSTANT_ONE] = 1.0
        if self.update is not None and self.rule is not None:
            start[RATE], start[CLIP] = float(self.update.numbers["rate"]), self.update.clip
            for n, name in enumerate(self.rule.knobs):
                names[name] = FIRST_UPDATE_KNOB + n
                start[names[name]] = float(self.update.numbers[name])
        first = FIRST_FREE_KNOB + len(self.graph.knobs)
        start.extend([0.0] * (first - len(start)))
        for knob in self.graph.knobs:
            names[knob.name], start[knob.index] = knob.index, knob.value
        for n, owner in enumerate(sorted(self.update.rate_factors) if self.update else ()):
            names[f"{owner}:rate_factor"] = first + n
            start.extend([1.0] * (first + n + 1 - len(start)))
            start[first + n] = self.update.rate_factors[owner] if self.update else 1.0
        if max(names.values()) >= KNOB_COUNT:
            raise ValueError(f"a network may have {KNOB_COUNT} live numbers; this one has {max(names.values()) + 1}")
        return names, start

    def _tail(self, whole: WholeFrame, names: dict[str, int]) -> list[Stage]:
        """The verdict on a stage of its own, then the update split over the chains."""
        assert self.train is not None
        assert self.rule is not None
        assert self.update is not None
        if self.gradient_at:
            verdict: Instruction = ("judge", self.gradient_run, self.run_length)
        else:
            verdict = ("judge_loss",)
        chains: list[list[tuple[Instruction, Origin]]] = [[] for _ in self.parts]
        for turn, (start, end, rate_factor, decays, owner) in enumerate(self._runs(names)):
            knobs = {name: names[name] for name in self.rule.knobs}
            if not decays and self.rule.decay:
                knobs[self.rule.decay] = CONSTANT_ZERO
            for piece, (a, b) in enumerate(whole.split(end - start, 16)):
                offset = start + a - self.parameter_run
                slots = [run + offset for _, run in self.slot_runs]
                instruction = self.rule.instruction(
                    start + a, self.gradient_run + offset, slots, b - a, RATE_NOW, rate_factor, knobs
                )
                chains[(turn + piece) % len(chains)].append((instruction, Origin(owner, self.rule.id, "update", ())))
        for turn, instructions in enumerate(self.train.update_lists(whole)):
            chains[turn % len(chains)] += instructions
        return [Stage([[(verdict, Origin("", "judge", "update", ()))]], checked=True), Stage(chains)]

    def _runs(self, names: dict[str, int]) -> list[tuple[int, int, int, bool, str]]:
        """Runs of neighbouring parameters that are updated alike: (first, end, factor knob, decays, owner)."""
        assert self.update is not None
        runs: list[tuple[int, int, int, bool, str]] = []
        for p in self.ordered:
            if p.owner in self.update.frozen:
                continue
            at = self.parameter_at[p.value]
            end = at + aligned(self.graph.values[p.value].type.count)
            factor = names.get(f"{p.owner}:rate_factor", CONSTANT_ONE)
            if runs and runs[-1][1] == at and runs[-1][2:4] == (factor, p.decays):
                runs[-1] = (runs[-1][0], end, factor, p.decays, "")
            else:
                runs.append((at, end, factor, p.decays, p.owner))
        return runs

    def _layout(self, names: dict[str, int]) -> Layout:
        def named(at: Mapping[int, int], suffix: str = "") -> dict[str, Field]:
            return {
                p.name + suffix: Field(at[p.value], self.graph.values[p.value].type.shape) for p in self.graph.parameters if at
            }

        slots: dict[str, Field] = {}
        for slot, (at, _) in zip(self.rule.slots if self.rule else (), self.slot_runs, strict=True):
            slots |= named(at, "/" + slot)
        return Layout(
            nbytes=4 * self.top,
            state=(STATE, self.state_end - STATE),
            parameters=named(self.parameter_at),
            gradients=named(self.gradient_at),
            slots=slots,
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

    def _observed(self) -> dict[str, Field]:
        """Node -> its last op's output in the observing program, where samples lie without gaps."""
        found: dict[str, Field] = {}
        if self.observe is not None:
            for node in self.graph.nodes:
                place = self.observe.simple.places.get(node.output)
                if place is not None and place.dense and node.owner:
                    shape = (self.batch, *self.graph.values[node.output].type.shape)
                    found[node.owner] = Field(self.observe.storage.row(Ref("value", node.output), 0, 0, 0), shape)
        return found
