"""What is known of the layers over the steps, as the window keeps it: copied out of shared memory as it comes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.training.areas import Area
from playground.training.areas.activations import ACTIVATION_COLUMNS, ACTIVATIONS
from playground.training.areas.histograms import HISTOGRAMS
from playground.training.board import Board, BoardPlan
from playground.training.history import Growing
from playground.training.ring import Ring

Array = npt.NDArray[Any]

#: Rows kept of a list; of more, the older half is thinned.
MOST = {ACTIVATIONS.name: 1 << 14, HISTOGRAMS.name: 1 << 9}
KINDS = ("weights", "gradients", "activations")


@dataclasses.dataclass(frozen=True)
class Activations:
    """Of all outputs of a layer for some training samples: mean, standard deviation, share of dead units, share of saturated outputs.

    The last two are NaN for layers that always pass a gradient. Shapes: steps (n,); the others (n, nodes).
    """

    nodes: tuple[str, ...]
    steps: Array
    mean: Array
    deviation: Array
    dead: Array
    saturated: Array


@dataclasses.dataclass(frozen=True)
class Histograms:
    """Of one layer, or of what one node gave. low, high: least and greatest value; even: counts in equal bins between them; signed:
    counts in the bins of `spread.signed_edges`; odd: how many numbers were not finite.

    Shapes: steps, low, high, odd (n,); even, signed (n, 64).
    """

    steps: Array
    low: Array
    high: Array
    odd: Array
    even: Array
    signed: Array


class LayerHistory:
    """Rows of a run's activations and histograms. lists: of the board, each with the column that holds the step."""

    lists: tuple[tuple[Area[Ring], str | int], ...] = ((ACTIVATIONS, 0), (HISTOGRAMS, "step"))

    def __init__(self) -> None:
        self._rows: dict[str, Growing] = {}
        self._seen: dict[str, int] = {}

    def begin_again(self, board: Board) -> None:
        """The lists are new. What is known stays, but for rows of another form, from before there were other layers."""
        self._seen.clear()
        for area, _ in self.lists:
            if area.name in self._rows and not _alike(self._rows[area.name].rows, board[area].rows):
                del self._rows[area.name]

    def cut(self, step: int) -> None:
        """Forget what came after a step."""
        for kept in self._rows.values():
            kept.cut(step)

    def drain(self, board: Board) -> None:
        """Copy new rows out of the rings before they are overwritten."""
        for area, step in self.lists:
            seen = self._seen.get(area.name, 0)
            if board[area].written == seen:
                continue
            rows, self._seen[area.name] = board[area].since(seen)
            if not len(rows):
                continue
            kept = self._rows.get(area.name)
            if kept is None or not _alike(kept.rows, rows):
                kept = self._rows[area.name] = Growing(rows[:0], step)
            kept.add(rows)
            self._bound(area.name, kept)

    def _bound(self, name: str, kept: Growing) -> None:
        """Keep a list from growing for ever."""
        kept.halve(MOST[name])

    def activations(self, plan: BoardPlan) -> Activations:
        """Everything that was measured so far."""
        kept, nodes = self._rows.get(ACTIVATIONS.name), plan.nodes
        rows = np.zeros((0, 1 + len(ACTIVATION_COLUMNS) * len(nodes))) if kept is None else kept.rows
        table = rows[:, 1:].reshape(len(rows), len(nodes), len(ACTIVATION_COLUMNS))
        return Activations(nodes, rows[:, 0].astype(np.int64), *(table[:, :, k] for k in range(len(ACTIVATION_COLUMNS))))

    def histograms(self, plan: BoardPlan, kind: str, name: str) -> Histograms | None:
        """Of a layer's weights or gradients, or of a node's outputs; None before there are any. kind: one of KINDS."""
        places = histogram_places(plan)
        kept = self._rows.get(HISTOGRAMS.name)
        if kept is None or (kind, name) not in places:
            return None
        cells = kept.rows["of"][:, places[kind, name]]
        found = {field: cells[field] for field in ("low", "high", "odd", "even", "signed")}
        return Histograms(kept.rows["step"], **found)


def histogram_places(plan: BoardPlan) -> dict[tuple[str, str], int]:
    """Where in a row the histograms of a kind and a name are."""
    order = [("weights", layer) for layer in plan.layers] + [("gradients", layer) for layer in plan.layers]
    return {key: at for at, key in enumerate(order + [("activations", node) for node in plan.nodes])}


def _alike(one: Array, other: Array) -> bool:
    """Whether rows are of the same form."""
    return one.dtype == other.dtype and one.shape[1:] == other.shape[1:]
