"""Where nodes go: all of them in layers, in reading order, in rows that a view shows large. Pure geometry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from playground.document.layering import Ports, heights_of, port_places
from playground.document.project import Network
from playground.document.wiring import ordered, sources, targets

GAP_X, GAP_Y, ROW_GAP = 54.0, 36.0, 64.0
WIRE_ROOM = 22.0  # between two rows, for every wire after the first that goes from one to the other
LEAST_GAP, ROUND_LABEL = 44.0, 16.0  # between columns whose wires bear short labels; beside a label for ports and air
BEND = 48.0  # how far a wire to the next row reaches beyond the rows
MARGIN = 16.0  # pixels that stay free at the rim of a view

Position = tuple[float, float]
Size = tuple[float, float]

#: The canvas in the Build and in the Train layout of a window of 1440 × 900.
USUAL_VIEWS: tuple[Size, ...] = ((920.0, 616.0), (1144.0, 312.0))


def tidy(
    network: Network, sizes: Mapping[str, Size], views: Sequence[Size], labels: Mapping[str, float] | None = None
) -> dict[str, Position]:
    """Positions in reading order, in as many rows as show everything largest in the least favourable of the views.

    Columns go by distance from the data; the main path is level.  labels: node -> width of the words on the wires that leave it.
    """
    depth = _depths(network)
    columns: dict[int, list[str]] = {}
    for id, at in depth.items():
        columns.setdefault(at, []).append(id)
    main = _main_path(network, depth)
    into, ports = sources(network), port_places(network, sizes)
    for column in columns.values():
        column.sort(key=lambda id: (id not in main, _mean_place(into, id, columns, depth)))
    line = [columns[at] for at in sorted(columns)]
    gaps = [_gap(column, labels or {}) for column in line]
    tried = [(_place(rows, gaps, sizes, network, main, ports, untangle=False), rows) for rows in _rows(line, gaps, sizes)]
    _, best = max(tried, key=lambda one: _seen(one[0], len(one[1]), sizes, views))
    return _place(best, gaps, sizes, network, main, ports)


def _gap(column: Sequence[str], labels: Mapping[str, float]) -> float:
    """Room for the wires behind a column and the words on them."""
    return max(LEAST_GAP, *(labels[id] + ROUND_LABEL if id in labels else GAP_X for id in column))


def _rows(line: Sequence[list[str]], gaps: Sequence[float], sizes: Mapping[str, Size]) -> Iterator[list[list[list[str]]]]:
    """The columns in one row, in two, and so on, each filled as evenly as columns allow."""
    wide = [max(sizes[id][0] for id in column) for column in line]
    whole = sum(wide) + sum(gaps[:-1])
    for count in range(1, max(2, math.isqrt(len(line)) + 2)):
        room = whole if count == 1 else whole / count + max(wide, default=0.0) / 2
        rows: list[list[list[str]]] = [[]]
        used = 0.0
        for column, width, gap in zip(line, wide, gaps, strict=True):
            if rows[-1] and used + width > room + 0.5:
                rows.append([])
                used = 0.0
            rows[-1].append(column)
            used += width + gap
        yield rows


def _seen(places: Mapping[str, Position], rows: int, sizes: Mapping[str, Size], views: Sequence[Size]) -> tuple[float, float]:
    """How large everything can be shown: the least zoom over the views, then their sum; 100 % is enough."""
    if not places:
        return 0.0, 0.0
    right, bottom = (max(at[k] + sizes[id][k] for id, at in places.items()) for k in (0, 1))
    right += 2 * BEND if rows > 1 else 0.0
    zooms = [min(1.0, (wide - 2 * MARGIN) / right, (high - 2 * MARGIN) / bottom) for wide, high in views]
    return round(min(zooms), 2), sum(zooms)


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


def _mean_place(into: Mapping[str, Sequence[str]], id: str, columns: Mapping[int, list[str]], depth: Mapping[str, int]) -> float:
    places = [columns[depth[source]].index(source) for source in into[id] if source in depth]
    return sum(places) / len(places) if places else 0.0


def _place(
    rows: Sequence[Sequence[list[str]]],
    gaps: Sequence[float],
    sizes: Mapping[str, Size],
    network: Network,
    main: set[str],
    ports: Ports,
    untangle: bool = True,
) -> dict[str, Position]:
    """Row below row, each with its main path level; between two rows as much room as the wires that cross there need.

    untangle: reduce crossings; without it the room that is needed is known well enough to compare rows.
    """
    positions: dict[str, Position] = {}
    row_of = {id: k for k, row in enumerate(rows) for column in row for id in column}
    top, at = 0.0, 0
    for k, row in enumerate(rows):
        middles, upper, lower = heights_of(row, network, main, sizes, ports, untangle)
        rise = top - upper
        left = 0.0
        for column in row:
            wide = max(sizes[id][0] for id in column)
            for id in column:
                positions[id] = (round(left + (wide - sizes[id][0]) / 2), round(middles[id] + rise - sizes[id][1] / 2))
            left += wide + gaps[at]
            at += 1
        crossing = sum(row_of.get(link.source, k) <= k < row_of.get(link.target, k) for link in network.links)
        top = rise + lower + ROW_GAP + WIRE_ROOM * max(0, crossing - 1)
    return positions
