"""The output surface where no run gives it: from the weights of a file, or from the other kind of a run that is over."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.errors import PlaygroundError
from playground.lowering import lower
from playground.lowering.preparing import prepared
from playground.training.view import Surface
from playground.ui.canvas.answers import Array, cost_of, node_outputs

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Points along a side, the finest first, and numbers that all points together may cost, so that the window never stalls.
SIDES = (96, 48, 24)
MOST_COST = 40_000_000


class KeptSurface:
    """Works it out once for each project, samples and weights."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._key: tuple[Any, ...] = ()
        #: Samples and sets of weights, the objects themselves: so that no others can be taken for them.
        self._held: tuple[object, object] = (None, None)
        self._found: Surface | None = None
        self._count = 0

    @property
    def wanted(self) -> bool:
        """Whether the run, if there is one, does not give what the project's plan evaluates with, and will not."""
        client, known = self.session.client, self.session.run_project
        if client.state == "idle" or known is None:
            return bool(self.session.file_sets)
        over = client.state in ("finished", "failed", "dead") and not client.takes_changes and bool(client.step)
        return over and known.training.judges_averaged != self.session.project.training.judges_averaged

    def over(self, low: tuple[float, ...], high: tuple[float, ...]) -> Surface | None:
        """The answers between two corners, one object for as long as they stay; None where the network cannot give any.

        Its step is below zero, another one for every new surface.
        """
        session = self.session
        if session.loading:
            return None
        project, held = session.project, (session.samples, session.file_sets)
        nodes = tuple((node.id, node.name, node.spec, node.shares, node.transposed) for node in project.network.nodes)
        plan = project.data, project.training.judges_averaged
        key = (nodes, project.network.links, project.blocks, plan, low, high, session.run.number, session.client.step)
        if key != self._key or any(one is not other for one, other in zip(held, self._held, strict=True)):
            self._key, self._held, self._found = key, held, self._worked_out(low, high)
            if self._found is not None:
                self._count += 1
                self._found = dataclasses.replace(self._found, step=-1 - self._count)
        return self._found

    def _worked_out(self, low: tuple[float, ...], high: tuple[float, ...]) -> Surface | None:
        from playground.training.judge import Judge  # brings the engine, which the first paint need not wait for

        session, samples, weights = self.session, self.session.samples, self.session.weights()
        if samples is None or weights is None or session.inspection.errors:
            return None
        try:
            lowered, parts = lower(session.project, samples), prepared(session.project.data, samples)
        except PlaygroundError:  # the problems tell why
            return None
        graph = lowered.graph
        giver = next((name for name, value in graph.mains.items() if value == graph.outputs[0]), "")
        side = next((side for side in SIDES if cost_of(graph, side ** len(low)) <= MOST_COST), 0)
        if not side:
            return None
        axes = [np.linspace(low[i], high[i], side, dtype=np.float32) for i in range(len(low))]
        points: Array = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(low))
        with np.errstate(all="ignore"):
            given = node_outputs(graph, weights, parts.scaler.apply(points)).get(giver)
            if given is None:
                return None
            response = np.asarray(Judge(lowered.heads, samples.task, parts).respond(given), np.float32)
        first, last = ((corner[0], corner[-1]) for corner in (low, high))
        return Surface(-1, first, last, response.reshape(-1, side, response.shape[-1] if response.ndim > 1 else 1))
