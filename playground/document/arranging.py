"""Where nodes go: all of them in reading order, in rows that a view shows large. Pure geometry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from playground.document.project import Network
from playground.document.wiring import ordered, sources, targets

GAP_X, GAP_Y, ROW_GAP = 54.0, 36.0, 64.0
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
    for column in columns.values():
        column.sort(key=lambda id: (id not in main, _mean_place(network, id, columns, depth)))
    line = [columns[at] for at in sorted(columns)]
    gaps = [_gap(column, labels or {}) for column in line]
    into = sources(network)
    tried = [(_place(rows, gaps, sizes, into), len(rows)) for rows in _rows(line, gaps, sizes)]
    places, _ = max(tried, key=lambda one: _seen(one[0], one[1], sizes, views))
    return places


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


def _mean_place(network: Network, id: str, columns: Mapping[int, list[str]], depth: Mapping[str, int]) -> float:
    places = [columns[depth[source]].index(source) for source in sources(network)[id] if source in depth]
    return sum(places) / len(places) if places else 0.0


def _place(
    rows: Sequence[Sequence[list[str]]], gaps: Sequence[float], sizes: Mapping[str, Size], into: Mapping[str, Sequence[str]]
) -> dict[str, Position]:
    """The first of each column on its row's main line; the others below it, level with what feeds them where there is room."""
    positions: dict[str, Position] = {}
    top, at = 0.0, 0
    for row in rows:
        half = max((sizes[column[0]][1] for column in row), default=0.0) / 2
        bottom, left, here = top, 0.0, set[str]()
        for column in row:
            wide = max(sizes[id][0] for id in column)
            y = top + half - sizes[column[0]][1] / 2
            for id in column:
                fed = [positions[source][1] + sizes[source][1] / 2 for source in into[id] if source in here]
                if fed and id != column[0]:
                    y = max(y, sum(fed) / len(fed) - sizes[id][1] / 2)
                positions[id] = (round(left + (wide - sizes[id][0]) / 2), round(y))
                y += sizes[id][1] + GAP_Y
            bottom = max(bottom, y - GAP_Y)
            here |= set(column)
            left += wide + gaps[at]
            at += 1
        top = bottom + ROW_GAP
    return positions
