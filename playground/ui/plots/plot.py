"""The plot widget: fixed margins, so that plots above one another line up; everything is painted in pixels."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.ui.painting import AA, CENTRE, LEFT, RIGHT, middled, put
from playground.ui.plots.axis import Axis, apiece, around
from playground.ui.plots.marks import Band, Mark, Reading, draw_bands, draw_crosses, draw_marks, draw_readout
from playground.ui.plots.pointing import Pointing
from playground.ui.plots.series import Series
from playground.ui.plots.spread import draw_spread
from playground.ui.plots.ticks import apart, draw_numbers
from playground.ui.theme import theme
from playground.words import say, sentence, strung

NO_RUN = sentence("No run yet. Press Train.")
#: Pixels from one name at a line's end to the next; lines of a readout that are never cut.
END, MOST_READ = 13, 8
#: A margin of so many pixels above the curves has room for the title, which lies over them else.
TITLE_ROOM = 18
#: Dashes of a curve that is laid under, by the series it belongs to, so that it is told apart without its colour.
OVERLAID = {"train": (8.0, 3.0, 2.0, 3.0), "rate": (8.0, 3.0, 2.0, 3.0), "validation": (3.0, 3.0), "raw": ()}


class Plot(Pointing):
    """Series over a shared x axis.

    `across` is the x axis; `follow` makes it hold all data and `reach`, a pan or zoom ends that, a double click starts it again.
    `up` is the y axis; it holds what is shown, unless a person chose its range.
    """

    def __init__(
        self, name: str, log: bool = False, log_x: bool = False, right: int = 24, top: int = 8, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # else all that lies below is painted first, window and docks
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 60)
        self.title, self.x_title = "", ""
        #: The x axis counts something, such as steps: there is nothing between two whole numbers.
        self.whole_x = not log_x
        self.margins = (48, top, right, 22)
        #: Pixels for each tick, across and up.
        self.tick_gaps = (62, 34)
        self.log, self.log_x = log, log_x
        self.series: dict[str, Series] = {}
        #: Curves of other runs by the run's name, below the plot's own.
        self.overlays: dict[str, list[Series]] = {}
        self.marks: Sequence[Mark] = ()
        self.bands: Sequence[Band] = ()
        self.flags, self.ends, self.readout = True, False, True
        self._empty, self._reach = NO_RUN, 0.0
        self.x_word: Callable[[float], tuple[str, str]] = lambda x: (say("Step {x}", x=f"{x:,.0f}"), "")
        self.across, self.up = Axis(0.0, 1.0, False), Axis(0.1, 1.0, log)
        self.follow = True
        self.cursor_x: float | None = None
        self.fixed_up: Axis | None = None
        #: The range of the y axis that a person chose.
        self.chosen_up: Axis | None = None
        #: There is data, but no value of it has a place on the y axis.
        self.unscaled = False
        self._stale = True

    # What it shows
    def add(self, series: Series) -> Series:
        """Add a series; later ones are drawn on top."""
        self.series[series.key] = series
        return series

    def show_data(self, key: str, x: np.ndarray, y: np.ndarray) -> None:
        """Give a series its whole data; the arrays are read, never changed. x must not fall."""
        series = self.series[key]
        if series.x is x and series.y is y:
            return
        series.x, series.y = x, y
        self._stale = True
        self.update()

    def overlay(self, series: Mapping[str, tuple[np.ndarray, np.ndarray]], label: str, muted: bool = True) -> None:
        """Draw curves of another run under the plot's own, in place of those that it had before; none takes it away.

        series: key of a series of this plot -> x and y, as for `show_data`.  label: the run's name.  muted: in grey, else in colours
        of its own.
        """
        others = [name for name in self.overlays if name != label]
        color = 3 + len(others) % 6
        self.overlays[label] = [
            dataclasses.replace(
                self.series[key], key=key, label=strung((label, self.series[key].label)), muted=muted, color=color, tip=False,
                dashes=OVERLAID.get(key, (7.0, 3.0)), x=x, y=y,
            )
            for key, (x, y) in series.items() if key in self.series
        ]  # fmt: skip
        if not self.overlays[label]:
            del self.overlays[label]
        self._stale = True
        self.update()

    def clear_overlays(self) -> None:
        """Show the plot's own run alone."""
        self.overlays.clear()
        self._stale = True
        self.update()

    def drawn(self) -> list[Series]:
        """Everything that is shown, what lies below first."""
        return [s for s in (*(s for run in self.overlays.values() for s in run), *self.series.values()) if s.visible]

    def show_marks(self, marks: Sequence[Mark], bands: Sequence[Band] = ()) -> None:
        if list(marks) != list(self.marks) or list(bands) != list(self.bands):
            self.marks, self.bands = tuple(marks), tuple(bands)
            self.update()

    def set_log(self, log: bool) -> None:
        """A logarithmic or a linear y axis."""
        self.log, self.chosen_up, self._stale = log, None, True
        self.update()

    def set_log_x(self, log: bool) -> None:
        """A logarithmic or a linear x axis, holding all data again."""
        self.log_x = log
        self.show_all()

    def show_range(self, across: Axis, follow: bool) -> None:
        """Take over another plot's x axis."""
        self.log_x = across.log
        self.across, self.follow, self._stale = across, follow, True
        self.update()

    @property
    def empty(self) -> str:
        """What is said where there is no data."""
        return self._empty

    @empty.setter
    def empty(self, text: str) -> None:
        if text != self._empty:
            self._empty = text
            self.update()

    @property
    def reach(self) -> float:
        """How far the x axis goes while it follows the data, at least."""
        return self._reach

    @reach.setter
    def reach(self, x: float) -> None:
        if x != self._reach:
            self._reach, self._stale = x, True
            self.update()

    @property
    def has_data(self) -> bool:
        return any(len(series.x) for series in self.drawn())

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
        shown = [series for series in self.drawn() if len(series.x)]
        if self.follow:
            self.across = self._whole_range(shown)
        for series in self.drawn():  # those without data too, which may have had some
            series.thin(self.across, self.area.width())
        up = self.chosen_up or self.fixed_up or around((_trimmed(series) for series in shown), self.log)
        self.unscaled = up is None and bool(shown)
        self.up = up or (Axis(0.1, 1.0, True) if self.log else Axis(0.0, 1.0))
        self._stale = False

    def _whole_range(self, shown: Sequence[Series]) -> Axis:
        if self.log_x and self.reach <= 0:
            return around([series.x for series in shown], True, 0.02) or Axis(1e-6, 10.0, True)
        low = min([float(series.x[0]) for series in shown], default=0.0)
        high = max([float(series.x[-1]) for series in shown], default=1.0)
        high = max(high, self.reach)
        if self.log_x:  # steps count from 1
            return Axis(max(low, 1.0), max(high, 2.0), True)
        low = 0.0 if low in (1.0, high) else low  # steps count from 1, but an axis begins at 0
        return Axis(low, high if high > low else low + 1.0)

    # Painting
    def sizeHint(self) -> QSize:
        return QSize(420, 220)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._stale = True  # how many points are drawn is a matter of the width

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
        drawn = self.drawn()
        for series in drawn:
            draw_spread(p, r, series, self.across, self.up)
        for series in drawn:
            series.draw(p, r, self.across, self.up)
        holes = [self.px(float(x)) for series in drawn for x in series.holes]
        draw_crosses(p, r, holes)
        p.restore()
        draw_marks(p, r, self.marks, self.px, self.flags)
        if self.unscaled:
            text = say("No value above zero to draw.") if self.log else say("No finite value to draw.")
            put(p, QRectF(0, r.y(), self.width(), r.height()), text, 12, "text3", how=CENTRE)
        else:
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
        grid, top, foot = theme().color("plotgrid"), r.y(), r.bottom()
        places = []
        ticks = self.across.ticks(max(2, int(r.width() / self.tick_gaps[0])))
        ticks = [v for v in ticks if v == int(v)] if self.whole_x else ticks
        for v, text in zip(ticks, apiece(ticks), strict=True):
            x = r.x() + self.across.place_one(v) * r.width()
            p.fillRect(QRectF(round(x), top, 1, r.height()), grid)
            places.append((x, foot + 11, text))
        draw_numbers(p, places, 0.5, 80)
        places = []
        ticks = [] if self.unscaled else self.up.ticks(max(3, int(r.height() / self.tick_gaps[1])))
        for v, text in zip(ticks, apiece(ticks), strict=True):
            y = foot - self.up.place_one(v) * r.height()
            p.fillRect(QRectF(r.x(), round(y), r.width(), 1), grid)
            places.append((r.x() - 6, y, text))
        draw_numbers(p, places, 1, r.x() - 6)
        self._draw_frame(p, r)

    def _draw_title(self, p: QPainter, r: QRectF) -> None:
        if self.title:
            above = self.margins[1] >= TITLE_ROOM
            put(p, QRectF(r.x() + (0 if above else 8), 2 if above else r.y() + 2, r.width() - 16, 16), self.title, 10, "text2")
        if self.x_title:
            put(p, QRectF(r.x(), self.height() - 14, r.width(), 14), self.x_title, 10, "text2", how=RIGHT)

    def _draw_ends(self, p: QPainter, r: QRectF) -> None:
        """Names at the line ends, moved apart where they would touch."""
        if not self.ends:
            return
        ends = [s for s in self.series.values() if s.visible and len(s.shown[1]) and np.isfinite(s.shown[1][-1])]
        places = [(r.bottom() - self.up.place_one(float(s.shown[1][-1])) * r.height(), s) for s in ends]
        named = sorted(places, key=lambda one: one[0])
        most, room = int(r.height() / END) + 1, self.width() - r.right() - 8
        if len(named) > most:  # some from top to bottom; the cursor tells the others
            named = [named[int(at)] for at in np.linspace(0, len(named) - 1, most).round()]
        p.setFont(theme().font(10))
        for y, (_, series) in zip(apart([place for place, _ in named], r.y(), r.bottom(), END), named, strict=True):
            p.setPen(series.ink)
            p.drawText(QRectF(r.right() + 6, y - 8, room + 2, 16), int(LEFT), middled(series.label, room, 10))

    def _draw_cursor(self, p: QPainter, r: QRectF) -> None:
        if self.cursor_x is None:
            return
        x = self.px(self.cursor_x)
        if not r.x() - 1 <= x <= r.right() + 1:
            return
        p.setRenderHint(AA, False)
        p.fillRect(QRectF(round(x), r.y(), 1, r.height()), theme().color("text3"))
        found = [(s, s.at(self.cursor_x)) for s in reversed(self.drawn())]
        if len(found) > MOST_READ:  # as many as there is room for
            found = [one for one in found if one[1] is not None][: max(1, int((r.height() - 24) / 14))]
        readings = [Reading(s.label, s.words_at(self.cursor_x, v), s) for s, v in found if v is not None]
        p.setRenderHint(AA)
        for series, value in found:
            if series.kind == "smooth" and value is not None and math.isfinite(value):
                p.setPen(QPen(series.ink, 1.8))
                p.setBrush(theme().color("plot"))
                p.drawEllipse(QPointF(round(x) + 0.5, self.py(value)), 3, 3)
        if readings and self.readout and r.height() >= 24 + 14 * len(readings):
            draw_readout(p, r, x, *self.x_word(self.cursor_x), readings)

    def _draw_focus(self, p: QPainter) -> None:
        if self._ring:
            p.setRenderHint(AA, False)
            p.setPen(QPen(theme().color("accent"), 2))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawRect(self.rect().adjusted(1, 1, -1, -1))


