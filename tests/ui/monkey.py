"""Somebody who does everything that a window can be asked, in any order, and checks what must hold after each act."""

from __future__ import annotations

import os
import random
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDrag, QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QMenu,
    QMessageBox,
    QSlider,
    QToolButton,
    QWidget,
)

from playground.core import registry
from playground.document.integrity import integrity_faults
from playground.paths import assets_dir
from playground.ui.actions import ACTIONS
from playground.ui.canvas.starters import STARTERS
from playground.ui.dialogs.import_data import import_path
from playground.ui.dialogs.import_weights import WeightImporter
from playground.ui.inspector.editors import Editor, LineField
from playground.ui.main_window import MainWindow
from playground.ui.speaking import change_language
from playground.ui.toolbar import PickerButton
from playground.words import say
from tests.ui.conftest import settle
from tests.ui.gestures import Gestures
from tests.ui.synthetic import click, double_click, drag, drop, move, press, release
from tests.ui.visits import Visits

#: What ends the window, and what asks in a dialog of the system's own.
LEFT_ALONE = {"quit"}
TYPED = (
    "0",
    "1",
    "2",
    "7",
    "16",
    "64",
    "-3",
    "1e-3",
    "0.5",
    "2.5",
    "1e9",
    "1e999",
    "nan",
    "",
    "x",
    "3x3",
    "9" * 40,
    "relu",
    "ä漢",
    "none",
)
KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_1,
    Qt.Key.Key_D, Qt.Key.Key_Delete, Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Home, Qt.Key.Key_F2,
)  # fmt: skip


def files(folder: Path) -> list[Path]:
    """Projects and data, good and bad, that the person has at hand."""
    from playground.document.file import save
    from tests.ui.networks import moons

    save(moons(), folder / "moons.play")
    (folder / "rows.csv").write_text("a,b,kind\n" + "".join(f"{k},{k % 7},{'xy'[k % 2]}\n" for k in range(40)))
    (folder / "bad.csv").write_text('a,b\n1\n"2,3\n')
    (folder / "empty.play").write_bytes(b"")
    (folder / "text.play").write_bytes(b"no project\n")
    return [*sorted((assets_dir() / "examples").glob("*.play")), *sorted(folder.glob("*.*"))]


