"""Expressions as text: with as few brackets as the grammar needs, so that reading the text gives the same expression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from playground.core.expression.nodes import COMPARISONS, Node, in_order

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", **{kind: sign for sign, kind in COMPARISONS.items()}}
#: How tightly each kind binds; what is not listed is an atom.
_BINDS = {"lt": 0, "gt": 0, "le": 0, "ge": 0, "add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 3, "pow": 4}
_ATOM = 5


def number_text(value: float) -> str:
    """A short text that reads as the number: 2 rather than 2.0, 1e15 rather than fifteen zeros, 100000 in full."""
    plain = repr(value).removesuffix(".0").replace("e+", "e").replace("e-0", "e-")
    digits = plain.rstrip("0")
    short = f"{digits}e{len(plain) - len(digits)}"
    return short if plain.lstrip("-").isdigit() and len(short) < len(plain) - 3 else plain


def _binds(node: Node) -> int:
    if node.kind == "number" and node.number < 0:
        return _BINDS["neg"]
    return _BINDS.get(node.kind, _ATOM)


def _written(node: Node, texts: Mapping[Node, str]) -> str:
    """A node's text from those of its arguments."""

    def inside(arg: Node, least: int) -> str:
        binds = _ATOM if texts[arg].isidentifier() else _binds(arg)
        return texts[arg] if binds >= least else f"({texts[arg]})"

    if node.kind == "number":
        return number_text(node.number)
    if not node.args:
        return node.name
    if node.kind == "neg":
        return f"-{inside(node.args[0], _BINDS['neg'])}"
    if node.kind == "pow":
        return f"{inside(node.args[0], _ATOM)}^{inside(node.args[1], _BINDS['neg'])}"
    if node.kind in _SIGNS:
        own = _BINDS[node.kind]
        return f"{inside(node.args[0], max(own, 1))} {_SIGNS[node.kind]} {inside(node.args[1], own + 1)}"
    return f"{node.kind}({', '.join(texts[arg] for arg in node.args)})"


def text_of(root: Node) -> str:
    """The expression in full."""
    texts: dict[Node, str] = {}
    for node in in_order(root):
        texts[node] = _written(node, texts)
    return texts[root]


def shared_text(root: Node, most: int = 160) -> str:
    """The expression; where it is longer than `most`, parts that occur more than once are named t1, t2, ... and given behind it."""
    lengths: dict[Node, int] = {}
    for node in in_order(root):
        lengths[node] = min(len(node.name or number_text(node.number)), 8) + 3 + sum(lengths[arg] for arg in node.args)
    if lengths[root] <= 4 * most:
        text = text_of(root)
        if len(text) <= most:
            return text
    used = Counter(arg for node in in_order(root) for arg in node.args)
    texts: dict[Node, str] = {}
    parts: list[str] = []
    for node in in_order(root):
        texts[node] = _written(node, texts)
        if used[node] > 1 and len(node.args) and len(texts[node]) > 8 and node.kind not in COMPARISONS.values():
            parts.append(f"t{len(parts) + 1} = {texts[node]}")
            texts[node] = f"t{len(parts)}"
    return "; ".join([texts[root], *parts])
