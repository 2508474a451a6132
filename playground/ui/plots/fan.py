"""The rate fan's plot: the end of the loss curve, and from there a ray for every multiple of the rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from playground.ui.painting import AA, box, put, width_of
from playground.ui.plots.axis import Axis, around
from playground.ui.plots.marks import Mark
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series
from playground.ui.plots.smoothing import Smoother
from playground.ui.plots.ticks import apart
from playground.ui.theme import theme
from playground.words import say

SMOOTHING = 0.9
#: Colours of the rays from the smallest rate to the largest; one that runs over begins again.
COLORS = (4, 3, 1, 2, 5, 6, 7, 8)


def ray_name(factor: float) -> str:
    """Such as "×0.3"."""
    return f"×{factor:g}"


class FanPlot(Plot):
    """Smoothed losses; the past in grey."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("Loss at multiples of the rate"), right=56, parent=parent)
        self.margins = (48, 8, 56, 34)
        self.x_title = say("Steps")
        self.empty = say("No fan yet. Press Run again.")
        self.past = self.add(Series("past", say("so far"), "smooth", 1, muted=True))
        self.best = ""

    def show_past(self, steps: np.ndarray, losses: np.ndarray) -> None:
        """The end of the run's own curve. Shapes: (n,), (n,)."""
        self.show_data("past", np.asarray(steps, float), Smoother(SMOOTHING).of(steps, losses))

    def show_rays(self, first: int, rays: Sequence[tuple[float, Sequence[float]]], best: float | None) -> None:
        """rays: factor and losses of each, none of those that are still to come.  first: steps done before.  best: the factor to
        point out.
        """
        wanted = [ray_name(factor) for factor, _ in rays]
        if [key for key in self.series if key != "past"] != wanted:
            self.series = {"past": self.past}
            for at, name in enumerate(wanted):
                self.add(Series(name, name, "smooth", COLORS[at % len(COLORS)], tip=True))
        for factor, losses in rays:
            name = ray_name(factor)
            x = np.arange(first + 1, first + 1 + len(losses), dtype=float)
            self.show_data(name, x, Smoother(SMOOTHING).of(x, np.asarray(losses, float)))
        self.best = "" if best is None else ray_name(best)
        self.show_marks((Mark(first, say("now")),) if any(losses for _, losses in rays) else ())
        self.fixed_up = _up(self.past.y, [self.series[name].y for name in wanted])
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.has_data:
            return
        p, r = QPainter(self), self.area
        p.setRenderHint(AA)
        ends = [(float(series.y[-1]), series) for key, series in self.series.items() if key != "past" and len(series.y)]
        within = [(self.py(end), series) for end, series in ends if self.up.low <= end <= self.up.high]  # false where not finite
        within.sort(key=lambda one: one[0])
        for y, (_, series) in zip(apart([place for place, _ in within], r.y() + 8, r.bottom(), 15), within, strict=True):
            self._draw_end(p, QPointF(min(self.px(float(series.x[-1])), r.right()), y), series)
        p.end()

    def _draw_end(self, p: QPainter, at: QPointF, series: Series) -> None:
        """The name of a ray at its end; the best one's in a frame."""
        best = series.key == self.best
        place = QRectF(at.x() + 6, at.y() - 8, width_of(series.label, 10, best) + 10, 16)
        if best:
            box(p, place, 3, theme().color("oksoft"), theme().color("ok"))
        put(p, place.adjusted(5, 0, 4, 0), series.label, 10, "text" if best else "text2", best)


def _up(past: np.ndarray, rays: Sequence[np.ndarray]) -> Axis | None:
    """A y axis that holds what is of interest: all of the calmest ray and where the others begin; those that run away may leave it."""
    finite = [y[np.isfinite(y)] for y in (past, *rays) if np.isfinite(y).any()]
    if not finite:
        return None
    starts = [float(y[0]) for y in finite]
    # The batches of the first steps may happen to be easy ones, far below what every ray comes to.
    tops = [float(y.max()) for y in rays if len(y) and np.isfinite(y).all()]
    low, limit = min(float(y.min()) for y in finite), 1.5 * max(*starts, min(tops, default=0.0))
    return around([np.clip(y, low, max(limit, low)) for y in finite], pad=0.08)
