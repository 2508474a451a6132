"""Writing the ops of a graph as ONNX nodes: which layout each value is in, transposed only where two neighbours disagree.

The engine keeps channels last, ONNX's convolutions and pools want them first. A value is held in the layout in which it was
made; asking for the other one adds one Transpose, once. Flattening asks for channels last, so weights keep their order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine import ops
from playground.engine.graph import TENSORS, Graph, OpNode
from playground.engine.onnx_form import NoOnnxForm, label
from playground.words import sentence

#: Old enough for most runtimes in the field; LayerNormalization needs 17, Gelu 20. Ops that need a newer one say so.
OPSET = 20
IR_VERSION = 10


@dataclasses.dataclass(frozen=True)
class Held:
    """A value in the ONNX graph. first: channels stand right after the batch axis instead of last."""

    name: str
    type: TensorType
    first: bool = False


class Writer:
    """Collects ONNX nodes and initialisers while the ops of a graph write themselves."""

    def __init__(self, graph: Graph, tensors: Mapping[str, np.ndarray]) -> None:
        self.graph = graph
        self.nodes: list[Any] = []
        self.initialisers: dict[str, np.ndarray] = {}
        self.opset = OPSET
        #: Initialisers that were to have the name of another one, whose array is not the same.
        self.doubles: dict[str, str] = {}
        self._tensors = tensors
        self._constants = {c.name: c.array for c in graph.constants}
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

    def write(self, node: OpNode) -> None:
        """Append the ONNX nodes of one op. Raises NoOnnxForm."""
        ops.find(node.op).to_onnx(self, node)

    def plain(self, node: OpNode, name: str) -> None:
        """Write the op as ONNX's operator `name`, attributes of the same names handed on. Raises NoOnnxForm for "" and for others."""
        import onnx

        if not name:
            raise NoOnnxForm(
                sentence(
                    "{owner} uses {op}, which has no ONNX form. Export the weights as safetensors or NPZ instead.",
                    owner=node.owner,
                    op=node.op,
                )
            )
        given = {key: getattr(value, "value", value) for key, value in node.attributes.items()}
        lost = sorted(given.keys() - onnx.defs.get_schema(name, OPSET).attributes.keys())
        if lost:
            raise NoOnnxForm(
                sentence(
                    "{owner} uses {op} with {lost}, which ONNX's {name} does not have.",
                    owner=node.owner,
                    op=node.op,
                    lost=", ".join(lost),
                    name=name,
                )
            )
        first = self.held(next(i for i in node.inputs if not self.is_tensor(i))).first
        inputs = [self.constant(*self.tensor(i)) if self.is_tensor(i) else self.like(i, first) for i in node.inputs]
        self.hold(node.output, self.node(name, inputs, label(node), **given), first=first)

    def node(self, op: str, inputs: list[str], label: str, **attributes: Any) -> str:
        """Append a node and give the name of its output."""
        return self.nodes_of(op, inputs, label, 1, **attributes)[0]

    def nodes_of(self, op: str, inputs: list[str], label: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """Append a node and give the names of its outputs."""
        from onnx import helper

        names = tuple(self.fresh(label if at == 0 else f"{label}/{at}") for at in range(outputs))
        self.nodes.append(helper.make_node(op, inputs, list(names), name=f"{names[0]}/{op}", **attributes))
        return names

    def scan(
        self, states: list[str], steps: list[str], body: Callable[[list[str], list[str]], tuple[list[str], list[str]]], label: str
    ) -> tuple[str, ...]:
        """Append a Scan over the first axis of `steps`, whose body is what `body` appends: last states, then what every step gave."""
        from onnx import TensorProto, helper

        def described(*names: str) -> list[Any]:
            return [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]

        outer, self.nodes = self.nodes, []
        before, now = [self.fresh(f"{label}/state") for _ in states], [self.fresh(f"{label}/step") for _ in steps]
        new, given = body(list(before), list(now))
        new = [self.node("Identity", [name], f"{label}/new") for name in new]  # an output of a body is no other output of it
        given = [self.node("Identity", [name], f"{label}/given") for name in given]
        self.nodes, inner = outer, self.nodes
        graph = helper.make_graph(inner, f"{label}/body", described(*before, *now), described(*new, *given))
        return self.nodes_of(
            "Scan", [*states, *steps], f"{label}/scan", len(new) + len(given), body=graph, num_scan_inputs=len(steps)
        )

    def needs(self, opset: int) -> None:
        """Say that an operator is in ONNX from this opset on."""
        self.opset = max(self.opset, opset)

    def constant(self, name: str, array: np.ndarray) -> str:
        """An initialiser; a second one of the same name must hold the same array."""
        known = self.initialisers.get(name)
        if known is not None and not np.array_equal(known, array):
            wanted, name = name, self.fresh(name)
            self.doubles[name] = wanted
        self._names.add(name)
        self.initialisers[name] = np.ascontiguousarray(array)
        return name

    def tensor(self, value: int) -> tuple[str, np.ndarray]:
        """Name and array of a parameter, statistic or constant of the graph."""
        name = self.graph.values[value].name
        return name, self._tensors[name] if name in self._tensors else self._constants[name]

    def is_tensor(self, value: int) -> bool:
        return self.graph.values[value].kind in TENSORS

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
