"""Building a graph: the implementation of `core.builder.Builder`, with shapes checked at every op."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from playground.core.spec import Initializer, Spec
from playground.core.tensor import TensorType, Value
from playground.engine import ops
from playground.engine.graph import Graph, GraphValue, Knob, OpNode, Parameter, Statistic
from playground.engine.registers import FIRST_FREE_KNOB


class GraphBuilder:
    """Collects values and ops. What is appended inside `with builder.of(name, spec)` belongs to the node called name."""

    def __init__(self) -> None:
        self._values: list[GraphValue] = []
        self._nodes: list[OpNode] = []
        self._parameters: list[Parameter] = []
        self._statistics: list[Statistic] = []
        self._knobs: list[Knob] = []
        self._owner = ""
        self._spec: Spec | None = None
        self.input: Value | None = None
        self.target: Value | None = None

    @contextlib.contextmanager
    def of(self, owner: str, spec: Spec | None) -> Iterator[None]:
        """Everything built inside belongs to this node; its live fields become knobs on demand."""
        before = self._owner, self._spec
        self._owner, self._spec = owner, spec
        try:
            yield
        finally:
            self._owner, self._spec = before

    def _value(self, type: TensorType, kind: str, name: str) -> Value:
        index = len(self._values)
        self._values.append(GraphValue(index, type, kind, name, self._owner))
        return Value(index, type)

    def take_input(self, type: TensorType) -> Value:
        """The samples' inputs; once."""
        self.input = self._value(type, "input", "input")
        return self.input

    def take_target(self, type: TensorType) -> Value:
        """The samples' targets; once. Type () is a class index."""
        self.target = self._value(type, "target", "target")
        return self.target

    def op(self, name: str, *inputs: Value, **attributes: Any) -> Value:
        """Append an op. Raises ShapeError when the inputs do not fit, KeyError for a name that is no op."""
        rule = ops.find(name)
        type = rule.shape(tuple(x.type for x in inputs), attributes)
        y = self._value(type, "scalar" if rule.is_loss else "activation", f"{self._owner}:{name}")
        self._nodes.append(OpNode(len(self._nodes), name, tuple(x.index for x in inputs), y.index, attributes, self._owner))
        return y

    def parameter(
        self, name: str, shape: tuple[int, ...], start: Initializer, *, fan_in: int, fan_out: int, decays: bool = True
    ) -> Value:
        full = f"{self._owner}.{name}"
        w = self._value(TensorType(shape), "parameter", full)
        self._parameters.append(Parameter(w.index, full, self._owner, start, fan_in, fan_out, decays))
        return w

    def statistic(self, name: str, shape: tuple[int, ...], value: float) -> Value:
        full = f"{self._owner}.{name}"
        s = self._value(TensorType(shape), "statistic", full)
        self._statistics.append(Statistic(s.index, full, self._owner, value))
        return s

    def knob(self, field: str) -> Knob:
        name = f"{self._owner}.{field}"
        for known in self._knobs:
            if known.name == name:
                return known
        made = Knob(FIRST_FREE_KNOB + len(self._knobs), name, float(getattr(self._spec, field)))
        self._knobs.append(made)
        return made

    def finish(self, output: Value, loss: Value | None = None) -> Graph:
        """The graph as built so far. Raises ValueError without an input."""
        if self.input is None:
            raise ValueError("a graph needs an input")
        return Graph(
            values=tuple(self._values),
            nodes=tuple(self._nodes),
            parameters=tuple(self._parameters),
            statistics=tuple(self._statistics),
            knobs=tuple(self._knobs),
            input=self.input.index,
            target=None if self.target is None else self.target.index,
            output=output.index,
            loss=None if loss is None else loss.index,
        )
