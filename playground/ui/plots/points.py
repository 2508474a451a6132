"""A curve drawn by hand: its control points are dragged with the pointer or moved with keys."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.core.points import GAP, Pairs, Points, straight
from playground.ui.painting import AA, CENTRE, RIGHT, put, width_of
from playground.ui.plots.axis import Axis, short
from playground.ui.plots.series import polygon
from playground.ui.theme import theme
from playground.words import say, sentence, strung

HINT = sentence("Double-click adds a point")
#: How near, in pixels, the pointer must be to a point to take it.
REACH = 10.0
#: Points keep at least this distance while they are moved, so that none hides another.
APART = 0.01
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 24, 12, 36
_KEYS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}

Curve = Callable[[Pairs, np.ndarray], np.ndarray]


class PointsPlot(QWidget):
    """Shows points and the curve through them, and tells the points that were asked for.

    committed(points): a point was dragged and let go, added or removed.  nudged(points): one was moved with a key. What is shown is
    changed only from outside, by `show_points`; a drag is shown while it lasts, and Escape ends it without a change.

    Keys: Page Up and Page Down, Home and End choose a point; arrows move it, ten times finer with Shift; Insert adds one after it;
    Delete removes it.
    """

    committed = Signal(object)
    nudged = Signal(object)

    def __init__(self, field: Points, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field, self.name = field, name
        self.points: Pairs = ()
        self.curve: Curve = straight
        self.log = False
        self.chosen = 0
        self.refused = False
        self._over: int | None = None
        self._drag: list[tuple[float, float]] | None = None
        self._grip = QPointF()
        self._pressed = QPointF()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(150, 120)
        self.setFixedHeight(192)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(270, 192)

    # What it shows
    def show_points(self, points: Pairs, curve: Curve, log: bool) -> None:
        """Show the points of the project. A drag goes on as it is unless the number of points changed."""
        if self._drag is not None and len(points) != len(self._drag):
            self._drag = None
        self.points, self.curve, self.log = points, curve, log
        self.chosen = min(self.chosen, max(len(points) - 1, 0))
        self._tell()
        self.update()

    @property
    def shown(self) -> Pairs:
        """The points as they are drawn: those of a drag while it lasts."""
        return self.points if self._drag is None else tuple(self._drag)

    @property
    def area(self) -> QRectF:
        """Where the curve is, in pixels."""
        return QRectF(_LEFT, _TOP, max(1, self.width() - _LEFT - _RIGHT), max(1, self.height() - _TOP - _BOTTOM))

    @property
    def up(self) -> Axis:
        return Axis(self.field.floor if self.log else self.field.low, self.field.high, self.log)

    def place(self, point: tuple[float, float]) -> QPointF:
        """Pixel of a point."""
        r = self.area
        part = min(max(self.up.place_one(point[1]), 0.0), 1.0)
        return QPointF(r.x() + point[0] * r.width(), r.bottom() - part * r.height())

    def value(self, pixel: QPointF) -> tuple[float, float]:
        """The nearest allowed point at a pixel, three digits each."""
        r = self.area
        x = min(max((pixel.x() - r.x()) / r.width(), 0.0), 1.0)
        return round(x, 3), self._height((r.bottom() - pixel.y()) / r.height())

    def _height(self, part: float) -> float:
        part = min(max(part, 0.0), 1.0)
        return float(f"{self.up.value(part):.3g}") if self.log else round(self.up.value(part), 3)

    def at(self, pixel: QPointF) -> int | None:
        """The point within reach of a pixel, the nearest first."""
        near = [((self.place(p) - pixel).manhattanLength(), k) for k, p in enumerate(self.shown)]
        distance, found = min(near, default=(REACH + 1, 0))
        return found if distance <= REACH else None

    # What it tells
    def _move(self, at: int, point: tuple[float, float]) -> tuple[float, float]:
        """The point kept between its neighbours."""
        shown = self.shown
        low = shown[at - 1][0] + APART if at else 0.0
        high = shown[at + 1][0] - APART if at + 1 < len(shown) else 1.0
        x = shown[at][0] if high < low else min(max(point[0], low), high)
        return round(x, 6), point[1]

    def _ask(self, points: list[tuple[float, float]]) -> None:
        if tuple(points) != self.points:
            self.committed.emit(tuple(points))

    def add(self, point: tuple[float, float]) -> None:
        """Ask for one more point, which is then the chosen one; nothing happens where there are too many or one is there."""
        if len(self.points) >= self.field.most or any(abs(x - point[0]) < max(GAP, APART / 2) for x, _ in self.points):
            return
        made = sorted([*self.points, point])
        self.chosen = made.index(point)
        self._ask(made)

    def remove(self, at: int) -> None:
        """Ask for one point less; the fewest that the field allows stay."""
        if len(self.points) > self.field.least and at < len(self.points):
            kept = [point for k, point in enumerate(self.points) if k != at]
            self.chosen = min(at, len(kept) - 1)
            self._ask(kept)

    def _choose(self, at: int) -> None:
        self.chosen = min(max(at, 0), max(len(self.points) - 1, 0))
        self._tell()
        self.update()

    def words(self, at: int) -> str:
        """A point in words."""
        if at >= len(self.shown):
            return ""
        x, y = self.shown[at]
        return say(
            "Point {at} of {shown_count}: x {short}, y {short2}",
            at=at + 1,
            shown_count=len(self.shown),
            short=short(x),
            short2=short(y),
        )

    def _tell(self) -> None:
        self.setAccessibleDescription(strung((self.words(self.chosen), say(self.field.help)), ". "))

    # Pointer
    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or found is None:
            return
        self._choose(found)
        self._drag = list(self.points)
        self._pressed, self._grip = event.position(), self.place(self.points[found]) - event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            over = self.at(event.position())
            if over != self._over:
                self._over = over
                self.setCursor(Qt.CursorShape.ArrowCursor if over is None else Qt.CursorShape.SizeAllCursor)
                self.update()
        elif (event.position() - self._pressed).manhattanLength() >= 2 or self._drag != list(self.points):
            self._drag[self.chosen] = self._move(self.chosen, self.value(event.position() + self._grip))
            self._tell()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None and event.button() == Qt.MouseButton.LeftButton:
            dragged, self._drag = self._drag, None
            self._ask(dragged)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        if event.button() == Qt.MouseButton.LeftButton and self.at(event.position()) is None:
            self.add(self.value(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._over = None
        self.update()

    # Keys
    def event(self, event: QEvent) -> bool:
        """Delete and Escape are ours while the plot has the focus, not the window's."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            mine = event.key() in (
                *_KEYS,
                Qt.Key.Key_Delete,
                Qt.Key.Key_Backspace,
                Qt.Key.Key_Insert,
                Qt.Key.Key_Home,
                Qt.Key.Key_End,
            )
            if mine and not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier):
                event.accept()
                return True
            if event.key() == Qt.Key.Key_Escape and self._drag is not None:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self.points) - 1
        if key == Qt.Key.Key_Escape and self._drag is not None:
            self._drag = None
            self._tell()
            self.update()
        elif self._drag is not None or last < 0:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove(self.chosen)
        elif key == Qt.Key.Key_Insert:
            self._insert()
        elif key in _KEYS:
            self._nudge(*_KEYS[key], fine=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._choose(self.chosen + (1 if key == Qt.Key.Key_PageDown else -1))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(0 if key == Qt.Key.Key_Home else last)
        else:
            super().keyPressEvent(event)

    def _nudge(self, right: int, up: int, *, fine: bool) -> None:
        step = 0.002 if fine else 0.02
        x, y = self.points[self.chosen]
        if up:
            y = self._height(self.up.place_one(max(y, self.up.low)) + up * step)
        points = list(self.points)
        points[self.chosen] = self._move(self.chosen, (round(x + right * step, 3), y))
        if tuple(points) != self.points:
            self.nudged.emit(tuple(points))

    def _insert(self) -> None:
        """A point on the curve, halfway to the next one; to the one before where the last is chosen."""
        first = max(min(self.chosen, len(self.points) - 2), 0)
        a, b = self.points[first : first + 2]
        x = round((a[0] + b[0]) / 2, 3)
        y = float(self.curve(self.points, np.array([x]))[0])
        self.add((x, float(f"{min(max(y, self.field.low), self.field.high):.3g}")))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._tell()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._drag = None
        self.update()

    # Painting
    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), self.area
        p.fillRect(self.rect(), theme().color("plot"))
        self._draw_grid(p, r)
        if len(self.shown) >= 2:
            self._draw_curve(p, r)
        self._draw_points(p)
        self._draw_words(p, r)
        if self.hasFocus() or self.refused:
            p.setRenderHint(AA, False)
            p.setPen(QPen(theme().color("error" if self.refused else "accent"), 2))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawRect(self.rect().adjusted(1, 1, -1, -1))
        p.end()

    def _draw_grid(self, p: QPainter, r: QRectF) -> None:
        p.setRenderHint(AA, False)
        grid, ink = theme().color("plotgrid"), "text3" if self.isEnabled() else "disabled"
        for v in (0.0, 0.25, 0.5, 0.75, 1.0):
            x = r.x() + v * r.width()
            p.fillRect(QRectF(round(x), r.y(), 1, r.height()), grid)
            put(p, QRectF(x - 20, r.bottom() + 5, 40, 14), f"{v:g}", 10, ink, how=CENTRE)
        for v in self.up.ticks(5):
            y = r.bottom() - self.up.place_one(v) * r.height()
            p.fillRect(QRectF(r.x(), round(y), r.width(), 1), grid)
            put(p, QRectF(0, y - 7, r.x() - 6, 14), short(v), 10, ink, how=RIGHT)
        p.fillRect(QRectF(round(r.x()), r.y(), 1, r.height()), theme().color("strong"))
        p.fillRect(QRectF(r.x(), round(r.bottom()), r.width(), 1), theme().color("strong"))

    def _draw_words(self, p: QPainter, r: QRectF) -> None:
        """The titles of the axes, and the point in hand or how to begin."""
        ink = "text2" if self.isEnabled() else "disabled"
        up, across = say(self.field.y_title), say(self.field.x_title)
        title = width_of(up, 10)
        put(p, QRectF(6, 3, title + 2, 16), up, 10, ink)
        put(p, QRectF(r.x(), self.height() - 18, r.width(), 14), across, 10, ink, how=RIGHT)
        mine = self.hasFocus() or self._drag is not None
        held = self.chosen if mine or self._over is None else self._over
        told = self.words(held) if mine or self._over is not None else say(HINT)
        room = QRectF(title + 16, 3, r.right() - title - 16, 16)
        put(p, room, told, 10, "text" if mine else "text3" if self.isEnabled() else "disabled", how=RIGHT)

    def _draw_curve(self, p: QPainter, r: QRectF) -> None:
        ends = [x for a, b in itertools.pairwise(self.shown) for x in (a[0], b[0])]
        x = np.unique(np.concatenate([np.linspace(0.0, 1.0, max(2, int(r.width()))), ends]))
        part = np.clip(self.up.place(self.curve(self.shown, x)), 0.0, 1.0)
        p.setRenderHint(AA)
        p.setPen(QPen(self._ink(), 2))
        p.drawPolyline(polygon(np.stack([r.x() + x * r.width(), r.bottom() - part * r.height()], 1)))

    def _draw_points(self, p: QPainter) -> None:
        p.setRenderHint(AA)
        for k, point in enumerate(self.shown):
            mine = k == self.chosen and (self.hasFocus() or self._drag is not None)
            p.setPen(QPen(self._ink(), 2))
            p.setBrush(self._ink() if mine else theme().color("plot"))
            p.drawEllipse(self.place(point), 5.5 if k == self._over or mine else 4.5, 5.5 if k == self._over or mine else 4.5)

    def _ink(self) -> QColor:
        return theme().series(3)[0] if self.isEnabled() else theme().color("disabled")
