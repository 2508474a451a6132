"""The metrics after every epoch, one plot under another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.core import registry
from playground.core.spec import Metric
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.stepping import StepPanel
from playground.ui.plots.curves import MetricPlot, reach
from playground.ui.plots.plot import Plot, link
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session


LOSS = "loss"
NO_EPOCH = sentence("The first epoch is not finished yet.")
NEVER_AN_EPOCH = sentence("The run ended before its first epoch was done. Press Train.")


def by_metric(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Metric -> name of a loss -> what the run calls that metric for it. A network with one loss has "" for its name.

    Of several losses a run reports "<loss>: <metric>", and under the loss's name its value, which is the metric LOSS here.
    """
    known = {record.id for record in registry.entries("metric")}
    found: dict[str, dict[str, str]] = {}
    for name in names:
        head, _, metric = name.rpartition(": ")
        if not head and metric not in known:
            head, metric = name, LOSS
        found.setdefault(metric, {})[head] = name
    return found


class MetricsPanel(StepPanel):
    """A plot for every metric that the run reports, with a line for each loss that has it."""

    every = 0.2

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.names: list[str] = []
        self.plots: dict[str, MetricPlot] = {}
        self.none = Plot(say("Metrics over steps"))
        self.column.addWidget(self.none)
        self.follow()

    def feed(self) -> None:
        """Draw every finished epoch."""
        run = self.restored.run
        epochs = self.session.client.epochs if run is None else run.epochs
        if not self.isVisible() and epochs:
            return
        names = list(epochs[-1].metrics) if epochs else []
        if names != self.names:
            self._build(names)
        self.none.setVisible(not names)
        self.none.empty = self.restored.nothing(NO_EPOCH, NEVER_AN_EPOCH)
        started = self.session.client.started
        for plot in self.plots.values():
            plot.reach = reach(np.array([epochs[-1].step]), started.total_steps) if started else 0.0
            plot.feed(epochs)
            plot.show_marks(self.marks())

    def _build(self, names: list[str]) -> None:
        for plot in self.plots.values():
            self.column.removeWidget(plot)
            plot.hide()
            plot.deleteLater()
        titles = {record.id: record for record in registry.entries("metric")}
        self.names, self.plots = names, {}
        for id, heads in by_metric(names).items():
            record = titles.get(id)
            title = say(record.title) if record else say("Loss of each") if id == LOSS else id
            unit = say(record.unit) if record is not None and issubclass(record, Metric) else ""
            plot = MetricPlot(id, title, None if list(heads) == [""] else heads)
            plot.title = f"{title}, {unit}" if unit else title
            plot.flags = not self.plots
            self.plots[id] = plot
            self.column.addWidget(plot)
        link(*self.plots.values())
        self.share(*self.plots.values())


register_panel(
    Panel(
        id="metrics", title="Metrics", icon="soft", places={"train": "bottom"}, factory=MetricsPanel, order=20, least=(420, 200)
    )
)
