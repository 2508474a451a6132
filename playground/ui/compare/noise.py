"""Whether two settings differ by more than their seeds do: Welch's interval for the difference of two means. No widget.

Runs of one setting with different seeds are independent draws of its result; the spread of these draws is the noise. With one seed of a
setting its noise is unknown, and nothing can be said of a difference. Welch, B. L.: The generalization of Student's problem when
several different population variances are involved, Biometrika 34 (1947); degrees of freedom by Satterthwaite (1946).
"""

from __future__ import annotations

import dataclasses
import functools
import math
import statistics
from collections.abc import Sequence

#: How sure an interval is.
SURE = 0.95
#: Seeds from which on another one is not worth its time.
MOST_SEEDS = 64
_STEPS = 300
_TINY = 1e-300


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the results of two settings say of their difference.

    kind: "unknown" where one of them has fewer than two seeds, "none" where the interval holds 0, "clear" where it does not.
    gap: first mean minus second.  noise: half the width of the interval, 0 where it is unknown; the difference lies in gap ± noise.
    wanted: seeds of each that would tell a gap of this size from none if the spread stays; None where more than MOST_SEEDS would be needed.
    """

    kind: str
    gap: float
    noise: float = 0.0
    wanted: int | None = None


def verdict(first: Sequence[float], second: Sequence[float], sure: float = SURE) -> Verdict:
    """first, second: a finite result of every seed; not empty.  sure: of the interval."""
    gap = statistics.fmean(first) - statistics.fmean(second)
    if min(len(first), len(second)) < 2:
        return Verdict("unknown", gap)
    noise = half_width(first, second, sure)
    return Verdict("clear" if abs(gap) > noise else "none", gap, noise, _wanted(first, second, abs(gap), sure))


def half_width(first: Sequence[float], second: Sequence[float], sure: float = SURE) -> float:
    """Of Welch's interval for the difference of the means of two samples of two or more."""
    a, b = statistics.variance(first) / len(first), statistics.variance(second) / len(second)
    if a + b <= 0:
        return 0.0
    freedom = (a + b) ** 2 / (a * a / (len(first) - 1) + b * b / (len(second) - 1))
    return student(freedom, sure) * math.sqrt(a + b)


def spread_of(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of a sample, which is divided by n − 1; the latter 0 of one value."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def _wanted(first: Sequence[float], second: Sequence[float], gap: float, sure: float) -> int | None:
    variances = statistics.variance(first), statistics.variance(second)

    def noise(count: int) -> float:
        a, b = (variance / count for variance in variances)
        return student((a + b) ** 2 / ((a * a + b * b) / (count - 1)), sure) * math.sqrt(a + b) if a + b > 0 else 0.0

    if noise(MOST_SEEDS) >= gap:
        return None
    low, high = 1, MOST_SEEDS  # more seeds, less noise
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if noise(middle) >= gap else (low, middle)
    return high


@functools.lru_cache(4096)
def student(freedom: float, sure: float = SURE) -> float:
    """The t for which Student's distribution holds `sure` between −t and t. freedom: 1 or more, not whole in general."""
    t, log_peak = 1.0, math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    for _ in range(_STEPS):  # Newton's steps rise to the root and never pass it, since `within` is concave
        slope = 2 * math.exp(log_peak - (freedom + 1) / 2 * math.log1p(t * t / freedom))
        step = (sure - within(t, freedom)) / slope
        t += step
        if abs(step) < 1e-12 * t:
            break
    return t


def within(t: float, freedom: float) -> float:
    """Part of Student's distribution between −t and t: 1 − I_x(freedom/2, 1/2) at x = freedom / (freedom + t²). DLMF 8.17."""
    x = freedom / (freedom + t * t)
    return 1.0 - _incomplete_beta(x, freedom / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by the continued fraction of DLMF 8.17.22 on the side where it is quick."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _incomplete_beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    ) / a  # fmt: skip
    c, d = 1.0, 1.0 / _off_zero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        for part in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _off_zero(1 + part * d)
            c = _off_zero(1 + part / c)
            found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * found


def _off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
