"""The graph: values, and the ops that make them, in topological order. Built by `engine.builder`, never changed afterwards."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from playground.core.spec import Initializer
from playground.core.tensor import TensorType

#: What a value is. "input" and "target" come from the data window; a "scalar" belongs to the batch, not to a sample.
KINDS = ("input", "target", "activation", "scalar", "parameter", "statistic")


@dataclasses.dataclass(frozen=True)
class Knob:
    """A number in shared memory that is read at every step. index: its place among the program's knobs."""

    index: int
    name: str
    value: float


@dataclasses.dataclass(frozen=True)
class GraphValue:
    """Something with a shape. For parameters and statistics the shape is the whole tensor, else that of one sample."""

    index: int
    type: TensorType
    kind: str
    name: str
    owner: str


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A trained tensor. owner: the node it belongs to; name: "<owner>.<name inside it>"."""

    value: int
    name: str
    owner: str
    start: Initializer
    fan_in: int
    fan_out: int
    decays: bool


@dataclasses.dataclass(frozen=True)
class Statistic:
    """A tensor of the state that is not trained; every element starts at `start`."""

    value: int
    name: str
    owner: str
    start: float


@dataclasses.dataclass(frozen=True)
class OpNode:
    """One op: inputs -> output. index also names its stream of random numbers."""

    index: int
    op: str
    inputs: tuple[int, ...]
    output: int
    attributes: Mapping[str, Any]
    owner: str


@dataclasses.dataclass(frozen=True)
class Graph:
    """All values and ops of a network with its loss.

    output: the value that the loss judges and `predict` gives.  loss: the scalar, or None for a graph that only predicts.
    """

    values: tuple[GraphValue, ...]
    nodes: tuple[OpNode, ...]
    parameters: tuple[Parameter, ...]
    statistics: tuple[Statistic, ...]
    knobs: tuple[Knob, ...]
    input: int
    target: int | None
    output: int
    loss: int | None

    def consumers(self, value: int) -> tuple[OpNode, ...]:
        """Ops that read a value; one that reads it twice is listed twice."""
        return tuple(node for node in self.nodes for i in node.inputs if i == value)

    def types(self, node: OpNode) -> tuple[TensorType, ...]:
        return tuple(self.values[i].type for i in node.inputs)
