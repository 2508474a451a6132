"""The loss over the steps, with the learning rate on the same axis."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.core.fields import Real
from playground.core.spec import Schedule
from playground.document.project import Project
from playground.lowering.schedule import warmed
from playground.training.client_travel import Branch
from playground.training.history import epoch_at
from playground.ui.compare.restored import restored_of
from playground.ui.inspector.controls import CheckBox
from playground.ui.inspector.editors import NumberEditor
from playground.ui.inspector.text import Label
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.journal_entries import journal_of
from playground.ui.plots.cursor import share_cursor
from playground.ui.plots.curves import LossPlot, RatePlot, reach
from playground.ui.plots.legend import Legend, legend_row
from playground.ui.plots.plot import link
from playground.ui.steering.picking import let_pick
from playground.ui.steering.travel import name_of, travels_of
from playground.ui.turns import WATCHED
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

SMOOTHING = Real(
    low=0.0, high=0.999, label="Smooth", help="Share of the past in the moving average; 0 shows every batch as it is."
)
PLAN_POINTS = 600


def planned_rates(
    project: Project, first: int, total: int, now: float | None = None, most: int = PLAN_POINTS
) -> tuple[np.ndarray, np.ndarray]:
    """Steps and the learning rates that the schedule gives them, at most so many from `first` on. Shapes: (n,), (n,).

    now: the rate of the last step that was made, `first`, from which a schedule that listens to the loss goes on; the curve begins
    with it, so that it joins the one of what was.
    """
    training = project.training
    if total <= first or not isinstance(training.schedule, Schedule):
        return np.zeros(0), np.zeros(0)
    few = total - first <= most
    steps = np.arange(first, total) if few else np.linspace(first, total - 1, most).astype(np.int64)
    base = float(getattr(training.optimizer, "rate", 1.0))
    rates = base * warmed(training.schedule, steps, total, training.warmup, training.warmup_start)
    if training.schedule.listens and first and now is not None:
        planned = base * float(warmed(training.schedule, np.array([first - 1]), total, training.warmup, training.warmup_start)[0])
        rates *= now / planned if planned > 0 else 1.0
    if first and now is not None:
        steps, rates = np.append(first - 1, steps), np.append(now, rates)
    return steps + 1.0, rates


class LossPanel(QWidget):
    """Loss plot over rate strip; both follow the run at 30 Hz while they are visible."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.journal, self.travels = session, journal_of(session), travels_of(session)
        self.restored = restored_of(session)
        self._branches: tuple[Branch, ...] = ()
        self.plot, self.rate, self.legend = LossPlot(), RatePlot(), Legend()
        self.rate.setFixedHeight(84)
        self.log = CheckBox(say("Log"), True)
        self.log.setToolTip(say("A logarithmic axis for the loss"))
        self.log_x = CheckBox(say("Log steps"), False)
        self.log_x.setToolTip(say("A logarithmic axis for the steps"))
        self.smooth = NumberEditor(SMOOTHING, "smooth", slides=False)
        self.smooth.text.setFixedWidth(52)
        self.smooth.setFixedWidth(52)
        self.smooth.show_value(self.plot.smoother.factor)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.told = Label("", 11, "text2")
        self.told.setToolTip(
            say("Of a kept run there are its epochs, and of a long one the least and greatest losses of its batches")
        )
        column.addWidget(legend_row(self.legend, self.told, self.log_x, self.log, Label(say("Smooth"), 11, "text2"), self.smooth))
        column.addWidget(self.plot, 1)
        column.addWidget(self.rate)
        link(self.plot, self.rate)
        share_cursor(session, self.plot, self.rate)
        self.plot.x_word = self._word
        self.rate.readout = False
        self.log.toggled.connect(self.plot.set_log)
        self.log_x.toggled.connect(self.plot.set_log_x)
        self.smooth.changed.connect(self._smoothed)
        session.turns.follow(self, self.feed, 1 / 30, WATCHED)
        session.run_changed.connect(self._run_changed)
        session.project_changed.connect(self.feed)
        self.journal.changed.connect(self.feed)
        self.restored.changed.connect(self.feed)
        self.travels.changed.connect(self.feed)
        let_pick(self.travels, self.plot, self.rate)
        self.feed()

    def feed(self) -> None:
        """Draw what is there now, if anyone can see it."""
        client, run = self.session.client, self.restored.run
        history = client.history() if run is None else self.restored.history
        if run is None and not self.isVisible() and len(history.steps):
            return
        self.told.show_text("" if run is None else say("Run {number}, restored", number=run.number))
        whole = run is None or len(history.steps) == history.steps.max(initial=0)
        self.plot.feed(history, client.epochs if run is None else run.epochs, whole)
        self.rate.feed(history, () if run is None or len(history.steps) else run.epochs)
        self._show_branches()
        self.legend.show_series(self.plot.legend())
        total = client.started.total_steps if client.started else 0
        kept = 0.0 if run is None else float(run.steps)
        going = run is None and len(history.steps) > 0
        last, now = (int(history.steps[-1]), float(history.rate[-1])) if going else (0, None)
        steps, rates = planned_rates(self.session.project, last, total, now)
        self.rate.show_plan(steps if going else steps[:0], rates if going else rates[:0])
        # Said to both: what one of them alone knew of would part their axes.
        far = max([reach(history.steps, total) or kept, *(branch.last for branch in self._branches)])
        for plot in (self.plot, self.rate):
            plot.reach = far
            bands = [dataclasses.replace(band, text=band.text if plot is self.plot else "") for band in self.travels.bands()]
            plot.show_marks([*self.journal.marks(), *self.travels.marks()], bands)
        self.plot.empty = self._nothing()
        self.rate.empty = ""

    def _nothing(self) -> str:
        """What stands where no curve is."""
        run = self.restored.run
        if run is not None:
            return say("Run {number} ended before its first epoch; no curve of it is kept.", number=run.number)
        return self.restored.nothing()

    def _show_branches(self) -> None:
        """The curves that the run forked from lie under its own."""
        branches = self.session.client.branches
        if branches == self._branches:
            return
        for branch in self._branches:
            self.plot.overlay_run(name_of(branch), None)
            self.rate.overlay_run(name_of(branch), None)
        for branch in branches:
            self.plot.overlay_run(name_of(branch), branch.history, branch.epochs)
            self.rate.overlay_run(name_of(branch), branch.history)
        self._branches = branches

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.feed()

    def _run_changed(self) -> None:
        if not self.session.run.going:  # else the next tick draws
            self.feed()

    def _smoothed(self, factor: float) -> None:
        self.smooth.show_value(factor)
        self.plot.set_smoothing(factor)
        self.feed()

    def _word(self, x: float) -> tuple[str, str]:
        client = self.session.client
        if client.started is None:
            return say("Step {x}", x=f"{x:,.0f}"), ""
        return say("Step {x}", x=f"{x:,.0f}"), say(
            "epoch {epoch_at}", epoch_at=f"{epoch_at(round(x), client.epochs, client.started.steps_per_epoch):,}"
        )


register_panel(
    Panel(
        id="loss",
        title="Loss",
        icon="curve",
        places={"train": "bottom"},
        factory=LossPanel,
        order=10,
        width=740,
        height=444,
        least=(420, 260),
    )
)
