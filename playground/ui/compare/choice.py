"""The runs that the Compare layout is about: all of the project, those that are drawn, those that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from playground.core.samples import Samples
from playground.document.edits.restore import RestoreProject
from playground.errors import PlaygroundError
from playground.lowering.folding import names
from playground.training.runs import Kept, delete, kept, say_of
from playground.ui.compare.seeds import together
from playground.ui.session import Session
from playground.words import say

#: Runs with a colour and dashes of their own.
MOST_DRAWN = 8
MOST_COMPARED = 4


class Choice(QObject):
    """changed: runs came, went or were renamed.  chosen: others are drawn or compared.

    brushed: others are left in the table.

    left: folders that the brushes of the parallel plot leave, None for all.  bands: runs that differ in nothing but the seed are drawn
    as their mean and spread.  drawn: folder -> number of its colour, 1 to 8.  compared: folders, in the order in which they were chosen.
    """

    changed = Signal()
    chosen = Signal()
    brushed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.setObjectName("compare")
        self.session = session
        self.runs: list[Kept] = []
        self.drawn: dict[Path, int] = {}
        self.compared: list[Path] = []
        self.left: frozenset[Path] | None = None
        self.bands = True
        self.watched = 0
        session.run_changed.connect(self._run_changed)
        session.file_changed.connect(self._refresh_watched)
        session.replaced.connect(self.forget)

    def forget(self) -> None:
        """Another project: other runs."""
        self.drawn, self.compared, self.left = {}, [], None
        self._refresh_watched()

    def _run_changed(self) -> None:
        if not self.session.run.going:
            self._refresh_watched()

    def _refresh_watched(self) -> None:
        if self.watched:
            self.refresh()

    def refresh(self) -> None:
        """Read the shelf; new runs are drawn while there are colours."""
        before = {run.folder for run in self.runs}
        self.runs = kept(self.session.shelf)
        there = {run.folder for run in self.runs}
        self.drawn = {folder: color for folder, color in self.drawn.items() if folder in there}
        self.compared = [folder for folder in self.compared if folder in there]
        for run in self.runs[:3] if not before else [run for run in self.runs if run.folder not in before][:1]:
            self._draw(run.folder)
        if not self.compared:
            self.compared = [run.folder for run in self.runs[:2]]
        self.changed.emit()
        self.chosen.emit()

    def run_of(self, folder: Path) -> Kept | None:
        return next((run for run in self.runs if run.folder == folder), None)

    def drawn_runs(self) -> list[tuple[Kept, int]]:
        """Runs with the numbers of their colours, the newest first."""
        return [(run, self.drawn[run.folder]) for run in self.runs if run.folder in self.drawn]

    def drawn_groups(self) -> list[tuple[list[Kept], int]]:
        """Drawn runs with the numbers of their colours; with bands, those that differ in nothing but the seed together."""
        runs = self.drawn_runs()
        return together(runs) if self.bands else [([run], color) for run, color in runs]

    def color_of(self, folder: Path) -> int | None:
        """In which a run is drawn; None for one that is not."""
        return next((color for runs, color in self.drawn_groups() for run in runs if run.folder == folder), None)

    def draw_bands(self, on: bool) -> None:
        """Runs that differ in nothing but the seed as one, or each by itself."""
        self.bands = on
        self.chosen.emit()

    def brush(self, left: frozenset[Path] | None) -> None:
        """Leave only these runs in the table; None for all of them."""
        if left != self.left:
            self.left = left
            self.brushed.emit()

    def compared_runs(self) -> list[Kept]:
        return [run for folder in self.compared if (run := self.run_of(folder)) is not None]

    def draw(self, folder: Path, on: bool) -> bool:
        """Draw a run or no longer; False where all colours are taken."""
        if not on:
            self.drawn.pop(folder, None)
        elif not self._draw(folder):
            self.session.message.emit(
                say("At most {most} runs are drawn at once. Untick another one first.", most=MOST_DRAWN), "info"
            )
            return False
        self.chosen.emit()
        return True

    def _draw(self, folder: Path) -> bool:
        free = [color for color in range(1, MOST_DRAWN + 1) if color not in self.drawn.values()]
        if folder not in self.drawn and free:
            self.drawn[folder] = free[0]
        return folder in self.drawn

    def compare(self, folders: Sequence[Path]) -> None:
        """Set some runs side by side."""
        if list(folders) != self.compared:
            self.compared = list(folders)[:MOST_COMPARED]
            self.chosen.emit()

    def restore(self, run: Kept) -> bool:
        """Network, data, plans and weights of a run in place of the present ones; the network as one step that can be undone."""
        session = self.session
        if session.run.going:
            session.message.emit(say("A run goes on. Stop it first; then an earlier one can be restored."), "warning")
            session.offered.emit((say("Stop"), session.stop))
            return False
        of = say("run {number}", number=run.number)
        if not session.do(RestoreProject(run.ended, of), whole=True):
            return False
        weights = self._weights(run, session.samples)
        if weights is not None:
            session.take_weights(weights, names(session.project))
            session.message.emit(say("Run {number} is back, with its weights.", number=run.number), "info")
        else:
            session.message.emit(
                say("The network of run {number} is back; no weights of it are kept.", number=run.number), "info"
            )
        return True

    def _weights(self, run: Kept, samples: Samples | None) -> dict[str, np.ndarray] | None:
        from playground.api.checkpoints import kept_in

        spec = next((node.spec for node in run.ended.network.of_kind("dataset")), None)
        present = next((node.spec for node in self.session.project.network.of_kind("dataset")), None)
        if run.weights is None or samples is None or spec != present:
            return None
        try:
            return dict(kept_in(run.weights, run.ended, samples).weights)
        except PlaygroundError as error:
            self.session.message.emit(say(str(error)), "warning")
            return None

    def say_of(self, run: Kept, *, star: bool | None = None, note: str | None = None) -> None:
        """Keep a star or a note."""
        try:
            say_of(run, star=star, note=note)
        except PlaygroundError as error:
            self.session.message.emit(say(str(error)), "error")
        self.refresh()

    def delete(self, runs: Sequence[Kept]) -> None:
        """Throw runs away, but not the one that goes on."""
        for run in runs:
            if self.session.run.going and run.number == max(one.number for one in self.runs):
                self.session.message.emit(say("Run {number} goes on. Stop it first.", number=run.number), "warning")
                self.session.offered.emit((say("Stop"), self.session.stop))
                continue
            try:
                delete(run)
            except PlaygroundError as error:
                self.session.message.emit(say(str(error)), "error")
        self.refresh()


def choice_of(session: Session) -> Choice:
    """The session's choice of runs, made on first use."""
    found = session.findChild(Choice, "compare")
    return found if isinstance(found, Choice) else Choice(session)