class Monkey(Gestures, Visits):
    """acts: names of what it does, each as often as it is listed."""

    def __init__(
        self, window: MainWindow, seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch, without: set[str] = frozenset()
    ) -> None:  # type: ignore[assignment]
        self.window, self.rng = window, random.Random(seed)
        self.files, self.folder = files(folder), folder
        self.actions = [action.id for action in ACTIONS if action.id not in LEFT_ALONE | without]
        self.kinds = [(kind, cls.id) for kind in ("dataset", "layer", "loss") for cls in registry.entries(kind)]
        self.log: list[str] = []
        self.acts: list[Callable[[], object]] = [
            *[self.action] * 6, *[self.drop] * 3, *[self.drag] * 5, self.half, *[self.click] * 3, self.double, *[self.key] * 3, *[self.mend] * 2,
            *[self.undo] * 3, *[self.edit] * 6, self.picker, self.panel, self.wheel, self.paste, self.button, self.open, self.data,
            self.starter, self.resize, self.theme, self.menu, *self.gestures, *self.visits,
        ]  # fmt: skip
        if "train" not in without:
            self.acts += [*[self.train] * 4, self.kill, *self.steering]
        if "open" not in without:
            self.acts += [*self.leaving, *self.openings]
        self._answer(monkeypatch)

    def _answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the system's dialogs give: a file or nothing, a button at random."""

        def exec_(box: QMessageBox) -> int:
            chosen = self.rng.choice(box.buttons())
            self.note(f"({chosen.text()})")
            chosen.click()
            return 0

        def some(*_: object, **__: object) -> tuple[str, str]:
            return (str(self.rng.choice([*self.files, ""])), "")

        def target(*_: object, **__: object) -> tuple[str, str]:
            name = self.rng.choice(["", "a.play", "b.play", "none/c.play", "d"])
            return (str(self.folder / name) if name else "", "")

        monkeypatch.setattr(QMessageBox, "exec", exec_)
        monkeypatch.setattr(QDrag, "exec", lambda drag, *_: self.let_go(drag))
        monkeypatch.setattr(QFileDialog, "getOpenFileName", staticmethod(some))
        monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(target))
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", staticmethod(lambda *_: str(self.folder)))
        monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(self.rng.choice(self.files))))

    def note(self, words: str) -> None:
        self.log[-1] += f" {words}"
        self._trace(f"  {words}")

    def _trace(self, words: str) -> None:
        """Where a crash of the whole process is looked into, what was done last stands in a file."""
        if "MONKEY_TRAIL" in os.environ:
            with open(os.environ["MONKEY_TRAIL"], "a") as trail:
                trail.write(f"{words}\n")

    def act(self) -> None:
        """One act; dialogs that it opened are used and closed by later ones."""
        chosen = self.rng.choice(self.acts)
        self.log.append(chosen.__name__)
        self._trace(chosen.__name__)
        chosen()
        for menu in menus():
            menu.close()
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
        if self.rng.random() < 0.3:
            for dialog in dialogs():
                dialog.close()

    # The canvas
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

    def drop(self) -> None:
        kind, id = self.rng.choice(self.kinds)
        self.note(id)
        drop(self.window.canvas, kind, id, self.place())

    def drag(self) -> None:
        drag(self.window.canvas, self.place(), self.place())

    def half(self) -> None:
        """A press whose release comes elsewhere, later or never."""
        press(self.window.canvas, self.place())
        move(self.window.canvas, self.place())
        if self.rng.random() < 0.7:
            release(self.window.canvas, self.place())

    def click(self) -> None:
        click(self.window.canvas, self.place())

    def double(self) -> None:
        double_click(self.window.canvas, self.place())

    def wheel(self) -> None:
        view, at = self.window.canvas.viewport(), self.place()
        turn = QPoint(0, self.rng.choice((-480, -120, 120, 480)))
        nothing, plain = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
        event = QWheelEvent(
            at, QPointF(view.mapToGlobal(at.toPoint())), QPoint(), turn, nothing, plain, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(view, event)

    def menu(self) -> None:
        """The context menu, and something in it."""
        self.window.canvas.menu_asked.emit(QPoint(300, 300))
        self._choose_in_menu()

    def key(self) -> None:
        view, key = self.window.canvas, self.rng.choice(KEYS)
        known = (view, view.naming.line, view.naming.text, view.quick.field)
        focus = self.window.focusWidget()
        self.note(key.name)
        QTest.keyClick(focus if focus in known else view, key)

    # Forms
    def edit(self) -> None:
        """A control of some form: inspector, panels or an open dialog."""
        found = [each for each in self._shown(Editor) if each.isEnabled()]
        if not found:
            return
        editor = self.rng.choice(found)
        parts = [
            part
            for kind in (LineField, QComboBox, QSlider, QAbstractButton)
            for part in editor.findChildren(kind)
            if part.isVisible()
        ]
        if not parts:
            return
        part = self.rng.choice(parts)
        self.note(f"{editor.name} {type(part).__name__}")
        if isinstance(part, LineField):
            part.setText(self.rng.choice(TYPED))
            QTest.keyClick(part, Qt.Key.Key_Return)
        elif isinstance(part, QComboBox) and part.count():
            part.setCurrentIndex(self.rng.randrange(part.count()))
            part.activated.emit(part.currentIndex())
        elif isinstance(part, QSlider):
            part.setSliderDown(True)
            for _ in range(3):
                part.setValue(self.rng.randrange(part.minimum(), part.maximum() + 1))
            part.setSliderDown(False)
        elif isinstance(part, QAbstractButton) and part.isEnabled():
            part.click()

    def button(self) -> None:
        """A button of a panel or a dialog. Those that wait until a menu is closed are left alone."""
        found = [each for each in self._shown(QAbstractButton) if each.isEnabled() and not isinstance(each, PickerButton)]
        found = [each for each in found if not (isinstance(each, QToolButton) and each.menu() is not None)]
        if found:
            chosen = self.rng.choice(found)
            self.note(f"{type(chosen).__name__} {chosen.text() or chosen.accessibleName()}")
            if chosen.text() != say("Quit"):
                chosen.click()

    def picker(self) -> None:
        """One of the toolbar's pickers."""
        chosen = self.rng.choice(self.window.tools.pickers)
        if chosen.isEnabled():
            self.note(chosen.picker.caption)
            chosen.click()
            self._choose_in_menu()

    def _choose_in_menu(self) -> None:
        for menu in menus():
            entries = [entry for entry in menu.actions() if entry.isEnabled() and not entry.isSeparator()]
            if entries:
                entry = self.rng.choice(entries)
                self.note(entry.text())
                entry.trigger()

    def _shown(self, kind: type[Any]) -> list[Any]:
        tops: list[QWidget] = [self.window, *dialogs()]
        return [each for top in tops for each in top.findChildren(kind) if each.isVisible()]

    # The window
    def action(self) -> None:
        id = self.rng.choice(self.actions)
        self.note(id)
        self.window.actions_made[id].trigger()

    def train(self) -> None:
        id = self.rng.choice(("train", "train", "train", "step", "step_epoch", "reset", "stop"))
        self.note(id)
        self.window.actions_made[id].trigger()

    def kill(self) -> None:
        pid = self.window.session.client.worker_pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def mend(self) -> None:
        found = [problem.mend for problem in self.window.session.problems if problem.mend is not None]
        if found:
            self.window.session.mend(self.rng.choice(found))

    def undo(self) -> None:
        self.rng.choice((self.window.session.undo, self.window.session.redo))()

    def panel(self) -> None:
        dock = self.rng.choice(list(self.window.layouts.docks.values()))
        self.note(dock.panel.id)
        to_front = lambda: self.window.show_panel(dock.panel.id)  # noqa: E731
        self.rng.choice(
            (dock.toggleViewAction().trigger, dock.raise_, to_front, lambda: dock.setFloating(not dock.isFloating()))
        )()

    def paste(self) -> None:
        QGuiApplication.clipboard().setText(self.rng.choice(["", "hello", "{}", QGuiApplication.clipboard().text()]))
        self.window.canvas.commands.paste(self.rng.choice([None, self.place()]))

    def open(self) -> None:
        path = self.rng.choice(self.files)
        self.note(path.name)
        self.window.documents.open(path)

    def data(self) -> None:
        path = self.rng.choice(self.files)
        self.note(path.name)
        import_path(self.window.session, path)

    def starter(self) -> None:
        if not self.window.session.project.network.nodes:
            self.window.canvas.commands.start_from(self.rng.choice(STARTERS))

    def resize(self) -> None:
        self.window.resize(self.rng.choice((1024, 1280, 1440, 1920)), self.rng.choice((700, 768, 900, 1080)))

    def theme(self) -> None:
        """Seldom: everything is laid out anew, which takes as long as thirty other acts."""
        if self.rng.random() < 0.2:
            self.window.use_theme(self.rng.choice(("light", "dark")))


def menus() -> Iterator[QMenu]:
    return (each for each in QApplication.topLevelWidgets() if isinstance(each, QMenu) and each.isVisible())


def dialogs() -> list[QDialog]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible()]


