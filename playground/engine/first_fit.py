"""Placing buffers with life spans in one run of memory: first fit, the best of three orders."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Sequence

#: Numbers in a cache line; every buffer begins on one.
LINE = 16


@dataclasses.dataclass(frozen=True)
class Span:
    """A buffer of `size` numbers, in use from `start` to `end` (both included)."""

    key: Hashable
    start: int
    end: int
    size: int


def aligned(n: int) -> int:
    """n rounded up to whole cache lines."""
    return -(-n // LINE) * LINE


def fit(spans: Sequence[Span]) -> tuple[dict[Hashable, int], int]:
    """Offsets of all buffers and the numbers needed; no two buffers in use at the same time overlap."""
    orders = (
        sorted(spans, key=lambda s: s.start),
        sorted(spans, key=lambda s: (-s.size, s.start)),
        sorted(spans, key=lambda s: (s.start - s.end, -s.size)),
    )
    placed = [_fit(order) for order in orders]
    return min(placed, key=lambda found: found[1])


def _fit(order: Sequence[Span]) -> tuple[dict[Hashable, int], int]:
    done: list[tuple[int, int, Span]] = []
    at: dict[Hashable, int] = {}
    top = 0
    for span in order:
        size, x = aligned(span.size), 0
        for low, high, other in done:
            if other.end < span.start or span.end < other.start:
                continue
            if x + size <= low:
                break
            x = max(x, high)
        at[span.key] = x
        done.append((x, x + size, span))
        done.sort(key=lambda item: item[:2])
        top = max(top, x + size)
    return at, top


def lower_bound(spans: Sequence[Span]) -> int:
    """The largest sum of sizes in use at one time: no placement needs less."""
    moments = {s.start for s in spans}
    return max((sum(aligned(s.size) for s in spans if s.start <= t <= s.end) for t in moments), default=0)
