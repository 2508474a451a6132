"""Signs of life of the worker."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from playground.training.areas import Area, register


class Life:
    """When it last said that it lives, at which step it stands, and how much memory it has had."""

    def __init__(self, words: npt.NDArray[Any]) -> None:
        self._words = words

    def beat(self, now_ns: int, step: int) -> None:
        """The worker lives and stands at this step."""
        self._words[0], self._words[1] = now_ns, step

    @property
    def last_beat_ns(self) -> int:
        return int(self._words[0])

    @property
    def step(self) -> int:
        return int(self._words[1])

    @property
    def peak_bytes(self) -> int:
        """Most memory the worker has had of its own."""
        return int(self._words[2])

    @peak_bytes.setter
    def peak_bytes(self, value: int) -> None:
        self._words[2] = value

    def clear(self) -> None:
        """The worker lives on when a run begins anew."""


LIFE = register(Area("life", 3, lambda plan: 0, lambda plan, area, words: Life(words)))
