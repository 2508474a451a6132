"""What it costs the worker to be watched."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from playground.training.areas import Area, register


class Costs:
    """Seconds of training, and of measuring for the eyes alone, since the run began. Written by the worker only."""

    def __init__(self, words: npt.NDArray[Any]) -> None:
        self._words = words

    def ran(self, seconds: float) -> None:
        """So long was trained, with the single steps that were measured."""
        self._words[0] += int(1e9 * seconds)

    def watched(self, seconds: float) -> None:
        """So long was measured."""
        self._words[1] += int(1e9 * seconds)

    @property
    def run_seconds(self) -> float:
        return int(self._words[0]) / 1e9

    @property
    def watch_seconds(self) -> float:
        return int(self._words[1]) / 1e9

    def clear(self) -> None:
        self._words[...] = 0


WATCHING = register(Area("watching", 2, lambda plan: 0, lambda plan, area, words: Costs(words)))
