"""The frame that dialogs share: a title strip, a body, a foot with a sentence and buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from playground.ui import focus_order, small_screens
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import Painted, put, rule, stamp, width_of
from playground.ui.theme import theme

#: Pixels of height above and below the body.
STRIP, FOOT = 38, 52
SIDE_LEAST = 300


class Body(QScrollArea):
    """What a dialog holds between its strip and its foot. It scrolls where the screen has no room for the least size of that."""

    def __init__(self, inside: QWidget, room: QSize) -> None:
        super().__init__()
        self.room = room
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setWidget(inside)
        inside.installEventFilter(self)
        for part in (inside, self.viewport()):  # the sheet fills the ground
            part.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        return self._inside.sizeHint().boundedTo(self.room)

    def minimumSizeHint(self) -> QSize:
        return self._inside.minimumSizeHint().boundedTo(self.room)

    @property
    def _inside(self) -> QWidget:
        inside = self.widget()
        assert inside is not None
        return inside

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


class TitleStrip(Painted):
    """Icon, title, and a note beside it."""

    def __init__(self, icon: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(STRIP, 0, title, parent)
        self.icon, self.title, self.note = icon, title, ""

    def show_note(self, note: str) -> None:
        self.note = note
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        stamp(p, 22, 19, self.icon, "accent", 18)
        put(p, QRectF(38, 0, r.width() - 48, 37), self.title, 14, "text", True)
        x = 48 + width_of(self.title, 14, True)
        put(p, QRectF(x, 0, r.width() - x - 10, 37), self.note, 11, "text2")
        rule(p, 0, 37, r.width())


class Sheet(QDialog):
    """A dialog that does not block the window. Fill `body`; give buttons with `button`."""

    def __init__(self, icon: str, title: str, size: tuple[int, int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        room = small_screens.room_of(parent or self)
        self.resize(QSize(*size).boundedTo(room))
        self.strip = TitleStrip(icon, title)
        inside = QWidget()
        self.body = QHBoxLayout(inside)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        self.word = Label("", 11, "text2")
        foot = QWidget()
        foot.setFixedHeight(FOOT)
        self.foot = QHBoxLayout(foot)
        self.foot.setContentsMargins(14, 0, 14, 0)
        self.foot.setSpacing(10)
        self.foot.addWidget(self.word, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(Body(inside, room - QSize(0, STRIP + FOOT)), 1)
        column.addWidget(foot)
        theme().changed.connect(self.update)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes on in the order in which the dialog is read, rows of a form too that were made later."""
        return focus_order.step(self, next)

    def successor(self) -> Callable[[], QDialog]:
        """What makes it once more as it stands now, for a window that speaks another language."""
        over = self.parentWidget()
        return lambda: type(self)(over)  # type: ignore[call-arg,arg-type]

    def button(self, text: str, kind: str = "secondary", icon: str = "") -> Button:
        """Add a button at the right of the foot."""
        made = Button(text, kind, icon)
        self.foot.addWidget(made)
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), theme().color("panel"))
        rule(p, 0, self.height() - FOOT, self.width())
        p.end()


def side(width: int) -> tuple[QWidget, QVBoxLayout]:
    """A column of fixed width with a hairline at its left, for settings beside a picture; it scrolls where it is too high."""
    inside = _Side()
    column = QVBoxLayout(inside)
    column.setContentsMargins(1, 0, 0, 0)
    column.setSpacing(0)
    made = Body(inside, QSize(width, SIDE_LEAST))
    made.setFixedWidth(width)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return made, column


class _Side(QWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(QRectF(0, 0, 1, self.height()), theme().color("border"))
        p.end()
