"""What comes of a pass over samples: everything that the network gives, and the losses of its batches as one number for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from playground.engine.graph import Graph
from playground.engine.registers import HEAD_LOSSES, HEAD_WEIGHTS, RING_COLUMNS


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """loss: mean over the split.  outputs: what the first loss judges, (n, *output).  heads: everything the graph gives, the same for
    every loss first.  losses, weights: of every loss its mean, and what the samples or steps weighed in it (their number where they
    count alike).
    """

    loss: float
    outputs: np.ndarray
    heads: tuple[np.ndarray, ...] = ()
    losses: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()


def nothing(shapes: Sequence[tuple[int, ...]], losses: int) -> Evaluated:
    """A pass over no samples. shapes: of what the graph gives."""
    empty = tuple(np.empty((0, *shape), np.float32) for shape in shapes)
    none = (float("nan"),) * losses
    return Evaluated(none[0], empty[0], empty, none, (0.0,) * losses)


class Tally:
    """Adds up the losses of a graph. columns: what a pass's ring needs for them.

    weighted: whether the rows of each loss have weights of their own.  one_weighing: whether those of all losses have the same, so that
    batches can be gathered by what they weigh.
    """

    def __init__(self, graph: Graph) -> None:
        self.losses = len(graph.losses)
        self.columns = RING_COLUMNS + HEAD_WEIGHTS - HEAD_LOSSES + max(self.losses, 1)
        made = {node.output: node for node in graph.nodes}
        judges = [made[loss] for loss in graph.losses]
        self.weighted = tuple(bool(node.attributes.get("weighted")) for node in judges) or (False,)
        self.one_weighing = bool(judges) and all(self.weighted) and len({node.inputs[2] for node in judges}) == 1
        self._shares = made[graph.loss].attributes["weights"] if self.losses > 1 and graph.loss is not None else ()

    def of_ring(self, ring: np.ndarray, heads: tuple[np.ndarray, ...], knobs: np.ndarray) -> Evaluated:
        """From what the runner wrote of every batch. Shapes: ring (batches, columns), in float64."""
        losses = ring[:, RING_COLUMNS : RING_COLUMNS + self.losses] if self.losses > 1 else ring[:, :1]
        weights = ring[:, RING_COLUMNS + HEAD_WEIGHTS - HEAD_LOSSES :].copy()
        weights[:, [at for at, weighted in enumerate(self.weighted) if not weighted]] = ring[:, 3:4]
        return self._judged(heads, losses, weights, knobs)

    def joined(self, parts: Sequence[Evaluated], knobs: np.ndarray) -> Evaluated:
        """Passes over parts of the samples, one after the other, as one."""
        heads = tuple(np.concatenate(pieces) for pieces in zip(*(one.heads for one in parts), strict=True))
        return self._judged(heads, np.array([one.losses for one in parts]), np.array([one.weights for one in parts]), knobs)

    def _judged(self, heads: tuple[np.ndarray, ...], losses: np.ndarray, weights: np.ndarray, knobs: np.ndarray) -> Evaluated:
        """Means over some batches, each by what its rows weigh in the loss. Shapes: losses, weights (batches, losses)."""
        totals = weights.sum(axis=0)
        sums = np.where(weights == 0, 0.0, losses * weights).sum(axis=0)
        means = np.where(totals == 0, 0.0, sums / np.where(totals == 0, 1.0, totals))
        total = float(means @ self._counts(knobs)) if len(means) > 1 else float(means[0])
        return Evaluated(total, heads[0], heads, tuple(means.tolist()), tuple(totals.tolist()))

    def _counts(self, knobs: np.ndarray) -> np.ndarray:
        """What each of several losses counts now. Shapes: (losses,)."""
        places = [getattr(weight, "index", None) for weight in self._shares]
        return np.array([float(w if at is None else knobs[at]) for w, at in zip(self._shares, places, strict=True)])
