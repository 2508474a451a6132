"""Every op inside a network: forward against its reference, gradients against central differences in float64.

The op's input comes from a dense layer with weights and is read twice: by the op first, or by another op first. So a gradient that
overwrites instead of adding shows, and in the second step one that adds to what the first left behind.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from playground.core.tensor import TensorType, Value
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from tests.engine.networks import Spread

Make = Callable[[GraphBuilder, Value], Value]
BATCH = 5


def weight(g: GraphBuilder, name: str, *shape: int) -> Value:
    return g.parameter(name, shape, Spread(), fan_in=4, fan_out=4)


def conv(kernel: tuple[int, int], filters: int, bias: bool = True, relu: bool = False, **attributes: object) -> Make:
    def make(g: GraphBuilder, x: Value) -> Value:
        groups = int(attributes.get("groups", 1))  # type: ignore[call-overload]
        parts = [weight(g, "w", *kernel, x.shape[2] // groups, filters)] + ([weight(g, "b", filters)] if bias else [])
        y = g.op(
            "conv2d", x, *parts, **{"stride": (1, 1), "padding": (0, 0, 0, 0), "dilation": (1, 1), "groups": 1, **attributes}
        )
        return g.op("relu", y) if relu else y

    return make


def norm(relu: bool = False) -> Make:
    def make(g: GraphBuilder, x: Value) -> Value:
        c = x.shape[-1]
        running = [g.statistic("mean", (c,), 0.1), g.statistic("variance", (c,), 1.5)]
        y = g.op("batch_norm", x, weight(g, "gamma", c), weight(g, "beta", c), *running, momentum=0.1, epsilon=1e-3)
        return g.op("relu", y) if relu else y

    return make


def op(name: str, *, twice: bool = False, **attributes: object) -> Make:
    return lambda g, x: g.op(name, *([x, x] if twice else [x]), **attributes)


def after_relu_conv(then: Make) -> Make:
    """The op reads what a convolution with a folded ReLU gives: its gradient has to be masked."""

    def make(g: GraphBuilder, x: Value) -> Value:
        with g.of("first", None):
            y = conv((3, 3), 4, relu=True, padding=(1, 1, 1, 1))(g, x)
        with g.of("second", None):
            return then(g, y)

    return make


def dense(units: int) -> Make:
    return lambda g, x: g.op("dense", x, weight(g, "w", x.shape[-1], units), weight(g, "b", units))


def mixed(g: GraphBuilder, x: Value) -> Value:
    """Concatenation of three values, two of them the same."""
    return g.op("concat", x, g.op("tanh", x), x)


def wide_reshape(g: GraphBuilder, x: Value) -> Value:
    return g.op("tanh", g.op("reshape", x, shape=(x.type.count,)))


IMAGE, SEQUENCE, FLAT = (6, 5, 3), (4, 3), (7,)
WINDOW = {"kernel": (3, 2), "stride": (2, 1), "padding": (1, 0, 0, 1)}
CASES: list[tuple[str, tuple[int, ...], Make]] = [
    ("dense", FLAT, dense(4)),
    ("dense on a sequence", SEQUENCE, dense(5)),
    ("dense on an image", IMAGE, dense(5)),
    ("conv 3x3", IMAGE, conv((3, 3), 4, padding=(1, 1, 1, 1))),
    ("conv 3x3 relu", IMAGE, conv((3, 3), 4, relu=True, padding=(1, 1, 1, 1))),
    ("conv stride 2 dilation 2", IMAGE, conv((2, 2), 4, stride=(2, 2), padding=(1, 0, 1, 2), dilation=(2, 2))),
    ("conv stride over kernel", IMAGE, conv((1, 2), 3, bias=False, stride=(2, 3))),
    ("conv groups", IMAGE, conv((2, 3), 6, groups=3, padding=(0, 1, 1, 1))),
    ("conv depthwise", IMAGE, conv((3, 3), 3, groups=3, padding=(1, 1, 1, 1), relu=True)),
    ("conv 1x1", IMAGE, conv((1, 1), 5)),
    ("conv after relu", IMAGE, after_relu_conv(conv((3, 3), 3, padding=(1, 1, 1, 1)))),
    ("depthwise after relu", IMAGE, after_relu_conv(conv((3, 3), 4, groups=4, stride=(2, 2)))),
    ("norm after relu", IMAGE, after_relu_conv(norm())),
    ("add after relu", IMAGE, after_relu_conv(lambda g, x: g.op("add", x, x))),
    ("pool after relu", IMAGE, after_relu_conv(op("max_pool2d", kernel=(2, 2), stride=(2, 2), padding=(0, 0, 0, 0)))),
    ("norm on an image", IMAGE, norm()),
    ("norm relu", IMAGE, norm(relu=True)),
    ("norm on a sequence", SEQUENCE, norm()),
    ("norm", FLAT, norm()),
    ("max pool overlapping", IMAGE, op("max_pool2d", **WINDOW)),
    ("max pool apart", IMAGE, op("max_pool2d", kernel=(2, 2), stride=(2, 2), padding=(0, 0, 0, 0))),
    ("max pool gaps", IMAGE, op("max_pool2d", kernel=(1, 2), stride=(2, 3), padding=(0, 0, 0, 0))),
    ("average pool", IMAGE, op("average_pool2d", **WINDOW)),
    ("global average of an image", IMAGE, op("global_average_pool")),
    ("global average of a sequence", SEQUENCE, op("global_average_pool")),
    ("reshape", IMAGE, wide_reshape),
    ("add", IMAGE, op("add", twice=True)),
    ("concat images", IMAGE, mixed),
    ("concat", FLAT, mixed),
    ("sigmoid", FLAT, op("sigmoid")),
    ("tanh", IMAGE, op("tanh")),
    ("relu", FLAT, op("relu")),
    ("leaky relu", FLAT, op("leaky_relu", slope=0.2)),
    ("elu", SEQUENCE, op("elu", alpha=0.7)),
    ("softmax", FLAT, op("softmax")),
    ("softmax on an image", IMAGE, op("softmax")),
    ("softmax of 37", (37,), op("softmax")),
]
LOSSES = {
    "mean_squared_error": lambda rng, n: rng.normal(size=(n, 3)),
    "mean_absolute_error": lambda rng, n: rng.normal(size=(n, 3)),
    "binary_cross_entropy_logits": lambda rng, n: rng.integers(0, 2, (n, 3)).astype(float),
    "softmax_cross_entropy": lambda rng, n: rng.integers(0, 3, n).astype(float),
}


def network(shape: tuple[int, ...], make: Make, loss: str = "mean_squared_error", *, first: bool = True) -> Graph:
    """first: the op is the first to read its input, and so the last to write its gradient."""
    g = GraphBuilder()
    x = g.take_input(TensorType(shape))
    with g.of("before", None):
        x = g.op("dense", x, weight(g, "w", shape[-1], shape[-1]), weight(g, "b", shape[-1]))
    with g.of("op", None):
        other = None if first else g.op("tanh", x)
        y = make(g, x)
        other = other or g.op("tanh", x)
    with g.of("after", None):
        parts = [v if len(v.shape) == 1 else g.op("reshape", v, shape=(v.type.count,)) for v in (y, other)]
        flat = g.op("concat", *parts)
        out = g.op("dense", flat, weight(g, "w", flat.shape[0], 3), weight(g, "b", 3))
    with g.of("loss", None):
        t = g.take_target(TensorType(() if loss == "softmax_cross_entropy" else (3,)))
        found = g.op(loss, out, t)
    return g.finish(out, found)


def evaluate(graph: Graph, parameters: dict[str, np.ndarray], x: np.ndarray, t: np.ndarray) -> dict[int, np.ndarray]:
    """Every value of the graph by the ops' references, as in training."""
    values: dict[int, np.ndarray] = {graph.input: x}
    if graph.target is not None:
        values[graph.target] = t
    values |= {p.value: parameters[p.name] for p in graph.parameters}
    values |= {s.value: np.full(graph.values[s.value].type.shape, s.start) for s in graph.statistics}
    for node in graph.nodes:
        values[node.output] = ops.find(node.op).reference([values[i] for i in node.inputs], node.attributes, training=True)
    return values


