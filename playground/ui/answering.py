"""What the network of a session answers to raw inputs, now: with the run's weights, or before it with those it would start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.samples import Samples
from playground.data.prepare import Prepared
from playground.engine.graph import Graph
from playground.errors import PlaygroundError
from playground.lowering.preparing import prepared
from playground.ui.canvas.answers import Array, cost_of, known_graph, node_outputs, start_weights

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Numbers that one answer may cost, so that the window never stalls.
MOST_COST = 40_000_000


class Answering:
    """Keeps graph, scaling and start weights while project and samples stay the same."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._key: tuple[Any, ...] = ()
        self._samples: Samples | None = None
        self._graph: Graph | None = None
        self._prepared: Prepared | None = None
        self._start: dict[str, Array] = {}

    def answers(self, samples: Samples | None, x: Array, columns: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """Outputs of all nodes by name, further ones as "node:name"; {} where nothing can be said or it would take too long.

        Shapes: raw inputs (n, *sample) -> (n, *node output).
        """
        self._follow(samples)
        if samples is None or self._graph is None or self._prepared is None or cost_of(self._graph, len(x)) > MOST_COST:
            return {}
        with np.errstate(all="ignore"):
            return node_outputs(self._graph, self.weights(), self._prepared.scaler.apply(x), columns)

    def weights(self) -> dict[str, Array]:
        """Those that the newest answers came from: the run's, or those it would start from."""
        return self.session.weights() or self._start

    def scaled(self, x: Array) -> Array | None:
        """Raw inputs as the network reads them; None while that is not known."""
        return None if self._prepared is None else self._prepared.scaler.apply(x)

    def _follow(self, samples: Samples | None) -> None:
        project = self.session.project
        key = (project.network, project.blocks, project.data, project.training.seed)
        if key == self._key and samples is self._samples:
            return
        self._samples = samples  # held, so that no other samples can be taken for them
        self._key, self._graph, self._prepared, self._start = key, None, None, {}
        if samples is None or not samples.count:
            return
        self._graph = known_graph(project, samples)
        if self._graph is None:
            return
        self._start = start_weights(self._graph, project.training.seed)
        try:
            self._prepared = prepared(project.data, samples)
        except PlaygroundError:  # the run will tell why; pictures wait
            self._prepared = None
