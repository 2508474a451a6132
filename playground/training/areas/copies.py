"""Whole copies of the state: to go on from, and of the best epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from playground.training.areas import Area, register
from playground.training.slots import MEMORY_BYTES, Slots

if TYPE_CHECKING:
    from playground.training.board import BoardPlan


def _nbytes(plan: BoardPlan) -> int:
    return 2 * (MEMORY_BYTES + plan.state_room)


def _slots(plan: BoardPlan, area: npt.NDArray[Any], words: npt.NDArray[Any]) -> Slots:
    return Slots(area, words, plan.state_bytes)


RESUME = register(Area("resume", 2, _nbytes, _slots))
BEST = register(Area("best", 2, _nbytes, _slots))
