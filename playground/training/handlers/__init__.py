"""How the worker carries out commands: a table from the kind of command to a function.

One file for each family of commands. A file that is put here registers its functions by itself: `@handles(Command)` for what needs
no run, `@of_run(Command)` for what is not applicable without one. A function gives False when the command does not apply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from playground.core.registry import scan
from playground.training.messages import Command

if TYPE_CHECKING:
    from playground.training.run import Run
    from playground.training.worker import Worker

C = TypeVar("C", bound=Command)

#: Worker, command and the descriptors that came with it.
Handler = Callable[["Worker", Any, tuple[int, ...]], bool]

_TABLE: dict[type[Command], Handler] = {}


def handles(kind: type[C]) -> Callable[[Callable[[Worker, C, tuple[int, ...]], bool]], Handler]:
    """The function carries out this kind of command, whether there is a run or not."""

    def register(function: Callable[[Worker, C, tuple[int, ...]], bool]) -> Handler:
        if kind in _TABLE:
            raise RuntimeError(f"{kind.__name__} is handled twice")
        _TABLE[kind] = function
        return function

    return register


def of_run(kind: type[C]) -> Callable[[Callable[[Worker, Run, C], bool]], Handler]:
    """The function carries out this kind of command on the present run; without one it does not apply."""

    def register(function: Callable[[Worker, Run, C], bool]) -> Handler:
        def handler(worker: Worker, command: C, _: tuple[int, ...]) -> bool:
            return worker.run is not None and function(worker, worker.run, command)

        return handles(kind)(handler)

    return register


def table() -> dict[type[Command], Handler]:
    """The handlers of all commands."""
    scan(__name__)
    return _TABLE
