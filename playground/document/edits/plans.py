"""Edits of the plans and of the project's own words."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from typing import Any

from playground.core.spec import Spec
from playground.document.edits.base import Edit, EditError
from playground.document.names import bad_character
from playground.document.project import Project
from playground.document.settings import field_at, with_value
from playground.errors import BadValue
from playground.words import sentence

PLANS = ("data", "training")
MOST_NAME = 100
MOST_ABOUT = 10_000


@dataclasses.dataclass(frozen=True)
class SetPlan(Edit):
    """One setting of the data or the training plan. which: "data" or "training".  field: a name, or a path: "optimizer.beta1"."""

    which: str
    field: str
    value: Any

    @property
    def text(self) -> str:
        return sentence("Change {field}", field=self.field.replace(".", " ").replace("_", " "))

    def describe(self, project: Project) -> str:
        try:
            title = field_at(_plan(project, self.which), self.field).title(self.field.rpartition(".")[2])
        except BadValue:
            return self.text
        return sentence("Change {field}", field=title.lower() if not title.isupper() else title)

    @property
    def slot(self) -> Hashable | None:
        return ("plan", self.which, self.field)

    def apply(self, project: Project) -> Project:
        old = _plan(project, self.which)
        new = with_value(old, self.field, self.value)
        return project if new == old else dataclasses.replace(project, **{self.which: new})


@dataclasses.dataclass(frozen=True)
class ReplacePlanPart(Edit):
    """Another optimizer or schedule. which: "data" or "training"."""

    which: str
    field: str
    part: Spec

    @property
    def text(self) -> str:
        return sentence("Choose {part}", part=sentence(self.part.title))

    def apply(self, project: Project) -> Project:
        return SetPlan(self.which, self.field, self.part).apply(project)


@dataclasses.dataclass(frozen=True)
class SetProject(Edit):
    """The project's name or the words about it; None leaves one as it is."""

    name: str | None = None
    about: str | None = None

    @property
    def text(self) -> str:
        return sentence("Change description") if self.name is None else sentence("Rename project to {name}", name=self.name)

    @property
    def slot(self) -> Hashable | None:
        return ("about",) if self.name is None else None

    def apply(self, project: Project) -> Project:
        name = project.name if self.name is None else self.name
        about = project.about if self.about is None else self.about
        if not name.strip() or len(name) > MOST_NAME or bad_character(name) is not None:
            raise EditError(
                sentence(
                    "A project's name must be a line of 1 to {most_name} printable characters; {name} was given.",
                    most_name=MOST_NAME,
                    name=f"{name[:60]!r}",
                )
            )
        check_text(sentence("The description"), about, MOST_ABOUT)
        changed = dataclasses.replace(project, name=name, about=about)
        return project if changed == project else changed


def check_text(what: str, text: str, most: int) -> None:
    """Refuse text of several lines that a file could not hold. Raises EditError."""
    if len(text) > most:
        raise EditError(
            sentence(
                "{what} may have at most {most} characters; {text_count} were given.",
                what=what,
                most=f"{most:,}",
                text_count=f"{len(text):,}",
            )
        )
    if bad_character(text, lines=True) is not None:
        raise EditError(
            sentence("{what} may hold printable characters and line breaks only. Take the control characters out.", what=what)
        )


def _plan(project: Project, which: str) -> Spec:
    if which not in PLANS:
        raise EditError(sentence("A plan must be one of {plans}; {which} was given.", plans=", ".join(PLANS), which=f"{which!r}"))
    plan: Spec = getattr(project, which)
    return plan
