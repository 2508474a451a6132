"""What is known of the layers over the steps, as the window keeps it: copied out of shared memory as it comes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.training.areas.activations import ACTIVATION_COLUMNS, ACTIVATIONS
from playground.training.areas.histograms import HISTOGRAMS
from playground.training.board import Board, BoardPlan
from playground.training.history import Growing

Array = npt.NDArray[Any]

#: Rows kept; of more, the older half is thinned.
MOST_ACTIVATIONS, MOST_HISTOGRAMS = 1 << 14, 1 << 9
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
    """Rows of a run's activations and histograms."""

    def __init__(self) -> None:
        self._rows: dict[str, Growing] = {}
        self._seen: dict[str, int] = {}

    def begin_again(self) -> None:
        """The lists of the board are new; what is known stays."""
        self._seen.clear()

    def cut(self, step: int) -> None:
        """Forget what came after a step."""
        for kept in self._rows.values():
            kept.cut(step)

    def drain(self, board: Board) -> None:
        """Copy new rows out of the rings before they are overwritten."""
        for area, step, most in ((ACTIVATIONS, 0, MOST_ACTIVATIONS), (HISTOGRAMS, "step", MOST_HISTOGRAMS)):
            seen = self._seen.get(area.name, 0)
            if board[area].written == seen:
                continue
            rows, self._seen[area.name] = board[area].since(seen)
            if not len(rows):
                continue
            kept = self._rows.get(area.name)
            if kept is None or kept.rows.dtype != rows.dtype or kept.rows.shape[1:] != rows.shape[1:]:
                kept = self._rows[area.name] = Growing(rows[:0], step)
            kept.add(rows)
            kept.halve(most)

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
