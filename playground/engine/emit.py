"""Emission: ops turn graph nodes into tasks; the plan turns tasks into stages, chains and words.

A *row task* works on some rows of the batch and touches only those rows of the sample values it names: it runs once for every
frame (a block or a part of the batch), depth first along its chain. A *whole task* needs all rows at once (a weight gradient,
batch statistics): it begins after every row task it reads from and may be split into independent lists, one for each chain.
A *task by features* is a whole task in as many lists as there are chains, the n-th of which touches only the n-th range of the
features of what such a task before it has made; so its lists follow those of that task without waiting for one another.
An *update task* runs after the verdict, so a step that is not finite changes nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol

from playground.engine.graph import Graph, OpNode


@dataclasses.dataclass(frozen=True)
class Rows:
    """A word that follows the rows in use: scale × clip(rows − start, 0, cap)."""

    start: int
    cap: int
    scale: int = 1

    def __mul__(self, factor: int) -> Rows:
        return Rows(self.start, self.cap, self.scale * factor)

    __rmul__ = __mul__

    @property
    def full(self) -> int:
        """Its value for a full batch."""
        return self.cap * self.scale


Word = int | Rows
#: Kernel name and words.
Instruction = tuple[str | Word, ...]


@dataclasses.dataclass(frozen=True)
class Ref:
    """Storage: a value of the graph, its gradient, a partial result, or what a sample's forward pass leaves to its backward pass.

    role: "value", "gradient", "partial" or "kept".
    """

    role: str
    index: int


@dataclasses.dataclass(frozen=True)
class Place:
    """How one sample of a value lies in memory, in numbers (float32).

    Images lie as height × width × channels with `halo` = (rows, columns) of zeros on each side; `at` always means the first
    interior number. pitch: from one image row to the next; step: from one sample to the next. Other values have one line.
    """

    count: int
    step: int
    lines: int
    length: int
    pitch: int
    channels: int
    halo: tuple[int, int] = (0, 0)

    @property
    def dense(self) -> bool:
        """Samples follow one another without gaps."""
        return self.step == self.count


class Frame(Protocol):
    """Some rows of the batch on one chain. first: the chain's first frame in the step; r0: its first row's place in the batch."""

    chain: int
    first: bool
    r0: int
    rows: Rows

    def at(self, ref: Ref) -> int:
        """F index of the first interior number of the frame's first row; for parameters, of the tensor."""

    def place(self, ref: Ref) -> Place: ...

    def partial(self, ref: Ref) -> int:
        """F index of this chain's (or block's) copy of a partial result."""

    def scratch(self) -> int:
        """F index of this chain's scratch, as large as the largest request; its contents last for one task."""


class Whole(Protocol):
    """All rows of the batch. chains: how many lists of instructions may run side by side."""

    chains: int
    rows: Rows
    parts: tuple[Frame, ...]

    def at(self, ref: Ref) -> int: ...

    def place(self, ref: Ref) -> Place: ...

    def partials(self, ref: Ref) -> tuple[int, int, int]:
        """(F index of the first copy, number of copies, numbers from one to the next)."""

    def rooms(self, lists: int) -> list[int]:
        """Scratch for each of so many lists; 0, none, where they are fewer than the chains, because then they run on any of them."""

    def split(self, n: int, grain: int = 8) -> list[tuple[int, int]]:
        """At most `chains` ranges of n in multiples of grain."""


@dataclasses.dataclass(frozen=True)
class Task:
    """One unit of work. kind: "rows", "whole", "features" or "update"; grain (row tasks): "block", "part" or "any"."""

    kind: str
    make: Callable[..., object]
    reads: tuple[Ref, ...]
    writes: tuple[Ref, ...]
    grain: str
    owner: str
    op: str
    direction: str


@dataclasses.dataclass(frozen=True)
class Partial:
    """A partial result: `floats` numbers for each chain or each block. lasting: kept until the next step, and zeros before the first."""

    floats: int
    per: str
    lasting: bool = False


def full(word: Word) -> int:
    """A word's value for a full batch."""
    return word.full if isinstance(word, Rows) else word


