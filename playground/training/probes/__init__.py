"""What is measured for the eyes alone, within a share of the worker's time. None of it changes a number of the run.

One file for each probe. A file that is put here registers its class by itself; every run has one of each kind (see `run_probes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from playground.core.registry import scan
from playground.training.probes.share import Share

if TYPE_CHECKING:
    from playground.training.run import Run

__all__ = ["Probe", "Share", "kinds", "register"]

K = TypeVar("K")


class Probe(Generic[K]):
    """Measures something of a run. share: of the worker's time, with how often a second; each class has its own.

    A probe that looks closely at single steps overrides `due` (the last step of the next burst is one) or `steps` (these ones), `before`
    and `after`; one that only looks at the state overrides `look`.
    """

    share: Share

    def __init__(self, run: Run) -> None:
        self.run = run

    @property
    def due(self) -> bool:
        """Whether the next burst should have a step that it measures."""
        return False

    def steps(self, first: int, count: int) -> Sequence[int]:
        """Which of the next steps it wants to measure, counted from 0 and ascending."""
        return (first + count - 1,) if self.due else ()

    def before(self) -> K | None:
        """Before such a step; what it gives comes back in `after`. Both count in its share of the time."""
        return None

    def after(self, kept: K | None) -> None:
        """After that step, unless it was refused."""

    def refused(self) -> None:
        """A step was refused because it gave numbers that are not finite; its gradients are still there."""

    def look(self, *, force: bool) -> None:
        """After every burst, and with `force` whenever the run comes to rest; keeps to its share by itself."""


_KINDS: dict[str, type[Probe[Any]]] = {}
C = TypeVar("C", bound=type[Probe[Any]])


def register(cls: C) -> C:
    """Make a probe of every run. Raises RuntimeError when there is one of the same name."""
    if cls.__name__ in _KINDS:
        raise RuntimeError(f"two probes are called {cls.__name__}")
    _KINDS[cls.__name__] = cls
    return cls


def kinds() -> tuple[type[Probe[Any]], ...]:
    """All probes, by name."""
    scan(__name__)
    return tuple(cls for _, cls in sorted(_KINDS.items()))
