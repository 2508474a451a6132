"""Blocks taken apart in the window: where that ends a sharing of weights, it is said, with a way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playground.document.blocks import BlockUse, all_uses
from playground.document.edits import Edit
from playground.document.project import Node, Project
from playground.words import joined, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session


def take_apart(session: Session, edit: Edit, nodes: Sequence[Node]) -> bool:
    """Do an edit that puts layers in the place of these nodes.

    Layers in the open cannot share with those inside another use of the block, so they start with weights of their own.
    """
    parted = [node.name for node in nodes if _shares(session.project, node)]
    if not session.do(edit):
        return False
    if parted:
        text = sentence(
            "The layers of {names} have weights of their own now; until now they shared those of other uses of their block.",
            names=joined(parted),
        )
        session.message.emit(text, "warning")
        session.offered.emit((sentence("Undo"), session.undo))
    return True


def _shares(project: Project, node: Node) -> bool:
    """Whether a node uses a block whose weights another use shares."""
    if not isinstance(node.spec, BlockUse) or not node.spec.shared:
        return False
    others = [one.spec for _, one in all_uses(project, node.spec.block) if one.id != node.id]
    return any(isinstance(spec, BlockUse) and spec.shared for spec in others)
