"""Symbolic derivatives.

Where a function has a corner, the derivative is what PyTorch's is: abs and sign give 0 at 0, relu gives 0 at 0, min and max give
half of each side's at a tie, clip gives that of the value on its bounds, a comparison has none and `where` that of the side it
takes. For a^b with a = 0 the derivative by b is 0. Parts that occur in several places are one node, so nothing is computed twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from playground.core.expression.building import (
    ONE,
    ZERO,
    add,
    constant_value,
    divide,
    multiply,
    negate,
    power,
    subtract,
    where,
)
from playground.core.expression.nodes import Node, in_order, make, number


def derivative(root: Node, by: str) -> Node:
    """The derivative of an expression by one of its names."""
    found: dict[Node, Node] = {}
    for node in in_order(root):
        if node.kind == "name":
            found[node] = ONE if node.name == by else ZERO
        elif not node.args or node.kind in ("lt", "gt", "le", "ge") or all(found[arg] is ZERO for arg in node.args):
            found[node] = ZERO
        elif node.kind in _OUTER:
            (inner,) = node.args
            found[node] = multiply(_OUTER[node.kind](node, inner), found[inner])
        else:
            found[node] = _RULES[node.kind](node, *(found[arg] for arg in node.args))
    return found[root]


def _compare(kind: str, a: Node, b: Node) -> Node:
    return make(kind, a, b)


#: Functions of one argument: the derivative by it, from (the node itself, the argument).
_OUTER: dict[str, Callable[[Node, Node], Node]] = {
    "exp": lambda y, u: y,
    "log": lambda y, u: divide(ONE, u),
    "sqrt": lambda y, u: divide(number(0.5), y),
    "abs": lambda y, u: make("sign", u),
    "sign": lambda y, u: ZERO,
    "tanh": lambda y, u: subtract(ONE, multiply(y, y)),
    "sigmoid": lambda y, u: multiply(y, make("sigmoid", negate(u))),
    "softplus": lambda y, u: make("sigmoid", u),
    "relu": lambda y, u: make("where", _compare("gt", u, ZERO), ONE, ZERO),
    "sin": lambda y, u: make("cos", u),
    "cos": lambda y, u: negate(make("sin", u)),
    "erf": lambda y, u: multiply(number(2.0 / math.sqrt(math.pi)), make("exp", negate(multiply(u, u)))),
    "gelu": lambda y, u: add(
        multiply(number(0.5), add(ONE, make("erf", multiply(number(math.sqrt(0.5)), u)))),
        multiply(multiply(number(1.0 / math.sqrt(2.0 * math.pi)), u), make("exp", multiply(number(-0.5), multiply(u, u)))),
    ),
}


def _divide(y: Node, da: Node, db: Node) -> Node:
    """(a/b)' = (a' - (a/b) b') / b"""
    return divide(subtract(da, multiply(y, db)), y.args[1])


def _multiply(y: Node, da: Node, db: Node) -> Node:
    a, b = y.args
    return add(multiply(da, b), multiply(a, db))


def _power(y: Node, da: Node, db: Node) -> Node:
    """(a^b)' = b a^(b-1) a' + a^b log(a) b'"""
    a, b = y.args
    fixed = constant_value(b)
    if fixed is not None:
        return multiply(multiply(number(fixed), power(a, fixed - 1.0)), da) if fixed else ZERO
    by_base = ZERO if da is ZERO else multiply(multiply(b, make("pow", a, subtract(b, ONE))), da)
    if db is ZERO:
        return by_base
    slope = where(_compare("gt", make("abs", a), ZERO), multiply(y, make("log", a)), ZERO)
    return add(by_base, multiply(slope, db))


def _choose(first: str) -> Callable[[Node, Node, Node], Node]:
    """min and max: the derivative of the side that wins, half of each at a tie."""

    def rule(y: Node, da: Node, db: Node) -> Node:
        a, b = y.args
        if da is db:
            return da
        tie = multiply(number(0.5), add(da, db))
        return where(_compare(first, a, b), da, where(_compare(first, b, a), db, tie))

    return rule


def _clip(y: Node, du: Node, dlow: Node, dhigh: Node) -> Node:
    u, low, high = y.args
    inside = where(_compare("lt", u, low), dlow, du)
    return where(_compare("gt", make("max", u, low), high), dhigh, inside)


_RULES: dict[str, Callable[..., Node]] = {
    "neg": lambda y, da: negate(da),
    "add": lambda y, da, db: add(da, db),
    "sub": lambda y, da, db: subtract(da, db),
    "mul": _multiply,
    "div": _divide,
    "pow": _power,
    "min": _choose("lt"),
    "max": _choose("gt"),
    "clip": _clip,
    "where": lambda y, dc, da, db: where(y.args[0], da, db),
}