def _trimmed(series: Series) -> np.ndarray:
    """What the y axis must hold: all of a line; of raw points the middle 98 %, so that one outlier does not flatten the curve."""
    y = series.shown[1]
    if series.band is not None:
        return np.concatenate([y, *series.band])
    if series.kind != "points" or len(y) < 50:
        return y
    good = y[np.isfinite(y)]
    return _middle(good) if len(good) else y[:0]


def _middle(values: np.ndarray) -> np.ndarray:
    """The 1st and the 99th percentile, between two values in proportion; NumPy's own takes five times as long. Shapes: (n,) -> (2,)."""
    places = (0.01 * (len(values) - 1), 0.99 * (len(values) - 1))
    around_them = [min(int(place) + k, len(values) - 1) for place in places for k in (0, 1)]
    low, next_low, high, next_high = np.partition(values, around_them)[around_them]
    return np.array([low + (next_low - low) * (places[0] % 1), high + (next_high - high) * (places[1] % 1)])


def link(*plots: Plot) -> None:
    """Let plots share the x axis and the cursor."""
    for source in plots:
        for plot in plots:
            source.cursor_moved.connect(plot.show_cursor)
            if plot is not source:
                source.range_changed.connect(lambda s=source, o=plot: o.show_range(s.across, s.follow))
