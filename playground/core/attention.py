"""What the attention layers share: their settings, and how heads, feed-forward parts and residual sums are put together."""

from __future__ import annotations

import dataclasses
from typing import Any

from playground.core.builder import Builder
from playground.core.fields import flag, part, real, whole
from playground.core.registry import find
from playground.core.spec import Initializer
from playground.core.tensor import Value
from playground.errors import ShapeError
from playground.words import sentence

ACTIVATIONS = {
    "relu": "Zero below zero, as in the first Transformer.",
    "gelu": "Smooth near zero, as in BERT and GPT.",
}


def heads_field(default: int = 4) -> Any:
    return whole(default, low=1, high=1024, log=True, help="Attentions side by side, each over its share of the features.")


def causal_field(default: bool = False) -> Any:
    return flag(default, help="A step sees only itself and what comes before it.")


def window_field() -> Any:
    return whole(
        0, low=0, high=1_000_000, log=True, unit="steps", off="all steps", help="How far a step looks to either side (truncated attention)."
    )  # fmt: skip


def start_field() -> Any:
    return part("initializer", "xavier_uniform", label="Start from", help="How the weights start.")


def bias_field() -> Any:
    return flag(True, help="Add learned numbers after the projections; they start at zero.")


def block_bias_field() -> Any:
    return flag(True, advanced=True, help="Add learned numbers after every product and norm; they start at zero.")


def hidden_field() -> Any:
    return whole(
        0, low=0, high=1_000_000, log=True, label="Feed-forward units", off="four times the features",
        help="Units of the hidden layer that follows the attention.",
    )  # fmt: skip


def dropout_field(default: float, *, help: str) -> Any:
    return real(default, low=0.0, high=0.95, live=True, label="Dropout", help=help)


def dropout_of(g: Builder, rate: float) -> Any:
    """A block's rate of dropout: its knob, or 0.0 where the rate is zero, so that nothing is worked out for it."""
    return g.knob("dropout") if rate > 0.0 else 0.0


def epsilon_field() -> Any:
    return real(1e-5, low=1e-12, high=1.0, log=True, advanced=True, help="Added to the variance so that its root is never zero.")


def sequence(x: Value, what: str = sentence("a sequence")) -> None:
    """Raises ShapeError for what is no sequence of features."""
    if len(x.shape) != 2:
        raise ShapeError(sentence("needs {what}: steps×features.", what=what), "sequence")


def seen(g: Builder, key: Value, *values: Value) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """The values without their masks, which are those of keys and must not become the output's; and the keys' mask, if any."""
    return tuple(g.masked(x, None) for x in values), () if key.mask is None else (key.mask,)


def linear(g: Builder, x: Value, name: str, units: int, start: Initializer, *, bias: bool = True, fan_out: int = 0) -> Value:
    """A dense part with parameters name_weight and name_bias. fan_out: what the start is told, where that is not `units`."""
    i = x.shape[-1]
    parts = [g.parameter(f"{name}_weight", (i, units), start, fan_in=i, fan_out=fan_out or units)]
    if bias:
        zeros = find("initializer", "zeros")()
        parts.append(g.parameter(f"{name}_bias", (units,), zeros, fan_in=i, fan_out=units, decays=False))  # type: ignore[arg-type]
    return g.op("dense", x, *parts)


def norm(g: Builder, x: Value, name: str, epsilon: float, *, bias: bool = True) -> Value:
    """Layer normalisation over the features, with parameters name_gamma and name_beta; without the latter where there is no bias."""
    c = x.shape[-1]
    ones, zeros = find("initializer", "constant")(value=1.0), find("initializer", "zeros")()  # type: ignore[call-arg]
    parts = [g.parameter(f"{name}_gamma", (c,), ones, fan_in=c, fan_out=c, decays=False)]  # type: ignore[arg-type]
    if bias:
        parts.append(g.parameter(f"{name}_beta", (c,), zeros, fan_in=c, fan_out=c, decays=False))  # type: ignore[arg-type]
    return g.op("layer_norm", x, *parts, epsilon=epsilon, shift=bias)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Heads:
    """How a multi-head attention is built. width: numbers of all heads together; dropout: a number or a knob."""

    heads: int
    width: int
    start: Initializer
    bias: bool = True
    causal: bool = False
    window: int = 0
    dropout: Any = 0.0

    def build(self, g: Builder, prefix: str, query: Value, key: Value, value: Value) -> tuple[Value, Value]:
        """Output (queries, features of the query) and weights (heads, queries, keys). Raises ShapeError.

        The three projections start as the three parts of one matrix, as in PyTorch, where all widths are equal.
        """
        for x in (query, key, value):
            sequence(x)
        if self.width % self.heads:
            fitting = max(n for n in range(1, min(self.width, self.heads) + 1) if self.width % n == 0)
            raise ShapeError(
                sentence("needs features that {heads} heads divide; there are {width}.", heads=self.heads, width=self.width),
                f"set heads {fitting}",
            )
        alike = {x.shape[1] for x in (query, key, value)} == {self.width}
        fan_out = 3 * self.width if alike else self.width
        q, k, v = (
            linear(g, x, f"{prefix}{name}", self.width, self.start, bias=self.bias, fan_out=fan_out)
            for x, name in ((query, "query"), (key, "key"), (value, "value"))
        )
        (k, v), mask = seen(g, key, k, v)
        kept: dict[str, Any] = {"heads": self.heads, "causal": self.causal, "window": self.window}
        weights = g.op("attention_weights", q, k, *mask, **kept)
        y = g.op("attention", q, k, v, *mask, **kept, dropout=self.dropout)
        return linear(g, y, f"{prefix}out", query.shape[1], self.start, bias=self.bias), weights


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """What the two Transformer blocks have in common. dropout: 0.0, or a knob."""

    start: Initializer
    hidden: int
    activation: str
    dropout: Any
    norm_first: bool
    epsilon: float
    bias: bool = True

    def drop(self, g: Builder, x: Value) -> Value:
        """Dropout, or nothing where there is no rate."""
        return x if self.dropout == 0.0 else g.op("dropout", x, rate=self.dropout)

    def before(self, g: Builder, x: Value, name: str) -> Value:
        """What a part of the block reads."""
        return norm(g, x, name, self.epsilon, bias=self.bias) if self.norm_first else x

    def after(self, g: Builder, x: Value, y: Value, name: str) -> Value:
        """The residual sum of a part's input and output."""
        total = g.op("add", x, self.drop(g, y))
        return total if self.norm_first else norm(g, total, name, self.epsilon, bias=self.bias)

    def feed_forward(self, g: Builder, x: Value, name: str) -> Value:
        """Two dense layers at every step, with their residual sum and norm."""
        width = x.shape[1]
        read, units = self.before(g, x, name), self.hidden or 4 * width
        hidden = g.op(self.activation, linear(g, read, "hidden", units, self.start, bias=self.bias))
        return self.after(g, x, linear(g, self.drop(g, hidden), "feed", width, self.start, bias=self.bias), name)
