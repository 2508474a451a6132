"""Samples: what every data source gives, before any split."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Samples:
    """Inputs and targets in memory.

    Shapes: x (n, *sample) float32; y (n,) int64 class indices for classification, (n, k) float32 for regression.
    class_names: for classification, one for each class.  feature_names: for rank-1 samples, one for each input.
    target_names: for regression, one for each target.  notes: sentences about rows left out, encodings guessed and the like.
    weights: what each sample counts in the loss, (n,) float32, or None for all alike.
    lengths: for sequences (n, steps, ...), how many steps of each sample are there, (n,) int64; the rest is padding. None: all.
    tokens: inputs are whole numbers 0 … tokens - 1 (a vocabulary), never scaled; 0 for other inputs.
    """

    x: np.ndarray
    y: np.ndarray
    task: str
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    weights: np.ndarray | None = None
    lengths: np.ndarray | None = None
    tokens: int = 0

    @property
    def count(self) -> int:
        return len(self.x)

    @property
    def shape(self) -> tuple[int, ...]:
        """One sample's shape."""
        return tuple(self.x.shape[1:])

    @property
    def classes(self) -> int:
        """Number of classes; 0 for regression."""
        return len(self.class_names) if self.task == "classification" else 0

    @property
    def target_shape(self) -> tuple[int, ...]:
        """One target's shape: () for a class index."""
        return tuple(self.y.shape[1:])
