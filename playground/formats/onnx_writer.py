"""Writing the ops of a graph as ONNX nodes: which layout each value is in, transposed only where two neighbours disagree.

The engine keeps channels last, ONNX's convolutions and pools want them first. A value is held in the layout in which it was
made; asking for the other one adds one Transpose, once. Flattening asks for channels last, so weights keep their order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.graph import Graph, OpNode
from playground.errors import PlaygroundError

#: The newest that runtimes in the field accept; LayerNormalization needs 17, Gelu 20.
OPSET = 20
IR_VERSION = 10


class NoOnnxForm(PlaygroundError):
    """The network has an op that ONNX cannot express."""


@dataclasses.dataclass(frozen=True)
class Held:
    """A value in the ONNX graph. first: channels stand right after the batch axis instead of last."""

    name: str
    type: TensorType
    first: bool = False


class Writer:
    """Collects ONNX nodes and initialisers while the converters of `onnx_ops` walk through the graph."""

    def __init__(self, graph: Graph, tensors: Mapping[str, np.ndarray]) -> None:
        self.graph = graph
        self.nodes: list[Any] = []
        self.initialisers: dict[str, np.ndarray] = {}
        self._tensors = tensors
        self._held: dict[int, Held] = {}
        self._other: dict[str, Held] = {}
        self._names: set[str] = set()

    def fresh(self, name: str) -> str:
        """A name that nothing else has."""
        found, n = name, 1
        while found in self._names:
            n += 1
            found = f"{name}_{n}"
        self._names.add(found)
        return found

    def node(self, op: str, inputs: list[str], label: str, **attributes: Any) -> str:
        """Append a node and give the name of its output."""
        from onnx import helper

        output = self.fresh(label)
        self.nodes.append(helper.make_node(op, inputs, [output], name=f"{label}/{op}", **attributes))
        return output

    def constant(self, name: str, array: np.ndarray) -> str:
        """An initialiser; a second one of the same name must hold the same array."""
        known = self.initialisers.get(name)
        if known is not None and not np.array_equal(known, array):
            name = self.fresh(name)
        self._names.add(name)
        self.initialisers[name] = np.ascontiguousarray(array)
        return name

    def tensor(self, value: int) -> tuple[str, np.ndarray]:
        """Name and array of a parameter or statistic of the graph."""
        name = self.graph.values[value].name
        return name, self._tensors[name]

    def is_tensor(self, value: int) -> bool:
        return self.graph.values[value].kind in ("parameter", "statistic")

    def hold(self, value: int, name: str, *, first: bool = False) -> None:
        """Say where a value of the graph is to be found."""
        self._held[value] = Held(name, self.graph.values[value].type, first)

    def held(self, value: int) -> Held:
        return self._held[value]

    def last(self, value: int) -> str:
        """The value with its axes as the engine has them."""
        return self._turned(self._held[value], False).name

    def first(self, value: int) -> str:
        """The value with channels right after the batch axis."""
        return self._turned(self._held[value], True).name

    def like(self, value: int, first: bool) -> str:
        return self.first(value) if first else self.last(value)

    def _turned(self, held: Held, first: bool) -> Held:
        rank = held.type.rank
        if held.first == first or rank < 2:
            return held
        if held.name not in self._other:
            axes = [0, rank, *range(1, rank)] if first else [0, *range(2, rank + 1), 1]
            name = self.node("Transpose", [held.name], f"{held.name}_{'first' if first else 'last'}", perm=axes)
            self._other[held.name] = Held(name, held.type, first)
        return self._other[held.name]


def label(node: OpNode) -> str:
    """What an op's output is called: the node of the canvas and, where that has several ops, which."""
    return f"{node.owner}:{node.op}" if node.owner else node.op
