"""Lengths of time in words."""

from __future__ import annotations


def in_words(seconds: float) -> str:
    """Such as "19 ms", "1.4 s", "3 min" or "2.5 h"."""
    for limit, unit, scale in ((1e-3, "µs", 1e-6), (1.0, "ms", 1e-3), (120.0, "s", 1.0), (7200.0, "min", 60.0)):
        if seconds < limit:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 3600:.3g} h"
