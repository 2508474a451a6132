"""One series of a plot: its data, its look, and how it is drawn inside a rectangle."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import shiboken6
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from playground.ui.painting import AA
from playground.ui.plots.axis import Axis, short
from playground.ui.plots.thinning import Extremes, Grown, cuts, every, extremes, runs_of_holes, window
from playground.ui.theme import theme

SMOOTH_POINTS = 1000
RAW_POINTS = 2000
#: Up to so many points a wide line is drawn in one; beyond it, joins cost too much and cannot be seen.
JOINED_POINTS = 60
#: A smooth line has about so many points where it has more than a quarter more than that, and never more than its plot has pixels.
DRAWN_POINTS = 600
#: A line with more dashes than this is drawn without.
MOST_DASHES = 20_000
#: A logarithmic x axis is thinned in so many pieces of equal width.
LOG_PIECES = 32


@dataclasses.dataclass
class Series:
    """kind: "points" (raw, 2 px squares), "line" (raw, thinned to least and greatest), "smooth" (already smooth, antialiased).

    color: number of the token, 1 to 8.  dashes: pixels on and off, None for the token's own.  step: a stair, held to the next x.
    tip: a dot at the newest point.  muted: in grey, for what is there to compare with.  band: lower and upper ends, (n,) each, of what
    the curve is the mean of.
    """

    key: str
    label: str
    kind: str = "smooth"
    color: int = 1
    dashes: tuple[float, ...] | None = None
    step: bool = False
    visible: bool = True
    tip: bool = False
    muted: bool = False
    x: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))
    y: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))
    band: tuple[np.ndarray, np.ndarray] | None = None
    shown: tuple[np.ndarray, np.ndarray] = dataclasses.field(default_factory=lambda: (np.zeros(0), np.zeros(0)))
    holes: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))
    _checked: Grown = dataclasses.field(default_factory=Grown)
    _clean: bool = True
    _extremes: Extremes = dataclasses.field(default_factory=Extremes)

    def thin(self, across: Axis, width: float) -> None:
        """Choose what is drawn between the ends of the x axis at this width."""
        part = window(self.x, across.low, across.high)
        x, y = self.x[part], self.y[part]
        most = SMOOTH_POINTS if self.kind == "smooth" else RAW_POINTS // 2 if self.kind == "points" else max(int(width), 2)
        clean, smooth = self._all_finite(), self.kind == "smooth"
        thinned = functools.partial(every, clean=clean) if smooth else extremes
        if across.log and len(x) > 2 * most:  # an equal count of steps is no equal width there
            pieces = [thinned(x[cut], y[cut], max(most // LOG_PIECES, 2)) for cut in cuts(x, across.low, across.high, LOG_PIECES)]
            self.shown = np.concatenate([a for a, _ in pieces]), np.concatenate([b for _, b in pieces])
        elif smooth:
            self.shown = thinned(x, y, most)
            if not self.step:
                self._make_even(min(max(int(width), 64), DRAWN_POINTS))
        else:  # all of a run that goes on, or the part that somebody looks at
            self.shown = thinned(x, y, most) if part.start else self._extremes.of(x, y, most)
        self.holes = x[:0] if clean else runs_of_holes(x, y)

    def _make_even(self, most: int) -> None:
        """Of a line with far more points than that keep the least and the greatest of every few, and both ends."""
        x, y = self.shown
        if len(x) > 1.25 * most:
            few = extremes(x[1:-1], y[1:-1], most // 2)
            self.shown = np.concatenate([x[:1], few[0], x[-1:]]), np.concatenate([y[:1], few[1], y[-1:]])

    def _all_finite(self) -> bool:
        """Whether there is no gap anywhere; of data that only grew in place, what is new is looked at."""
        start = self._checked.since(self.y)
        self._clean = (self._clean or not start) and bool(np.isfinite(np.add.reduce(self.y[start:], dtype=np.float64)))
        return self._clean

    @property
    def ink(self) -> QColor:
        return theme().color("text3" if self.muted else f"s{(self.color - 1) % 8 + 1}")

    @property
    def pattern(self) -> tuple[float, ...]:
        return _dashes_of(self.color) if self.dashes is None else self.dashes

    def pen(self) -> QPen:
        """For the sample in the legend."""
        pen = QPen(self.ink, 2 if self.kind == "smooth" else 1)
        if self.pattern:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([part / pen.widthF() for part in self.pattern])
        return pen

    def at(self, x: float) -> float | None:
        """The value nearest to x, or the one held at x by a stair; None outside the data."""
        if not len(self.x) or x < self.x[0] - 0.5 or x > self.x[-1] + max(0.5, 0.02 * abs(float(self.x[-1]))):
            return None
        k = int(np.searchsorted(self.x, x, side="right"))
        if self.step or k == len(self.x):
            return float(self.y[max(0, k - 1)])
        return float(self.y[k - 1 if k and x - self.x[k - 1] <= self.x[k] - x else k])

    def words_at(self, x: float, value: float) -> str:
        """A value as it is read out, with half the width of the band there."""
        if self.band is None or not len(self.x):
            return short(value)
        at = int(np.abs(self.x - x).argmin())
        return f"{short(value)} ± {short(float(self.band[1][at] - self.band[0][at]) / 2)}"

    def draw(self, p: QPainter, r: QRectF, across: Axis, up: Axis) -> None:
        """Paint into the rectangle; the painter is already clipped to it."""
        x, y = self.shown
        if not len(x):
            return
        px = r.x() + across.place(x) * r.width()
        py = r.bottom() - up.place(y) * r.height()
        if self.step:
            px = np.clip(px, r.x() - 60, r.right() + 60)
        else:
            px, py = _cut(px, py, r.x() - 60, r.right() + 60)
        py = np.minimum(np.maximum(py, r.y() - 60), r.bottom() + 60)  # lines far outside cost as much as those inside
        if self.kind == "points":
            self._draw_points(p, r, px, py)
            return
        if self.step and len(px) > 1:
            px, py = np.repeat(px, 2)[1:], np.repeat(py, 2)[:-1]
        self._draw_line(p, px, py, self.pattern)
        if self.tip and np.isfinite(py[-1]):
            p.setRenderHint(AA)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(self.ink)
            p.drawEllipse(QPointF(float(px[-1]), float(py[-1])), 3, 3)

    def _draw_line(self, p: QPainter, px: np.ndarray, py: np.ndarray, pattern: tuple[float, ...]) -> None:
        """Every unbroken part. Round caps are never asked for: Qt draws pieces with square ones in a seventh of the time."""
        smooth = self.kind == "smooth" and not self.step
        p.setRenderHint(AA, smooth)
        cap = Qt.PenCapStyle.FlatCap if pattern else Qt.PenCapStyle.SquareCap
        p.setPen(QPen(self.ink, 2 if self.kind == "smooth" else 1, Qt.PenStyle.SolidLine, cap))
        broken = pattern and not (self.kind == "line" and len(self.shown[0]) < len(self.x) // 2)
        for a, b in _unbroken(py):
            if b - a == 1:  # a point by itself would drown among the dots of the batches
                p.setRenderHint(AA)
                p.setBrush(self.ink)
                p.drawEllipse(QPointF(float(px[a]), float(py[a])), 1.5, 1.5)
                p.setBrush(Qt.BrushStyle.NoBrush)
                p.setRenderHint(AA, smooth)
            elif broken:
                draw_pieces(p, dashed(_pairs(px[a:b], py[a:b]), pattern))
            elif self.step or (smooth and b - a > JOINED_POINTS):
                draw_pieces(p, _joined(px[a:b], py[a:b]))
            else:
                p.drawPolyline(polygon(_pairs(px[a:b], py[a:b])))

    def draw_sample(self, p: QPainter, r: QRectF) -> None:
        """A short piece of the series, for the legend and the readout."""
        y = round(r.center().y())
        if self.kind == "points":
            for k in range(3):
                p.fillRect(QRectF(round(r.x() + r.width() * (1 + 2 * k) / 6) - 1, y - 1 + 2 * (k % 2), 2, 2), self.ink)
            return
        p.setRenderHint(AA, False)
        p.setPen(self.pen())
        p.drawLine(QPointF(r.x(), y), QPointF(r.right(), y))

    def _draw_points(self, p: QPainter, r: QRectF, px: np.ndarray, py: np.ndarray) -> None:
        """2 px squares at 45 %, set in a picture by themselves: thousands of them by a pen would take most of a frame."""
        ratio = p.device().devicePixelRatio()
        width, height, side = int(r.width() * ratio) + 1, int(r.height() * ratio) + 1, max(2, round(2 * ratio))
        x, y = (np.rint((v - start) * ratio) - side // 2 for v, start in ((px, r.x()), (py, r.y())))
        near = (x > -side) & (x < width) & (y > -side) & (y < height)  # false as well where y is not finite
        wide = width + 2 * side  # with a rim, so that no square has to be cut
        words = np.zeros((height + 2 * side) * wide, np.uint32)
        at = ((y[near] + side) * wide + (x[near] + side)).astype(np.int64)
        ink = QColor(self.ink)
        parts = [round(0.45 * part) for part in (255, ink.red(), ink.green(), ink.blue())]
        word = np.uint32(parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3])
        for right in range(side):
            for down in range(side):
                words[at + (down * wide + right)] = word
        inner = words[side * wide + side :]
        image = QImage(inner.data, width, height, 4 * wide, QImage.Format.Format_ARGB32_Premultiplied)
        p.drawImage(QRectF(r.x(), r.y(), width / ratio, height / ratio), image)


@functools.cache
def _dashes_of(color: int) -> tuple[float, ...]:
    """The dashes of a series' token, which are the same in both themes."""
    return tuple(theme().series(color)[1])


