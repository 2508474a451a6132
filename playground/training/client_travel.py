"""What a client asks of the way back, and the curves that it leaves behind."""

from __future__ import annotations

import dataclasses

from playground.training.client_commands import Commands
from playground.training.history import History
from playground.training.messages import EpochRecord
from playground.training.messages.travel import Reinitialise, Travel, Travelled

#: Branches that are kept; older ones are forgotten.
MOST_BRANCHES = 8


@dataclasses.dataclass(frozen=True, eq=False)
class Branch:
    """A curve that was left. step: where the run forked from it; last: how far it went."""

    step: int
    last: int
    history: History
    epochs: tuple[EpochRecord, ...]


class Travels(Commands):
    """Rewinding, forking, and layers that begin anew. Every method returns at once; one that does not fit the state does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._branches: tuple[Branch, ...] = ()
        self._leaving: Branch | None = None
        self._branched = 0

    @property
    def branches(self) -> tuple[Branch, ...]:
        """The curves that the present run forked from, oldest first."""
        return self._branches if self._branched == self._generation else ()

    def rewind(self, step: int, *, go_on: bool = False) -> None:
        """Stand at an earlier step again; its later curve is void. Ends in `Travelled`. go_on: train on from there."""
        self._travel("rewind", step, go_on=go_on)

    def fork(self, step: int, *, go_on: bool = False) -> None:
        """As `rewind`, but the curve that is left stays in `branches`."""
        if self._view is not None and self._view.started is not None:
            self._leaving = self._branch(step)
        self._travel("fork", step, go_on=go_on)

    def reinitialise(self, layer: str, seed: int) -> None:
        """Give a layer start weights from the next step on. Ends in `Reinitialised`."""
        if self._ready():
            self.send(Reinitialise(layer=layer, seed=seed))

    def _travel(self, kind: str, step: int, *, go_on: bool) -> None:
        if self._ready():
            self.send(Travel(kind=kind, step=max(0, step), go_on=go_on))

    def _ready(self) -> bool:
        """Whether there is a run to ask; one whose worker died goes on in a new one, paused."""
        if self._view is None or self._state not in ("running", "paused", "finished", "failed", "dead"):
            return False
        if self._abandoned:
            self._continue(paused=True)
        return True

    def _branch(self, step: int) -> Branch:
        assert self._view is not None
        history = self._view.history()
        last = int(history.steps[-1]) if len(history.steps) else 0
        return Branch(step, last, history, tuple(self._view.epochs()))

    def _travelled(self, event: Travelled) -> None:
        """The run stands where it was asked to."""
        view, leaving = self._view, self._leaving
        assert view is not None
        self._leaving = None
        if event.kind == "fork":
            whole = self._branch(event.step) if view.drain_until(event.rows) else leaving
            if whole is not None:
                self._branches = (*self.branches, dataclasses.replace(whole, step=event.step))[-MOST_BRANCHES:]
                self._branched = self._generation
        view.cut(event.step, event.rows)
        view.knobs = dict(event.knobs)
        view.wanted.clear()

    def _forget_branches(self) -> None:
        self._branches, self._leaving = (), None
