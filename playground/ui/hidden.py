"""Controls that are hidden for a class: panels and palette groups that a lesson does not need, until the teacher's view is on.

What is hidden stands in the project, so that a file that a teacher gives out hides the same everywhere; whether everything is shown
nevertheless is a setting of the machine. Nodes of a hidden group that are on the canvas stay there and work; only what offers new ones
leaves the group out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from playground.document.project import Hides
from playground.ui import settings

if TYPE_CHECKING:
    from playground.ui.session import Session

_TEACHER = "class/teacher"
KINDS = ("panels", "groups")


class Hidden(QObject):
    """changed: something was hidden or shown."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._hides = Hides()
        self._session: Session | None = None

    def follow(self, session: Session) -> None:
        """Hide what the projects of this session hide."""
        if self._session is not None:
            self._session.project_changed.disconnect(self._look)
            self._session.destroyed.disconnect(self._forget)
        self._session = session
        session.project_changed.connect(self._look)
        session.destroyed.connect(self._forget)
        self._look()

    def _forget(self) -> None:
        self._session, self._hides = None, Hides()

    def _look(self) -> None:
        hides = self._session.project.hides if self._session is not None else Hides()
        if hides != self._hides:
            self._hides = hides
            self.changed.emit()

    def chosen(self, kind: str) -> frozenset[str]:
        """What is chosen to be hidden, of KINDS: ids of panels or names of palette groups."""
        return frozenset(self._hides.panels if kind == "panels" else self._hides.groups)

    @property
    def teacher(self) -> bool:
        """Whether everything is shown nevertheless."""
        return settings.word(_TEACHER, "") == "on"

    def now(self, kind: str) -> frozenset[str]:
        """What is hidden now."""
        return frozenset() if self.teacher else self.chosen(kind)

    def show_all(self, on: bool) -> None:
        """Switch the teacher's view."""
        settings.set_word(_TEACHER, "on" if on else "")
        self.changed.emit()


_hidden: Hidden | None = None


def hidden() -> Hidden:
    """The one object, which follows the session of the newest window."""
    global _hidden
    if _hidden is None:
        _hidden = Hidden()
    return _hidden
