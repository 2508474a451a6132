"""Layouts of one's own: an arrangement of the docks under a name, kept among the settings. Each is made from one of the table."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping

from playground.errors import PlaygroundError
from playground.ui import settings
from playground.ui.layout_table import Layout
from playground.words import sentence

_KEPT = "layouts/own"
MOST, MOST_NAME = 24, 32


class BadLayout(PlaygroundError):
    """A name that a layout cannot have, or something that only layouts of one's own allow."""


class TooManyLayouts(BadLayout):
    """No other name would help."""


def own_layouts(table: Mapping[str, Layout]) -> Iterable[Layout]:
    """The kept ones whose base is in the table; what is damaged is left out."""
    try:
        found = json.loads(settings.word(_KEPT, "[]"))
    except (ValueError, RecursionError):  # a file that another program wrote into
        return
    known = dict(table)
    for entry in found if isinstance(found, list) else []:
        try:
            name, title, base = (str(entry[key]) for key in ("name", "title", "base"))
            if base in table and name not in known and name.startswith("own"):
                known[name] = dataclasses.replace(table[base], name=name, title=_checked(title, known), base=base, shortcut="")
                yield known[name]
        except (KeyError, TypeError, BadLayout):
            continue


def keep(known: Mapping[str, Layout]) -> None:
    """Remember those of one's own."""
    own = [{"name": each.name, "title": each.title, "base": each.base} for each in known.values() if each.base]
    settings.set_word(_KEPT, json.dumps(own))


def made_layout(title: str, now: Layout, known: Mapping[str, Layout]) -> Layout:
    """A new layout from the present one. Raises BadLayout."""
    if sum(bool(each.base) for each in known.values()) >= MOST:
        raise TooManyLayouts(sentence("There are {count} layouts of your own already. Delete one first.", count=MOST))
    number = next(n for n in range(1, MOST + 2) if f"own{n}" not in known)
    return dataclasses.replace(now, name=f"own{number}", title=_checked(title, known), base=now.base or now.name, shortcut="")


def renamed(layout: Layout, title: str, known: Mapping[str, Layout]) -> Layout:
    """The layout under another name. Raises BadLayout."""
    if not layout.base:
        raise BadLayout(sentence("Only a layout of your own can be renamed."))
    others = {name: each for name, each in known.items() if name != layout.name}
    return dataclasses.replace(layout, title=_checked(title, others))


def _checked(title: str, known: Mapping[str, Layout]) -> str:
    title = title.strip()
    if not 1 <= len(title) <= MOST_NAME or not title.isprintable():
        raise BadLayout(sentence("The name of a layout must have 1 to {most} printable characters.", most=MOST_NAME))
    if any(each.title.casefold() == title.casefold() for each in known.values()):
        raise BadLayout(sentence("There is a layout called {title} already. Choose another name.", title=title))
    return title
