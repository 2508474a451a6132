"""Building a graph: the implementation of `core.builder.Builder`, with shapes checked at every op."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.spec import Initializer, Spec
from playground.core.tensor import TensorType, Value
from playground.engine import ops
from playground.engine.graph import Constant, Graph, GraphValue, Knob, OpNode, Parameter, Statistic
from playground.engine.registers import FIRST_FREE_KNOB
from playground.errors import ShapeError


@dataclasses.dataclass(frozen=True)
class Share:
    """Whose weights a node uses instead of its own. transposed: its matrices are read with their axes exchanged."""

    owner: str
    transposed: bool = False


class GraphBuilder:
    """Collects values and ops. What is appended inside `with builder.of(name, spec)` belongs to the node called name."""

    def __init__(self) -> None:
        self._values: list[GraphValue] = []
        self._nodes: list[OpNode] = []
        self._parameters: dict[str, Parameter] = {}
        self._statistics: list[Statistic] = []
        self._constants: list[Constant] = []
        self._columns: list[int] = []
        self._knobs: list[Knob] = []
        self._owner = ""
        self._spec: Spec | None = None
        self._share: Share | None = None
        self._weight: Any = 1.0
        self._mains: dict[str, int] = {}
        self._further: dict[str, dict[str, int]] = {}
        self._present: dict[str, int] = {}
        self.input: Value | None = None

    @contextlib.contextmanager
    def of(self, owner: str, spec: Spec | None, share: Share | None = None) -> Iterator[None]:
        """Everything built inside belongs to this node; its live fields become knobs on demand."""
        before = self._owner, self._spec, self._share
        self._owner, self._spec, self._share = owner, spec, share
        try:
            yield
        finally:
            self._owner, self._spec, self._share = before

    @contextlib.contextmanager
    def weighing(self, weight: Any) -> Iterator[None]:
        """Losses built inside multiply their gradient by this number or knob: their weight in a sum of several."""
        before, self._weight = self._weight, weight
        try:
            yield
        finally:
            self._weight = before

    def _value(self, type: TensorType, kind: str, name: str) -> Value:
        index = len(self._values)
        self._values.append(GraphValue(index, type, kind, name, self._owner))
        return Value(index, type)

    def gives(self, owner: str, main: Value, further: Mapping[str, Value] | None = None) -> None:
        """What a node gives first, and at its other ports by their names, for whoever looks at it."""
        self._mains[owner] = main.index
        if further:
            self._further[owner] = {name: value.index for name, value in further.items()}
        if main.mask is not None:
            self._present[owner] = main.mask.index

    def take_input(self, type: TensorType) -> Value:
        """The samples' inputs; once."""
        self.input = self._value(type, "input", "input")
        return self.input

    def take_column(self, name: str, type: TensorType) -> Value:
        """Something else that comes with every sample, such as its weight; by name, the targets first."""
        column = self._value(type, "column", name)
        self._columns.append(column.index)
        return column

    def take_target(self, type: TensorType) -> Value:
        """The samples' targets. Type () is a class index."""
        return self.take_column("target", type)

    def op(self, name: str, *inputs: Value, **attributes: Any) -> Value:
        """Append an op and give its main output. Raises ShapeError when the inputs do not fit, KeyError for a name that is no op."""
        return self.ops(name, *inputs, **attributes)[0]

    def ops(self, name: str, *inputs: Value, **attributes: Any) -> tuple[Value, ...]:
        """The same, with all outputs of an op that has several."""
        rule = ops.find(name)
        types = tuple(x.type for x in inputs)
        shaped = rule.shape(types, attributes)
        found = shaped if isinstance(shaped, tuple) else (shaped,)
        kind = "scalar" if rule.is_loss else "activation"
        if rule.is_loss and self._weight != 1.0:
            attributes = {**attributes, "weight": self._weight}
        names = [f"{self._owner}:{name}", *(f"{self._owner}:{name}/{more}" for more in rule.outputs[1:])]
        mask = self._met(inputs, found[0].shape[:1]) if rule.keeps_steps_of(types) else None
        tokens = types[0].tokens if rule.keeps_tokens and types else 0
        main = dataclasses.replace(found[0], masked=mask is not None, tokens=tokens)
        ys = [self._value(type, kind, label) for type, label in zip((main, *found[1:]), names, strict=True)]
        self._nodes.append(
            OpNode(
                len(self._nodes),
                name,
                tuple(x.index for x in inputs),
                ys[0].index,
                attributes,
                self._owner,
                tuple(y.index for y in ys[1:]),
            )
        )
        ys[0] = dataclasses.replace(ys[0], mask=mask)
        return tuple(ys)

    def _met(self, inputs: Sequence[Value], steps: tuple[int, ...]) -> Value | None:
        """The mask of what is made of several values: a step is there where it is in all of them that have a mask of so many steps."""
        masks = dict.fromkeys(x.mask for x in inputs if x.mask is not None and x.mask.shape == steps)
        return functools.reduce(lambda one, other: self.op("multiply", one, other), masks) if masks else None

    def masked(self, x: Value, mask: Value | None) -> Value:
        """The same value with another mask, or with none. Raises ShapeError when the mask does not count its steps."""
        if mask is not None and mask.shape != x.shape[:1]:
            raise ShapeError(f"needs a mask of as many steps as the value has: the mask is {mask.type}, the value {x.type}.")
        return dataclasses.replace(x, mask=mask, type=dataclasses.replace(x.type, masked=mask is not None))

    def parameter(
        self,
        name: str,
        shape: tuple[int, ...],
        start: Initializer,
        *,
        fan_in: int,
        fan_out: int,
        decays: bool = True,
        **more: Any,
    ) -> Value:
        full = f"{self._owner}.{name}"
        if self._share is not None:
            shared = self._shared(name, shape)
            if shared is not None:
                return shared
        if full in self._parameters:  # declared before, because a node that shares it was built first
            return Value(self._parameters[full].value, TensorType(shape))
        w = self._value(TensorType(shape), "parameter", full)
        self._parameters[full] = Parameter(w.index, full, self._owner, start, fan_in, fan_out, decays, **more)
        return w

    def declare(self, parameters: Iterable[tuple[Parameter, TensorType]]) -> None:
        """Make room for the parameters of nodes that others share before any of them is built."""
        for parameter, type in parameters:
            with self.of(parameter.owner, None):
                w = self._value(type, "parameter", parameter.name)
            self._parameters[parameter.name] = dataclasses.replace(parameter, value=w.index)

    def _shared(self, name: str, shape: tuple[int, ...]) -> Value | None:
        """Another node's parameter of this name; None for what is not shared: a bias beside a transposed matrix, and one that counts
        other units than its own, as that of a transposed convolution beside the kernel of a convolution."""
        assert self._share is not None
        found = self._parameters.get(f"{self._share.owner}.{name}")
        if found is None or (self._share.transposed and len(shape) != 2):
            return None
        type = self._values[found.value].type
        wanted = shape[::-1] if self._share.transposed else shape
        if type.shape != wanted:
            if name == "bias" and len(type.shape) == len(wanted) == 1:  # weights come first, and they fit
                return None
            turned = " transposed" if self._share.transposed else ""
            raise ShapeError(
                f"shares the {name} of {self._share.owner}, which is {type}; it needs {TensorType(wanted)}{turned}.", "unshare"
            )
        return Value(found.value, TensorType(shape), transposed=self._share.transposed)

    def statistic(self, name: str, shape: tuple[int, ...], value: float) -> Value:
        full = f"{self._owner}.{name}"
        s = self._value(TensorType(shape), "statistic", full)
        self._statistics.append(Statistic(s.index, full, self._owner, value))
        return s

    def constant(self, name: str, array: np.ndarray) -> Value:
        full = f"{self._owner}.{name}"
        c = self._value(TensorType(tuple(array.shape)), "constant", full)
        self._constants.append(Constant(c.index, full, self._owner, np.ascontiguousarray(array, np.float32)))
        return c

    def knob(self, field: str) -> Knob:
        name = f"{self._owner}.{field}"
        for known in self._knobs:
            if known.name == name:
                return known
        made = Knob(FIRST_FREE_KNOB + len(self._knobs), name, float(getattr(self._spec, field)))
        self._knobs.append(made)
        return made

    def finish(
        self,
        output: Value | Sequence[Value],
        loss: Value | None = None,
        losses: Sequence[Value] = (),
        weights: Sequence[Any] = (),
    ) -> Graph:
        """The graph as built so far. Raises ValueError without an input.

        loss: the only loss.  losses, weights: several instead, with a number or a knob each; what training makes small is their
        weighted sum, and each loss has been built with its own weight for its gradient.
        """
        if self.input is None:
            raise ValueError("a graph needs an input")
        if losses and loss is None:
            loss = losses[0] if len(losses) == 1 else self.op("weighted_sum", *losses, weights=tuple(weights))
        return Graph(
            values=tuple(self._values),
            nodes=tuple(self._nodes),
            parameters=tuple(self._parameters.values()),
            statistics=tuple(self._statistics),
            knobs=tuple(self._knobs),
            input=self.input.index,
            columns=tuple(self._columns),
            outputs=(output.index,) if isinstance(output, Value) else tuple(y.index for y in output),
            losses=tuple(x.index for x in losses) if losses else (() if loss is None else (loss.index,)),
            loss=None if loss is None else loss.index,
            constants=tuple(self._constants),
            mains=dict(self._mains),
            further=dict(self._further),
            present=dict(self._present),
        )
