"""Fills the nodes' pictures: from the worker while a run knows the network, else from the samples and start weights; and the wires."""

from __future__ import annotations

import functools
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer

from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.data.prepare import Prepared
from playground.document.node_size import is_planar
from playground.document.project import Node, Project
from playground.engine.formulas import first_inputs, only_present
from playground.engine.graph import Graph
from playground.errors import PlaygroundError
from playground.lowering import Lowered, lower
from playground.lowering.preparing import prepared
from playground.training.messages import Started
from playground.training.messages.analysis import LayersTimed
from playground.training.messages.change import Replanned
from playground.training.saturation import saturations
from playground.training.surfaces import SIDE
from playground.ui.canvas.answers import (
    Array,
    cost_of,
    image_forms,
    known_graph,
    length_columns,
    node_outputs,
    present_of,
    start_weights,
)
from playground.ui.canvas.faring import Cost, alarm, costs, estimates, worst
from playground.ui.canvas.flowing import Flow
from playground.ui.canvas.levels import NAMED
from playground.ui.canvas.live import LivePictures
from playground.ui.canvas.local import LocalNames
from playground.ui.canvas.making import PictureMaker
from playground.ui.canvas.plane import grid_points, plane_of
from playground.ui.canvas.wire_labels import gradient_norms
from playground.ui.panels.health import Health, health_of, stuck_of, with_fault
from playground.ui.scope import Scope
from playground.ui.slow_motion import slow_motion_of
from playground.ui.spoiled import spoiled_links, what
from playground.ui.steering.travel import travels_of
from playground.ui.turns import WATCHED

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

PICTURES_EVERY_S = 1 / 24
SHARE = 0.06  # of the time goes into pictures at most while something moves but no run
APART_MS = 8  # after the curves, in a turn of its own: in one turn the two would hold up whatever a person does
CROWD, CROWD_EVERY_S = 64, 1.0  # samples that shares of stuck outputs are taken over, and how often
FARE_EVERY_S = 0.25
MOST_COST = 80_000_000  # beyond this many numbers a picture of one grid is not worth the wait
MARGIN = 120  # around what is in view, for wires that come from just outside


