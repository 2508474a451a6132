"""A plan with memory: initialise, load data, run, evaluate, predict, snapshot, explain a fault."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from playground.engine import diagnosis, phases
from playground.engine import memory as arena
from playground.engine.bookends import spans, width
from playground.engine.bound import Bound, Progress, compile_plan
from playground.engine.diagnosis import Fault
from playground.engine.factors import factor_columns
from playground.engine.plan import Plan
from playground.engine.program import Program
from playground.engine.registers import (
    ACCUMULATE,
    AVERAGED,
    BATCH,
    CURSOR,
    EPOCH,
    HALT,
    ORDER,
    OUTPUTS,
    ROWS,
    SEED,
    SHUFFLE,
    STATE_REGISTER_COUNT,
    STATE_REGISTERS,
    STEP,
    TRAINING,
    VERDICT,
    WEIGHED,
    WINDOW_COUNT,
    WINDOW_X,
    WINDOW_Y,
)
from playground.engine.tally import Evaluated, Tally, nothing


@dataclasses.dataclass(frozen=True)
class Ran:
    """steps: updates done.  status: "done", "fault" (the verdict stopped the next update) or "halted"."""

    steps: int
    status: str


class Machine:
    """Runs a plan's programs over one arena.

    memory: writable bytes of plan.nbytes, such as shared memory: zeros, or what an earlier machine of the same plan left there;
    None: private memory.  progress: told (kernel, done, total) while kernels compile.  shuffle: samples in a new order each epoch.
    """

    def __init__(self, plan: Plan, memory: Any = None, progress: Progress | None = None, *, shuffle: bool = True) -> None:
        self.plan, self.layout, self.shuffle = plan, plan.layout, shuffle
        self.memory = arena.allocate(plan.nbytes) if memory is None else memory
        self.F, self.R = arena.views(self.memory, plan.nbytes)
        self.knobs = self.layout.knob_view(self.F)
        self.write_constants()
        self._progress = progress
        #: Told of every instruction of a training step before it is carried out; steps are slow then, and give the same numbers.
        self.told: phases.Told | None = None
        self._loaded: dict[str, int] = {}
        self._bound: dict[int, Bound] = {}

    def write_constants(self) -> None:
        """The graph's fixed tensors into memory, where another machine may have written others."""
        for constant in self.plan.graph.constants:
            self.layout.constants[constant.name].view(self.F)[...] = constant.array

    def follow(self, plan: Plan, *, shuffle: bool = True) -> Machine:
        """A machine of a plan with the same layout in this one's memory, with its state, its data and its compiled programs.

        Raises ValueError for another layout.
        """
        if plan.layout != self.layout:
            raise ValueError("the plan has other places than this machine's memory")
        made = Machine(plan, self.memory, self._progress, shuffle=shuffle)
        made._loaded = dict(self._loaded)
        known = {id(bound.program): bound for bound in self._bound.values()}
        made._bound = {id(program): known[id(program)] for program in plan.programs if id(program) in known}
        return made

    def initialise(self, seed: int) -> None:
        """Weights by their initialisers, slots and counters to zero, knobs to their start. Same seed, same bits."""
        self.layout.state_view(self.F)[:] = 0
        self.knobs[:] = 0
        self.knobs[: len(self.plan.knob_start)] = self.plan.knob_start
        self.R[SEED] = seed
        for stream, p in enumerate(self.plan.graph.parameters):
            rng = np.random.Generator(np.random.Philox(key=np.array([seed, stream], np.uint64)))
            field = self.layout.parameters[p.name]
            field.view(self.F)[...] = p.start.draw(rng, field.shape, p.fan_in, p.fan_out)
        for s in self.plan.graph.statistics:
            self.layout.statistics[s.name].view(self.F)[...] = s.start

    def load(self, split: str, x: np.ndarray, y: np.ndarray | Mapping[str, np.ndarray] | None) -> None:
        """Samples into their window. y: the target, or columns by name; those that are not given stay as they are in memory.

        Shapes: x (n, *input), y (n, *target) or each (n, *column); n at most what was planned.
        """
        at_x, at_y, capacity = self.layout.windows[split]
        if len(x) > capacity:
            raise ValueError(f"{split} has room for {capacity} samples; {len(x)} were given")
        self.F[at_x : at_x + x.size] = np.asarray(x, np.float32).reshape(-1)
        graph = self.plan.graph
        if y is not None and graph.columns:
            rows = self.F[at_y : at_y + len(x) * width(graph, graph.columns)].reshape(len(x), -1)
            for column, (start, n) in zip(graph.columns, spans(graph, graph.columns), strict=True):
                name = graph.values[column].name
                given = y.get(name) if isinstance(y, Mapping) else (y if column == graph.columns[0] else None)
                if given is not None:
                    rows[:, start : start + n] = np.asarray(given, np.float32).reshape(len(x), n)
        self._loaded[split] = len(x)

    def loaded(self, split: str) -> int:
        """Samples of a part that are in use; 0 before any are loaded."""
        return self._loaded.get(split, 0)

    def use(self, split: str, count: int) -> None:
        """Use the first samples of a part, as they lie in its window. Raises ValueError for more than it has room for."""
        if not 0 <= count <= self.layout.windows[split][2]:
            raise ValueError(f"{split} has room for {self.layout.windows[split][2]} samples; {count} were asked for")
        self._loaded[split] = count

    # ------------------------------------------------------------------------------------------------------------ running

    def run(self, steps: int, factors: np.ndarray | None = None, threads: int = 1) -> Ran:
        """Training steps. Releases the GIL; sets no HALT itself.

        factors: (steps,) what the base rate is multiplied by, or (steps, 3) with what becomes of the momentum, as in the runner.
        """
        if self.plan.train is None:
            raise ValueError("this plan has no training program")
        self._aim("train", training=True)
        scale = factor_columns(np.ones(steps, np.float32) if factors is None else factors)
        if len(scale) < steps:
            raise ValueError(f"{steps} steps need as many rate factors; {len(scale)} were given")
        before = int(self.R[STEP])
        bound, ring = self.bound(self.plan.train), self.layout.ring.view(self.F)
        if self.told is None:
            bound.run(self, scale, ring, steps, threads)
        else:
            phases.run(self, bound.code, bound.program.kernels, scale, ring, steps, self.told)
        done = int(self.R[STEP]) - before
        if done == steps:
            return Ran(done, "done")
        return Ran(done, "fault" if self.F[VERDICT] == 0.0 else "halted")

    def evaluate(self, split: str, threads: int = 1, *, averaged: bool = False) -> Evaluated:
        """Loss and outputs over a whole split, batch by batch; the state stays as it is. averaged: with the averaged weights.

        The arena keeps no room for the outputs of the training part, which may be large: `predict` gives those.
        """
        if split == "train":
            raise ValueError("evaluate takes a split other than train; predict gives the outputs of training samples")
        with self._weights(averaged):
            return self._pass(self.plan.evaluate, split, threads)

    def predict(
        self, x: np.ndarray, threads: int = 1, columns: Mapping[str, np.ndarray] | None = None, *, averaged: bool = False
    ) -> np.ndarray:
        """What the network gives to the first loss. columns: whatever else the prediction reads.  averaged: with the averaged weights.

        Shapes: (n, *input) -> (n, *output).
        """
        return self.answers(x, threads, columns, averaged=averaged).outputs

    def answers(
        self, x: np.ndarray, threads: int = 1, columns: Mapping[str, np.ndarray] | None = None, *, averaged: bool = False
    ) -> Evaluated:
        """Everything that the network gives, and its losses where the columns hold the targets. Shapes: (n, *input)."""
        room = self.layout.windows["window"][2]
        x = np.asarray(x, np.float32)
        given = []
        for start in range(0, max(len(x), 1), room):
            part = {name: array[start : start + room] for name, array in (columns or {}).items()}
            self.load("window", x[start : start + room], part)
            with self._weights(averaged):
                given.append(self._pass(self.plan.evaluate, "window", threads))
        return given[0] if len(given) == 1 else self._tally.joined(given, self.knobs)

    def observe(
        self, x: np.ndarray, threads: int = 1, columns: Mapping[str, np.ndarray] | None = None, *, averaged: bool = False
    ) -> dict[str, np.ndarray]:
        """Every node's output for at most a batch of inputs; views that the next call overwrites. Shapes: (n, *node output)."""
        if self.plan.observe is None or len(x) > self.plan.batch:
            raise ValueError(f"observing takes at most {self.plan.batch} samples and a plan that observes")
        self.load("window", x, columns)
        with self._weights(averaged):
            self._pass(self.plan.observe, "window", threads)
        return {owner: field.view(self.F)[: len(x)] for owner, field in self.layout.values.items()}

    def _pass(self, program: Program, split: str, threads: int) -> Evaluated:
        count = self._loaded[split]
        graph = self.plan.graph
        shapes = [graph.values[output].type.shape for output in graph.outputs]
        if not count:
            return nothing(shapes, max(len(graph.losses), 1))
        steps = -(-count // self.plan.batch)
        ring = np.zeros((steps, self._tally.columns), np.float32)
        with self._kept_counters():
            self._aim(split, training=False)
            halt, self.R[HALT] = int(self.R[HALT]), 0
            self.bound(program).run(self, factor_columns(np.ones(steps, np.float32)), ring, steps, threads)
            self.R[HALT] = halt
        rows = self.F[self.layout.outputs : self.layout.outputs + count * width(graph, graph.outputs)].reshape(count, -1)
        heads = tuple(
            rows[:, start : start + n].reshape(count, *shape).copy()
            for shape, (start, n) in zip(shapes, spans(graph, graph.outputs), strict=True)
        )
        return self._tally.of_ring(ring.astype(np.float64), heads, self.knobs)

    @contextmanager
    def _weights(self, averaged: bool) -> Iterator[None]:
        """The averaged weights and statistics in the place of the present ones, once there are any."""
        exchanged = averaged and self.averaged > 0
        try:
            if exchanged:
                self._exchange()
            yield
        finally:
            if exchanged:
                self._exchange()

    def _exchange(self) -> None:
        for name, field in self.layout.averages.items():
            present = self.layout.parameters.get(name) or self.layout.statistics[name]
            kept = present.view(self.F).copy()
            present.view(self.F)[...] = field.view(self.F)
            field.view(self.F)[...] = kept

    @contextmanager
    def _kept_counters(self) -> Iterator[None]:
        kept = self.R[STATE_REGISTERS : STATE_REGISTERS + STATE_REGISTER_COUNT].copy()
        try:
            self.R[CURSOR] = 0
            yield
        finally:
            self.R[STATE_REGISTERS : STATE_REGISTERS + STATE_REGISTER_COUNT] = kept

    def _aim(self, split: str, *, training: bool) -> None:
        """Point the control registers at a window."""
        at_x, at_y, _ = self.layout.windows[split]
        self.R[BATCH], self.R[WINDOW_COUNT], self.R[WINDOW_X], self.R[WINDOW_Y] = self.plan.batch, self._loaded[split], at_x, at_y
        self.R[TRAINING], self.R[OUTPUTS] = int(training), 0 if training else self.layout.outputs
        self.R[SHUFFLE], self.R[ORDER] = int(training and self.shuffle), self.layout.order // 2
        self.R[ROWS] = 0
        self.R[WEIGHED] = int(self._tally.one_weighing)
        self.R[ACCUMULATE] = self.plan.update.accumulate if training and self.plan.update else 1

    @cached_property
    def _tally(self) -> Tally:
        return Tally(self.plan.graph)

    def bound(self, program: Program) -> Bound:
        """A program ready to run on this machine's memory."""
        found = self._bound.get(id(program))
        if found is None:
            found = self._bound[id(program)] = Bound(program, self._progress)
        return found

    def prepare(self) -> None:
        """Compile (or load from the cache) everything that the plan's programs need."""
        compile_plan(self.plan, self._progress)
        for program in self.plan.programs:
            self.bound(program)

    # -------------------------------------------------------------------------------------------------------------- state

    @property
    def step(self) -> int:
        return int(self.R[STEP])

    @property
    def epoch(self) -> int:
        return int(self.R[EPOCH])

    @property
    def cursor(self) -> int:
        return int(self.R[CURSOR])

    @property
    def averaged(self) -> int:
        """How many states the averaged weights are the mean of; 0 while there are none."""
        return int(self.R[AVERAGED]) if self.layout.averages else 0

    def halt(self, stop: bool = True) -> None:
        """Ask a running `run` (in another thread or process) to return after its step; False takes it back."""
        self.R[HALT] = int(stop)

    def snapshot(self) -> np.ndarray:
        """A copy of the state: counters, parameters, slots, statistics."""
        return self.layout.state_view(self.F).copy()

    def restore(self, snapshot: np.ndarray) -> None:
        """Raises ValueError for a snapshot of another plan."""
        state = self.layout.state_view(self.F)
        if snapshot.shape != state.shape:
            raise ValueError(f"the snapshot holds {snapshot.size} numbers; this state has {state.size}")
        state.view(np.uint32)[:] = snapshot.view(np.uint32)

    def reinitialise(self, layer: str, seed: int) -> None:
        """Draw a layer's weights anew and forget what the optimizer, the averages and the statistics know of them.

        seed: with that of the run, the same numbers as at the start.  Raises KeyError for a layer without weights.
        """
        names = set()
        for stream, p in enumerate(self.plan.graph.parameters):
            if p.owner == layer:
                rng = np.random.Generator(np.random.Philox(key=np.array([seed, stream], np.uint64)))
                field = self.layout.parameters[p.name]
                field.view(self.F)[...] = p.start.draw(rng, field.shape, p.fan_in, p.fan_out)
                names.add(p.name)
        if not names:
            raise KeyError(layer)
        for name, slot in self.slots().items():
            if name.rpartition("/")[0] in names:
                slot[...] = 0
            elif name.startswith("optimizer/"):
                slot[list(self.layout.begun).index(layer)] = 0
        if layer in self.layout.begun:
            frozen = self.plan.update is not None and layer in self.plan.update.frozen
            self.R[self.layout.begun[layer]] = 0 if frozen else self.R[STEP]
        for s in self.plan.graph.statistics:
            if s.owner == layer:
                self.layout.statistics[s.name].view(self.F)[...] = s.start
        for name, mean in self.averages().items():
            if name.rpartition(".")[0] == layer:
                present = self.layout.parameters.get(name) or self.layout.statistics[name]
                mean[...] = present.view(self.F) if self.averaged else 0

    def state_sha256(self) -> str:
        return hashlib.sha256(self.layout.state_view(self.F).tobytes()).hexdigest()

    def parameters(self) -> dict[str, np.ndarray]:
        return {name: field.view(self.F) for name, field in self.layout.parameters.items()}

    def gradients(self) -> dict[str, np.ndarray]:
        return {name: field.view(self.F) for name, field in self.layout.gradients.items()}

    def slots(self) -> dict[str, np.ndarray]:
        return {name: field.view(self.F) for name, field in self.layout.slots.items()}

    @property
    def begun(self) -> dict[str, int]:
        """By layer, how many updates the run had done when the layer's first one came; of a frozen one, how many it has had itself.

        Empty for an optimizer that does not count them.
        """
        return {layer: int(self.R[at]) for layer, at in self.layout.begun.items()}

    def statistics(self) -> dict[str, np.ndarray]:
        return {name: field.view(self.F) for name, field in self.layout.statistics.items()}

    def averages(self) -> dict[str, np.ndarray]:
        """Averaged parameters and statistics; all zero while `averaged` is 0."""
        return {name: field.view(self.F) for name, field in self.layout.averages.items()}

    def set_knob(self, name: str, value: float) -> None:
        """Raises KeyError for a name that the plan does not have."""
        self.knobs[self.layout.knob_index[name]] = value

    def ring(self) -> np.ndarray:
        return self.layout.ring.view(self.F)

    # ---------------------------------------------------------------------------------------------------------- diagnosis

    def explain_fault(self) -> Fault:
        """Replay the step that the verdict stopped, instruction by instruction, to the first number that is not finite."""
        return diagnosis.explain(self)

    def not_finite(self) -> str:
        """The first layer whose weights, slots, averages or statistics hold a number that is not finite; "" where all is well."""
        return diagnosis.not_finite(self)

    def time_instructions(self, repeats: int = 3) -> list[tuple[str, str, str, float]]:
        """(node, op, direction, seconds) of every instruction of a training step, the least of several runs; state kept."""
        assert self.plan.train is not None
        before = self.snapshot()
        self.run(1)
        self.restore(before)
        bound = self.bound(self.plan.train)
        best = [float("inf")] * len(self.plan.train.origins)
        for _ in range(repeats):
            for row in range(len(best)):
                start = time.perf_counter()
                bound.call(self, row)
                best[row] = min(best[row], time.perf_counter() - start)
            self.restore(before)
        return [(o.owner, o.op, o.direction, t) for o, t in zip(self.plan.train.origins, best, strict=True)]
