"""Every change that a person can make to a project, as frozen records; and the history that makes them undoable.

    history = History(Project())
    history.do(AddNode(spec, position=(40, 40)))
    history.undo()

An edit computes the new project from the old one (`apply`); undoing keeps the old record, which shares nearly all of its parts
with the new one. An edit that does not fit raises EditError (or BadValue for a setting of the wrong type) and changes nothing.
"""

from playground.document.edits.base import Edit, EditError, Several
from playground.document.edits.blocks import AddBlocks, DeleteBlock, EditBlock, GroupIntoBlock, RenameBlock, UngroupBlock
from playground.document.edits.groups import AddGroup, MoveGroup, PutInGroup, RemoveGroup, SetGroup
from playground.document.edits.hides import SetHides
from playground.document.edits.history import History
from playground.document.edits.links import AddLink, InsertOnLink, RemoveLinks
from playground.document.edits.nodes import (
    AddNode,
    MoveNodes,
    RemoveNodes,
    RenameNode,
    ReplaceSpec,
    SetField,
    SetNodeOption,
    TakeOut,
)
from playground.document.edits.notes import AddNote, RemoveNotes, SetNote
from playground.document.edits.paste import Paste, duplicate, fragment_of, refreshed
from playground.document.edits.plans import ReplacePlanPart, SetPlan, SetProject
from playground.document.edits.sharing import ShareWeights

__all__ = [
    "AddBlocks", "AddGroup", "AddLink", "AddNode", "AddNote", "DeleteBlock", "Edit", "EditBlock", "EditError", "GroupIntoBlock",
    "History", "InsertOnLink", "MoveGroup", "MoveNodes",
    "Paste", "PutInGroup", "RemoveGroup", "RemoveLinks", "RemoveNodes", "RemoveNotes", "RenameBlock", "RenameNode", "ReplacePlanPart",
    "ReplaceSpec", "SetField", "SetGroup", "SetHides", "SetNodeOption", "SetNote", "SetPlan", "SetProject", "Several", "ShareWeights", "TakeOut",
    "UngroupBlock",
    "duplicate", "fragment_of", "refreshed",
]  # fmt: skip
