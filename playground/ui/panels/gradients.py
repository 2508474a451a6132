"""Gradient norms of the layers over the steps, and how each layer fares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from playground.core.spec import Layer
from playground.lowering.expansion import expanded
from playground.training.saturation import cuts
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.choosing import Choice, choice_row
from playground.ui.panels.health import HealthTable, health_of, stuck_of, with_fault
from playground.ui.panels.layer_choice import LayersButton, layer_choice_of
from playground.ui.panels.stepping import StepPanel
from playground.ui.plots.curves import NormPlot
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

#: What is drawn of the weights: columns of `LayerNorms` and their names.
WEIGHTS = {
    "weight": sentence("Length (L2)"),
    "l1": sentence("Sum of magnitudes (L1)"),
    "largest": sentence("Greatest magnitude (L∞)"),
    "ratio": sentence("Update ÷ weight"),
}


class NormsPanel(StepPanel):
    """One kind of norm for every layer; the gradient's has the health table under it, the weights' a choice above it."""

    def __init__(self, session: Session, title: str, what: str, table: bool, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.plot = NormPlot(title, what)
        self.table = HealthTable() if table else None
        self.choice = None if table else Choice(say("Norm of the weights"), {key: say(text) for key, text in WEIGHTS.items()})
        if self.choice is not None:
            self.choice.chosen.connect(self.show_what)
        self.layers = LayersButton(layer_choice_of(session, "weights"))
        self.layers.choice.changed.connect(self.feed)
        self.head = choice_row(self.layers, *([self.choice] if self.choice is not None else []))
        self.column.addWidget(self.head)
        self.column.addWidget(self.plot, 3)
        if self.table is not None:
            area = QScrollArea()
            area.setWidget(self.table)
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setMinimumHeight(72)
            self.column.addWidget(area, 2)
        self.follow(self.plot)

    def show_what(self, what: str) -> None:
        """Another norm."""
        self.plot.show_what(what)
        self.feed()

    def feed(self) -> None:
        norms = self.restored.shown_looks.layer_norms()
        if not self.isVisible() and norms is not None and len(norms.steps):
            return
        self.plot.reach = self.restored.reach if norms is not None else 0.0
        self.plot.empty = self.restored.nothing()
        drawn = self.layers.offer(norms.layers if norms is not None else ())
        self.head.setVisible(self.choice is not None or not self.layers.isHidden())
        self.plot.feed(norms, self.restored.shown_history, drawn)
        self.plot.show_marks(self.marks())
        if self.table is not None:
            nodes = expanded(self.session.project).project.network.nodes
            cutting = [node.name for node in nodes if isinstance(node.spec, Layer) and cuts(node.spec)]
            rows = health_of(norms) + (stuck_of(self.session.stuck, cutting) if norms is not None else [])
            fault = self.travels.fault
            self.table.setToolTip(say(fault.text) if fault is not None else "")
            self.table.show_rows(with_fault(rows, fault, self.session.run_project))


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
