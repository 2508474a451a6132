"""Edits of shared weights."""

from __future__ import annotations

import dataclasses

from playground.document.blocks import BlockUse
from playground.document.edits.base import Edit, EditError, name_of, node_of, with_node
from playground.document.project import Project
from playground.words import sentence


@dataclasses.dataclass(frozen=True)
class ShareWeights(Edit):
    """A node uses another's weights from now on, or its own again (source ""). transposed: it reads matrices turned round."""

    node: str
    source: str
    transposed: bool = False

    @property
    def text(self) -> str:
        return sentence("Share weights") if self.source else sentence("Stop sharing weights")

    def describe(self, project: Project) -> str:
        if not self.source:
            return sentence("Give {name_of} weights of its own", name_of=name_of(project, self.node))
        return sentence(
            "Share the weights of {name_of} with {name_of2}",
            name_of=name_of(project, self.source),
            name_of2=name_of(project, self.node),
        )

    def apply(self, project: Project) -> Project:
        node = node_of(project, self.node)
        if not self.source:
            return with_node(project, dataclasses.replace(node, shares="", transposed=False))
        source, transposed = node_of(project, self.source), self.transposed
        if source.id == node.id:
            raise EditError(sentence("{node} cannot share weights with itself. Choose another node.", node=node.name))
        if source.spec.kind != "layer" or node.spec.kind != "layer":
            raise EditError(sentence("Only layers have weights to share. Choose two layers."))
        if isinstance(source.spec, BlockUse) or isinstance(node.spec, BlockUse):
            raise EditError(sentence("Uses of one block share weights by their own setting, Shared weights."))
        if source.shares == node.id:
            raise EditError(sentence("{source} uses the weights of {node} already.", source=source.name, node=node.name))
        if source.shares:  # the node whose weights these really are
            source, transposed = node_of(project, source.shares), transposed != source.transposed
        for other in project.network.nodes:
            if other.shares == node.id:  # who used this node's weights uses the same ones as it does from now on
                turned = other.transposed != transposed
                project = with_node(project, dataclasses.replace(other, shares=source.id, transposed=turned))
        return with_node(project, dataclasses.replace(node, shares=source.id, transposed=transposed))
