"""A plot under the hand: pointer, wheel and keys. They move the axes and the cursor; the plot itself draws."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from playground.ui.plots.axis import Axis

CONTROL = Qt.KeyboardModifier.ControlModifier
#: What a turn of the wheel or a key leaves of a range.
CLOSER = 0.8
#: A hand aims no better than so many pixels.
AIM = 2
#: No axis goes farther.
FAR = 1e299


class Pointing(QWidget):
    """Wheel: zoom across; over the y axis or with Ctrl: zoom up. Drag: pan. Double click: everything again.

    cursor_moved(x or None): the pointer's place, for plots that share the axis.  range_changed: after a pan or a zoom across.
    picked(x): a click that was no drag, or Enter at the cursor.  asked(x, place): a menu is wanted there; place: on the screen.
    near: given the place of a click and the ends of what a hand cannot tell from it, the place that is meant; None: the first.
    """

    cursor_moved = Signal(object)
    picked = Signal(float)
    asked = Signal(float, object)
    range_changed = Signal()

    log_x: bool
    across: Axis
    up: Axis
    chosen_up: Axis | None
    follow: bool
    cursor_x: float | None
    near: Callable[[float, float, float], float] | None = None
    _stale: bool
    _drag: QPointF | None = None
    _pressed: QPointF | None = None
    _ring = False

    @property
    def area(self) -> QRectF:
        raise NotImplementedError

    @property
    def has_data(self) -> bool:
        raise NotImplementedError

    def fit(self) -> None:
        raise NotImplementedError

    def px(self, x: float) -> float:
        raise NotImplementedError

    def x_at(self, pixel: float) -> float:
        raise NotImplementedError

    def show_cursor(self, x: float | None) -> None:
        """Draw the cursor at x, or take it away."""
        if x != self.cursor_x:
            self.cursor_x = x
            self.update()

    # Ranges
    def show_all(self) -> None:
        """Follow the data again."""
        self.follow, self.chosen_up, self._stale = True, None, True
        self.fit()
        self.update()
        self.range_changed.emit()

    def zoom(self, factor: float, at: float = 0.5) -> None:
        """Shrink (below 1) or widen the x axis around a place, 0 left to 1 right."""
        low, high = self.across.value(at * (1 - factor)), self.across.value(at + (1 - at) * factor)
        self._set_across(low, high)

    def zoom_up(self, factor: float, at: float = 0.5) -> None:
        """Likewise the y axis, 0 bottom to 1 top; it stays so until everything is shown again."""
        self._set_up(self.up.value(at * (1 - factor)), self.up.value(at + (1 - at) * factor))

    def _slide(self, part: float) -> None:
        self._set_across(self.across.value(part), self.across.value(1 + part))

    def _lift(self, part: float) -> None:
        self._set_up(self.up.value(part), self.up.value(1 + part))

    def _set_across(self, low: float, high: float) -> None:
        if not _usable(low, high, self.log_x):
            return
        self.across, self.follow, self._stale = Axis(low, high, self.log_x), False, True
        self.update()
        self.range_changed.emit()

    def _set_up(self, low: float, high: float) -> None:
        if _usable(low, high, self.up.log):
            self.chosen_up, self._stale = Axis(low, high, self.up.log), True
            self.up = self.chosen_up
            self.update()

    # Pointer
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place, area = event.position(), self.area
        if self._drag is not None and self._pressed is not None:
            if self._pressed.x() >= area.x():
                self._slide((self._drag.x() - place.x()) / area.width())
            if self._pressed.x() < area.x() or self.chosen_up is not None:
                self._lift((place.y() - self._drag.y()) / area.height())
            self._drag = place
        inside = area.x() <= place.x() <= area.right()
        self.cursor_moved.emit(self.x_at(place.x()) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.cursor_moved.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = self._pressed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._drag, self._pressed = self._pressed, None, None
        place = event.position()
        still = pressed is not None and (place - pressed).manhattanLength() < QApplication.startDragDistance()
        if still and self.has_data and self.area.left() <= place.x() <= self.area.right():
            self.picked.emit(self._aimed_at(place.x()))

    def _aimed_at(self, x: float) -> float:
        """What a click at this pixel means: of the places that a hand cannot tell apart the one that `near` prefers."""
        places = (self.x_at(x), self.x_at(x - AIM), self.x_at(x + AIM))
        return places[0] if self.near is None else self.near(*places)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        place, area = event.position(), self.area
        delta = event.angleDelta()
        factor = CLOSER ** ((delta.y() or delta.x()) / 120)
        if place.x() < area.x() or event.modifiers() & CONTROL:
            self.zoom_up(factor, min(max((area.bottom() - place.y()) / area.height(), 0.0), 1.0))
        else:
            self.zoom(factor, (place.x() - area.x()) / area.width())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The pointer's place, or with the menu key the cursor's."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        x = self.cursor_x if by_key else self._aimed_at(event.pos().x())
        if x is not None and self.has_data:
            self.asked.emit(x, event.globalPos())

    # Keys
    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus, minus and arrows, with Ctrl for the y axis; Home or 0: everything; comma, full stop, Enter: the cursor."""
        if not self._act(Qt.Key(event.key()), bool(event.modifiers() & CONTROL)):
            super().keyPressEvent(event)

    def _act(self, key: Qt.Key, up: bool) -> bool:
        """Whether the key means something here."""
        match key:
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal | Qt.Key.Key_Minus:
                (self.zoom_up if up else self.zoom)(1 / CLOSER if key == Qt.Key.Key_Minus else CLOSER)
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self._slide(-0.1 if key == Qt.Key.Key_Left else 0.1)
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                self._lift(-0.1 if key == Qt.Key.Key_Down else 0.1)
            case Qt.Key.Key_Home | Qt.Key.Key_0:
                self.show_all()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._pick_cursor()
            case Qt.Key.Key_Comma | Qt.Key.Key_Period:
                self._walk(-1 if key == Qt.Key.Key_Comma else 1)
            case _:
                return False
        return True

    def _pick_cursor(self) -> None:
        if self.cursor_x is not None and self.has_data:
            self.picked.emit(self.cursor_x)

    def _walk(self, pixels: int) -> None:
        """Move the cursor by keys: comma and full stop, the keys of < and >."""
        if self.has_data:
            at = self.area.right() if self.cursor_x is None else self.px(self.cursor_x) + 2 * pixels
            self.cursor_moved.emit(self.x_at(min(max(at, self.area.left()), self.area.right())))


def _usable(low: float, high: float, log: bool) -> bool:
    """Whether an axis can be drawn from low to high."""
    if not (abs(low) < FAR and abs(high) < FAR) or (log and low < 2 / FAR):
        return False
    return high - low >= 1e-9 * max(abs(low), abs(high), 1e-30)
