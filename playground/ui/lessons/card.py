"""The card that says what to do, and the ring round the place where."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import AA, box
from playground.ui.theme import theme
from playground.words import say

WIDE, APART, RIM = 336, 14, 5
FOLDED = 230  # pixels across while only the title is shown


class Ring(QWidget):
    """An outline over the window that lets every click through."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_round(self, place: QRect | None) -> None:
        """Stand round a rectangle of the window, or go."""
        if place is None:
            self.hide()
            return
        wanted = place.adjusted(-RIM, -RIM, RIM, RIM)
        if wanted != self.geometry():
            self.setGeometry(wanted)
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        p.setRenderHint(AA)
        box(p, r.adjusted(1.5, 1.5, -1.5, -1.5), 7, None, theme().color("accent"), 3)
        p.end()


class Card(QWidget):
    """A step of a lesson, or a tip. on(), back(), left(): the buttons."""

    on = Signal()
    back = Signal()
    left = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setFixedWidth(WIDE)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.title, self.count = Label("", 13, "text", True), Label("", 11, "text2")
        self.text = Label("", 12, "text", wraps=True)
        self.state = Label("", 11, "text2")
        self.leave = Button(say("Leave"), "quiet", small=True)
        self.earlier = Button(say("Back"), "secondary", small=True)
        self.next = Button(say("Next"), "primary", small=True, width=84)
        self.fold = Button("", "icon", "down", small=True)
        self.folded = False
        top, foot = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.count)
        top.addWidget(self.fold)
        foot.addWidget(self.leave)
        foot.addWidget(self.state, 1)
        foot.addWidget(self.earlier)
        foot.addWidget(self.next)
        self.inner = QWidget()
        below = QVBoxLayout(self.inner)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(8)
        below.addWidget(self.text)
        below.addLayout(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 14, 12)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.inner)
        self.fold.clicked.connect(lambda: self.show_folded(not self.folded))
        for button, signal in ((self.next, self.on), (self.earlier, self.back), (self.leave, self.left)):
            button.clicked.connect(signal)
        self.hide()

    def show_words(
        self, title: str, text: str, *, count: str = "", state: str = "", first: bool = True, last: bool = False
    ) -> None:
        """first, last: of a lesson's steps. Other words than before are shown whole."""
        if (title, text) != (self.accessibleName(), self.accessibleDescription()):
            self.folded = False
        self.title.show_text(title)
        self.count.show_text(count)
        self.text.show_text(text)
        self.state.show_text(state)
        self.earlier.setVisible(not first)
        self.next.setText(say("Done") if last else say("Next"))
        self.next.setAccessibleName(self.next.text())
        self.leave.setVisible(not (first and last))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.text.setMinimumHeight(0)  # which the height for a width would count
        self.text.setFixedHeight(self.text.heightForWidth(WIDE - 30))
        self.show_folded(self.folded)

    def show_folded(self, folded: bool) -> None:
        """Show the title alone, so that what lies under the card can be seen, or all of it."""
        self.folded = folded
        self.fold.glyph = "right" if folded else "down"
        self.fold.setToolTip(say("Unfold") if folded else say("Fold"))
        self.fold.setAccessibleName(self.fold.toolTip())
        self.inner.setVisible(not folded)
        wide = FOLDED if folded else WIDE
        self.setFixedWidth(wide)
        layout, inner = self.layout(), self.inner.layout()
        assert layout is not None
        assert inner is not None
        for each in (inner, layout):
            each.invalidate()
            each.activate()
        self.resize(wide, layout.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def stand(self, areas: Sequence[QRect], free: Sequence[QRect], kept: Sequence[QRect]) -> None:
        """In the corner of one of the areas that hides the least: nothing of what is to stay free, and little of what is kept if possible."""
        wide, high = self.width(), self.height()
        corners = [
            QRect(x, y, wide, high)
            for area in areas
            for y in (area.bottom() - high - APART, area.top() + APART)
            for x in (area.left() + APART, area.right() - wide - APART)
        ]

        def hidden(corner: QRect) -> int:
            lost = sum(_area(corner.intersected(each)) for each in kept)
            return lost + 10**9 * sum(corner.intersects(each) for each in free)

        wanted = min(corners, key=hidden)
        if wanted.topLeft() != self.pos():
            self.move(wanted.topLeft())
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        p.setRenderHint(AA)
        box(p, r.adjusted(0.5, 0.5, -0.5, -0.5), 8, theme().color("base"), theme().color("accent"), 1.5)
        p.end()


def _area(rect: QRect) -> int:
    return max(rect.width(), 0) * max(rect.height(), 0)
