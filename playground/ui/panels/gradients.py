"""Gradient norms of the layers over the steps, and how each layer fares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from playground.lowering.expansion import expanded
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.health import HealthTable, health_of, stuck_of
from playground.ui.panels.journal_entries import journal_of
from playground.ui.plots.curves import NormPlot, reach
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session


class NormsPanel(QWidget):
    """One kind of norm for every layer; the gradient's has the health table under it."""

    def __init__(self, session: Session, title: str, what: str, table: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.journal = session, journal_of(session)
        self.plot = NormPlot(title, what)
        self.table = HealthTable() if table else None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 3)
        if self.table is not None:
            area = QScrollArea()
            area.setWidget(self.table)
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setMinimumHeight(72)
            column.addWidget(area, 2)
        for signal in (session.tick, self.journal.changed):
            signal.connect(self.feed)
        session.run_changed.connect(self._run_changed)
        self.feed()

    def feed(self) -> None:
        """Draw what is there now, if anyone can see it."""
        client = self.session.client
        norms = client.layer_norms()
        if not self.isVisible() and norms is not None and len(norms.steps):
            return
        self.plot.reach = reach(norms.steps, client.started.total_steps) if client.started and norms is not None else 0.0
        self.plot.feed(norms)
        self.plot.show_marks(self.journal.marks())
        if self.table is not None:
            frozen = [node.name for node in expanded(self.session.project).project.network.nodes if node.frozen]
            self.table.show_rows(health_of(norms, frozen) + (stuck_of(self.session.stuck) if norms is not None else []))

    def _run_changed(self) -> None:
        if not self.session.run.going:  # else the next tick draws
            self.feed()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.feed()


def gradients(session: Session) -> NormsPanel:
    return NormsPanel(session, say("Gradient norm"), "gradient", True)


def weights(session: Session) -> NormsPanel:
    return NormsPanel(session, say("Weight norm"), "weight", False)


register_panel(
    Panel(
        id="gradients",
        title="Gradient norm",
        icon="hist",
        places={"train": "bottom-right"},
        factory=gradients,
        order=10,
        width=400,
        least=(340, 220),
    )
)
register_panel(
    Panel(
        id="weights", title="Weights", icon="hist", places={"train": "bottom-right"}, factory=weights, order=30, least=(340, 220)
    )
)
