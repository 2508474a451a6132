"""Registers of kernels and of the functions they call. Knows nothing about Numba, so op files can be imported anywhere.

A kernel is `f(F, R, w, k)`: the arena as float32, the same bytes as int64, this instruction's words and the knobs. It may also
name its operands: every parameter but F, R and k is then a word, in order; one with an annotation is an operand seen with that shape.

    @kernel
    def scale_columns(x: "rows cols", s: "cols", y: "rows cols", rows, cols): ...

A kernel reads no global but numbers, words of `engine.vocabulary` and functions marked with `inline`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

Arena = np.ndarray[Any, np.dtype[np.float32]]
Registers = np.ndarray[Any, np.dtype[np.int64]]
Words = np.ndarray[Any, np.dtype[np.int64]]
Knobs = np.ndarray[Any, np.dtype[np.float32]]

_KERNELS: dict[str, Callable[..., None]] = {}
_INLINE: set[Callable[..., Any]] = set()


def kernel(function: Function) -> Function:
    """Register a kernel under its name; it is compiled when a program first needs it. Raises ValueError for a name in use."""
    name = function.__name__
    known = _KERNELS.get(name)
    if known is not None and known.__module__ != function.__module__:
        raise ValueError(f"There are two kernels named {name}: in {known.__module__} and in {function.__module__}.")
    _KERNELS[name] = function
    return function


def inline(function: Function) -> Function:
    """Mark a function that kernels may call; it becomes part of each of them."""
    _INLINE.add(function)
    return function


def is_inline(thing: object) -> bool:
    """Was it marked with `inline`?"""
    return callable(thing) and thing in _INLINE


def find(name: str) -> Callable[..., None]:
    """The kernel as it was written. Raises KeyError."""
    return _KERNELS[name]


def names() -> tuple[str, ...]:
    """Every kernel registered so far, sorted."""
    return tuple(sorted(_KERNELS))
