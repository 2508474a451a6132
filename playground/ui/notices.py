"""A message over the canvas or the start page: an icon, a sentence, perhaps a button. Gone after a while or by a click; the newest stands alone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from playground.training.messages import Event
from playground.ui.inspector.controls import Button
from playground.ui.painting import box, metrics, stamp
from playground.ui.remedies import Remedy, remedy_of
from playground.ui.session import Session
from playground.ui.theme import theme
from playground.words import say

SHOWN_MS = {"info": 5_000, "warning": 9_000, "error": 15_000}
INK = {"info": "info", "warning": "warn", "error": "error"}
FOOT = 48  # pixels that stay free below, for the status line and a margin
ICON = {"info": "info", "warning": "warn", "error": "error"}


class NoticeBar(QWidget):
    """Follows the session's messages. canvas: it lies at its top; where the canvas is not shown, at the foot of `parent`."""

    def __init__(self, parent: QWidget, canvas: QWidget, session: Session) -> None:
        super().__init__(parent)
        self.over, self.canvas, self.session = parent, canvas, session
        self.text, self.level = "", "info"
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.button = Button("", "secondary", small=True, parent=self)
        self.button.hide()
        self._cure: Callable[[], object] | None = None
        self.button.clicked.connect(self._press)
        session.message.connect(self.tell)
        session.heard.connect(self._hear)
        session.offered.connect(self.offer)
        area = canvas.parentWidget()
        for watched in (parent, area) if area is not None else (parent,):
            watched.installEventFilter(self)  # docks move the canvas without changing the window
        self.setToolTip(say("Click to put this away"))
        self.hide()

    def _hear(self, event: Event) -> None:
        self.offer(remedy_of(event, self.session))

    def tell(self, text: str, level: str) -> None:
        """Show a sentence."""
        self._cure = None
        self.button.hide()
        self.text, self.level = text, level if level in INK else "info"
        self.setAccessibleName(text)
        self.show()  # brings the layouts up to date, which the place depends on
        self._place()
        self.raise_()
        self.update()
        self._timer.start(SHOWN_MS[self.level])

    def offer(self, remedy: Remedy | None) -> None:
        """A button beside the sentence that is shown, which then stays until it is pressed or put away."""
        if remedy is None or not self.isVisible():
            return
        words, self._cure = remedy
        self.button.show_text(words)
        self.button.show()
        self._timer.stop()
        self._place()

    def _press(self) -> None:
        cure, self._cure = self._cure, None
        self.hide()
        if cure is not None:
            cure()

    @property
    def _aside(self) -> int:
        """What the button takes at the right."""
        return self.button.width() + 10 if self._cure is not None else 0

    def _place(self) -> None:
        seen = self.canvas.isVisible()
        left, wide = (self.canvas.mapTo(self.over, QPoint()).x(), self.canvas.width()) if seen else (0, self.over.width())
        room = wide - 48 - self._aside
        text = metrics(12).boundingRect(QRectF(0, 0, min(room, 620) - 52, 400), int(Qt.TextFlag.TextWordWrap), self.text)
        high = max(round(text.height() + 16), self.button.height() + 10 if self._aside else 0)
        self.resize(round(min(text.width() + 56, room)) + self._aside, high)
        self.button.move(self.width() - self._aside, (high - self.button.height()) // 2)
        top = self.canvas.mapTo(self.over, QPoint(0, 12)).y() if seen else self.over.height() - self.height() - FOOT
        self.move(left + (wide - self.width()) // 2, top)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        elif event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()
            self.raise_()  # another page came to the front
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._timer.stop()
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, ink = QPainter(self), INK[self.level]
        box(p, QRectF(self.rect()), 5, theme().color(f"{ink}soft"), theme().tint(ink, 0.6, "canvas"))
        stamp(p, 20, 17, ICON[self.level], ink, 16)
        p.setFont(theme().font(12))
        p.setPen(theme().color("text"))
        where = QRectF(36, 8, self.width() - 48 - self._aside, self.height() - 16)
        p.drawText(where, int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter), self.text)
        p.end()
