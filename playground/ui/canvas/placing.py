"""Where a new node goes by itself: beside the selected one. Pure geometry; `document.arranging` lays out all of them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF

from playground.document.arranging import GAP_X, GAP_Y, Position, Size

GRID = 4.0


def snapped(x: float, y: float) -> Position:
    """The nearest point of the 4 px grid."""
    return round(x / GRID) * GRID, round(y / GRID) * GRID


def beside(anchor: QRectF, size: Size, taken: Iterable[QRectF]) -> Position:
    """Right of a node with the ports level, or below where that place is taken."""
    taken = tuple(taken)
    level = anchor.center().y() - size[1] / 2
    x, y = free(QRectF(anchor.right() + GAP_X, level, *size), taken)
    return x, float(round(level)) if abs(y - level) <= GRID / 2 else y  # the grid would tilt the wire


def free(spot: QRectF, taken: Iterable[QRectF]) -> Position:
    """The first place at or below a spot that overlaps nothing."""
    taken = tuple(taken)
    for _ in range(len(taken) + 1):
        hits = [other for other in taken if other.adjusted(-12, -12, 12, 12).intersects(spot)]
        if not hits:
            break
        spot.moveTop(max(other.bottom() for other in hits) + GAP_Y)
    return snapped(spot.x(), spot.y())
