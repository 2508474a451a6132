"""Samples: what every data source gives, before any split."""

from __future__ import annotations

import dataclasses

import numpy as np

#: The class index of a step that has no answer, such as padding; PyTorch's ignore_index.
NO_CLASS = -100


@dataclasses.dataclass(frozen=True)
class Samples:
    """Inputs and targets in memory.

    Shapes: x (n, *sample) float32; y (n,) int64 class indices for classification, or (n, steps) with a class for every step and
    NO_CLASS where there is none, also of fewer steps than the inputs; (n, k) float32 for regression, or
    (n, steps, k) with k values for every step, 0 in the padding.
    class_names: for classification, one for each class.  feature_names: for rank-1 samples, one for each input.
    target_names: for regression, one for each target.  notes: sentences about rows left out, encodings guessed and the like.
    weights: what each sample counts in the loss, (n,) float32, or None for all alike.
    lengths: for sequences (n, steps, ...), how many steps of each sample are there, (n,) int64; the rest is padding. None: all.
    token_names: what each token stands for, or () where they are but numbers.
    reach: every input lies in −reach … reach, and pictures of the inputs show all of that; 0: they end at the samples.
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
    token_names: tuple[str, ...] = ()
    reach: float = 0.0

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

    @property
    def steps(self) -> int:
        """Steps of a sequence, the padding included; 0 where a sample is none."""
        ordered = self.tokens > 0 or self.lengths is not None or len(self.shape) == 2
        return self.shape[0] if ordered and self.shape else 0

    @property
    def per_step(self) -> bool:
        """Whether every step of the answer has a class of its own."""
        return self.task == "classification" and self.y.ndim == 2

    @property
    def aligned(self) -> bool:
        """Whether the answer has as many steps as the inputs, so that each stands beside one of theirs and ends where they do."""
        return self.y.ndim > 1 and self.y.shape[1] == self.steps

    def classes_of(self, index: int) -> np.ndarray:
        """The class indices of the steps of one sample, as far as it goes. Shapes: (steps,) int64."""
        return np.asarray(self.y[index, : self.length(index)] if self.aligned else self.y[index])

    def labels(self) -> np.ndarray:
        """The class indices that there are, without NO_CLASS. Shapes: (labels,) int64."""
        flat = self.y.reshape(-1)
        return flat[flat != NO_CLASS] if self.per_step else flat

    def token_name(self, token: float) -> str:
        """What a token stands for."""
        return self.token_names[int(token)] if int(token) < len(self.token_names) else f"{int(token)}"

    def length(self, index: int) -> int:
        """How many steps of one sample are there."""
        return self.steps if self.lengths is None else int(self.lengths[index])
