"""The primitives, one file each, found by scanning this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from playground.engine.ops.base import Op, Update
from playground.engine.penalty import Penalty


@cache
def _found() -> tuple[dict[str, Op], dict[str, Update], dict[str, Penalty]]:
    ops: dict[str, Op] = {}
    updates: dict[str, Update] = {}
    penalties: dict[str, Penalty] = {}
    for module in pkgutil.walk_packages(__path__, __name__ + "."):
        for thing in vars(importlib.import_module(module.name)).values():
            if not isinstance(thing, type) or thing.__module__ != module.name or "id" not in thing.__dict__:
                continue
            if issubclass(thing, Op):
                ops[thing.id] = thing()
            elif issubclass(thing, Update):
                updates[thing.id] = thing()
            elif issubclass(thing, Penalty):
                penalties[thing.id] = thing()
    return ops, updates, penalties


def find(id: str) -> Op:
    """Raises KeyError."""
    return _found()[0][id]


def update(id: str) -> Update:
    """Raises KeyError."""
    return _found()[1][id]


def updates() -> tuple[str, ...]:
    """Ids of all updates."""
    return tuple(_found()[1])


def penalty(id: str) -> Penalty:
    """Raises KeyError."""
    return _found()[2][id]


def every() -> tuple[Op, ...]:
    return tuple(_found()[0].values())
