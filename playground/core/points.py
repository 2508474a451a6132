"""Control points of a drawn curve: the field that holds them, and the curves through them. Shapes and sources at each function."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from playground.core.fields import Field, in_short, is_finite
from playground.errors import BadValue
from playground.words import sentence

Pairs = tuple[tuple[float, float], ...]
#: Points nearer to each other than this share of the width would make a curve steeper than numbers can tell.
GAP = 1e-6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Points(Field):
    """Points (x, y) of a curve from left to right, x in 0 to 1, y in low to high; no two at the same x.

    least, most: how many.  curve: the record's method that draws the curve, `curve(points, x)` with shapes (n,) -> (n,).
    log: the record's flag that makes the vertical axis logarithmic, or "".  floor: where that axis begins; less counts as this.
    x_title, y_title: what the axes mean.
    """

    low: float = 0.0
    high: float = 1.0
    least: int = 2
    most: int = 32
    curve: str = ""
    log: str = ""
    floor: float = 1e-4
    x_title: str = "x"
    y_title: str = "y"

    def check(self, name: str, value: Any) -> Pairs:
        """The points sorted from left to right. Raises BadValue."""
        good = isinstance(value, tuple | list) and self.least <= len(value) <= self.most
        good = good and all(isinstance(p, tuple | list) and len(p) == 2 and all(map(is_finite, p)) for p in value)
        if not good or not all(0.0 <= x <= 1.0 and self.low <= y <= self.high for x, y in value):
            raise BadValue(
                sentence(
                    "{title} must be {least} to {most} points [x, y] with x in 0 to 1 and y in {low} to {high}; {short} was given.",
                    title=self.title(name),
                    least=self.least,
                    most=self.most,
                    low=f"{self.low:g}",
                    high=f"{self.high:g}",
                    short=in_short(value),
                )
            )
        found = tuple(sorted((float(x), float(y)) for x, y in value))
        if any(b[0] - a[0] < GAP for a, b in itertools.pairwise(found)):
            raise BadValue(
                sentence(
                    "{title} must have no two points at the same x; {short} was given.",
                    title=self.title(name),
                    short=in_short(value),
                )
            )
        return found

    def wrong(self) -> Iterator[Any]:
        yield from (None, 3, "points", (), ((0.0, self.low),) * 2, ((0.0, self.low),), ((0.0,), (1.0,)))
        yield from (
            ((0.0, self.low), (1.5, self.low)),
            ((-0.5, self.low), (1.0, self.low)),
            ((0.0, float("nan")), (1.0, self.low)),
        )
        yield from (
            ((0.0, "0"), (1.0, self.low)),
            ((0.0, self.low), (1.0, self.high + 1)),
            ((0.0, self.low - 1), (1.0, self.low)),
        )
        yield tuple((k / (self.most + 1), self.low) for k in range(self.most + 1))

    def dump(self, value: Any) -> Any:
        return [list(point) for point in value]

    def some(self, rng: random.Random) -> Pairs:
        """Two or three points."""
        places = sorted(rng.sample(range(11), min(self.most, max(self.least, rng.randint(2, 3)))))
        low, high = max(self.low, 0.0), min(self.high, 1.0)
        return tuple((at / 10, rng.uniform(low, high)) for at in places)


def points(default: Pairs, **k: Any) -> Any:
    """A setting that holds control points."""
    return dataclasses.field(default=default, metadata={"field": Points(**k)})


def straight(points: Pairs, x: np.ndarray) -> np.ndarray:
    """Straight lines from point to point, level outside them. Shapes: (n,) -> (n,) float64."""
    at, y = np.asarray(points, np.float64).T
    return np.asarray(np.interp(np.asarray(x, np.float64), at, y))


def smooth(points: Pairs, x: np.ndarray) -> np.ndarray:
    """Cubic pieces that never leave the range between two neighbouring points, level outside them. Shapes: (n,) -> (n,) float64.

    Fritsch and Carlson: Monotone piecewise cubic interpolation (1980), with the slopes of Fritsch and Butland: A method for
    constructing local monotone piecewise cubic interpolants (1984), as in SciPy's PchipInterpolator.
    """
    at, y = np.asarray(points, np.float64).T
    if len(at) < 3:
        return straight(points, x)
    slopes = _slopes(np.diff(at), np.diff(y) / np.diff(at))
    t = np.clip(np.asarray(x, np.float64), at[0], at[-1])
    k = np.clip(np.searchsorted(at, t, side="right") - 1, 0, len(at) - 2)
    h = at[k + 1] - at[k]
    s = (t - at[k]) / h
    r = 1.0 - s
    value = (1 + 2 * s) * r**2 * y[k] + s * r**2 * h * slopes[k] + s**2 * (3 - 2 * s) * y[k + 1] - s**2 * r * h * slopes[k + 1]
    return np.asarray(np.clip(value, np.minimum(y[k], y[k + 1]), np.maximum(y[k], y[k + 1])))  # rounding may step over by 1e-17


def _slopes(h: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """The slope at every point. Shapes: widths and slopes of the pieces (n - 1,) -> (n,)."""
    slopes = np.zeros(len(h) + 1)
    same = rise[:-1] * rise[1:] > 0.0  # the curve has an extreme at every other inner point, and is level there
    left, right = h[1:] + 2 * h[:-1], 2 * h[1:] + h[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (left + right) / (right / rise[:-1] + left / rise[1:])
    slopes[1:-1] = np.where(same, mean, 0.0)
    slopes[0], slopes[-1] = _end(h[0], h[1], rise[0], rise[1]), _end(h[-1], h[-2], rise[-1], rise[-2])
    return slopes


def _end(h0: float, h1: float, rise0: float, rise1: float) -> float:
    """The slope at an end, by the parabola through three points, held back where it would overshoot."""
    slope = ((2 * h0 + h1) * rise0 - h0 * rise1) / (h0 + h1)
    if slope * rise0 <= 0.0:
        return 0.0
    if rise0 * rise1 <= 0.0 and abs(slope) > 3 * abs(rise0):
        return float(3 * rise0)
    return float(slope)