class PreviewFeed(QObject):
    """Keeps the scene's pictures up to date: at every change, and up to 24 times a second while a run goes on.

    sample: the one that the data node shows.  drawn: how often all pictures were filled.
    """

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view, self.session, self.scene = view, view.session, view.canvas
        self.live = LivePictures(self.session)
        self.maker, self.flow, self.slow = PictureMaker(self), Flow(self), slow_motion_of(self.session)
        self.lowered: Lowered | None = None
        self.prepared: Prepared | None = None
        self.forms: dict[str, tuple[int, ...]] = {}
        self._graph: Graph | None = None
        self._start: dict[str, Array] = {}
        self._norms: dict[str, float] = {}
        self._names = LocalNames(Project(), Scope())
        self._stale, self._taken = True, self.session.samples
        self._filled: set[str] = set()
        self._weights_now: dict[str, Array] = {}
        self._answers_now: dict[str, Array] = {}
        self._crowd_now: dict[str, Array] = {}
        self._crowd_read: dict[str, Array] = {}
        self._crowd_at = 0.0
        self._health: dict[str, Health] = {}
        self._costs: dict[str, Cost] = {}
        self._timed: LayersTimed | None = None
        self._start_graph: Graph | None = None
        self._estimated_of: Graph | None = None
        self._guessed: tuple[Graph | None, LocalNames, list[str], dict[str, Cost]] | None = None
        self._fared, self._follows = 0.0, False
        self._key: tuple[Any, ...] = ()
        self._last, self._took = 0.0, 0.0
        self.sample, self.drawn = 0, 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.draw)
        self.session.turns.follow(view, self.draw, PICTURES_EVERY_S, WATCHED)
        self.session.run_changed.connect(self._draw_soon)
        self.session.heard.connect(self._hear)
        self.slow.changed.connect(self._draw_soon)
        self.travels = travels_of(self.session)
        self.travels.changed.connect(self._mark_fault)

    def _hear(self, event: object) -> None:
        """New pictures, or what layers cost."""
        if self.live.hear(event):
            self._draw_soon()
        if isinstance(event, LayersTimed):
            self._timed, self._fared = event, 0.0
            self._draw_soon()
        if isinstance(event, Started | Replanned):
            self._timed, self._follows = None, True

    def _mark_fault(self) -> None:
        """The node at which the run stopped, and the wires that carried its number, until the run goes on or back."""
        fault, network = self.travels.fault, self.session.view.network
        trained, spoiled = self.session.seen.parameters, dict[str, str]()
        for node in network.nodes:
            item = self.scene.nodes.get(node.id)
            here = fault is not None and self._names.stands_for(node.name, fault.node)
            if item is not None:
                item.show_fault(here)
            if here and fault is not None:
                links = spoiled_links(network, node.id, fault.direction, lambda id: trained.get(id, 0) > 0)
                spoiled |= dict.fromkeys(links, what(fault))
        self._fared = 0.0
        if spoiled != self.scene.spoiled:
            self.scene.spoiled = spoiled
            self.scene.show_labels(self.session.view, self.session.seen, self._norms)
        self._draw_soon()

    def refresh(self) -> None:
        """The project or its samples changed: everything anew, once for each turn of the event loop."""
        self._stale = True
        self._soon.start(0)

    def _take_project(self) -> None:
        self._stale = False
        project, samples = self.session.project, self.session.samples
        self._taken = samples
        nodes = tuple((node.id, node.name, node.spec) for node in project.network.nodes)
        scope = self.session.scope
        plan = project.training.seed, project.training.judges_averaged
        key = (nodes, project.network.links, project.blocks, scope.path, plan, project.data, id(samples))
        if key == self._key:
            return
        self._names = LocalNames(project, scope)
        self._key = key
        if self.travels.fault is not None:
            self._mark_fault()
        self.live.follow()
        self.lowered = self._lower()
        self._graph = known_graph(project, samples) if samples is not None else None
        self.forms = image_forms(self.session.view, samples)
        self.prepared = self._prepare(samples)
        graph = self.lowered.graph if self.lowered is not None else self._graph
        self._start = start_weights(graph, project.training.seed) if graph is not None else {}
        self._start_graph, self._estimated_of = graph, None

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
        try:
            return prepared(self.session.project.data, samples)
        except PlaygroundError:  # the run will tell why; pictures wait
            return None

    def _draw_soon(self) -> None:
        """Draw as soon as it is time again, so that the last numbers of a run are always shown; while it goes on there are turns for that."""
        if self.session.run.going:
            return
        wait = max(PICTURES_EVERY_S, self._took / SHARE) - (time.monotonic() - self._last)
        if not self._soon.isActive():
            self._soon.start(max(APART_MS, math.ceil(wait * 1000)))

    def draw(self) -> None:
        """Fill the pictures that are in view from what is known now; the others wait until they are."""
        self._soon.stop()
        self._last, begun = time.monotonic(), time.thread_time()
        if self._stale:
            self._take_project()
        if self._follows:
            self._follows = False
            self.live.follow()
        self._ask()
        weights = functools.cache(self._weights)
        live = self.live.read(self._names)
        self._answers_now = self.live.values if live else self._names.answers(self._answers(weights()))
        self._weights_now = self._names.weights(weights()) if self._wants_weights(live) else {}
        if self._crowd_is_due():
            self._look_at_crowd(weights())
            layers = {node.name: node.spec for node in self.session.view.network.nodes if isinstance(node.spec, Layer)}
            self.session.stuck = saturations(layers, self._crowd_now, inputs=self._crowd_read)
        self._norms = self._names.norms(gradient_norms(self.session.client)) if self.session.run.state != "idle" else {}
        if self.scene.labels == "gradient":
            self.scene.show_labels(self.session.view, self.session.seen, self._norms)
        self.maker.take(self._answers_now, self._weights_now, self.live.tiles if live else {}, self._crowd_now, self._crowd_read)
        self._fare()
        self.flow.show(self.live.values if live and self.session.run.state != "idle" else {}, self._names, self.slow.now)
        self._filled.clear()
        self.draw_new()
        self.drawn += 1
        self._took = time.thread_time() - begun

    def draw_new(self) -> None:
        """Fill pictures that came into view since. While the project or its samples are new, the next `draw` fills them all."""
        seen = self.view.visible()
        if self.view.zoom < NAMED or self._stale or self._taken is not self.session.samples:
            return
        if self._filled and self.live.step >= 0:  # what came into view has to be asked for
            self._draw_soon()
        for node in self.session.view.network.nodes:
            item = self.scene.nodes.get(node.id)
            if item is None or node.id in self._filled or not seen.intersects(item.sceneBoundingRect()):
                continue
            self._filled.add(node.id)
            if item.look.preview:
                item.show_data(self.maker.picture(node, item.look.preview))
            item.show_page(self.maker.first.get(node.id, 0))
            item.on_page = self.turn_page
            cost = self._costs.get(node.name)
            item.show_progress(self._progress(node), self.maker.live_line(node, self._norms, cost))
            edge, words = alarm(self._health.get(node.name))
            over = self.session.run.state == "finished"  # what was amiss at the very end is no alarm any more
            item.show_faring(
                "" if over else edge, words, *("", "", 0.0) if cost is None else (cost.words, cost.short, cost.share)
            )

    def _wants_weights(self, live: bool) -> bool:
        """Whether any picture is made of them; copying all of a large network's takes its time."""
        kinds = {item.look.preview for item in self.scene.nodes.values()}
        return "maps" in kinds or ("tiles" in kinds and (self.maker.mode == "weights" or not live))

    def _fare(self) -> None:
        """How the nodes fare, a few times a second."""
        session, now = self.session, time.monotonic()
        if session.run.state == "idle":
            self._health = {}
            if self._estimated_of is not self._start_graph:
                self._estimated_of = self._start_graph
                shown = [node.name for node in session.view.network.nodes]
                self._costs = estimates(self._start_graph, self._names, shown)
            return
        self._estimated_of = None
        if now - self._fared < FARE_EVERY_S and session.run.going:
            return
        self._fared = now
        shown = [node.name for node in session.view.network.nodes]
        measured = with_fault(health_of(session.client.layer_norms()), self.travels.fault, session.run_project)
        self._health = worst(measured, stuck_of(session.stuck) if measured else [], self._names, shown)
        self._costs = costs(self._timed, self._names, shown) or self._estimates(shown)

    def _estimates(self, shown: list[str]) -> dict[str, Cost]:
        """`estimates`, which are the same for as long as the network is."""
        graph, names = self._start_graph, self._names
        known = self._guessed
        if known is None or known[0] is not graph or known[1] is not names or known[2] != shown:
            self._guessed = known = graph, names, shown, estimates(graph, names, shown)
        return known[3]

    def giver(self, name: str) -> str:
        """What a node of the canvas is called in the run, "" for one that gives nothing there."""
        return self._names.givers.get(name, "")

    def show_mode(self, mode: str) -> None:
        """Have tiles show "response", "weights" or "activation"."""
        self.maker.mode = mode
        self.draw()

    def turn_page(self, node: str, back: bool = False) -> None:
        """Show the next units of a node, or the ones before; after the last the first."""
        item = self.scene.nodes.get(node)
        if item is not None and item.look.more:
            self.maker.turn(node, item.look.units, item.look.units + item.look.more, back)
            self.draw()

    def _ask(self) -> None:
        """Have the worker make what is in view."""
        if self.view.zoom < NAMED or self.session.run.state == "idle":
            return
        seen = self.view.visible().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        wanted = {}
        for node in self.session.view.network.nodes:
            item = self.scene.nodes.get(node.id)
            name = self._names.givers.get(node.name)
            if item is not None and name is not None and seen.intersects(item.sceneBoundingRect()):
                wanted[name] = self.maker.first.get(node.id, 0)
        self.live.ask(tuple(sorted(wanted.items())), self.sample)

    def rest(self) -> None:
        """Nobody sees the canvas: the worker need not make pictures."""
        self.live.ask((), self.sample)

    def _weights(self) -> dict[str, Array]:
        """The run's weights, else those that the project was saved with, else those that a run would start from."""
        return self.session.weights() or self._start

    def _answers(self, weights: dict[str, Array]) -> dict[str, Array]:
        """Every node's output: over the plane for 2-D data, else for the sample that the data node shows."""
        samples, graph = self.session.samples, self._graph
        if samples is None or graph is None or self.prepared is None:
            return {}
        x = grid_points(*plane_of(samples), SIDE) if is_planar(samples) else samples.x[self.sample : self.sample + 1]
        if cost_of(graph, len(x)) > MOST_COST:
            return {}
        with np.errstate(all="ignore"):
            x = self.prepared.scaler.apply(x)
            found = node_outputs(graph, weights, x, length_columns(samples, [self.sample]))
        if self.session.scope.path:  # the input of an open block may be the data themselves
            found |= {node.name: x for node in self.session.project.network.of_kind("dataset")}
        return found

    def _crowd_is_due(self) -> bool:
        """Shares of stuck outputs change slowly; while a run goes on they are taken about once a second."""
        return time.monotonic() - self._crowd_at > CROWD_EVERY_S or self._crowd_at == 0.0 or not self.session.run.going

    def _look_at_crowd(self, weights: dict[str, Array]) -> None:
        """Every node's output for some samples at once: what share is stuck is no matter of one sample."""
        samples, graph = self.session.samples, self._graph
        self._crowd_at = time.monotonic()
        if samples is None or graph is None or self.prepared is None or 5 * cost_of(graph, CROWD) > MOST_COST:
            self._crowd_now, self._crowd_read = self._answers_now, {}
            return
        rows = np.arange(samples.count)[:: max(1, samples.count // CROWD)][:CROWD]
        x, columns = samples.x[rows], length_columns(samples, rows)
        with np.errstate(all="ignore"):
            x = self.prepared.scaler.apply(x)
            given = node_outputs(graph, weights, x, columns)
            self._crowd_now, self._crowd_read = (
                self._names.answers(each) for each in (given, first_inputs(graph, given, x, ":"))
            )
            present = self._names.answers(present_of(graph, x, columns))
        if present:  # what is padded says nothing of a layer
            self._crowd_now, self._crowd_read = (
                {name: only_present(array, present.get(name)) for name, array in each.items()}
                for each in (self._crowd_now, self._crowd_read)
            )

    def _progress(self, node: Node) -> float:
        """The share of the run that is done, for layers that train while it goes on; else below 0."""
        run = self.session.run
        started = self.session.client.started
        trains = self.session.seen.parameters.get(node.id, 0) > 0
        if not run.going or started is None or not trains:
            return -1.0
        return self.session.client.step / max(started.total_steps, 1)
