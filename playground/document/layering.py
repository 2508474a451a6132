"""One row of a layered drawing: the order within its columns, by sweeps that reduce crossings, and the heights. Pure geometry.

After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981): a wire that passes
columns stands in each of them as a lane of its own, so that it has room beside the nodes. What belongs to one unbranched run stands
level. The main path is the line that all else stands above or below of.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from playground.core.spec import Spec
from playground.document.project import Link, Network, Node
from playground.document.wiring import port_names, required_ports, variadic

Size = tuple[float, float]
#: Node, "in" or "out", port -> how far it is from the node's middle.
Ports = Mapping[tuple[str, str, int], float]

NODE_GAP, LANE_GAP, LANE = 36.0, 12.0, 20.0  # between nodes; beside a lane; the height of a lane
PORTS_APART, RIM = 20.0, 6.0
MOST_SWAPPED = 24  # items of a column in which neighbours are exchanged one by one
SWEEPS, ROUNDS = 10, 40


@dataclass
class Row:
    """layers: items of each column, from the top; an item is a node's id or a lane's name.  edges: between neighbouring columns, each
    (item, how far its end is from the item's middle, item, the same).  main: the items on the level line.  sizes: heights of items.
    """

    layers: list[list[str]]
    main: set[str]
    heights: dict[str, float]
    edges: list[list[tuple[str, float, str, float]]] = field(default_factory=list)
    run: dict[str, str] = field(default_factory=dict)


def heights_of(
    columns: Sequence[Sequence[str]],
    network: Network,
    main: set[str],
    sizes: Mapping[str, Size],
    ports: Ports,
    untangle: bool = True,
) -> tuple[dict[str, float], float, float]:
    """The middle of every node of a row, above (negative) or below the main line; and the row's upper and lower end, lanes included."""
    row = _row(columns, network, main, sizes, ports)
    if untangle:
        _reduce_crossings(row)
    middles = _stacked(row)
    top = min((middle - row.heights[item] / 2 for item, middle in middles.items()), default=0.0)
    bottom = max((middle + row.heights[item] / 2 for item, middle in middles.items()), default=0.0)
    return {id: middles[id] for column in columns for id in column}, top, bottom


def _row(columns: Sequence[Sequence[str]], network: Network, main: set[str], sizes: Mapping[str, Size], ports: Ports) -> Row:
    at = {id: k for k, column in enumerate(columns) for id in column}
    row = Row([list(column) for column in columns], {id for id in at if id in main}, {id: sizes[id][1] for id in at})
    row.edges = [[] for _ in columns]
    single = _runs(network, at)
    for link in network.links:
        if link.source not in at or link.target not in at or at[link.target] <= at[link.source]:
            continue
        first, last = at[link.source], at[link.target]
        before, out = link.source, ports[link.source, "out", link.output]
        for k in range(first + 1, last):
            lane = f"{link.id}~{k}"
            row.layers[k].append(lane)
            row.heights[lane], row.run[lane] = LANE, link.id
            row.edges[k - 1].append((before, out, lane, 0.0))
            before, out = lane, 0.0
        row.edges[last - 1].append((before, out, link.target, ports[link.target, "in", link.port]))
    for id in at:
        row.run[id] = single.get(id, id)
    return row


def _runs(network: Network, at: Mapping[str, int]) -> dict[str, str]:
    """Node -> the first node of its unbranched run within the row."""
    into: dict[str, list[Link]] = {id: [] for id in at}
    out: dict[str, list[Link]] = {id: [] for id in at}
    for link in network.links:
        if link.target in into:
            into[link.target].append(link)
        if link.source in out:
            out[link.source].append(link)
    first: dict[str, str] = {}
    for id in sorted(at, key=at.__getitem__):
        alone = into[id][0].source if len(into[id]) == 1 else ""
        first[id] = first[alone] if alone in first and len(out[alone]) == 1 and at[alone] == at[id] - 1 else id
    return first


def port_places(network: Network, sizes: Mapping[str, Size]) -> dict[tuple[str, str, int], float]:
    """How far every wired port is from its node's middle, as the canvas stands them."""
    found: dict[tuple[str, str, int], float] = {}
    ending: dict[str, set[int]] = {node.id: set() for node in network.nodes}
    starting: dict[str, set[int]] = {node.id: {0} for node in network.nodes}
    for link in network.links:
        ending.setdefault(link.target, set()).add(link.port)
        starting.setdefault(link.source, {0}).add(link.output)
    for node in network.nodes:
        wired, used = ending[node.id], starting[node.id]
        for side, usual in (("in", _usual_inputs(node, wired)), ("out", sorted(used))):
            apart = min(PORTS_APART, (sizes.get(node.id, (0.0, 60.0))[1] - 2 * RIM) / max(len(usual) - 1, 1))
            for place, k in enumerate(usual):
                found[node.id, side, k] = apart * (place - (len(usual) - 1) / 2)
    return found


def _usual_inputs(node: Node, wired: set[int]) -> list[int]:
    count = max(len(port_names(node.spec)), max(wired, default=-1) + 1)
    every = not isinstance(node.spec, Spec) or variadic(node.spec)
    return [k for k in range(count) if every or k < required_ports(node.spec) or k in wired]


def _reduce_crossings(row: Row) -> None:
    """Sweep forth and back, each column by the mean place of its neighbours; the order with the fewest crossings stays."""
    best, fewest = [list(layer) for layer in row.layers], _crossings(row, row.layers)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        layers = [list(layer) for layer in (row.layers if sweep else best)]
        order = range(1, len(layers)) if sweep % 2 == 0 else range(len(layers) - 2, -1, -1)
        for k in order:
            layers[k] = _by_neighbours(row, layers, k, before=sweep % 2 == 0)
        _swap_neighbours(row, layers)
        row.layers = layers
        count = _crossings(row, layers)
        if count < fewest:
            best, fewest = [list(layer) for layer in layers], count
    row.layers = best


def _by_neighbours(row: Row, layers: list[list[str]], k: int, before: bool) -> list[str]:
    beside = layers[k - 1] if before else layers[k + 1]
    place = {item: float(at) for at, item in enumerate(beside)}
    near: dict[str, list[float]] = {}
    for a, out, b, into in row.edges[k - 1] if before else row.edges[k]:
        item, other, off = (b, a, out) if before else (a, b, into)
        near.setdefault(item, []).append(place[other] + off / 1000)
    own = {item: float(at) for at, item in enumerate(layers[k])}
    return sorted(layers[k], key=lambda item: sum(near[item]) / len(near[item]) if item in near else own[item])


def _swap_neighbours(row: Row, layers: list[list[str]]) -> None:
    """Exchange two that stand next to each other wherever that takes crossings away."""
    for k, layer in enumerate(layers):
        for at in range(len(layer) - 1 if len(layer) <= MOST_SWAPPED else 0):
            before = _near_crossings(row, layers, k)
            layer[at], layer[at + 1] = layer[at + 1], layer[at]
            if _near_crossings(row, layers, k) >= before:
                layer[at], layer[at + 1] = layer[at + 1], layer[at]


def _near_crossings(row: Row, layers: list[list[str]], k: int) -> int:
    return sum(_between(row, layers, at) for at in (k - 1, k) if 0 <= at < len(layers) - 1)


def _crossings(row: Row, layers: list[list[str]]) -> int:
    return sum(_between(row, layers, k) for k in range(len(layers) - 1))


def _between(row: Row, layers: list[list[str]], k: int) -> int:
    """Crossings of the edges from one column to the next: pairs that are in the opposite order at the other end."""
    left, right = ({item: at for at, item in enumerate(layers[at])} for at in (k, k + 1))
    ends = sorted(((left[a], out), (right[b], into)) for a, out, b, into in row.edges[k])
    seen: list[tuple[int, float]] = []
    count = 0
    for _, end in ends:
        count += len(seen) - bisect_right(seen, end)
        insort(seen, end)
    return count


def _stacked(row: Row) -> dict[str, float]:
    """The middle of every item: main ones at 0, the others outwards from there in their order, each run level."""
    lines = [next((at for at, item in enumerate(layer) if item in row.main), 0) for layer in row.layers]
    votes: dict[str, int] = {}
    for layer, line in zip(row.layers, lines, strict=True):
        for at, item in enumerate(layer):
            votes[row.run[item]] = votes.get(row.run[item], 0) + (1 if at > line else -1)
    middles: dict[str, float] = {}
    anchors = [layer[line] for layer, line in zip(row.layers, lines, strict=True)]
    for anchor in anchors:
        middles[anchor] = 0.0
    for sign in (-1, 1):
        sides = []
        for layer, anchor in zip(row.layers, anchors, strict=True):
            side = [item for item in layer if item != anchor and (1 if votes[row.run[item]] > 0 else -1) == sign]
            sides.append(side if sign > 0 else side[::-1])
        _outwards(row, sides, anchors, middles, sign)
    return middles


def _outwards(row: Row, sides: list[list[str]], anchors: list[str], middles: dict[str, float], sign: int) -> None:
    """Place one side of the main line; outward distances only grow, until every run is level."""
    feeding: dict[str, list[tuple[str, float]]] = {}
    for edges in row.edges:
        for a, out, b, into in edges:
            feeding.setdefault(b, []).append((a, out - into))
    floor: dict[str, float] = {}
    for turn in range(ROUNDS):
        changed = False
        for side, anchor in zip(sides, anchors, strict=True):
            edge, inner = row.heights[anchor] / 2, anchor
            for item in side:
                half, run = row.heights[item] / 2, row.run[item]
                level = [sign * (middles[a] + off) for a, off in feeding.get(item, ()) if a in middles]
                wish = sum(level) / len(level) if level and run not in floor else 0.0
                here = max(edge + _gap(row, inner, item) + half, wish, floor.get(run, 0.0) if turn < ROUNDS - 1 else 0.0)
                changed = changed or here > floor.get(run, -1.0)
                floor[run] = max(here, floor.get(run, 0.0))
                middles[item], edge, inner = sign * here, here + half, item
        if not changed:
            break


def _gap(row: Row, inner: str, item: str) -> float:
    return LANE_GAP if "~" in inner or "~" in item else NODE_GAP
