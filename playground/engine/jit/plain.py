"""The engine without a compiler: slow, and stepped through by a debugger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from playground.engine import kernel as registry
from playground.engine import runner, team
from playground.engine.operands import decoded

#: Nothing is ever compiled.
compilations: list[str] = []


@cache
def compiled(name: str) -> Callable[..., None]:
    """The kernel as a function of (F, R, w, k). Raises KeyError."""
    function = decoded(registry.find(name))

    def plain(F: registry.Arena, R: registry.Registers, w: Sequence[int], k: registry.Knobs) -> None:
        with np.errstate(all="ignore"):
            function(F, R, [int(word) for word in w], k)

    return plain


def table(names: Sequence[str]) -> list[Callable[..., None]]:
    """What the opcodes 0, 1, ... stand for."""
    return [compiled(name) for name in names]


def compile_kernels(names: Sequence[str], progress: Callable[[str, int, int], None] | None = None) -> None:
    """Nothing to do; progress is told of the end."""
    if progress is not None:
        progress("", len(names), len(names))


def max_threads() -> int:
    return 1


def run(*arguments: Any, threads: int = 1) -> int:
    """See `engine.runner.run`."""
    return int(runner.run(*arguments, team.assemble(arguments[3]), 1))
