"""Settings that are numbers: one, or a few in a row."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Iterator
from typing import Any

from playground.core.fields.base import Field, found, in_short, is_finite
from playground.errors import BadValue
from playground.words import sentence


@dataclasses.dataclass(frozen=True, kw_only=True)
class Real(Field):
    """A finite number from low to high. log: sliders move geometrically. off: the word for `low` when it means "not used"."""

    low: float = -math.inf
    high: float = math.inf
    log: bool = False
    off: str = ""

    def check(self, name: str, value: Any) -> float:
        if not is_finite(value) or not self.low <= value <= self.high:
            raise BadValue(
                sentence(
                    "{title} must lie in {low} to {high}; {shown} was given.",
                    title=self.title(name),
                    low=f"{self.low:g}",
                    high=f"{self.high:g}",
                    shown=in_short(value),
                )
            )
        return float(value) + 0.0  # minus zero is zero

    def nearest(self, value: Any) -> float | None:
        return float(max(self.low, min(self.high, value))) if is_finite(value) else None

    def wrong(self) -> Iterator[Any]:
        yield from (None, "1", True, math.nan, math.inf)
        if math.isfinite(self.low):
            yield self.low - 1
        if math.isfinite(self.high):
            yield self.high * 2 + 1

    def some(self, rng: random.Random) -> float:
        low = max(self.low, min(0.1, self.high))
        return rng.uniform(low, max(low, min(self.high, 1.0)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Whole(Field):
    """A whole number from low to high."""

    low: int = 0
    high: int = 2**31 - 1
    log: bool = False
    off: str = ""

    def check(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise BadValue(
                sentence(
                    "{title} must be a whole number in {low} to {high}; {shown} was given.",
                    title=self.title(name),
                    low=self.low,
                    high=self.high,
                    shown=in_short(value),
                )
            )
        return value

    def nearest(self, value: Any) -> int | None:
        return max(self.low, min(self.high, round(value))) if is_finite(value) else None

    def wrong(self) -> Iterator[Any]:
        yield from (None, "1", True, 1.5, self.low - 1, self.high + 1)

    def some(self, rng: random.Random) -> int:
        return min(self.high, max(self.low, rng.choice([1, 2, 3, 4, 6, 9, 17])))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Size(Field):
    """A pair of whole numbers, height and width."""

    low: int = 1
    high: int = 4096

    def check(self, name: str, value: Any) -> tuple[int, int]:
        pair = isinstance(value, tuple | list) and len(value) == 2
        if not pair or not all(isinstance(n, int) and not isinstance(n, bool) and self.low <= n <= self.high for n in value):
            raise BadValue(
                sentence(
                    "{title} must be two whole numbers in {low} to {high}; {shown} was given.",
                    title=self.title(name),
                    low=self.low,
                    high=self.high,
                    shown=in_short(value),
                )
            )
        return (value[0], value[1])

    def nearest(self, value: Any) -> tuple[int, int] | None:
        if not isinstance(value, tuple | list) or len(value) != 2 or not all(map(is_finite, value)):
            return None
        down, across = (max(self.low, min(self.high, round(n))) for n in value)
        return down, across

    def wrong(self) -> Iterator[Any]:
        yield from (None, 3, (1,), (1.5, 2), (self.low - 1, self.low), (self.low, self.high + 1))

    def dump(self, value: Any) -> Any:
        return list(value)

    def some(self, rng: random.Random) -> tuple[int, int]:
        return (max(self.low, rng.randint(1, 3)), max(self.low, rng.randint(1, 3)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wholes(Field):
    """A short list of whole numbers, such as the extents of a reshape. between: what is shown between two of them."""

    low: int = 1
    high: int = 2**31 - 1
    most: int = 8
    between: str = "×"

    def check(self, name: str, value: Any) -> tuple[int, ...]:
        counted = isinstance(value, tuple | list) and 1 <= len(value) <= self.most
        if not counted or not all(map(self._fits, value)):
            raise BadValue(
                sentence(
                    "{title} must be 1 to {most} whole numbers in {low} to {high}; {found}",
                    title=self.title(name),
                    most=self.most,
                    low=self.low,
                    high=self.high,
                    found=found(value, self._fits, counted),
                )
            )
        return tuple(value)

    def nearest(self, value: Any) -> tuple[int, ...] | None:
        if not isinstance(value, tuple | list) or not value or not all(map(is_finite, value)):
            return None
        return tuple(max(self.low, min(self.high, round(n))) for n in value[: self.most])

    def _fits(self, number: Any) -> bool:
        return isinstance(number, int) and not isinstance(number, bool) and self.low <= number <= self.high

    def wrong(self) -> Iterator[Any]:
        yield from (None, 3, (), (1.5,), (self.low - 1,), (1,) * (self.most + 1))

    def dump(self, value: Any) -> Any:
        return list(value)

    def some(self, rng: random.Random) -> tuple[int, ...]:
        chosen = rng.choice([(0,), (0, 1), (0, 2, 1), (2, 0, 3)])[: self.most]
        return tuple(min(self.high, max(self.low, n)) for n in chosen)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reals(Field):
    """A short list of finite numbers, such as one weight for each class. off: the word for an empty list, shown in its place."""

    low: float = -math.inf
    high: float = math.inf
    least: int = 0
    most: int = 8
    off: str = "none"

    def check(self, name: str, value: Any) -> tuple[float, ...]:
        counted = isinstance(value, tuple | list) and self.least <= len(value) <= self.most
        if not counted or not all(map(self._fits, value)):
            raise BadValue(
                sentence(
                    "{title} must be {least} to {most} numbers in {low} to {high}; {found}",
                    title=self.title(name),
                    least=self.least,
                    most=self.most,
                    low=f"{self.low:g}",
                    high=f"{self.high:g}",
                    found=found(value, self._fits, counted),
                )
            )
        return tuple(float(n) + 0.0 for n in value)

    def nearest(self, value: Any) -> tuple[float, ...] | None:
        if not isinstance(value, tuple | list) or len(value) < self.least or not all(map(is_finite, value)):
            return None
        return tuple(float(max(self.low, min(self.high, n))) for n in value[: self.most])

    def _fits(self, number: Any) -> bool:
        return is_finite(number) and self.low <= number <= self.high

    def wrong(self) -> Iterator[Any]:
        yield from (None, 3, "1", ("1",), (True,), (math.nan,), (math.inf,), (1.0,) * (self.most + 1))
        if self.least:
            yield ()
        if math.isfinite(self.low):
            yield (self.low - 1,)
        if math.isfinite(self.high):
            yield (self.high * 2 + 1,)

    def dump(self, value: Any) -> Any:
        return list(value)

    def some(self, rng: random.Random) -> tuple[float, ...]:
        low = max(self.low, min(0.1, self.high))
        return tuple(rng.uniform(low, max(low, min(self.high, 1.0))) for _ in range(rng.randint(self.least, min(self.most, 4))))
