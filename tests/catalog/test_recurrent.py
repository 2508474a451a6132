"""SimpleRNN, GRU and LSTM in the engine against torch: outputs, states and every gradient; masks of any kind; gates to look at."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from playground.core import registry
from playground.core.tensor import TensorType
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from tests.every.evaluate import evaluated
from tests.formats.models import model_of

#: Layers that these tests hold against torch.
PROVEN = {"gru", "lstm", "simple_rnn"}

ABSENT = 7.0
#: What torch calls them.
NAMES = {"weight": "weight_ih", "recurrent": "weight_hh", "bias": "bias_ih", "recurrent_bias": "bias_hh"}


@dataclasses.dataclass(frozen=True)
class Case:
    """A recurrent layer behind a dense one, whose output and last states are compared with targets side by side."""

    layer: Any
    steps: int
    features: int
    masked: bool = False
    starts: bool = False
    front: int = 4

    @property
    def states(self) -> int:
        return self.layer.layers * (2 if self.layer.bidirectional else 1) * self.layer.units

    @property
    def extra(self) -> int:
        """Numbers of a sample that hold the initial states."""
        return self.layer.states * self.states if self.starts else 0

    def graph(self) -> Graph:
        g = GraphBuilder()
        normal = registry.find("initializer", "normal")(deviation=0.5)
        count = self.steps * self.features
        x = g.take_input(TensorType((count + self.extra,)))
        with g.of("parts", None):
            flat = g.op("slice", x, axis=0, start=0, count=count, step=1)
            sequence = g.op("reshape", flat, shape=(self.steps, self.features))
            sizes = [self.states] * (self.layer.states if self.starts else 0)
            starts = [g.op("slice", x, axis=0, start=count + n * self.states, count=size, step=1) for n, size in enumerate(sizes)]
        mask = g.op("step_mask", sequence, value=ABSENT) if self.masked else None
        with g.of("front", None):
            weight = g.parameter("weight", (self.features, self.front), normal, fan_in=1, fan_out=1)
            dense = g.masked(g.op("dense", sequence, weight), mask)
        with g.of("turned", None):
            turns = [
                g.op("dense", one, g.parameter(f"weight{n}", (self.states, self.states), normal, fan_in=1, fan_out=1))
                for n, one in enumerate(starts)
            ]
        with g.of("node", self.layer):
            y, *ends = self.layer.build(g, dense, *turns, *[None] * (self.layer.states - len(turns)))
        with g.of("all", None):
            flat = y if y.type.rank == 1 else g.op("reshape", y, shape=(y.type.count,))
            every = g.op("concat", flat, *ends)
        target = g.take_target(every.type)
        with g.of("loss", None):
            return g.finish(every, g.op("mean_squared_error", every, target))

    def samples(self, rows: int, lengths: str = "") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Inputs, targets and which steps are there. lengths: "prefix", "any" or "none" (no step of the first sample is there)."""
        rng = np.random.default_rng(11)
        x = rng.normal(size=(rows, self.steps, self.features)).astype(np.float32)
        there = np.ones((rows, self.steps), bool)
        if lengths == "prefix":
            there = np.arange(self.steps) < rng.integers(1, self.steps + 1, (rows, 1))
        elif lengths:
            there = rng.random((rows, self.steps)) < 0.6
            there[:, rng.integers(self.steps)] = True
        if lengths == "none":
            there[0] = False
        x[~there] = ABSENT
        extra = rng.normal(size=(rows, self.extra)).astype(np.float32)
        graph = self.graph()
        y = rng.normal(size=(rows, *graph.values[graph.output].type.shape)).astype(np.float32)
        return np.concatenate([x.reshape(rows, -1), extra], axis=1), y, there


def machine_of(graph: Graph, x: np.ndarray, y: np.ndarray, chains: int = 2, observe: bool = False) -> Machine:
    rule = UpdateRule("sgd", {"rate": 0.1, "l2": 0.0})
    splits = {"train": len(x), "validation": len(x)}
    plan = plan_network(graph, batch=len(x), update=rule, samples=splits, chains=chains, observe=observe)
    machine = Machine(plan, shuffle=False)
    machine.initialise(4)
    machine.load("train", x, y)
    machine.load("validation", x, y)
    return machine


