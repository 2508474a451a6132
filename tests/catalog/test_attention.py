"""Attention and Transformer blocks against PyTorch: outputs, weights and gradients, with padding, causal and local masks."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from playground.core import registry
from playground.core.tensor import TensorType, Value
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import Plan, UpdateRule, plan_network

#: Layers that these tests hold against torch.
PROVEN = {
    "additive_attention",
    "dot_product_attention",
    "multi_head_attention",
    "transformer_decoder_block",
    "transformer_encoder_block",
}

FEATURES, BATCH = 5, 3
STILL = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})


def graph_of(layer: Any, shapes: tuple[tuple[int, int], ...], *, masked: bool, port: int = 0) -> Graph:
    """Steps of features, cut into one stretch for each input of the layer, each projected; and the squared distance to a target.

    masked: steps whose features are all zero count as padding.  port: the output that is judged.
    """
    g = GraphBuilder()
    x = g.take_input(TensorType((sum(steps for steps, _ in shapes), FEATURES)))
    normal = registry.find("initializer", "normal")(deviation=0.7)
    inputs, start = [], 0
    for at, (steps, width) in enumerate(shapes):
        with g.of(f"source{at}", None):
            cut = g.op("slice", x, axis=0, start=start, count=steps, step=1)
            made = g.op("dense", cut, g.parameter("weight", (FEATURES, width), normal, fan_in=FEATURES, fan_out=width))
            inputs.append(g.masked(made, g.op("step_mask", cut, value=0.0) if masked else None))
        start += steps
    with g.of("node", layer):
        y = layer.build(g, *inputs)[port]
    target = g.take_target(y.type)
    with g.of("loss", None):
        return g.finish(y, g.op("mean_squared_error", y, target))


def machine_of(graph: Graph, *, absent: float = 0.0, batch: int = BATCH) -> tuple[Machine, np.ndarray, np.ndarray]:
    """A machine with random samples. absent: share of the steps that are padding, wherever they are; the first step never is."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(batch, *graph.values[graph.input].type.shape))
    x[:, 1:] *= (rng.random((batch, x.shape[1] - 1)) >= absent)[..., None]
    y = rng.normal(size=(batch, *graph.values[graph.target].type.shape))
    machine = Machine(
        plan_network(graph, batch=batch, update=STILL, samples={"train": batch, "validation": batch}), shuffle=False
    )
    machine.initialise(3)
    for name, values in machine.parameters().items():  # biases and norms start at constants, which hide mistakes
        if values.ndim == 1:
            values += rng.normal(size=values.shape) * 0.3
        assert values.size, name
    machine.load("train", x, y)
    machine.load("validation", x, y)
    return machine, x, y


@dataclasses.dataclass
class Twin:
    """The same numbers in PyTorch, in float64. inputs: what the layer reads; absent: which of their steps are padding."""

    weights: dict[str, torch.Tensor]
    inputs: list[torch.Tensor]
    absent: list[torch.Tensor]
    target: torch.Tensor

    @classmethod
    def of(cls, machine: Machine, x: np.ndarray, y: np.ndarray, shapes: tuple[tuple[int, int], ...]) -> Twin:
        weights = {n: torch.tensor(v, dtype=torch.float64, requires_grad=True) for n, v in machine.parameters().items()}
        cuts = torch.tensor(x.astype(np.float32), dtype=torch.float64).split([steps for steps, _ in shapes], dim=1)
        inputs = [cut @ weights[f"source{at}.weight"] for at, cut in enumerate(cuts)]
        return cls(weights, inputs, [(cut == 0).all(dim=2) for cut in cuts], torch.tensor(y, dtype=torch.float64))

    def own(self, name: str) -> torch.Tensor:
        return self.weights[f"node.{name}"]

    def attention(self, module: torch.nn.MultiheadAttention, prefix: str = "") -> dict[str, torch.Tensor]:
        """Our projections under the names of PyTorch's module."""
        w = [self.own(f"{prefix}{name}_weight").T for name in ("query", "key", "value")]
        found = {"out_proj.weight": self.own(f"{prefix}out_weight").T}
        if module.in_proj_weight is None:
            found |= dict(zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), w, strict=True))
        else:
            found["in_proj_weight"] = torch.cat(w)
        if module.in_proj_bias is not None:
            found["in_proj_bias"] = torch.cat([self.own(f"{prefix}{name}_bias") for name in ("query", "key", "value")])
            found["out_proj.bias"] = self.own(f"{prefix}out_bias")
        return found

    def feed_forward(self, norms: tuple[str, ...]) -> dict[str, torch.Tensor]:
        """The rest of a block under PyTorch's names; norms: ours, in PyTorch's order."""
        ours = {"linear1.weight": "hidden_weight", "linear1.bias": "hidden_bias"}
        ours |= {"linear2.weight": "feed_weight", "linear2.bias": "feed_bias"}
        for at, name in enumerate(norms, 1):
            ours |= {f"norm{at}.weight": f"{name}_gamma", f"norm{at}.bias": f"{name}_beta"}
        return {
            name: self.own(one).T if one.endswith("_weight") else self.own(one)
            for name, one in ours.items()
            if f"node.{one}" in self.weights
        }