def _cut(px: np.ndarray, py: np.ndarray, left: float, right: float) -> tuple[np.ndarray, np.ndarray]:
    """The line between two verticals: of what lies beyond them there is one point at most on either side, maybe very far away."""
    if len(px) < 2:
        return px, py
    for end, inner, edge in ((0, 1, left), (-1, -2, right)):
        beyond = px[end] < edge if end == 0 else px[end] > edge
        if beyond and px[inner] != px[end]:
            part = (edge - px[end]) / (px[inner] - px[end])
            py[end] += min(part, 1.0) * (py[inner] - py[end])
            px[end] = edge
    return px, py


def _unbroken(y: np.ndarray) -> list[tuple[int, int]]:
    """Ranges of finite values."""
    good = np.isfinite(y)
    if good.all():
        return [(0, len(y))]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def dashed(points: np.ndarray, pattern: tuple[float, ...]) -> np.ndarray:
    """Line pieces of the dashes along a polyline, in pixels. Shapes: (n, 2) -> (m, 2, 2).

    Qt's own dasher takes a second for a wide antialiased noisy line; this is a few array operations.
    """
    x, y = points[:, 0], points[:, 1]
    s = np.zeros(len(points))
    np.cumsum(np.hypot(x[1:] - x[:-1], y[1:] - y[:-1]), out=s[1:])
    ends = _ends_of(pattern)
    period, length = ends[-1], float(s[-1])
    if length > MOST_DASHES * period:
        return _joined(x, y)
    cuts = np.add.outer(np.arange(int(length / period) + 1) * period, np.array((0.0, *ends[:-1]))).ravel()
    cuts = cuts[: cuts.searchsorted(length)]
    stops = np.concatenate([s, cuts])
    if len(stops) > MOST_DASHES:
        return _joined(x, y)
    stops.sort()
    middle = (stops[1:] + stops[:-1]) / 2
    # Between the first cut and the second the pen is down, then up, and so on; where two stops are one, there is nothing between.
    on = (cuts.searchsorted(middle, side="right") % 2 == 1) & (stops[1:] > stops[:-1])
    return _joined(np.interp(stops, s, x), np.interp(stops, s, y))[on]