class Emit:
    """What an op's `forward` and `backward` emit into. training: False for evaluation and prediction; batch: rows of a full batch."""

    def __init__(
        self, graph: Graph, *, training: bool, needs: frozenset[int], masks: dict[int, bool], batch: int = 0, chains: int = 1
    ) -> None:
        self.graph = graph
        self.training = training
        self.batch, self.chains = batch, chains
        #: The node that takes the samples by features; None: they are taken by rows.
        self.by_features: OpNode | None = None
        #: (node index, input) for inputs whose gradient lies where that of the output does.
        self.handed: frozenset[tuple[int, int]] = frozenset()
        #: Partial results that a backward emission takes over from the forward one, by (node index, name).
        self.kept: dict[tuple[int, str], Ref] = {}
        self.tasks: list[Task] = []
        self.partial_results: list[Partial] = []
        #: By parameter, the partial result whose copies hold the sum of squares of its gradient (see `squares`).
        self.squared: dict[int, Ref] = {}
        #: Numbers of a sample that each "kept" reference stands for.
        self.kept_numbers: list[int] = []
        self._left: dict[int, Ref] = {}
        self.scratch_floats = 0
        self._needs = needs
        self._masks = masks
        self._begun: set[Ref] = set()
        self._node: OpNode | None = None
        self._direction = "forward"

    def at_node(self, node: OpNode, direction: str) -> None:
        """What follows belongs to this op."""
        self._node, self._direction = node, direction

    def value(self, index: int) -> Ref:
        return Ref("value", index)

    def gradient(self, index: int) -> Ref | None:
        """Where the gradient of a value lies, or None when nothing needs it."""
        return Ref("gradient", index) if index in self._needs else None

    def upstream(self, node: OpNode) -> Ref:
        """Where the gradient of an op's main output lies. Its backward is only called when one of its outputs has a gradient; an op
        of several outputs asks for each by `gradient`."""
        return Ref("gradient", node.output)

    def begin(self, ref: Ref) -> bool:
        """True for the first writer of a gradient, which starts from zero (overwrites); later writers add."""
        first = ref not in self._begun
        self._begun.add(ref)
        return first

    def hands_on(self, node: OpNode, index: int) -> bool:
        """Whether the gradient of this input is there already, because that of the output lies in the same place."""
        if (node.index, index) not in self.handed:
            return False
        self._begun.add(Ref("gradient", index))
        return True

    def mask(self, index: int) -> Ref | None:
        """The value whose positive places let its gradient through, when the writer of that gradient has to apply a ReLU's mask."""
        return Ref("value", index) if self._masks.get(index) else None

    def partial(self, floats: int, per: str = "chain", *, lasting: bool = False) -> Ref:
        """A partial result for each chain or "block"; read it in a whole task by `partials`. lasting: the next step finds it as it was."""
        self.partial_results.append(Partial(floats, per, lasting))
        return Ref("partial", len(self.partial_results) - 1)

    def squares(self, parameter: int) -> Ref | None:
        """Where the op that writes the gradient of a parameter leaves the sum of its squares: in 16 numbers for each chain.

        None where it does not write all of it, because another node reads the parameter too, and for other values; then the end of the
        step adds them up, if anything does."""
        readers = sum(node.inputs.count(parameter) for node in self.graph.nodes)
        if self.graph.values[parameter].kind != "parameter" or readers != 1:
            return None
        self.squared[parameter] = self.partial(16, lasting=True)
        return self.squared[parameter]

    def keep(self, node: OpNode, numbers: int) -> Ref:
        """Numbers of every sample that the forward emission of an op leaves to the backward one, which finds them by `left`."""
        self.kept_numbers.append(numbers)
        self._left[node.index] = Ref("kept", len(self.kept_numbers) - 1)
        return self._left[node.index]

    def left(self, node: OpNode) -> Ref | None:
        """What `keep` was asked for, if it was."""
        return self._left.get(node.index)

    def scratch(self, floats: int) -> None:
        """Ask for at least so much scratch on every chain."""
        self.scratch_floats = max(self.scratch_floats, floats)

    def rows(
        self, make: Callable[[Frame], list[Instruction]], reads: Sequence[Ref], writes: Sequence[Ref], grain: str = "any"
    ) -> None:
        """A row task: `make` gives a frame's instructions."""
        self._add("rows", make, reads, writes, grain)

    def whole(self, make: Callable[[Whole], list[list[Instruction]]], reads: Sequence[Ref], writes: Sequence[Ref]) -> None:
        """A whole task: `make` gives at most `chains` independent lists of instructions."""
        self._add("whole", make, reads, writes, "any")

    def features(self, make: Callable[[Whole], list[list[Instruction]]], reads: Sequence[Ref], writes: Sequence[Ref]) -> None:
        """A task by features: `make` gives a list for every chain."""
        self._add("features", make, reads, writes, "any")

    def update(self, make: Callable[[Whole], list[list[Instruction]]], reads: Sequence[Ref], writes: Sequence[Ref]) -> None:
        """A whole task that changes the state: it runs after the verdict."""
        self._add("update", make, reads, writes, "any")

    def _add(self, kind: str, make: Callable[..., object], reads: Sequence[Ref], writes: Sequence[Ref], grain: str) -> None:
        assert self._node is not None
        self.tasks.append(Task(kind, make, tuple(reads), tuple(writes), grain, self._node.owner, self._node.op, self._direction))


def sweep(frame: Frame, *refs: Ref) -> list[Word]:
    """Words with which an elementwise kernel walks operands of equal shape.

    samples lines length, then for each operand: at line-step sample-step. Operands without gaps become one line of all rows.
    """
    places = [frame.place(ref) for ref in refs]
    words: list[Word]
    if all(p.dense for p in places):
        words = [1, 1, frame.rows * places[0].count]
    else:
        image = next(p for p in places if not p.dense)
        words = [frame.rows, image.lines, image.length]
    for ref, p in zip(refs, places, strict=True):
        words += [frame.at(ref), p.pitch, p.step]
    return words
