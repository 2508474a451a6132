"""What the network answers over its inputs: a decision boundary or a surface for two of them, a curve for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QStackedLayout, QWidget

from playground.core.cloud import Cloud, Spots
from playground.core.fields import fields_of
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.document.edits import SetField
from playground.document.project import Node
from playground.training.view import Surface
from playground.ui.canvas.plane import plane_of
from playground.ui.inspector.foot import Empty
from playground.ui.kept_surface import KeptSurface
from playground.ui.panel import Panel, register_panel
from playground.ui.plots.paint_tools import PaintPad
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series
from playground.ui.plots.surface import SurfacePlot, nice_bounds
from playground.ui.theme import theme
from playground.words import named, say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

GRID = 96
OTHERS = sentence("Data with one or two inputs is drawn here: choose a 2-D set or a curve.")
SEQUENCES = sentence(
    "A sequence has too many inputs for a map of the answers. Select a layer and open Steps to see what it makes of one."
)


class AnswerCurve(Plot):
    """Samples of one input and one target, and the network's answer as a line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("Output over the input"), parent=parent)
        self.add(Series("samples", say("samples"), "points", 1))
        self.add(Series("network", say("network"), "smooth", 2, dashes=()))
        self.x_word = lambda x: (f"{self.x_title or 'x'} {x:.3g}", "")
        self.whole_x = False

    def show_samples(self, samples: Samples) -> None:
        x = samples.x.reshape(samples.count, -1)[:, 0].astype(float)
        order = np.argsort(x, kind="stable")
        y = samples.y.reshape(samples.count, -1)[:, 0].astype(float)
        self.x_title = samples.feature_names[0] if samples.feature_names else "x"
        self.show_data("samples", x[order], y[order])


class OutputPanel(QWidget):
    """Asks the worker for the answers while it is visible, and draws the newest ones; without a run those of the weights of the file."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.kept = session, KeptSurface(session)
        self.surface, self.curve = SurfacePlot(), AnswerCurve()
        self.none = Empty("map", say("No picture for these inputs"), OTHERS)
        self.pages = QStackedLayout(self)
        for page in (self.none, self.surface, self.curve):
            self.pages.addWidget(page)
        self.pad: PaintPad | None = None
        self._step = -1
        self._watching = False
        session.samples_changed.connect(self.refresh)
        session.project_changed.connect(self._project_changed)
        session.turns.follow(self, self.feed, 1 / 20)
        session.run_changed.connect(self._run_changed)
        theme().changed.connect(self.update)
        self.refresh()

    @property
    def inputs(self) -> int:
        """1 or 2 inputs that can be drawn, else 0."""
        samples = self.session.samples
        if samples is None or samples.steps or len(samples.shape) != 1 or samples.shape[0] not in (1, 2):
            return 0
        return samples.shape[0] if samples.shape[0] == 2 or samples.task == "regression" else 0

    @property
    def painted(self) -> tuple[Node, str] | None:
        """The data node whose points are painted by hand, and the name of that setting."""
        for node in self.session.project.network.of_kind("dataset"):
            for name, field in fields_of(node.spec).items() if isinstance(node.spec, Dataset) else ():
                if isinstance(field, Cloud):
                    return node, name
        return None

    def _show_pad(self, node: Node, name: str) -> None:
        """The map with tools to paint points; made when it is first needed."""
        if self.pad is None:
            field = fields_of(node.spec)[name]
            assert isinstance(field, Cloud)
            self.pad = PaintPad(field)
            self.pad.painting.connect(self._paint)
            self.pad.painted.connect(self._paint)
            self.pages.addWidget(self.pad)
        self.pad.show_spots(getattr(node.spec, name))
        self.pages.setCurrentWidget(self.pad)

    def _paint(self, spots: Spots) -> None:
        found = self.painted
        if found is not None:
            self.session.do(SetField(found[0].id, found[1], spots), whole=True)

    def refresh(self) -> None:
        """Follow the data."""
        samples, inputs, painted = self.session.samples, self.inputs, self.painted
        if painted is not None:
            self._show_pad(*painted)
            self._step, self._watching = -1, False
            self.feed()
            return
        self.pages.setCurrentIndex({0: 0, 1: 2, 2: 1}[inputs])
        self.none.show_text(
            say("No picture for these inputs"), say(SEQUENCES if samples is not None and samples.steps else OTHERS)
        )
        self._step, self._watching = -1, False
        if samples is not None and inputs == 2:
            self.surface.show_response(None, (0, 0), (1, 1))
            targets = samples.y if samples.task == "classification" else samples.y.reshape(samples.count, -1)[:, 0]
            self.surface.show_samples(samples.x, targets, samples.feature_names, tuple(map(named, samples.class_names)))
        elif samples is not None and inputs == 1:
            self.curve.show_data("network", np.zeros(0), np.zeros(0))
            self.curve.show_samples(samples)
        self.feed()

    def feed(self) -> None:
        """Draw an answer that is new. Over two inputs the run gives it anyway, for the canvas; over one it is asked for while visible."""
        self._watch(self.isVisible() and self.inputs == 1 and self.session.client.state in ("starting", "running", "paused"))
        if not self.isVisible() or not self.inputs:
            return
        found = self.kept.over(*self._corners()) if self.kept.wanted else self.session.client.grid()
        if found is None or found.step == self._step:
            if found is None and self._step != -1:
                self._step = -1
                if self.pad is not None:
                    self.pad.plot.show_response(None, (0, 0), (1, 1))
                self.refresh()
            return
        self._step = found.step
        self._show(found)

    def _show(self, found: Surface) -> None:
        if self.inputs == 2:
            shown = self.surface if self.pad is None or self.pages.currentWidget() is not self.pad else self.pad.plot
            shown.show_response(found.response, found.low, found.high)
        else:
            x = np.linspace(found.low[0], found.high[0], found.response.shape[1])
            self.curve.show_data("network", x, found.response[0, :, 0].astype(float))

    def _watch(self, on: bool) -> None:
        samples = self.session.samples
        if on == self._watching or samples is None:
            return
        self._watching = on
        if not on:
            self.session.client.predict_grid(None)
            return
        low, high = self._corners()
        self.session.client.predict_grid((low[0], low[-1]), (high[0], high[-1]), size=GRID)

    def _corners(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Of what is drawn, in the data's own unit: that of the run over two inputs, which the canvas asks for too."""
        samples = self.session.samples
        assert samples is not None
        return plane_of(samples) if self.inputs == 2 else nice_bounds(samples.x.reshape(samples.count, -1).astype(float))

    def _project_changed(self) -> None:
        if self.painted is not None or self.pages.currentWidget() is self.pad:
            self.refresh()
        else:
            self.feed()

    def _run_changed(self) -> None:
        if not self.session.run.going or self.session.client.state == "starting":
            self.feed()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.feed()

    def hideEvent(self, event: object) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]
        self._watch(False)


register_panel(
    Panel(
        id="output", title="Output", icon="map", places={"train": "bottom-right"}, factory=OutputPanel, order=20, least=(340, 220)
    )
)
