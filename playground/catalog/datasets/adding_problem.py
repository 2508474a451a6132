"""The adding problem: two marked numbers in a long sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.fields import choice, flag, whole
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.toys import generator
from playground.words import sentence


@register("adding_problem", title="Adding problem", group="Data", icon="data_adding", tail="sequences, 2 inputs")
class AddingProblem(Dataset):
    """Sequences of random numbers of which two are marked; the answer depends on the sum of these two alone.

    Shapes: inputs (samples, steps, 2); targets (samples,) class numbers, or (samples, 1) sums.
    A classic test of memory: the first mark stands in the first half of the sequence, the second in the other half, and all else
    is noise. Each step holds a number in 0 … 1 and its mark, 0 or 1. Sequences of varied length are padded with zeros behind,
    and the layers are told how long each one is.
    """

    formula = "y = x[i] + x[j], or whether that is above 1; i and j are the marked steps"
    source = "S. Hochreiter and J. Schmidhuber, Long short-term memory, 1997, section 5.4"
    examples = (
        ("plain", {"samples": 40}, ((40, 100, 2), (40,))),
        ("sum", {"samples": 33, "steps": 7, "answer": "sum"}, ((33, 7, 2), (33, 1))),
        ("varied", {"samples": 25, "steps": 11, "varied": True}, ((25, 11, 2), (25,))),
    )

    samples: int = whole(4000, low=20, high=200_000, log=True, help="Sequences in all.")
    steps: int = whole(100, low=2, high=2000, log=True, help="Steps of the longest sequence.")
    answer: str = choice(
        "class",
        {"class": "Whether the sum of the two is above 1.", "sum": "The sum itself."},
        help="What is to be predicted.",
    )
    varied: bool = flag(False, label="Varied length", help="Sequences of half to the full number of steps, padded behind.")
    seed: int = whole(0, help="Decides the numbers and the marks.")

    def load(self, folder: Path | None = None) -> Samples:
        rng, n = generator(self.seed), self.samples
        shortest = max(2, self.steps // 2)
        lengths = rng.integers(shortest, self.steps + 1, n) if self.varied else np.full(n, self.steps)
        numbers = rng.random((n, self.steps), dtype=np.float32)
        half = lengths // 2
        first = (rng.random(n) * half).astype(np.int64)
        second = half + (rng.random(n) * (lengths - half)).astype(np.int64)
        marks = np.zeros((n, self.steps), np.float32)
        rows = np.arange(n)
        marks[rows, first] = marks[rows, second] = 1.0
        total = numbers[rows, first] + numbers[rows, second]
        x = np.stack([numbers, marks], axis=-1)
        x[np.arange(self.steps) >= lengths[:, None]] = 0.0
        kept = lengths.astype(np.int64) if self.varied else None
        names = ("number", "mark")
        if self.answer == "sum":
            return Samples(x, total[:, None], "regression", (), names, ("sum",), lengths=kept)
        return Samples(
            x, (total > 1.0).astype(np.int64), "classification", (sentence("at most 1"), sentence("above 1")), names, lengths=kept
        )
