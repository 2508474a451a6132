"""Edits of blocks: a selection into a block and back, edits inside a definition, names, and definitions from elsewhere."""

from playground.document.edits.blocks.grouping import GroupIntoBlock
from playground.document.edits.blocks.inside import EditBlock
from playground.document.edits.blocks.library import (
    AddBlocks,
    DeleteBlock,
    RenameBlock,
    block_of,
    brought,
    definitions,
    moved_uses,
    used,
)
from playground.document.edits.blocks.ungrouping import UngroupBlock

__all__ = [
    "AddBlocks", "DeleteBlock", "EditBlock", "GroupIntoBlock", "RenameBlock", "UngroupBlock", "block_of", "brought",
    "definitions", "moved_uses", "used",
]  # fmt: skip
