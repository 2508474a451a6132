"""Any order of buttons, keys and gestures is safe: no exception, no Qt warning, and undo leads back to the start."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from playground.core import registry
from playground.document.project import Project
from playground.ui.actions import ACTIONS
from playground.ui.canvas.starters import STARTERS
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.synthetic import click, double_click, drag, drop, move, press, release

ASKING = {"quit", "open", "save", "save_as", "new", "start", "import", "export", "about", "shortcuts", "find_rate", "light", "dark", "system"}
RUNNING = {"train", "step", "step_epoch", "reset", "stop"}
KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_1,
    Qt.Key.Key_D, Qt.Key.Key_Delete, Qt.Key.Key_Space,
)  # fmt: skip


class Person:
    """Somebody who presses everything."""

    def __init__(self, window: MainWindow, seed: int, left_alone: set[str]) -> None:
        self.window, self.rng = window, random.Random(seed)
        self.actions = [action.id for action in ACTIONS if action.id not in ASKING | left_alone]
        self.kinds = [(kind, cls.id) for kind in ("dataset", "layer", "loss") for cls in registry.entries(kind)]
        self.log: list[str] = []

    def place(self) -> QPointF:
        """Somewhere on the canvas, often on a node or a port."""
        view, rng = self.window.canvas, self.rng
        items = list(view.canvas.nodes.values())
        if items and rng.random() < 0.7:
            item = rng.choice(items)
            side = rng.choice(("in", "out", "body"))
            spot = item.port(side) if side != "body" else QPointF(item.look.width / 2, 12)
            return QPointF(view.mapFromScene(item.mapToScene(spot)))
        return QPointF(rng.randrange(view.viewport().width()), rng.randrange(view.viewport().height()))

    def act(self) -> None:
        view, rng = self.window.canvas, self.rng
        what = rng.choice(("action", "drop", "drag", "click", "double", "key", "half", "mend", "theme" if rng.random() < 0.05 else "undo"))
        self.log.append(what)
        if what == "action":
            id = rng.choice(self.actions)
            self.log[-1] += f" {id}"
            self.window.actions_made[id].trigger()
        elif what == "drop":
            kind, id = rng.choice(self.kinds)
            drop(view, kind, id, self.place())
        elif what == "drag":
            drag(view, self.place(), self.place())
        elif what == "half":  # a press whose release comes elsewhere, later or never
            press(view, self.place())
            move(view, self.place())
            if rng.random() < 0.7:
                release(view, self.place())
        elif what == "click":
            click(view, self.place())
        elif what == "double":
            double_click(view, self.place())
        elif what == "key":
            key = rng.choice(KEYS)
            QTest.keyClick(self.window.focusWidget() if self.window.focusWidget() in (view, view.naming.line, view.quick.field) else view, key)
        elif what == "mend":
            found = [problem.mend for problem in self.window.session.problems if problem.mend is not None]
            if found:
                self.window.session.mend(rng.choice(found))
        elif what == "undo":
            rng.choice((self.window.session.undo, self.window.session.redo))()
        elif what == "theme":
            self.window.use_theme(rng.choice(("light", "dark")))
        for dialog in self.window.findChildren(QDialog):
            dialog.close()


def check(window: MainWindow) -> None:
    """The scene is the project."""
    network = window.session.project.network
    scene = window.canvas.canvas
    assert set(scene.nodes) == {node.id for node in network.nodes}
    assert set(scene.wires) == {link.id for link in network.links}
    assert set(scene.notes) == {note.id for note in network.notes}


def play(window: MainWindow, seed: int, count: int, left_alone: set[str]) -> None:
    person = Person(window, seed, left_alone)
    for step in range(count):
        try:
            person.act()
            if step % 10 == 0:
                settle()
                check(window)
        except Exception as error:
            raise AssertionError(f"seed {seed}, step {step}: {person.log[-5:]}") from error
    window.canvas.naming.leave()
    window.canvas.quick.hide()
    window.use_theme("light")


@pytest.mark.parametrize("seed", range(3))
def test_editing_in_any_order(window: MainWindow, session: Session, seed: int) -> None:
    session.do(STARTERS[seed % len(STARTERS)].edit())
    play(window, seed, 150, RUNNING)
    while session.history.can_undo:
        session.undo()
    assert session.project == Project()
    check(window)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(20))
def test_everything_in_any_order(window: MainWindow, session: Session, loaded: Callable[[Session], None], seed: int) -> None:
    session.do(STARTERS[seed % len(STARTERS)].edit())
    loaded(session)
    play(window, 1000 + seed, 10_000, set())
