"""The plot widget: fixed margins, so that plots above one another line up; everything is painted in pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from playground.ui.painting import AA, CENTRE, LEFT, RIGHT, put
from playground.ui.plots.axis import Axis, around, short
from playground.ui.plots.marks import Band, Mark, Reading, draw_bands, draw_crosses, draw_marks, draw_readout
from playground.ui.plots.series import Series
from playground.ui.theme import theme
from playground.words import say, sentence

NO_RUN = sentence("No run yet. Press Train.")


class Plot(QWidget):
    """Series over a shared x axis.

    `across` is the x axis; `follow` makes it hold all data and `reach`, a pan or zoom ends that, a double click starts it again.
    cursor_moved(x or None): the pointer's place, for plots that share the axis.  range_changed: after a pan or a zoom.
    picked(x): a click that was no drag, or Enter at the cursor.  asked(x, place): a menu is wanted there; place: on the screen.
    """

    cursor_moved = Signal(object)
    picked = Signal(float)
    asked = Signal(float, object)
    range_changed = Signal()

    def __init__(
        self, name: str, log: bool = False, log_x: bool = False, right: int = 24, top: int = 8, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 60)
        self.title, self.x_title = "", ""
        self.margins = (48, top, right, 22)
        #: Pixels for each tick, across and up.
        self.tick_gaps = (62 if log_x else 75, 34)
        self.log, self.log_x = log, log_x
        self.series: dict[str, Series] = {}
        self.marks: Sequence[Mark] = ()
        self.bands: Sequence[Band] = ()
        self.flags, self.ends, self.readout = True, False, True
        self.empty = NO_RUN
        self.x_word: Callable[[float], tuple[str, str]] = lambda x: (say("Step {x}", x=f"{x:,.0f}"), "")
        self.across, self.up = Axis(0.0, 1.0, False), Axis(0.1, 1.0, log)
        self.follow, self.reach = True, 0.0
        self.cursor_x: float | None = None
        self.fixed_up: Axis | None = None
        self._pan: float | None = None
        self._pressed: float | None = None
        self._ring = False
        self._stale = True

    # What it shows
    def add(self, series: Series) -> Series:
        """Add a series; later ones are drawn on top."""
        self.series[series.key] = series
        return series

    def show_data(self, key: str, x: np.ndarray, y: np.ndarray) -> None:
        """Give a series its whole data; the arrays are read, never changed. x must not fall."""
        self.series[key].x, self.series[key].y = x, y
        self._stale = True
        self.update()

    def show_marks(self, marks: Sequence[Mark], bands: Sequence[Band] = ()) -> None:
        if list(marks) != list(self.marks) or list(bands) != list(self.bands):
            self.marks, self.bands = tuple(marks), tuple(bands)
            self.update()

    def set_log(self, log: bool) -> None:
        """A logarithmic or a linear y axis."""
        self.log, self._stale = log, True
        self.update()

    def show_cursor(self, x: float | None) -> None:
        """Draw the cursor at x, or take it away."""
        if x != self.cursor_x:
            self.cursor_x = x
            self.update()

    def show_range(self, across: Axis, follow: bool) -> None:
        """Take over another plot's x axis."""
        self.across, self.follow, self._stale = across, follow, True
        self.update()

    @property
    def has_data(self) -> bool:
        return any(series.visible and len(series.x) for series in self.series.values())

    @property
    def area(self) -> QRectF:
        """Where the curves are, in pixels."""
        left, top, right, bottom = self.margins
        return QRectF(left, top, max(1, self.width() - left - right), max(1, self.height() - top - bottom))

    def px(self, x: float) -> float:
        """Horizontal pixel of a value."""
        return self.area.x() + self.across.place_one(x) * self.area.width()

    def py(self, y: float) -> float:
        """Vertical pixel of a value."""
        return self.area.bottom() - self.up.place_one(y) * self.area.height()

    def x_at(self, pixel: float) -> float:
        return self.across.value((pixel - self.area.x()) / self.area.width())

    # Ranges
    def fit(self) -> None:
        """Bring both axes and what is drawn up to date with the data."""
        shown = [series for series in self.series.values() if series.visible and len(series.x)]
        if self.follow:
            self.across = self._whole_range(shown)
        for series in shown:
            series.thin(self.across, self.area.width())
        up = self.fixed_up or around((_trimmed(series) for series in shown), self.log)
        self.up = up or Axis(0.1, 1.0, True) if self.log else up or Axis(0.0, 1.0)
        self._stale = False

    def _whole_range(self, shown: Sequence[Series]) -> Axis:
        if self.log_x:
            return around([series.x for series in shown], True, 0.02) or Axis(1e-6, 10.0, True)
        low = min([float(series.x[0]) for series in shown], default=0.0)
        high = max([float(series.x[-1]) for series in shown], default=1.0)
        high = max(high, self.reach)
        low = 0.0 if low == 1.0 else low  # steps count from 1, but an axis begins at 0
        return Axis(low, high if high > low else low + 1.0)

    # Painting
    def sizeHint(self) -> QSize:
        return QSize(420, 220)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._stale:
            self.fit()
        p, r = QPainter(self), self.area
        p.fillRect(self.rect(), theme().color("plot"))
        if not self.has_data:
            self._draw_frame(p, r)
            put(p, QRectF(0, r.y(), self.width(), r.height()), say(self.empty), 12, "text3", how=CENTRE)
            self._draw_title(p, r)
            p.end()
            return
        p.save()
        p.setClipRect(r.adjusted(0, 0, 1, 1))
        draw_bands(p, r, self.bands, self.px)
        p.restore()
        self._draw_grid(p, r)
        p.save()
        p.setClipRect(r.adjusted(0, 0, 1, 1))
        for series in self.series.values():
            if series.visible:
                series.draw(p, r, self.across, self.up)
        holes = [self.px(float(x)) for series in self.series.values() if series.visible for x in series.holes]
        draw_crosses(p, r, holes)
        p.restore()
        draw_marks(p, r, self.marks, self.px, self.flags)
        self._draw_ends(p, r)
        self._draw_title(p, r)
        self._draw_cursor(p, r)
        self._draw_focus(p)
        p.end()

    def _draw_frame(self, p: QPainter, r: QRectF) -> None:
        p.setRenderHint(AA, False)
        p.fillRect(QRectF(round(r.x()), r.y(), 1, r.height()), theme().color("strong"))
        p.fillRect(QRectF(r.x(), round(r.bottom()), r.width(), 1), theme().color("strong"))

    def _draw_grid(self, p: QPainter, r: QRectF) -> None:
        p.setRenderHint(AA, False)
        grid = theme().color("plotgrid")
        for v in self.across.ticks(max(2, int(r.width() / self.tick_gaps[0]))):
            x = self.px(v)
            p.fillRect(QRectF(round(x), r.y(), 1, r.height()), grid)
            put(p, QRectF(x - 40, r.bottom() + 4, 80, 14), short(v), 10, "text3", how=CENTRE)
        for v in self.up.ticks(max(3, int(r.height() / self.tick_gaps[1]))):
            y = self.py(v)
            p.fillRect(QRectF(r.x(), round(y), r.width(), 1), grid)
            put(p, QRectF(0, y - 7, r.x() - 6, 14), short(v), 10, "text3", how=RIGHT)
        self._draw_frame(p, r)

    def _draw_title(self, p: QPainter, r: QRectF) -> None:
        if self.title:
            put(p, QRectF(r.x() + 8, r.y() + 2, r.width() - 16, 16), self.title, 10, "text2")
        if self.x_title:
            put(p, QRectF(r.x(), self.height() - 14, r.width(), 14), self.x_title, 10, "text2", how=RIGHT)

    def _draw_ends(self, p: QPainter, r: QRectF) -> None:
        """Names at the line ends, moved apart where they would touch."""
        if not self.ends:
            return
        ends = [s for s in self.series.values() if s.visible and len(s.shown[1]) and np.isfinite(s.shown[1][-1])]
        below = r.y() - 14.0
        for series in sorted(ends, key=lambda s: self.py(float(s.shown[1][-1]))):
            y = max(below + 13, min(self.py(float(series.shown[1][-1])), r.bottom()))
            below = y
            p.setPen(series.ink)
            p.setFont(theme().font(10))
            p.drawText(QRectF(r.right() + 6, y - 8, self.width() - r.right() - 6, 16), int(LEFT), series.label)

    def _draw_cursor(self, p: QPainter, r: QRectF) -> None:
        if self.cursor_x is None:
            return
        x = self.px(self.cursor_x)
        if not r.x() - 1 <= x <= r.right() + 1:
            return
        p.setRenderHint(AA, False)
        p.fillRect(QRectF(round(x), r.y(), 1, r.height()), theme().color("text3"))
        found = [(s, s.at(self.cursor_x)) for s in self.series.values() if s.visible]
        readings = [Reading(s.label, short(v), s) for s, v in found if v is not None]
        p.setRenderHint(AA)
        for series, value in found:
            if series.kind == "smooth" and value is not None and math.isfinite(value):
                p.setPen(QPen(series.ink, 1.8))
                p.setBrush(theme().color("plot"))
                p.drawEllipse(QPointF(round(x) + 0.5, self.py(value)), 3, 3)
        if readings and self.readout:
            draw_readout(p, r, x, *self.x_word(self.cursor_x), readings)

    def _draw_focus(self, p: QPainter) -> None:
        if self._ring:
            p.setRenderHint(AA, False)
            p.setPen(QPen(theme().color("accent"), 2))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawRect(self.rect().adjusted(1, 1, -1, -1))

    # Pointer and keys
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._pan is not None:
            self._slide((self._pan - x) / self.area.width())
            self._pan = x
        inside = self.area.x() <= x <= self.area.right()
        self.cursor_moved.emit(self.x_at(x) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.cursor_moved.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pan = self._pressed = event.position().x()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pan, pressed = None, self._pressed
        self._pressed = None
        x = event.position().x()
        still = pressed is not None and abs(x - pressed) < QApplication.startDragDistance()
        if still and self.has_data and self.area.left() <= x <= self.area.right():
            self.picked.emit(self.x_at(x))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The pointer's place, or with the menu key the cursor's."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        x = self.cursor_x if by_key else self.x_at(event.pos().x())
        if x is not None and self.has_data:
            self.asked.emit(x, event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(0.8 ** (event.angleDelta().y() / 120), (event.position().x() - self.area.x()) / self.area.width())
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {Qt.Key.Key_Plus: lambda: self.zoom(0.8), Qt.Key.Key_Minus: lambda: self.zoom(1.25), Qt.Key.Key_Home: self.show_all,
                Qt.Key.Key_0: self.show_all, Qt.Key.Key_Left: lambda: self._slide(-0.1), Qt.Key.Key_Right: lambda: self._slide(0.1),
                Qt.Key.Key_Return: self._pick_cursor, Qt.Key.Key_Enter: self._pick_cursor,
                Qt.Key.Key_Comma: lambda: self._walk(-1), Qt.Key.Key_Period: lambda: self._walk(1)}  # fmt: skip
        act = keys.get(Qt.Key(event.key()))
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def _pick_cursor(self) -> None:
        if self.cursor_x is not None and self.has_data:
            self.picked.emit(self.cursor_x)

    def _walk(self, pixels: int) -> None:
        """Move the cursor by keys: comma and full stop, the keys of < and >."""
        if self.has_data:
            at = self.area.right() if self.cursor_x is None else self.px(self.cursor_x) + 2 * pixels
            self.cursor_moved.emit(self.x_at(min(max(at, self.area.left()), self.area.right())))

    def show_all(self) -> None:
        """Follow the data again."""
        self.follow, self._stale = True, True
        self.fit()
        self.update()
        self.range_changed.emit()

    def zoom(self, factor: float, at: float = 0.5) -> None:
        """Shrink (below 1) or widen the x axis around a place, 0 left to 1 right."""
        low, high = self.across.value(at * (1 - factor)), self.across.value(at + (1 - at) * factor)
        self._set_across(low, high)

    def _slide(self, part: float) -> None:
        self._set_across(self.across.value(part), self.across.value(1 + part))

    def _set_across(self, low: float, high: float) -> None:
        if not (math.isfinite(low) and math.isfinite(high)) or high - low < 1e-12 * max(abs(high), 1e-30):
            return
        self.across, self.follow, self._stale = Axis(low, high, self.log_x), False, True
        self.update()
        self.range_changed.emit()


def _trimmed(series: Series) -> np.ndarray:
    """What the y axis must hold: all of a line; of raw points the middle 98 %, so that one outlier does not flatten the curve."""
    y = series.shown[1]
    if series.kind != "points" or len(y) < 50:
        return y
    good = y[np.isfinite(y)]
    return np.percentile(good, (1, 99)) if len(good) else y[:0]


def link(*plots: Plot) -> None:
    """Let plots share the x axis and the cursor."""
    for source in plots:
        for plot in plots:
            source.cursor_moved.connect(plot.show_cursor)
            if plot is not source:
                source.range_changed.connect(lambda s=source, o=plot: o.show_range(s.across, s.follow))
