"""Kernels made of checked expressions.

A kernel is written as Python of lane formulas: one line `t7 = t2 * t5` for each distinct part, out of the words of the vocabulary,
numbers and names made here. No character of what a person typed gets into it: names of learned numbers become places in the list
of operands. The source is compiled like that of every other kernel, under a name that is its hash, so each process that emits the
same expression asks the cache on the disk for the same machine code.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from playground.core.expression import Formula, Node, derivative, in_order
from playground.core.expression.nodes import CONSTANTS
from playground.engine import vocabulary
from playground.engine.kernel import kernel

#: Words of the vocabulary that generated kernels use.
_WORDS = (
    "load", "store", "splat", "where", "first_lanes", "vmin", "vmax", "vabs", "vsqrt", "tanh", "sigmoid", "exp", "log1p", "sin", "cos",
    "erf", "normal_cdf", "exp_everywhere", "log_everywhere", "power",
)  # fmt: skip
#: What each kind becomes; {0}, {1} and {2} are its arguments. Where two numbers stand, the first has been spread over the lanes.
_LINES = {
    "neg": "0.0 - {0}", "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}", "pow": "power({0}, {1})",
    "lt": "{0} < {1}", "gt": "{0} > {1}", "le": "{0} <= {1}", "ge": "{0} >= {1}", "where": "where({0}, {1}, {2})",
    "exp": "exp_everywhere({0})", "log": "log_everywhere({0})", "sqrt": "vsqrt({0})", "abs": "vabs({0})", "tanh": "tanh({0})",
    "sign": "where({0} > 0.0, 1.0, where({0} < 0.0, -1.0, {0}))", "sigmoid": "sigmoid({0})",
    "softplus": "where({0} < 0.0, 0.0, {0}) + log1p(exp(0.0 - vabs({0})))", "relu": "where({0} < 0.0, 0.0, {0})",
    "sin": "sin({0})", "cos": "cos({0})", "erf": "erf({0})", "gelu": "{0} * normal_cdf({0})", "min": "vmin({0}, {1})",
    "max": "vmax({0}, {1})", "clip": "vmin(vmax({0}, {1}), {2})",
}  # fmt: skip
#: Whole exponents up to this are products.
_MOST_FACTORS = 16


class Lines:
    """The lines that compute some expressions. given: the lanes that each name of the expression stands for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given, self.lines = given, list[str]()
        self.held: dict[Node, str] = {}

    def line(self, text: str) -> str:
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name

    def compute(self, *roots: Node) -> list[str]:
        """Append what is missing, and give where the roots are then."""
        for node in in_order(*roots):
            if node not in self.held:
                self.held[node] = self._made(node)
        return [self.held[root] for root in roots]

    def _made(self, node: Node) -> str:
        if node.kind in ("number", "constant"):
            return repr(float(node.number if node.kind == "number" else CONSTANTS[node.name]))
        if node.kind == "name":
            return self.given[node.name]
        args = [self.held[arg] for arg in node.args]
        if node.kind == "pow":
            short = self._product(args[0], node.args[1])
            if short:
                return short
        if node.kind != "where" and all(_is_number(arg) for arg in args):
            args[0] = self.line(f"splat({args[0]})")
        return self.line(_LINES[node.kind].format(*args))

    def _product(self, base: str, exponent: Node) -> str:
        """A power with a small whole exponent, or one half, without logarithms; "" for others."""
        value = (
            exponent.args[0].number * -1.0 if exponent.kind == "neg" and exponent.args[0].kind == "number" else exponent.number
        )
        if "number" not in (exponent.kind, *(arg.kind for arg in exponent.args if exponent.kind == "neg")):
            return ""
        if value == 0.5:
            return self.line(f"vsqrt({base})" if not _is_number(base) else f"vsqrt(splat({base}))")
        left = int(abs(value)) if abs(value) <= _MOST_FACTORS and value == int(value) else 0
        if not left:
            return ""
        square = self.line(f"splat({base})") if _is_number(base) else base
        total = ""
        while left:
            if left % 2:
                total = self.line(f"{total} * {square}") if total else square
            left //= 2
            if left:
                square = self.line(f"{square} * {square}")
        return self.line(f"1.0 / {total}") if value < 0 else total


def _is_number(text: str) -> bool:
    return not text[0].isalpha()


def _kernel(kind: str, lines: Sequence[str]) -> str:
    """Register a kernel of these lines, and give its name."""
    body = "\n".join(f"    {line}" for line in lines)
    digest = hashlib.sha256(body.encode()).hexdigest()[:24]
    name = f"expression_{kind}_{digest}"
    source = f"def {name}(F, R, w, k):\n{body}\n"
    module = compile(source, __file__, "exec", dont_inherit=True)
    (code,) = (part for part in module.co_consts if isinstance(part, types.CodeType))
    names: dict[str, Any] = {word: getattr(vocabulary, word) for word in _WORDS}
    made = types.FunctionType(code, {"__builtins__": {"range": range}, "__name__": __name__, **names}, name)
    made.__module__, made.__qualname__ = __name__, name
    kernel(made)
    return name


