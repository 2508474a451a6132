"""Elementwise formulas that a person types: parsed by a whitelist, printed, differentiated and evaluated. Nothing is executed.

formula = parse("x * tanh(softplus(x))")
formula.text                      the same formula in its canonical form, which `read` reads
values(formula.body, {"x": x})    NumPy, float64
derivative(formula.body, "x")     another expression
"""

from __future__ import annotations

from playground.core.expression.derivative import derivative
from playground.core.expression.evaluate import value, values
from playground.core.expression.nodes import INPUTS, Node, expression_size, in_order
from playground.core.expression.parser import MOST_CHARACTERS, MOST_LEARNED, Formula, Learned, parse, read
from playground.core.expression.printing import shared_text, text_of
from playground.core.expression.tokens import FormulaError

__all__ = [
    "INPUTS",
    "MOST_CHARACTERS",
    "MOST_LEARNED",
    "Formula",
    "FormulaError",
    "Learned",
    "Node",
    "derivative",
    "expression_size",
    "in_order",
    "parse",
    "read",
    "shared_text",
    "text_of",
    "value",
    "values",
]
