"""A session's files: opening, saving, recovery, and the weights that a file holds or a run has made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from playground.document.edits import History, MoveNodes, SetField, SetProject, Several
from playground.document.picks import remember
from playground.document.project import Project
from playground.document.relocate import relocation
from playground.document.weight_sets import BEST, WeightSets
from playground.document.weights import renamed
from playground.errors import BadValue, PlaygroundError
from playground.training.messages import Saved
from playground.training.runs import keep_also, shelf_of, take_along
from playground.ui.next_steps import again, copy_path
from playground.ui.revocable import Revocable
from playground.ui.run_control import names_of
from playground.ui.session_core import SessionCore
from playground.words import joined, say, sentence

if TYPE_CHECKING:
    from playground.document.file import Loaded


class FilesPart(SessionCore):
    """file_sets: the weights that its file holds, or that were taken from another; then weights_taken, and closing would lose them.

    flawed: a project was opened, and it was told what of its file is damaged or unknown.
    """

    flawed = Signal()

    def __init__(self, project: Project | None = None, parent: QObject | None = None) -> None:
        super().__init__(project, parent)
        self.file_sets = WeightSets()
        self._file_names: dict[str, str] = {}
        self._file_runs: dict[str, Any] = {}
        self._file_sha256 = ""
        self._kept_run = (0, 0)
        self._ours = False
        self._unsaved, self._flaws = Revocable(self), Revocable(self)
        self.weights_taken = False
        self.heard.connect(self._copy_run)

    @property
    def modified(self) -> bool:
        """Whether closing now would lose edits, or weights of a run."""
        return self.history.dirty or self.trained or self.weights_taken

    @property
    def trained(self) -> bool:
        """Whether the run has weights that no file holds."""
        return bool(self.client.step) and self._run_mark != self._kept_run

    def weights(self, *, best: bool = False, averaged: bool | None = None) -> dict[str, np.ndarray] | None:
        """Copies of the run's weights, else those of the file, under the names that nodes have now; None where there are none.

        best: those of the best epoch.  averaged: their means, where there are any, or not; None: as the project's plan evaluates.
        """
        means = self.project.training.judges_averaged if averaged is None else averaged
        found, names = self.client.export_weights(best=best, averaged=means) if self.client.step else {}, self.run.names
        if not found:
            kept = self.file_sets.get(BEST) if best else None
            found, names = kept or self.file_sets.chosen(means) or {}, self._file_names
        return renamed(found, names, names_of(self.project)) or None

    def weight_sets(self) -> WeightSets:
        """Copies of all that `weights` can give, for a file."""
        found, names = self.client.weight_sets() if self.client.step else WeightSets(), self.run.names
        if not found:
            found, names = self.file_sets, self._file_names
        return found.renamed(names, names_of(self.project))

    def take_weights(self, weights: WeightSets | Mapping[str, np.ndarray], names: Mapping[str, str]) -> None:
        """Weights that came from a file, in place of those of the run, which ends. names: node id -> name, as in the weights."""
        self.run.forget()
        self.file_sets, self._file_names, self.weights_taken = WeightSets.of(weights), dict(names), True
        self._kept_run = (0, 0)
        self.file_changed.emit()

    @property
    def _run_mark(self) -> tuple[int, int]:
        return self.run.number, self.client.step

    @property
    def title(self) -> str:
        """The project's name; that of a new project and of one that ships is said in the language of the window."""
        name = self.project.name
        return say(name) if self.path is None and self.nameless else name

    @property
    def nameless(self) -> bool:
        """Whether its name was given by no person: that of a new project, or of one that ships and was not saved yet."""
        return self.project.name == Project().name or (self._ours and self.path is None)

    # Opening and saving
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
        self._tell([problem.text for problem in loaded.problems])
        return True

    def _tell(self, problems: list[str]) -> None:
        """What was damaged or unknown in a file, until the project is saved as a whole one."""
        if problems:
            more = (
                [sentence(" {problems_count} more of this kind.", problems_count=len(problems) - 3)] if len(problems) > 3 else []
            )
            self._flaws.tell_revocably(joined((joined(problems[:3], " "), *more), ""), "warning")
            self.flawed.emit()

    def detach(self, *, ours: bool = False) -> None:
        """Go on as a copy without a file, as for an example that is to stay as it is; data beside the file is still found.

        ours: it is one that ships with the program, so its name is said in the language of the window, and what is made of it goes
        elsewhere; it reads no data beside it.
        """
        self.path, self._file_sha256, self._ours = None, "", ours
        self._home = None if ours else self._home
        self.file_changed.emit()

    def place(self, positions: dict[str, tuple[float, float]]) -> None:
        """Put nodes where a project just opened should have had them: neither an edit nor a change to save."""
        if not self.history.can_undo and not self.history.can_redo and not self.history.dirty:
            self.history = History(MoveNodes(positions).apply(self.project))
            self._changed()

    def restore(self, loaded: Loaded) -> None:
        """Go on with a recovered project, which nothing on the disk equals, and with its history of edits."""
        from playground.document.file import no_history
        from playground.document.undo_steps import read_steps

        problems = [problem.text for problem in loaded.problems]
        self._replace(loaded.project, loaded.path, loaded)
        self.history.mark_unsaved()
        if loaded.history is not None:
            try:
                self.history.adopt(*read_steps(loaded.history, loaded.project))
            except BadValue as error:
                problems.append(no_history(error))
        self.project_changed.emit()
        self._tell(problems)

    def save(self, path: Path, name: str = "") -> bool:
        """Save the project with the weights of its run, else with those that its file held. Its data files stay the same ones.

        name: that it gets, "" for the one that it has. Where it cannot be saved, nothing changes.
        """
        from playground.document.file import save

        folder = path.absolute().parent
        renaming = (SetProject(name=name),) if name and name != self.project.name else ()
        moving = relocation(self.project, self.folder, folder)
        mark = self._run_mark
        weights = self.weight_sets()
        expected = self._file_sha256 if path == self.path else ""
        try:
            project = Several("", (*renaming, *moving)).apply(self.project)
            saved = save(project, path, weights, self._file_runs, expect_sha256=expected or None)
        except PlaygroundError as error:
            self._unsaved.tell_revocably(str(error), "error")
            return False
        self._unsaved.take_back()
        self._flaws.take_back()
        for edit in renaming:
            self.do(edit)
        self._follow_folder(folder, moving)
        if self.run_shelf is not None:
            self._take_runs_along(shelf_of(path))
        self.path, self._file_sha256, self._kept_run = path, saved.sha256, mark
        self.file_sets, self._file_names, self.weights_taken = weights, names_of(self.project), False
        for note in saved.notes:
            self.message.emit(note, "info")
        self.history.mark_saved()
        self.file_changed.emit()
        return True

    def _take_runs_along(self, shelf: Path) -> None:
        """The runs of the project are seen with the file that it has now, too."""
        if self.run_shelf is None or any(copy.parent == shelf for copy in self.run_copies):
            return
        try:
            copy = take_along(self.run_shelf, shelf, self.run_folder)
        except (PlaygroundError, OSError) as error:
            self.message.emit(str(error), "warning")
            self.offered.emit(again(lambda: self._take_runs_along(shelf)))
            return
        if copy is not None:
            self.run_copies = (*self.run_copies, copy)

    def _copy_run(self, event: object) -> None:
        """A run that goes on after its project got another file is kept with both files."""
        if isinstance(event, Saved) and Path(event.path).parent == self.run_folder:
            for folder in self.run_copies:
                try:
                    keep_also(Path(event.path), folder)
                except PlaygroundError as error:
                    self.run_copies = tuple(copy for copy in self.run_copies if copy != folder)
                    self.message.emit(str(error), "warning")
                    self.offered.emit(copy_path(folder))

    def _follow_folder(self, folder: Path, edits: tuple[SetField, ...]) -> None:
        """The project moved to another folder: its data paths, changed by these edits, go on meaning the same files."""
        self._home = folder
        for edit in edits:
            if isinstance(edit.value, str) and Path(edit.value).is_absolute():
                remember(edit.value)  # it could be read from the old folder, and can be from the new one
        if edits:
            self.do(Several(sentence("Follow the project's folder"), edits))

    def _replace(self, project: Project, path: Path | None, loaded: Loaded | None = None) -> None:
        self.run.forget()
        self.run_shelf, self.run_folder, self.run_copies = None, None, ()
        self.history = History(project)
        self.path, self._home = path, path.absolute().parent if path else None
        self.file_sets, self._file_runs, self._file_sha256, self._kept_run = WeightSets(), {}, "", (0, 0)
        self.weights_taken = self._ours = False
        if loaded is not None:
            self.file_sets, self._file_runs, self._file_sha256 = loaded.sets, loaded.runs, loaded.sha256
            self._file_names = names_of(project)
        self._open(())
        self.select(())
        self.replaced.emit()
        self._changed()
        self.file_changed.emit()
