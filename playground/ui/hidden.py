"""Controls that are hidden for a class: panels and palette groups that a lesson does not need, until the teacher's view is on.

What is hidden is kept among the settings, not in the project: the same project shows everything elsewhere. Nodes of a hidden group
that are on the canvas stay there and work; only what offers new ones leaves the group out.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from PySide6.QtCore import QObject, Signal

from playground.ui import settings

_KEPT, _TEACHER = "class/hidden", "class/teacher"
KINDS = ("panels", "groups")


class Hidden(QObject):
    """changed: something was hidden or shown."""

    changed = Signal()

    def chosen(self, kind: str) -> frozenset[str]:
        """What is chosen to be hidden, of KINDS: ids of panels or names of palette groups."""
        try:
            found = json.loads(settings.word(_KEPT, "{}"))
        except (ValueError, RecursionError):  # a file that another program wrote into
            return frozenset()
        names = found.get(kind, []) if isinstance(found, dict) else []
        return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()

    @property
    def teacher(self) -> bool:
        """Whether everything is shown nevertheless."""
        return settings.word(_TEACHER, "") == "on"

    def now(self, kind: str) -> frozenset[str]:
        """What is hidden now."""
        return frozenset() if self.teacher else self.chosen(kind)

    def choose(self, panels: Collection[str], groups: Collection[str]) -> None:
        """Hide these panels and palette groups and no others."""
        settings.set_word(_KEPT, json.dumps({"panels": sorted(panels), "groups": sorted(groups)}))
        self.changed.emit()

    def show_all(self, on: bool) -> None:
        """Switch the teacher's view."""
        settings.set_word(_TEACHER, "on" if on else "")
        self.changed.emit()


_hidden: Hidden | None = None


def hidden() -> Hidden:
    """The one object, for all windows."""
    global _hidden
    if _hidden is None:
        _hidden = Hidden()
    return _hidden
