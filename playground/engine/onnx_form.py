"""What an op writes its ONNX form against. `formats` implements it; ops know only this protocol and nothing of ONNX's library.

The engine keeps channels last, ONNX's convolutions and pools want them first: `last` and `first` give a value in either layout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.graph import Graph, OpNode
from playground.errors import PlaygroundError


class NoOnnxForm(PlaygroundError):
    """The network has an op that ONNX cannot express."""


class Held(Protocol):
    """A value in the ONNX graph. first: channels stand right after the batch axis instead of last."""

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> TensorType: ...

    @property
    def first(self) -> bool: ...


class OnnxWriter(Protocol):
    """Collects ONNX nodes and initialisers."""

    graph: Graph

    def plain(self, node: OpNode, name: str) -> None:
        """Write the op as ONNX's operator `name`, attributes of the same names handed on. Raises NoOnnxForm for "" and for others."""

    def node(self, op: str, inputs: list[str], label: str, **attributes: Any) -> str:
        """Append an ONNX node and give the name of its output. "" stands for an input that is left out."""
        ...

    def nodes_of(self, op: str, inputs: list[str], label: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """The same for an operator with several outputs."""
        ...

    def scan(
        self, states: list[str], steps: list[str], body: Callable[[list[str], list[str]], tuple[list[str], list[str]]], label: str
    ) -> tuple[str, ...]:
        """A loop over the first axis of `steps`: names of the last states, then of what every step gave, one after the other.

        body(states, one step of each of `steps`) appends the nodes of one step and gives the new states and what the step gives.
        """
        ...

    def needs(self, opset: int) -> None:
        """Say that an operator is in ONNX from this opset on: a file is written in the oldest one, from 20 on, that all of its have."""

    def constant(self, name: str, array: np.ndarray) -> str:
        """An initialiser; a second one of the same name must hold the same array."""
        ...

    def tensor(self, value: int) -> tuple[str, np.ndarray]:
        """Name and array of a parameter, statistic or constant of the graph."""
        ...

    def is_tensor(self, value: int) -> bool: ...

    def hold(self, value: int, name: str, *, first: bool = False) -> None:
        """Say where a value of the graph is to be found."""

    def held(self, value: int) -> Held: ...

    def last(self, value: int) -> str:
        """The value with its axes as the engine has them."""
        ...

    def first(self, value: int) -> str:
        """The value with channels right after the batch axis."""
        ...

    def like(self, value: int, first: bool) -> str: ...


def label(node: OpNode) -> str:
    """What an op's output is called: the node of the canvas and, where that has several ops, which."""
    return f"{node.owner}:{node.op}" if node.owner else node.op


def relu_after(w: OnnxWriter, node: OpNode, y: str) -> str:
    """Products may carry a folded ReLU."""
    return w.node("Relu", [y], f"{label(node)}_relu") if node.attributes.get("relu") else y


def number(attribute: Any) -> float:
    """The number of an attribute, be it a knob or not."""
    return float(getattr(attribute, "value", attribute))