def _walk(operands: Sequence[str], first: int) -> list[str]:
    """Lines that find the lines of all operands; each has three words: at, line-step, sample-step."""
    return [
        f"{name} = w[{first + 3 * i}] + row * w[{first + 3 * i + 1}] + s * w[{first + 3 * i + 2}]"
        for i, name in enumerate(operands)
    ]


def _indented(lines: Sequence[str], depth: int) -> list[str]:
    return ["    " * depth + line for line in lines]


@lru_cache(maxsize=256)
def forward_kernel(formula: Formula) -> str:
    """The kernel of the formula's value.

    words: samples lines positions channels | (at line-step sample-step) of each input and of y | at of each learned number. A formula
    without numbers per channel is walked as one channel of adjacent positions: positions 1, channels the whole line.
    """
    xs, start = list(formula.inputs), 4
    learned = start + 3 * (len(xs) + 1)
    given = {name: f"v{i}" for i, name in enumerate(xs)} | {one.name: f"p{i}" for i, one in enumerate(formula.learned)}
    lines = Lines(given)
    (y,) = lines.compute(formula.body)
    inner = [f"v{i} = load(F, a{i} + j, n)" for i in range(len(xs))] + lines.lines + [f"store(F, y + j, n, {y})"]
    moves = [f"{name} += w[3]" for name in (*(f"a{i}" for i in range(len(xs))), "y")]
    text = [
        "for j in range(0, w[3], 16):",
        "    n = w[3] - j",
        *_indented(_parameters(formula, learned), 1),
        "    for s in range(w[0]):",
        "        for row in range(w[1]):",
        *_indented(_walk([*(f"a{i}" for i in range(len(xs))), "y"], start), 3),
        "            for q in range(w[2]):",
        *_indented([*inner, *moves], 4),
    ]
    return _kernel("forward", text)


def _parameters(formula: Formula, first: int) -> list[str]:
    """Lines that load the learned numbers."""
    return [
        f"p{i} = load(F, w[{first + i}] + j, n)" if one.per_channel else f"p{i} = splat(F[w[{first + i}]])"
        for i, one in enumerate(formula.learned)
    ]


@lru_cache(maxsize=256)
def backward_kernel(formula: Formula, inputs: tuple[str, ...], learned: tuple[str, ...]) -> str:
    """The kernel of the gradients of some inputs and learned numbers.

    words: samples lines positions channels | (at line-step sample-step) of each input, of dy and of each wanted dx | add for each
    dx | at of each learned number | at of the sums, one row of channels for each wanted learned number (padded to lanes).
    Sums are of this frame's samples; lanes are added up later.
    """
    xs = list(formula.inputs)
    targets = [f"d{i}" for i in range(len(inputs))]
    at = 4 + 3 * (len(xs) + 1 + len(targets))
    given = {name: f"v{i}" for i, name in enumerate(xs)} | {one.name: f"p{i}" for i, one in enumerate(formula.learned)}
    lines = Lines(given)
    slopes = lines.compute(*(derivative(formula.body, name) for name in (*inputs, *learned)))
    inner = [f"v{i} = load(F, a{i} + j, n)" for i in range(len(xs))] + ["g = load(F, dy + j, n)"] + lines.lines
    for i, (target, slope) in enumerate(zip(targets, slopes, strict=False)):
        inner += [f"u{i} = g * {slope}", f"if w[{at + i}]:", f"    u{i} = u{i} + load(F, {target} + j, n)"]
        inner += [f"store(F, {target} + j, n, u{i})"]
    for i, slope in enumerate(slopes[len(inputs) :]):
        inner += [f"c{i} = c{i} + where(first_lanes(n), g * {slope}, 0.0)"]
    operands = [*(f"a{i}" for i in range(len(xs))), "dy", *targets]
    parameters = at + len(targets)
    sums = parameters + len(formula.learned)
    per_channel = any(one.per_channel for one in formula.learned)
    clear = [f"c{i} = splat(0.0)" for i in range(len(learned))]
    keep = [f"store(F, w[{sums}] + {i} * w[{sums + 1}] + {'j' if per_channel else '0'}, 16, c{i})" for i in range(len(learned))]
    text = [
        *([] if per_channel else clear),
        "for j in range(0, w[3], 16):",
        "    n = w[3] - j",
        *_indented([*_parameters(formula, parameters), *(clear if per_channel else [])], 1),
        "    for s in range(w[0]):",
        "        for row in range(w[1]):",
        *_indented(_walk(operands, 4), 3),
        "            for q in range(w[2]):",
        *_indented([*inner, *(f"{name} += w[3]" for name in operands)], 4),
        *_indented(keep if per_channel else [], 1),
        *([] if per_channel else keep),
    ]
    return _kernel("backward", text)
