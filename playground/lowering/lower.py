"""Lowering, or the problems that say why not."""

from __future__ import annotations

from playground.core.samples import Samples
from playground.document.problems import Problem
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.lowering.inspection import inspect
from playground.lowering.lowered import Lowered, lowered
from playground.words import counted_sentence, joined


class Refused(PlaygroundError):
    """A project that cannot be trained as it is; problems says why, errors first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        more = sum(problem.severity == "error" for problem in problems) - 1
        further = (counted_sentence(more, "There is {n} more.", "There are {n} more."),) if more else ()
        super().__init__(joined((problems[0].text, *further), " "))


def lower(project: Project, samples: Samples) -> Lowered:
    """Raises Refused."""
    found = inspect(project, samples)
    if found.errors:
        raise Refused(sorted(found.problems, key=lambda problem: problem.severity != "error"))
    return lowered(project, samples)
