"""What a run takes of the memory, for any batch, and the batches that fit: of the plan that training makes, without its programs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from playground.engine.plan import size_of
from playground.lowering.lowered import Lowered

#: Rows that `predict` takes at a time; enough for an output surface in one go.
WINDOW = 4096
#: Numbers of a sample up to which a window of so many rows is worth its memory.
_SMALL = 64


def window_for(width: int) -> int:
    """Rows of the window of `predict`, for samples of so many numbers; 0 for those of a batch."""
    return WINDOW if width <= _SMALL else 0


def needs(lowered: Lowered, counts: Mapping[str, int], width: int) -> Callable[[int], int]:
    """Bytes of a whole run for a batch. counts: samples by part; width: numbers of a sample."""
    return functools.cache(
        lambda batch: (
            size_of(lowered.graph, batch=batch, update=lowered.update, samples=counts, window=window_for(width)).whole_run
        )
    )


def largest(needed: Callable[[int], int], batch: int, room: int) -> int:
    """The largest batch below the given one that fits, in round numbers above 8; 0 if none does."""
    low = _last(0, batch, lambda size: needed(size) <= room)
    # Another batch is cut into other blocks, so a little less of it may take a little more.
    return next((size for size in (low // 8 * 8, *range(low, 0, -1)) if size and needed(size) <= room), 0)


def largest_power(needed: Callable[[int], int], batch: int, room: int) -> int:
    """The largest power of two below the given batch that fits; 0 if none does."""
    power = _last(-1, (batch - 1).bit_length(), lambda power: needed(1 << power) <= room)
    return 1 << power if power >= 0 else 0


def _last(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """The last number below high that fits, where all before it do; low where none does."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
