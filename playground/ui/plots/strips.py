"""Histograms over the steps: for each of some layers a strip, dark where there is nothing and bright where most values are."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.training.layer_history import Histograms
from playground.training.spread import even_edges, signed_edges
from playground.ui.painting import AA, CENTRE, RIGHT, put
from playground.ui.plots.axis import Axis, evenly, short
from playground.ui.plots.marks import Mark, Reading, draw_marks, draw_readout
from playground.ui.plots.plot import NO_RUN
from playground.ui.plots.pointing import Pointing
from playground.ui.plots.shades import Scale, colours, shades
from playground.ui.theme import theme
from playground.words import percent, say

GAP = 6


@dataclasses.dataclass
class Strip:
    """One layer: its histograms, where it is drawn, the scale of its values, its picture."""

    name: str
    found: Histograms
    place: QRectF = dataclasses.field(default_factory=QRectF)
    scale: Scale = dataclasses.field(default_factory=Scale)
    image: QImage | None = None


class StripsPlot(Pointing):
    """Strips over a shared x axis. signed: the values on a scale that is logarithmic on both sides of 0.

    across: steps; up: the part of every strip that is shown, 0 to 1 from its foot.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(self.focusPolicy().StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 60)
        self.margins = (64, 8, 16, 22)
        self.strips: list[Strip] = []
        self.marks: Sequence[Mark] = ()
        self.signed, self.log_x = False, False
        self.across, self.up = Axis(0.0, 1.0), Axis(0.0, 1.0)
        self.chosen_up: Axis | None = None
        self.follow, self.reach = True, 0.0
        self.cursor_x: float | None = None
        self.cursor_y: float | None = None
        self.empty = NO_RUN
        self._stale, self._mode = True, ""

    # What it shows
    def show_strips(self, found: Sequence[tuple[str, Histograms]]) -> None:
        """In place of those that were shown."""
        self.strips = [Strip(name, histograms) for name, histograms in found]
        self._stale = True
        self.update()

    def set_signed(self, signed: bool) -> None:
        self.signed, self.chosen_up, self._stale = signed, None, True
        self.update()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        if list(marks) != list(self.marks):
            self.marks = tuple(marks)
            self.update()

    @property
    def has_data(self) -> bool:
        return any(len(strip.found.steps) for strip in self.strips)

    @property
    def area(self) -> QRectF:
        left, top, right, bottom = self.margins
        return QRectF(left, top, max(1, self.width() - left - right), max(1, self.height() - top - bottom))

    def px(self, x: float) -> float:
        return self.area.x() + self.across.place_one(x) * self.area.width()

    def x_at(self, pixel: float) -> float:
        return self.across.value((pixel - self.area.x()) / self.area.width())

    def fit(self) -> None:
        """Lay the strips out and draw their pictures anew."""
        self.up = self.chosen_up or Axis(0.0, 1.0)
        shown = [strip for strip in self.strips if len(strip.found.steps)]
        if self.follow:
            high = max([float(strip.found.steps[-1]) for strip in shown], default=1.0)
            self.across = Axis(0.0, max(high, self.reach, 1.0))
        r = self.area
        tall = max(1.0, (r.height() - GAP * (len(shown) - 1)) / max(len(shown), 1))
        table = colours(theme().color("plot"), theme().series(1)[0], theme().color("text"))
        for k, strip in enumerate(shown):
            strip.place = QRectF(r.x(), r.y() + k * (tall + GAP), r.width(), tall)
            strip.scale = Scale.of(strip.found, signed=self.signed)
            codes = shades(strip.found, strip.scale, self.across, self.up, max(1, int(r.width())), max(1, int(tall)))
            words = np.ascontiguousarray(table[codes])
            strip.image = QImage(
                words.data, words.shape[1], words.shape[0], 4 * words.shape[1], QImage.Format.Format_RGB32
            ).copy()
        self._stale, self._mode = False, theme().mode

    # Painting
    def sizeHint(self) -> QSize:
        return QSize(420, 220)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._stale = True

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._stale or self._mode != theme().mode:  # the pictures have the colours in them
            self.fit()
        p, r = QPainter(self), self.area
        p.fillRect(self.rect(), theme().color("plot"))
        if not self.has_data:
            put(p, QRectF(0, r.y(), self.width(), r.height()), say(self.empty), 12, "text3", how=CENTRE)
            p.end()
            return
        shown = [strip for strip in self.strips if strip.image is not None]
        for strip in shown:
            self._draw_strip(p, strip, alone=len(shown) == 1)
        for v in [v for v in self.across.ticks(max(2, int(r.width() / 75))) if v == int(v)]:
            put(p, QRectF(self.px(v) - 40, r.bottom() + 4, 80, 14), short(v), 10, "text3", how=CENTRE)
        draw_marks(p, r, self.marks, self.px, False)
        self._draw_cursor(p, r, shown)
        if self._ring:
            p.setRenderHint(AA, False)
            p.setPen(QPen(theme().color("accent"), 2))
            p.drawRect(self.rect().adjusted(1, 1, -1, -1))
        p.end()

    def _draw_strip(self, p: QPainter, strip: Strip, *, alone: bool) -> None:
        place = strip.place
        assert strip.image is not None
        p.drawImage(place, strip.image)
        p.setRenderHint(AA, False)
        p.fillRect(QRectF(round(place.x()), place.y(), 1, place.height()), theme().color("strong"))
        p.fillRect(QRectF(place.x(), round(place.bottom()), place.width(), 1), theme().color("plotgrid"))
        if alone:
            for value in strip.scale.ticks(max(3, int(place.height() / 34))):
                part = self.up.place_one(strip.scale.part(value))
                if -0.001 <= part <= 1.001:
                    y = place.bottom() - part * place.height()
                    put(p, QRectF(0, y - 7, place.x() - 6, 14), short(value), 10, "text3", how=RIGHT)
            return
        high, low = (strip.scale.value(self.up.value(part)) for part in (1.0, 0.0))
        if place.height() >= 40:
            ends = evenly((high, low))
            put(p, QRectF(0, place.y() - 3, place.x() - 6, 14), ends[0], 10, "text3", how=RIGHT)
            put(p, QRectF(0, place.bottom() - 12, place.x() - 6, 14), ends[1], 10, "text3", how=RIGHT)
        put(p, QRectF(2, place.center().y() - 7, place.x() - 6, 14), strip.name, 10, "text2", how=RIGHT)

    def _draw_cursor(self, p: QPainter, r: QRectF, shown: Sequence[Strip]) -> None:
        if self.cursor_x is None:
            return
        x = self.px(self.cursor_x)
        if not r.x() - 1 <= x <= r.right() + 1:
            return
        p.setRenderHint(AA, False)
        p.fillRect(QRectF(round(x), r.y(), 1, r.height()), theme().color("text3"))
        readings = self.readings(shown)
        if readings:
            draw_readout(p, r, x, say("Step {x}", x=f"{self.cursor_x:,.0f}"), "", readings)

    def readings(self, shown: Sequence[Strip]) -> list[Reading]:
        """What the histograms say at the cursor: of one strip its quantiles and what lies under the pointer, of several their ends."""
        assert self.cursor_x is not None
        found = []
        for strip in shown:
            at = int(np.searchsorted(strip.found.steps, self.cursor_x, side="right")) - 1
            if at < 0:
                continue
            if len(shown) == 1:
                found += _quantiles(strip, at)
                found += self._under(strip, at)
            else:
                found.append(Reading(strip.name, f"{short(float(strip.found.low[at]))} … {short(float(strip.found.high[at]))}"))
        return found

    def _under(self, strip: Strip, at: int) -> list[Reading]:
        """The bin under the pointer and the share of the values that it holds."""
        if self.cursor_y is None or not strip.place.y() <= self.cursor_y <= strip.place.bottom():
            return []
        value = strip.scale.value(self.up.value((strip.place.bottom() - self.cursor_y) / strip.place.height()))
        low, high = float(strip.found.low[at]), float(strip.found.high[at])
        edges = (signed_edges if self.signed else even_edges)(low, high)
        counts = (strip.found.signed if self.signed else strip.found.even)[at]
        place = int(np.searchsorted(edges, value, side="right")) - 1
        if not 0 <= place < len(counts):
            return []
        share = 100 * float(counts[place]) / max(int(counts.sum()), 1)
        return [Reading(f"{short(float(edges[place]))} … {short(float(edges[place + 1]))}", percent(f"{share:.1f}"))]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.cursor_y = event.position().y()
        super().mouseMoveEvent(event)
        self.update()

    def leaveEvent(self, event: object) -> None:
        self.cursor_y = None
        super().leaveEvent(event)  # type: ignore[arg-type]


def _quantiles(strip: Strip, at: int) -> list[Reading]:
    """Ends and middle of one row, as far as its bins tell."""
    low, high = float(strip.found.low[at]), float(strip.found.high[at])
    counts = strip.found.even[at].astype(float)
    total = float(counts.sum())
    found = [Reading(say("greatest"), short(high))]
    if total:
        edges = even_edges(low, high)
        middle = float(np.interp(total / 2, np.concatenate([[0.0], np.cumsum(counts)]), edges))
        found.append(Reading(say("median"), short(min(max(middle, low), high))))
    found.append(Reading(say("least"), short(low)))
    if strip.found.odd[at]:
        found.append(Reading(say("not finite"), f"{int(strip.found.odd[at]):,}"))
    return found
