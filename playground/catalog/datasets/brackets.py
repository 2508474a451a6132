"""Brackets: which of them are open, and whether all are closed in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from playground.core.fields import choice, real, whole
from playground.core.registry import register
from playground.core.samples import NO_CLASS, Samples
from playground.core.spec import Dataset
from playground.data.toys import generator
from playground.words import sentence

#: Token of each bracket in the order of `SIGNS`; 0 is padding, odd tokens open and the next one closes.
SIGNS = "()[]{}"


@register("brackets", title="Brackets", group="Data", icon="data_brackets", tail="token sequences")
class Brackets(Dataset):
    """Rows of brackets of one to three kinds; to be told is whether they close in order, or how deep each step is.

    Shapes: inputs (samples, steps) tokens; targets (samples,) class numbers, or (samples, steps) depths as class numbers.
    Tokens: 0 is padding, then ( ) [ ] { }. Rows have any even number of brackets up to the longest and are padded behind; the
    layers are told how long each one is. By default every second row is a word of the Dyck language, drawn by a walk that opens and closes at
    even odds as far as that may be; in a broken one two brackets have changed places, so that counting the signs does not help. For
    the depth at each step all rows are whole.
    """

    formula = "word → ε | ( word ) word | [ word ] word | { word } word;  depth[t] = opened - closed up to t"
    source = "N. Chomsky and M.-P. Schützenberger, The algebraic theory of context-free languages, 1963"
    examples = (
        ("balanced", {"samples": 60}, ((60, 20), (60,))),
        ("depth", {"samples": 50, "steps": 12, "answer": "depth"}, ((50, 12), (50, 12))),
        ("one kind", {"samples": 31, "steps": 4, "kinds": 1}, ((31, 4), (31,))),
        ("shallow", {"samples": 40, "steps": 10, "answer": "depth", "deepest": 1}, ((40, 10), (40, 10))),
    )

    samples: int = whole(4000, low=20, high=200_000, log=True, help="Rows in all.")
    steps: int = whole(
        20, low=2, high=1000, log=True, help="Brackets in the longest row; an odd number leaves its last step empty."
    )
    kinds: int = whole(3, low=1, high=3, help="Kinds of brackets: round, square, curly.")
    deepest: int = whole(8, low=1, high=64, help="How many brackets may be open at once.")
    answer: str = choice(
        "balanced",
        {"balanced": "Whether all are closed in order.", "depth": "How many are open after each step."},
        help="What is to be predicted.",
    )
    broken: float = real(
        0.5, low=0.1, high=0.9, when=("answer", "balanced"), help="Share of the rows that are not closed in order."
    )
    seed: int = whole(0, help="Decides the rows.")

    def load(self, folder: Path | None = None) -> Samples:
        rng = generator(self.seed)
        lengths = 2 * rng.integers(1, self.steps // 2 + 1, self.samples)
        tokens, depth = _words(rng, lengths, self.steps, self.kinds, self.deepest)
        words: dict[str, Any] = {"tokens": 2 * self.kinds + 1, "token_names": ("·", *SIGNS[: 2 * self.kinds])}
        if self.answer == "depth":
            y = np.where(np.arange(self.steps) < lengths[:, None], depth, NO_CLASS)
            names = tuple(f"{level} open" for level in range(int(depth.max()) + 1))
            return Samples(tokens.astype(np.float32), y, "classification", names, lengths=lengths, **words)
        bad = np.arange(self.samples) < round(self.samples * self.broken)
        rng.shuffle(bad)
        tokens[bad] = _broken(rng, tokens[bad], lengths[bad], self.kinds)
        y = (~bad).astype(np.int64)
        return Samples(
            tokens.astype(np.float32), y, "classification", (sentence("broken"), sentence("balanced")), lengths=lengths, **words
        )


def _words(rng: np.random.Generator, lengths: np.ndarray, steps: int, kinds: int, deepest: int) -> tuple[np.ndarray, np.ndarray]:
    """Words of the Dyck language and the depth after each step; 0 behind their lengths. Shapes: both (n, steps) int64."""
    n = len(lengths)
    tokens, depths = np.zeros((n, steps), np.int64), np.zeros((n, steps), np.int64)
    stack, depth, rows = np.zeros((n, deepest + 1), np.int64), np.zeros(n, np.int64), np.arange(n)
    for t in range(steps):
        left = lengths - t
        opens = (rng.random(n) < 0.5) | (depth == 0)
        opens &= (depth < left) & (depth < deepest)
        kind = rng.integers(0, kinds, n)
        inside = left > 0
        last = stack[rows, np.maximum(depth - 1, 0)]
        tokens[:, t] = np.where(inside, np.where(opens, 2 * kind + 1, 2 * last + 2), 0)
        stack[rows[opens], depth[opens]] = kind[opens]
        depth = np.where(inside, depth + np.where(opens, 1, -1), depth)
        depths[:, t] = np.where(inside, depth, 0)
    return tokens, depths


def _broken(rng: np.random.Generator, tokens: np.ndarray, lengths: np.ndarray, kinds: int) -> np.ndarray:
    """Words with two brackets exchanged; one bracket replaced where several exchanges left a word. Shapes: (n, steps) -> the same."""
    found, rows = tokens.copy(), np.arange(len(tokens))
    whole = np.ones(len(tokens), bool)
    for _ in range(8):
        first, second = ((rng.random(len(tokens)) * lengths).astype(np.int64) for _ in range(2))
        swapped = tokens.copy()
        swapped[rows, first], swapped[rows, second] = tokens[rows, second], tokens[rows, first]
        found[whole] = swapped[whole]
        whole = balanced(found, lengths)
        if not whole.any():
            return found
    at = (rng.random(len(tokens)) * lengths).astype(np.int64)
    other = (found[rows, at] - 1 + rng.integers(1, 2 * kinds, len(tokens))) % (2 * kinds) + 1
    # A word in which one bracket is another one is never a word: its count or its partner no longer fits.
    found[rows[whole], at[whole]] = other[whole]
    return found


def balanced(tokens: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Whether each row is closed in order. Shapes: tokens (n, steps), lengths (n,) -> (n,) bool."""
    n, steps = tokens.shape
    stack, depth, rows, fine = np.zeros((n, steps + 1), np.int64), np.zeros(n, np.int64), np.arange(n), np.ones(n, bool)
    for t in range(steps):
        inside, opens, kind = t < lengths, tokens[:, t] % 2 == 1, (tokens[:, t] - 1) // 2
        closes = inside & ~opens
        fine &= ~closes | ((depth > 0) & (stack[rows, np.maximum(depth - 1, 0)] == kind))
        opened = rows[inside & opens]
        stack[opened, depth[opened]] = kind[opened]
        depth = np.maximum(depth + np.where(inside, np.where(opens, 1, -1), 0), 0)
    return np.asarray(fine & (depth == 0))
