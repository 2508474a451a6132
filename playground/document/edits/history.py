"""Undo and redo: the projects before and after, which share nearly all of their parts."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Hashable, Iterable

from playground.document.edits.base import Edit, EditError
from playground.document.integrity import integrity_faults
from playground.document.project import Project

Listener = Callable[[Project, Project], None]


@dataclasses.dataclass(frozen=True)
class Step:
    """One step of undo. at: when its last edit came, in seconds."""

    text: str
    before: Project
    after: Project
    slot: Hashable | None
    at: float


class History:
    """The project as it is, and the steps that led here.

    Edits of the same slot that follow within `join_seconds` are one step, as when a slider is dragged, and none where they end as they
    began. `limit` bounds the steps.
    Listeners are called as `listener(before, after)` when the project has changed.
    """

    def __init__(
        self, project: Project, *, limit: int = 500, join_seconds: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        _check(project)
        self._project = project
        self._saved: Project | None = project
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._sealed, self._serial = True, 0
        self._listeners: list[Listener] = []
        self._limit, self._join_seconds, self._clock = limit, join_seconds, clock

    @property
    def project(self) -> Project:
        return self._project

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def serial(self) -> int:
        """Another number after every step that was begun, taken back or done again; edits that are one step share theirs."""
        return self._serial

    @property
    def undo_text(self) -> str:
        """What undo takes back, such as "Add dense2", or ""."""
        return self._done[-1].text if self._done else ""

    @property
    def redo_text(self) -> str:
        return self._undone[-1].text if self._undone else ""

    @property
    def dirty(self) -> bool:
        """Whether the project differs from the one that was saved last."""
        return self._project is not self._saved and self._project != self._saved

    def mark_saved(self, project: Project | None = None) -> None:
        """Say what is on the disk now. project: the one that was written, when edits came while it was."""
        self._saved = self._project if project is None else project
        self.seal()

    def mark_unsaved(self) -> None:
        """Say that nothing on the disk equals this project, as after a recovery."""
        self._saved = None

    def seal(self) -> None:
        """Let the next edit start a step of its own, as when a slider is let go."""
        self._sealed = True

    def do(self, edit: Edit) -> Project:
        """Apply an edit. Raises EditError or BadValue; the project is then as before."""
        before = self._project
        after = edit.apply(before)
        if after is before or after == before:
            return before
        _check(after)
        now = self._clock()
        last = self._done[-1] if self._done else None
        self._undone.clear()
        if last and not self._sealed and edit.slot is not None and edit.slot == last.slot and now - last.at <= self._join_seconds:
            self._done[-1] = dataclasses.replace(last, after=after, at=now)
            self._sealed = after == last.before
            if self._sealed:  # a drag that is back where it began is no step
                self._done.pop()
                self._serial += 1
        else:
            self._serial += 1
            self._done.append(Step(edit.describe(before), before, after, edit.slot, now))
            del self._done[: -self._limit]
            self._sealed = False
        self._become(after)
        return after

    def undo(self) -> Project:
        """Take the last step back; nothing happens where there is none."""
        if self._done:
            self._undone.append(self._done.pop())
            self._sealed, self._serial = True, self._serial + 1
            self._become(self._undone[-1].before)
        return self._project

    def redo(self) -> Project:
        """Do the last step again; nothing happens where there is none."""
        if self._undone:
            self._done.append(self._undone.pop())
            self._sealed, self._serial = True, self._serial + 1
            self._become(self._done[-1].after)
        return self._project

    def steps(self, most: int) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """Up to `most` steps that undo takes back and that redo does again, next ones first."""
        return tuple(reversed(self._done[-most:])), tuple(reversed(self._undone[-most:]))

    def adopt(self, done: Iterable[Step], undone: Iterable[Step]) -> None:
        """Go on with steps of an earlier session that lead to and on from this project, next ones first."""
        self._done, self._undone = list(done)[: self._limit][::-1], list(undone)[: self._limit][::-1]
        self.seal()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _become(self, project: Project) -> None:
        before, self._project = self._project, project
        for listener in tuple(self._listeners):
            listener(before, project)


def _check(project: Project) -> None:
    for _, sentence in integrity_faults(project):
        raise EditError(sentence)
