"""The runs that the Compare layout is about: all of the project, those that are drawn, those that are compared."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from playground.core.samples import Samples
from playground.document.edits.restore import RestoreProject
from playground.document.weight_sets import WeightSets
from playground.errors import PlaygroundError
from playground.lowering.folding import names
from playground.training.runs import Kept, delete, reading, say_of
from playground.ui.compare.lines import grouped
from playground.ui.compare.more_seeds import MoreSeeds, more_seeds_of
from playground.ui.compare.restored import restored_of
from playground.ui.compare.seeds import together
from playground.ui.next_steps import again
from playground.ui.session import Session
from playground.words import say, sentence

#: Runs with a colour and dashes of their own.
MOST_DRAWN = 8
MOST_COMPARED = 4
#: Files of runs that are read at once, of which those that are known already count as less; then seconds of reading between two turns of
#: the window, and until more is shown.
AT_ONCE, KNOWN, SLICE, PAUSE = 12, 1 / 16, 0.006, 0.4


class Choice(QObject):
    """changed: runs came, went or were renamed.  chosen: others are drawn or compared.

    brushed: others are left in the table.  released: let go of all brushes.

    left: folders that the brushes of the parallel plot leave, None for all.  bands: runs that differ in nothing but the seed are drawn
    as their mean and spread, in one colour.  drawn: folder -> number of its colour, 1 to 8.  compared: folders, in the order in which they were chosen.
    """

    changed = Signal()
    chosen = Signal()
    brushed = Signal()
    released = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.setObjectName("compare")
        self.session = session
        self.runs: list[Kept] = []
        self._repeats: dict[Path, list[Kept]] = {}
        self._reader: Iterator[tuple[Kept | None, bool]] = iter(())
        self._read: list[Kept] = []
        self._published = 0.0
        self._later = QTimer(self)
        self._later.setInterval(0)
        self._later.timeout.connect(self._read_later)
        self.drawn: dict[Path, int] = {}
        self.compared: list[Path] = []
        self.left: frozenset[Path] | None = None
        self.bands = True
        self.watched = 0
        MoreSeeds(self, session, self.restore).grown.connect(self._refresh_watched)
        self._was_going = False
        session.run_changed.connect(self._run_changed)
        session.file_changed.connect(self._refresh_watched)
        session.replaced.connect(self.forget)

    def forget(self) -> None:
        """Another project: other runs."""
        self._later.stop()
        self.runs, self._repeats, self.drawn, self.compared, self.left = [], {}, {}, [], None
        self._refresh_watched()

    def _run_changed(self) -> None:
        """The table is read again when a run ends, and when one begins."""
        if not self.session.run.going or not self._was_going:
            self._refresh_watched()
        self._was_going = self.session.run.going

    def _refresh_watched(self) -> None:
        if self.watched:
            self.refresh()

    def refresh(self) -> None:
        """Read the shelf; new runs are drawn while there are colours. Of many the older ones follow later; what is shown stays until then."""
        self._reader, self._read = reading(self.session.shelf), []
        if not self._read_on(AT_ONCE, math.inf) or not self.runs:
            self._publish()

    def _read_on(self, most: float, seconds: float) -> bool:
        """Read at most so many files, for at most so long. Gives whether there are more."""
        end = time.perf_counter() + seconds
        for run, fresh in self._reader:
            if run is not None:
                self._read.append(run)
            most -= 1 if fresh else KNOWN
            if most <= 0 or time.perf_counter() > end:
                self._later.start()
                return True
        self._later.stop()
        return False

    def _read_later(self) -> None:
        """Another piece, between two turns of the window."""
        more = self._read_on(AT_ONCE, SLICE)
        if not more or (len(self._read) > len(self.runs) and time.perf_counter() - self._published > PAUSE):
            self._publish()

    def _publish(self) -> None:
        """Show what is read."""
        before, newest = {run.folder for run in self.runs}, max((run.number for run in self.runs), default=0)
        self.runs, self._published = list(self._read), time.perf_counter()
        groups = [list(line.runs) for line in grouped(self.runs)]
        self._repeats = {run.folder: group for group in groups for run in group}
        self.drawn = {folder: color for folder, color in self.drawn.items() if folder in self._repeats}
        self.compared = [folder for folder in self.compared if folder in self._repeats]
        new = [group for group in groups if any(run.folder not in before and run.number > newest for run in group)]
        for group in groups[:3] if not before else new[:1]:
            for run in group:
                self._draw(run.folder)
        if not self.compared:
            self.compared = [group[-1].folder for group in groups[:2]]
        self.changed.emit()
        self.chosen.emit()

    def run_of(self, folder: Path) -> Kept | None:
        return next((run for run in self._repeats.get(folder, ()) if run.folder == folder), None)

    def drawn_runs(self) -> list[tuple[Kept, int]]:
        """Runs with the numbers of their colours, the newest first."""
        return [(run, self.drawn[run.folder]) for run in self.runs if run.folder in self.drawn]

    def drawn_groups(self) -> list[tuple[list[Kept], int]]:
        """Drawn runs with the numbers of their colours; with bands, those that differ in nothing but the seed together."""
        runs = self.drawn_runs()
        return together(runs) if self.bands else [([run], color) for run, color in runs]

    def colors(self) -> dict[Path, int]:
        """The number of the colour in which each drawn run is drawn, by folder."""
        return {run.folder: color for runs, color in self.drawn_groups() for run in runs}

    def draw_bands(self, on: bool) -> None:
        """Runs that differ in nothing but the seed as one, or each by itself and, while there are colours, in its own."""
        self.bands = on
        if not on:
            for run, color in self.drawn_runs():
                free = self._free()
                if free and list(self.drawn.values()).count(color) > 1:
                    self.drawn[run.folder] = free[0]
        self.chosen.emit()

    def repeats_of(self, folder: Path) -> list[Kept]:
        """All runs that differ from one in nothing but the seed, with it, the newest first."""
        return self._repeats.get(folder, [])

    def under_way(self) -> dict[Path, str]:
        """Runs that a worker has in hand: folder -> "training" or "paused"."""
        session, found = self.session, {}
        state = session.client.state
        if session.run_folder is not None and state in ("starting", "running", "paused"):
            found[session.run_folder] = "paused" if state == "paused" else "training"
            found |= dict.fromkeys(session.run_copies, found[session.run_folder])
        return found | dict.fromkeys(self.beside(), "training")

    def beside(self) -> tuple[Path, ...]:
        """Folders of runs that are trained besides that of the window."""
        return more_seeds_of(self).folders

    def brush(self, left: frozenset[Path] | None) -> None:
        """Leave only these runs in the table; None for all of them."""
        if left != self.left:
            self.left = left
            self.brushed.emit()

    def compared_runs(self) -> list[Kept]:
        return [run for folder in self.compared if (run := self.run_of(folder)) is not None]

    def draw(self, folder: Path, on: bool) -> bool:
        """Draw a run or no longer; False where all colours are taken."""
        return self.draw_all([folder], on)

    def draw_all(self, folders: Sequence[Path], on: bool) -> bool:
        """Draw runs or no longer; False where all colours are taken."""
        if not on:
            for folder in folders:
                self.drawn.pop(folder, None)
        elif not all(self._draw(folder) for folder in folders):
            self.session.message.emit(
                sentence("At most {most} runs are drawn at once. Untick another one first.", most=MOST_DRAWN), "info"
            )
            self.session.offered.emit((sentence("Untick all"), lambda: self.draw_all(list(self.drawn), False)))
            self.chosen.emit()
            return False
        self.chosen.emit()
        return True

    def _free(self) -> list[int]:
        return [color for color in range(1, MOST_DRAWN + 1) if color not in self.drawn.values()]

    def _draw(self, folder: Path) -> bool:
        if folder not in self.drawn:
            free = self._free()
            alike = [self.drawn[one.folder] for one in self.repeats_of(folder) if one.folder in self.drawn]
            if alike and (self.bands or not free):
                self.drawn[folder] = alike[0]
            elif free:
                self.drawn[folder] = free[0]
        return folder in self.drawn

    def compare(self, folders: Sequence[Path]) -> None:
        """Set some runs side by side."""
        wanted = list(dict.fromkeys(folders))[:MOST_COMPARED]
        if wanted != self.compared:
            self.compared = wanted
            self.chosen.emit()

    def restore(self, run: Kept) -> bool:
        """Network, data, plans and weights of a run in place of the present ones; the network as one step that can be undone."""
        session = self.session
        if session.run.going:
            session.message.emit(sentence("A run goes on. Stop it first; then an earlier one can be restored."), "warning")
            session.offered.emit((sentence("Stop"), session.stop))
            return False
        of = say("run {number}", number=run.number)
        if not session.do(RestoreProject(run.ended, of), whole=True):
            return False
        weights = self._weights(run, session.samples)
        if weights is not None:
            session.take_weights(weights, names(session.project))
            session.message.emit(sentence("Run {number} is back, with its weights.", number=run.number), "info")
            restored_of(session).show(run)
        else:
            session.message.emit(
                sentence("The network of run {number} is back; no weights of it are kept.", number=run.number), "info"
            )
            session.offered.emit((sentence("Train"), session.train))
        return True

    def _weights(self, run: Kept, samples: Samples | None) -> WeightSets | None:
        from playground.api.checkpoints import kept_in

        spec = next((node.spec for node in run.ended.network.of_kind("dataset")), None)
        present = next((node.spec for node in self.session.project.network.of_kind("dataset")), None)
        if run.weights is None or samples is None or spec != present:
            return None
        try:
            return kept_in(run.weights, run.ended, samples).sets
        except PlaygroundError as error:
            self.session.message.emit(str(error), "warning")
            return None

    def say_of(self, run: Kept, *, star: bool | None = None, note: str | None = None) -> None:
        """Keep a star or a note."""
        try:
            say_of(run, star=star, note=note)
        except PlaygroundError as error:
            self.session.message.emit(str(error), "error")
            self.session.offered.emit(again(lambda: self.say_of(run, star=star, note=note)))
        self.refresh()

    def delete(self, runs: Sequence[Kept]) -> None:
        """Throw runs away, but not the one that goes on."""
        under = self.under_way()
        for run in runs:
            if run.folder in under:
                self.session.message.emit(sentence("Run {number} goes on. Stop it first.", number=run.number), "warning")
                stop = self.session.stop if run.folder not in self.beside() else more_seeds_of(self).stop
                self.session.offered.emit((sentence("Stop"), stop))
                continue
            try:
                delete(run)
            except PlaygroundError as error:
                self.session.message.emit(str(error), "error")
                self.session.offered.emit(again(functools.partial(self.delete, [run])))
        self.refresh()


def choice_of(session: Session) -> Choice:
    """The session's choice of runs, made on first use."""
    found = session.findChild(Choice, "compare")
    return found if isinstance(found, Choice) else Choice(session)
