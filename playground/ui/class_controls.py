"""The sheet in which a teacher chooses what a class does not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from playground.document.edits import SetHides
from playground.document.project import Project
from playground.ui.dialogs.sheet import Sheet
from playground.ui.hidden import hidden
from playground.ui.inspector.controls import CheckBox
from playground.ui.inspector.text import Label, Section
from playground.ui.kinds import all_groups
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

#: Without these nothing could be built.
NEEDED = frozenset({"palette", "inspector"})


class ClassControls(Sheet):
    """A check box for each panel and each palette group; a change holds at once."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__("eye", say("Controls for a class"), (420, 620), window)
        self.session = window.session
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(0)
        words = Label(
            say("What is not checked is hidden wherever this project is open, until the teacher's view is on."),
            11,
            "text2",
            wraps=True,
        )
        words.setContentsMargins(12, 8, 12, 8)
        column.addWidget(words)
        self.panels = {
            dock.panel.id: say(dock.panel.title) for dock in window.layouts.docks.values() if dock.panel.id not in NEEDED
        }
        self.groups = {name: say(name) for name in all_groups(Project())}
        self.boxes: dict[tuple[str, str], CheckBox] = {}
        for kind, title, names in (("panels", say("Panels"), self.panels), ("groups", say("Palette groups"), self.groups)):
            column.addWidget(Section(title))
            off = hidden().chosen(kind)
            for id, text in names.items():
                box = self.boxes[kind, id] = CheckBox(text, id not in off, 12)
                box.toggled.connect(lambda _=False: self._changed())
                line = QHBoxLayout()
                line.setContentsMargins(12, 2, 12, 2)
                line.addWidget(box)
                line.addStretch(1)
                column.addLayout(line)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        self.body.addWidget(area)
        self.all_shown, self.leave = self.button(say("Show all")), self.button(say("Close"), "primary")
        self.all_shown.clicked.connect(self._show_all)
        self.leave.clicked.connect(self.close)
        hidden().changed.connect(self._follow)

    def _changed(self) -> None:
        off = {
            kind: [id for (of, id), box in self.boxes.items() if of == kind and not box.isChecked()]
            for kind in ("panels", "groups")
        }
        self.session.do(SetHides(tuple(off["panels"]), tuple(off["groups"])), whole=True)

    def _follow(self) -> None:
        """Undo, or another project."""
        for (kind, id), box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(id not in hidden().chosen(kind))
            box.blockSignals(False)
            box.update()

    def _show_all(self) -> None:
        for box in self.boxes.values():
            box.blockSignals(True)
            box.setChecked(True)
            box.blockSignals(False)
            box.update()
        self._changed()
