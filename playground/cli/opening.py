"""Opening a project for a command, and saying what keeps it from training."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from playground.api import Project
from playground.cli.output import Output
from playground.cli.setting import change
from playground.document.file import BadProject, load
from playground.document.picks import recall
from playground.document.problems import Problem


class Unready(Exception):
    """The project has problems; they have been told and nothing was changed."""


def open_project(path: Path, out: Output, settings: Sequence[str] = ()) -> Project:
    """The project of a file with some settings changed in memory. Raises Unready when the file cannot be understood."""
    recall()
    try:
        loaded = load(path)
    except BadProject as error:
        named = [dataclasses.replace(problem, text=f"{path.name}: {problem.text}") for problem in error.problems]
        tell_problems(out, None, named or [Problem(text=str(error))])
        raise Unready from error
    for problem in loaded.problems:
        out.warn(problem.text)
    project = Project(loaded.project, weights=loaded.sets, folder=path.resolve().parent)
    for setting in settings:
        change(project, setting)
    return project


def check(project: Project, out: Output) -> None:
    """Raises Unready after telling every problem."""
    problems = project.problems()
    if problems:
        tell_problems(out, project, problems)
        raise Unready


def tell_problems(out: Output, project: Project | None, problems: Iterable[Problem]) -> None:
    """One line each; nodes by their names."""
    names = {} if project is None else {node.id: node.name for node in project.record.network.nodes}
    for problem in problems:
        node = names.get(problem.node, "")
        out.event("problem", node=node, field=problem.field, text=problem.text)
        out.complain(f"{node}: {problem.text}" if node and not problem.text.startswith(node) else problem.text)
