"""Settings by words: "set batch 64", "rate 0.01", "units = 128", "optimizer adamw". They become the edits that the forms make.

What can be set are the fields of the training plan and the data plan, and those of the one selected node.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.core import reference, registry
from playground.core.fields import Choice, Field, Flag, Part, Real, Reals, Size, Text, Whole, Wholes, fields_of
from playground.core.spec import Spec
from playground.document.edits import ReplacePlanPart
from playground.document.options import NODE_OPTIONS
from playground.errors import BadValue
from playground.ui.commands import Command, score
from playground.ui.inspector.asking import FIXED, LOCKED, busy, set_node, set_plan
from playground.ui.inspector.editors import SPELT
from playground.ui.inspector.numbers import pointed
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

LEAST = 55.0  # how well the typed words must mean a setting before a value is offered
_ON, _OFF = ("on", "true", "yes", "1"), ("off", "false", "no", "0")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Setting:
    """One field that can be set. owner: what it belongs to, as a person reads it.  put: makes the edit."""

    path: str
    field: Field
    value: Any
    owner: str
    icon: str
    put: Callable[[Any], None]

    @property
    def title(self) -> str:
        return say(self.field.title(self.path.rpartition(".")[2]))

    @property
    def words(self) -> str:
        plain = self.field.label or self.path.rpartition(".")[2].replace("_", " ")
        return f"set {plain} {self.path.replace('.', ' ').replace('_', ' ')} {self.owner}"


def settings_of(session: Session) -> Iterator[Setting]:
    """The settings that count now, those of the selected node first."""
    nodes = session.selected_nodes()
    if len(nodes) == 1 and isinstance(nodes[0].spec, Spec):
        node = nodes[0]
        spec = nodes[0].spec
        icon = getattr(spec, "icon", "block")
        for name, field, value in _fields(spec):
            yield Setting(name, field, value, node.name, icon, lambda new, name=name: set_node(session, node, name, new))  # type: ignore[misc]
        if session.seen.parameters.get(node.id):
            for name, field in NODE_OPTIONS.items():
                value = getattr(node, name)
                yield Setting(name, field, value, node.name, icon, lambda new, name=name: set_node(session, node, name, new))  # type: ignore[misc]
    for which, owner, icon in (("training", say("Training"), "play"), ("data", say("Data"), "data")):
        for name, field, value in _fields(getattr(session.project, which)):
            yield Setting(
                name, field, value, owner, icon,
                lambda new, name=name, which=which: _put_plan(session, which, name, new),  # type: ignore[misc]
            )  # fmt: skip


def _fields(spec: Any, prefix: str = "") -> Iterator[tuple[str, Field, Any]]:
    for name, field in fields_of(spec).items():
        if field.counts(spec):
            value = getattr(spec, name)
            yield prefix + name, field, value
            if isinstance(field, Part) and isinstance(value, Spec):
                yield from _fields(value, f"{prefix}{name}.")


def _put_plan(session: Session, which: str, path: str, value: Any) -> None:
    if isinstance(value, Spec) and "." not in path:
        session.do(ReplacePlanPart(which, path, value))
    else:
        set_plan(session, which, path, value)


def setting_commands(session: Session, typed: str) -> list[Command]:
    """What the typed words set: with a value the change, without one the setting itself, which then asks for it."""
    words = typed.replace("=", " ").split()
    asked = bool(words) and words[0].casefold() in ("set", say("set").casefold())
    words = words[1:] if asked else words
    if not words and not asked:
        return []
    rows: list[tuple[float, int, Command]] = []
    for at, setting in enumerate(settings_of(session)):
        best: tuple[float, list[Command]] | None = None
        for cut in range(len(words), 0, -1):  # the name is the first words, the value the others
            worth = score([word.casefold() for word in words[:cut]], setting.title, setting.words)
            value = [word for word in words[cut:] if word.casefold() not in ("to", say("to").casefold())]
            if worth is not None and (worth >= LEAST or asked or not value):
                best = worth, _offers(session, setting, " ".join(value), worth >= LEAST and typed.endswith(" "))
                break
        if not words:
            best = 0.0, _offers(session, setting, "", False)
        if best is not None:
            rows += [(-best[0], at, command) for command in best[1]]
    return [command for *_, command in sorted(rows, key=lambda row: row[:2])]


def _live(setting: Setting) -> bool:
    """Whether a run that goes on can take it over."""
    return setting.field.live or (setting.owner == say("Training") and setting.path not in FIXED)


def _offers(session: Session, setting: Setting, value: str, listed: bool) -> list[Command]:
    """The change to a value, or while there is none what can be chosen. listed: also every option of a list."""
    field, locked = setting.field, say(LOCKED) if busy(session) and not _live(setting) else ""
    chosen = isinstance(field, Part | Choice | Flag)
    if value and not chosen:
        new, wrong = parsed(field, setting.path.rpartition(".")[2], value)
        return [_change(setting, new, value, locked or wrong)]
    options = _options(field) if chosen and (value or listed) else []
    if value:
        low = value.casefold()
        options = [row for row in options if any(text.casefold().startswith(low) for text in (row[0], row[2]))]
    changes = [_change(setting, new, shown, locked) for _, new, shown in options]
    if value or changes:
        return changes
    return [
        Command(
            id="",
            title=say("Set {setting}…", setting=_low(setting.title)),
            run=lambda: None,
            icon=setting.icon,
            tail=say("{owner}, now {value}, {span}", owner=setting.owner, value=_now(setting), span=say(reference.span(field))),
            why=locked,
            fills="" if locked else f"{say('set')} {setting.title} ",
        )
    ]


def _change(setting: Setting, value: Any, shown: str, why: str) -> Command:
    return Command(
        id="",
        title=say("Set {setting} to {value}", setting=_low(setting.title), value=shown),
        run=lambda: setting.put(value),
        icon=setting.icon,
        tail=say("{owner}, now {value}", owner=setting.owner, value=_now(setting)),
        why=why,
    )


def _now(setting: Setting) -> str:
    return say(reference.shown(setting.value, getattr(setting.field, "between", "×")))


def _low(title: str) -> str:
    return title if title.isupper() else title[:1].lower() + title[1:]


def _options(field: Field) -> list[tuple[str, Any, str]]:
    """(word, value, what is shown) of a field that is chosen from a list."""
    if isinstance(field, Part):
        return [(record.id, record(), say(record.title)) for record in registry.entries(field.kind)]
    if isinstance(field, Choice):
        return [(word, word, say(SPELT.get(word, word.replace("_", " ").capitalize()))) for word in field.options]
    return [("on", True, say("on")), ("off", False, say("off"))]


def parsed(field: Field, name: str, text: str) -> tuple[Any, str]:
    """(value, "") of typed text, or (None, the sentence that says what is wrong with it)."""
    try:
        return field.check(name, _read(field, text)), ""
    except BadValue as error:
        return None, say(str(error))


def _read(field: Field, text: str) -> Any:
    """Typed text as the kind of value that a field takes; text where it is none, which the field then refuses in its own words."""
    between = r"[\s,×x]+" if isinstance(field, Size | Wholes) else r"[\s,]+"
    parts = [part for part in re.split(between, text) if part]
    if isinstance(field, Flag):
        low = text.casefold()
        return True if low in (*_ON, say("on")) else False if low in (*_OFF, say("off")) else text
    if isinstance(field, Whole | Real):
        plain = pointed(field, text.replace(" ", "").replace("_", ""))
        if field.off and plain.casefold() in ("off", "none", say(field.off).casefold()):
            return field.low
        return _number(plain, isinstance(field, Whole)) if _NUMBER.match(plain) else text
    if isinstance(field, Size | Wholes | Reals):
        if not all(_NUMBER.match(part) for part in parts):
            return text
        numbers = tuple(_number(part, not isinstance(field, Reals)) for part in parts)
        return numbers * 2 if isinstance(field, Size) and len(numbers) == 1 else numbers
    assert isinstance(field, Text | Choice)
    return text


def _number(text: str, whole: bool) -> Any:
    """A number as typed; a whole one where that is wanted and nothing is lost."""
    number = float(text)
    return int(number) if whole and abs(number) < 2**53 and number == int(number) else number
