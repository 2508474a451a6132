"""Fewer points with the same look: least and greatest of each bucket for raw data, every k-th for smooth lines. No Qt."""

from __future__ import annotations

import bisect
import itertools
import math

import numpy as np


def window(x: np.ndarray, low: float, high: float) -> slice:
    """The part of sorted x that is needed to draw low to high: one more point on either side. Shapes: x (n,)."""
    # Not by NumPy, which first copies all of x where it is a column of a table or of whole numbers.
    first, last = bisect.bisect_left(x, low), bisect.bisect_left(x, high)
    return slice(max(0, first - 1), min(len(x), last + 1))


def cuts(x: np.ndarray, low: float, high: float, pieces: int) -> list[slice]:
    """Parts of sorted x that are equally wide on a logarithmic axis from low to high, those without points left out."""
    edges = np.geomspace(max(low, 1e-300), high, pieces + 1)[1:-1]
    places = [0, *(bisect.bisect_left(x, float(edge)) for edge in edges), len(x)]
    return [slice(a, b) for a, b in itertools.pairwise(places) if b > a]


def extremes(x: np.ndarray, y: np.ndarray, buckets: int) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest value of each bucket, in order of x; the newest points are a smaller bucket, and the last one stays.

    A bucket with a value that is not finite keeps that value too, so that the gap is drawn. Shapes: (n,) -> about (2·buckets,).
    """
    k = -(-len(x) // max(buckets, 1))
    if k < 3:
        return x, y
    whole = len(x) // k * k
    index = np.concatenate([_picks(y[:whole], k), _tail(y, whole)])
    return x[index], y[index]


class Extremes:
    """`extremes` of a series that grows: only what is new is looked at. Give it the whole series each time.

    Its buckets hold a power of two of points, so that those that are full stay as they are until there are twice as many.
    """

    def __init__(self) -> None:
        self._grown = Grown()
        self._each, self._done = 0, 0
        self._kept = np.zeros(0, np.int64)

    def of(self, x: np.ndarray, y: np.ndarray, buckets: int) -> tuple[np.ndarray, np.ndarray]:
        """As `extremes`, of at most so many buckets and at least half as many. Shapes: (n,) -> about (2·buckets,)."""
        each = 1 << max(0, -(-len(x) // max(buckets, 1)) - 1).bit_length()
        if self._grown.since(y) < self._done or each != self._each:
            self._each, self._done, self._kept = each, 0, self._kept[:0]
        if each < 3:
            return x, y
        whole = len(y) // each * each
        if whole > self._done:
            self._kept = np.concatenate([self._kept, self._done + _picks(y[self._done : whole], each)])
            self._done = whole
        index = np.concatenate([self._kept, _tail(y, whole)])
        return x[index], y[index]


class Greatest:
    """The greatest finite number of a series that grows: only what is new is looked at."""

    def __init__(self) -> None:
        self._grown, self._found = Grown(), -math.inf

    def of(self, y: np.ndarray) -> float:
        """Of the whole series; minus infinity where there is none. Shapes: y (n,)."""
        start = self._grown.since(y)
        new = y[start:]
        found = float(new[np.isfinite(new)].max(initial=-math.inf))
        self._found = max(found, self._found) if start else found
        return self._found


class Grown:
    """How far an array was known the last time, for whoever is given it again and again as it grows."""

    def __init__(self) -> None:
        #: Held so that its memory is no other's; and its last value then.
        self._known: np.ndarray = np.zeros(0)
        self._last = 0.0

    def since(self, y: np.ndarray) -> int:
        """From where on it is new: 0 where it is another array, or was rewound. Shapes: y (n,)."""
        known, last = self._known, self._last
        self._known, self._last = y, float(y[-1]) if len(y) else 0.0
        same = len(y) >= len(known) and _address(y) == _address(known) and y.strides == known.strides
        if not same or not len(known):
            return 0
        now = float(y[len(known) - 1])
        return len(known) if now == last or (now != now and last != last) else 0


def _address(values: np.ndarray) -> int:
    """Where the first number lies in memory."""
    return int(values.__array_interface__["data"][0])


def _picks(y: np.ndarray, k: int) -> np.ndarray:
    """Indices of the least and the greatest of every k values, and of one that is not finite, ascending. Shapes: (whole·k,) -> (m,)."""
    cut = y.reshape(-1, k)
    at = np.stack([cut.argmin(1), cut.argmax(1)], 1)
    picked = np.take_along_axis(cut, at, 1)
    holes = np.flatnonzero(~np.isfinite(picked).all(1))
    if len(holes):
        at = _with_holes(cut, at, holes)
    at.sort(1)
    index = np.asarray((at + np.arange(len(cut))[:, None] * k).ravel())
    return index[np.diff(index, prepend=-1) > 0]  # of a bucket of equal values one stays


def _tail(y: np.ndarray, start: int) -> np.ndarray:
    """Indices of the points after the last whole bucket that are drawn."""
    rest = y[start:]
    if len(rest) <= 4:
        return np.arange(start, len(y))
    bad = np.flatnonzero(~np.isfinite(rest))[:1]
    good = np.where(np.isfinite(rest), rest, np.inf), np.where(np.isfinite(rest), rest, -np.inf)
    return start + np.unique([good[0].argmin(), good[1].argmax(), len(rest) - 1, *bad])


def _with_holes(cut: np.ndarray, at: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Three picks for each bucket: least and greatest of the finite values, and the first that is not finite."""
    part = cut[holes]
    bad = ~np.isfinite(part)
    three = np.concatenate([at, at[:, :1]], 1)
    three[holes, 0] = np.where(bad, np.inf, part).argmin(1)
    three[holes, 1] = np.where(bad, -np.inf, part).argmax(1)
    three[holes, 2] = bad.argmax(1)
    return three


def every(x: np.ndarray, y: np.ndarray, most: int, clean: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """At most `most` points at equal distances, the last one always; and the first of every gap, so that it is drawn. clean: there are none."""
    if len(x) <= most:
        return x, y
    index = np.linspace(0, len(x) - 1, most).round().astype(np.int64)
    if not clean and not np.isfinite(np.add.reduce(y, dtype=np.float64)):
        index = np.union1d(index, _first_bad(y))
    return x[index], y[index]


def runs_of_holes(x: np.ndarray, y: np.ndarray, most: int = 64) -> np.ndarray:
    """Where y stops being finite: the x of the first of every run of such values."""
    if len(y) == 0 or np.isfinite(np.add.reduce(y, dtype=np.float64)):
        return x[:0]
    return x[_first_bad(y, most)]


def _first_bad(y: np.ndarray, most: int = 64) -> np.ndarray:
    """Indices of the first of every run of values that are not finite."""
    bad = ~np.isfinite(y)
    return np.flatnonzero(bad & ~np.concatenate([[False], bad[:-1]]))[:most]
