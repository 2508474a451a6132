"""The whole project as it was at another time, as one step that can be undone."""

from __future__ import annotations

import dataclasses

from playground.document.edits.base import Edit
from playground.document.project import Project
from playground.words import sentence


@dataclasses.dataclass(frozen=True)
class RestoreProject(Edit):
    """Network, data and plans of a run in place of the present ones; the project keeps its name, what it says of itself and what it hides."""

    project: Project
    of: str

    @property
    def text(self) -> str:
        return sentence("Restore {of}", of=self.of)

    def apply(self, project: Project) -> Project:
        return dataclasses.replace(self.project, name=project.name, about=project.about, hides=project.hides)
