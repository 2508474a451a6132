"""One axis of a sample, as layers let a person choose it."""

from __future__ import annotations

from typing import Any

from playground.core.fields import whole
from playground.errors import ShapeError
from playground.words import sentence

#: Most axes that a sample has.
MOST_AXES = 6


def axis_field(default: int, help: str) -> Any:
    """A setting that names an axis: from 0 for the first after the batch, or from -1 backwards for the last."""
    return whole(default, low=-MOST_AXES, high=MOST_AXES - 1, help=help)


def resolved(axis: int, rank: int) -> int:
    """The axis counted from 0. Raises ShapeError where there is none of that number."""
    if not -rank <= axis < rank:
        raise ShapeError(
            sentence(
                "needs an axis {axis}, and its input has {rank} {axes}.",
                axis=axis,
                rank=rank or "no",
                axes=sentence("axis") if rank == 1 else sentence("axes"),
            ),
            "set axis -1" if rank else "",
        )
    return axis % rank
