"""What the command palette can find: actions, panels, nodes, layers to add, recent projects. Settings are in `setting_commands`.

Each is a `Command` with the words that find it; `ranked` says how well typed letters mean one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from playground.document.project import Node
from playground.document.recent import recent_files, written_at
from playground.ui import settings
from playground.ui.actions import ACTIONS, obstacle
from playground.ui.hidden import hidden
from playground.ui.kinds import Kind, block_kinds, kinds, own_kinds
from playground.ui.painting import group_color
from playground.ui.plain_text import from_menu
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

MOST_RECENT = 12
_RECENT = "commands/recent"
# What a match of one typed word is worth, the best first.
_WHOLE, _START, _WORD, _INSIDE, _LETTERS, _BESIDE = 120.0, 100.0, 80.0, 60.0, 40.0, 25.0


@dataclass(frozen=True, kw_only=True)
class Command:
    """One line of the palette.

    id: kept among the recent ones, "" for never.  tail: a few words at the right.  keys: its shortcut.
    why: the sentence that says why it is not possible now, "" where it is.  words: what else finds it, in any language.
    fills: what choosing it writes into the field instead of running it, for a setting that still wants a value.
    """

    id: str
    title: str
    run: Callable[[], object]
    icon: str = "right"
    ink: str = "text2"
    tail: str = ""
    keys: str = ""
    why: str = ""
    words: str = ""
    fills: str = ""


def commands(window: MainWindow) -> list[Command]:
    """Everything that can be chosen without a value, in the order in which it stands while nothing is typed."""
    return [*_actions(window), *_panels(window), *_own_layouts(window), *_nodes(window), *_layers(window), *_projects(window)]


def _actions(window: MainWindow) -> Iterator[Command]:
    window.actions_made.refresh()
    for action in ACTIONS:
        if action.id == "commands":
            continue
        made = window.actions_made[action.id]
        yield Command(
            id=f"action:{action.id}",
            title=from_menu(made.text()).rstrip("…"),
            run=made.trigger,
            icon=action.icon or "right",
            tail=say(action.menu),
            keys=made.shortcut().toString(),
            why=obstacle(action, window),
            words=f"{action.text} {action.id.replace('_', ' ')} {action.menu}",
        )


def _panels(window: MainWindow) -> Iterator[Command]:
    off = hidden().now("panels")
    for panel in [dock.panel for dock in window.layouts.docks.values() if dock.panel.id not in off]:
        yield Command(
            id=f"panel:{panel.id}",
            title=say("Show {panel}", panel=say(panel.title)),
            run=lambda id=panel.id: window.show_panel(id),  # type: ignore[misc]
            icon=panel.icon,
            tail=say("Panel"),
            words=f"show panel {panel.title} {panel.id}",
        )


def _own_layouts(window: MainWindow) -> Iterator[Command]:
    for layout in [each for each in window.layouts.known.values() if each.base]:
        yield Command(
            id=f"layout:{layout.name}",
            title=say("{layout} layout", layout=layout.title),
            run=lambda name=layout.name: window.show_layout(name),  # type: ignore[misc]
            icon=layout.icon,
            tail=say("My layouts"),
            words="layout",
        )


def _nodes(window: MainWindow) -> Iterator[Command]:
    session = window.session

    def jump(node: Node) -> None:
        window.show_canvas()
        session.select((node.id,))
        window.canvas.looking.reveal((node.id,))
        window.canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)

    for node in session.view.network.nodes:
        title = say(getattr(node.spec, "title", node.spec.id))
        out = session.seen.types.get(node.id)
        yield Command(
            id=f"node:{node.id}",
            title=say("Go to {node}", node=node.name),
            run=lambda node=node: jump(node),  # type: ignore[misc]
            icon=getattr(node.spec, "icon", "block"),
            ink=group_color(node.spec.kind, getattr(node.spec, "group", "")),
            tail=f"{title}  {out}" if out is not None else title,
            words=f"go to node {node.name} {title} {node.spec.id}",
        )


def _layers(window: MainWindow) -> Iterator[Command]:
    def add(kind: Kind) -> None:
        window.show_canvas()
        window.canvas.commands.add_kind(kind)

    off = hidden().now("groups")
    for kind in (*kinds(), *own_kinds(), *block_kinds(window.session.view)):
        if kind.group in off:
            continue
        yield Command(
            id=f"add:{kind.spec.kind}:{kind.spec.id}:{kind.title}",
            title=say("Add {what}", what=kind.title),
            run=lambda kind=kind: add(kind),  # type: ignore[misc]
            icon=kind.icon,
            ink=kind.color,
            tail=say(kind.group),
            words=f"add layer {kind.spec.title} {kind.spec.id} {kind.group} {kind.tail}",
        )


def _projects(window: MainWindow) -> Iterator[Command]:
    for path in [path for path in recent_files() if written_at(path) is not None][:8]:
        yield Command(
            id="",
            title=say("Open {project}", project=path.stem),
            run=lambda path=path: window.documents.open(path),  # type: ignore[misc]
            icon="doc",
            tail=say("Recent project"),
            words=f"open recent project {path.name}",
        )


def ranked(typed: str, found: Sequence[Command], recent: Sequence[str] = ()) -> list[Command]:
    """Those that the typed words mean, the best first; of equals the recently used, then the possible, then in their order.

    Nothing typed gives all, the recently used first.
    """
    wanted = typed.casefold().split()
    places = {id: at for at, id in enumerate(recent)}
    rows = []
    for at, command in enumerate(found):
        worth = score(wanted, command.title, command.words)
        if worth is not None:
            used = places.get(command.id, len(places))
            bonus = 8.0 * (1 - used / (len(places) or 1))
            rows.append((-(worth + bonus) if wanted else used, bool(command.why), at, command))
    return [row[-1] for row in sorted(rows, key=lambda row: row[:3])]


def score(wanted: Sequence[str], title: str, words: str = "") -> float | None:
    """How well typed words, in lower case, mean a title; None where one of them means nothing of it."""
    title, total = title.casefold(), 0.0
    beside = words.casefold()
    for word in wanted:
        worth = _worth(word, title)
        if worth is None and any(other.startswith(word) for other in beside.split()):
            worth = _BESIDE
        if worth is None:
            return None
        total += worth
    return total / max(1, len(wanted)) - 0.05 * len(title)


def _worth(word: str, title: str) -> float | None:
    """The worth of one typed word: a whole word, the start of the title or of a word, a part, or its letters in their order."""
    parts = [part for part in title.replace("-", " ").split() if part != "to" or word == part]
    if word in parts:
        return _WHOLE
    if title.startswith(word):
        return _START
    if any(part.startswith(word) for part in parts):
        return _WORD
    if word in title:
        return _INSIDE
    return _letters(word, title)


def _letters(word: str, title: str) -> float | None:
    """The letters in their order, the first at the start of a word; each at the start of a word or beside the last counts more."""
    starts = {at for at in range(len(title)) if at == 0 or not title[at - 1].isalnum()}
    best: float | None = None
    for first in sorted(starts):
        at, good = first, 0
        if not title.startswith(word[0], first):
            continue
        for letter in word[1:]:
            near = at + 1 if title[at + 1 : at + 2] == letter else -1
            start = next((k for k in sorted(starts) if k > at and title[k] == letter), -1)
            following = near if near >= 0 else start if start >= 0 else title.find(letter, at + 1)
            if following < 0:
                break
            good += following in (near, start)
            at = following
        else:
            found = _LETTERS * (1 + good) / len(word) - 0.2 * (at - first)
            best = found if best is None else max(best, found)
    return best


def recent_ids() -> list[str]:
    """Ids of the commands that were used last, the newest first."""
    try:
        found = json.loads(settings.word(_RECENT, "[]"))
    except (ValueError, RecursionError):  # a file that another program wrote into
        return []
    return [id for id in found if isinstance(id, str)][:MOST_RECENT] if isinstance(found, list) else []


def remember(id: str) -> None:
    """Put a command before the others that were used."""
    if id:
        ids = [id, *(other for other in recent_ids() if other != id)]
        settings.set_word(_RECENT, json.dumps(ids[:MOST_RECENT]))
