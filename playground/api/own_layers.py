"""The gate in front of the palette: a formula of one's own is judged before it is kept, and a refusal says what failed and where.

Four checks, in order: the formula can be read; its value is finite and its derivative agrees with central differences in float64
at 0, at both sides of it, up to ±10,000 and at random points; the compiled kernels give the same values and gradients as float64
NumPy on shapes that are odd, of one number, masked, and images with a halo; a training step of it takes no longer than that of
`MOST_RELUS` ReLUs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from playground.core import registry
from playground.core.expression import Formula, FormulaError, derivative, parse, value
from playground.core.tensor import TensorType, Value
from playground.document.own_layers import OwnLayer, add_own_layer, checked_name
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.errors import PlaygroundError
from playground.words import sentence

MOST_RELUS = 100.0
#: Where every formula is tried, besides random points.
POINTS = (0.0, *(sign * size for size in (1e-3, 0.1, 0.5, 1.0, 2.0, 3.0, 10.0, 30.0, 100.0, 1e3, 1e4) for sign in (1.0, -1.0)))
RANDOM_POINTS = 400
FEATURES, BATCH = 4, 3
#: Size of the inputs that must not overflow inside the formula.
LARGE = 1e4


class FormulaRefused(PlaygroundError):
    """A formula did not pass. check: "formula", "derivative", "shapes" or "time"."""

    def __init__(self, check: str, text: str) -> None:
        super().__init__(text)
        self.check = check


@dataclasses.dataclass(frozen=True)
class Judged:
    """A formula that passed. points: where its derivative was compared; shapes: how many; relus: its time in ReLUs' times."""

    formula: str
    points: int
    shapes: int
    relus: float

    def sentence(self) -> str:
        return sentence(
            "Derivative right at {points} points, {shapes} shapes right, {relus} times the time of a ReLU.",
            points=f"{self.points:,}",
            shapes=self.shapes,
            relus=f"{self.relus:.1f}",
        )


def add_to_palette(name: str, text: str) -> tuple[OwnLayer, Judged]:
    """Judge a formula and keep it under a name. Raises FormulaRefused, or BadValue for the name."""
    name = checked_name(name)
    judged = judge(text)
    return add_own_layer(name, text), judged


def judge(text: str) -> Judged:
    """Put a formula through the gate. Raises FormulaRefused with the first check that failed and the input that broke it."""
    try:
        formula = parse(text)
    except FormulaError as error:
        raise FormulaRefused("formula", str(error)) from error
    points = check_derivative(formula)
    shapes = 0
    for name, graph in _graphs(formula):
        check_shape(formula, name, graph)
        shapes += 1
    relus = time_in_relus(formula)
    if relus > MOST_RELUS:
        raise FormulaRefused(
            "time",
            sentence(
                "It takes {relus} times as long as a ReLU; at most {most_relus} times is let in.",
                relus=f"{relus:.0f}",
                most_relus=f"{MOST_RELUS:.0f}",
            ),
        )
    return Judged(formula.text, points, shapes, relus)


# ---------------------------------------------------------------------------------------------------------------- derivative


def check_derivative(formula: Formula) -> int:
    """Compare every derivative with differences; gives how many points were compared. Raises FormulaRefused.

    A pole of a learned number may be exactly where it starts, so that is looked at besides points around it.
    """
    names = (*formula.inputs, *(one.name for one in formula.learned))
    at = _points(formula)
    count = len(at["x"])
    start = at | {one.name: np.full(count, one.start) for one in formula.learned}
    slopes = {name: derivative(formula.body, name) for name in names}
    for place in (start, at):
        _finite(np.broadcast_to(value(formula.body, place), count), place, sentence("the formula"))
    compared = 0
    for name, slope in slopes.items():
        for place in (start, at):
            found = np.broadcast_to(value(slope, place), count)
            _finite(found, place, sentence("the derivative by {name}", name=name))
        compared += _compare(formula, name, found, at)
    return compared


