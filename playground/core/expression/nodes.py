"""The nodes of an expression: immutable, and one object for each distinct expression, so equal parts are shared by themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from weakref import WeakValueDictionary

#: Names of the inputs, in the order of the ports.
INPUTS = ("x", "y", "z")
CONSTANTS = {"pi": math.pi, "e": math.e}

#: Functions of the language and how many arguments each takes.
FUNCTIONS = {
    "exp": 1, "log": 1, "sqrt": 1, "abs": 1, "sign": 1, "tanh": 1, "sigmoid": 1, "softplus": 1, "relu": 1, "sin": 1, "cos": 1,
    "erf": 1, "gelu": 1, "min": 2, "max": 2, "clip": 3, "where": 3,
}  # fmt: skip
#: Comparisons, which stand as the first argument of `where` alone.
COMPARISONS = {"<": "lt", ">": "gt", "<=": "le", ">=": "ge"}
OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "^": "pow"}


class Node:
    """kind: "number", "name" (an input or a learned number), "constant" (pi, e), "neg", an operator, a comparison or a function.

    Made by `make`, which gives the same object for the same content; two nodes are equal when they are the same object.
    """

    __slots__ = ("__weakref__", "args", "depth", "kind", "name", "number")

    kind: str
    args: tuple[Node, ...]
    name: str
    number: float
    depth: int

    def __init__(self, kind: str, args: tuple[Node, ...], name: str, number: float) -> None:
        depth = 1 + max((arg.depth for arg in args), default=0)
        for field, value in (("kind", kind), ("args", args), ("name", name), ("number", number), ("depth", depth)):
            object.__setattr__(self, field, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"An expression never changes; {name} was to be set.")

    def __repr__(self) -> str:
        from playground.core.expression.printing import text_of

        return f"<{text_of(self)}>" if self.depth <= 20 else f"<{self.kind} of depth {self.depth}>"


_known: WeakValueDictionary[tuple[object, ...], Node] = WeakValueDictionary()


def make(kind: str, *args: Node, name: str = "", number: float = 0.0) -> Node:
    """The node of this content."""
    key = (kind, args, name, number.hex())  # as text, so that 0 and -0 are two
    found = _known.get(key)
    if found is None:
        found = _known[key] = Node(kind, args, name, number)
    return found


def number(value: float) -> Node:
    """A finite number. Raises ValueError for any other."""
    if not math.isfinite(value):
        raise ValueError("an expression holds finite numbers only")
    return make("number", number=float(value))


def name(of: str) -> Node:
    """An input, a learned number, or one of the constants."""
    return make("constant" if of in CONSTANTS else "name", name=of)


def in_order(*roots: Node) -> list[Node]:
    """Every distinct node below the roots, arguments before what uses them."""
    seen: set[Node] = set()
    found: list[Node] = []
    for root in roots:
        stack = [(root, False)]
        while stack:
            node, done = stack.pop()
            if done:
                found.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack += [(arg, False) for arg in reversed(node.args)]
    return found


def names_in(root: Node) -> Iterator[str]:
    """The inputs and learned numbers that an expression reads."""
    return (node.name for node in in_order(root) if node.kind == "name")


def expression_size(roots: Iterable[Node]) -> int:
    """Distinct operations: what one number costs when shared parts are computed once."""
    return sum(1 for node in in_order(*roots) if node.args)
