"""Lessons: a ready project and a walk through it, step by step."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from playground.core.spec import Spec


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing to do or to look at.

    text: what, and why.  at: what the window points at, a word and its argument: "action train", "layer tanh" (in the palette),
    "node dense1", "wire dense1 dense2", "panel loss", "knob optimizer.rate"; "" points at nothing.
    until: what ends the step by itself, a word and its arguments, such as "step 300" or "loss above 1"; "" waits for Next.
    """

    text: str
    at: str = ""
    until: str = ""


class Lesson(Spec):
    """A walk through an example. The first line of a subclass's docstring is what the start page says of it."""

    kind = "lesson"
    #: Name of the project in assets/examples.
    example: ClassVar[str] = ""
    #: Place among the lessons.
    order: ClassVar[int] = 0
    #: Names of layers that are taken out first; the wire goes past them.
    without: ClassVar[tuple[str, ...]] = ()
    #: Settings of the training plan by path, such as "optimizer.rate".
    training: ClassVar[Mapping[str, Any]] = {}
    #: Steps a second at most; 0 is full speed.
    speed: ClassVar[float] = 0.0
    steps: ClassVar[tuple[Step, ...]] = ()
