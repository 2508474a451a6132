"""Embedding: a learned row for every token."""

from __future__ import annotations

import dataclasses

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import flag, part, real, whole
from playground.core.registry import find, register
from playground.core.spec import Initializer, Layer, Spec
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


def _normal() -> Spec:
    return find("initializer", "normal")(deviation=1.0)  # type: ignore[call-arg]  # the class is looked up by its id


@dataclasses.dataclass(frozen=True)
class WithoutRow(Initializer):
    """Start values as `start` draws them, but for one row of zeros."""

    start: Initializer
    row: int

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        drawn = self.start.draw(rng, shape, fan_in, fan_out)
        drawn[self.row] = 0.0
        return drawn


@dataclasses.dataclass(frozen=True)
class ShortRows(Initializer):
    """Start values as `start` draws them, rows longer than the limit scaled down to it."""

    start: Initializer
    limit: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        drawn = self.start.draw(rng, shape, fan_in, fan_out)
        lengths = np.linalg.norm(drawn, axis=-1, keepdims=True)
        return np.where(lengths > self.limit, drawn * (self.limit / np.maximum(lengths, self.limit)), drawn).astype(drawn.dtype)


@register("embedding", title="Embedding", group="Sequence", icon="embed", version=2, tail="a row for each token")
class Embedding(Layer):
    """Looks up a learned row of numbers for every token.

    Shapes: tokens () or (steps,) -> (units,) or (steps, units).  Parameters: weight (vocabulary, units).
    Tokens are whole numbers from 0 to vocabulary - 1; any other stops the run. The row of the padding token is zero and
    is never learned, as with PyTorch's padding_idx; a mask (Keras: mask_zero) moreover lets sequence layers skip those steps.
    Rows start from a normal distribution of deviation 1, as in PyTorch; Keras draws them from -0.05 to 0.05.
    A max norm bounds the length of every row from the start on and after every step. PyTorch's max_norm shortens a row when it is
    looked up: with an optimizer that leaves other rows alone, such as SGD, every look-up gives the same; one with momentum or decay
    moves rows between look-ups too, and they are bounded here each time.
    """

    vocabulary: int = whole(64, low=1, high=10_000_000, log=True, help="How many different tokens there are.")
    units: int = whole(64, low=1, high=65_536, log=True, help="How many numbers stand for a token.")
    padding: int = whole(
        -1, low=-1, high=9_999_999, off="None", label="Padding token", help="The token that only fills a sequence up; -1 is none."
    )
    mask: bool = flag(False, label="Mask padding", help="Tell the layers that follow which steps are only padding.")
    start: Initializer = part("initializer", _normal, label="Start from", help="How the rows start.")
    max_norm: float = real(
        0.0, low=0.0, high=1000.0, log=True, off="None", live=True, advanced=True, help="Greatest length of a row; 0 sets none."
    )

    tokens = "vocabulary"
    preview = "tiles"
    width = "units"
    formula = "y = weight[token]"
    source = "Bengio, Ducharme, Vincent and Jauvin: A neural probabilistic language model (2003), section 2"
    examples = (
        ("sequence", {"vocabulary": 7, "units": 3}, ((5,),)),
        ("one token", {"vocabulary": 5, "units": 4}, ((),)),
        ("padding", {"vocabulary": 4, "units": 5, "padding": 0}, ((9,),)),
        ("mask", {"vocabulary": 4, "units": 2, "padding": 3, "mask": True}, ((6,),)),
        ("wide", {"vocabulary": 3, "units": 65}, ((4,),)),
        ("more rows than tokens", {"vocabulary": 301, "units": 17}, ((3,),)),
        ("one of everything", {"vocabulary": 1, "units": 1}, ((1,),)),
        ("short rows", {"vocabulary": 6, "units": 19, "padding": 2, "max_norm": 0.5}, ((7,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if not x.type.tokens:
            raise ShapeError(sentence("needs tokens: whole numbers that each stand for a word, a letter or a class."))
        if x.type.tokens > self.vocabulary:
            text = sentence(
                "has rows for {vocabulary} tokens and is given {tokens} different ones.",
                vocabulary=self.vocabulary,
                tokens=x.type.tokens,
            )
            raise ShapeError(text, f"set vocabulary {x.type.tokens}")
        if len(x.shape) > 1:
            raise ShapeError(sentence("needs a token or a row of tokens."), "insert flatten")
        if self.padding >= self.vocabulary:
            raise ShapeError(sentence("has no token {padding} to use as padding.", padding=self.padding), "set padding -1")
        if self.mask and self.padding < 0:
            raise ShapeError(sentence("needs a padding token to mask."), "set padding 0")
        start = WithoutRow(self.start, self.padding) if self.padding >= 0 else self.start
        n, limit = self.vocabulary, ""
        if self.max_norm > 0.0:
            start, limit = ShortRows(start, self.max_norm), "max_norm"
            g.knob(limit)
        weight = g.parameter("weight", (n, self.units), start, fan_in=n, fan_out=self.units, row_limit=limit)
        if weight.transposed:
            raise ShapeError(sentence("cannot read shared weights that are transposed."), "unshare")
        y = g.op("embedding", x, weight, padding=self.padding)
        if not self.mask or not x.shape:
            return y
        there = g.op("token_mask", x, padding=self.padding)
        return g.masked(y, there if x.mask is None else g.op("multiply", x.mask, there))

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        return f"{self.vocabulary}·{self.units}"

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{vocabulary} tokens", vocabulary=self.vocabulary)
