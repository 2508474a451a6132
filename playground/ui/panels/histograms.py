"""How the weights, gradients and outputs of every layer are spread, over the steps of the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from playground.core.spec import Layer
from playground.lowering.expansion import expanded
from playground.training.layer_history import KINDS
from playground.ui.canvas.answers import known_graph
from playground.ui.inspector.controls import CheckBox
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.choosing import Choice, choice_row
from playground.ui.panels.stepping import StepPanel
from playground.ui.plots.curves import shown_layers
from playground.ui.plots.strips import StripsPlot
from playground.words import say, sentence, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

TITLES = {"weights": sentence("Weights"), "gradients": sentence("Gradients"), "activations": sentence("Activations")}
#: The key of the choice of all layers; no node can be called so.
ALL = " all"
#: Layers that a sentence names.
MOST_TOLD = 3


class HistogramsPanel(StepPanel):
    """What, of which layer, and on which scale, chosen above the strips."""

    watches = "histograms"
    every = 0.2

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
        self._known_of: tuple[object, ...] = ()
        self._known: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        session.inspection_changed.connect(self._project_changed)
        session.samples_changed.connect(self._project_changed)
        self.follow(self.plot)

    def _project_changed(self) -> None:
        """Before a run the layers are those of the project."""
        if self.isVisible() and not self.session.client.layer_names()[1]:
            self.feed()

    def feed(self) -> None:
        looks = self.restored.shown_looks
        layers, nodes = looks.layer_names()
        if not self.isVisible() and nodes:
            return
        kind = self.kind.key
        names = nodes if kind == "activations" else layers
        if not nodes:
            names = self._to_come(kind) if self.isVisible() else ()
        self.layer.offer({ALL: say("All layers")} | {name: name for name in names})
        chosen = shown_layers(names) if self.layer.key == ALL else [self.layer.key]
        found = [(name, histograms) for name in chosen if (histograms := looks.histograms(kind, name)) is not None]
        whole = self.restored.reach
        self.plot.empty = self._nothing(kind, chosen)
        state = (
            kind,
            tuple(chosen),
            tuple((len(one.steps), int(one.steps[-1])) for _, one in found if len(one.steps)),
            whole,
            self.plot.empty,
        )
        self.plot.reach = whole
        if state != self._shown:
            self._shown = state
            self.plot.show_strips(found)
        self.plot.show_marks(self.marks())

    def _to_come(self, kind: str) -> tuple[str, ...]:
        """Layers of the project that a run would look into, by the names that they have in a run."""
        project, samples = self.session.project, self.session.samples
        if (project.network, project.blocks, id(samples)) != self._known_of:
            self._known_of = (project.network, project.blocks, id(samples))
            graph = known_graph(project, samples) if samples is not None else None
            layers = {node.name for node in expanded(project).project.network.nodes if isinstance(node.spec, Layer)}
            self._known = (
                tuple(dict.fromkeys(p.owner for p in graph.parameters)) if graph is not None else (),
                tuple(dict.fromkeys(node.owner for node in graph.nodes if node.owner in layers)) if graph is not None else (),
            )
        return self._known[kind == "activations"]

    def _nothing(self, kind: str, names: Sequence[str]) -> str:
        """What will be here once there is a run, or why there is nothing of the one that is shown."""
        if self.restored.run is not None or self.session.client.state != "idle" or not names:
            return self.restored.nothing()
        what = {
            "weights": say("Train to see how the weights of {layers} spread over the steps.", layers=told(names)),
            "gradients": say("Train to see how the gradients of {layers} spread over the steps.", layers=told(names)),
            "activations": say("Train to see how the outputs of {layers} spread over the steps.", layers=told(names)),
        }
        return what[kind]


def told(names: Sequence[str]) -> str:
    """Some names in a sentence: "dense1, dense2 and 3 more"."""
    shown = strung(names[:MOST_TOLD])
    return shown if len(names) <= MOST_TOLD else say("{names} and {n} more", names=shown, n=len(names) - MOST_TOLD)


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
