"""The graph: values, and the ops that make them, in topological order. Built by `engine.builder`, never changed afterwards."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.core.spec import Initializer
from playground.core.tensor import TensorType

#: What a value is. "input" and "column" (targets, weights, lengths) come from the data window; a "scalar" belongs to the batch, not
#: to a sample; "parameter", "statistic" and "constant" are whole tensors.
KINDS = ("input", "column", "activation", "scalar", "parameter", "statistic", "constant")
#: Kinds whose shape is the whole tensor's, in memory of their own.
TENSORS = ("parameter", "statistic", "constant")


@dataclasses.dataclass(frozen=True)
class Knob:
    """A number in shared memory that is read at every step. index: its place among the program's knobs.

    value: where it starts, which no program depends on.
    """

    index: int
    name: str
    value: float = dataclasses.field(compare=False)


@dataclasses.dataclass(frozen=True)
class GraphValue:
    """Something with a shape. For TENSORS the shape is the whole tensor's, else that of one sample."""

    index: int
    type: TensorType
    kind: str
    name: str
    owner: str


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A trained tensor. owner: the node it belongs to; name: "<owner>.<name inside it>".

    unit_axis: the axis that counts the units its numbers feed, -1 or -2; in `unit_groups` parts of the last axis each is one more.
    row_limit: the live field of the owner that is the greatest length of its rows, or "".
    """

    value: int
    name: str
    owner: str
    start: Initializer
    fan_in: int
    fan_out: int
    decays: bool
    unit_axis: int = -1
    unit_groups: int = 1
    row_limit: str = ""


@dataclasses.dataclass(frozen=True)
class Statistic:
    """A tensor of the state that is not trained; every element starts at `start`."""

    value: int
    name: str
    owner: str
    start: float


@dataclasses.dataclass(frozen=True)
class Constant:
    """A tensor that never changes and is no part of the state. array: float32."""

    value: int
    name: str
    owner: str
    array: np.ndarray = dataclasses.field(compare=False)


@dataclasses.dataclass(frozen=True)
class OpNode:
    """One op: inputs -> output and, for some, more outputs. index also names its stream of random numbers."""

    index: int
    op: str
    inputs: tuple[int, ...]
    output: int
    attributes: Mapping[str, Any]
    owner: str
    more: tuple[int, ...] = ()

    @property
    def outputs(self) -> tuple[int, ...]:
        """All of them, the main one first."""
        return (self.output, *self.more)


@dataclasses.dataclass(frozen=True)
class Graph:
    """All values and ops of a network with its losses.

    columns: what comes with every sample besides its input, the target first.  outputs: the values that `predict` gives: what each
    loss judges, in the order of the losses.  losses: the scalar of each.  loss: what training makes small, their weighted sum, or
    None for a graph that only predicts.  mains: the value that each of a network's nodes gives first, by the node's name; it need not
    be what its last op makes.  further: what its other ports give, by the names of node and port.  present: the mask of the first
    value, where it has one: 1 for steps that are there, 0 for padding.
    """

    values: tuple[GraphValue, ...]
    nodes: tuple[OpNode, ...]
    parameters: tuple[Parameter, ...]
    statistics: tuple[Statistic, ...]
    knobs: tuple[Knob, ...]
    input: int
    columns: tuple[int, ...]
    outputs: tuple[int, ...]
    losses: tuple[int, ...]
    loss: int | None
    constants: tuple[Constant, ...] = ()
    mains: Mapping[str, int] = dataclasses.field(default_factory=dict)
    further: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    present: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def target(self) -> int | None:
        """The first column where there is a loss."""
        return self.columns[0] if self.columns and self.loss is not None else None

    @property
    def output(self) -> int:
        """What the first loss judges."""
        return self.outputs[0]

    def consumers(self, value: int) -> tuple[OpNode, ...]:
        """Ops that read a value; one that reads it twice is listed twice."""
        return tuple(node for node in self.nodes for i in node.inputs if i == value)

    def types(self, node: OpNode) -> tuple[TensorType, ...]:
        return tuple(self.values[i].type for i in node.inputs)
