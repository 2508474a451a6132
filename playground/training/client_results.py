"""What a client reads out of the shared memory of its run, in place, whether the worker lives or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.document.weight_sets import WeightSets
from playground.engine.optimizer_state import OptimizerState
from playground.training.areas.steps import STEP_ROW
from playground.training.areas.tiles import TILES, Pictures
from playground.training.areas.watching import WATCHING, Costs
from playground.training.history import Growing, History, LayerNorms, history_of
from playground.training.layer_history import Activations, Histograms
from playground.training.messages import EpochRecord
from playground.training.messages.change import Entry
from playground.training.view import RunView, Surface

Array = npt.NDArray[Any]


class Results:
    """Curves, weights and states of the present run."""

    _view: RunView | None

    def history(self) -> History:
        """Every step so far; of more than four million, the older ones are thinned, extremes kept."""
        return self._view.history() if self._view else history_of(Growing(np.empty(0, STEP_ROW), "step"))

    @property
    def epochs(self) -> Sequence[EpochRecord]:
        """Every finished epoch; of more than 65,536, the older ones are thinned, extremes kept. It stays as it is when the run goes on."""
        return self._view.epochs() if self._view else ()

    def journal(self) -> list[Entry]:
        """Everything that was done to the run and happened to it, in the order in which a replay does it again."""
        return self._view.journal() if self._view else []

    def layer_norms(self) -> LayerNorms | None:
        """Gradient norms and update ratios of the layers, sampled a few times a second; None before the first run."""
        return self._view.layer_norms() if self._view else None

    def activations(self) -> Activations | None:
        """What the layers' outputs were like, sampled a few times a second; None before the first run."""
        view = self._view
        return view.layers.activations(view.board.plan) if view and view.board else None

    def histograms(self, kind: str, name: str) -> Histograms | None:
        """Over the steps, of a layer's "weights" or "gradients" or of a node's "activations"; None before there are any."""
        view = self._view
        return view.layers.histograms(view.board.plan, kind, name) if view and view.board else None

    def layer_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Layers with weights, and all whose outputs can be looked at, in the present run."""
        plan = self._view.board.plan if self._view and self._view.board else None
        return (plan.layers, plan.nodes) if plan else ((), ())

    @property
    def watching(self) -> Costs | None:
        """What it has cost the worker to be watched; None before the first run."""
        return self._view.board[WATCHING] if self._view and self._view.board else None

    @property
    def last_beat_ns(self) -> int:
        """When the worker last wrote to the board, on the clock of `time.monotonic_ns`; 0 before the first run."""
        return self._view.board.life.last_beat_ns if self._view and self._view.board else 0

    def grid(self) -> Surface | None:
        """The newest output surface."""
        return self._view.grid() if self._view else None

    def pictures(self) -> Pictures | None:
        """The newest pictures of the nodes that `watch_tiles` asked for."""
        return self._view.board[TILES].read() if self._view and self._view.board else None

    def parameters(self, *, best: bool = False) -> dict[str, Array]:
        """Copies of all weights as of the last whole copy of the state, or of the best epoch; empty before there is any."""
        return self._view.tensors(("parameters",), best=best) if self._view else {}

    def export_weights(self, *, best: bool = False, averaged: bool | None = None) -> dict[str, Array]:
        """Weights and running statistics by name, as a file of weights needs them.

        averaged: their means, where there are any, or not; None: as the run evaluates.
        """
        return self._view.weights(best=best, averaged=averaged) if self._view else {}

    def weight_sets(self) -> WeightSets:
        """Every set of weights of the run; none before there is any."""
        return self._view.weight_sets() if self._view else WeightSets()

    def optimizer_state(self, *, best: bool = False) -> OptimizerState | None:
        """Slots, numbers and steps of the optimizer as of the last whole copy of the state, or of the best epoch; None before any."""
        return self._view.optimizer_state(best=best) if self._view else None

    def live(self, group: str) -> dict[str, Array]:
        """The arena's own tensors of a group of the layout ("parameters", "gradients", "slots", "statistics"), as they change.

        Read-only views without a copy: numbers of two steps may stand beside each other. Empty before the first run.
        """
        return self._view.live(group) if self._view else {}

    def state_copy(self) -> tuple[dict[str, Any], bytes] | None:
        """The last whole copy of the state and the loop's memory beside it; what `resume` goes on from."""
        return self._view.board.resume.read() if self._view and self._view.board else None
