"""Positional encoding: where in a sequence a step stands."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import choice, part
from playground.core.registry import find, register
from playground.core.spec import Initializer, Layer, Spec
from playground.core.tensor import MOST_WRITTEN, TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence, within


def _small() -> Spec:
    return find("initializer", "normal")(deviation=0.02)  # type: ignore[call-arg]  # the class is looked up by its id


def sinusoidal(steps: int, features: int) -> np.ndarray:
    """Sines at even and cosines at odd features, wavelengths from 2π to 10000·2π.

    Shapes: -> (steps, features) float32.  Source: Vaswani et al., "Attention is all you need", 2017, section 3.5.
    """
    pair = np.arange(features) // 2 * 2
    angle = np.arange(steps)[:, None] / 10000.0 ** (pair / features)
    return np.where(np.arange(features) % 2 == 0, np.sin(angle), np.cos(angle)).astype(np.float32)


@register("positional_encoding", title="PositionalEncoding", group="Sequence", icon="position", tail="adds where a step is")
class PositionalEncoding(Layer):
    """Adds to every step a code of its place in the sequence, which attention alone cannot see.

    Shapes: x (steps, features) -> the same.  Parameters, if learned: position (steps, features).
    Sinusoidal codes are fixed and lie between -1 and 1. Learned codes start small, as in BERT and GPT-2, and exist only for as
    many steps as the input has.
    """

    code: str = choice(
        "sinusoidal",
        {
            "sinusoidal": "Sines and cosines of many wavelengths; nothing is learned.",
            "learned": "A learned row for every step.",
        },
        label="Code",
        help="What stands for a place.",
    )
    start: Initializer = part(
        "initializer", _small, label="Start from", advanced=True, when=("code", "learned"), help="How learned codes start."
    )

    formula = "y = x + p,  p[t, 2i] = sin(t / 10000^(2i/d)),  p[t, 2i+1] = cos(t / 10000^(2i/d))"
    source = "Vaswani et al.: Attention is all you need (2017), section 3.5"
    examples = (
        ("sinusoidal", {}, ((5, 6),)),
        ("odd number of features", {}, ((4, 7),)),
        ("learned", {"code": "learned"}, ((3, 5),)),
        ("one step", {"code": "learned"}, ((1, 17),)),
        ("one feature", {}, ((9, 1),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) != 2:
            raise ShapeError(sentence("needs a sequence: steps×features."), "sequence")
        if self.code == "sinusoidal":
            if x.type.count > MOST_WRITTEN:
                raise ShapeError(
                    sentence(
                        "can write {most_written} numbers down, and a sample has {count}.",
                        most_written=f"{MOST_WRITTEN:,}",
                        count=f"{x.type.count:,}",
                    )
                )
            return g.op("add_tensor", x, g.constant("position", sinusoidal(*x.shape)))
        steps, features = x.shape
        return g.op("add_tensor", x, g.parameter("position", x.shape, self.start, fan_in=steps, fan_out=features, decays=False))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return within(self.code)
