"""Paths in a project from somebody else: none is opened before a person has chosen the file on this machine."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from playground.core.fields import Path
from playground.document.project import Placeholder, Project
from playground.document.settings import every_field
from playground.words import sentence

_DRIVE = re.compile(r"[A-Za-z]:")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclasses.dataclass(frozen=True)
class ForeignPath:
    """A setting that points outside the project's folder. node: its id.  field: the setting."""

    node: str
    field: str
    path: str

    @property
    def text(self) -> str:
        return sentence(
            "The project asks for {path}, outside its own folder. Choose the file on this machine.", path=f"{self.path[:120]!r}"
        )


def foreign_paths(project: Project) -> Iterator[ForeignPath]:
    """Every path that is absolute, on a network or in a home folder, a URL, or that climbs out of the project's folder."""
    for node in project.network.nodes:
        if isinstance(node.spec, Placeholder):
            continue
        for name, field, value in every_field(node.spec):
            if isinstance(field, Path) and isinstance(value, str) and leads_away(value):
                yield ForeignPath(node.id, name, value)


def leads_away(path: str) -> bool:
    """Whether a path leaves the folder that it is relative to, on any system."""
    parts = path.replace("\\", "/").split("/")
    away = path.startswith(("/", "\\", "~")) or _DRIVE.match(path) or _SCHEME.match(path)
    return bool(away) or ".." in parts or "\0" in path
