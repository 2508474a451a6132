"""A run as a Python script that does it again and checks that the same state comes out, bit for bit."""

from __future__ import annotations

import dataclasses
import pprint
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playground.document import project_json
from playground.document.project import Project

#: step, kind, what, before, after.
Line = tuple[int, str, str, Any, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a script needs to know. project: with which the run began.  path: of its file, None where it was never saved.

    settings: places of the project in that file that the run began with otherwise, and their values.  project_sha256, samples_sha256:
    of the beginning; state_sha256: of the end, after `steps` steps.
    """

    project: Project
    path: Path | None
    settings: Mapping[str, Any]
    project_sha256: str
    samples_sha256: str
    journal: Sequence[Line]
    steps: int
    state_sha256: str


def script(recipe: Recipe) -> str:
    """The text of the script."""
    if recipe.path is None:
        opened = f"project = pg.Project.of_json({_literal(project_json.to_json(recipe.project))})"
    else:
        opened = f"project = pg.Project.load({str(recipe.path)!r})"
    title = recipe.project.name.replace("\\", " ").replace('"', " ")
    lines = [
        f'"""Trains "{title}" again as it was trained in the window: {recipe.steps:,} steps, with every change on the way.',
        "",
        "Run it with the Python that has the playground. It fails where anything comes out otherwise.",
        '"""',
        "",
        "import playground as pg",
        "",
        opened,
        f"project.patch({_literal(dict(recipe.settings))})" if recipe.settings else "",
        f"assert project.sha256 == {recipe.project_sha256!r}, 'the project is another one'",
        f"assert project.samples_sha256 == {recipe.samples_sha256!r}, 'the data is not what it was'",
        "",
        "# step, kind, what, before, after",
        f"JOURNAL = {_literal(list(recipe.journal))}",
        "",
        "run = project.train(journal=JOURNAL)",
        "print(run)",
        f"assert run.finished.last_step == {recipe.steps}, run.finished.last_step",
        f"assert run.finished.state_sha256 == {recipe.state_sha256!r}, 'another state came out'",
        "print('The same, bit for bit.')",
    ]
    return "\n".join(line for at, line in enumerate(lines) if line or lines[at - 1]) + "\n"


def _literal(value: Any) -> str:
    """A Python literal; floats in full, so that they come back bit for bit."""
    return pprint.pformat(value, width=120, sort_dicts=False)
