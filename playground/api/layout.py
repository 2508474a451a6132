"""Places for nodes that a program made, so that the canvas shows them in reading order."""

from __future__ import annotations

from playground.document import project as records
from playground.document.edits import MoveNodes
from playground.document.wiring import ordered, sources

LEFT, TOP = 60.0, 80.0
ACROSS, DOWN = 230.0, 150.0


def laid_out(project: records.Project) -> records.Project:
    """Every node one column right of those that feed it, branches below one another."""
    feeds = sources(project.network)
    column: dict[str, int] = {}
    taken: dict[int, int] = {}
    positions = {}
    for id in ordered(project.network):
        column[id] = max((column[source] + 1 for source in feeds[id]), default=0)
        row = taken.get(column[id], 0)
        taken[column[id]] = row + 1
        positions[id] = (LEFT + ACROSS * column[id], TOP + DOWN * row)
    return MoveNodes(positions).apply(project)
