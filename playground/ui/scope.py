"""Which block the canvas shows: the way to it through the nodes that use blocks, what is seen there, and where edits go."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from playground.core.samples import Samples
from playground.core.tensor import TensorType
from playground.document.blocks import BlockUse, View, find, inputs_of, view_of
from playground.document.edits import (
    AddBlocks,
    DeleteBlock,
    Edit,
    EditBlock,
    MoveNodes,
    RenameBlock,
    ReplacePlanPart,
    SetPlan,
    SetProject,
    Several,
)  # fmt: skip
from playground.document.project import Network, Project
from playground.lowering import Inspection, inspect
from playground.lowering.expansion import expanded
from playground.lowering.flow import flow_of
from playground.lowering.folding import IDS

#: Edits that mean the same wherever one stands.
EVERYWHERE = (AddBlocks, DeleteBlock, EditBlock, RenameBlock, ReplacePlanPart, SetPlan, SetProject)


class Scope:
    """path: ids of nodes, each in the block that the one before uses; () is the network itself."""

    def __init__(self) -> None:
        self.path: tuple[str, ...] = ()
        self._view: tuple[tuple[object, ...], View] | None = None
        self._seen: tuple[View, Inspection] | None = None

    def valid(self, project: Project, path: tuple[str, ...]) -> tuple[str, ...]:
        """As much of a path as leads through blocks of this project."""
        return path[: sum(1 for _ in self._blocks(project, path))]

    def _blocks(self, project: Project, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """(name of the node, id of the definition) along a path."""
        network: Network = project.network
        for id in path:
            node = next((node for node in network.nodes if node.id == id), None)
            block = find(project, node.spec.block) if node is not None and isinstance(node.spec, BlockUse) else None
            if node is None or block is None:
                return
            yield node.name, block.id
            network = block.network

    def names(self, project: Project) -> tuple[tuple[str, str], ...]:
        """(name of the node, name of its block) along the open path."""
        known = {block.id: block.name for block in project.blocks}
        return tuple((name, known[id]) for name, id in self._blocks(project, self.path))

    def prefix(self, project: Project) -> str:
        """What the names of the nodes here begin with in a run: "block1/", or ""."""
        return "".join(f"{name}/" for name, _ in self._blocks(project, self.path))

    def view(self, project: Project, samples: Samples | None) -> Project:
        """The project, or the project as it is seen inside the open block; the same object while nothing changes."""
        if not self.path:
            return project
        key = (project, samples, self.path)
        if self._view is None or any(a is not b for a, b in zip(self._view[0], key, strict=True)):
            *_, (_, block) = self._blocks(project, self.path)
            self._view = key, view_of(project, block, self._given(project, samples, block))
        return self._view[1]

    def _given(self, project: Project, samples: Samples | None, block: str) -> dict[str, TensorType]:
        """What comes into the open block here, by the ids of its input nodes, as far as known."""
        found, flow = find(project, block), flow_of(project, samples)
        entries = expanded(project).entries.get("/".join(self.path), ())
        given: dict[str, TensorType] = {}
        for node, entry in zip(inputs_of(found.network) if found else (), entries, strict=False):
            outputs = flow.outputs.get(entry[0], ()) if entry is not None else ()
            type = outputs[entry[1]] if entry is not None and entry[1] < len(outputs) else None
            if type is not None:
                given[node.id] = type
        return given

    def seen(self, project: Project, samples: Samples | None) -> Inspection:
        """The inspection of the view."""
        view = self.view(project, samples)
        assert isinstance(view, View)
        if self._seen is None or self._seen[0] is not view:
            self._seen = view, inspect(view, samples)
        return self._seen[1]

    def routed(self, edit: Edit, project: Project, samples: Samples | None) -> Edit:
        """The edit, or the same in the definition of the open block."""
        view = self.view(project, samples)
        if not isinstance(view, View) or isinstance(edit, EVERYWHERE):
            return edit
        if isinstance(edit, Several):
            return Several(edit.title, tuple(self.routed(one, project, samples) for one in edit.edits))
        named = _ids(edit)
        return edit if named & _known(project.network) and not named & _known(view.network) else EditBlock(view.of, edit)


def _ids(edit: Edit) -> set[str]:
    """Ids of the nodes, wires and notes that an edit names."""
    if isinstance(edit, MoveNodes):
        return set(edit.positions)
    found: set[str] = set()
    for field in dataclasses.fields(edit):  # type: ignore[arg-type]
        if field.name in (*IDS, "note", "notes"):
            value = getattr(edit, field.name)
            found |= {id for id in (value if isinstance(value, tuple) else (value,)) if isinstance(id, str)}
    return found


def _known(network: Network) -> set[str]:
    nodes, links, notes = network.nodes, network.links, network.notes
    return {node.id for node in nodes} | {link.id for link in links} | {note.id for note in notes}
