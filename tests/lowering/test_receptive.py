"""Receptive fields against what PyTorch's gradients reach: a chain of windows is told exactly where nothing is cut at the rim."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from playground.core import registry
from playground.core.tensor import TensorType
from playground.document.project import Link, Network, Node
from playground.lowering.receptive import receptive_fields

Step = tuple[str, dict[str, Any]]


def chain(shape: tuple[int, ...], steps: list[Step]) -> tuple[Network, dict[str, TensorType]]:
    """A network whose nodes are called after their place; shapes are computed by torch."""
    data = registry.find("dataset", "digits" if len(shape) == 3 else "adding_problem")()
    nodes = [Node(id="0", name="data", spec=data)]
    links, types = [], {"0": TensorType(shape)}
    x = torch.zeros(1, shape[-1], *shape[:-1])
    for at, step in enumerate(steps, 1):
        nodes.append(Node(id=str(at), name=f"n{at}", spec=registry.find("layer", step[0])(**step[1])))
        links.append(Link(id=f"k{at}", source=str(at - 1), target=str(at)))
        x = layer(step, x.shape[1])(x)
        types[str(at)] = TensorType((*x.shape[2:], x.shape[1]))
    return Network(nodes=tuple(nodes), links=tuple(links)), types


def layer(step: Step, channels: int) -> torch.nn.Module:
    id, settings = step
    kernel, stride, dilation = settings.get("kernel", 2), settings.get("stride", 1), settings.get("dilation", 1)
    made: dict[str, Any] = {
        "conv2d": lambda: torch.nn.Conv2d(channels, 1, kernel, stride, dilation=dilation),
        "conv1d": lambda: torch.nn.Conv1d(channels, 1, kernel, stride, dilation=dilation),
        "average_pool2d": lambda: torch.nn.AvgPool2d(kernel, stride),
        "average_pool1d": lambda: torch.nn.AvgPool1d(kernel, stride),
        "conv_transpose2d": lambda: torch.nn.ConvTranspose2d(channels, 1, kernel, stride, dilation=dilation),
        "relu": torch.nn.Identity,
        "batch_norm": torch.nn.Identity,
    }
    module: torch.nn.Module = made[id]()
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, 1.0)
    return module


def reached(shape: tuple[int, ...], steps: list[Step]) -> tuple[int, ...]:
    """The largest box of inputs with a gradient, over every output position: sample k of a batch has that of position k."""
    modules, channels = [], shape[-1]
    for step in steps:
        modules.append(layer(step, channels))
        channels = 1 if step[0].startswith("conv") else channels
    network = torch.nn.Sequential(*modules)
    places = network(torch.zeros(1, shape[-1], *shape[:-1]))[0, 0].numel()
    x = torch.zeros(places, shape[-1], *shape[:-1], requires_grad=True)
    network(x)[:, 0].flatten(1).diagonal().sum().backward()
    assert x.grad is not None
    best = [0] * (len(shape) - 1)
    for sample in x.grad.abs().sum(1):
        where = sample.nonzero()
        best = [max(most, int(found)) for most, found in zip(best, where.amax(0) - where.amin(0) + 1, strict=True)]
    return tuple(best)


V: dict[str, Any] = {"padding": "valid"}
IMAGE: list[list[Step]] = [
    [("conv2d", {"kernel": (3, 5), **V})],
    [("conv2d", {"kernel": (3, 3), **V}), ("relu", {}), ("conv2d", {"kernel": (3, 1), "dilation": (2, 1), **V})],
    [("conv2d", {"kernel": (3, 3), "stride": (2, 1), **V}), ("average_pool2d", {"kernel": (2, 3), "stride": (2, 2)}),
     ("conv2d", {"kernel": (2, 2), **V})],
    [("average_pool2d", {"kernel": (2, 1), "stride": (3, 4)}), ("batch_norm", {}), ("conv2d", {"kernel": (2, 2), **V})],
    [("conv2d", {"kernel": (1, 1), **V})],
    [("conv2d", {"kernel": (3, 3), "stride": (2, 2), **V}), ("conv_transpose2d", {"kernel": (4, 4), "stride": (2, 2), **V}),
     ("conv2d", {"kernel": (3, 3), **V})],
]  # fmt: skip
SERIES: list[list[Step]] = [
    [("conv1d", {"kernel": 3, **V}), ("conv1d", {"kernel": 3, "dilation": 4, **V})],
    [("average_pool1d", {"kernel": 3, "stride": 2}), ("conv1d", {"kernel": 5, "stride": 3, **V}), ("relu", {})],
]


@pytest.mark.parametrize("steps", IMAGE)
def test_images(steps: list[Step]) -> None:
    shape = (23, 19, 2)
    network, types = chain(shape, steps)
    told = receptive_fields(network, types)[str(len(steps))].extents
    found = reached(shape, steps)
    if any(id.startswith("conv_transpose") for id, _ in steps):  # how windows lie decides; what is told is never too small
        assert all(0 <= a - b <= 2 for a, b in zip(told, found, strict=True))
    else:
        assert told == found


@pytest.mark.parametrize("steps", SERIES)
def test_series(steps: list[Step]) -> None:
    network, types = chain((41, 3), steps)
    assert receptive_fields(network, types)[str(len(steps))].extents == reached((41, 3), steps)


def test_a_merge_sees_the_larger_and_a_flatten_ends_it() -> None:
    data = Node(id="d", name="data", spec=registry.find("dataset", "digits")())
    wide = Node(id="w", name="wide", spec=registry.find("layer", "conv2d")(kernel=(5, 3)))
    high = Node(id="h", name="high", spec=registry.find("layer", "conv2d")(kernel=(3, 7)))
    add = Node(id="a", name="add", spec=registry.find("layer", "add")())
    flat = Node(id="f", name="flat", spec=registry.find("layer", "flatten")())
    wires = (("d", "w", 0), ("d", "h", 0), ("w", "a", 0), ("h", "a", 1), ("a", "f", 0))
    links = tuple(Link(id=f"k{at}", source=s, target=t, port=p) for at, (s, t, p) in enumerate(wires))
    image = TensorType((8, 8, 1))
    types = {"d": image, "w": image, "h": image, "a": image, "f": TensorType((64,))}
    found = receptive_fields(Network(nodes=(flat, add, high, wide, data), links=links), types)
    assert found["a"].extents == (5, 7)
    assert not found["a"].whole
    assert "f" not in found


def test_loops_and_open_nodes_do_not_hang() -> None:
    a, b = (Node(id=id, name=id, spec=registry.find("layer", "add")()) for id in "ab")
    links = (Link(id="1", source="a", target="b"), Link(id="2", source="b", target="a"))
    assert receptive_fields(Network(nodes=(a, b), links=links), {}) == {}


def test_a_chain_of_500_takes_no_time() -> None:
    import time

    steps = [Node(id=str(at), name=f"n{at}", spec=registry.find("layer", "relu")()) for at in range(1, 501)]
    nodes = (*reversed(steps), Node(id="0", name="data", spec=registry.find("dataset", "digits")()))
    links = tuple(Link(id=f"k{at}", source=str(at), target=str(at + 1)) for at in range(500))
    types = {str(at): TensorType((8, 8, 1)) for at in range(501)}
    start = time.perf_counter()
    found = receptive_fields(Network(nodes=nodes, links=links), types)
    assert time.perf_counter() - start < 0.1
    assert len(found) == 501
