"""Parametric rectified linear unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import choice, part
from playground.core.registry import find, register
from playground.core.spec import Initializer, Layer, Spec
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence

SLOPES = {"one": "One slope for all numbers.", "channel": "A slope for every channel: every entry of the last axis."}


def _quarter() -> Spec:
    constant: Any = find("initializer", "constant")
    made: Spec = constant(value=0.25)
    return made


@register("prelu", title="PReLU", group="Activation", icon="prelu", tail="learned slope below 0")
class PReLU(Layer):
    """Keeps what is positive and scales the rest by a slope that is learned.

    Shapes: x (any) -> the same.  Parameters: slope (1,) or (channels,). Slopes are never decayed, which would pull towards a ReLU.
    Keras learns a slope for every number of the sample and starts at 0; here, as in PyTorch, slopes are shared and start at 0.25.
    """

    slopes: str = choice("one", SLOPES, help="Which numbers share a slope.")
    start: Initializer = part("initializer", _quarter, label="Slope starts from", advanced=True, help="How slopes start.")

    preview = "glyph"
    formula = "y = x where x > 0, else slope·x"
    source = "He et al.: Delving deep into rectifiers (2015), equation 1"
    examples = (
        ("features", {}, ((5,),)),
        ("each feature", {"slopes": "channel"}, ((7,),)),
        ("image", {"slopes": "channel"}, ((3, 5, 3),)),
        ("many channels", {"slopes": "channel"}, ((2, 19),)),
        ("one slope image", {}, ((3, 2, 7),)),
        ("one number", {}, ((1,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if not x.shape:
            raise ShapeError(sentence("needs at least one axis of numbers."), "insert flatten")
        n = 1 if self.slopes == "one" else x.shape[-1]
        return g.op("prelu", x, g.parameter("slope", (n,), self.start, fan_in=n, fan_out=n, decays=False))

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        return "1" if self.slopes == "one" else f"{inputs[0].shape[-1]}"

    def curve(self, x: np.ndarray) -> np.ndarray:
        """With the slope that it starts from."""
        slope = float(self.start.draw(np.random.default_rng(0), (1,), 1, 1)[0])
        return np.where(x < 0.0, slope * x, x)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("one slope") if self.slopes == "one" else sentence("a slope per channel")
