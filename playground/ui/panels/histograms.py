"""How the weights, gradients and outputs of every layer are spread, over the steps of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from playground.training.layer_history import KINDS
from playground.ui.inspector.controls import CheckBox
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.choosing import Choice, choice_row
from playground.ui.panels.stepping import StepPanel
from playground.ui.plots.curves import reach, shown_layers
from playground.ui.plots.plot import NO_RUN
from playground.ui.plots.strips import StripsPlot
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

TITLES = {"weights": sentence("Weights"), "gradients": sentence("Gradients"), "activations": sentence("Activations")}
#: The key of the choice of all layers; no node can be called so.
ALL = " all"


class HistogramsPanel(StepPanel):
    """What, of which layer, and on which scale, chosen above the strips."""

    watches = "histograms"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.plot = StripsPlot(say("Histograms over steps"))
        self.kind = Choice(say("Tensors"), {key: say(TITLES[key]) for key in KINDS})
        self.layer = Choice(say("Layer"), {ALL: say("All layers")})
        self.signed = CheckBox(say("Log"), False)
        self.signed.setToolTip(say("Logarithmic on both sides of zero"))
        for choice in (self.kind, self.layer):
            choice.chosen.connect(lambda key: self.feed())
        self.signed.toggled.connect(self.plot.set_signed)
        self.column.addWidget(choice_row(self.signed, self.kind, self.layer))
        self.column.addWidget(self.plot, 1)
        self._shown: object = None
        self.follow(self.plot)

    def feed(self) -> None:
        client = self.session.client
        layers, nodes = client.layer_names()
        if not self.isVisible() and nodes:
            return
        kind = self.kind.key
        names = nodes if kind == "activations" else layers
        self.layer.offer({ALL: say("All layers")} | {name: name for name in names})
        chosen = shown_layers(names) if self.layer.key == ALL else [self.layer.key]
        found = [(name, histograms) for name in chosen if (histograms := client.histograms(kind, name)) is not None]
        steps = client.history().steps
        whole = reach(steps, client.started.total_steps) if client.started else 0.0
        state = (kind, tuple(chosen), tuple((len(one.steps), int(one.steps[-1])) for _, one in found if len(one.steps)), whole)
        self.plot.empty = say("The layers have not been looked at yet.") if self.session.run.going else say(NO_RUN)
        self.plot.reach = whole
        if state != self._shown:
            self._shown = state
            self.plot.show_strips(found)
        self.plot.show_marks(self.journal.marks())


register_panel(
    Panel(
        id="histograms",
        title="Histograms",
        icon="hist",
        places={"train": "bottom"},
        factory=HistogramsPanel,
        order=30,
        least=(380, 200),
    )
)
