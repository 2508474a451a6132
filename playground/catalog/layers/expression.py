"""A formula of one's own."""

from __future__ import annotations

import json

import numpy as np

from playground.core import registry
from playground.core.builder import Builder
from playground.core.expression import INPUTS, FormulaError, derivative, parse, read, shared_text, values
from playground.core.expression import Formula as Parsed
from playground.core.fields import formula
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import joined, sentence

START = "x * tanh(softplus(x))"


@register("expression", title="Expression", group="Activation", icon="formula", tail="a formula of your own")
class Expression(Layer):
    """Applies a formula that you type to every number.

    Shapes: x (any), and y and z of the same shape where the formula has them -> the same. Known are + - * / ^, brackets, numbers,
    pi, e, exp, log, sqrt, abs, sign, min, max, clip, tanh, sigmoid, softplus, relu, gelu, erf, sin, cos and
    where(a < b, this, else that). Names declared behind a semicolon are learned: "max(x, a * x); a = 0.25 per channel". The
    derivative is found by the rules of calculus; at a corner it is what PyTorch gives: 0 for abs, sign and relu at 0, the mean
    of both sides for min and max at a tie. exp is infinite above 88.7; sin and cos lose their phase above 100,000.
    """

    function: str = formula(START, label="Formula", help="What is done to every number x; y and z are further inputs.")

    ports = INPUTS
    optional = 2
    formula = f"f(x) = {START}; f'(x) = {shared_text(derivative(parse(START).body, 'x'))}"
    source = "Griewank and Walther: Evaluating Derivatives (2008), chapter 2; the formula it starts with: Misra, Mish (2019)"
    examples = (
        ("mish", {}, ((5,),)),
        ("swish with a learned slope", {"function": "x*sigmoid(b*x); b = 1.5"}, ((3, 2, 7),)),
        ("a slope per channel", {"function": "where(x > 0, x, a*x); a = 0.25 per channel"}, ((2, 3, 5),)),
        ("slopes and a shift", {"function": "a*x + softplus(-x)*s; a = -0.5 per channel; s = 2"}, ((4, 19),)),
        ("gate", {"function": "x * sigmoid(y) + z^2 / 4"}, ((7,), (7,), (7,))),
        ("learned distance", {"function": "sqrt((x - y)^2 + c*c); c = 0.5"}, ((1,), (1,))),
        (
            "every function",
            {"function": "erf(x)*cos(x) + log(exp(-x^2) + 2) * sin(x/2) - gelu(x) ^ 3 + (1 + x^2)^-0.3"},
            ((3, 5),),
        ),
        ("bounds", {"function": "clip(3*x, -2, 2) + min(x, y) - max(abs(x), e) * pi^-1"}, ((3, 1, 2), (3, 1, 2))),
    )

    @property
    def preview(self) -> str:  # type: ignore[override]
        """The glyph where the formula is one of x alone."""
        return "glyph" if self.curve(np.zeros(1)) is not None else ""

    def build(self, g: Builder, *inputs: Value) -> Value:
        parsed = read(self.function)  # the field bounds what is typed
        given = dict(zip(INPUTS, (*inputs, None, None), strict=False))
        missing = [name for name in parsed.inputs if given[name] is None]
        if missing:
            raise ShapeError(
                sentence("uses {missing} in its formula, where no wire arrives.", missing=joined(missing)),
                f"set function {json.dumps(START)}",
            )
        over = [name for name in INPUTS if given[name] is not None and name not in parsed.inputs]
        if over:
            raise ShapeError(
                sentence("does not use {over} in its formula, where a wire arrives.", over=joined(over)),
                f"cut {INPUTS.index(over[-1])}",
            )
        xs = [x for name in parsed.inputs if (x := given[name]) is not None]
        learned = []
        for one in parsed.learned:
            start = registry.find("initializer", "constant")(value=one.start)  # type: ignore[call-arg]
            if one.per_channel and not xs[0].type.rank:
                raise ShapeError(
                    sentence("learns {one} per channel and needs an input that has channels.", one=one.name), "insert flatten"
                )
            shape = (xs[0].shape[-1],) if one.per_channel else (1,)
            learned.append(g.parameter(one.name, shape, start, fan_in=1, fan_out=1, decays=False))  # type: ignore[arg-type]
        return g.op("expression", *xs, *learned, formula=parsed.text)

    def curve(self, x: np.ndarray) -> np.ndarray | None:
        parsed = self._parsed()
        if parsed is None or parsed.inputs != ("x",):
            return None
        return values(parsed.body, {"x": x, **{one.name: one.start for one in parsed.learned}})

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        parsed = self._parsed()
        text = parsed.text.partition(";")[0].replace(" ", "") if parsed else ""
        return text if len(text) <= 24 else f"{text[:23]}…"

    def _parsed(self) -> Parsed | None:
        """The formula; None for a bad one, which the form marks."""
        try:
            return parse(self.function)
        except FormulaError:
            return None
