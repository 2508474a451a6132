"""Export, and weights taken from a file, by the ending of the path."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from playground.engine.graph import Graph
from playground.errors import FileError
from playground.formats.certificate import Certificate
from playground.formats.format import Format
from playground.formats.model import Model
from playground.formats.taken import Taken
from playground.words import sentence


@cache
def formats() -> tuple[Format, ...]:
    """Every format there is, by id."""
    package = importlib.import_module("playground.formats")
    names = [module.name for module in pkgutil.iter_modules(package.__path__, "playground.formats.")]
    found = [getattr(importlib.import_module(name), "FORMAT", None) for name in names if name.endswith("_file")]
    return tuple(sorted((one for one in found if isinstance(one, Format)), key=lambda one: one.id))


def format_of(path: Path, id: str | None = None) -> Format:
    """The format of an id, else of the path's ending. Raises FileError, listing what there is."""
    for one in formats():
        if one.id == id or (id is None and path.suffix.lower() == one.suffix):
            return one
    known = ", ".join(f"{one.id} ({one.suffix})" for one in formats())
    raise FileError(
        sentence("{path} must end in one of the formats' endings: {known}.", path=path.name, known=known)
        if id is None
        else sentence("{id} is no format: {known}.", id=id, known=known)
    )


def export(model: Model, path: Path, id: str | None = None) -> Certificate:
    """Write the model and return its certificate. Raises ExportBlocked, with nothing written, when the file would be wrong."""
    return format_of(path, id).write(model, path)


def take(path: Path, graph: Graph, present: Mapping[str, np.ndarray]) -> Taken:
    """The weights of a file for a network whose present arrays are given by name; `taken.agree` checks them. Raises FileError."""
    if not path.is_file():
        raise FileError(
            sentence(
                "There is no file {path}. Name one that ends in {formats}.",
                path=path,
                formats=", ".join(one.suffix for one in formats()),
            )
        )
    return format_of(path).take(path, graph, present)