def _points(formula: Formula) -> dict[str, np.ndarray]:
    """Where to try: `POINTS` for each input with the others at rest, and random points; learned numbers near where they start."""
    rng = np.random.default_rng(20)
    fixed = np.array(POINTS)
    columns: dict[str, list[np.ndarray]] = {name: [] for name in formula.inputs}
    for moving in formula.inputs:
        for name in formula.inputs:
            columns[name].append(fixed if name == moving else rng.normal(size=len(fixed)))
    for spread in (1.0, 10.0):
        for name in formula.inputs:
            columns[name].append(spread * rng.normal(size=RANDOM_POINTS // 2))
    at = {name: np.concatenate(parts) for name, parts in columns.items()}
    count = len(at["x"])
    for one in formula.learned:
        at[one.name] = one.start + 0.1 * max(abs(one.start), 1.0) * rng.uniform(-1.0, 1.0, size=count)
    return at


def _finite(y: np.ndarray, at: dict[str, np.ndarray], what: str) -> None:
    bad = np.flatnonzero(~np.isfinite(y) | (np.abs(y) > np.finfo(np.float32).max))
    if len(bad):
        raise FormulaRefused(
            "derivative",
            sentence(
                "At {named} {what} is {y}, which no layer can pass on.",
                named=_named(at, int(bad[0])),
                what=what,
                y=f"{y[bad[0]]:g}",
            ),
        )


def _named(at: dict[str, np.ndarray], index: int) -> str:
    return ", ".join(f"{name} = {column[index]:.6g}" for name, column in at.items())


def _compare(formula: Formula, name: str, slope: np.ndarray, at: dict[str, np.ndarray]) -> int:
    """The derivative must lie between the slopes to both sides, which differ at a corner; at a jump there is nothing to compare.

    A formula that bends within the wider step is judged by the narrower one.
    """
    wide, narrow = (_sides(formula, name, slope, at, step) for step in (1e-6, 1e-8))
    jumps = wide[2] | narrow[2]
    wrong = np.flatnonzero(~jumps & (np.abs(slope - wide[0]) > wide[1]) & (np.abs(slope - narrow[0]) > narrow[1]))
    if len(wrong):
        i = int(wrong[0])
        told = sentence(
            "the derivative by {name} is {slope}, differences give {wide}",
            name=name,
            slope=f"{slope[i]:.6g}",
            wide=f"{wide[0][i]:.6g}",
        )
        raise FormulaRefused("derivative", sentence("At {named} {told}.", named=_named(at, i), told=told))
    return int(np.sum(~jumps))


def _sides(formula: Formula, name: str, slope: np.ndarray, at: dict[str, np.ndarray], step: float) -> tuple[np.ndarray, ...]:
    """Middle of the slopes to both sides, how far from it the derivative may lie, and where there is a jump."""

    def shifted(by: np.ndarray) -> np.ndarray:
        return np.broadcast_to(value(formula.body, {**at, name: at[name] + by}), slope.shape)

    size = np.maximum(np.abs(at[name]), 1.0)
    middle, sides, jumps = shifted(0.0 * size), [], np.zeros(slope.shape, bool)
    for sign in (1.0, -1.0):
        far, near = (shifted(sign * times * step * size) - middle for times in (2.0, 1.0))
        sides.append((4.0 * near - far) / (2.0 * step * sign * size))  # of second order
        jumps |= (np.abs(near) > 0.75 * np.abs(far)) & (np.abs(near) > 1e3 * step * size)
    low, high = np.minimum(*sides), np.maximum(*sides)
    noise = 2e-16 * (np.abs(middle) + size) / (step * size)
    room = 0.5 * (high - low) + noise + 2e-3 * np.maximum(np.abs(slope), np.maximum(np.abs(low), np.abs(high)))
    return 0.5 * (low + high), room, jumps


# -------------------------------------------------------------------------------------------------------------------- shapes


def _spread(g: GraphBuilder, x: Value, shape: tuple[int, ...], name: str) -> Value:
    """A dense op from the features to a value of the given shape."""
    start = registry.find("initializer", "normal")(deviation=0.5)  # type: ignore[call-arg]
    count = TensorType(shape).count
    with g.of(name, None):
        y = g.op("dense", x, g.parameter("weight", (FEATURES, count), start, fan_in=FEATURES, fan_out=count))  # type: ignore[arg-type]
        return y if len(shape) == 1 else g.op("reshape", y, shape=shape)


def _graph(
    formula: Formula, shape: tuple[int, ...], around: Callable[[GraphBuilder, Value], Value], masked: bool = False
) -> Graph:
    """Features, spread over the inputs, the formula, what stands around it, and the squared distance to targets."""
    layer = registry.find("layer", "expression")(function=formula.text)  # type: ignore[call-arg]
    g = GraphBuilder()
    x = g.take_input(TensorType((FEATURES,)))
    inputs: list[Value | None] = []
    for name in ("x", "y", "z"):
        inputs.append(_spread(g, x, shape, f"spread_{name}") if name in formula.inputs else None)
    if masked:
        absent = g.constant("mask", np.zeros(shape[0], np.float32))
        inputs = [None if one is None else g.masked(one, absent) for one in inputs]
    with g.of("own", layer):
        y = layer.build(g, *inputs)  # type: ignore[attr-defined]
    with g.of("after", None):
        y = around(g, y)
    with g.of("loss", None):
        return g.finish(y, g.op("mean_squared_error", y, g.take_target(y.type)))


def _convolved(g: GraphBuilder, y: Value) -> Value:
    """A padded convolution, which asks for a halo around what it reads."""
    start = registry.find("initializer", "normal")(deviation=0.5)  # type: ignore[call-arg]
    kernel = g.parameter("kernel", (3, 3, y.shape[-1], 2), start, fan_in=9, fan_out=9)  # type: ignore[arg-type]
    return g.op("conv2d", y, kernel, stride=(1, 1), padding=(1, 1, 1, 1))


def _graphs(formula: Formula) -> Iterator[tuple[str, Graph]]:
    """Graphs of every shape that is tried, with names for sentences."""
    for shape in ((1,), (5,), (16,), (33,), (3, 7), (1, 1, 1), (5, 3, 2), (2, 1, 19)):
        yield sentence("the shape {tensortype}", tensortype=TensorType(shape)), _graph(formula, shape, lambda g, y: y)
    yield sentence("steps of which none is present"), _graph(formula, (4, 3), lambda g, y: y, masked=True)
    yield sentence("an image of 5×7×3 with a halo"), _graph(formula, (5, 7, 3), _convolved)


def _evaluated(graph: Graph, x: np.ndarray, target: np.ndarray, tensors: dict[str, np.ndarray]) -> dict[int, np.ndarray]:
    """Every value in float64, by index."""
    held: dict[int, np.ndarray] = {graph.input: x.astype(np.float64), graph.columns[0]: target.astype(np.float64)}
    held |= {p.value: tensors[p.name] for p in graph.parameters}
    held |= {c.value: np.asarray(c.array, np.float64) for c in graph.constants}
    for node in graph.nodes:
        given = ops.find(node.op).results([held[i] for i in node.inputs], node.attributes, training=True)
        held |= dict(zip(node.outputs, given, strict=True))
    return held


def check_shape(formula: Formula, name: str, graph: Graph) -> None:
    """Values and gradients of the compiled kernels against float64. Raises FormulaRefused."""
    rng = np.random.default_rng(21)
    x = rng.normal(size=(BATCH, FEATURES)).astype(np.float32)
    target = rng.normal(size=(BATCH, *graph.values[graph.output].type.shape)).astype(np.float32)
    rule = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})
    machine = Machine(plan_network(graph, batch=BATCH, update=rule, samples={"train": BATCH, "validation": BATCH}), shuffle=False)
    machine.initialise(3)
    machine.load("train", x, target)
    tensors = {key: tensor.astype(np.float64) for key, tensor in machine.parameters().items()}
    expected = _evaluated(graph, x, target, tensors)[graph.output]
    found = machine.predict(x[: BATCH - 1])  # fewer rows than a batch has
    room = 1e-3 * np.abs(expected[: BATCH - 1]) + 1e-4 * max(float(np.abs(expected).max()), 1e-3)
    wrong = np.argwhere(~(np.abs(found - expected[: BATCH - 1]) <= room))
    if len(wrong):
        place = tuple(int(i) for i in wrong[0])
        raise FormulaRefused(
            "shapes",
            sentence(
                "With {name} it gives {found}; {expected} is right.",
                name=name,
                found=f"{found[place]:.6g}",
                expected=f"{expected[place]:.6g}",
            ),
        )
    far = machine.predict(LARGE * x)
    if not np.isfinite(far).all() and np.isfinite(_evaluated(graph, LARGE * x, target, tensors)[graph.output]).all():
        raise FormulaRefused(
            "shapes",
            sentence(
                "With {name} and inputs around {large} it goes beyond what float32 holds on its way.",
                name=name,
                large=f"{LARGE:,.0f}",
            ),
        )
    if machine.run(1).status != "done":
        raise FormulaRefused("shapes", sentence("With {name} a training step gives numbers that are not finite.", name=name))
    assert graph.loss is not None
    for key, gradient in machine.gradients().items():
        direction = rng.normal(size=gradient.shape)
        ends = []
        for step in (1e-6, -1e-6):
            moved = {**tensors, key: tensors[key] + step * direction}
            ends.append(float(_evaluated(graph, x, target, moved)[graph.loss]))
        right, given = (ends[0] - ends[1]) / 2e-6, float((gradient * direction).sum())
        if not abs(given - right) <= 2e-3 * abs(right) + 1e-3 * float(np.abs(gradient * direction).sum()) + 1e-5:
            raise FormulaRefused(
                "shapes",
                sentence(
                    "With {name} the gradient of {key} is {given}; differences give {right}.",
                    name=name,
                    key=key,
                    given=f"{given:.6g}",
                    right=f"{right:.6g}",
                ),
            )


# ---------------------------------------------------------------------------------------------------------------------- time


def time_in_relus(formula: Formula, count: int = 4096) -> float:
    """The time of its instructions in a training step, as a multiple of a ReLU's on the same shape."""
    shape = (16, 16, count // 256)
    graph = _graph(formula, shape, lambda g, y: g.op("relu", y))
    rng = np.random.default_rng(22)
    rule = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})
    machine = Machine(plan_network(graph, batch=16, update=rule, samples={"train": 16}), shuffle=False)
    machine.initialise(3)
    machine.load("train", rng.normal(size=(16, FEATURES)), rng.normal(size=(16, *shape)))
    taken: dict[str, float] = {}
    for owner, _, _, seconds in machine.time_instructions(5):
        taken[owner] = taken.get(owner, 0.0) + seconds
    return taken["own"] / max(taken["after"], 1e-9)
