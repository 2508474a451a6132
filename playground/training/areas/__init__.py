"""What the shared board is made of: named areas, each declared once by its owner.

One file for each area. A file that is put here has its area on every board by itself, the same in window and worker; it is read as
`board[AREA]`, with the type that the area's view has.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy.typing as npt

from playground.core.registry import scan

if TYPE_CHECKING:
    from playground.training.board import BoardPlan

Array = npt.NDArray[Any]


class View(Protocol):
    """How an area is read and written."""

    def clear(self) -> None:
        """A run begins anew."""
        ...


V_co = TypeVar("V_co", bound=View, covariant=True)


@dataclasses.dataclass(frozen=True)
class Area(Generic[V_co]):
    """A part of the board.

    nbytes: for a plan; memory that is never written costs nothing.  words: 64-bit words of its own in the board's header, for counts
    and marks, zero at first.  view: from the plan, the area's bytes and its words.  Shapes: (nbytes,) uint8, (words,) int64.
    """

    name: str
    words: int
    nbytes: Callable[[BoardPlan], int]
    view: Callable[[BoardPlan, Array, Array], V_co]


_AREAS: dict[str, Area[View]] = {}


def register(area: Area[V_co]) -> Area[V_co]:
    """Put an area on every board. Raises RuntimeError when its name is taken."""
    if area.name in _AREAS:
        raise RuntimeError(f"two areas of the board are called {area.name!r}")
    _AREAS[area.name] = area
    return area


def known() -> tuple[Area[View], ...]:
    """All areas, by name."""
    scan(__name__)
    return tuple(area for _, area in sorted(_AREAS.items()))
