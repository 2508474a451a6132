"""What a run knows, under the names that nodes have on the canvas: inside an open block, and for blocks as a whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

from playground.document.blocks import BlockInput, BlockOutput, BlockUse, find, inputs_of
from playground.document.project import Project
from playground.lowering.expansion import Source, expanded
from playground.ui.scope import Scope

T = TypeVar("T")


class LocalNames:
    """Of the nodes that the canvas shows. givers: name on the canvas -> name in the run of the node that gives its first output."""

    def __init__(self, project: Project, scope: Scope) -> None:
        whole = expanded(project)
        self.prefix = scope.prefix(project)
        self.blocks: set[str] = set()
        self.givers: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        path = "".join(f"{id}/" for id in scope.path)
        names = {node.id: node.name for node in whole.project.network.nodes}
        shown = scope.view(project, None) if scope.path else project
        block = find(project, whole.blocks[path[:-1]]) if path and path[:-1] in whole.blocks else None
        ports = dict(
            zip([n.id for n in inputs_of(block.network)] if block else (), whole.entries.get(path[:-1], ()), strict=False)
        )
        into = {link.target: link for link in shown.network.links}
        for node in shown.network.nodes:
            if isinstance(node.spec, BlockUse):
                self.blocks.add(node.name)
                self._give(node.name, next(iter(whole.exits.get(path + node.id, ())), None), names)
            elif isinstance(node.spec, BlockInput):
                self._give(node.name, ports.get(node.id), names)
            elif not isinstance(node.spec, BlockOutput):
                self._give(node.name, (path + node.id, 0), names)
        for node in shown.network.nodes:
            source = into[node.id].source if node.id in into else ""
            if isinstance(node.spec, BlockOutput) and source:
                giver = self.givers.get(shown.network.node(source).name)
                if giver is not None:
                    self.givers[node.name] = giver
        for node in whole.project.network.nodes:
            if node.shares and path and node.id.startswith(path):
                self._owners[node.name] = names.get(node.shares, "")

    def _give(self, name: str, source: Source | None, names: Mapping[str, str]) -> None:
        if source is not None and source[0] in names and source[1] == 0:
            self.givers[name] = names[source[0]]

    def answers(self, found: Mapping[str, T]) -> dict[str, T]:
        """Nodes' outputs, and "node:name" what is inside them, such as gates."""
        inner: dict[str, list[str]] = {}
        for key in found:
            inner.setdefault(key.partition(":")[0], []).append(key)
        return {f"{name}{key[len(giver) :]}": found[key] for name, giver in self.givers.items() for key in inner.get(giver, ())}

    def weights(self, found: Mapping[str, T]) -> dict[str, T]:
        """Parameters and statistics; a block's own are not among them."""
        given = dict(found)
        for name, owner in self._owners.items():
            shared = {
                f"{name}{key[len(owner) :]}": array for key, array in found.items() if owner and key.startswith(f"{owner}.")
            }
            given |= {key: array for key, array in shared.items() if key not in found}  # such as a bias of its own
        return {name[len(self.prefix) :]: array for name, array in given.items() if name.startswith(self.prefix)}

    def norms(self, found: Mapping[str, float]) -> dict[str, float]:
        """Lengths of gradients; a block's is that of all its gradients together."""
        local = self.weights(found)
        squares: dict[str, float] = {}
        for name, norm in local.items():
            first = name.partition("/")[0]
            squares[first] = squares.get(first, 0.0) + norm * norm
        return {name: math.sqrt(square) for name, square in squares.items()}

    def stands_for(self, name: str, in_run: str) -> bool:
        """Whether a node of a run is this node of the canvas, or is inside it."""
        own = self.prefix + name
        return in_run == own or in_run.startswith(f"{own}/")