def differences(graph: Graph, parameters: dict[str, np.ndarray], name: str, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Central differences of the loss by every number of one parameter."""
    assert graph.loss is not None
    found = np.zeros(parameters[name].shape)
    for at in np.ndindex(found.shape):
        sides = []
        for step in (1e-5, -1e-5):
            moved = {key: value.copy() for key, value in parameters.items()}
            moved[name][at] += step
            sides.append(float(evaluate(graph, moved, x, t)[graph.loss]))
        found[at] = (sides[0] - sides[1]) / 2e-5
    return found


def check(graph: Graph, t: np.ndarray, chains: int, numeric: dict[str, np.ndarray] | None = None) -> dict[str, np.ndarray]:
    """numeric: differences of an equal network, where they are known already."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(BATCH, *graph.values[graph.input].type.shape)).astype(np.float32)
    still = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})
    m = Machine(plan_network(graph, batch=BATCH, update=still, samples={"train": BATCH}, chains=chains), shuffle=False)
    m.load("train", x, t)
    m.initialise(3)
    assert m.run(2).status == "done"
    parameters = {name: value.astype(np.float64) for name, value in m.parameters().items()}
    expected = evaluate(graph, parameters, x.astype(np.float64), t.astype(np.float64))
    assert graph.loss is not None
    assert m.ring()[0, 0] == pytest.approx(float(expected[graph.loss]), rel=2e-5)
    if numeric is None:
        numeric = {name: differences(graph, parameters, name, x.astype(np.float64), t.astype(np.float64)) for name in parameters}
    for name, gradient in m.gradients().items():
        scale = max(float(np.abs(numeric[name]).max()), 1e-3)
        np.testing.assert_allclose(gradient, numeric[name], atol=3e-5 * scale, rtol=2e-4, err_msg=name)
    return numeric


@pytest.mark.parametrize(("shape", "make"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_gradients_equal_central_differences(shape: tuple[int, ...], make: Make) -> None:
    rng = np.random.default_rng(5)
    target = rng.normal(size=(BATCH, 3)).astype(np.float32)
    numeric = check(network(shape, make), target, chains=2)
    check(network(shape, make, first=False), target, chains=2, numeric=numeric)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("chains", [1, 3])
def test_gradients_of_losses(loss: str, chains: int) -> None:
    target = LOSSES[loss](np.random.default_rng(6), BATCH).astype(np.float32)
    check(network(FLAT, op("tanh"), loss), target, chains)
