"""What to train, chosen in the toolbar: data, loss, optimizer, schedule and batch. Each choice is an edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from playground.core import registry
from playground.core.spec import Spec
from playground.document.edits import Edit, ReplacePlanPart, ReplaceSpec, SetPlan
from playground.ui.session import Session
from playground.ui.theme import theme
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

BATCHES = (1, 8, 16, 24, 32, 64, 128, 256, 512)
NOTHING = "Choose…"


@dataclass(frozen=True)
class Picker:
    """caption, help: its words.  value: what the project has now.  fill: puts the choices into a menu."""

    caption: str
    help: str
    value: Callable[[Session], str]
    fill: Callable[[QMenu, MainWindow], None]
    enabled: Callable[[Session], bool]


def idle(session: Session) -> bool:
    """Whether what is trained may be exchanged."""
    return session.run.state not in ("running", "starting")


def settled(session: Session) -> bool:
    """Whether how it is trained may be changed: always, but while a run is being set up."""
    return session.run.state != "starting"


def _node_value(kind: str) -> Callable[[Session], str]:
    def value(session: Session) -> str:
        found = session.project.network.of_kind(kind)
        return (
            say(NOTHING)
            if not found
            else say(found[0].spec.title)
            if len(found) == 1 or kind != "loss"
            else say("{found_count} losses", found_count=len(found))
        )

    return value


def _part_value(part: str) -> Callable[[Session], str]:
    def value(session: Session) -> str:
        training = session.project.training
        title = say(getattr(training, part).title)
        return say("{title}, warm-up", title=title) if part == "schedule" and training.warmup else title

    return value


def _choose_node(session: Session, cls: type[Spec], window: MainWindow, which: int = 0) -> None:
    """Exchange the data or a loss in place, or add it."""
    found = session.project.network.of_kind(cls.kind)
    if which < len(found) and found[which].spec.id != cls.id:
        session.do(ReplaceSpec(found[which].id, cls()))
    elif not found:
        window.canvas.commands.add(cls())


def _choose_part(session: Session, part: str, cls: type[Spec]) -> None:
    """Another optimizer or schedule, with the settings of the old one that it has too."""
    from playground.core.fields import fields_of

    old = getattr(session.project.training, part)
    if old.id == cls.id:
        return
    shared = {name: getattr(old, name) for name, field in fields_of(cls).items() if fields_of(old).get(name) == field}
    session.do(ReplacePlanPart("training", part, cls(**shared)))


def _fill_kinds(kind: str) -> Callable[[QMenu, MainWindow], None]:
    def fill(menu: QMenu, window: MainWindow) -> None:
        session = window.session
        now = session.project.network.of_kind(kind)
        if kind == "loss" and len(now) > 1:
            for at, node in enumerate(now):
                own = menu.addMenu(strung((node.name, say(node.spec.title)), ": "))
                _entries(own, kind, node.spec.id, lambda cls, at=at: _choose_node(session, cls, window, at))  # type: ignore[misc]
            return
        _entries(menu, kind, now[0].spec.id if now else "", lambda cls: _choose_node(session, cls, window))
        if kind == "dataset":
            menu.addSeparator()
            menu.addAction(window.actions_made["import"])

    return fill


def _fill_parts(part: str) -> Callable[[QMenu, MainWindow], None]:
    def fill(menu: QMenu, window: MainWindow) -> None:
        now = getattr(window.session.project.training, part).id
        _entries(menu, part, now, lambda cls: _choose_part(window.session, part, cls))

    return fill


def _entries(menu: QMenu, kind: str, now: str, choose: Callable[[type[Spec]], None]) -> None:
    marks = QActionGroup(menu)
    for cls in sorted(registry.entries(kind), key=lambda cls: cls.title.lower()):
        entry = QAction(theme().icon(cls.icon, 16, "accent" if cls.id == now else "text2"), say(cls.title), menu)
        entry.setToolTip(say(cls.summary()))
        _mark(entry, chosen=cls.id == now)
        entry.triggered.connect(lambda _=False, chosen=cls: choose(chosen))
        marks.addAction(entry)
        menu.addAction(entry)


def _mark(entry: QAction, *, chosen: bool) -> None:
    """Make it the one that is chosen, or not. Beside an icon there is no room for a tick, so that its words tell it too."""
    entry.setCheckable(True)
    entry.setChecked(chosen)
    font = entry.font()
    font.setBold(chosen)
    entry.setFont(font)


def _fill_batches(menu: QMenu, window: MainWindow) -> None:
    now = window.session.project.training.batch
    marks = QActionGroup(menu)
    for size in sorted({*BATCHES, now}):
        entry = QAction(f"{size:,}", menu)
        _mark(entry, chosen=size == now)
        edit: Edit = SetPlan("training", "batch", size)
        entry.triggered.connect(lambda _=False, chosen=edit: window.session.do(chosen))
        marks.addAction(entry)
        menu.addAction(entry)


PICKERS = (
    Picker("Data", "Where the samples come from", _node_value("dataset"), _fill_kinds("dataset"), idle),
    Picker("Loss", "What training makes small", _node_value("loss"), _fill_kinds("loss"), idle),
    Picker("Optimizer", "How a step changes the weights", _part_value("optimizer"), _fill_parts("optimizer"), settled),
    Picker("Schedule", "How the learning rate moves over the run", _part_value("schedule"), _fill_parts("schedule"), settled),
    Picker("Batch", "Samples in one step", lambda session: f"{session.project.training.batch:,}", _fill_batches, settled),
)
