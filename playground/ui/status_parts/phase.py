"""Slow motion in the status line: which phase of the step it stands at, and what works there in which direction.

The node itself may be out of view, inside a block, or on a canvas that is not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.canvas.node_paint import PHASE_INK, PHASE_WORDS
from playground.ui.slow_motion import slow_motion_of
from playground.ui.status_part import Part, StatusPart
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.training.messages.slow import PhaseDone
    from playground.ui.status import StatusLine


def say_phase(line: StatusLine) -> list[Part]:
    """The newest phase, while a step is taken apart."""
    now = slow_motion_of(line.session).now
    if now is None:
        return []
    told = strung(filter(None, (_worker(line, now), say(PHASE_WORDS[now.direction]))), ": ")
    return [
        Part(say("Phase {done} of {total}", done=now.done, total=now.total), "step", PHASE_INK[now.direction]),
        Part(told, bold=True),
    ]


def _worker(line: StatusLine, now: PhaseDone) -> str:
    """The node, by its name in the run; going forward what belongs to none is done with the data. "" for none."""
    data = line.session.project.network.of_kind("dataset")
    return now.node or (data[0].name if data and now.direction == "forward" else "")


PARTS = (StatusPart(id="phase", say=say_phase, order=15),)
