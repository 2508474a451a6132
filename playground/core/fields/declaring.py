"""How a record declares its settings: `units: int = whole(16, low=1, help="...")`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from playground.core.fields.base import Field
from playground.core.fields.numbers import Real, Reals, Size, Whole, Wholes
from playground.core.fields.parts import Part
from playground.core.fields.texts import Choice, Flag, Formula, Path, Text


def real(default: float, **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Real(**k)})


def whole(default: int, **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Whole(**k)})


def choice(default: str, options: dict[str, str], **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Choice(options=options, **k)})


def flag(default: bool, **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Flag(**k)})


def size(default: tuple[int, int], **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Size(**k)})


def wholes(default: tuple[int, ...], **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Wholes(**k)})


def reals(default: tuple[float, ...] = (), **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Reals(**k)})


def text(default: str = "", **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Text(**k)})


def formula(default: str, **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Formula(**k)})


def path(default: str = "", **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Path(**k)})


def part(kind: str, default: str | Callable[[], Any], **k: Any) -> Any:
    """A nested record; default: its id, or a function that makes it."""

    def made() -> Any:
        from playground.core import registry

        return registry.find(kind, default)() if isinstance(default, str) else default()

    return dataclasses.field(default_factory=made, metadata={"field": Part(kind=kind, **k)})


def fields_of(spec: Any) -> dict[str, Field]:
    """Name -> field of a record or of its class, in the order of declaration."""
    return {f.name: f.metadata["field"] for f in dataclasses.fields(spec) if "field" in f.metadata}
