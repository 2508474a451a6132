"""Text that follows the theme: labels and section strips."""

from __future__ import annotations

import re

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from playground.ui.painting import RIGHT, Painted, put, rule, stamp, width_of
from playground.ui.theme import theme
from playground.words import say

#: The space between a number and its unit, at which no line ends.
_UNIT = re.compile(r"(?<=\d) (?=(?:%|[kMG]i?B|[mµ]?s|min|h|px|[kMG])(?!\w))")
_FIRM = "\u00a0"
#: What no space breaks, such as a path, and where a line may end in it.
_LONG, _PIECE, _SOFT = re.compile(r"[!-~]{25,}"), re.compile(r"[^/]{1,24}/?|/"), "\u200b"


def breakable(text: str) -> str:
    """The text with places in its long words at which a line may end, so that none of them asks for more width than there is."""
    return _LONG.sub(lambda word: _SOFT.join(_PIECE.findall(word[0])), text)


class Label(QLabel):
    """Plain text in a token's colour; one line is cut with an ellipsis where it does not fit, `wraps` breaks it instead."""

    def __init__(
        self,
        text: str = "",
        px: int = 12,
        ink: str = "text",
        bold: bool = False,
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.px, self.ink, self.bold = px, ink, bold
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme().font(px, bold))
        self.setWordWrap(wraps)
        if not wraps:
            self.setMinimumWidth(1)
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(breakable(_UNIT.sub(_FIRM, text)) if self.wordWrap() else text)

    def text(self) -> str:
        """The text as it was given."""
        return super().text().replace(_FIRM, " ").replace(_SOFT, "")

    def show_text(self, text: str, ink: str = "") -> None:
        """Change the text, and the colour if one is given."""
        if ink and ink != self.ink:
            self.ink = ink
            self.update()
        if text != self.text():
            self.setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        ink = self.ink if self.isEnabled() else "disabled"
        p.setFont(self.font())
        p.setPen(theme().color(ink))
        if self.wordWrap():
            p.drawText(self.contentsRect(), int(self.alignment()) | Qt.TextFlag.TextWordWrap, super().text())
        else:
            room = QRectF(self.contentsRect())
            if width_of(self.text(), self.px, self.bold) <= room.width() + 1:
                p.drawText(room.adjusted(0, 0, 2, 0), int(self.alignment()), self.text())
            else:
                put(p, room, self.text(), self.px, ink, self.bold, self.alignment())
        p.end()


class Section(Painted):
    """A strip that opens a section: a title, and on the right a word, with the bolt if the section changes live."""

    def __init__(self, title: str, right: str = "", bolt: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(26, 0, say(title), parent)
        self.title, self.right, self.bolt = say(title), say(right), bolt

    def sizeHint(self) -> QSize:
        return QSize(round(width_of(self.title, 11, True) + width_of(self.right, 11)) + 48, 26)

    def draw(self, p: QPainter, r: QRectF) -> None:
        p.fillRect(r, theme().color("window"))
        rule(p, 0, 0, r.width())
        rule(p, 0, r.bottom() - 1, r.width())
        put(p, r.adjusted(11, 0, -11, 0), self.title, 11, "text2", True)
        if self.right:
            put(p, r.adjusted(0, 0, -11, 0), self.right, 11, "text2", how=RIGHT)
            if self.bolt:
                stamp(p, r.right() - width_of(self.right, 11) - 20, r.center().y(), "bolt", "accent", 11)
