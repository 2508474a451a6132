"""Making expressions that are simplified at once: numbers folded, neutral elements gone. Derivatives are made of these.

0 · f is taken as 0 whatever f is, as in every symbolic derivative; the formula itself is never simplified.
"""

from __future__ import annotations

import math

from playground.core.expression.evaluate import value
from playground.core.expression.nodes import Node, in_order, make, number

ZERO, ONE, MINUS_ONE = number(0.0), number(1.0), number(-1.0)


def constant_value(node: Node) -> float | None:
    """The finite number that an expression without names stands for, else None."""
    if node.kind == "number":
        return node.number
    if any(part.kind == "name" or part.kind in ("lt", "gt", "le", "ge") for part in in_order(node)):
        return None
    found = float(value(node, {}))
    return found if math.isfinite(found) else None


def _folded(kind: str, *args: Node) -> Node | None:
    """The number that an operation on numbers gives."""
    if all(arg.kind == "number" for arg in args):
        found = constant_value(make(kind, *args))
        return None if found is None else number(found)
    return None


def add(a: Node, b: Node) -> Node:
    if a is ZERO:
        return b
    if b is ZERO:
        return a
    if b.kind == "neg":
        return subtract(a, b.args[0])
    return _folded("add", a, b) or make("add", a, b)


def subtract(a: Node, b: Node) -> Node:
    if b is ZERO:
        return a
    if a is ZERO:
        return negate(b)
    if a is b:
        return ZERO
    if b.kind == "neg":
        return add(a, b.args[0])
    return _folded("sub", a, b) or make("sub", a, b)


def negate(a: Node) -> Node:
    if a.kind == "neg":
        return a.args[0]
    if a.kind == "number":
        return number(0.0 - a.number)
    return make("neg", a)


def multiply(a: Node, b: Node) -> Node:
    if ZERO in (a, b):
        return ZERO
    if a is ONE:
        return b
    if b is ONE:
        return a
    if a is MINUS_ONE:
        return negate(b)
    if b is MINUS_ONE:
        return negate(a)
    if a.kind == "neg":
        return negate(multiply(a.args[0], b))
    if b.kind == "neg":
        return negate(multiply(a, b.args[0]))
    if b.kind == "number":
        a, b = b, a
    if a.kind == "number" and b.kind == "mul" and b.args[0].kind == "number":
        joined = _folded("mul", a, b.args[0])
        if joined is not None:
            return multiply(joined, b.args[1])
    return _folded("mul", a, b) or make("mul", a, b)


def divide(a: Node, b: Node) -> Node:
    if a is ZERO:
        return ZERO
    if b is ONE:
        return a
    if a.kind == "neg":
        return negate(divide(a.args[0], b))
    return _folded("div", a, b) or make("div", a, b)


def power(a: Node, exponent: float) -> Node:
    """a to a fixed exponent."""
    if exponent == 0.0:
        return ONE
    if exponent == 1.0:
        return a
    return make("pow", a, number(exponent))


def where(condition: Node, a: Node, b: Node) -> Node:
    return a if a is b else make("where", condition, a, b)
