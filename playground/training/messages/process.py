"""The worker as a process: that it is up, what it compiles, that it is silent or gone, what it has carried out."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ready(Event):
    """The worker is up and waits. versions: of Python, NumPy, Numba and the program."""

    protocol: int
    pid: int
    versions: dict[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Compiling(Event):
    """Kernels that this machine has never used are compiled, once for ever. done of total; name: of the one in work."""

    newest = True

    done: int
    total: int
    name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Died(Event):
    """The worker process is gone. Weights, optimizer state and curves are still here and `Client.resume` goes on. Made by the client."""

    kind: str
    text: str
    step: int
    details: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Silent(Event):
    """The worker has made no step for so many seconds although it should; 0: it moves again. Made by the client."""

    seconds: float
    step: int
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Warned(Event):
    """Something is amiss but training goes on, such as a checkpoint that could not be written."""

    kind: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Done(Event):
    """The command with this serial has been carried out, or was not applicable (applied is false)."""

    serial: int
    applied: bool
    step: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shutdown(Command):
    """Leave at once; nothing is saved."""
