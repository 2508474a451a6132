"""What the recurrent layers share: their settings, the order of layers and directions, and the names of their weights."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import choice, flag, part, real, whole
from playground.core.spec import Initializer, Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import meant, sentence

RETURNS = {"sequence": "The state after every step: steps×units.", "last": "The state after the last step only: units."}

MOST_LAYERS = 16
#: Numbers of layers with something between two of them.
SEVERAL = tuple(range(2, MOST_LAYERS + 1))


@dataclasses.dataclass(frozen=True)
class Raised(Initializer):
    """Another start, with a number added to some of what it draws, such as the forget gates' biases. Shapes: (n,)."""

    inner: Initializer
    first: int
    last: int
    by: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        drawn = self.inner.draw(rng, shape, fan_in, fan_out)
        drawn[self.first : self.last] += np.float32(self.by)
        return drawn


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recurrent(Layer):
    """The base of the recurrent layers. A subclass names its op, the blocks of its weights and its states.

    Every layer but the first reads what the one before gives. In both directions a layer is two ops whose outputs stand side by
    side. States of several are one row: those of the first layer, forwards and backwards, then those of the second.
    """

    units: int = whole(64, low=1, high=1_000_000, log=True, help="Numbers in the state of each layer and direction.")
    layers: int = whole(
        1, low=1, high=MOST_LAYERS, label=meant("Layers", "how many"), help="Layers, each reading what the one before gives."
    )
    bidirectional: bool = flag(False, help="Read the sequence backwards too and put both results side by side.")
    returns: str = choice("sequence", RETURNS, label="Gives", help="What comes out at y.")
    dropout: float = real(
        0.0,
        low=0.0,
        high=0.95,
        live=True,
        advanced=True,
        when=("layers", SEVERAL),
        help="Share of the numbers hidden between two layers; one layer hides none, and PyTorch warns of a share there.",
    )
    bias: bool = flag(True, advanced=True, help="Add learned numbers, one beside the input's and one beside the state's weights.")
    start: Initializer = part(
        "initializer", "fan_in_uniform", label="Start from", advanced=True, help="How the weights of the input start."
    )
    recurrent_start: Initializer = part(
        "initializer",
        "fan_in_uniform",
        label="State's weights start from",
        advanced=True,
        help="How the weights of the state start.",
    )
    bias_start: Initializer = part(
        "initializer",
        "fan_in_uniform",
        label="Biases start from",
        advanced=True,
        when=("bias", True),
        help="How both biases start.",
    )

    preview = "tiles"
    #: The engine's op, and blocks of `units` columns in its weights.
    op: ClassVar[str] = ""
    blocks: ClassVar[int] = 1
    #: What the blocks are called, in their order, once the gates have acted; () where there are none.
    gates: ClassVar[tuple[str, ...]] = ()
    #: States it carries from step to step.
    states: ClassVar[int] = 1

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def runs(self) -> int:
        """Ops it is made of, one for each layer and direction: those of the first layer first, forwards before backwards."""
        return self.layers * self.directions

    def attributes(self) -> dict[str, Any]:
        """The op's own attributes."""
        return {}

    def first_bias(self) -> Initializer:
        """How the input's bias starts."""
        return self.bias_start

    def build(self, g: Builder, *inputs: Any) -> Value | tuple[Value, ...]:
        x: Value = inputs[0]
        if len(x.shape) != 2:
            raise ShapeError(sentence("needs a sequence: steps×features."), "sequence")
        directions, wide = self.directions, self.runs * self.units
        for port, one in enumerate(inputs[1:], start=1):
            if one is not None and one.shape != (wide,):
                mend = f'insert dense {port} {{"units": {wide}}}' if len(one.shape) == 1 else f"insert flatten {port}"
                raise ShapeError(
                    sentence("needs states of {wide} numbers: layers times directions times units.", wide=f"{wide:,}"), mend
                )
        mask, y = x.mask, x
        last: list[tuple[Value, ...]] = []
        for layer in range(self.layers):
            if layer:
                y = g.masked(g.op("dropout", y, rate=g.knob("dropout")), mask)
            given = [self._run(g, y, layer, bool(reverse), mask, inputs[1:]) for reverse in range(directions)]
            y = given[0][0] if directions == 1 else g.masked(g.op("concat", *(one[0] for one in given)), mask)
            last += [one[1 : 1 + self.states] for one in given]
        ends = tuple(one[0] if len(one) == 1 else g.op("concat", *one) for one in zip(*last, strict=True))
        if self.returns == "last":
            top = [one[0] for one in last[-directions:]]
            y = top[0] if directions == 1 else g.op("concat", *top)
        return (y, *ends)

    def _run(
        self, g: Builder, x: Value, layer: int, reverse: bool, mask: Value | None, starts: tuple[Value | None, ...]
    ) -> tuple[Value, ...]:
        """One layer in one direction: the op with its weights."""
        tail = ("" if layer == 0 else f"_{layer + 1}") + ("_reverse" if reverse else "")
        gates, i = self.blocks * self.units, x.shape[1]
        fan = self.units if self.start.id == "fan_in_uniform" else i  # PyTorch counts the units for all of its weights
        values = [
            x,
            g.parameter(f"weight{tail}", (i, gates), self.start, fan_in=fan, fan_out=gates),
            g.parameter(f"recurrent{tail}", (self.units, gates), self.recurrent_start, fan_in=self.units, fan_out=gates),
        ]
        if self.bias:
            both = (("bias", self.first_bias()), ("recurrent_bias", self.bias_start))
            values += [
                g.parameter(f"{name}{tail}", (gates,), how, fan_in=self.units, fan_out=gates, decays=False) for name, how in both
            ]
        values += [] if mask is None else [mask]
        names = tuple(name for name, one in zip(("state", "cell"), starts, strict=False) if one is not None)
        values += [one for one in starts if one is not None]
        place = layer * self.directions + int(reverse)
        return g.ops(
            self.op, *values, biased=self.bias, masked=mask is not None, initial=names, reverse=reverse,
            offset=place * self.units if names else 0, **self.attributes(),
        )  # fmt: skip

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        if self.layers > 1 or self.bidirectional:
            return ""
        terms = f"({inputs[0].shape[-1]}+{self.units}{'+2' if self.bias else ''})"
        return f"{self.blocks * self.units}·{terms}"

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        layers = f" × {self.layers}" if self.layers > 1 else ""
        return sentence(
            "{units} units{layers}{ways}",
            units=self.units,
            layers=layers,
            ways=sentence(" both ways") if self.bidirectional else "",
        )
