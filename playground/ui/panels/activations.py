"""What the layers give over the steps of the run: mean, spread, and how much of it is stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from playground.ui.panel import Panel, register_panel
from playground.ui.panels.choosing import Choice, choice_row
from playground.ui.panels.layer_choice import LayersButton, layer_choice_of
from playground.ui.panels.stepping import StepPanel
from playground.ui.plots.layers import LayersPlot
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Columns of `Activations` and their names.
QUANTITIES = {
    "mean": sentence("Mean"),
    "deviation": sentence("Standard deviation"),
    "dead": sentence("Share of dead units"),
    "saturated": sentence("Share of saturated outputs"),
}


class ActivationsPanel(StepPanel):
    """One quantity of every layer's outputs, chosen above the plot."""

    watches = "activations"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.plot = LayersPlot(say("Activations over steps"))
        self.choice = Choice(say("Quantity"), {key: say(text) for key, text in QUANTITIES.items()})
        self.choice.chosen.connect(self.show_quantity)
        self.layers = LayersButton(layer_choice_of(session, "outputs"))
        self.layers.choice.changed.connect(self.feed)
        self.column.addWidget(choice_row(self.layers, self.choice))
        self.column.addWidget(self.plot, 1)
        self.follow(self.plot)

    def show_quantity(self, quantity: str) -> None:
        """Another number of the outputs."""
        self.plot.chosen_up = None
        self.feed()

    def feed(self) -> None:
        found = self.restored.shown_looks.activations()
        if not self.isVisible() and found is not None and len(found.steps):
            return
        self.plot.empty = self.restored.nothing()
        self.plot.reach = 0.0
        if found is not None:
            quantity = self.choice.key
            self.plot.reach = self.restored.reach
            table = getattr(found, quantity)
            share = quantity in ("dead", "saturated")
            log = quantity == "deviation"
            self.plot.show_layers(found.nodes, found.steps, table, log=log, share=share, choose=self.layers.offer)
        self.plot.show_marks(self.marks())


register_panel(
    Panel(
        id="activations",
        title="Activations",
        icon="sig",
        places={"train": "bottom-right"},
        factory=ActivationsPanel,
        order=12,
        least=(340, 200),
    )
)
