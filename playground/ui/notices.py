"""A message over the canvas or the start page: an icon, a sentence, perhaps a button. Gone after a while, by a click or by Escape; the
newest stands alone."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from playground.training.durations import in_words
from playground.training.messages import Died, Event, Failed, Started
from playground.training.messages.travel import Stayed, Travelled, Travelling
from playground.ui.canvas.clearance import Clearance
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import breakable
from playground.ui.painting import box, metrics, stamp
from playground.ui.remedies import Remedy, remedy_of
from playground.ui.session import Session
from playground.ui.theme import theme
from playground.words import Sentence, say, sentence

SHOWN_MS = {"info": 5_000, "warning": 9_000, "error": 15_000}
INK = {"info": "info", "warning": "warn", "error": "error"}
EDGE = 12  # pixels between it and the edge of the canvas
FOOT = 48  # pixels that stay free below, for the status line and a margin
ICON = {"info": "info", "warning": "warn", "error": "error"}


@dataclasses.dataclass(frozen=True)
class Standing:
    """A message that is shown. left: milliseconds for which it still stands, 0 for as long as it takes; others: see `NoticeBar`."""

    said: str
    level: str
    remedy: Remedy | None
    left: int
    share: float | None
    aside: bool
    of_end: bool


class NoticeBar(QWidget):
    """Follows the session's messages. canvas: it lies there, at the top or where it hides the least; where the canvas is not shown, at
    the foot of `parent`.  left: it had the keyboard and is gone.
    """

    left = Signal()

    def __init__(self, parent: QWidget, canvas: QWidget, session: Session, clearance: Clearance | None = None) -> None:
        super().__init__(parent)
        self.over, self.canvas, self.session, self.clearance = parent, canvas, session, clearance
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._spot = 0
        if clearance is not None:
            clearance.rested.connect(self._move_aside)
        self.text, self.level = "", "info"
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._expire)
        self.button = Button("", "secondary", small=True, parent=self)
        self.button.hide()
        self._said: str = ""
        self._remedy: Remedy | None = None
        self._cure: Callable[[], object] | None = None
        #: How much is done of what goes on, while the message tells of that.
        self._share: float | None = None
        #: Something else is told while that goes on.
        self._aside = False
        #: The message tells how a run ended.
        self._of_end = False
        self.button.clicked.connect(self._press)
        session.message.connect(self.tell)
        session.heard.connect(self._hear)
        session.offered.connect(self.offer)
        session.settled.connect(self._settle)
        session.replaced.connect(self._put_away)  # what was told and its button belong to the project before
        area = canvas.parentWidget()
        for watched in (parent, area) if area is not None else (parent,):
            watched.installEventFilter(self)  # docks move the canvas without changing the window
        self.setToolTip(say("Click or press Esc to put this away"))
        self.hide()

    def _hear(self, event: Event) -> None:
        if isinstance(event, Travelling):
            self._under_way(event)
            return
        if isinstance(event, Travelled | Stayed | Died | Failed | Started):
            if self._share is not None:
                self._put_away()
            self._share, self._aside = None, False
        if isinstance(event, Started) and self._of_end:
            self._put_away()
        self.offer(remedy_of(event, self.session))
        self._of_end |= isinstance(event, Died | Failed)

    def _under_way(self, event: Travelling) -> None:
        """How long the way back still takes, and a button that ends it; what else is told comes in its place."""
        if self._aside:
            return
        step, left = f"{event.step:,}", in_words(max(1.0, math.ceil(event.seconds_left)))
        told = sentence("Going back to step {step}: {left} to go", step=step, left=left)
        if self._share is None:
            self.tell(told, "info")
            self.offer(remedy_of(event, self.session))
        self._said, self.text, self._share = told, say(told), event.share
        self.setAccessibleName(self.text)
        self._place()
        self.update()

    def tell(self, text: str, level: str) -> None:
        """Show a sentence."""
        self._said = text
        text = _said(text)
        self._aside = self._share is not None
        self._cure = self._share = None
        self._of_end = False
        self.button.hide()
        self.text, self.level = text, level if level in INK else "info"
        self.setAccessibleName(text)
        self._spot = 0
        self.show()  # brings the layouts up to date, which the place depends on
        self._place()
        self.raise_()
        self.update()
        self._timer.start(SHOWN_MS[self.level])

    def offer(self, remedy: Remedy | None) -> None:
        """A button beside the sentence that is shown, which then stays until it is pressed or put away."""
        if remedy is None or not self.isVisible():
            return
        self._remedy, (words, self._cure) = remedy, remedy
        self.button.show_text(_said(words))
        self.button.show()
        self._timer.stop()
        self._place()

    @property
    def standing(self) -> Standing | None:
        """What is told now; None where there is nothing."""
        if self.isHidden():
            return None
        left = max(1, self._timer.remainingTime()) if self._timer.isActive() else 0
        remedy = self._remedy if self._cure is not None else None
        return Standing(self._said, self.level, remedy, left, self._share, self._aside, self._of_end)

    def take_over(self, before: Standing) -> None:
        """Tell what another one told, in the language that is spoken now, for as long as it would have."""
        self.tell(before.said, before.level)
        self.offer(before.remedy)
        self._share, self._aside, self._of_end = before.share, before.aside, before.of_end
        if before.left:
            self._timer.start(before.left)
        else:
            self._timer.stop()

    def _press(self) -> None:
        cure, self._cure = self._cure, None
        self._go()
        if cure is not None:
            cure()

    @property
    def _beside(self) -> int:
        """What the button takes at the right."""
        return self.button.width() + 10 if self._cure is not None else 0

    def _place(self) -> None:
        seen = self.canvas.isVisible()
        left, wide = (self.canvas.mapTo(self.over, QPoint()).x(), self.canvas.width()) if seen else (0, self.over.width())
        room = wide - 48 - self._beside
        text = metrics(12).boundingRect(
            QRectF(0, 0, min(room, 620) - 52, 400), int(Qt.TextFlag.TextWordWrap), breakable(self.text)
        )
        high = max(round(text.height() + 16), self.button.height() + 10 if self._beside else 0)
        self.resize(round(min(text.width() + 56, room)) + self._beside, high)
        self.button.move(self.width() - self._beside, (high - self.button.height()) // 2)
        if seen:
            self.move(self.canvas.mapTo(self.over, self._clear_place()))
        else:
            self.move(left + (wide - self.width()) // 2, self.over.height() - self.height() - FOOT)

    def _clear_place(self) -> QPoint:
        """Where it lies on the canvas: it stays where it hides nothing, else goes where it hides the least."""
        room = self.canvas.size() - self.size()
        middle, right, foot = room.width() // 2, room.width() - EDGE, room.height() - EDGE
        spots = [QPoint(x, y) for y in (EDGE, foot) for x in (middle, EDGE, right)]
        if self.clearance is not None:
            hidden = [self.clearance.covered(QRect(spot, self.size())) for spot in spots]
            if hidden[self._spot]:
                self._spot = hidden.index(min(hidden))
        return spots[self._spot]

    def _move_aside(self) -> None:
        if self.isVisible():
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        elif event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()
            self.raise_()  # another page came to the front
        return super().eventFilter(watched, event)

    def _settle(self, text: str) -> None:
        """Put this message away where it is the one that is shown."""
        if text == self._said:
            self._put_away()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._put_away()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape or not self.dismiss():
            super().keyPressEvent(event)

    def dismiss(self) -> bool:
        """Put it away, as a key asks; False where nothing is told, or what goes on and is ended by its button alone."""
        if self.isHidden() or self._share is not None:
            return False
        self._put_away()
        return True

    def _put_away(self) -> None:
        self._timer.stop()
        self._go()

    @property
    def _has_keyboard(self) -> bool:
        return self.hasFocus() or self.button.hasFocus()

    def _expire(self) -> None:
        """Its time is over; under the keyboard it waits."""
        if self._has_keyboard:
            self._timer.start(SHOWN_MS["info"])
        else:
            self._go()

    def _go(self) -> None:
        held = self._has_keyboard
        self.hide()
        if held:
            self.left.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, ink = QPainter(self), INK[self.level]
        edge = theme().color("accent") if self.hasFocus() else theme().tint(ink, 0.6, "canvas")
        box(p, QRectF(self.rect()), 5, theme().color(f"{ink}soft"), edge, 2 if self.hasFocus() else 1)
        stamp(p, 20, 17, ICON[self.level], ink, 16)
        p.setFont(theme().font(12))
        p.setPen(theme().color("text"))
        where = QRectF(36, 8, self.width() - 48 - self._beside, self.height() - 16)
        if self._share is not None:
            p.fillRect(QRectF(1, self.height() - 3, (self.width() - 2) * self._share, 2), theme().color("accent"))
        p.drawText(where, int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter), breakable(self.text))
        p.end()


def _said(text: str) -> str:
    """In the language of the window; words that are said already, such as those of another program, as they are."""
    return say(text) if isinstance(text, Sentence) else text
