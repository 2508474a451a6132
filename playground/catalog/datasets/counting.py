"""Counting: the next number of a row that goes on by equal steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.fields import flag, whole
from playground.core.registry import register
from playground.core.samples import NO_CLASS, Samples
from playground.core.spec import Dataset
from playground.data.toys import generator


@register("counting", title="Counting", group="Data", icon="data_counting", tail="next-token sequences")
class Counting(Dataset):
    """Rows of numbers that go on by equal steps around a circle; at every step the next number is to be told.

    Shapes: inputs (samples, steps) tokens; targets (samples, steps) class numbers.
    The smallest task for a model of language: the answer at step t is the token at t + 1, as in models of text. Each row has a
    start and a step of its own. The first answer can only be guessed; from the second number on, start and step are known, so a
    network that sees what came before can be right at all later steps. A network that sees the present token alone cannot.
    Tokens: the numbers themselves, or, where rows vary in length, the numbers plus one, because 0 is the padding.
    """

    formula = "x[t] = (a + t·d) mod V;  y[t] = x[t + 1]"
    source = (
        "Arithmetic progressions modulo V; next-token prediction: Y. Bengio et al., A neural probabilistic language model, 2003"
    )
    examples = (
        ("plain", {"samples": 200}, ((200, 12), (200, 12))),
        ("varied", {"samples": 90, "steps": 7, "numbers": 5, "varied": True}, ((90, 7), (90, 7))),
        ("two numbers", {"samples": 25, "steps": 3, "numbers": 2}, ((25, 3), (25, 3))),
    )

    samples: int = whole(2000, low=20, high=200_000, log=True, help="Rows in all.")
    steps: int = whole(12, low=2, high=1000, log=True, help="Numbers in the longest row.")
    numbers: int = whole(10, low=2, high=1000, log=True, help="How many different numbers there are; after the last comes 0.")
    largest: int = whole(
        0,
        low=0,
        high=999,
        off="any",
        label="Largest step",
        advanced=True,
        help="Steps are 1 up to this; 0 allows any, standing still too.",
    )
    varied: bool = flag(False, label="Varied length", help="Rows of two numbers up to the longest, padded behind.")
    seed: int = whole(0, help="Decides starts and steps.")

    def load(self, folder: Path | None = None) -> Samples:
        rng, n, v = generator(self.seed), self.samples, self.numbers
        step = rng.integers(1, self.largest + 1, n) if self.largest else rng.integers(0, v, n)
        row = (rng.integers(0, v, n)[:, None] + step[:, None] * np.arange(self.steps + 1)) % v
        names = tuple(map(str, range(v)))
        x, y = row[:, :-1], row[:, 1:].astype(np.int64)
        if not self.varied:
            return Samples(x.astype(np.float32), y, "classification", names, tokens=v)
        lengths = rng.integers(2, self.steps + 1, n)
        there = np.arange(self.steps) < lengths[:, None]
        x, y = np.where(there, x + 1, 0), np.where(there, y, NO_CLASS)
        return Samples(x.astype(np.float32), y, "classification", names, lengths=lengths, tokens=v + 1, token_names=("·", *names))
