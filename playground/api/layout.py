"""Places for nodes that a program made, so that the canvas shows them in reading order. The canvas can lay them out anew."""

from __future__ import annotations

from playground.core.spec import Layer
from playground.document import project as records
from playground.document.edits import MoveNodes
from playground.document.wiring import ordered, sources

BETWEEN, DOWN, BETWEEN_ROWS = 54.0, 36.0, 96.0
COLUMNS = 6
#: About how high nodes are: with a picture, with a glyph or number, and bare.
HIGH, MIDDLE, BARE = 152.0, 104.0, 52.0


def laid_out(project: records.Project) -> records.Project:
    """Every node one column right of those that feed it, in rows of six columns, level along the first branch."""
    network = project.network
    feeds = sources(network)
    depth: dict[str, int] = {}
    columns: dict[int, list[records.Node]] = {}
    for id in ordered(network):
        depth[id] = max((depth[source] + 1 for source in feeds[id]), default=0)
        columns.setdefault(depth[id], []).append(network.node(id))
    positions: dict[str, tuple[float, float]] = {}
    top = 0.0
    for first in range(0, len(columns), COLUMNS):
        row = [columns[at] for at in range(first, min(first + COLUMNS, len(columns)))]
        middle = top + max(height_of(column[0]) for column in row) / 2
        left = 0.0
        for column in row:
            y = middle - height_of(column[0]) / 2
            for node in column:
                positions[node.id] = (left, y)
                y += height_of(node) + DOWN
            top = max(top, y - DOWN)
            left += max(width_of(node) for node in column) + BETWEEN
        top += BETWEEN_ROWS
    return MoveNodes(positions).apply(project)


def height_of(node: records.Node) -> float:
    """About how high the canvas draws a node."""
    if not isinstance(node.spec, Layer):
        return HIGH if node.spec.kind == "dataset" else MIDDLE
    preview = node.spec.preview
    return BARE if not preview else MIDDLE if preview in ("glyph", "number") else HIGH


def width_of(node: records.Node) -> float:
    """About how wide the canvas draws a node: its name in bold beside an icon, or its picture."""
    return max(100.0 if height_of(node) < HIGH else 124.0, 62.0 + 7.0 * len(node.name))
