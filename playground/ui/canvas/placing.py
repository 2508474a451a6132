"""Where nodes go by themselves: beside the selected one, and all of them in reading order. Pure geometry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QRectF

from playground.document.project import Network
from playground.document.wiring import ordered, sources, targets

GAP_X, GAP_Y, ROW_GAP = 54.0, 36.0, 64.0
GRID = 4.0

Position = tuple[float, float]
Size = tuple[float, float]


def snapped(x: float, y: float) -> Position:
    """The nearest point of the 4 px grid."""
    return round(x / GRID) * GRID, round(y / GRID) * GRID


def beside(anchor: QRectF, size: Size, taken: Iterable[QRectF]) -> Position:
    """Right of a node with the ports level, or below where that place is taken."""
    taken = tuple(taken)
    spot = QRectF(anchor.right() + GAP_X, anchor.center().y() - size[1] / 2, *size)
    return free(spot, taken)


def free(spot: QRectF, taken: Iterable[QRectF]) -> Position:
    """The first place at or below a spot that overlaps nothing."""
    taken = tuple(taken)
    for _ in range(len(taken) + 1):
        hits = [other for other in taken if other.adjusted(-12, -12, 12, 12).intersects(spot)]
        if not hits:
            break
        spot.moveTop(max(other.bottom() for other in hits) + GAP_Y)
    return snapped(spot.x(), spot.y())


def tidy(network: Network, sizes: Mapping[str, Size], room: float) -> dict[str, Position]:
    """Positions in reading order: columns by distance from the data, level along the main path, in rows no wider than `room`."""
    depth = _depths(network)
    columns: dict[int, list[str]] = {}
    for id, at in depth.items():
        columns.setdefault(at, []).append(id)
    main = _main_path(network, depth)
    for column in columns.values():
        column.sort(key=lambda id: (id not in main, _mean_place(network, id, columns, depth)))
    return _place(columns, sizes, room)


def _depths(network: Network) -> dict[str, int]:
    into, feeds = sources(network), targets(network)
    depth: dict[str, int] = {}
    order = ordered(network)
    for id in order:
        depth[id] = max((depth[source] + 1 for source in into[id] if source in depth), default=0)
    for id in reversed(order):  # sources stand just before what they feed, not at the far left
        later = [depth[fed] for fed in feeds[id] if fed in depth]
        if later and not into[id]:
            depth[id] = min(later) - 1
    for node in network.nodes:  # on a loop: beside whatever feeds it
        depth.setdefault(node.id, max((depth.get(source, 0) + 1 for source in into[node.id]), default=0))
    least = min(depth.values(), default=0)
    return {id: at - least for id, at in depth.items()}


def _main_path(network: Network, depth: Mapping[str, int]) -> set[str]:
    """The longest path, from its end backwards."""
    into = sources(network)
    if not depth:
        return set()
    at: str | None = max(depth, key=lambda id: (depth[id], len(into[id])))
    path: set[str] = set()
    while at is not None and at not in path:
        path.add(at)
        at = max(into[at], key=lambda id: depth[id], default=None)
    return path


def _mean_place(network: Network, id: str, columns: Mapping[int, list[str]], depth: Mapping[str, int]) -> float:
    places = [columns[depth[source]].index(source) for source in sources(network)[id] if source in depth]
    return sum(places) / len(places) if places else 0.0


def _place(columns: Mapping[int, list[str]], sizes: Mapping[str, Size], room: float) -> dict[str, Position]:
    positions: dict[str, Position] = {}
    rows: list[list[list[str]]] = [[]]
    used = 0.0
    for at in sorted(columns):
        wide = max(sizes[id][0] for id in columns[at])
        if rows[-1] and used + wide > room:
            rows.append([])
            used = 0.0
        rows[-1].append(columns[at])
        used += wide + GAP_X
    top = 0.0
    for row in rows:
        half = max(sizes[column[0]][1] for column in row) / 2
        bottom, left = top, 0.0
        for column in row:
            wide = max(sizes[id][0] for id in column)
            y = top + half - sizes[column[0]][1] / 2  # the first of each column is on the main line
            for id in column:
                positions[id] = snapped(left + (wide - sizes[id][0]) / 2, y)
                y += sizes[id][1] + GAP_Y
            bottom = max(bottom, y - GAP_Y)
            left += wide + GAP_X
        top = bottom + ROW_GAP
    return positions
