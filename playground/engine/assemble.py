"""One program of a plan: emit tasks, schedule them, place storage, and make the instructions of every frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from playground.engine import ops
from playground.engine.bookends import emit_outputs, emit_samples
from playground.engine.emit import Emit, Frame, Instruction, Ref, Task, sweep
from playground.engine.frames import Addresses, RowFrame, WholeFrame
from playground.engine.graph import TENSORS, OpNode
from playground.engine.program import Origin, Program, Stage, freeze
from playground.engine.schedule import Level, Segment, Turns, schedule
from playground.engine.simplify import Simplified
from playground.engine.storage import Part, Roots, Storage


class Assembly:
    """Everything about one program except where its memory begins."""

    def __init__(
        self, simple: Simplified, parts: tuple[Part, ...], *, training: bool, keep: bool = False, host: Assembly | None = None
    ) -> None:
        self.simple, self.parts, self.training = simple, parts, training
        needs = simple.needs if training else frozenset()
        batch = sum(part.cap for part in parts)
        self.emit = Emit(simple.graph, training=training, needs=needs, masks=simple.masks, batch=batch, chains=len(parts))
        self.emit.handed = simple.handed
        self.emit.by_features = self._by_features()
        emit_samples(self.emit, simple.graph)
        self._forward()
        if training:
            self._backward()
        else:
            emit_outputs(self.emit, simple.graph)
        early, self.updates = schedule(self.emit.tasks, Roots(simple))
        late, _ = schedule(self.emit.tasks, Roots(simple), late=True)
        ways = [early] if late == early else [early, late]
        # what needs less memory also uses activations soon after they are made
        places = [self._placed(levels, keep, None if host is None else host.storage) for levels in ways]
        least = min(range(len(ways)), key=lambda at: places[at].static_total + places[at].pool_total)
        self.levels: list[Level] = ways[least]
        self.storage: Storage = places[least]

    def _placed(self, levels: list[Level], keep: bool, host: Storage | None) -> Storage:
        until_update = [*levels, Level((), tuple(self.updates))] if self.updates else levels
        return Storage(self.simple, self.emit, until_update, self.parts, keep=keep, host=host)

    def _by_features(self) -> OpNode | None:
        """The only node that reads the input, if it would rather take it by features."""
        x, graph, root = self.simple.graph.input, self.simple.graph, self.simple.root
        place = self.simple.places[x]
        users = [
            node
            for node in graph.nodes
            if not self.simple.is_view(node) and any(root.get(value, value) == x for value in node.inputs)
        ]
        outside = any(root.get(output, output) == x for output in graph.outputs)
        if len(users) != 1 or outside or place.step != place.count:
            return None
        return users[0] if ops.find(users[0].op).takes_features(self.emit, users[0]) else None

    def _forward(self) -> None:
        for node in self.simple.graph.nodes:
            if not self.simple.is_view(node):
                self.emit.at_node(node, "forward")
                ops.find(node.op).forward(self.emit, node)

    def _backward(self) -> None:
        for node in reversed(self.simple.graph.nodes):
            rule = ops.find(node.op)
            if rule.is_loss or not self.simple.needs.intersection(node.outputs):
                continue
            if rule.is_view and self.simple.is_gradient_view(node):
                self.emit.begin(Ref("gradient", node.inputs[0]))
                continue
            self.emit.at_node(node, "backward")
            if node.output in self.simple.unmasked:
                _mask_in_place(self.emit, node)
            rule.backward(self.emit, node)

    def program(self, fixed: Addresses, tail: Callable[[WholeFrame], Iterable[Stage]]) -> Program:
        """The frozen program. tail: stages after the levels (verdict, update)."""
        part_frames = tuple(
            RowFrame(self.storage, fixed, chain, part.start, part.cap, True, chain, False)
            for chain, part in enumerate(self.parts)
        )
        whole = WholeFrame(self.storage, fixed, part_frames)
        stages = [self._stage(level, fixed, whole) for level in self.levels]
        return freeze([*stages, *tail(whole)])

    def update_lists(self, whole: WholeFrame) -> list[list[tuple[Instruction, Origin]]]:
        """The instructions of the update tasks, as independent lists."""
        return [
            self._labelled(instructions, task, whole.parts[0])
            for task in self.updates
            for instructions in _lists(task.make(whole))
        ]

    def _stage(self, level: Level, fixed: Addresses, whole: WholeFrame) -> Stage:
        chains: list[list[tuple[Instruction, Origin]]] = [[] for _ in self.parts]
        for chain in range(len(self.parts)):
            for segment in level.segments:
                chains[chain] += self._segment(segment, chain, fixed, whole.parts[chain])
        turns = Turns(len(chains))
        for task in level.whole:
            lists = _lists(task.make(whole))
            frame = whole.rows_at_once if task.kind == "features" else whole.parts[0]
            for chain, instructions in zip(turns.take(len(lists)), lists, strict=True):
                chains[chain] += self._labelled(instructions, task, frame)
        return Stage(chains)

    def _segment(self, segment: Segment, chain: int, fixed: Addresses, part: RowFrame) -> list[tuple[Instruction, Origin]]:
        frames = [part]
        if segment.grain == "block":
            before = sum(len(p.blocks) for p in self.parts[:chain])
            frames = [
                RowFrame(self.storage, fixed, chain, start, cap, number == 0, before + number, True)
                for number, (start, cap) in enumerate(self.parts[chain].blocks)
            ]
        found = []
        for frame in frames:
            for task in segment.tasks:
                found += self._labelled(_list(task.make(frame)), task, frame)
        return found

    def _labelled(self, instructions: list[Instruction], task: Task, frame: RowFrame) -> list[tuple[Instruction, Origin]]:
        spans = tuple(
            self._span(ref, frame, task.kind in ("rows", "features")) for ref in task.writes if ref.role in ("value", "gradient")
        )
        origin = Origin(task.owner, task.op, task.direction, spans)
        return [(instruction, origin) for instruction in instructions]

    def _span(self, ref: Ref, frame: RowFrame, by_rows: bool) -> tuple[int, int, int, int, int, int]:
        value = self.simple.graph.values[ref.index]
        if value.kind in (*TENSORS, "scalar"):
            return (frame.at(ref), 1, 0, 1, value.type.count, 0)
        place = frame.place(ref)
        return (frame.at(ref), frame.cap if by_rows else 0, place.step, place.lines, place.length, place.pitch)


def _mask_in_place(e: Emit, node: OpNode) -> None:
    """Where a folded ReLU's gradient arrives unmasked: mask it before the op reads it."""
    y, dy = e.value(node.output), e.upstream(node)

    def make(f: Frame) -> list[Instruction]:
        return [("relu_mask", *sweep(f, y, dy))]

    e.rows(make, reads=[y], writes=[dy])


def _lists(made: object) -> list[list[Instruction]]:
    assert isinstance(made, list)
    return made


def _list(made: object) -> list[Instruction]:
    assert isinstance(made, list)
    return made
