"""What follows a run without being part of its loop: every run has one of each registered hook.

One file for each hook. A file that is put here registers its class by itself. Nothing that a hook does may depend on how long a burst
was, so that a run gives the same numbers however it is watched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from playground.core.registry import scan

if TYPE_CHECKING:
    from playground.training import messages
    from playground.training.loop import Burst
    from playground.training.run import Run


class Hook:
    """Called by the run; every method may be left as it is. order: among the hooks, small ones first."""

    order = 0

    def __init__(self, run: Run) -> None:
        """Before the run has a state; board, machine and trainer are there."""
        self.run = run

    def began(self) -> None:
        """The run has its first state: start weights or those of a checkpoint."""

    def resumed(self) -> None:
        """The run goes on from the whole copy that a dead worker left on the board."""

    def carried(self, previous: Hook) -> None:
        """The run goes on with another plan, in other memory: board, machine and trainer are new and stand where the old ones did.

        previous: the hook of this kind that followed it until now.
        """

    def next_stop(self) -> int | None:
        """The step, after the present one, at which the next burst has to end; None: wherever it likes."""
        return None

    def before_burst(self) -> None:
        """The machine stands before a step that is about to be done."""

    def after_burst(self, burst: Burst) -> None:
        """Rows and record are on the board; nothing has been told of them yet."""

    def after_turn(self, burst: Burst) -> None:
        """All events of the burst are told, and the state's copy is as fresh as it gets."""

    def knob_changed(self, change: messages.KnobChanged) -> None:
        """A knob has a new value from the present step on; told after this."""

    def before_stop(self) -> None:
        """The run comes to rest: a pause, the end of what was asked for, or its end."""

    def ended(self, finished: messages.Finished) -> None:
        """The run is over; told after this."""

    def reopened(self, reason: str) -> None:
        """The run was over and goes on. reason: of its end, "done", "stopped" or "early"."""

    def travelled(self, step: int) -> None:
        """The run stands at an earlier step again, and what it did after that is void; told after this."""

    def reset(self) -> None:
        """The run is back at its start weights, and the board is empty."""

    def close(self) -> None:
        """The run is given up."""


_KINDS: dict[str, type[Hook]] = {}
C = TypeVar("C", bound=type[Hook])


def register(cls: C) -> C:
    """Attach a hook to every run. Raises RuntimeError when there is one of the same name."""
    if cls.__name__ in _KINDS:
        raise RuntimeError(f"two hooks are called {cls.__name__}")
    _KINDS[cls.__name__] = cls
    return cls


def kinds() -> tuple[type[Hook], ...]:
    """All hooks, in the order in which they are called."""
    scan(__name__)
    return tuple(sorted(_KINDS.values(), key=lambda cls: (cls.order, cls.__name__)))
