"""A small arena for tests of single kernels: named arrays placed one after the other, instructions run on them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from playground.engine import jit
from playground.engine.convolutions import Image
from playground.engine.emit import Instruction
from playground.engine.registers import PARAMETERS, WIDTH

#: Between arrays, so that a number written beside its array shows.
GUARD = 16
MARK = np.float32(-777.25)


class Bench:
    """Arrays by name in one block. Everything between them holds MARK, and `run` checks that it still does."""

    def __init__(self, **shapes: tuple[int, ...]) -> None:
        self.shapes, self.places, at = shapes, {}, PARAMETERS + GUARD
        for name, shape in shapes.items():
            self.places[name] = at
            at += -(-int(np.prod(shape, dtype=int)) // 16) * 16 + GUARD
        raw = np.zeros(at + 16, np.float32)
        start = (-raw.ctypes.data // 4) % 16
        self.F = raw[start : start + at]
        self.R = self.F.view(np.int64)
        self.k = np.zeros(64, np.float32)
        self.F[PARAMETERS:] = MARK
        self.free = np.ones(len(self.F), bool)
        self.free[:PARAMETERS] = False
        for name in shapes:
            self[name][...] = 0.0
            self.free[self.places[name] : self.places[name] + self[name].size] = False

    def __getitem__(self, name: str) -> np.ndarray:
        shape, at = self.shapes[name], self.places[name]
        return self.F[at : at + int(np.prod(shape, dtype=int))].reshape(shape)

    def __setitem__(self, name: str, value: object) -> None:
        self[name][...] = value

    def at(self, name: str) -> int:
        return self.places[name]

    def image(self, name: str, halo: tuple[int, int] = (0, 0)) -> Image:
        """An array (n, height, width, channels) that includes its halo, by its first interior number."""
        _, height, width, channels = self.shapes[name]
        pitch = width * channels
        return Image(self.at(name) + halo[0] * pitch + halo[1] * channels, pitch, height * pitch)

    def run(self, instructions: Iterable[Instruction]) -> None:
        for name, *words in instructions:
            w = np.zeros(WIDTH, np.int64)
            w[: len(words)] = words
            jit.compiled(str(name))(self.F, self.R, w, self.k)
        assert (self.F[self.free] == MARK).all(), "a kernel wrote outside its operands"


def error(got: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference, as a fraction of the largest expected value."""
    if expected.size == 0:
        return 0.0
    return float(np.abs(got - expected).max() / max(float(np.abs(expected).max()), 1e-30))
