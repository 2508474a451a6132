"""Places for nodes that a program made, as the canvas would lay them out."""

from __future__ import annotations

from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document import project as records
from playground.document.arranging import USUAL_VIEWS, tidy
from playground.document.edits import MoveNodes
from playground.document.node_size import picture_of, size_of
from playground.lowering import inspect


def laid_out(project: records.Project, samples: Samples | None) -> records.Project:
    """Every node right of those that feed it, level along the main path. Without samples the nodes take the room of a table's."""
    inspection = inspect(project, samples)
    judged = {link.source for link in project.network.links if project.network.node(link.target).spec.kind == "loss"}
    sizes = {}
    for node in project.network.nodes:
        output = inspection.types.get(node.id)
        picture = picture_of(node, node.id in judged, output, samples)
        caption = inspection.captions.get(node.id, "") if isinstance(node.spec, Layer) else f"{node.spec.title} · 10,000 images"
        count = inspection.parameters.get(node.id, 0)
        sizes[node.id] = size_of(picture, node.spec.kind, node.name, f"{caption} · {count:,} p" if count else caption, widest)
    labels = {link.source: widest(str(inspection.types.get(link.source, "?")), 10, False) for link in project.network.links}
    return MoveNodes(dict(tidy(project.network, sizes, USUAL_VIEWS, labels))).apply(project)


def widest(text: str, px: int, bold: bool) -> float:
    """About how wide a line of text is in DejaVu Sans, the widest of the usual faces."""
    return len(text) * px * (0.68 if bold else 0.62)
