"""From histograms over time to the shades of a picture: which bin lies at which pixel. No widget."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from PySide6.QtGui import QColor

from playground.training.areas.histograms import BINS
from playground.training.layer_history import Histograms
from playground.training.spread import DECADES
from playground.ui.plots.axis import Axis

_HALF = BINS // 2
#: The last row is drawn as wide as the distance between rows usually is, and no row wider than so many of those.
_WIDEST = 4.0


@dataclasses.dataclass(frozen=True)
class Scale:
    """Values along the height of a strip. signed: `most` at both ends and logarithmic towards 0, which has a band of its own."""

    low: float = 0.0
    high: float = 1.0
    signed: bool = False

    @classmethod
    def of(cls, found: Histograms, *, signed: bool) -> Scale:
        """Holds every value of some histograms."""
        low, high = float(np.min(found.low, initial=np.inf)), float(np.max(found.high, initial=-np.inf))
        if not (math.isfinite(low) and math.isfinite(high)):
            low, high = -1.0, 1.0
        if signed:
            most = max(abs(low), abs(high)) or 1.0
            return cls(-most, most, True)
        return cls(low, high) if high > low else cls(low - 0.5, high + 0.5)

    def value(self, part: float) -> float:
        """At a part of the height, 0 to 1 from the foot."""
        return float(self.values(np.array([part]))[0])

    def values(self, parts: np.ndarray) -> np.ndarray:
        """`value` of many. Shapes: (n,)."""
        if not self.signed:
            return np.asarray(self.low + parts * (self.high - self.low))
        t = 2 * parts - 1
        far = np.abs(t) * _HALF
        inner = far * 10.0**-DECADES
        outer = 10.0 ** (DECADES * (np.maximum(far, 1.0) - 1) / (_HALF - 1) - DECADES)
        return np.asarray(np.sign(t) * self.high * np.where(far < 1, inner, outer))

    def part(self, value: float) -> float:
        """The inverse of `value`."""
        if not self.signed:
            return (value - self.low) / (self.high - self.low)
        size = abs(value) / self.high
        far = size * 10.0**DECADES if size < 10.0**-DECADES else 1 + (_HALF - 1) * (math.log10(size) / DECADES + 1)
        return 0.5 + math.copysign(0.5 * far / _HALF, value)

    def ticks(self, most: int) -> list[float]:
        """Round values, at most about so many."""
        if not self.signed:
            return Axis(self.low, self.high).ticks(most)
        top = math.floor(math.log10(self.high) + 1e-9)
        every = max(1, math.ceil(2 * DECADES / max(most - 1, 1)))
        powers = [10.0**power for power in range(top, top - DECADES, -every)]
        return [-v for v in powers] + [0.0] + powers[::-1]


def columns(steps: np.ndarray, across: Axis, width: int) -> np.ndarray:
    """The row that is drawn in every pixel column, -1 for none. Shapes: (n,) -> (width,)."""
    if not len(steps):
        return np.full(width, -1)
    at = across.low + (np.arange(width) + 0.5) / width * (across.high - across.low)
    row = np.searchsorted(steps, at, side="right") - 1
    usual = float(np.median(np.diff(steps))) if len(steps) > 1 else 0.0
    pixel = (across.high - across.low) / width
    last = at > float(steps[-1]) + max(usual, 3 * pixel)
    gap = at - steps[np.maximum(row, 0)] > max(_WIDEST * usual, 3 * pixel) if len(steps) > 2 else np.zeros(width, bool)
    return np.where((row < 0) | last | (gap & (row == len(steps) - 1)), -1, row)


def bins(found: Histograms, rows: np.ndarray, values: np.ndarray, *, signed: bool) -> np.ndarray:
    """The bin in which each value lies in each row, -1 outside. Shapes: rows (r,), values (h,) -> (r, h)."""
    low, high = found.low[rows].astype(float)[:, None], found.high[rows].astype(float)[:, None]
    v = values[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        if signed:
            most = np.maximum(np.abs(low), np.abs(high))
            most = np.where(most > 0, most, 1.0)
            size = np.abs(v) / most
            k = np.where(size < 10.0**-DECADES, 0, 1 + np.floor((np.log10(size) / DECADES + 1) * (_HALF - 1)))
            k = np.where(size == 1.0, _HALF - 1, k)
            return np.where(k >= _HALF, -1, np.where(v >= 0, _HALF + k, _HALF - 1 - k)).astype(np.int64)
        apart = np.abs(values[1] - values[0]) if len(values) > 1 else 1.0
        wide = high - low
        same = wide <= 0
        place = np.where(
            same, np.where(np.abs(v - low) <= 0.75 * apart, _HALF, -1.0), np.floor((v - low) / np.where(same, 1.0, wide) * BINS)
        )
        # What lies between two pixels is drawn at the next one.
        place = np.where(~same & (place == BINS) & (v - high <= 0.5 * apart), BINS - 1, place)
        place = np.where(~same & (place == -1) & (low - v <= 0.5 * apart), 0, place)
    return np.where((place < 0) | (place >= BINS), -1, place).astype(np.int64)


def shades(found: Histograms, scale: Scale, across: Axis, up: Axis, width: int, height: int) -> np.ndarray:
    """How full the bin at every pixel is, 0 to 255 by the square root of its share of the fullest bin of its step. Shapes: (height, width) uint8."""
    row_of = columns(found.steps, across, width)
    rows = np.unique(row_of[row_of >= 0])
    codes = np.zeros((height, width), np.uint8)
    if not len(rows):
        return codes
    parts = up.low + (1 - (np.arange(height) + 0.5) / height) * (up.high - up.low)
    at = bins(found, rows, scale.values(parts), signed=scale.signed)
    counts = (found.signed if scale.signed else found.even)[rows].astype(float)
    full = np.sqrt(counts / np.maximum(counts.max(axis=1, keepdims=True), 1))
    picked = np.where(at >= 0, np.take_along_axis(full, np.maximum(at, 0), axis=1), 0.0)
    lines = np.rint(255 * picked).astype(np.uint8)
    shown = row_of >= 0
    codes[:, shown] = lines[np.searchsorted(rows, row_of[shown])].T
    return codes


def colours(ground: QColor, ink: QColor, top: QColor) -> np.ndarray:
    """256 colours from the ground over the ink, and a little towards the colour of text at the end. Shapes: (256,) uint32."""
    ends = np.array([[c.red(), c.green(), c.blue()] for c in (ground, ink, top)], float)
    t = np.linspace(0, 1, 256)[:, None]
    lower, upper = np.minimum(t / 0.75, 1.0), np.maximum((t - 0.75) / 0.25, 0.0) * 0.7
    mixed = ends[0] + lower * (ends[1] - ends[0])
    mixed = np.rint(mixed + upper * (ends[2] - mixed)).astype(np.uint32)
    return np.asarray(0xFF000000 | mixed[:, 0] << 16 | mixed[:, 1] << 8 | mixed[:, 2], np.uint32)
