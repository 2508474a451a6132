"""What explains a catalogue record at a glance, computed from the record itself: a curve, a histogram, or what an output can see."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.fields import fields_of
from playground.core.spec import Initializer, Layer, Loss, Penalty, Schedule, Spec
from playground.core.tensor import TensorType, Value
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph, Knob
from playground.errors import ShapeError
from playground.lowering.facts import NODE, built
from playground.words import joined, sentence

Array = npt.NDArray[np.floating]

SHARE = 0.5  # rate times the strongest strength of a penalty that is shown: at usual ones no bend could be seen
STEPS = 1000  # of the run that a schedule is shown over
DRAWN = 128  # rows and columns of the matrix that an initializer is shown for
SIDE, LENGTH = 9, 11  # rows and columns of the image, steps of the sequence, whose influence is looked at
MORE_CHANNELS = (8, 16, 64)  # tried where a layer does not take as many as its first example has
SLIDING = ("Dense and convolution", "Pool and shape")
OVER_TIME = ("Sequence", "Attention")


@dataclasses.dataclass(frozen=True)
class Curves:
    """Lines over one axis. lines: (name, x, y)."""

    x_title: str
    y_title: str
    lines: tuple[tuple[str, Array, Array], ...]


@dataclasses.dataclass(frozen=True)
class Histogram:
    """Shares of numbers between edges. Shapes: edges (n + 1,), shares (n,)."""

    x_title: str
    edges: Array
    shares: Array
    words: str


@dataclasses.dataclass(frozen=True)
class Reach:
    """Which places of the input reach one place of the output. Shapes: influence (rows, columns), the largest is 1.

    outputs: rows and columns that come out.  place: the one looked at.  words: what is shown.
    """

    influence: Array
    outputs: tuple[int, int]
    place: tuple[int, int]
    words: str


Illustration = Curves | Histogram | Reach


def illustrate(spec: Spec) -> Illustration | None:
    """The picture of a record with its present settings; None where none would explain it."""
    match spec:
        case Schedule():
            return _schedule(spec)
        case Initializer():
            return _start(spec)
        case Loss():
            return _loss(spec)
        case Penalty():
            return _penalty(spec)
        case Layer():
            return _function(spec) or _reach(spec)
    return None


def _schedule(spec: Schedule) -> Curves:
    steps = np.arange(STEPS)
    return Curves(
        sentence("step of 1,000"),
        sentence("share of the rate"),
        (("rate", steps + 1.0, np.asarray(spec.factor(steps, STEPS), float)),),
    )


def _start(spec: Initializer) -> Histogram:
    rng = np.random.Generator(np.random.Philox(key=np.array([0, 0], np.uint64)))
    drawn = np.asarray(spec.draw(rng, (DRAWN, DRAWN), DRAWN, DRAWN), float)
    most = float(np.abs(drawn).max()) or 1.0
    counts, edges = np.histogram(drawn, bins=41, range=(-1.05 * most, 1.05 * most))
    words = sentence(
        "{drawn}×{drawn} weights: mean {mean}, spread {std}", drawn=DRAWN, mean=f"{drawn.mean():.2g}", std=f"{drawn.std():.2g}"
    )
    return Histogram(sentence("start value"), edges, counts / counts.sum(), words)


def _function(spec: Layer) -> Curves | None:
    """The function of one number that an activation is, and its slope by central differences."""
    x = np.linspace(-4.0, 4.0, 241)
    h = 1e-4
    found = [spec.curve(x + d) for d in (0.0, h, -h)]
    if any(y is None for y in found):
        return None
    y, above, below = (np.asarray(each, float) for each in found)
    return Curves("x", "y", (("y", x, y), ("slope", x, (above - below) / (2 * h))))


def _loss(spec: Loss) -> Curves:
    """The loss of one sample over what the network says of it."""
    m = np.linspace(-4.0, 4.0, 161)
    if spec.target == "values":
        return Curves(sentence("prediction − target"), "loss", (("loss", m, _losses(spec, m[:, None], np.zeros((len(m), 1)))),))
    if spec.target == "binary":
        lines = [(sentence("target {t}", t=t), m, _losses(spec, m[:, None], np.full((len(m), 1), float(t)))) for t in (1, 0)]
        return Curves("prediction", "loss", tuple(lines))
    share = np.linspace(0.01, 0.99, 99)
    rows = np.stack([share, 1 - share], axis=1)
    said = rows if spec.expects == "probabilities" else np.log(rows)
    if spec.target == "distribution":
        lines = [
            (sentence("target {t}", t=f"{t:g}"), share, _losses(spec, said, np.tile([t, 1 - t], (len(share), 1))))
            for t in (0.9, 0.5)
        ]
        return Curves(sentence("share of the first class"), "loss", tuple(lines))
    right = np.zeros(len(share), np.int64)
    if spec.expects in ("probabilities", "log_probabilities"):
        return Curves(sentence("share of the right class"), "loss", (("loss", share, _losses(spec, said, right)),))
    right = np.zeros(len(m), np.int64)
    return Curves(sentence("lead of the right class"), "loss", (("loss", m, _losses(spec, np.stack([m, 0 * m], axis=1), right)),))


def _penalty(spec: Penalty) -> Curves:
    """What a penalty makes of a weight in a step in which the loss asks nothing, or of the length of the weights into a unit."""
    numbers = {name: float(getattr(spec, name)) for name in fields_of(spec)}
    free = sentence("free")
    if spec.id == "none":
        w = np.linspace(-2.0, 2.0, 161)
        return Curves(sentence("weight before"), sentence("weight after"), ((free, w, w),))
    asked = ops.penalty(spec.id)
    if "whole" in asked.places:
        before = np.linspace(0.0, 2.0 * numbers["limit"], 161)
        after = before[None, :].copy()  # every column is a unit with one weight
        asked.reference(after, numbers, 1.0)
        lines = ((free, before, before), (sentence("bounded"), before, after[0]))
        title = sentence("length after, limit {limit}", limit=f"{numbers['limit']:g}")
        return Curves(sentence("length of the weights into a unit before"), title, lines)
    w = np.linspace(-2.0, 2.0, 161)
    strongest = max(numbers.values())
    rate = SHARE / strongest if strongest else 0.0
    after = asked.shrink(numbers, rate) * w - rate * asked.gradient(w, numbers)
    asked.reference(after, numbers, rate)
    stated = joined(
        sentence("rate × {name} = {share}", name=field.title(name).lower(), share=f"{rate * numbers[name]:.2g}")
        for name, field in fields_of(spec).items()
    )
    title = sentence("weight after a step with gradient 0; {stated}", stated=stated)
    return Curves(sentence("weight before"), title, ((free, w, w), (sentence("shrunk"), w, after)))


def _losses(spec: Loss, predictions: Array, targets: npt.NDArray[np.generic]) -> Array:
    """The loss of each row alone. Shapes: predictions (n, ...), targets (n, ...) -> (n,)."""
    encoded = spec.encode(targets)
    g = GraphBuilder()
    prediction = g.take_input(TensorType(predictions.shape[1:]))
    target = g.take_target(TensorType(encoded.shape[1:]))
    with g.of(NODE, spec):
        loss = spec.build(g, prediction, target)
    graph = g.finish(prediction, loss=loss)
    rows = [
        _run(graph, {prediction.index: predictions[k : k + 1], target.index: encoded[k : k + 1]})[loss.index]
        for k in range(len(encoded))
    ]
    return np.array([float(np.asarray(row).reshape(-1)[0]) for row in rows])


def _reach(spec: Layer) -> Reach | None:
    """Which places of an image or of a sequence change one place of the output when they change."""
    rank = len(spec.examples[0][2][0]) if spec.examples and spec.examples[0][2] else 0
    slides = rank in (2, 3) and spec.group in SLIDING and bool(fields_of(spec).keys() & {"kernel", "scale"})
    if spec.tokens or not (slides or (rank == 2 and spec.group in OVER_TIME)):
        return None
    room = (SIDE, SIDE) if rank == 3 else (LENGTH,)
    made, shape = None, room
    for channels in (spec.examples[0][2][0][-1], *MORE_CHANNELS):
        shape = (*room, channels)
        made = made or _network(spec, shape)
        if made is not None:
            break
    if made is None:
        return None
    graph, y, others = made
    channels = shape[-1]
    out = y.shape[:-1]
    place = tuple(extent // 2 for extent in out)
    rng = np.random.default_rng(1)
    start = rng.normal(size=(1, *shape))
    places = math.prod(shape[:-1])
    x = np.repeat(start, places + 1, axis=0).reshape(places + 1, places, channels)
    x[np.arange(places), np.arange(places)] += rng.choice((-3.0, 3.0), size=(places, channels))
    x = x.reshape(places + 1, *shape)
    held = {index: np.repeat(rng.normal(size=(1, *type.shape)), places + 1, axis=0) for index, type in others}
    spot: Any = (slice(None), *place)
    with np.errstate(all="ignore"):
        found = _run(graph, {graph.input: x, **held})[y.index][spot]
    change = np.abs(found[:-1] - found[-1:]).reshape(places, -1).sum(axis=1)
    most = float(change.max())
    reached = int((change > 1e-9 * most).sum())
    if reached < 2:
        return None
    flat = (1, LENGTH) if rank == 2 else (SIDE, SIDE)
    what = sentence("pixels" if rank == 3 else "steps")
    words = sentence("{reached} of {places} {what} reach this one of the output", reached=reached, places=places, what=what)
    rows = (out if len(out) == 2 else (1, *out)) if out else (1, 1)
    cell = (place if len(place) == 2 else (0, *place)) if place else (0, 0)
    return Reach((change / most).reshape(flat), (rows[0], rows[1]), (cell[0], cell[1]), words)


def _network(spec: Layer, shape: tuple[int, ...]) -> tuple[Graph, Value, list[tuple[int, TensorType]]] | None:
    """The layer alone on an input of this shape, with columns at its other required ports; None where it does not fit there."""
    g = GraphBuilder()
    x = g.take_input(TensorType(shape))
    sizes = spec.examples[0][2]
    others = [
        g.take_column(spec.ports[k], TensorType(sizes[k])) for k in range(1, len(spec.ports) - spec.optional) if k < len(sizes)
    ]
    values: list[Value | None] = [x, *others, *[None] * (len(spec.ports) - 1 - len(others))]
    try:
        with g.of(NODE, spec):
            y = built(spec, g, *values)[0]
    except ShapeError:
        return None
    return g.finish(y), y, [(value.index, value.type) for value in others]


def _run(graph: Graph, given: dict[int, Array]) -> dict[int, Array]:
    """Every value of a graph with start weights, by the ops' plain formulas."""
    values = dict(given)
    for stream, p in enumerate(graph.parameters):
        rng = np.random.Generator(np.random.Philox(key=np.array([0, stream], np.uint64)))
        values[p.value] = p.start.draw(rng, graph.values[p.value].type.shape, p.fan_in, p.fan_out)
    for s in graph.statistics:
        values[s.value] = np.full(graph.values[s.value].type.shape, s.start)
    values |= {constant.value: constant.array for constant in graph.constants}
    for node in graph.nodes:
        attributes = {name: value.value if isinstance(value, Knob) else value for name, value in node.attributes.items()}
        values |= zip(node.outputs, ops.find(node.op).results([values[i] for i in node.inputs], attributes), strict=True)
    return values
