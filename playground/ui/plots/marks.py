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

    shape: "fork" draws a diamond at the foot of the line, where the plot is not as low as a strip.
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

#: Pixels of height from which on a diamond covers no curve worth seeing.
TALL = 96


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
    for x, mark in placed:  # over the lines of their neighbours
        if mark.shape == "fork" and r.height() >= TALL:
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
    for tag, text, heavy in flag_places(r, placed):
        box(p, tag, 2, theme().color("errorsoft" if heavy else "panel"), theme().color("error" if heavy else "border"))
        put(p, tag, text, 10, how=CENTRE, bold=heavy)


def flag_places(r: QRectF, placed: Sequence[tuple[float, Mark]]) -> list[tuple[QRectF, str, bool]]:
    """Where each flag lies, its words, and whether it is of an error; none lies on another. placed: ascending, with pixels across.

    Where there is no room for all, errors have it first, then forks and the picked step, of which there are few, then all others. The
    number of those without room needs room itself: where there is none, flags give way to it, the others first.
    """
    rows: tuple[list[_Flag], list[_Flag]] = [], []
    hidden: list[float] = []
    for x, mark in sorted(placed, key=lambda one: _rank(one[1])):
        wide = width_of(mark.text, 10, mark.token == "error") + 10
        flag = _Flag(x, min(x, r.right() - wide), wide, mark)
        row = next((row for row in rows if flag.left >= r.x() - 2 and _is_free(row, flag.left, wide)), None)
        if row is None:
            hidden.append(x)
        else:
            row.append(flag)
            row.sort(key=lambda flag: flag.left)
    count = _count_place(r, rows, hidden)
    found = [
        (QRectF(flag.left, r.y() + 3 + 18 * at, flag.wide, 15), flag.mark.text, flag.mark.token == "error")
        for at, row in enumerate(rows)
        for flag in row
    ]
    return [*found, (count, f"+{len(hidden)}", False)] if count is not None else found


def _rank(mark: Mark) -> int:
    """Which marks have room for their words before others, the lowest first."""
    return {"error": 0, "accent": 1}.get(mark.token, 2)


@dataclasses.dataclass(frozen=True)
class _Flag:
    """A flag in a row, in pixels. x: of its line."""

    x: float
    left: float
    wide: float
    mark: Mark

    @property
    def right(self) -> float:
        return self.left + self.wide


def _is_free(row: Sequence[_Flag], left: float, wide: float) -> bool:
    """Whether nothing in a row lies on a stretch of it or closer than two pixels."""
    return all(left >= flag.right + 2 or left + wide + 2 <= flag.left for flag in row)


def _end_of(row: Sequence[_Flag], r: QRectF) -> float:
    """From where on there is room in a row."""
    return row[-1].right + 2 if row else r.x() - 2


def _count_place(r: QRectF, rows: tuple[list[_Flag], list[_Flag]], hidden: list[float]) -> QRectF | None:
    """Where the number of hidden flags lies; what gives way to it goes from its row to the hidden."""
    while hidden:
        wide = width_of(f"+{len(hidden)}", 10) + 10
        near = min(max(hidden), r.right() - wide)
        lefts = [max(_end_of(row, r), near) for row in rows]
        at = 0 if lefts[0] <= lefts[1] else 1
        filled = [row for row in rows if row]
        if lefts[at] + wide <= r.right() or not filled:
            return QRectF(lefts[at], r.y() + 3 + 18 * at, wide, 15)
        weaker = max(filled, key=lambda row: (_rank(row[-1].mark), row[-1].right))
        if _rank(weaker[-1].mark) < 2 and (before := _gap_before(r, rows, near, wide)) is not None:
            return before
        hidden.append(weaker.pop().x)
    return None


def _gap_before(r: QRectF, rows: tuple[list[_Flag], list[_Flag]], near: float, wide: float) -> QRectF | None:
    """Room for the number between flags or before all of them, as near to its place as there is any; None where there is none."""
    lefts = [(left, at) for at, row in enumerate(rows) for flag in row if _is_free(row, left := flag.left - 2 - wide, wide)]
    left, at = min(((left, at) for left, at in lefts if left >= r.x()), key=lambda one: abs(one[0] - near), default=(0.0, -1))
    return QRectF(left, r.y() + 3 + 18 * at, wide, 15) if at >= 0 else None


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
