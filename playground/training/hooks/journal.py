"""Keeps the journal of a run on its board, where it outlives the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.training import messages
from playground.training.areas.journal import JOURNAL
from playground.training.hooks import Hook, register
from playground.training.journal import Entry, Journal, decoded, encoded
from playground.training.loop import Burst
from playground.training.replay import file_sha256

if TYPE_CHECKING:
    from playground.training.run import Run


@register
class RunJournal(Hook):
    """entries: as they have to be done again. Other hooks and handlers add theirs with `add`."""

    order = -20

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._log = run.board[JOURNAL]
        self._journal = Journal()

    @property
    def entries(self) -> list[Entry]:
        return list(self._journal)

    @property
    def next(self) -> int:
        """The serial number that the next entry will have."""
        return self._journal.last + 1

    @property
    def replanned(self) -> bool:
        """Whether the run has another plan than the one that it began with."""
        return any(entry.kind == "plan" for entry in self._journal)

    def add(
        self, kind: str, what: str = "", before: Any = None, after: Any = None, note: str = "", step: int | None = None
    ) -> Entry:
        """Something that holds from the next step on. step: other than the present one. Raises PlaygroundError when there is no room."""
        at = self.run.machine.step if step is None else step
        entry = self._journal.add(kind, at, what, before, after, note)
        self._log.append(encoded(entry))
        return entry

    def began(self) -> None:
        self._journal.clear()
        if self.run.start.checkpoint:
            path = self.run.checkpoint
            self.add("start", "checkpoint", file_sha256(path), str(path))
        else:
            self.add("start", "seed", None, self.run.trainer.training.seed)

    def resumed(self) -> None:
        """Without a way back that the dead worker had not published: the run stands where it stood before."""
        entries = decoded(self._log.since(0))
        known = self.run.published[1] if self.run.published is not None else 0
        count = next(
            (at for at, one in enumerate(entries) if one.serial > known and one.kind in ("rewind", "fork")), len(entries)
        )
        if count < len(entries):
            self._log.cut(sum(len(encoded(entry)) for entry in entries[:count]))
        self._journal = Journal(entries[:count])

    def carried(self, previous: Hook) -> None:
        assert isinstance(previous, RunJournal)
        self._journal = previous._journal
        if self._log is not previous._log:
            self._log.append(previous._log.since(0))

    def after_turn(self, burst: Burst) -> None:
        for event in burst.events:
            if isinstance(event, messages.Fault):
                self.add("fault", event.node, None, event.direction, event.text)

    def ended(self, finished: messages.Finished) -> None:
        self.add("end", finished.reason, finished.step, finished.last_step, finished.text)

    def reopened(self, reason: str) -> None:
        self.add("resume", reason)

    def reset(self) -> None:
        self._log.clear()
        self._journal.clear()
        self.add("start", "seed", None, self.run.trainer.training.seed)
