"""Work that was open when the program ended: a card for each find on the start page, with what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.document.project import Project
from playground.document.recovery import Recovery
from playground.ui.inspector.controls import Button
from playground.ui.inspector.notice import Notice
from playground.words import say

#: Pixels between two buttons, of the icon left of the words, and that there are for a row of buttons.
GAP, ICON, ROOM = 4, 22, 252
#: What each button does, as `Documents.recover` knows it.
RESTORE, DISCARD, BOTH = "restore", "discard", "both"


def words_of(found: Recovery) -> str:
    """What was found, in a sentence or two."""
    if found.status == "damaged":
        return say("Its recovery file is damaged: {file}.", file=found.file)
    what = {"unsaved": say("was never saved"), "same": say("equals its file")}.get(
        found.status, say("has edits that are newer than its file")
    )
    where = say(" It was open on {owner}.", owner=found.owner) if found.owner else ""
    name = say(found.name) if found.path is None and found.name == Project().name else found.name
    return say("{found} was open when the program ended and {what}.{where}", found=name, what=what, where=where)


class RecoveryCard(Notice):
    """One find. chosen(find, "restore" | "discard" | "both"): a button was pressed. Left alone, it is offered again at the next start."""

    chosen = Signal(object, str)

    def __init__(self, found: Recovery, parent: QWidget | None = None) -> None:
        super().__init__("info", words_of(found), say("Unsaved work found"), parent)
        self.found = found
        self.column.setContentsMargins(34 - ICON, 8, 8, 8)  # the buttons begin under the icon, where three of them have room
        for label in (self.title, self.text):
            label.setContentsMargins(ICON, 0, 0, 0)
        saved = say("Keep saved") if found.path is not None and found.status != "damaged" else say("Discard")
        offered = [(RESTORE, say("Restore"), "primary"), (DISCARD, saved, "secondary"), (BOTH, say("Keep both"), "secondary")]
        if found.status == "damaged":
            offered = [(DISCARD, saved, "secondary")]
        self.buttons: dict[str, Button] = {}
        rows = QVBoxLayout()
        rows.setSpacing(6)
        row, room = QHBoxLayout(), 0
        for does, text, kind in offered:
            button = self.buttons[does] = Button(text, kind, small=True)
            button.clicked.connect(lambda _=False, does=does: self.chosen.emit(self.found, does))
            if row.count() and room + button.width() > ROOM:
                row, room = _ended(rows, row), 0
            row.addWidget(button)
            room += button.width() + GAP
        _ended(rows, row)
        self.column.addSpacing(2)
        self.column.addLayout(rows)


def _ended(rows: QVBoxLayout, row: QHBoxLayout) -> QHBoxLayout:
    """Close a row of buttons; gives the next one."""
    row.setSpacing(GAP)
    row.setAlignment(Qt.AlignmentFlag.AlignLeft)
    rows.addLayout(row)
    return QHBoxLayout()
