"""What a class does not see, as an edit."""

from __future__ import annotations

import dataclasses

from playground.document.edits.base import Edit, EditError
from playground.document.project import Hides, Project
from playground.words import sentence

#: Names that are hidden of a kind, and the length of each, at most.
MOST_HIDDEN, MOST_WORD = 200, 100


@dataclasses.dataclass(frozen=True)
class SetHides(Edit):
    """Hide these panels and palette groups from a class, and no others."""

    panels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return sentence("Hide controls for a class") if self.panels or self.groups else sentence("Show all controls")

    def apply(self, project: Project) -> Project:
        for names in (self.panels, self.groups):
            if len(names) > MOST_HIDDEN or not all(0 < len(name) <= MOST_WORD for name in names):
                raise EditError(
                    sentence(
                        "At most {most} panels and as many groups can be hidden, each by a name of 1 to {word} characters.",
                        most=MOST_HIDDEN,
                        word=MOST_WORD,
                    )
                )
        hides = Hides(panels=tuple(sorted(set(self.panels))), groups=tuple(sorted(set(self.groups))))
        return project if hides == project.hides else dataclasses.replace(project, hides=hides)
