"""Operands of kernels: named ones, turned into `f(F, R, w, k)` by a prologue that takes the words apart, and numbers in words."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from playground.engine import vocabulary

PLAIN = ["F", "R", "w", "k"]


def float_word(value: float) -> int:
    """A float32 as a word; kernels read it with `as_float`."""
    return int(np.float32(value).view(np.int32))


def knob_words(value: Any) -> tuple[int, int]:
    """Two words for a number or a knob; kernels read them with `vocabulary.number`."""
    index = getattr(value, "index", None)
    return (-1, float_word(float(value))) if index is None else (int(index), 0)


def decoded(function: Callable[..., None]) -> Callable[..., None]:
    """The kernel with the plain signature. File, line and name stay, so a disk cache keyed by them works.

    Raises TypeError for an operand of more than three axes.
    """
    names = list(inspect.signature(function).parameters)
    if names == PLAIN:
        return function
    module = ast.parse(textwrap.dedent(inspect.getsource(function)))
    tree = module.body[0]
    assert isinstance(tree, ast.FunctionDef)
    offset = function.__code__.co_firstlineno - tree.decorator_list[0].lineno
    prologue = ast.parse("\n".join(_prologue(tree))).body
    for statement in prologue:
        for node in ast.walk(statement):
            if isinstance(node, (ast.expr, ast.stmt)):
                node.lineno = node.end_lineno = tree.body[0].lineno
    tree.args.args = [ast.arg(name) for name in PLAIN]
    tree.body, tree.decorator_list = prologue + tree.body[_docstring_length(tree) :], []
    ast.increment_lineno(ast.fix_missing_locations(module), offset)
    namespace: dict[str, Any] = {**function.__globals__, **{name: vocabulary.WORDS[name] for name in ("view1", "view2", "view3")}}
    # what is executed is the kernel's own source, never anything that was read from a file
    exec(compile(module, function.__code__.co_filename, "exec", dont_inherit=True), namespace)  # noqa: S102
    made = namespace[function.__name__]
    made.__module__, made.__qualname__ = function.__module__, function.__qualname__
    return made  # type: ignore[no-any-return]


def _docstring_length(tree: ast.FunctionDef) -> int:
    first = tree.body[0]
    return int(isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(tree.body) > 1)


def _prologue(tree: ast.FunctionDef) -> list[str]:
    """Numbers first: the shapes of the operands may name them."""
    words = [a for a in tree.args.args if a.arg not in ("F", "R", "k")]
    numbers = [f"{a.arg} = w[{i}]" for i, a in enumerate(words) if a.annotation is None]
    operands = []
    for i, a in enumerate(words):
        if a.annotation is not None:
            axes = ast.unparse(a.annotation).strip("'\"").split()
            if not 1 <= len(axes) <= 3:
                raise TypeError(f"Operand {a.arg} of kernel {tree.name} has {len(axes)} axes; expected one to three.")
            operands.append(f"{a.arg} = view{len(axes)}(F, w[{i}], {', '.join(axes)})")
    return numbers + operands