def unseen(queries: int, keys: int, *, causal: bool, window: int) -> torch.Tensor:
    """What PyTorch wants as a mask: true where a query must not look."""
    i, j = torch.arange(queries)[:, None], torch.arange(keys)[None]
    hidden = torch.zeros(queries, keys, dtype=torch.bool)
    if causal:
        hidden |= j > i
    if window:
        hidden |= (i - j).abs() > window
    return hidden


def agrees(machine: Machine, twin: Twin, y: torch.Tensor) -> None:
    """The engine's outputs and gradients with PyTorch's."""
    np.testing.assert_allclose(machine.evaluate("validation").outputs, y.detach().numpy(), rtol=1e-4, atol=2e-5)
    torch.mean((y - twin.target) ** 2).backward()
    assert machine.run(1).status == "done"
    for name, gradient in machine.gradients().items():
        grad = twin.weights[name].grad
        expected = np.zeros(gradient.shape) if grad is None else grad.numpy()
        size = max(1e-2, float(np.abs(expected).max()))  # a key's bias has none: it changes all scores alike
        np.testing.assert_allclose(gradient, expected, rtol=2e-4, atol=3e-5 * size, err_msg=name)


def layer_of(id: str, **settings: Any) -> Any:
    return registry.find("layer", id)(**settings)


CROSS = ((9, 12), (14, 7), (14, 10))
LOOKS = [
    pytest.param(False, 0, id="everywhere"), pytest.param(True, 0, id="causal"),
    pytest.param(False, 3, id="window"), pytest.param(True, 2, id="causal_window"),
]  # fmt: skip


@pytest.mark.parametrize("absent", [0.0, 0.3])
@pytest.mark.parametrize(("causal", "window"), LOOKS)
def test_multi_head_self_attention(causal, window, absent):
    shapes = ((19, 12),)
    layer = layer_of("multi_head_attention", heads=3, causal=causal, window=window)
    machine, x, y = machine_of(graph_of(layer, shapes, masked=absent > 0), absent=absent)
    # a query all of whose keys are absent is not a number in PyTorch; here every one sees the first step or itself
    twin = Twin.of(machine, x, y, shapes)
    hidden = unseen(19, 19, causal=causal, window=window)[None] | twin.absent[0][:, None]
    seen = (~hidden).any(dim=2)
    hidden = hidden & seen[..., None]
    module = torch.nn.MultiheadAttention(12, 3, batch_first=True, dtype=torch.float64)
    (q,) = twin.inputs
    found, _ = torch.func.functional_call(
        module, twin.attention(module), (q, q, q), {"attn_mask": hidden.repeat_interleave(3, 0)}
    )
    found = torch.where(seen[..., None], found, twin.own("out_bias"))
    agrees(machine, twin, found)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("absent", [0.0, 0.4])
def test_multi_head_attention_over_other_sources(absent, bias):
    layer = layer_of("multi_head_attention", heads=4, bias=bias)
    machine, x, y = machine_of(graph_of(layer, CROSS, masked=absent > 0), absent=absent)
    twin = Twin.of(machine, x, y, CROSS)
    module = torch.nn.MultiheadAttention(12, 4, bias=bias, kdim=7, vdim=10, batch_first=True, dtype=torch.float64)
    weights = twin.attention(module)
    found, _ = torch.func.functional_call(module, weights, tuple(twin.inputs), {"key_padding_mask": twin.absent[1]})
    agrees(machine, twin, found)


