"""One layer in the engine with inputs that are chosen number by number: its output and every gradient, to hold against torch."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from playground.core import registry
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network

STILL = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})


@dataclasses.dataclass(frozen=True)
class Ran:
    """y: without the batch axis.  gradients: of the inputs in order.  parameters: of the layer's own tensors, by name."""

    y: np.ndarray
    gradients: list[np.ndarray]
    parameters: dict[str, np.ndarray]
    target: np.ndarray


def graph_of(layer: Layer, shapes: list[tuple[int, ...]]) -> Graph:
    """A single sample whose inputs are parameters, the layer, and the mean squared distance to a target."""
    g = GraphBuilder()
    x = g.take_input(TensorType((1,)))
    zeros = registry.find("initializer", "zeros")()
    inputs: list[Value] = []
    for at, shape in enumerate(shapes):
        with g.of(f"input{at}", None):
            tensor = g.parameter("value", shape, zeros, fan_in=1, fan_out=1)
            inputs.append(g.op("repeat_tensor", x, tensor))
    with g.of("node", layer):
        y = layer.build(g, *inputs)
    target = g.take_target(y.type)
    with g.of("loss", None):
        return g.finish(y, g.op("mean_squared_error", y, target))


def run(layer: Layer, arrays: list[np.ndarray], tensors: dict[str, np.ndarray] | None = None, seed: int = 0) -> Ran:
    """The layer on these inputs. tensors: values for its own parameters."""
    graph = graph_of(layer, [a.shape for a in arrays])
    machine = Machine(plan_network(graph, batch=1, update=STILL, samples={"train": 1}), shuffle=False)
    machine.initialise(1)
    shape = graph.values[graph.target].type.shape
    target = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    for at, array in enumerate(arrays):
        machine.parameters()[f"input{at}.value"][:] = array
    for name, array in (tensors or {}).items():
        machine.parameters()[f"node.{name}"][:] = array
    machine.load("train", np.zeros((1, 1), np.float32), target[None])
    y = machine.predict(np.zeros((1, 1), np.float32))[0].copy()
    assert machine.run(1).status == "done"
    found = {name: gradient.copy() for name, gradient in machine.gradients().items()}
    own = {name.partition(".")[2]: gradient for name, gradient in found.items() if name.startswith("node.")}
    return Ran(y, [found[f"input{at}.value"] for at in range(len(arrays))], own, target)


def against_torch(layer, function, arrays, tensors=None, rtol=1e-5, atol=1e-6, gradient_atol=None) -> Ran:
    """Runs the layer and compares with a function of torch tensors in float64. Shapes: without the batch axis."""
    ran = run(layer, arrays, tensors)
    x = [torch.tensor(a.astype(np.float64), requires_grad=True) for a in arrays]
    p = {name: torch.tensor(a.astype(np.float64), requires_grad=True) for name, a in (tensors or {}).items()}
    y = function(*x, **p)
    assert tuple(y.shape) == ran.y.shape
    np.testing.assert_allclose(ran.y, y.detach().numpy(), rtol=rtol, atol=atol)
    ((y - torch.tensor(ran.target.astype(np.float64))) ** 2).mean().backward()
    for found, expected in zip(ran.gradients, x, strict=True):
        wanted = np.zeros(found.shape) if expected.grad is None else expected.grad.numpy()
        atol_here = atol * max(0.05, np.abs(wanted).max()) if gradient_atol is None else gradient_atol
        np.testing.assert_allclose(found, wanted, rtol=max(rtol, 1e-5), atol=atol_here)
    for name, expected in p.items():
        np.testing.assert_allclose(ran.parameters[name], expected.grad.numpy(), rtol=1e-4, atol=1e-6, err_msg=name)
    return ran
