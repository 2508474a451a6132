"""The end of a training step: gather, judge, update, constrain, average. Stages whose work nobody asked for are not there."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from playground.engine import gathering, ops
from playground.engine.emit import Instruction
from playground.engine.first_fit import aligned
from playground.engine.frames import WholeFrame
from playground.engine.graph import Graph, Parameter
from playground.engine.penalty import Penalty
from playground.engine.program import Origin, Stage
from playground.engine.registers import CONSTANT_ONE, CONSTANT_ZERO, MOMENTUM_NOW, RATE_NOW
from playground.engine.rule import UpdateRule
from playground.engine.schedule import Turns

Chains = list[list[tuple[Instruction, Origin]]]

#: Kernels that this module names; importing them registers them.
KERNELS = (gathering.gather_gradient, gathering.average_begin, gathering.average)


@dataclasses.dataclass(frozen=True)
class Run:
    """Neighbouring parameters that are updated alike: F indices, knobs of both factors, and whose they are ("" for several).

    scalars: F indices of the layer's own numbers.  begun: the register from which its updates count.
    """

    first: int
    end: int
    rate_factor: int
    decay_factor: int
    owner: str
    scalars: tuple[int, ...] = ()
    begun: int = 0


@dataclasses.dataclass(frozen=True)
class Places:
    """F indices of what the update reads and writes. ordered: parameters as they lie, those that decay first.

    length: of a run of all parameters.  gradients: 0 where there are none.  scalars, begun: by layer, where the update has them.
    squares: of the gradient, by chain; 0: the norm is taken at once.  squared: by parameter, (first copy, copies, from one to the next) of
    those that the op which wrote the gradient has added up.  gathered: sums of gradients.  averages: (run, averaged run, length).
    """

    ordered: Sequence[Parameter]
    parameter_at: Mapping[int, int]
    parameters: int
    length: int
    gradients: int
    slots: Sequence[int]
    scalars: Mapping[str, tuple[int, ...]]
    begun: Mapping[str, int]
    sums: int
    squares: int
    squared: Mapping[int, tuple[int, int, int]]
    gathered: int
    averages: Sequence[tuple[int, int, int]]


class Tail:
    """Makes the stages of one plan."""

    def __init__(self, graph: Graph, rule: UpdateRule, places: Places, names: Mapping[str, int], whole: WholeFrame) -> None:
        self.graph, self.rule, self.at, self.names, self.whole = graph, rule, places, names, whole
        self.update = ops.update(rule.id)
        self.penalty = ops.penalty(rule.penalty) if rule.penalty else None
        self.knobs = {name: MOMENTUM_NOW if name == self.update.momentum else names[name] for name in self.update.knobs}
        self.penalty_knobs = {name: names[f"penalty:{name}"] for name in self.penalty.knobs} if self.penalty else {}
        self.coupled = self.penalty_knobs[self.penalty.coupled] if self.penalty and self.penalty.coupled else CONSTANT_ZERO
        self.runs = self._runs()

    def stages(self, update_lists: Sequence[Sequence[tuple[Instruction, Origin]]]) -> list[Stage]:
        """update_lists: what ops change in the state at the end of a step, such as running statistics."""
        found = []
        if self.rule.accumulate > 1 and self.at.gradients:
            found.append(Stage(self._over("gather", [(self.at.gradients, self.at.gathered, self.at.length)]), repeats=True))
        if self.at.squares:
            found.append(Stage(self._squared()))
        parts = (self.at.squares, self.whole.chains) if self.at.squares else (0, 0)
        verdict: Instruction = ("judge", self.at.gradients, self.at.length, *parts) if self.at.gradients else ("judge_loss",)
        found.append(Stage([[(verdict, Origin("", "judge", "update", ()))]], checked=True))
        if self.update.scalars:
            found.append(Stage([self._begun()]))
        if self.update.sums:
            found.append(Stage(self._measured()))
        chains = self._updated()
        for turn, instructions in enumerate(update_lists):
            chains[turn % len(chains)] += instructions
        averaging = self.rule.averaging
        if averaging is not None:
            words = (int(averaging.kind == "swa"), averaging.start, averaging.every, int(averaging.unit == "epochs"))
            chains[0].append((("average_begin", *words), Origin("", "average", "update", ())))
        found.append(Stage(chains))
        if self.penalty is not None and "whole" in self.penalty.places:
            found.append(Stage(self._constrained()))
        limited = self._limited()
        if any(limited):
            found.append(Stage(limited))
        if averaging is not None:
            found.append(Stage(self._over("average", self.at.averages)))
        return found

    def _empty(self) -> Chains:
        return [[] for _ in range(self.whole.chains)]

    def _over(self, what: str, runs: Sequence[tuple[int, int, int]]) -> Chains:
        """A kernel over pairs of runs, each split over the chains."""
        kernel = {"gather": "gather_gradient", "average": "average"}[what]
        chains = self._empty()
        for one, other, n in runs:
            for piece, (a, b) in enumerate(self.whole.split(n, 16)):
                chains[piece].append(((kernel, one + a, other + a, b - a), Origin("", what, "update", ())))
        return chains

    def _pieces(self, run: Run) -> list[tuple[int, int]]:
        return [(run.first + a, b - a) for a, b in self.whole.split(run.end - run.first, 16)]

    def _sums(self, number: int) -> int:
        return self.at.sums + 16 * self.whole.chains * number

    def _measured(self) -> Chains:
        chains, turns = self._empty(), Turns(self.whole.chains)
        for number, run in enumerate(self.runs):
            pieces = self._pieces(run)
            for piece, ((at, n), turn) in enumerate(zip(pieces, turns.take(len(pieces)), strict=True)):
                offset = at - self.at.parameters
                slots, sums = [slot + offset for slot in self.at.slots], self._sums(number) + 16 * piece
                made = self.update.measure(
                    at, self.at.gradients + offset, slots, n, self.knobs, run.decay_factor, self.coupled, sums, run.begun
                )
                chain = chains[turn]
                chain += self._penalised("before", at, self.at.gradients + offset, n, run)
                chain.append((made, Origin(run.owner, self.update.id, "update", ())))
        return chains

    def _squared(self) -> Chains:
        """Squares of the gradient, summed where its pieces were made."""
        chains, turns = self._empty(), Turns(self.whole.chains)
        origin = Origin("", "judge", "update", ())
        for p in self.at.ordered:
            if p.value in self.at.squared and self.rule.accumulate == 1:
                first, copies, apart = self.at.squared[p.value]
                for turn in range(copies):
                    words = (first + turn * apart, self.at.squares + 16 * turn, int(bool(chains[turn])))
                    chains[turn].append((("add_sums", *words), origin))
                continue
            at = self.at.gradients + self.at.parameter_at[p.value] - self.at.parameters
            pieces = self.whole.split(aligned(self.graph.values[p.value].type.count), 16)
            for turn, (a, b) in zip(turns.take(len(pieces)), pieces, strict=True):
                made: Instruction = ("add_squares", at + a, b - a, self.at.squares + 16 * turn, int(bool(chains[turn])))
                chains[turn].append((made, origin))
        return chains

    def _begun(self) -> list[tuple[Instruction, Origin]]:
        """The numbers of every layer that is trained, brought forward."""
        own = dict.fromkeys((run.scalars, run.begun) for run in self.runs)
        origin = Origin("", self.update.id, "update", ())
        return [(self.update.begin(scalars, self.knobs, begun), origin) for scalars, begun in own]

    def _updated(self) -> Chains:
        """The update of every run. Backwards: what the next step reads first is updated last and lies in the nearer caches then."""
        chains, turns = self._empty(), Turns(self.whole.chains)
        for number, run in reversed([*enumerate(self.runs)]):
            pieces = self._pieces(run)
            for (at, n), turn in zip(pieces, turns.take(len(pieces)), strict=True):
                gradient = self.at.gradients + at - self.at.parameters
                chain = chains[turn]
                if not self.update.sums:  # else it came before the sums
                    chain += self._penalised("before", at, gradient, n, run)
                made = self.update.instruction(
                    at,
                    gradient,
                    [slot + at - self.at.parameters for slot in self.at.slots],
                    n,
                    RATE_NOW,
                    run.rate_factor,
                    self.knobs,
                    decay_factor=run.decay_factor,
                    penalty=self.coupled,
                    scalars=run.scalars,
                    sums=(self._sums(number), len(pieces)),
                    begun=run.begun,
                )
                chain.append((made, Origin(run.owner, self.update.id, "update", ())))
                chain += self._penalised("after", at, gradient, n, run)
        return chains

    def _penalised(self, place: str, at: int, gradient: int, n: int, run: Run) -> list[tuple[Instruction, Origin]]:
        if self.penalty is None or place not in self.penalty.places or run.decay_factor == CONSTANT_ZERO:
            return []
        rate = (RATE_NOW, run.rate_factor)
        made = self.penalty.instruction(place, at, gradient, n, rate, self.penalty_knobs, run.decay_factor)
        return [(made, Origin(run.owner, self.penalty.id, "update", ()))]

    def _constrained(self) -> Chains:
        assert self.penalty is not None
        chains, turn = self._empty(), 0
        for p in self.at.ordered:
            shape = self.graph.values[p.value].type.shape
            if p.owner in self.rule.frozen or not p.decays or len(shape) < 2:
                continue
            if p.unit_axis == -2:
                turn = self._over_rows(chains, turn, p, self.penalty, self.penalty_knobs)
                continue
            rows = self.graph.values[p.value].type.count // shape[-1]
            for first, last in self.whole.split(shape[-1], 16):
                made = self.penalty.whole(self.at.parameter_at[p.value], rows, shape[-1], first, last, self.penalty_knobs)
                chains[turn % len(chains)].append((made, Origin(p.owner, self.penalty.id, "update", ())))
                turn += 1
        return chains

    def _limited(self) -> Chains:
        """The rows of parameters with a limit of their own."""
        chains, turn = self._empty(), 0
        for p in self.at.ordered:
            name = f"{p.owner}.{p.row_limit}"
            if p.row_limit and name in self.names and p.owner not in self.rule.frozen:
                turn = self._over_rows(chains, turn, p, ops.penalty("max_norm"), {"limit": self.names[name]})
        return chains

    def _over_rows(self, chains: Chains, turn: int, p: Parameter, rule: Penalty, knobs: Mapping[str, int]) -> int:
        """A constraint on every row of a parameter, from the chain of that turn on; the next turn."""
        *outer, rows, columns = self.graph.values[p.value].type.shape
        for first, last in self.whole.split(rows, 1):
            at = self.at.parameter_at[p.value]
            made = rule.rows(at, math.prod(outer), rows, columns, p.unit_groups, first, last, knobs)
            chains[turn % len(chains)].append((made, Origin(p.owner, rule.id, "update", ())))
            turn += 1
        return turn

    def _runs(self) -> list[Run]:
        runs: list[Run] = []
        for p in self.at.ordered:
            if p.owner in self.rule.frozen:
                continue
            at = self.at.parameter_at[p.value]
            end = at + aligned(self.graph.values[p.value].type.count)
            rate = self.names.get(f"{p.owner}:rate_factor", CONSTANT_ONE)
            decay = self.names.get(f"{p.owner}:decay_factor", CONSTANT_ONE) if p.decays else CONSTANT_ZERO
            made = Run(at, end, rate, decay, p.owner, self.at.scalars.get(p.owner, ()), self.at.begun.get(p.owner, 0))
            last = runs[-1] if runs and not self.update.sums else None
            alike = dataclasses.replace(made, first=last.first, end=last.end, owner=last.owner) if last is not None else None
            if last is not None and last.end == at and last == alike:
                runs[-1] = dataclasses.replace(last, end=end, owner="")
            else:
                runs.append(made)
        return runs
