"""A project that moves to another folder goes on meaning the same data files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playground.core import fields
from playground.data.readers.places import resolve
from playground.document.edits import SetField
from playground.document.project import Placeholder, Project
from playground.document.settings import every_field
from playground.errors import FileError


def relocation(project: Project, before: Path | None, after: Path) -> tuple[SetField, ...]:
    """What keeps every data path meaning the same file: relative where the file lies in the new folder, else whole.

    before: what the paths are relative to; None for a project that was made here, whose paths may lead anywhere.
    """
    return tuple(
        SetField(node, name, now) for node, name, path in data_paths(project) if (now := moved(path, before, after)) != path
    )


def data_paths(project: Project) -> Iterator[tuple[str, str, str]]:
    """The files of a project's data: id of the node, name of the field, path."""
    for node in project.network.nodes:
        if isinstance(node.spec, Placeholder):
            continue
        for name, field, value in every_field(node.spec):
            if isinstance(field, fields.Path) and isinstance(value, str):
                yield node.id, name, value


def moved(path: str, before: Path | None, after: Path) -> str:
    """The path as it is written in the new folder; one that may not be read, or is not there, stays as it is."""
    try:
        whole = resolve(path, before)
    except FileError:
        return path
    home = after.resolve()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) and whole != home else str(whole)
