"""Fills the nodes' pictures: from the samples, from the weights (of the run, or as a run would start), and from its losses."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer

from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.data.prepare import Prepared, prepare
from playground.document.node_size import TILE, is_planar
from playground.document.project import Node, Project
from playground.engine.graph import Graph
from playground.errors import PlaygroundError
from playground.lowering import Lowered, lower
from playground.training.messages import Fault, Reset, Started
from playground.training.saturation import saturations
from playground.ui.canvas import pictures
from playground.ui.canvas.answers import Array, cost_of, image_forms, known_graph, length_columns, node_outputs, start_weights
from playground.ui.canvas.levels import NAMED
from playground.ui.canvas.local import LocalNames
from playground.ui.canvas.look import short_number
from playground.ui.canvas.plane import grid_points, plane_of
from playground.ui.canvas.preview import PreviewData
from playground.ui.canvas.wire_labels import gradient_norms
from playground.ui.scope import Scope
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

TILES_EVERY_S = 1 / 15
SHARE = 0.06  # of the time goes into pictures at most while a run goes on
APART_MS = 8  # after the curves, in a turn of its own: in one turn the two would hold up whatever a person does
CROWD, CROWD_EVERY_S = 64, 1.0  # samples that shares of stuck outputs are taken over, and how often
MOST_COST = 40_000_000  # beyond this many numbers a picture of one grid is not worth the wait


class PreviewFeed(QObject):
    """Keeps the scene's pictures up to date: at every change, and at most 15 times a second while a run goes on."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view, self.session, self.scene = view, view.session, view.canvas
        self._lowered: Lowered | None = None
        self._graph: Graph | None = None
        self._forms: dict[str, tuple[int, ...]] = {}
        self._start: dict[str, Array] = {}
        self._norms: dict[str, float] = {}
        self._names = LocalNames(Project(), Scope())
        self._stale = True
        self._drawn: set[str] = set()
        self._weights_now: dict[str, Array] = {}
        self._answers_now: dict[str, Array] = {}
        self._crowd_now: dict[str, Array] = {}
        self._crowd_at = 0.0
        self._prepared: Prepared | None = None
        self._key: tuple[Any, ...] = ()
        self._last, self._took = 0.0, 0.0
        self.sample = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.draw)
        self.session.tick.connect(self._on_tick)
        self.session.run_changed.connect(self._on_tick)
        self.session.heard.connect(self._mark_fault)

    def _mark_fault(self, event: object) -> None:
        """The node at which the run stopped, until it goes on."""
        if isinstance(event, Fault | Started | Reset):
            for item in self.scene.nodes.values():
                item.show_fault(isinstance(event, Fault) and self._names.stands_for(item.look.name, event.node))

    def refresh(self) -> None:
        """The project or its samples changed: everything anew, once for each turn of the event loop."""
        self._stale = True
        self._soon.start(0)

    def _take_project(self) -> None:
        self._stale = False
        project, samples = self.session.project, self.session.samples
        nodes = tuple((node.id, node.name, node.spec) for node in project.network.nodes)
        scope = self.session.scope
        key = (nodes, project.network.links, project.blocks, scope.path, project.training.seed, project.data, id(samples))
        if key == self._key:
            return
        self._names = LocalNames(project, scope)
        self._key = key
        self._lowered = self._lower()
        self._graph = known_graph(project, samples) if samples is not None else None
        self._forms = image_forms(self.session.view, samples)
        self._prepared = self._prepare(samples)
        graph = self._lowered.graph if self._lowered is not None else self._graph
        self._start = start_weights(graph, project.training.seed) if graph is not None else {}

    def _lower(self) -> Lowered | None:
        if self.session.samples is None or self.session.inspection.errors:
            return None
        try:
            return lower(self.session.project, self.session.samples)
        except PlaygroundError:  # inspection has told why; pictures wait
            return None

    def _prepare(self, samples: Samples | None) -> Prepared | None:
        if samples is None or self._graph is None:
            return None
        plan = self.session.project.data
        try:
            return prepare(
                samples, validation=plan.validation, test=plan.test, stratified=plan.stratified, scaling=plan.scaling,
                scale_targets=plan.scale_targets, seed=plan.seed,
            )  # fmt: skip
        except PlaygroundError:  # the run will tell why; pictures wait
            return None

    def _on_tick(self) -> None:
        """Draw as soon as it is time again, so that the last numbers of a run are always shown."""
        wait = max(TILES_EVERY_S, self._took / SHARE) - (time.monotonic() - self._last)
        if not self._soon.isActive():
            self._soon.start(max(APART_MS, math.ceil(wait * 1000)))

    def draw(self) -> None:
        """Fill the pictures that are in view from what is known now; the others wait until they are."""
        self._soon.stop()
        self._last = time.monotonic()
        if self._stale:
            self._take_project()
        weights = self._weights()
        self._weights_now = self._names.weights(weights)
        self._answers_now = self._names.answers(self._answers(weights))
        self._look_at_crowd(weights)
        layers = {node.name: node.spec for node in self.session.view.network.nodes if isinstance(node.spec, Layer)}
        self.session.stuck = saturations(layers, self._crowd_now)
        self._norms = self._names.norms(gradient_norms(self.session.client)) if self.session.run.state != "idle" else {}
        if self.scene.labels == "gradient":
            self.scene.show_labels(self.session.view, self.session.seen, self._norms)
        self._drawn.clear()
        self.draw_new()
        self._took = time.monotonic() - self._last

    def draw_new(self) -> None:
        """Fill pictures that came into view since."""
        seen = self.view.visible()
        if self.view.zoom < NAMED:
            return
        for node in self.session.view.network.nodes:
            item = self.scene.nodes.get(node.id)
            if item is None or node.id in self._drawn or not seen.intersects(item.sceneBoundingRect()):
                continue
            self._drawn.add(node.id)
            if item.look.preview:
                item.show_data(self._picture(node, item.look.preview))
            item.show_progress(self._progress(node), self._live_line(node))

    def _weights(self) -> dict[str, Array]:
        """The run's weights, else those that the project was saved with, else those that a run would start from."""
        return self.session.weights() or self._start

    def _answers(self, weights: dict[str, Array]) -> dict[str, Array]:
        """Every node's output: over the plane for 2-D data, else for the sample that the data node shows."""
        samples, graph = self.session.samples, self._graph
        if samples is None or graph is None or self._prepared is None:
            return {}
        planar = is_planar(samples)
        x = grid_points(*plane_of(samples), TILE) if planar else samples.x[self.sample : self.sample + 1]
        if cost_of(graph, len(x)) > MOST_COST:
            return {}
        with np.errstate(all="ignore"):
            x = self._prepared.scaler.apply(x)
            found = node_outputs(graph, weights, x, length_columns(samples, [self.sample]))
        if self.session.scope.path:  # the input of an open block may be the data themselves
            found |= {node.name: x for node in self.session.project.network.of_kind("dataset")}
        return found

    def _look_at_crowd(self, weights: dict[str, Array]) -> None:
        """Every node's output for some samples at once, about once a second: what share is stuck is no matter of one sample."""
        samples, graph, now = self.session.samples, self._graph, time.monotonic()
        if samples is None or graph is None or self._prepared is None or 5 * cost_of(graph, CROWD) > MOST_COST:
            self._crowd_now = self._answers_now
        elif now - self._crowd_at > CROWD_EVERY_S or self._crowd_at == 0.0 or not self.session.run.going:
            self._crowd_at = now
            rows = np.arange(samples.count)[:: max(1, samples.count // CROWD)][:CROWD]
            x, columns = samples.x[rows], length_columns(samples, rows)
            with np.errstate(all="ignore"):
                self._crowd_now = self._names.answers(node_outputs(graph, weights, self._prepared.scaler.apply(x), columns))

    def _maps(self, node: Node) -> PreviewData | None:
        answers = self._answers_now
        found = pictures.sequence(node, answers, self.session.samples, self.sample)
        if found is not None:
            return found
        return pictures.maps(self._weights_now.get(f"{node.name}.weight"), answers.get(node.name), self._forms.get(node.id, ()))

    def _picture(self, node: Node, kind: str) -> PreviewData | None:
        samples, answers = self.session.samples, self._answers_now
        makers: dict[str, Callable[[], PreviewData | None]] = {
            "glyph": lambda: pictures.curve(node.spec),
            "image": lambda: pictures.image(samples, self.sample),
            "number": lambda: pictures.number(*self._number(node)),
            "strip": lambda: pictures.strip(samples, self.sample),
            "maps": lambda: self._maps(node),
            "bars": lambda: pictures.bars(answers.get(node.name), samples),
            "tiles": lambda: self._tiles(node, answers),
            "field": lambda: self._field(node, answers),
        }
        return makers[kind]() if kind in makers else None

    def _live_line(self, node: Node) -> str:
        """The gradient while a layer trains; what an activation does; else nothing."""
        if self.session.run.going and node.name in self._norms:
            return f"∇ {short_number(self._norms[node.name])}"
        return pictures.activity(node.spec, self._crowd_now.get(node.name))

    def _progress(self, node: Node) -> float:
        """The share of the run that is done, for layers that train while it goes on; else below 0."""
        run = self.session.run
        started = self.session.client.started
        trains = self.session.seen.parameters.get(node.id, 0) > 0
        if not run.going or started is None or not trains:
            return -1.0
        return self.session.client.step / max(started.total_steps, 1)

    def _tiles(self, node: Node, answers: dict[str, Array]) -> PreviewData | None:
        samples = self.session.samples
        if node.spec.kind == "dataset" and samples is not None:
            return pictures.plane_tiles(samples, TILE, self.session.project.data.scaling)
        return pictures.responses(answers.get(node.name), TILE, node.spec)

    def _field(self, node: Node, answers: dict[str, Array]) -> PreviewData | None:
        samples, lowered = self.session.samples, self._lowered
        if samples is None:
            return None
        if node.spec.kind != "loss":
            return pictures.field(answers.get(node.name), TILE)
        if lowered is None:
            return pictures.judged(None, samples, None)
        head = next((head for head in lowered.heads if head.node == node.id), lowered.heads[0])
        output = next((n.name for n in self.session.project.network.nodes if n.id == head.output.partition("/")[0]), "")
        surface = self.session.client.grid() if head is lowered.heads[0] else None  # the worker answers for the first loss
        response = surface.response if surface is not None else None
        if response is None and output in answers:
            response = head.loss.respond(answers[output]).reshape(TILE, TILE, -1)
        return pictures.judged(response, samples, self._prepared)

    def _number(self, node: Node) -> tuple[float | None, str]:
        """A loss with the words under it: over the newest batches, or of several what each was at the end of the last epoch."""
        client, several = self.session.client, len(self.session.project.network.of_kind("loss")) > 1
        if several:
            epochs = client.epochs if client.step else ()
            return (epochs[-1].metrics.get(node.name) if epochs else None), self._guess(node) if not epochs else say(
                "after the epoch"
            )
        loss = client.history().loss if client.step else ()
        return (float(np.mean(loss[-20:])) if len(loss) else None), self._guess(node)

    def _guess(self, node: Node) -> str:
        """What guessing gives, where that is known."""
        samples = self.session.samples
        wired = any(link.port == 1 for link in self.session.project.network.into(node.id))
        if (
            samples is None
            or samples.task != "classification"
            or samples.classes < 2
            or getattr(node.spec, "target", "") == "values"
            or wired
        ):
            return ""
        return say("guess: ln {classes} = {log}", classes=samples.classes, log=f"{math.log(samples.classes):.2f}")
