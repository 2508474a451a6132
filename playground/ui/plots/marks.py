"""What lies over the curves: journal lines with flags, forks, bands, crosses where values stop being finite, the readout."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from playground.ui.painting import AA, CENTRE, LEFT, RIGHT, box, put, width_of
from playground.ui.plots.series import Series
from playground.ui.theme import theme


@dataclasses.dataclass(frozen=True)
class Mark:
    """A dotted line at x with a flag. token: its colour, "text2" for journal entries, "error" for a stop.

    shape: "fork" draws a diamond at the foot of the line.
    """

    x: float
    text: str = ""
    token: str = "text2"
    shape: str = ""


@dataclasses.dataclass(frozen=True)
class Band:
    """A filled stretch of the x axis with a word at its foot."""

    low: float
    high: float
    token: str
    text: str = ""


@dataclasses.dataclass(frozen=True)
class Reading:
    """One line of the readout: a name, a value, and the series whose sample is drawn before it."""

    name: str
    value: str
    series: Series | None = None


Place = Callable[[float], float]


def draw_bands(p: QPainter, r: QRectF, bands: Sequence[Band], px: Place) -> None:
    """Fills, with their words at the foot."""
    for band in bands:
        left, right = max(px(band.low), r.x()), min(px(band.high), r.right())
        if right <= left:
            continue
        if band.token in ("ok", "warn", "error", "info"):
            fill = QColor(theme().color(f"{band.token}soft"))
            fill.setAlphaF(0.75)
            p.fillRect(QRectF(left, r.y(), right - left, r.height()), fill)
        if width_of(band.text, 10) > right - left - 8:
            continue
        how = RIGHT if band.token == "error" else LEFT
        put(
            p,
            QRectF(left + 4, r.bottom() - 38, right - left - 8, 16),
            band.text,
            10,
            band.token if band.token != "" else "text3",
            how=how,
        )


def draw_marks(p: QPainter, r: QRectF, marks: Sequence[Mark], px: Place, flags: bool) -> None:
    """Dotted lines, and flags in two rows; where both are taken, a count."""
    placed = [(round(px(mark.x)) + 0.5, mark) for mark in sorted(marks, key=lambda m: m.x)]
    placed = [(x, mark) for x, mark in placed if r.x() - 1 <= x <= r.right() + 1]
    p.setRenderHint(AA, False)
    for x, mark in placed:
        p.setPen(QPen(theme().color(mark.token), 1, Qt.PenStyle.DotLine))
        p.drawLine(QPointF(x, r.y()), QPointF(x, r.bottom()))
        if mark.shape == "fork":
            _draw_diamond(p, QPointF(x, r.bottom() - 8), mark.token)
    if flags:
        _draw_flags(p, r, [(x, mark) for x, mark in placed if mark.text])


def _draw_diamond(p: QPainter, at: QPointF, token: str) -> None:
    """Where a run left its parent."""
    p.setRenderHint(AA, True)
    p.setPen(QPen(theme().color("plot"), 1.5))
    p.setBrush(theme().color(token))
    p.drawPolygon(QPolygonF([at + QPointF(0, -6), at + QPointF(6, 0), at + QPointF(0, 6), at + QPointF(-6, 0)]))
    p.setRenderHint(AA, False)


def _draw_flags(p: QPainter, r: QRectF, placed: Sequence[tuple[float, Mark]]) -> None:
    """The words of marks, over all of their lines."""
    until = [r.x() - 2, r.x() - 2]
    hidden, last = 0, 0.0
    for x, mark in placed:
        wide = width_of(mark.text, 10, mark.token == "error") + 10
        left = min(x, r.right() - wide)
        row = next((k for k in (0, 1) if left >= until[k]), None)
        if row is None:
            hidden, last = hidden + 1, x
            continue
        until[row] = left + wide + 2
        tag = QRectF(left, r.y() + 3 + 18 * row, wide, 15)
        heavy = mark.token == "error"
        box(p, tag, 2, theme().color("errorsoft" if heavy else "panel"), theme().color("error" if heavy else "border"))
        put(p, tag, mark.text, 10, how=CENTRE, bold=heavy)
    if hidden:
        wide = width_of(f"+{hidden}", 10) + 10
        tag = QRectF(min(max(last, max(until)), r.right() - wide), r.y() + 3, wide, 15)
        box(p, tag, 2, theme().color("panel"), theme().color("border"))
        put(p, tag, f"+{hidden}", 10, how=CENTRE)


def draw_crosses(p: QPainter, r: QRectF, xs: Sequence[float]) -> None:
    """A cross at the top edge for each place where a series stops being finite."""
    p.setRenderHint(AA)
    p.setPen(QPen(theme().color("error"), 1.8))
    for x in xs:
        y = r.y() + 9
        p.drawLine(QPointF(x - 4, y - 4), QPointF(x + 4, y + 4))
        p.drawLine(QPointF(x - 4, y + 4), QPointF(x + 4, y - 4))


def draw_readout(p: QPainter, r: QRectF, x: float, title: str, aside: str, readings: Sequence[Reading]) -> None:
    """A box right of the cursor, left of it when short of room."""
    names = max([width_of(reading.name, 10) for reading in readings], default=0)
    values = max([width_of(reading.value, 10) for reading in readings], default=0)
    wide = max(names + values + 52, width_of(title, 10, True) + width_of(aside, 10) + 26)
    tall = 24 + 14 * len(readings)
    left = x + 8 if x + 8 + wide < r.right() else x - 8 - wide
    frame = QRectF(max(r.x() + 2, left), r.y() + min(40.0, max(4.0, (r.height() - tall) / 2)), wide, tall)
    box(p, frame, 3, theme().color("panel"), theme().color("strong"))
    put(p, QRectF(frame.x() + 7, frame.y() + 4, wide - 14, 14), title, 10, "text", True)
    put(p, QRectF(frame.x() + 7, frame.y() + 4, wide - 14, 14), aside, 10, "text2", how=RIGHT)
    for k, reading in enumerate(readings):
        y = frame.y() + 20 + 14 * k
        if reading.series is not None:
            reading.series.draw_sample(p, QRectF(frame.x() + 8, y, 16, 14))
        put(p, QRectF(frame.x() + 30, y, names + 4, 14), reading.name, 10, how=LEFT)
        put(p, QRectF(frame.x() + 7, y, wide - 14, 14), reading.value, 10, how=RIGHT)
