"""What the layers give for a fixed crowd of training samples: shared by the probes of activations and of histograms."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from playground.engine.formulas import first_inputs, present_steps
from playground.lowering.network import usual_columns
from playground.training.probes.observing import observer_of

if TYPE_CHECKING:
    from playground.training.run import Run

Array = npt.NDArray[Any]

#: Samples that are looked at, and numbers that all nodes together may give for them.
CROWD, NUMBERS = 256, 1 << 19
#: Networks with so few numbers for a sample, weights included, are looked at whether somebody watches or not: the past cannot be seen later.
SMALL = 1 << 16


#: What the first look takes, in seconds, with what has to be made for it: a run earns it before it is spent.
FIRST = 0.01


class Crowd:
    """Samples of the training part at equal distances, and what the layers answer to them as they would when evaluated.

    on: whether somebody watches; small networks are looked at always, unless off.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        graph, self.nodes = run.machine.plan.graph, run.board.plan.nodes
        values = sum(math.prod(graph.values[node.output].type.shape) for node in graph.nodes)
        weights = sum(math.prod(graph.values[p.value].type.shape) for p in graph.parameters)
        self.small = values + weights <= SMALL
        self.on = self.off = False
        train = run.assembled.prepared.train
        count = min(CROWD, train.count, max(8, NUMBERS // max(values, 1)))
        self._rows = np.linspace(0, max(train.count - 1, 0), count).round().astype(np.int64)

    @property
    def wanted(self) -> bool:
        """Whether to look at all."""
        return (self.small or self.on) and not self.off and bool(self.nodes)

    @functools.cached_property
    def present(self) -> dict[str, Array]:
        """Which steps of the crowd's sequences are there, of nodes whose steps are masked; the same at every look. Shapes: (n, steps)."""
        graph, lowered = self._run.machine.plan.graph, self._run.assembled.lowered
        if not graph.present:
            return {}
        train, rows = self._run.assembled.prepared.train, self._rows[: observer_of(self._run).rows]
        columns = usual_columns(graph, len(rows)) | {name: array[rows] for name, array in lowered.columns(train).items()}
        return present_steps(graph, train.x[rows], columns)

    def outputs(self, tensors: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """By node name; views that the next look overwrites, none where the network is too large. Shapes: (n, *node output).

        tensors: weights and statistics of an earlier step; None: those of now.
        """
        observer = observer_of(self._run)
        if not observer.take():
            return {}
        if tensors is not None:
            observer.put(tensors)
        train = self._run.assembled.prepared.train
        rows = self._rows[: observer.rows]
        columns = {name: array[rows] for name, array in self._run.assembled.lowered.columns(train).items()}
        with np.errstate(all="ignore"):
            return observer.outputs(train.x[rows], columns)

    def read(self, outputs: Mapping[str, Array]) -> dict[str, Array]:
        """What the layers read to give these outputs, by node name. Shapes: (n, *what is read)."""
        rows = self._rows[: observer_of(self._run).rows]
        return first_inputs(self._run.machine.plan.graph, outputs, self._run.assembled.prepared.train.x[rows])
