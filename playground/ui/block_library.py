"""Blocks as the palette offers them: those of the project, those that ship, those of the personal library."""

from __future__ import annotations

from dataclasses import dataclass

from playground.core.spec import Spec
from playground.document.block_files import Entry, personal, shipped
from playground.document.blocks import BlockUse, View, find, use_of
from playground.document.edits import AddBlocks
from playground.document.project import Project
from playground.errors import FileError
from playground.words import say


@dataclass(frozen=True)
class Offer:
    """A block to choose. origin: "project", "shipped" or "personal"."""

    id: str
    name: str
    help: str
    tail: str
    origin: str


def offers(project: Project) -> tuple[Offer, ...]:
    """All blocks that may be put on this canvas, the project's own first; one that the project has stands there alone."""
    open = project.of if isinstance(project, View) else ""
    own = [Offer(b.id, b.name, b.help, say("in this project"), "project") for b in project.blocks if b.id != open]
    known = {block.id for block in project.blocks}
    others = []
    for entry in (*shipped(), *personal()[0]):
        if entry.id not in known:
            known.add(entry.id)
            tail = say("yours") if entry.personal else entry.tail
            others.append(Offer(entry.id, entry.name, entry.help, tail, "personal" if entry.personal else "shipped"))
    return (*own, *others)


def damaged() -> tuple[str, ...]:
    """Sentences about files of the personal library that are no blocks."""
    return personal()[1]


def record_of(id: str, project: Project) -> BlockUse:
    """The record of a node that uses a block. Raises FileError or BadValue where its file cannot be used or is gone."""
    block = find(project, id)
    return use_of(block if block is not None else _entry(id).load()[-1])


def bringing(spec: Spec, project: Project) -> tuple[AddBlocks, ...]:
    """What must come into the project before a node with this record: its definitions from the library, where they are not there yet."""
    if not isinstance(spec, BlockUse) or find(project, spec.block) is not None:
        return ()
    return (AddBlocks(_entry(spec.block).load()),)


def _entry(id: str) -> Entry:
    for entry in (*shipped(), *personal()[0]):
        if entry.id == id:
            return entry
    raise FileError(say("The block is no longer in the library."))
