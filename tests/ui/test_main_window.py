"""The window assembled: docks, layouts that are remembered, pickers, status, closing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QTabBar
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.document.recent import recent_files
from playground.ui import settings, theme
from playground.ui.canvas.starters import STARTERS
from playground.ui.main_window import MainWindow
from playground.ui.panel import AREAS, LAYOUTS, panels
from playground.ui.session import Session
from tests.ui.conftest import settle


def shown(window: MainWindow) -> set[str]:
    return {id for id, dock in window.layouts.docks.items() if not dock.isHidden()}


def wanted(layout: str) -> set[str]:
    return {panel.id for panel in panels() if layout in panel.places}


def test_every_panel_has_a_place() -> None:
    for panel in panels():
        assert panel.places, panel.id
        assert set(panel.places) <= set(LAYOUTS)
        assert set(panel.places.values()) <= set(AREAS)
        assert panel.icon in theme.icon_names()


def test_layouts_show_their_panels(window: MainWindow) -> None:
    assert shown(window) == wanted("build")
    window.show_layout("train")
    assert shown(window) == wanted("train")
    window.show_layout("build")
    assert shown(window) == wanted("build")
    window.show_layout("train")
    assert shown(window) == wanted("train"), "as it was left"


def test_sizes_are_those_of_the_design(window: MainWindow, qtbot) -> None:
    docks = window.layouts.docks
    qtbot.waitUntil(lambda: abs(docks["palette"].width() - 216) <= 2, timeout=3000)
    assert abs(docks["inspector"].width() - 296) <= 2
    assert window.tools.height() == 48
    assert window.menuBar().height() == 28
    assert window.statusBar().height() == 24
    assert window.tools.train.width() == 92


def test_the_first_window_fits_below_a_title_bar(app: QApplication, session: Session) -> None:
    made = MainWindow(session)
    room = made.screen().availableSize()
    assert made.width() <= max(room.width(), made.minimumSizeHint().width())
    assert made.height() < max(room.height(), made.minimumSizeHint().height() + 1)
    made.autosave.close()
    made.deleteLater()
    settle()


def test_a_layout_is_remembered_and_can_be_reset(window: MainWindow) -> None:
    window.layouts.docks["palette"].hide()
    window.show_layout("train")
    window.show_layout("build")
    assert "palette" not in shown(window)
    window.layouts.reset()
    assert shown(window) == wanted("build")


def test_the_tabs_in_the_corner_switch(window: MainWindow, qtbot) -> None:
    from playground.ui.tabs import LayoutTab

    tabs = {tab.text(): tab for tab in window.findChildren(LayoutTab)}
    assert tabs["Build"].isChecked()
    tabs["Train"].click()
    assert window.layouts.current == "train"
    assert tabs["Train"].isChecked()
    assert not tabs["Build"].isChecked()


def test_a_picker_exchanges_what_is_trained(window: MainWindow, session: Session) -> None:
    pickers = {button.picker.caption: button for button in window.tools.pickers}
    assert pickers["Data"].value == "Choose…"

    def choose(caption: str, title: str) -> None:
        menu = QMenu()
        pickers[caption].picker.fill(menu, window)
        entry: QAction = next(entry for entry in menu.actions() if entry.text() == title)
        entry.trigger()
        menu.deleteLater()
        after = QMenu()
        pickers[caption].picker.fill(after, window)
        assert [one.text() for one in after.actions() if one.font().bold()] == [title], "the one that is chosen is pointed out"
        after.deleteLater()

    choose("Data", "Iris")
    choose("Loss", "Cross-entropy")
    choose("Optimizer", "AdamW")
    choose("Schedule", "Cosine")
    choose("Batch", "64")
    assert [pickers[name].value for name in ("Data", "Loss", "Optimizer", "Schedule", "Batch")] == [
        "Iris", "Cross-entropy", "AdamW", "Cosine", "64",
    ]  # fmt: skip
    assert session.project.training.batch == 64
    choose("Data", "Wine")
    assert len(session.project.network.of_kind("dataset")) == 1
    for _ in range(6):
        session.undo()
    assert pickers["Data"].value == "Choose…"


def test_another_optimizer_keeps_the_shared_settings(window: MainWindow, session: Session) -> None:
    from playground.document.edits import SetPlan
    from playground.ui.pickers import _choose_part

    session.do(SetPlan("training", "optimizer.rate", 0.025))
    _choose_part(session, "optimizer", registry.find("optimizer", "adamw"))
    assert session.project.training.optimizer.id == "adamw"
    assert session.project.training.optimizer.rate == 0.025


def test_the_theme_switches_live_and_is_remembered(window: MainWindow, app: QApplication) -> None:
    before = window.grab().toImage()
    window.use_theme("dark")
    assert theme.theme().dark
    after = window.grab().toImage()
    assert before.pixelColor(400, 300) != after.pixelColor(400, 300)
    assert settings.word("theme", "") == "dark"
    window.use_theme("light")


def test_the_status_line_says_what_is_missing(window: MainWindow, session: Session, loaded: Callable[[Session], None]) -> None:
    assert window.status.left()[0].text == "Nothing to train yet: add data and a loss"
    window.canvas.commands.start_from(STARTERS[1])
    loaded(session)
    texts = [part.text for part in window.status.left()]
    assert texts[0] == "Ready to train"
    assert "5 nodes" in texts
    dense = next(node for node in session.project.network.nodes if node.spec.id == "dense")
    session.select((dense.id,))
    window.canvas.commands.delete()
    settle()
    assert "problem" in window.status.left()[0].text


def test_unsaved_edits_are_asked_about(window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    assert window.documents.may_leave()
    window.canvas.commands.add(registry.find("layer", "dense")())
    asked: list[str] = []

    def answer(role: QMessageBox.ButtonRole) -> Callable[[QMessageBox], int]:
        def exec_(box: QMessageBox) -> int:
            asked.append(box.text())
            next(b for b in box.buttons() if box.buttonRole(b) == role).click()
            return 0

        return exec_

    monkeypatch.setattr(QMessageBox, "exec", answer(QMessageBox.ButtonRole.RejectRole))
    assert not window.documents.may_leave()
    assert not window.close()
    monkeypatch.setattr(QMessageBox, "exec", answer(QMessageBox.ButtonRole.DestructiveRole))
    assert window.documents.may_leave()
    assert asked == ["Save changes to untitled?"] * 3


def test_save_and_open_bring_the_project_back(window: MainWindow, session: Session, tmp_path: Path) -> None:
    window.canvas.commands.start_from(STARTERS[1])
    project = session.project
    path = tmp_path / "wine.play"
    assert session.save(path)
    assert not session.modified
    session.new()
    assert not session.project.network.nodes
    assert window.documents.open(path)
    assert session.project == project
    assert recent_files()[0] == path


def test_weights_of_the_file_survive_a_save_without_a_run(window: MainWindow, session: Session, tmp_path: Path) -> None:
    import numpy as np

    from playground.document.file import load, save

    session.do(STARTERS[1].edit())
    path = tmp_path / "trained.play"
    weights = {"dense1.weight": np.arange(6, dtype=np.float32).reshape(2, 3)}
    save(session.project, path, weights)
    session.history.mark_saved()
    assert window.documents.open(path)
    window.canvas.commands.add_note(window.canvas.mapToScene(10, 10))
    assert session.save(path)
    np.testing.assert_array_equal(load(path).weights["dense1.weight"], weights["dense1.weight"])


def test_a_file_that_another_program_changed_is_not_overwritten(window: MainWindow, session: Session, tmp_path: Path) -> None:
    from playground.document.file import load, save
    from playground.document.project import Project

    told: list[str] = []
    session.message.connect(lambda text, level: told.append(text))
    path = tmp_path / "shared.play"
    session.do(STARTERS[1].edit())
    assert session.save(path)
    save(Project(name="theirs"), path)
    window.canvas.commands.add_note(window.canvas.mapToScene(10, 10))
    assert not session.save(path)
    assert "changed by another program" in told[-1]
    assert load(path).project.name == "theirs"
    session.history.mark_saved()


def test_an_example_opens_as_a_copy(window: MainWindow, session: Session) -> None:
    from playground.paths import assets_dir

    path = sorted((assets_dir() / "examples").glob("*.play"))[0]
    assert window.documents.open(path)
    assert session.path is None
    assert not session.modified
    assert recent_files() == []


def test_a_broken_file_is_refused_in_words(window: MainWindow, session: Session, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    session.message.connect(lambda text, level: told.append((text, level)))
    path = tmp_path / "broken.play"
    path.write_bytes(b"not a project")
    assert not window.documents.open(path)
    assert told[0][1] == "error"
    assert window.notices.isVisible()
    assert window.notices.accessibleName() == told[0][0]


def test_edits_are_autosaved_and_recovered(window: MainWindow, session: Session, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    window.canvas.commands.add(registry.find("layer", "dense")())
    qtbot.waitUntil(lambda: window.autosave.saver.file.exists(), timeout=6000)
    qtbot.waitUntil(lambda: window.status.autosaved.startswith("Autosaved"), timeout=3000)
    from playground.document.file import load

    assert load(window.autosave.saver.file).project.network.nodes[0].name == "dense1"


def test_no_reference_to_none_is_lost(
    window: MainWindow, session: Session, loaded: Callable[[Session], None], collect: Callable[[], None]
) -> None:
    """A binding that drops references to None ends the program on Python 3.11; it must not creep in with an update."""
    import sys

    if sys.version_info >= (3, 12):
        pytest.skip("None is immortal from Python 3.12 on")
    window.canvas.commands.start_from(STARTERS[1])
    loaded(session)
    collect()
    before = sys.getrefcount(None)
    for step in range(40):
        window.canvas.zoom_by(1.1 if step % 2 else 1 / 1.1)
        window.canvas.viewport().repaint()
        window.tools.repaint()
        window.status.setObjectName(f"status{step}")
        settle()
    collect()
    assert sys.getrefcount(None) > before - 200


def test_accessible_names_are_there(window: MainWindow) -> None:
    from PySide6.QtWidgets import QAbstractButton

    for layout in LAYOUTS:
        window.show_layout(layout)
        settle()
        for button in window.findChildren(QAbstractButton):
            named = button.accessibleName() or button.text() or button.toolTip()
            assert named or not button.isVisibleTo(window) or button.focusPolicy() == Qt.FocusPolicy.NoFocus, button


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_start_shows_the_same_tab_bars(app: QApplication, qtbot: QtBot, layout: str) -> None:
    """None on the start page, and one for each group of docks, also where the docks were remembered."""

    def bars(window: MainWindow) -> list[str]:
        found = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [bar.tabText(0) for bar in found if bar.isVisible() and window.rect().contains(bar.geometry())]

    areas = [panel.places[layout] for panel in panels() if layout in panel.places]
    tabbed = sum(areas.count(area) > 1 for area in set(areas))
    seen: list[list[str]] = []
    for _ in range(3):
        session = Session()
        window = MainWindow(session)
        window.resize(1440, 900)
        window.show()
        window.show_start()
        qtbot.waitUntil(lambda window=window: not bars(window), timeout=3000)
        window.leave_start()
        window.show_layout("train" if layout == "build" else "build")
        window.show_layout(layout)
        qtbot.waitUntil(lambda window=window: len(bars(window)) == tabbed, timeout=3000)
        seen.append(sorted(bars(window)))
        window.layouts.remember()
        window.autosave.close()
        session.close()
        window.hide()
        window.deleteLater()
        session.deleteLater()
        settle()
    assert seen[0] == seen[1] == seen[2]
