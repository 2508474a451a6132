"""The only wiring of the window: one project with its history, its samples, what is known about it, and its run.

Widgets read from here, listen to signals in the past tense, and ask for changes through methods. No widget knows another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from playground.core.samples import Samples
from playground.document.edits import Edit, History, MoveNodes, Several
from playground.document.picks import remember
from playground.document.problems import Mend, Problem
from playground.document.project import Node, Project
from playground.document.relocate import relocation
from playground.document.weights import renamed
from playground.errors import PlaygroundError
from playground.lowering import Inspection, inspect
from playground.paths import user_data_dir
from playground.training.client import Client
from playground.ui.run_control import RunControl, names_of
from playground.ui.sample_loader import SampleLoader
from playground.ui.scope import Scope

if TYPE_CHECKING:
    from playground.document.file import Loaded
    from playground.training.saturation import Saturation


class Session(QObject):
    """What the window is about.

    Signals: project_changed after every edit, undo, redo, open and new · replaced when it is another project · file_changed when path or modified changed ·
    inspection_changed once per turn of the event loop after changes · selection_changed · scope_changed when another block
    was opened or left · samples_changed when the data source's
    samples arrived or failed (`samples`, `samples_error`) · run_changed on any event of the run (state, epoch, rate search) ·
    heard(event) for every `training.messages.Event`, as it came · tick at 30 Hz while a run is going, for all live drawing ·
    message(text, level) with level "info", "warning" or "error".
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
    message = Signal(str, str)
    heard = Signal(object)

    def __init__(self, project: Project | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = History(project or Project())
        self.path: Path | None = None
        self.file_weights: dict[str, np.ndarray] | None = None
        self._file_names: dict[str, str] = {}
        self._file_runs: dict[str, Any] = {}
        self._file_sha256 = ""
        self._home: Path | None = None
        self._kept_run = (0, 0)
        self.weights_taken = False
        self.selection: tuple[str, ...] = ()
        self.stuck: Mapping[str, Saturation] = {}  # by node name, of what the canvas shows; kept up to date by it
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
        self.run.told.connect(self.message)
        self.run.heard.connect(self.heard)
        self._want_samples()
        self._stale()

    # What is
    @property
    def project(self) -> Project:
        return self.history.project

    @property
    def modified(self) -> bool:
        """Whether closing now would lose edits, or weights of a run."""
        return self.history.dirty or self.trained or self.weights_taken

    @property
    def trained(self) -> bool:
        """Whether the run has weights that no file holds."""
        return bool(self.client.step) and self._run_mark != self._kept_run

    def weights(self, *, best: bool = False) -> dict[str, np.ndarray] | None:
        """Copies of the run's weights, else those of the file, under the names that nodes have now; None where there are none.

        best: those of the run's best epoch.
        """
        found, names = self.client.export_weights(best=best) if self.client.step else {}, self.run.names
        if not found:
            found, names = self.file_weights or {}, self._file_names
        return renamed(found, names, names_of(self.project)) or None

    def take_weights(self, weights: Mapping[str, np.ndarray], names: Mapping[str, str]) -> None:
        """Weights that came from a file, in place of those of the run, which ends. names: node id -> name, as in the weights."""
        self.run.forget()
        self.file_weights, self._file_names, self.weights_taken = dict(weights), dict(names), True
        self._kept_run = (0, 0)
        self.file_changed.emit()

    @property
    def _run_mark(self) -> tuple[int, int]:
        return self.run.number, self.client.step

    @property
    def inspection(self) -> Inspection:
        """Shapes, parameter counts and problems of the project as it is now."""
        if self._inspection is None:
            found = inspect(self.project, self.samples)
            if self.samples_error:
                sources = self.project.network.of_kind("dataset")
                unread = Problem(text=self.samples_error, node=sources[0].id if sources else "")
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
    def client(self) -> Client:
        """The run: state, history, epochs, layer norms, parameters; read in place while it goes on."""
        return self.run.client

    @property
    def folder(self) -> Path:
        """What relative paths of the project are relative to."""
        return self._home or Path.cwd()

    @property
    def run_folder(self) -> Path:
        """Where checkpoints and run records of this project go."""
        return user_data_dir() / "runs" / (self.path.stem if self.path else "untitled")

    # Edits
    def do(self, edit: Edit, *, whole: bool = False) -> bool:
        """Apply one undoable edit. False when it was refused; the reason is told.

        Inside an open block it goes to the block's definition. whole: to the project nevertheless.
        """
        try:
            self.history.do(edit if whole else self.scope.routed(edit, self.project, self.samples))
        except PlaygroundError as error:
            self.message.emit(str(error), "error")
            return False
        self._changed()
        return True

    def mend(self, mend: Mend) -> bool:
        """Apply the remedy of a problem of what the canvas shows as one undoable step."""
        return self.do(_remedy(mend))

    def mend_whole(self, mend: Mend) -> bool:
        """Apply the remedy of one of `problems`, those of the whole project, whatever block is open."""
        return self.do(_remedy(mend), whole=True)

    def undo(self) -> None:
        if self.history.can_undo:
            self.history.undo()
            self._changed()

    def redo(self) -> None:
        if self.history.can_redo:
            self.history.redo()
            self._changed()

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

    # Files
    def new(self) -> None:
        """Start an empty, untitled project."""
        self._replace(Project(), None)

    def open(self, path: Path) -> bool:
        """Open a project file. False when it cannot be read; the reason is told and nothing changes."""
        from playground.document.file import load  # brings pydantic, which the first paint need not wait for

        try:
            loaded = load(path)
        except PlaygroundError as error:
            self.message.emit(str(error), "error")
            return False
        self._replace(loaded.project, path, loaded)
        if loaded.problems:
            more = f" {len(loaded.problems) - 3} more of this kind." if len(loaded.problems) > 3 else ""
            self.message.emit(" ".join(problem.text for problem in loaded.problems[:3]) + more, "warning")
        return True

    def detach(self) -> None:
        """Go on as a copy without a file, as for an example that is to stay as it is; data beside the file is still found."""
        self.path, self._file_sha256 = None, ""
        self.file_changed.emit()

    def place(self, positions: dict[str, tuple[float, float]]) -> None:
        """Put nodes where a project just opened should have had them: neither an edit nor a change to save."""
        if not self.history.can_undo and not self.history.can_redo and not self.history.dirty:
            self.history = History(MoveNodes(positions).apply(self.project))
            self._changed()

    def restore(self, loaded: Loaded) -> None:
        """Go on with a recovered project, which nothing on the disk equals."""
        self._replace(loaded.project, loaded.path, loaded)
        self.history.mark_unsaved()
        self.project_changed.emit()

    def save(self, path: Path) -> bool:
        """Save the project with the weights of its run, else with those that its file held. Its data files stay the same ones."""
        from playground.document.file import save

        self._follow_folder(path.absolute().parent)
        mark = self._run_mark
        weights = self.weights()
        expected = self._file_sha256 if path == self.path else ""
        try:
            saved = save(self.project, path, weights, self._file_runs, expect_sha256=expected or None)
        except PlaygroundError as error:
            self.message.emit(str(error), "error")
            return False
        self.path, self._file_sha256, self._kept_run = path, saved.sha256, mark
        self.file_weights, self._file_names, self.weights_taken = weights, names_of(self.project), False
        for note in saved.notes:
            self.message.emit(note, "info")
        self.history.mark_saved()
        self.file_changed.emit()
        return True

    def _follow_folder(self, folder: Path) -> None:
        """Before the project moves to another folder: its data paths go on meaning the same files."""
        edits = relocation(self.project, self.folder, folder)
        self._home = folder
        for edit in edits:
            if isinstance(edit.value, str) and Path(edit.value).is_absolute():
                remember(edit.value)  # it could be read from the old folder, and can be from the new one
        if edits:
            self.do(Several("Follow the project's folder", edits))

    # The run
    def train(self) -> None:
        """Start a run, or go on with a paused one."""
        if self.run.state == "paused":
            self.resume()
        elif self.ready and not self.run.going:
            self._start(None)

    def pause(self) -> None:
        self.run.ask(self.client.pause)

    def resume(self) -> None:
        """Go on after a pause, a stop, a fault, or the death of the worker."""
        self.run.ask(self.client.resume)

    def stop(self) -> None:
        """End the run after the present step; its results stay."""
        self.run.ask(self.client.stop)

    def reset(self) -> None:
        """Back to the start weights and an empty curve."""
        self.run.ask(self.client.reset)

    def step_batch(self) -> None:
        """Train one batch, from the start if there is no run yet."""
        self._step(lambda: self.client.step_batch())

    def step_epoch(self) -> None:
        """Train to the end of the epoch, from the start if there is no run yet."""
        self._step(lambda: self.client.step_epoch())

    def find_rate(self, **options: Any) -> None:
        """Search for a learning rate from the present state, or from the start; it is told by `heard(FinderDone)`."""
        self._step(lambda: self.client.find_rate(**options))

    def set_knob(self, name: str, value: float) -> None:
        """Change a number of the run at its next step. The document does not change: ask for that with `do`."""
        self.run.ask(lambda: self.client.set_knob(name, value))

    @property
    def ready(self) -> bool:
        """Whether a run could start now."""
        return self.samples is not None and not self.inspection.errors

    def close(self) -> None:
        """End the worker and the loader; the session must not be used afterwards."""
        self._loader.close()
        self.run.close()

    # Within
    def _start(self, then: Callable[[], None] | None) -> None:
        if self.samples is not None:
            self.run.start(self.project, self.samples, self.run_folder, then)

    def _step(self, command: Callable[[], None]) -> None:
        if self.run.state in ("idle", "finished", "failed"):
            if self.ready:
                self._start(command)
        else:
            self.run.ask(command)

    def _replace(self, project: Project, path: Path | None, loaded: Loaded | None = None) -> None:
        self.run.forget()
        self.history = History(project)
        self.path, self._home = path, path.absolute().parent if path else None
        self.file_weights, self._file_runs, self._file_sha256, self._kept_run = None, {}, "", (0, 0)
        self.weights_taken = False
        if loaded is not None:
            self.file_weights, self._file_runs, self._file_sha256 = loaded.weights, loaded.runs, loaded.sha256
            self._file_names = names_of(project)
        self._open(())
        self.select(())
        self.replaced.emit()
        self._changed()
        self.file_changed.emit()

    def _changed(self) -> None:
        self._want_samples()
        self._stale()
        self._open(self.scope.path)
        self.select(self.selection)
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
