"""Points painted by hand, each with its class: the field that holds them."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Iterator
from typing import Any

from playground.core.fields import Field, in_short, is_finite
from playground.errors import BadValue
from playground.words import sentence

#: x, y and the class's number of every point.
Spots = tuple[tuple[float, float, int], ...]
#: Digits that are kept of a coordinate.
DIGITS = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cloud(Field):
    """Points (x, y, class) with x and y from −reach to reach. most: how many.  classes: how many there may be."""

    reach: float = 1.0
    most: int = 4_000
    classes: int = 6

    def check(self, name: str, value: Any) -> Spots:
        """The points in their order, coordinates to four digits. Raises BadValue."""
        if not isinstance(value, tuple | list) or len(value) > self.most:
            given = f"{len(value):,}" if isinstance(value, tuple | list) else in_short(value)
            raise BadValue(
                sentence(
                    "{title} must be at most {most} points [x, y, class]; {given} was given.",
                    title=self.title(name),
                    most=f"{self.most:,}",
                    given=given,
                )
            )
        for at, spot in enumerate(value):
            if not self._fits(spot):
                raise BadValue(
                    sentence(
                        "{title} must be points [x, y, class] with x and y in −{reach} to {reach} and a class in 0 to {last};"
                        " point {at} is {given}.",
                        title=self.title(name),
                        reach=f"{self.reach:g}",
                        last=self.classes - 1,
                        at=at + 1,
                        given=in_short(spot),
                    )
                )
        return tuple((round(float(x), DIGITS), round(float(y), DIGITS), int(k)) for x, y, k in value)

    def _fits(self, spot: Any) -> bool:
        if not isinstance(spot, tuple | list) or len(spot) != 3 or not all(map(is_finite, spot)):
            return False
        x, y, k = spot
        return abs(x) <= self.reach and abs(y) <= self.reach and isinstance(k, int) and 0 <= k < self.classes

    def wrong(self) -> Iterator[Any]:
        yield from (None, 3, "points", ((0.0, 0.0),), ((0.0, 0.0, -1),), ((0.0, 0.0, self.classes),), ((0.0, 0.0, 0.5),))
        yield from (((math.nan, 0.0, 0),), ((0.0, math.inf, 0),), ((self.reach + 0.1, 0.0, 0),), ((0.0, "0", 0),))
        yield ((0.0, 0.0, 0),) * (self.most + 1)

    def dump(self, value: Any) -> Any:
        return [list(spot) for spot in value]

    def some(self, rng: random.Random) -> Spots:
        """A dozen points of two classes."""
        reach = self.reach
        return tuple((round(rng.uniform(-reach, reach), 3), round(rng.uniform(-reach, reach), 3), k % 2) for k in range(12))


def cloud(default: Spots, **k: Any) -> Any:
    """A setting that holds points painted by hand."""
    return dataclasses.field(default=default, metadata={"field": Cloud(**k)})
