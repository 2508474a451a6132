"""The rate fan: what the next steps come to at multiples of the rate, and one click to take one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.training.messages import Command
from playground.training.messages.fan import FACTORS, STEPS, FanDone, FanPoint, FanRates, RayRecord
from playground.ui.dialogs.finder_page import FinderPage
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label, Section
from playground.ui.painting import Painted
from playground.ui.plots.axis import short
from playground.ui.plots.fan import FanPlot, ray_name
from playground.ui.plots.series import Series
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Steps of the run's own curve before the fan.
PAST = 100


class RayRow(QWidget):
    """A ray's line, what it multiplies the rate by and comes to, and the button that takes its rate."""

    def __init__(self, factor: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.factor, self.rate = factor, 0.0
        self.sample = _RaySample()
        self.name, self.end = Label(ray_name(factor), 12), Label("—", 12, "text2")
        self.use = Button(say("Use"), "secondary", small=True)
        self.use.setEnabled(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 3, 12, 3)
        row.setSpacing(8)
        row.addWidget(self.sample)
        row.addWidget(self.name, 1)
        row.addWidget(self.end)
        row.addWidget(self.use)

    def show_series(self, series: Series | None) -> None:
        self.sample.series = series
        self.sample.update()

    def show_ray(self, ray: RayRecord | None, best: bool) -> None:
        """What came of it; None while it is not known."""
        self.rate = ray.rate if ray is not None else 0.0
        self.use.setEnabled(ray is not None and ray.rate > 0 and math.isfinite(ray.end))
        self.name.bold = best
        self.name.setFont(theme().font(12, best))
        if ray is None:
            self.name.show_text(ray_name(self.factor), "text")
            self.end.show_text("—", "text2")
            return
        self.name.show_text(f"{ray_name(ray.factor)}   {short(ray.rate)}", "ok" if best else "text")
        self.end.show_text(short(ray.end) if math.isfinite(ray.end) else say("runs away"), "text2")
        self.use.setAccessibleName(say("Use rate {rate}", rate=short(ray.rate)))


class _RaySample(Painted):
    def __init__(self) -> None:
        super().__init__(26, 22)
        self.series: Series | None = None

    def draw(self, p: QPainter, r: QRectF) -> None:
        if self.series is not None:
            self.series.draw_sample(p, r)


class FanPage(FinderPage):
    """The second tab."""

    plot: FanPlot

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, FanPlot(), parent)
        self.first = 0
        self.losses: dict[float, tuple[float, ...]] = {}
        self.rows = {factor: RayRow(factor) for factor in FACTORS}
        self.right.addWidget(Section(say("Rate × and where it ends")))
        for row in self.rows.values():
            row.use.clicked.connect(lambda _=False, row=row: self.use_rate(row.rate))
            self.right.addWidget(row)
        self.verdict = Label("", 12, "text", wraps=True)
        self.best = Button(say("Use the best"), "primary", small=True)
        self.best.setEnabled(False)
        self.best.clicked.connect(self._use_best)
        room = QVBoxLayout()
        room.setContentsMargins(12, 8, 12, 10)
        room.setSpacing(8)
        room.addWidget(self.verdict)
        room.addWidget(self.best)
        self.right.addLayout(room)
        self.finish_right()
        self._best_rate = 0.0

    def command(self) -> Command:
        return FanRates(factors=FACTORS, steps=STEPS)

    def clear(self) -> None:
        self.losses.clear()
        self._best_rate = 0.0
        self.best.setEnabled(False)
        self.verdict.show_text("")
        for row in self.rows.values():
            row.show_ray(None, False)
        self._show(None)

    def heed(self, event: object) -> None:
        if isinstance(event, FanPoint):
            self.first = event.first
            self.losses[event.factor] = event.losses
            text = say("ray {ray} of {rays}, {steps} steps", ray=event.ray + 1, rays=event.rays, steps=len(event.losses))
            self.told.show_text(text)
            self._show(None)
        elif isinstance(event, FanDone):
            self._take(event)

    def _take(self, done: FanDone) -> None:
        self.first = done.first
        self.losses = {ray.factor: ray.losses for ray in done.rays}
        best = done.rays[done.best] if done.best >= 0 else None
        for ray in done.rays:
            if ray.factor in self.rows:
                self.rows[ray.factor].show_ray(ray, ray is best)
        self._best_rate = best.rate if best is not None else 0.0
        self.best.setEnabled(best is not None and best.rate > 0 and best.factor != 1.0)
        self.verdict.show_text(say(done.text))
        self.told.show_text(say("{rays} rays of {steps} steps", rays=len(done.rays), steps=STEPS))
        self._show(best.factor if best is not None else None)
        self.prove(done.sha256, done.first)

    def _use_best(self) -> None:
        self.use_rate(self._best_rate or None)

    def _show(self, best: float | None) -> None:
        history = self.session.client.history()
        steps, losses = np.asarray(history.steps), np.asarray(history.loss)
        # The run goes on: what came before the fan is picked first, or a swift run would push it out of the last steps.
        past = np.flatnonzero(steps <= self.first)[-PAST:] if not self.bench.beside else np.empty(0, int)
        self.plot.show_past(steps[past], losses[past])
        self.plot.show_rays(self.first, [(factor, self.losses.get(factor, ())) for factor in FACTORS], best)
        for factor, row in self.rows.items():
            row.show_series(self.plot.series.get(ray_name(factor)))
        shown = [self.plot.past] if len(past) else []
        self.legend.show_series([*shown, *(one for key, one in self.plot.series.items() if key != "past" and len(one.x))])
