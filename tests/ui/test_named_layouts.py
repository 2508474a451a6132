"""Layouts of one's own, and that nothing is cut or lost where a layout has no canvas or the window is small."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from playground.paths import assets_dir
from playground.ui import settings
from playground.ui.layout_table import LAYOUT_TABLE
from playground.ui.main_window import MainWindow
from playground.ui.named_layouts import MOST, BadLayout
from playground.ui.notices import NoticeBar
from playground.ui.session import Session
from playground.ui.tabs import LayoutTab
from tests.ui.conftest import settle


def shown(window: MainWindow) -> set[str]:
    return {id for id, dock in window.layouts.docks.items() if not dock.isHidden()}


def entries(window: MainWindow) -> list[str]:
    window.bar.own_layouts.fill()
    return [entry.text() for entry in window.bar.own_layouts.menu.actions()]


def test_an_arrangement_is_kept_under_a_name(window: MainWindow, qtbot: QtBot) -> None:
    before = shown(window)
    assert entries(window) == ["None yet"]
    window.layouts.docks["palette"].hide()
    window.actions_made["save_layout"].trigger()
    dialog = window.findChildren(QInputDialog)[0]
    dialog.setTextValue("Lesson 3")
    dialog.accept()
    settle()
    assert entries(window) == ["Lesson 3"]
    assert window.layouts.layout_shown.title == "Lesson 3"
    window.show_layout("build")
    window.layouts.docks["palette"].show()
    settle()
    window.show_layout("train")
    window.bar.own_layouts.menu.actions()[0].trigger()
    assert shown(window) == before - {"palette"}
    window.show_layout("build")
    assert shown(window) == before, "the layout it was made from is as it was left"


def test_it_has_a_tab_that_is_lit_and_opens_their_menu(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    tab, wide = window.bar.tab_corner.own, window.bar.tab_corner.width()
    assert tab.isHidden()
    made = window.layouts.save_as("Mine")
    settle()
    assert (tab.isVisible(), tab.text(), tab.isChecked()) == (True, "Mine", True)
    assert window.bar.tab_corner.width() == wide, "a menu bar does not follow a corner that grows"
    assert not any(each.isChecked() for each in window.findChildren(LayoutTab) if each is not tab)
    opened: list[QPoint] = []
    monkeypatch.setattr(window.bar.own_layouts.menu, "popup", opened.append)
    QTest.mouseClick(tab, Qt.MouseButton.LeftButton)
    assert len(opened) == 1
    assert tab.isChecked()
    window.layouts.rename(made.name, "Ours")
    assert tab.text() == "Ours"
    window.show_start()
    assert tab.isHidden()
    window.leave_start()
    assert tab.isVisible()
    window.show_layout("build")
    assert tab.isHidden()


def test_the_next_start_knows_it(window: MainWindow, app: QApplication) -> None:
    made = window.layouts.save_as("Mine")
    window.layouts.docks["inspector"].hide()
    window.layouts.remember()
    session = Session()
    again = MainWindow(session)
    again.resize(1440, 900)
    again.show()
    settle()
    assert again.layouts.current == made.name
    assert again.layouts.layout_shown.title == "Mine"
    assert again.layouts.docks["inspector"].isHidden()
    again.autosave.close()
    session.close()
    again.hide()
    again.deleteLater()
    session.deleteLater()
    settle()


def test_rename_delete_and_reset(window: MainWindow) -> None:
    for id in ("rename_layout", "delete_layout"):
        assert not window.actions_made[id].isEnabled()
    window.layouts.save_as("Mine")
    window.layouts.docks["palette"].hide()
    window.actions_made["reset_layout"].trigger()
    assert "palette" in shown(window)
    window.actions_made["rename_layout"].trigger()
    dialog = window.findChildren(QInputDialog)[0]
    assert dialog.textValue() == "Mine"
    dialog.setTextValue("Ours")
    dialog.accept()
    settle()
    assert entries(window) == ["Ours"]
    window.actions_made["delete_layout"].trigger()
    assert entries(window) == ["None yet"]
    assert window.layouts.current == "build"
    assert settings.block("docks/own1") is None


def test_names_that_cannot_be_are_refused_in_words(window: MainWindow, session: Session) -> None:
    told: list[str] = []
    session.message.connect(lambda text, level: told.append(text))
    for bad in ("", "   ", "x" * 33, "a\nb", "build", "TRAIN"):
        with pytest.raises(BadLayout):
            window.layouts.save_as(bad)
    window.actions_made["save_layout"].trigger()
    dialog = window.findChildren(QInputDialog)[0]
    dialog.setTextValue("Train")
    dialog.accept()
    settle()
    assert told == ["There is a layout called Train already. Choose another name."]
    button = window.notices.button
    assert (button.isVisible(), button.text()) == (True, "Change the name")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    (again,) = [one for one in window.findChildren(QInputDialog) if one.isVisible()]
    assert again.textValue() == "Train"
    again.setTextValue("Mine")
    again.accept()
    settle()
    assert window.layouts.layout_shown.title == "Mine"
    window.layouts.delete(window.layouts.current)
    for name in ("rename", "delete"):
        with pytest.raises(BadLayout):
            window.layouts.rename("build", "x") if name == "rename" else window.layouts.delete("build")
    for number in range(MOST):
        window.layouts.save_as(f"mine {number}")
    with pytest.raises(BadLayout, match="Delete one first"):
        window.layouts.save_as("one more")


def test_damaged_settings_lose_only_what_is_damaged(app: QApplication, session: Session) -> None:
    for bad in (
        "{",
        "7",
        '[{"name": "own1"}, 3, {"name": "own2", "title": "Good", "base": "train"}, {"name": "build", "title": "B", "base": "train"}]',
    ):
        settings.set_word("layouts/own", bad)
        settings.set_word("layout", "own9")
        made = MainWindow(session)
        assert [each.title for each in made.layouts.known.values() if each.base] == (["Good"] if "Good" in bad else [])
        assert made.layouts.current == LAYOUT_TABLE[0].name
        made.autosave.close()
        made.deleteLater()
        settle()


def test_the_canvas_is_fitted_again_when_the_window_shrinks(
    window: MainWindow, session: Session, loaded: Callable[[Session], None]
) -> None:
    window.documents.open(assets_dir() / "examples" / "digits_cnn.play")
    loaded(session)
    assert window.canvas.shows_all()
    wide = window.canvas.zoom
    window.resize(1100, 700)
    settle()
    assert window.canvas.shows_all()
    assert window.canvas.zoom < wide
    window.resize(1440, 900)
    settle()
    assert window.canvas.shows_all()
    assert abs(window.canvas.zoom - wide) < 0.02
    window.canvas.zoom_by(3)
    close = window.canvas.zoom
    window.resize(1100, 700)
    settle()
    assert window.canvas.zoom == close, "who looks at a part goes on looking at it"


@pytest.mark.parametrize("layout", [layout.name for layout in LAYOUT_TABLE if layout.canvas])
def test_1366_by_768_shows_the_whole_network(
    window: MainWindow, session: Session, loaded: Callable[[Session], None], layout: str
) -> None:
    window.documents.open(assets_dir() / "examples" / "digits_cnn.play")
    loaded(session)
    window.show_layout(layout)
    settle()
    window.resize(1366, 768)
    settle()
    assert window.canvas.shows_all()
    assert window.rect().contains(window.tools.geometry())


def test_a_message_is_seen_without_a_canvas(session: Session, qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    area = QWidget()
    canvas = QLabel("canvas", area)
    window.setCentralWidget(area)
    bar = NoticeBar(window, canvas, session)
    window.resize(900, 600)
    window.show()
    area.hide()
    session.message.emit("The file is gone.", "error")
    assert bar.isVisible()
    assert bar.geometry().bottom() < 600 - 24
    assert window.rect().contains(bar.geometry())
    area.show()
    session.message.emit("The file is back.", "info")
    assert bar.isVisible()
    assert bar.y() < 100


def test_the_message_of_the_window_follows_the_canvas(window: MainWindow, session: Session) -> None:
    session.message.emit("Something happened.", "info")
    settle()
    middle = window.canvas.mapTo(window, window.canvas.rect().center()).x()
    assert abs(window.notices.geometry().center().x() - middle) <= 2
    window.layouts.docks["palette"].hide()
    settle()
    moved = window.canvas.mapTo(window, window.canvas.rect().center()).x()
    assert moved != middle
    assert abs(window.notices.geometry().center().x() - moved) <= 2


def test_a_panel_without_a_place_becomes_a_tab_among_its_kin(window: MainWindow) -> None:
    """Pre-flight belongs to the foot of Build; elsewhere, in layouts of one's own too, it stands beside what is there, not over it."""
    dock = window.layouts.docks["preflight"]
    kin = {"train": "loss", "compare": "overlay"}
    for name in ("train", "compare", window.layouts.save_as("Mine").name):
        window.show_layout(name)
        settle()
        window.show_panel("preflight")
        settle()
        assert not dock.isFloating()
        assert dock.isVisible()
        beside = window.layouts.docks[kin.get(name, "problems")]
        assert beside in window.tabifiedDockWidgets(dock), name
    window.show_layout("train")
    window.layouts.reset()
    settle()
    assert not dock.isVisible()
    dock.toggleViewAction().trigger()
    settle()
    assert dock in window.tabifiedDockWidgets(window.layouts.docks["loss"])


def test_a_tab_says_its_news_from_the_beginning(window: MainWindow) -> None:
    window.show_layout("build")
    dock = window.layouts.docks["problems"]
    panel = dock.make()
    assert len(panel.rows) == 1
    assert dock.windowTitle() == "Problems 1"
