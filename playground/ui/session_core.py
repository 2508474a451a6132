"""What a session knows and how it changes: project and history, samples, selection, open blocks, and the run it watches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.document.edits import Edit, History, SetField, Several
from playground.document.instead import concerned, instead
from playground.document.problems import Mend, Problem
from playground.document.project import Node, Project
from playground.errors import PlaygroundError
from playground.lowering import Inspection, inspect
from playground.training.client import Client
from playground.ui.revocable import Revocable
from playground.ui.run_control import RunControl
from playground.ui.sample_loader import SampleLoader
from playground.ui.scope import Scope
from playground.ui.turns import Turns
from playground.words import sentence

if TYPE_CHECKING:
    from playground.training.saturation import Saturation


class SessionCore(QObject):
    """The part of a session that its other parts, files and the run, stand on. What its signals say is told by `Session`.

    message(text, level): what a person should know; a sentence, so that it can be said once more in another language.
    settled(text): what this message told is so no longer.
    offered(words, act): the next step that belongs to the message just told, for a button beside it.
    path: of the project's file, None while it is untitled.  run_shelf: where its newest run is kept, in run_folder; run_copies: its
    folders on the shelves of files that the project was saved as meanwhile.
    stuck: by node name, of what the canvas shows; kept up to date by it.
    """

    project_changed = Signal()
    replaced = Signal()
    file_changed = Signal()
    inspection_changed = Signal()
    selection_changed = Signal()
    scope_changed = Signal()
    samples_changed = Signal()
    run_changed = Signal()
    tick = Signal()
    message = Signal(object, str)
    offered = Signal(object)
    settled = Signal(object)
    heard = Signal(object)
    closing = Signal()

    def __init__(self, project: Project | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = History(project or Project())
        self.path: Path | None = None
        self._home: Path | None = None
        self.selection: tuple[str, ...] = ()
        self.run_shelf: Path | None = None
        self.run_folder: Path | None = None
        self.run_copies: tuple[Path, ...] = ()
        self.stuck: Mapping[str, Saturation] = {}
        self.scope = Scope()
        self._inspection: Inspection | None = None
        self._told = False
        self._loader = SampleLoader(self)
        self._loader.loaded.connect(self._take_samples)
        self.samples: Samples | None = None
        self.samples_error = ""
        self.run = RunControl(self)
        self.run.changed.connect(self.run_changed)
        self.run.ticked.connect(self.tick)
        self.turns = Turns(self)
        self.run.told.connect(self.message)
        self._refusal = Revocable(self)
        self.run.heard.connect(self.heard)
        self._want_samples()
        self._stale()

    # What is
    @property
    def project(self) -> Project:
        return self.history.project

    @property
    def client(self) -> Client:
        """The run: state, history, epochs, layer norms, parameters; read in place while it goes on."""
        return self.run.client

    @property
    def inspection(self) -> Inspection:
        """Shapes, parameter counts and problems of the project as it is now."""
        if self._inspection is None:
            found = inspect(self.project, self.samples)
            if self.samples_error:
                sources = self.project.network.of_kind("dataset")
                mends = _remedies(sources[0], self.samples_error) if sources else ()
                unread = Problem(text=self.samples_error, node=sources[0].id if sources else "", mends=mends)
                found = dataclasses.replace(found, problems=[unread, *found.problems])
            self._inspection = found
        return self._inspection

    @property
    def problems(self) -> list[Problem]:
        return self.inspection.problems

    @property
    def view(self) -> Project:
        """What the canvas shows: the project, or inside an open block the project with the block's network in place of its own."""
        return self.scope.view(self.project, self.samples)

    @property
    def seen(self) -> Inspection:
        """Shapes, parameter counts and problems of what the canvas shows."""
        return self.scope.seen(self.project, self.samples) if self.scope.path else self.inspection

    @property
    def loading(self) -> bool:
        """Whether `samples` are still those of an earlier data source, because the present one's are being read."""
        return self._loader.busy and not self.samples_error

    def read_again(self) -> None:
        """Read the data source anew, after its file changed or was allowed."""
        self._loader.again()

    def selected_nodes(self) -> tuple[Node, ...]:
        """The selected nodes, in creation order."""
        return tuple(node for node in self.view.network.nodes if node.id in self.selection)

    @property
    def folder(self) -> Path:
        """What relative paths of the project are relative to."""
        return self._home or Path.cwd()

    # Edits
    def do(self, edit: Edit, *, whole: bool = False) -> bool:
        """Apply one undoable edit. False when it was refused; the reason is told.

        Inside an open block it goes to the block's definition. whole: to the project nevertheless.
        """
        try:
            self.history.do(edit if whole else self.scope.routed(edit, self.project, self.samples))
        except PlaygroundError as error:
            self.refused(edit, str(error), "error", whole=whole)
            return False
        self._changed()
        return True

    def seal(self) -> None:
        """What is done from now on is a step of undo of its own, as after a slider was let go."""
        self.history.seal()

    def refused(self, edit: Edit, why: str, level: str, *, whole: bool = False) -> None:
        """Tell why an edit cannot be done, with what can be done instead: the nearest edit that holds, or a look at its nodes."""
        self._refusal.tell_revocably(why, level)
        project = self.project if whole else self.view
        found, ids = instead(edit, project), concerned(edit, project)
        if found is not None:
            words, better = found
            self.offered.emit((words, lambda: self._instead(better, whole)))
        elif ids:
            self.offered.emit((sentence("Show it"), lambda: self.select(ids)))

    def _instead(self, better: Edit, whole: bool) -> None:
        if self.do(better, whole=whole) and (made := getattr(better, "id", "")):
            self.select((made,))

    def mend(self, mend: Mend) -> bool:
        """Apply the remedy of a problem of what the canvas shows as one undoable step."""
        return self.do(_remedy(mend))

    def mend_whole(self, mend: Mend) -> bool:
        """Apply the remedy of one of `problems`, those of the whole project, whatever block is open."""
        return self.do(_remedy(mend), whole=True)

    def undo(self) -> None:
        if self.history.can_undo:
            self._through_history(self.history.undo)

    def redo(self) -> None:
        if self.history.can_redo:
            self._through_history(self.history.redo)

    def _through_history(self, go: Callable[[], object]) -> None:
        """One step through the history; nodes and notes that come back are selected."""
        before, path = self._placed(), self.scope.path
        go()
        self._changed()
        back = [id for id in self._placed() if id not in before]
        if back and self.scope.path == path:
            self.select(back)

    def _placed(self) -> tuple[str, ...]:
        """Ids of the nodes and notes of the network that is shown."""
        network = self.view.network
        return (*(node.id for node in network.nodes), *(note.id for note in network.notes))

    def select(self, ids: Iterable[str]) -> None:
        """Select nodes, wires and notes by id; others are let go."""
        network = self.view.network
        known = {node.id for node in network.nodes} | {link.id for link in network.links} | {note.id for note in network.notes}
        wanted = tuple(dict.fromkeys(id for id in ids if id in known))
        if wanted != self.selection:
            self.selection = wanted
            self.selection_changed.emit()

    # Blocks
    def enter(self, node: str) -> bool:
        """Open the block that a node of the canvas uses. False where it uses none."""
        path = (*self.scope.path, node)
        return self._open(path) == path

    def leave(self, depth: int = -1) -> None:
        """Close the open block, or go back to a depth: 0 is the network, 1 the outermost block."""
        path = self.scope.path
        if path:
            depth = len(path) - 1 if depth < 0 else depth
            self._open(path[:depth])
            self.select(path[depth : depth + 1])

    def reveal(self, node: str) -> None:
        """Select a node of the project's own network, leaving an open block."""
        self._open(())
        self.select((node,))

    def _open(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Open as much of a path as there is; gives what is open then."""
        before = self.scope.path
        self.scope.path = self.scope.valid(self.project, path)
        if self.scope.path != before:
            self.select(self.selection)
            self.scope_changed.emit()
        return self.scope.path

    # Within
    def _changed(self) -> None:
        self._want_samples()
        self._stale()
        self._open(self.scope.path)
        self.select(self.selection)
        self._refusal.take_back()  # it was about the project as it stood, and its button may mean what is gone
        self.project_changed.emit()

    def _want_samples(self) -> None:
        sources = self.project.network.of_kind("dataset")
        self._loader.want(sources[0].spec if sources else None, self.folder)

    def _take_samples(self, samples: Samples | None, error: str) -> None:
        self.samples, self.samples_error = samples, error
        self._stale()
        self.samples_changed.emit()

    def _stale(self) -> None:
        self._inspection = None
        if not self._told:
            self._told = True
            QTimer.singleShot(0, self, self._tell_inspection)

    def _tell_inspection(self) -> None:
        self._told = False
        self.inspection_changed.emit()


def _remedy(mend: Mend) -> Several:
    return Several(mend.text, tuple(edit for edit in mend.edits if isinstance(edit, Edit)))


def _remedies(source: Node, error: str) -> tuple[Mend, ...]:
    """What a data source knows to do where it could not be read."""
    if not isinstance(source.spec, Dataset):
        return ()
    return tuple(
        Mend(text=text, edits=(SetField(source.id, field, value),)) for text, field, value in source.spec.remedies(error)
    )