def test_weights_of_every_head_and_their_gradient():
    shapes = ((6, 8), (11, 8))
    layer = layer_of("multi_head_attention", heads=2, window=4)
    machine, x, y = machine_of(graph_of(layer, shapes, masked=False, port=1))
    twin = Twin.of(machine, x, y, shapes)
    module = torch.nn.MultiheadAttention(8, 2, batch_first=True, dtype=torch.float64)
    q, k = twin.inputs
    options = {"attn_mask": unseen(6, 11, causal=False, window=4), "average_attn_weights": False}
    _, found = torch.func.functional_call(module, twin.attention(module), (q, k, k), options)
    agrees(machine, twin, found)


@pytest.mark.parametrize("steps", [1, 16, 70, 150])
@pytest.mark.parametrize(("causal", "window"), LOOKS)
def test_dot_product_attention(causal, window, steps):
    shapes = ((steps, 34), (steps, 34), (steps, 3))
    layer = layer_of("dot_product_attention", causal=causal, window=window)
    machine, x, y = machine_of(graph_of(layer, shapes, masked=False))
    twin = Twin.of(machine, x, y, shapes)
    seen = ~unseen(steps, steps, causal=causal, window=window)
    agrees(machine, twin, torch.nn.functional.scaled_dot_product_attention(*twin.inputs, attn_mask=seen))


@pytest.mark.parametrize(("id", "norm_first"), [("dot_product_attention", False), ("additive_attention", False)])
def test_one_source_at_every_port(id, norm_first):
    """Self-attention: the gradients of query, key and value meet in one place."""
    shapes = ((21, 6),)
    layer = layer_of(id, **({"units": 3} if id == "additive_attention" else {}))
    machine, x, y = machine_of(graph_of(layer, shapes, masked=True), absent=0.3)
    twin = Twin.of(machine, x, y, shapes)
    (q,) = twin.inputs
    scores = additive_scores(twin, q, q) if id == "additive_attention" else q @ q.transpose(1, 2) / np.sqrt(6)
    agrees(machine, twin, torch.softmax(scores.masked_fill(twin.absent[0][:, None], -torch.inf), 2) @ q)


