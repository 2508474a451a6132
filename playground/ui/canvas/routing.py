"""The ways of wires that may not run straight: round nodes, each in a lane of its own. Pure geometry.

A wire that meets no node is a plain curve. Any other leaves its output level, turns into the gap beside it, runs level in a lane that
is clear of nodes and of other wires, and turns into the gap before its input; where the two ends are far apart it goes down or up once
more between two lanes. The nearest clear lane is taken, wires with the shortest way first.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

Point = tuple[float, float]
#: Left, top, right, bottom.
Rect = tuple[float, float, float, float]
#: Corners from the output to the input; every part is level or upright.
Way = tuple[Point, ...]

AIR = 7.0  # least distance of a way from a node
CLEAR = 5.0  # the same for a plain curve
LANES = 22.0  # between two lanes, so that a label on each has room
TURNS = (16.0, 24.0, 32.0, 10.0)  # how far from a node's edge a wire may turn
CROSSING = 60.0  # pixels of a longer way that stepping over another wire of the same node is worth
PAIRS = ((16.0, 16.0), (24.0, 24.0), (32.0, 16.0), (16.0, 32.0), (10.0, 10.0), (32.0, 32.0))
MOST_WORK = 60_000  # looks at nodes and ways, after which the wires that are left keep their simple lanes
STEPS = 24  # parts of a plain curve that are looked at
MOST_LANES = 48  # nearest lanes that are tried


@dataclass(frozen=True)
class Ends:
    """Of one wire: the points, and the nodes."""

    start: Point
    end: Point
    source: str
    target: str


@dataclass
class _Field:
    """Nodes sorted by their left edge, and the parts of ways that are taken. widest: node.  leaving, arriving: heights of ports.
    spent: looks at nodes and ways so far.
    """

    rects: list[Rect]
    lefts: list[float]
    widest: float
    taken: list[tuple[Point, Point, str]] = field(default_factory=list)
    spent: int = 0
    leaving: dict[str, list[float]] = field(default_factory=dict)
    arriving: dict[str, list[float]] = field(default_factory=dict)

    def near(self, low: float, high: float) -> Iterator[Rect]:
        """Nodes that reach into a range of x."""
        for at in range(bisect_left(self.lefts, low - self.widest), len(self.rects)):
            if self.lefts[at] > high:
                break
            if self.rects[at][2] >= low:
                yield self.rects[at]


def ways(nodes: Mapping[str, Rect], wires: Mapping[str, Ends]) -> dict[str, Way]:
    """Wire id -> corners, none for a plain curve; a wire without an entry has no clear way."""
    rects = sorted(nodes.values())
    plane = _Field(rects, [rect[0] for rect in rects], max((r[2] - r[0] for r in rects), default=0.0))
    for ends in wires.values():
        plane.leaving.setdefault(ends.source, []).append(ends.start[1])
        plane.arriving.setdefault(ends.target, []).append(ends.end[1])
    found: dict[str, Way] = {}
    hard = []
    for id, ends in wires.items():
        if _plain(plane, nodes, ends):
            found[id] = ()
        else:
            hard.append((id, ends))
    for id, ends in sorted(hard, key=lambda wire: _far(wire[1])):
        way = _way(plane, ends)
        if way is not None:
            found[id] = way
            plane.taken += [(a, b, f"{ends.source} {ends.start[1]:g}") for a, b in list(pairwise(way))[1:-1]]
    return found


def _far(ends: Ends) -> float:
    return abs(ends.end[0] - ends.start[0]) + abs(ends.end[1] - ends.start[1])


def _plain(plane: _Field, nodes: Mapping[str, Rect], ends: Ends) -> bool:
    """Whether the plain curve runs forwards and meets no node."""
    (ax, ay), (bx, by) = ends.start, ends.end
    if bx < ax + 24:
        return False
    own = {nodes[id] for id in (ends.source, ends.target) if id in nodes}
    high, low = min(ay, by) - CLEAR, max(ay, by) + CLEAR
    others = [rect for rect in plane.near(ax, bx) if rect[1] < low and rect[3] > high and rect not in own]
    if not others:
        return True
    reach = max(24.0, 0.45 * (bx - ax))
    for k in range(1, STEPS):
        t = k / STEPS
        s = 1 - t
        x = s**3 * ax + 3 * s * s * t * (ax + reach) + 3 * s * t * t * (bx - reach) + t**3 * bx
        y = s**3 * ay + 3 * s * s * t * ay + 3 * s * t * t * by + t**3 * by
        if any(left - CLEAR < x < right + CLEAR and top - CLEAR < y < bottom + CLEAR for left, top, right, bottom in others):
            return False
    return True


def _way(plane: _Field, ends: Ends) -> Way | None:
    (ax, ay), (bx, by) = ends.start, ends.end
    owner = f"{ends.source} {ends.start[1]:g}"
    for turn, back in PAIRS:
        best: tuple[float, Way] | None = None
        x1, x2 = ax + turn, bx - back
        for y in _lanes(plane, min(x1, x2), max(x1, x2), ay, by):
            length = abs(y - ay) + abs(y - by)
            if best is not None and length >= best[0]:
                break  # the lanes come in the order of their lengths
            way = ((ax, ay), (x1, ay), (x1, y), (x2, y), (x2, by), (bx, by))
            cost = length + CROSSING * _passed(plane, ends, y)
            if (best is None or cost < best[0]) and _clear(plane, way, owner):
                best = (cost, way)
        if best is not None:
            return best[1]
    return _by_the_side(plane, ends, owner)


def _passed(plane: _Field, ends: Ends, lane: float) -> int:
    """Over how many other wires of its two nodes a way must step that comes from, or goes to, this lane."""
    count = 0
    for port, beside in ((ends.start, plane.leaving[ends.source]), (ends.end, plane.arriving[ends.target])):
        count += sum(min(port[1], lane) < y < max(port[1], lane) for y in beside)
    return count


def _by_the_side(plane: _Field, ends: Ends, owner: str) -> Way | None:
    """Round a whole row: along a lane by the source, down or up outside all nodes, along a lane by the target."""
    (ax, ay), (bx, by) = ends.start, ends.end
    left, right = min(plane.lefts, default=0.0), max((rect[2] for rect in plane.rects), default=0.0)
    for k in range(4):
        for side in (left - 24 - k * 14, right + 24 + k * 14):
            turn = TURNS[k]
            x1, x2 = ax + turn, bx - turn
            firsts = _lanes(plane, min(x1, side), max(x1, side), ay, ay)[:4]
            seconds = _lanes(plane, min(x2, side), max(x2, side), by, by)[:4]
            for y1 in firsts:
                for y2 in seconds:
                    way = ((ax, ay), (x1, ay), (x1, y1), (side, y1), (side, y2), (x2, y2), (x2, by), (bx, by))
                    if _clear(plane, way, owner):
                        return way
    return None


def _lanes(plane: _Field, low: float, high: float, ay: float, by: float) -> list[float]:
    """Heights that are clear of nodes from one x to another, the shortest way first: several in each gap between nodes."""
    if plane.spent > MOST_WORK:
        return []
    inside = sorted((rect[1] - AIR, rect[3] + AIR) for rect in plane.near(low - AIR, high + AIR))
    plane.spent += len(inside)
    gaps: list[tuple[float, float]] = []
    edge = -math.inf
    for upper, lower in inside:
        if upper > edge:
            gaps.append((edge, upper))
        edge = max(edge, lower)
    gaps.append((edge, math.inf))
    found: set[float] = set()
    for first, last in gaps:
        for k in range(4):
            below, above = first + LANES - AIR + k * LANES, last - LANES + AIR - k * LANES
            found |= {round(y) for y in (below, above) if first <= y <= last and math.isfinite(y)}
        if math.isfinite(first) and math.isfinite(last):
            found.add(round((first + last) / 2))
    return sorted(found, key=lambda y: (abs(y - ay) + abs(y - by), -y))[:MOST_LANES]


def _clear(plane: _Field, way: Way, owner: str) -> bool:
    """Whether a way keeps off all nodes, and off the ways of wires that start elsewhere."""
    if plane.spent > MOST_WORK:
        return False
    plane.spent += 5 + len(plane.taken)
    for k, ((x1, y1), (x2, y2)) in enumerate(pairwise(way)):
        first, last = k == 0, k == len(way) - 2
        low, high = min(x1, x2) + (1 if first else -AIR), max(x1, x2) - (1 if last else -AIR)
        upper, lower = min(y1, y2) - AIR, max(y1, y2) + AIR
        for left, top, right, bottom in plane.near(low, high):
            plane.spent += 1
            if left < high and right > low and top < lower and bottom > upper:
                return False
        for (u1, v1), (u2, v2), of in () if first or last else plane.taken:  # at a node ports are closer than lanes
            if of != owner and _beside((x1, y1, x2, y2), (u1, v1, u2, v2)):
                return False
    return True


def _beside(one: Rect, other: Rect) -> bool:
    """Whether two parts run along each other too closely; parts that cross do not."""
    (x1, y1, x2, y2), (u1, v1, u2, v2) = one, other
    if y1 == y2 and v1 == v2:
        return abs(y1 - v1) < LANES - 3 and min(max(x1, x2), max(u1, u2)) - max(min(x1, x2), min(u1, u2)) > 0
    if x1 == x2 and u1 == u2:
        return abs(x1 - u1) < 7 and min(max(y1, y2), max(v1, v2)) - max(min(y1, y2), min(v1, v2)) > 0
    return False


def tie_ways(nodes: Mapping[str, Rect], ties: Mapping[str, tuple[Point, Point]]) -> dict[str, Way]:
    """Tie id -> corners from one lower edge to the other, for those that have a clear way; upright at both ends."""
    rects = sorted(nodes.values())
    plane = _Field(rects, [rect[0] for rect in rects], max((r[2] - r[0] for r in rects), default=0.0))
    found: dict[str, Way] = {}
    for id, (a, b) in ties.items():
        way = next((way for way in _hanging(plane, a, b) if _hangs_clear(plane, way)), None)
        if way is not None:
            found[id] = way
    return found


def _hanging(plane: _Field, a: Point, b: Point) -> Iterator[Way]:
    """Ways below both ends, then ways that go through the gap between two nodes to the lane of the lower end."""
    low, high = min(a[0], b[0]), max(a[0], b[0])
    lanes = sorted({rect[3] + 14 for rect in plane.near(low - 40, high + 40)} | {a[1] + 14, b[1] + 14})
    for y in lanes:
        if y > max(a[1], b[1]):
            yield a, (a[0], y), (b[0], y), b
    gaps = {rect[2] + 12 for rect in plane.rects} | {rect[0] - 12 for rect in plane.rects}
    for x in sorted(gaps, key=lambda x: abs(x - a[0]) + abs(x - b[0]))[:MOST_LANES]:
        yield a, (a[0], a[1] + 14), (x, a[1] + 14), (x, b[1] + 14), (b[0], b[1] + 14), b


def _hangs_clear(plane: _Field, way: Way) -> bool:
    for (x1, y1), (x2, y2) in pairwise(way):
        low, high, upper, lower = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
        for left, top, right, bottom in plane.near(low - 3, high + 3):
            if left - 3 < high and right + 3 > low and top < lower and bottom > upper:
                return False
    return True
