"""Points painted with the mouse, over the network's answer: spray, drag, rub out; all of it by keys as well."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from playground.core.cloud import Cloud, Spots
from playground.ui.painting import AA
from playground.ui.plots.surface import POINT_INKS, SurfacePlot
from playground.ui.theme import theme
from playground.words import say

#: Pixels: how near a point the pointer takes it, how far apart sprayed points are, how wide they scatter, how far rubbing reaches.
REACH, APART, SCATTER, RUB = 8.0, 9.0, 10.0, 14.0
#: Share of the plane that an arrow moves the cross, and with Shift.
STRIDE, FINE = 0.05, 0.01
_KEYS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}


def class_ink(number: int, classes: int) -> QColor:
    """Two classes have the colours of the diverging map's ends, more those of the series."""
    return QColor(POINT_INKS[number]) if classes <= 2 and number < 2 else theme().series(number + 1)[0]


class PaintPlot(SurfacePlot):
    """A plane to paint in. painting(points): while the button is down.  painted(points): what is there when it is let go.

    brush: the class that is painted, or None to rub out. A press on a point drags it; the right button always rubs out.
    Keys: arrows move a cross (finer with Shift), Space paints there, Delete rubs out there, the digits choose the class.
    """

    painting = Signal(object)
    painted = Signal(object)
    brush_changed = Signal(object)

    def __init__(self, field: Cloud, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.framed = True
        self.low, self.high = (-field.reach, -field.reach), (field.reach, field.reach)
        self.names = ("x1", "x2")
        self.brush: int | None = 0
        self.spots: list[tuple[float, float, int]] = []
        self.cross: tuple[float, float] | None = None
        self.empty = ""
        self._taken: int | None = None
        self._last: QPointF | None = None
        self._before: Spots = ()
        self._scatter = np.random.Generator(np.random.Philox(7))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(say("Plane to paint points in"))
        self.setAccessibleDescription(say("Arrows move a cross, Space paints a point, Delete rubs out, digits choose the class."))

    # What is shown
    def show_spots(self, spots: Spots) -> None:
        """Show the points of the project; a stroke that goes on keeps its own."""
        if self._last is None:
            self.spots = list(spots)
            self._show()

    def _show(self) -> None:
        classes = max((k for _, _, k in self.spots), default=0) + 1
        points = np.array([[x, y] for x, y, _ in self.spots]).reshape(-1, 2)
        names = tuple(say("class {number}", number=k + 1) for k in range(max(classes, 2)))
        self.show_samples(points, np.array([k for _, _, k in self.spots], int), self.names, names)

    def pixel(self, x: float, y: float) -> QPointF:
        r, reach = self.area, self.field.reach
        return QPointF(r.x() + (x + reach) / (2 * reach) * r.width(), r.bottom() - (y + reach) / (2 * reach) * r.height())

    def value(self, pixel: QPointF) -> tuple[float, float]:
        """The place in the plane, held inside of it."""
        r, reach = self.area, self.field.reach
        x = (pixel.x() - r.x()) / r.width() * 2 * reach - reach
        y = (r.bottom() - pixel.y()) / r.height() * 2 * reach - reach
        return round(min(max(x, -reach), reach), 4), round(min(max(y, -reach), reach), 4)

    def at(self, pixel: QPointF) -> int | None:
        """The nearest point within reach."""
        near = [((self.pixel(x, y) - pixel).manhattanLength(), k) for k, (x, y, _) in enumerate(self.spots)]
        distance, found = min(near, default=(REACH + 1, 0))
        return found if distance <= REACH else None

    # Pointer
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton) or not self.area.contains(
            event.position()
        ):
            super().mousePressEvent(event)
            return
        self.cross = None
        self._before = tuple(self.spots)
        self._last = event.position()
        self._taken = (
            self.at(event.position()) if event.button() == Qt.MouseButton.LeftButton and self.brush is not None else None
        )
        if self._taken is None:
            self._stroke(event.position(), self._rubs(event.buttons()), first=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is None:
            over = self.brush is not None and self.at(event.position()) is not None
            self.setCursor(Qt.CursorShape.SizeAllCursor if over else Qt.CursorShape.CrossCursor)
            return
        if self._taken is not None:
            x, y = self.value(event.position())
            self.spots[self._taken] = (x, y, self.spots[self._taken][2])
            self._tell()
        elif self._rubs(event.buttons()) or (event.position() - self._last).manhattanLength() >= APART:
            self._last = event.position()
            self._stroke(event.position(), self._rubs(event.buttons()), first=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._last is None:
            super().mouseReleaseEvent(event)
            return
        self._end()

    def _end(self) -> None:
        self._last = self._taken = None
        if tuple(self.spots) != self._before:
            self.painted.emit(tuple(self.spots))

    def _rubs(self, buttons: Qt.MouseButton) -> bool:
        return self.brush is None or bool(buttons & Qt.MouseButton.RightButton)

    def _stroke(self, pixel: QPointF, rubs: bool, *, first: bool) -> None:
        """One point where the pointer is, scattered round it while it moves; or those near it away."""
        if rubs:
            kept = [s for s in self.spots if math.dist(self.pixel(s[0], s[1]).toTuple(), pixel.toTuple()) > RUB]
            if len(kept) == len(self.spots):
                return
            self.spots = kept
        elif self.brush is not None and len(self.spots) < self.field.most:
            shift = QPointF() if first else QPointF(*(self._scatter.normal(0, SCATTER / 2, 2)))
            self.spots.append((*self.value(pixel + shift), self.brush))
        self._tell()

    def _tell(self) -> None:
        self._show()
        self.painting.emit(tuple(self.spots))

    # Keys
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        digit = event.text()
        if key == Qt.Key.Key_Escape and self._last is not None:
            self.spots, self._last, self._taken = list(self._before), None, None
            self._tell()
        elif key in _KEYS:
            self._move_cross(key, FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STRIDE)
        elif key == Qt.Key.Key_Space and self.cross is not None and self.brush is not None and len(self.spots) < self.field.most:
            self.spots.append((*self.cross, self.brush))
            self._show()
            self.painted.emit(tuple(self.spots))
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.cross is not None:
            self._before = tuple(self.spots)
            self._stroke(self.pixel(*self.cross), True, first=True)
            self._end()
        elif digit.isdecimal() and 1 <= int(digit) <= self.field.classes:
            self.brush_changed.emit(int(digit) - 1)
        else:
            super().keyPressEvent(event)

    def _move_cross(self, key: Qt.Key, stride: float) -> None:
        reach, (dx, dy), (x, y) = self.field.reach, _KEYS[key], self.cross or (0.0, 0.0)
        x, y = x + 2 * reach * stride * dx, y + 2 * reach * stride * dy
        self.cross = (round(min(max(x, -reach), reach), 4), round(min(max(y, -reach), reach), 4))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        p = QPainter(self)
        p.setRenderHint(AA)
        if self.hasFocus():
            p.setPen(QPen(theme().color("accent"), 2))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawRect(self.area)
        if self.cross is not None:
            at = self.pixel(*self.cross)
            p.setPen(QPen(theme().color("text"), 1.5))
            p.drawLine(at - QPointF(8, 0), at + QPointF(8, 0))
            p.drawLine(at - QPointF(0, 8), at + QPointF(0, 8))
        p.end()