class Twin:
    """The same in torch, in float64, sample by sample over the steps that are there."""

    def __init__(self, case: Case, tensors: dict[str, np.ndarray]) -> None:
        self.case, layer = case, case.layer
        kind = {"simple_rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[layer.id]
        more = {"nonlinearity": layer.activation} if layer.id == "simple_rnn" else {}
        self.rnn = kind(
            case.front, layer.units, layer.layers, bias=layer.bias, bidirectional=layer.bidirectional, batch_first=True, **more
        ).double()  # fmt: skip
        self.leaves = {name: torch.tensor(array, dtype=torch.float64, requires_grad=True) for name, array in tensors.items()}
        self.weights = {self.torch_name(name): leaf for name, leaf in self.leaves.items() if name.startswith("node.")}
        assert {name: tuple(p.shape) for name, p in self.rnn.named_parameters()} == {
            name: tuple(leaf.shape[::-1]) for name, leaf in self.weights.items()
        }

    def turned(self) -> dict[str, torch.Tensor]:
        """Our weights as torch has them: outputs by inputs."""
        return {name: leaf.mT if leaf.ndim == 2 else leaf for name, leaf in self.weights.items()}

    @staticmethod
    def torch_name(name: str) -> str:
        """ "node.recurrent_bias_2_reverse" is "bias_hh_l1_reverse"."""
        plain = name.removeprefix("node.")
        reverse = "_reverse" if plain.endswith("_reverse") else ""
        words = plain.removesuffix("_reverse").split("_")
        layer = int(words.pop()) - 1 if words[-1].isdigit() else 0
        return f"{NAMES['_'.join(words)]}_l{layer}{reverse}"

    def one(self, x: torch.Tensor, there: torch.Tensor, starts: list[torch.Tensor]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Output (steps, width) and last states of a sample."""
        case, layer = self.case, self.case.layer
        rows = [one.reshape(-1, 1, layer.units) for one in starts]
        states = (tuple(rows) if len(rows) == 2 else rows[0]) if rows else None
        weights = self.turned()
        width = layer.units * (2 if layer.bidirectional else 1)
        y = torch.zeros(case.steps, width, dtype=torch.float64)
        if not there.any():
            return y, starts or [torch.zeros(case.states, dtype=torch.float64) for _ in range(layer.states)]
        inputs = (x[there] @ self.leaves["front.weight"])[None]
        found, ends = torch.func.functional_call(self.rnn, weights, (inputs,) if states is None else (inputs, states))
        y = y.index_put((torch.nonzero(there)[:, 0],), found[0])
        return y, [one.reshape(-1) for one in (ends if isinstance(ends, tuple) else (ends,))]

    def outputs(self, x: np.ndarray, there: np.ndarray) -> torch.Tensor:
        case, count = self.case, self.case.steps * self.case.features
        found = []
        for row, steps in zip(torch.tensor(x, dtype=torch.float64), torch.tensor(there), strict=True):
            starts = [
                row[count + n * case.states : count + (n + 1) * case.states] @ self.leaves[f"turned.weight{n}"]
                for n in range(case.layer.states if case.starts else 0)
            ]
            y, ends = self.one(row[:count].reshape(case.steps, case.features), steps, starts)
            if case.layer.returns == "last":
                width = case.layer.units * (2 if case.layer.bidirectional else 1)
                y = ends[0][-width:]
            found.append(torch.cat([y.reshape(-1), *ends]))
        return torch.stack(found)


def compare(case: Case, rows: int, lengths: str = "") -> None:
    """Evaluation, loss and all gradients, the same bits on one and two threads."""
    graph = case.graph()
    x, y, there = case.samples(rows, lengths)
    hashes = set()
    for threads in (1, 2):
        machine = machine_of(graph, x, y, chains=min(2, rows))
        tensors = {name: view.copy() for name, view in machine.parameters().items()}
        given = machine.evaluate("validation").outputs
        assert machine.run(1, threads=threads).status == "done"
        hashes.add(machine.state_sha256())
    assert len(hashes) == 1
    twin = Twin(case, tensors)
    expected = twin.outputs(x, there)
    np.testing.assert_allclose(given, expected.detach().numpy(), rtol=1e-5, atol=1e-5)
    loss = nn.functional.mse_loss(expected, torch.tensor(y, dtype=torch.float64))
    assert machine.ring()[0, 0] == pytest.approx(loss.item(), rel=1e-5)
    loss.backward()
    for name, gradient in machine.gradients().items():
        wanted = twin.leaves[name].grad
        wanted = np.zeros(gradient.shape) if wanted is None else wanted.numpy()
        scale = np.abs(wanted).max() + 1e-3
        np.testing.assert_allclose(gradient, wanted, atol=2e-5 * scale, rtol=1e-4, err_msg=name)


def layer(id: str, **settings: Any) -> Any:
    return registry.find("layer", id)(**settings)


KINDS = pytest.mark.parametrize("id", ["simple_rnn", "gru", "lstm"])


@KINDS
@pytest.mark.parametrize(
    "settings",
    [
        {"units": 5},
        {"units": 18, "bias": False, "returns": "last"},
        {"units": 3, "bidirectional": True},
        {"units": 6, "layers": 2, "bidirectional": True, "returns": "last"},
        {"units": 37, "layers": 3},
    ],
    ids=lambda s: "-".join(f"{k}={v}" for k, v in s.items()),
)
@pytest.mark.parametrize("starts", [False, True])
def test_as_torch(id, settings, starts):
    compare(Case(layer(id, **settings), 6, 3, starts=starts), 5)


@KINDS
@pytest.mark.parametrize("lengths", ["prefix", "any", "none"])
@pytest.mark.parametrize(
    "settings", [{"units": 5}, {"units": 4, "layers": 2, "bidirectional": True}, {"units": 3, "returns": "last"}]
)
@pytest.mark.parametrize("starts", [False, True])
def test_steps_that_are_absent_are_skipped(id, lengths, settings, starts):
    compare(Case(layer(id, **settings), 7, 3, masked=True, starts=starts), 5, lengths)


@KINDS
@pytest.mark.parametrize(("steps", "features", "units", "rows"), [(1, 1, 1, 1), (100, 2, 17, 3), (1, 5, 40, 4), (3, 65, 33, 17)])
def test_odd_sizes(id, steps, features, units, rows):
    compare(Case(layer(id, units=units), steps, features), rows)


def test_relu():
    compare(Case(layer("simple_rnn", units=9, activation="relu", bidirectional=True), 5, 3, starts=True), 4)


@KINDS
def test_a_packed_sequence_of_torch(id):
    """The mask of a prefix is what torch packs: zeros behind the length, the state of the last step that is there."""
    case = Case(layer(id, units=4, bidirectional=True), 7, 3, masked=True)
    graph = case.graph()
    x, y, there = case.samples(6, "prefix")
    machine = machine_of(graph, x, y)
    twin = Twin(case, machine.parameters())
    inputs = torch.tensor(x, dtype=torch.float64).reshape(6, 7, 3) @ twin.leaves["front.weight"]
    packed = nn.utils.rnn.pack_padded_sequence(inputs, torch.tensor(there.sum(1)), batch_first=True, enforce_sorted=False)
    found, ends = torch.func.functional_call(twin.rnn, twin.turned(), (packed,))
    found, _ = nn.utils.rnn.pad_packed_sequence(found, batch_first=True, total_length=7)
    ends = ends if isinstance(ends, tuple) else (ends,)
    expected = torch.cat([found.flatten(1), *(one.transpose(0, 1).flatten(1) for one in ends)], 1)
    np.testing.assert_allclose(machine.evaluate("validation").outputs, expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_reset_before_the_product_is_the_paper_s():
    """Cho et al. 2014, equations 5 to 8, their z being 1 - u; torch has the other convention only."""
    case = Case(layer("gru", units=6, reset="before"), 5, 3)
    x, y, _ = case.samples(4)
    machine = machine_of(case.graph(), x, y)
    p = {name: torch.tensor(view, dtype=torch.float64, requires_grad=True) for name, view in machine.parameters().items()}
    inputs = torch.tensor(x, dtype=torch.float64).reshape(4, 5, 3) @ p["front.weight"]
    h, seen = torch.zeros(4, 6, dtype=torch.float64), []
    bias = p["node.bias"] + p["node.recurrent_bias"]
    for t in range(5):
        a = inputs[:, t] @ p["node.weight"] + bias
        b = h @ p["node.recurrent"][:, :12]
        r, u = torch.sigmoid(a[:, :6] + b[:, :6]), torch.sigmoid(a[:, 6:12] + b[:, 6:])
        new = torch.tanh(a[:, 12:] + (r * h) @ p["node.recurrent"][:, 12:])
        h = (1 - u) * new + u * h
        seen.append(h)
    expected = torch.cat([*seen, h], 1)
    np.testing.assert_allclose(machine.evaluate("validation").outputs, expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    nn.functional.mse_loss(expected, torch.tensor(y, dtype=torch.float64)).backward()
    machine.run(1)
    for name, gradient in machine.gradients().items():
        np.testing.assert_allclose(gradient, p[name].grad, rtol=1e-4, atol=1e-6, err_msg=name)


@KINDS
def test_what_padding_holds_changes_nothing(id):
    """Numbers in front of the mask may be anything: the mask alone says what counts."""
    for reverse in (False, True):
        found = []
        for filling in (0.0, 100.0):
            g = GraphBuilder()
            x = g.take_input(TensorType((6, 4)))
            normal = registry.find("initializer", "normal")(deviation=0.5)
            with g.of("mask", None):
                mask = g.op("reshape", g.op("slice", x, axis=1, start=3, count=1, step=1), shape=(6,))
                inside = g.op("slice", x, axis=1, start=0, count=3, step=1)
            with g.of("node", None):
                gates = {"simple_rnn": 1, "gru": 3, "lstm": 4}[id] * 5
                w = g.parameter("w", (3, gates), normal, fan_in=3, fan_out=gates)
                u = g.parameter("u", (5, gates), normal, fan_in=5, fan_out=gates)
                y = g.op(id, inside, w, u, mask, masked=True, reverse=reverse)
            with g.of("loss", None):
                graph = g.finish(y, g.op("mean_squared_error", y, g.take_target(y.type)))
            rng = np.random.default_rng(2)
            data, target = rng.normal(size=(4, 6, 4)).astype(np.float32), rng.normal(size=(4, 6, 5)).astype(np.float32)
            data[..., 3] = rng.random((4, 6)) < 0.5
            data[..., :3] = np.where(data[..., 3:] == 0, np.float32(filling), data[..., :3])
            machine = machine_of(graph, data, target)
            outputs = machine.evaluate("validation").outputs
            machine.run(2)
            found.append((outputs.tobytes(), machine.state_sha256()))
        assert found[0] == found[1]


@KINDS
@pytest.mark.parametrize("settings", [{}, {"bias": False, "layers": 2}, {"bidirectional": True}])
def test_an_embedding_before_it(id, settings):
    """Folded into the weights where nothing else reads it (one direction): the same outputs and gradients as torch's, and no rows of it."""
    made, embedding = layer(id, units=5, **settings), layer("embedding", vocabulary=9, units=6)
    g = GraphBuilder()
    x = g.take_input(TensorType((7,), tokens=9))
    with g.of("front", embedding):
        rows = embedding.build(g, x)
    with g.of("node", made):
        y = made.build(g, rows, *[None] * made.optional)[0]
    with g.of("loss", None):
        graph = g.finish(y, g.op("mean_squared_error", y, g.take_target(y.type)))
    rng = np.random.default_rng(5)
    tokens, target = rng.integers(0, 8, (4, 7)), rng.normal(size=(4, *y.shape)).astype(np.float32)
    machine = machine_of(graph, tokens.astype(np.float32), target)
    owners = {origin.owner for origin in machine.plan.train.origins}
    assert ("front" in owners) == made.bidirectional
    twin = Twin(Case(made, 7, 0, front=6), {name: view.copy() for name, view in machine.parameters().items()})
    inputs = nn.functional.embedding(torch.tensor(tokens), twin.leaves["front.weight"])
    expected, _ = torch.func.functional_call(twin.rnn, twin.turned(), (inputs,))
    np.testing.assert_allclose(machine.evaluate("validation").outputs, expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    machine.run(1)
    nn.functional.mse_loss(expected, torch.tensor(target, dtype=torch.float64)).backward()
    for name, gradient in machine.gradients().items():
        wanted = twin.leaves[name].grad.numpy()
        np.testing.assert_allclose(gradient, wanted, rtol=1e-4, atol=2e-5 * np.abs(wanted).max(), err_msg=name)


@KINDS
def test_gates_can_be_looked_at(id):
    for masked in (False, True):
        case = Case(layer(id, units=5), 6, 3, masked=masked)
        graph = case.graph()
        x, y, _ = case.samples(4, "any" if masked else "")
        machine = machine_of(graph, x, y, observe=True)
        shown = machine.observe(x)
        expected = evaluated(graph, x, y, machine.parameters(), training=False)
        (node,) = (node for node in graph.nodes if node.op == id)
        kept = {"simple_rnn": (), "gru": ("gates", "candidate"), "lstm": ("cell", "gates", "cells")}[id]
        names = dict(zip(("y", *dict.fromkeys(["state", *kept])), node.outputs, strict=False))
        for name in ("state", *kept):
            np.testing.assert_allclose(shown[f"node/{name}"], expected[names[name]], rtol=1e-5, atol=1e-6, err_msg=name)


@KINDS
@pytest.mark.parametrize("settings", [{}, {"layers": 2, "bidirectional": True}])
@pytest.mark.parametrize("starts", [False, True])
@pytest.mark.parametrize("lengths", ["", "any"])
def test_onnx(id, settings, starts, lengths, tmp_path):
    """The file's own interpreter gives what the engine gives, masks of any kind included."""
    from playground.formats import onnx_file

    more = {"simple_rnn": {"activation": "relu"}, "gru": {"reset": "before"}, "lstm": {"forget_bias": 1.0}}[id]
    for extra in ({}, more):
        case = Case(layer(id, units=3, **settings, **extra), 5, 2, masked=bool(lengths), starts=starts)
        graph = case.graph()
        model = model_of(graph)
        x, y, _ = case.samples(len(model.probe), lengths)
        expected = evaluated(graph, x, y, model.parameters, training=False)[graph.output]
        model = dataclasses.replace(model, probe=x, expected=expected.astype(np.float32))
        certificate = onnx_file.write(model, tmp_path / "net.onnx")
        assert certificate.error <= certificate.allowed


def test_forget_gates_start_open():
    case = Case(layer("lstm", units=4, forget_bias=1.5, bias_start=registry.find("initializer", "zeros")()), 2, 3)
    machine = machine_of(case.graph(), *case.samples(2)[:2])
    bias = machine.parameters()["node.bias"]
    np.testing.assert_array_equal(bias, np.repeat([0.0, 1.5, 0.0, 0.0], 4).astype(np.float32))
    assert not machine.parameters()["node.recurrent_bias"].any()


@KINDS
def test_starts_are_torch_s_draw(id):
    """Even within one over the root of the units, for all weights; other starts count the inputs."""
    bounds = {}
    for start in ("fan_in_uniform", "xavier_uniform"):
        made = layer(id, units=64, start=registry.find("initializer", start)())
        case = Case(made, 2, 3, front=9)
        machine = machine_of(case.graph(), *case.samples(2)[:2])
        bounds[start] = {name: float(np.abs(view).max()) for name, view in machine.parameters().items() if "node" in name}
    assert all(0.11 < bound <= 0.125 for bound in bounds["fan_in_uniform"].values())
    gates = made.blocks * 64
    assert bounds["xavier_uniform"]["node.weight"] == pytest.approx(np.sqrt(6 / (9 + gates)), rel=0.03)


def test_refusals():
    from playground.errors import ShapeError

    g = GraphBuilder()
    with g.of("node", None):
        image, sequence, row = (g.take_input(TensorType(shape)) for shape in ((4, 4, 1), (5, 3), (7,)))
        with pytest.raises(ShapeError, match=r"needs a sequence: steps×features."):
            layer("lstm").build(g, image, None, None)
        with pytest.raises(ShapeError, match=r"needs states of 8 numbers"):
            layer("gru", units=4, bidirectional=True).build(g, sequence, row)
