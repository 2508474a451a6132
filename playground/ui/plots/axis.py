"""Axes: where a value lies between two ends, round ticks, and their words. No Qt."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np

from playground.words import say

_TINY = 1e-300
#: A logarithmic axis shows no more than so many powers of ten below its greatest value: what lies deeper is rounding.
DECADES = 12
#: It ends at these powers of ten, where the numbers of the machine do.
POWERS = 300
#: What lies closer, in proportion, is one number in single precision.
SINGLE = 3e-7


@dataclasses.dataclass(frozen=True)
class Axis:
    """A linear or logarithmic scale from low to high, both in the unit of the data."""

    low: float = 0.0
    high: float = 1.0
    log: bool = False

    def place(self, values: np.ndarray | float) -> np.ndarray:
        """0 at low, 1 at high. Not finite where the value is not; a logarithmic axis puts zero and less far below."""
        values = np.asarray(values, float)
        if not self.log:
            return np.asarray((values - self.low) / (self.high - self.low))
        scaled = np.log10(np.maximum(values, _TINY))  # of which the greater is not a number where one of them is none
        return np.asarray((scaled - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low)))

    def place_one(self, value: float) -> float:
        """`place` for one number, without the cost of an array."""
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        scaled = value if math.isnan(value) else math.log10(max(value, _TINY))
        return (scaled - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))

    def value(self, part: float) -> float:
        """The inverse of `place`."""
        if not self.log:
            return self.low + part * (self.high - self.low)
        power = math.log10(self.low) + part * (math.log10(self.high) - math.log10(self.low))
        return float(10.0 ** min(max(power, -POWERS), POWERS))

    def ticks(self, most: int) -> list[float]:
        """At most `most` round values within the ends."""
        return self._log_ticks(most) if self.log else self._linear_ticks(most)

    def _linear_ticks(self, most: int) -> list[float]:
        span = self.high - self.low
        if not (math.isfinite(span) and span > 0):
            return []
        power = 10.0 ** math.floor(math.log10(span / max(most, 1)))
        for step in (power * m for m in (1, 2, 2.5, 5, 10, 20)):
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            if last - first < max(most, 2):
                break
        return [float(f"{k * step:.12g}") for k in range(first, last + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        low, high = math.log10(self.low), math.log10(self.high)
        for parts in ((1, 2, 3, 5), (1, 3), (1,)):
            found = [m * 10.0**d for d in range(math.floor(low), math.floor(high) + 1) for m in parts]
            found = [v for v in found if low - 1e-9 <= math.log10(v) <= high + 1e-9]
            if len(found) <= most:
                break
        while len(found) > most:
            found = found[::2]
        return found if len(found) > 1 else self._linear_ticks(most)


def around(arrays: Iterable[np.ndarray], log: bool = False, pad: float = 0.06) -> Axis | None:
    """An axis that holds all finite values with some room; None when there are none."""
    kept, ends = [], []
    for values in arrays:
        good = values
        low, high = (float(values.min()), float(values.max())) if len(values) else (math.nan, math.nan)
        if not (math.isfinite(low) and math.isfinite(high) and (low > 0 or not log)):  # most often all values are fit to be shown
            good = values[np.isfinite(values) & (values > 0)] if log else values[np.isfinite(values)]
            low, high = (float(good.min()), float(good.max())) if len(good) else (math.nan, math.nan)
        if len(good):
            kept.append(good)
            ends += [low, high]
    if not kept:
        return None
    low, high = min(ends), max(ends)
    if log:
        low, high = math.log10(low), math.log10(high)
    if log and high - low > DECADES:  # a run that blew up leaves at the top; what came before stays readable
        middle = float(np.median(np.log10(np.concatenate(kept))))
        low, high = max(low, middle - DECADES / 2), min(high, middle + DECADES / 2)
    alike = SINGLE if log else max(1e-12 * max(1.0, abs(high)), SINGLE * max(abs(low), abs(high)))
    if high - low < alike:
        half = 0.15 if log else 0.1 * abs(high) or 1.0
        low, high = low - half, high + half
    room = pad * (high - low)
    low, high = low - room, high + room
    return Axis(max(10.0**low, 1e-300), min(10.0**high, 1e300), True) if log else Axis(low, high)


def short(value: float) -> str:
    """A tick or a readout in a few characters: 1,250, 0.03, 2e-5."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else say("not finite") if math.isnan(value) else "∞" if value > 0 else "−∞"
    if abs(value) >= 1e6 or abs(value) < 0.9995e-3:  # what rounds to 0.001 is said so
        mantissa, power = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}".replace("-", "−", int(value < 0))
    if abs(value) >= 999.5:  # what rounds to 1,000
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")


def measured(value: float) -> str:
    """A result in three figures, zeros at its end too, so that those below one another end alike: 0.670, 1.20, 2e-5."""
    return f"{value:#.3g}".rstrip(".").replace("-", "−") if 0.9995e-3 <= abs(value) < 999.5 else short(value)


def apiece(values: Sequence[float]) -> list[str]:
    """The words of some ticks, as short as `short` has them where these differ, else with as many digits as tell them apart."""
    found = [short(value) for value in values]
    for digits in range(4, 13):
        if len(set(found)) == len(set(values)):
            break
        found = [f"{value:.{digits}g}".replace("-", "−") for value in values]
    return found


def evenly(values: Sequence[float]) -> list[str]:
    """The words of an axis' ends, with one number of decimals where none is written with a power."""
    found = [short(value) for value in values]
    if any("e" in text or "∞" in text or not math.isfinite(value) for text, value in zip(found, values, strict=True)):
        return found
    decimals = max(len(text.partition(".")[2]) for text in found)
    return [f"{value:,.{decimals}f}".replace("-", "−") if value else "0" for value in values]