def additive_scores(twin: Twin, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """Bahdanau, Cho and Bengio (2015), appendix A.1.2."""
    hidden = (query @ twin.own("query_weight"))[:, :, None] + (key @ twin.own("key_weight"))[:, None]
    return torch.tanh(hidden) @ twin.own("score_weight")


@pytest.mark.parametrize("port", [0, 1])
@pytest.mark.parametrize("absent", [0.0, 0.3])
@pytest.mark.parametrize(("causal", "window"), LOOKS)
def test_additive_attention(causal, window, absent, port):
    shapes = ((9, 4), (13, 6), (13, 5))
    layer = layer_of("additive_attention", units=17, causal=causal, window=window)
    machine, x, y = machine_of(graph_of(layer, shapes, masked=absent > 0, port=port), absent=absent)
    twin = Twin.of(machine, x, y, shapes)
    query, key, value = twin.inputs
    hidden = unseen(9, 13, causal=causal, window=window)[None] | twin.absent[1][:, None]
    empty = hidden.all(dim=2, keepdim=True)
    scores = additive_scores(twin, query, key).masked_fill(hidden & ~empty, -torch.inf)
    weights = torch.softmax(scores, 2).masked_fill(empty, 0.0)
    agrees(machine, twin, weights[:, None] if port else weights @ value)


@pytest.mark.parametrize("id", ["dot_product_attention", "additive_attention"])
def test_a_query_that_sees_no_key_gives_zeros(id):
    shapes = ((4, 3), (7, 3), (7, 2))
    for port in (0, 1):
        machine, x, y = machine_of(graph_of(layer_of(id), shapes, masked=True, port=port))
        x[1, 4:] = 0.0  # all keys of the second sample
        for split in ("train", "validation"):
            machine.load(split, x, y)
        found = machine.evaluate("validation").outputs
        assert not found[1].any()
        assert found[0].any()
        assert machine.run(1).status == "done"
        assert all(np.isfinite(gradient).all() for gradient in machine.gradients().values())


@pytest.mark.parametrize("scale", [30.0, 1e3])
def test_extreme_scores(scale):
    """Scores far beyond what an exponential can hold: the largest wins, and nothing is lost."""
    shapes = ((5, 4), (9, 4), (9, 3))
    machine, x, y = machine_of(graph_of(layer_of("dot_product_attention"), shapes, masked=False))
    machine.parameters()["source0.weight"][...] *= scale
    twin = Twin.of(machine, x, y, shapes)
    expected = torch.nn.functional.scaled_dot_product_attention(*twin.inputs).detach().numpy()
    np.testing.assert_allclose(machine.evaluate("validation").outputs, expected, rtol=1e-3, atol=2e-6 * scale)
    assert machine.run(1).status == "done"


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize(("causal", "absent", "bias"), [(False, 0.0, True), (True, 0.0, False), (False, 0.3, True)])
def test_encoder_block(activation, norm_first, causal, absent, bias):
    shapes = ((13, 12),)
    settings = {"heads": 3, "hidden": 19, "dropout": 0.0, "activation": activation, "norm_first": norm_first, "epsilon": 1e-3}
    layer = layer_of("transformer_encoder_block", **settings, causal=causal, bias=bias)
    machine, x, y = machine_of(graph_of(layer, shapes, masked=absent > 0), absent=absent)
    twin = Twin.of(machine, x, y, shapes)
    module = torch.nn.TransformerEncoderLayer(
        12, 3, 19, 0.0, activation, layer_norm_eps=1e-3, batch_first=True, norm_first=norm_first, bias=bias, dtype=torch.float64
    )
    weights = {f"self_attn.{name}": w for name, w in twin.attention(module.self_attn).items()}
    weights |= twin.feed_forward(("attention", "feed"))
    options = {"src_mask": unseen(13, 13, causal=causal, window=0), "src_key_padding_mask": twin.absent[0]}
    agrees(machine, twin, torch.func.functional_call(module, weights, (twin.inputs[0],), options))


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize(("causal", "absent", "bias"), [(False, 0.0, False), (True, 0.0, True), (True, 0.3, True)])
def test_decoder_block(activation, norm_first, causal, absent, bias):
    shapes = ((7, 12), (11, 12))
    settings = {"heads": 4, "hidden": 10, "dropout": 0.0, "activation": activation, "norm_first": norm_first}
    layer = layer_of("transformer_decoder_block", **settings, causal=causal, bias=bias)
    machine, x, y = machine_of(graph_of(layer, shapes, masked=absent > 0), absent=absent)
    twin = Twin.of(machine, x, y, shapes)
    module = torch.nn.TransformerDecoderLayer(
        12, 4, 10, 0.0, activation, batch_first=True, norm_first=norm_first, bias=bias, dtype=torch.float64
    )
    weights = {f"self_attn.{name}": w for name, w in twin.attention(module.self_attn, "self_").items()}
    weights |= {f"multihead_attn.{name}": w for name, w in twin.attention(module.multihead_attn, "memory_").items()}
    weights |= twin.feed_forward(("self", "memory", "feed"))
    options = {
        "tgt_mask": unseen(7, 7, causal=causal, window=0), "tgt_key_padding_mask": twin.absent[0],
        "memory_key_padding_mask": twin.absent[1],
    }  # fmt: skip
    agrees(machine, twin, torch.func.functional_call(module, weights, tuple(twin.inputs), options))


def test_the_mask_of_the_output_is_the_queries():
    g = GraphBuilder()
    x = g.take_input(TensorType((8, FEATURES)))
    mask = g.op("step_mask", x, value=0.0)
    for query, key in ((g.masked(x, mask), x), (x, g.masked(x, mask)), (g.masked(x, mask), g.masked(x, mask))):
        for id in ("dot_product_attention", "additive_attention", "multi_head_attention"):
            layer = layer_of(id, **({"heads": 1} if id.startswith("multi") else {}))
            with g.of(f"{id}{query.mask}{key.mask}", layer):
                y: Value = layer.build(g, query, key)[0]
            assert y.mask == query.mask, id
    for id in ("transformer_encoder_block", "transformer_decoder_block"):
        layer = layer_of(id, heads=1)
        with g.of(id, layer):
            y = layer.build(g, *[g.masked(x, mask)] * len(layer.ports))[0]
        assert y.mask == mask, id


def plan_of(steps: int, *, observe: bool = False) -> Plan:
    graph = graph_of(layer_of("multi_head_attention", heads=8), ((steps, 32),), masked=False)
    return plan_network(graph, batch=8, update=STILL, samples={"train": 8}, chains=2, observe=observe, ring=64)


def test_memory_grows_with_the_steps_and_not_with_their_square():
    scores = 4 * 8 * 8 * 1024 * 1024  # batch × heads × steps × steps
    assert plan_of(1024).nbytes < scores / 8
    assert plan_of(1024).nbytes - plan_of(512).nbytes < 1.2 * (plan_of(512).nbytes - plan_of(256).nbytes) * 2
    assert plan_of(1024, observe=True).nbytes > scores  # weights to look at are kept where somebody looks


def test_a_plan_that_nobody_observes_leaves_the_weights_out():
    plan = plan_of(64)
    assert "attention_weights_forward" not in plan.disassemble()
    assert "attention_weights_forward" in plan_of(64, observe=True).disassemble()


def test_the_weights_can_be_looked_at():
    shapes = ((6, 8), (11, 8))
    graph = graph_of(layer_of("multi_head_attention", heads=2), shapes, masked=False)
    rule = {"batch": BATCH, "update": STILL, "samples": {"train": BATCH}, "observe": True}
    machine = Machine(plan_network(graph, **rule), shuffle=False)
    machine.initialise(3)
    x = np.random.default_rng(2).normal(size=(BATCH, 17, FEATURES)).astype(np.float32)
    found = machine.observe(x)
    twin = Twin.of(machine, x, np.zeros(1), shapes)
    module = torch.nn.MultiheadAttention(8, 2, batch_first=True, dtype=torch.float64)
    q, k = twin.inputs
    y, weights = torch.func.functional_call(module, twin.attention(module), (q, k, k), {"average_attn_weights": False})
    np.testing.assert_allclose(found["node/weights"], weights.detach().numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["node"], y.detach().numpy(), rtol=1e-4, atol=1e-5)


RATE = 0.3


def dropping(id: str, queries: int = 60, keys: int = 90) -> tuple[Machine, np.ndarray]:
    layer = layer_of(id, dropout=RATE, **({"heads": 2} if id == "multi_head_attention" else {}))
    graph = graph_of(layer, ((queries, 6), (keys, 6), (keys, 4)), masked=False)
    machine, x, _ = machine_of(graph, batch=4)
    return machine, x


@pytest.mark.parametrize(("queries", "keys"), [(60, 90), (10, 11)])
@pytest.mark.parametrize("id", ["dot_product_attention", "additive_attention", "multi_head_attention"])
def test_dropout_hides_the_same_weights_forwards_and_backwards(id, queries, keys):
    """The loss of one step, whose draws are fixed by seed and step, has the engine's gradient as its slope. The weights of few keys
    are kept for the backward pass, those of many are made anew."""
    machine, _ = dropping(id, queries, keys)
    machine.run(1)
    gradients = {name: gradient.astype(np.float64) for name, gradient in machine.gradients().items()}
    start = {name: values.copy() for name, values in machine.parameters().items()}
    rng = np.random.default_rng(5)
    for name, gradient in gradients.items():
        direction = rng.normal(size=gradient.shape)
        direction += np.sign((direction * gradient).sum()) * gradient / max(1e-12, np.abs(gradient).max())  # a slope that shows
        losses = []
        for h in (1e-2, -1e-2):
            machine.initialise(3)
            for other, values in machine.parameters().items():
                values[...] = start[other] + (h * direction if other == name else 0.0)
            machine.run(1)
            losses.append(float(machine.ring()[0, 0]))
        slope = (losses[0] - losses[1]) / 2e-2
        assert (gradient * direction).sum() == pytest.approx(slope, rel=2e-2, abs=2e-4), name


@pytest.mark.parametrize("id", ["dot_product_attention", "additive_attention"])
def test_dropout_hides_its_share_in_training_only(id):
    """Equal weights 1/90 over values 1: an output is the share that was kept, scaled up."""
    machine, x = dropping(id)
    x[...] = 1.0
    for name, values in machine.parameters().items():
        values[...] = 0.2 if name == "source2.weight" else 0.0
    for split in ("train", "validation"):
        machine.load(split, x, np.zeros((4, 60, 4)))
    found = machine.evaluate("validation")
    np.testing.assert_allclose(found.outputs, 1.0, rtol=1e-5)
    machine.run(1)
    first = float(machine.ring()[0, 0])
    # the mean square of a mean of 90 draws: 1 + rate / (1 - rate) / 90, within five deviations of 240 of them
    expected, spread = 1 + RATE / (1 - RATE) / 90, 2 * np.sqrt(RATE / (1 - RATE) / 90 / 240)
    assert abs(first - expected) < 5 * spread
    assert first != 1.0
    machine.run(1)
    assert float(machine.ring()[1, 0]) != first
