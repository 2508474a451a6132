"""Gaussian error linear unit."""

from __future__ import annotations

import math

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import choice
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.words import sentence

#: Where the slope has fallen to 0.01 below zero, by form: below, it only comes nearer to 0.
FLAT = {"exact": -3.0674, "tanh": -3.0529}
FORMS = {
    "exact": "With the distribution itself.",
    "tanh": "With the tanh that comes close to it, as in GPT-2; within 0.0005.",
}


@register("gelu", title="GELU", group="Activation", icon="gelu", tail="x times its own rank")
class GELU(Layer):
    """Weighs each number by the share of a normal distribution that lies below it.

    Shapes: x (any) -> the same. Smooth, and a little negative between -3 and 0; the usual choice inside transformers. An output
    counts as saturated where x lies so far below zero (under -3.07) that the slope is within 0.01 of zero.
    """

    form: str = choice("exact", FORMS, help="Which formula is computed.")

    preview = "glyph"
    formula = "y = x·Φ(x); tanh: y = x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))"
    source = "Hendrycks and Gimpel: Gaussian error linear units (2016), equation 1 and section 2"
    examples = (
        ("features", {}, ((5,),)),
        ("tanh image", {"form": "tanh"}, ((3, 2, 7),)),
        ("sequence", {}, ((4, 17),)),
        ("one number", {"form": "tanh"}, ((1,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("gelu" if self.form == "exact" else "gelu_tanh", x)

    def curve(self, x: np.ndarray) -> np.ndarray:
        if self.form == "tanh":
            return np.asarray(0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))))
        return np.array([each * 0.5 * math.erfc(-each * math.sqrt(0.5)) for each in np.ravel(x)]).reshape(np.shape(x))

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray | None:
        """By x: outputs between the lowest one and 0 come from two places, of which only the lower is flat."""
        return None if x is None else np.asarray(x < FLAT[self.form])

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return "" if self.form == "exact" else sentence("tanh form")
