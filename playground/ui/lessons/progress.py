"""How far a person has come in each lesson, remembered between starts."""

from __future__ import annotations

from playground.core.lesson import Lesson
from playground.core.registry import entries
from playground.ui import settings

DONE = "done"
MOST_DIGITS = 9


def lessons() -> tuple[type[Lesson], ...]:
    """All lessons in their order."""
    return tuple(sorted((each for each in entries("lesson") if issubclass(each, Lesson)), key=lambda each: (each.order, each.id)))


def reached(lesson: type[Lesson]) -> int:
    """How many steps were done at the furthest; all of them when the lesson was gone through."""
    word = settings.word(f"lessons/{lesson.id}", "0")
    if word == DONE:
        return len(lesson.steps)
    return min(int(word), len(lesson.steps) - 1) if word.isdecimal() and len(word) <= MOST_DIGITS else 0


def note(lesson: type[Lesson], step: int) -> None:
    """Remember that so many steps are done, unless more were before."""
    if step > reached(lesson):
        settings.set_word(f"lessons/{lesson.id}", DONE if step >= len(lesson.steps) else str(step))