@functools.cache
def _ends_of(pattern: tuple[float, ...]) -> tuple[float, ...]:
    """Where each dash and each gap of a pattern ends, in pixels; a pattern of an odd count is gone through twice."""
    whole = pattern if len(pattern) % 2 == 0 else pattern * 2
    return tuple(float(end) for end in np.cumsum(whole))


def _pairs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Points of two columns. Shapes: (n,), (n,) -> (n, 2)."""
    points = np.empty((len(x), 2))
    points[:, 0], points[:, 1] = x, y
    return points


def _joined(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The pieces of a polyline. Shapes: (n,), (n,) -> (n - 1, 2, 2)."""
    pieces = np.empty((len(x) - 1, 2, 2))
    pieces[:, 0, 0], pieces[:, 1, 0], pieces[:, 0, 1], pieces[:, 1, 1] = x[:-1], x[1:], y[:-1], y[1:]
    return pieces


def polygon(points: np.ndarray) -> QPolygonF:
    """A Qt polygon with these points, copied as one block of memory. Shapes: (n, 2)."""
    made = QPolygonF()
    if not len(points):
        return made
    made.resize(len(points))
    memory: Any = shiboken6.VoidPtr(made.data(), len(points) * 16, True)  # type: ignore[arg-type, call-arg]
    np.frombuffer(memory, np.float64).reshape(-1, 2)[:] = points
    return made


def draw_pieces(p: QPainter, pieces: np.ndarray) -> None:
    """Draw separate line pieces straight from the array: one by one they cost far less than a joined wide line. Shapes: (m, 2, 2)."""
    if len(pieces):
        held = np.ascontiguousarray(pieces, np.float64)
        p.drawLines(shiboken6.wrapInstance(held.ctypes.data, QLineF), len(held))  # type: ignore[call-overload]
