"""Edits of notes on the canvas."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Hashable

from playground.document.edits.base import Edit, EditError
from playground.document.edits.plans import check_text
from playground.document.project import Note, Project, new_id
from playground.words import sentence

MOST_NOTE = 10_000
SIZES = (16.0, 10_000.0)
Pair = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class AddNote(Edit):
    """A comment on the canvas, or a frame round nodes."""

    words: str
    position: Pair
    size: Pair = (240.0, 56.0)
    id: str = dataclasses.field(default_factory=new_id)
    frame: bool = False

    @property
    def text(self) -> str:
        return sentence("Add frame") if self.frame else sentence("Add note")

    def apply(self, project: Project) -> Project:
        note = _checked(Note(id=self.id, text=self.words, position=self.position, size=self.size, frame=self.frame))
        return _with_notes(project, (*project.network.notes, note))


@dataclasses.dataclass(frozen=True)
class RemoveNotes(Edit):
    """Notes away."""

    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        return (
            sentence("Delete note")
            if len(self.notes) == 1
            else sentence("Delete {notes_count} notes", notes_count=len(self.notes))
        )

    def describe(self, project: Project) -> str:
        if not are_frames(project, self.notes):
            return self.text
        many = len(self.notes)
        return sentence("Delete frame") if many == 1 else sentence("Delete {notes_count} frames", notes_count=many)

    def apply(self, project: Project) -> Project:
        for id in self.notes:
            _note(project, id)
        kept = tuple(note for note in project.network.notes if note.id not in self.notes)
        return _with_notes(project, kept) if self.notes else project


@dataclasses.dataclass(frozen=True)
class SetNote(Edit):
    """Other words, place or size of a note; None leaves one as it is."""

    note: str
    words: str | None = None
    position: Pair | None = None
    size: Pair | None = None

    @property
    def text(self) -> str:
        return (
            sentence("Change note")
            if self.words is not None
            else sentence("Resize note")
            if self.size is not None
            else sentence("Move note")
        )

    def describe(self, project: Project) -> str:
        if not are_frames(project, (self.note,)):
            return self.text
        return (
            sentence("Change frame")
            if self.words is not None
            else sentence("Resize frame")
            if self.size is not None
            else sentence("Move frame")
        )

    @property
    def slot(self) -> Hashable | None:
        return ("note", self.note, self.words is not None, self.position is not None, self.size is not None)

    def apply(self, project: Project) -> Project:
        old = _note(project, self.note)
        new = _checked(
            dataclasses.replace(
                old,
                text=old.text if self.words is None else self.words,
                position=old.position if self.position is None else self.position,
                size=old.size if self.size is None else self.size,
            )
        )
        return project if new == old else _with_notes(project, tuple(new if n.id == old.id else n for n in project.network.notes))


def are_frames(project: Project, ids: Collection[str]) -> bool:
    """Whether these notes are frames, all of them."""
    return bool(ids) and set(ids) <= {note.id for note in project.network.notes if note.frame}


def _note(project: Project, id: str) -> Note:
    for note in project.network.notes:
        if note.id == id:
            return note
    raise EditError(sentence("The note is no longer there. Select another one."))


def _checked(note: Note) -> Note:
    check_text("A note", note.text, MOST_NOTE)
    low, high = SIZES
    if not all(low <= side <= high for side in note.size) or not all(abs(at) <= 1e6 for at in note.position):
        raise EditError(
            sentence(
                "A note must be {low} to {high} pixels wide and high, within 1,000,000 pixels of the origin.",
                low=f"{low:g}",
                high=f"{high:,.0f}",
            )
        )
    (x, y), (w, h) = note.position, note.size
    return dataclasses.replace(note, position=(float(x), float(y)), size=(float(w), float(h)))


def _with_notes(project: Project, notes: tuple[Note, ...]) -> Project:
    return dataclasses.replace(project, network=dataclasses.replace(project.network, notes=notes))
