"""Tables that fill themselves: every module of a package is imported, so that a new file is all that a new entry needs."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def modules(package: str) -> tuple[ModuleType, ...]:
    """Every module directly in a package, imported, by name."""
    root = importlib.import_module(package)
    return tuple(importlib.import_module(found.name) for found in pkgutil.iter_modules(root.__path__, package + "."))


def entries(package: str, table: str, kind: type[T]) -> Iterator[T]:
    """What the modules of a package hold under one name, such as `ACTIONS`; a module without it is passed over.

    TypeError: something else than `kind` stands in such a table.
    """
    for module in modules(package):
        for entry in getattr(module, table, ()):
            if not isinstance(entry, kind):
                raise TypeError(f"{module.__name__}.{table} holds {entry!r}, which is no {kind.__name__}")
            yield entry