def check(window: MainWindow) -> None:
    """The document is whole, the scene is the project, and everything can be painted."""
    session, scene = window.session, window.canvas.canvas
    network = session.view.network
    assert not list(integrity_faults(session.project))
    assert set(scene.nodes) == {node.id for node in network.nodes}
    assert set(scene.wires) == {link.id for link in network.links}
    assert set(scene.notes) == {note.id for note in network.notes}
    assert set(session.selection) <= {each.id for each in (*network.nodes, *network.links, *network.notes)}
    assert session.run.state in ("idle", "starting", "running", "paused", "finished", "failed", "dead")
    known = session.samples is not None and not session.loading  # on a busy machine they may still be read
    assert session.ready == (known and not session.inspection.errors)
    assert window.actions_made["undo"].isEnabled() == session.history.can_undo
    assert window.isWindowModified() == session.modified or session.run.going


def play(monkey: Monkey, count: int, faults: list[Any], log: Any) -> None:
    """So many acts. faults: what slots raised; log: what Qt said, both as pytest-qt gathers them."""
    window = monkey.window
    for step in range(count):
        try:
            monkey.act()
            if step % 5 == 0:
                settle()
                check(window)
            if step % 50 == 0:
                window.grab()
            assert not faults, faults[0]
            said = [record.message for record in log.records if not record.ignored and record.type_name != "QtDebugMsg"]
            assert not said, said[0]
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            raise AssertionError(f"step {step}: {monkey.log[-8:]}; {where.name}: {where.line}") from error


def leave(window: MainWindow) -> None:
    """Put everything away."""
    for dialog in dialogs():
        dialog.close()
    for menu in menus():
        menu.close()
    for dock in window.layouts.docks.values():
        dock.setFloating(False)
    for importer in window.findChildren(WeightImporter):
        importer.cancel()
    window.canvas.naming.leave()
    window.canvas.quick.hide()
    window.use_theme("light")
    change_language("en")
    settle()
