"""Ops that treat every number alike: a formula and its derivative, written once, become the kernels and the emissions."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, number, store


@inline
def formula(x, p):
    """Stands in the templates for an op's own formula."""
    return x * p


def _forward(F, R, w, k):
    """words: samples lines length | x line sample | y line sample | parameter (two words)"""
    p = number(k, w[9], w[10])
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for j in range(0, w[2], 16):
                store(F, y + j, w[2] - j, formula(load(F, x + j, w[2] - j), p))


def _backward(F, R, w, k):
    """words: samples lines length | y (or x) line sample | dy line sample | dx line sample | parameter (two words) | add"""
    p = number(k, w[12], w[13])
    for s in range(w[0]):
        for row in range(w[1]):
            y, d, x = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11]
            for j in range(0, w[2], 16):
                n = w[2] - j
                g = load(F, d + j, n) * formula(load(F, y + j, n), p)
                if w[14]:
                    g = g + load(F, x + j, n)
                store(F, x + j, n, g)


def instance(template: Callable[..., None], name: str, function: Callable[..., Any]) -> None:
    """Register a kernel that is a template with this formula in it."""
    made = types.FunctionType(template.__code__, {**template.__globals__, "formula": inline(function)}, name)
    made.__module__, made.__qualname__, made.__doc__ = function.__module__, name, template.__doc__
    kernel(made)


class Pointwise(Op):
    """y = value(x, p) for every number; the derivative is a formula of the output, so x need not be kept, or of x.

    A subclass gives `value` and `slope` as functions of lanes, in the words of `engine.vocabulary`.
    """

    #: What `slope` is a formula of: "y" wherever that is possible, else "x".
    slope_of: ClassVar[str] = "y"
    keeps_steps = True

    #: The attribute that is p, where the formula has a parameter.
    parameter: ClassVar[str] = ""
    #: Floating-point operations of one number.
    flops: ClassVar[int] = 1

    def __init_subclass__(cls) -> None:
        if "value" in cls.__dict__:
            instance(_forward, f"{cls.id}_forward", cls.__dict__["value"].__func__)
            instance(_backward, f"{cls.id}_backward", cls.__dict__["slope"].__func__)

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return inputs[0]

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return self.flops * output.count

    def words(self, node: OpNode) -> tuple[int, int]:
        """The parameter as two words."""
        return knob_words(node.attributes[self.parameter] if self.parameter else 0.0)

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)

        def make(f: Frame) -> list[Instruction]:
            return [(f"{self.id}_forward", *sweep(f, x, y), *self.words(node))]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        kept = e.value(node.output if self.slope_of == "y" else node.inputs[0])
        to, dy, add = dx, e.upstream(node), int(not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            return [(f"{self.id}_backward", *sweep(f, kept, dy, to), *self.words(node), add)]

        e.rows(make, reads=[kept, dy], writes=[to])


def real(attribute: Any) -> float:
    """An attribute's number, be it a knob or not."""
    return float(getattr(attribute, "value", attribute))
