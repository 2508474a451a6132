"""Where tabs do not fit, a button lists them all; a choice brings a panel to the front."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QTabBar
from pytestqt.qtbot import QtBot

from playground.ui.main_window import MainWindow
from playground.ui.tab_menu import TabMenu
from tests.ui.conftest import settle


@pytest.fixture
def bar(qtbot: QtBot) -> QTabBar:
    made = QTabBar()
    qtbot.addWidget(made)
    made.setUsesScrollButtons(True)
    made.setElideMode(Qt.TextElideMode.ElideNone)
    for name in ("Gradient norm", "Activations", "Output", "Draw", "Steps"):
        made.addTab(name)
    made.resize(300, 28)
    made.show()
    return made


def test_the_button_is_there_where_tabs_do_not_fit(bar: QTabBar) -> None:
    menu = TabMenu(bar)
    assert menu.isVisible()
    assert menu.geometry().right() == bar.width() - 1
    cut = [bar.tabText(at) for at in range(bar.count()) if bar.tabRect(at).left() < menu.x() < bar.tabRect(at).right()]
    assert not cut, "a tab that shows in part is covered"
    bar.resize(900, 28)
    settle()
    assert not menu.isVisible()
    bar.resize(200, 28)
    settle()
    assert menu.isVisible()
    while bar.count() > 1:
        bar.removeTab(1)
    bar.resize(201, 28)
    settle()
    assert not menu.isVisible()


def test_the_button_follows_the_names_of_the_tabs(bar: QTabBar, qtbot: QtBot) -> None:
    menu = TabMenu(bar)
    bar.resize(bar.tabRect(bar.count() - 1).right() + 8, 28)
    settle()
    assert not menu.isVisible()
    bar.setTabText(1, "Activations of every layer")
    qtbot.waitUntil(menu.isVisible)
    bar.setTabText(1, "Activations")
    qtbot.waitUntil(menu.isHidden)


def test_a_choice_brings_its_tab_to_the_front(bar: QTabBar, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: opened.append(menu))
    menu = TabMenu(bar)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton)
    assert [entry.text() for entry in opened[0].actions()] == [bar.tabText(at) for at in range(bar.count())]
    assert opened[0].actions()[0].isChecked()
    opened[0].actions()[4].trigger()
    assert bar.currentIndex() == 4
    opened[0].close()


def test_a_window_of_1366_by_768_keeps_its_size_in_every_view(window: MainWindow) -> None:
    window.resize(1366, 768)
    window.show_start()
    settle()
    assert (window.width(), window.height()) == (1366, 768)
    for layout in ("build", "train", "compare"):
        window.show_layout(layout)
        settle()
        assert (window.width(), window.height()) == (1366, 768), layout
    window.show_layout("train")
    settle()
    for menu in window.findChildren(TabMenu):
        assert menu.isVisible() == (menu.needed and menu.bar.isVisible())


def test_a_tab_that_shows_only_its_end_is_covered(bar: QTabBar) -> None:
    menu = TabMenu(bar)
    assert menu.cut.isHidden(), "nothing is scrolled"
    bar.setCurrentIndex(4)
    settle()
    (end,) = [bar.tabRect(at).right() for at in range(bar.count()) if bar.tabRect(at).left() < 0 <= bar.tabRect(at).right()]
    assert not menu.cut.isHidden()
    assert menu.cut.geometry().getRect() == (0, 0, end + 1, bar.height())
    bar.setCurrentIndex(0)
    settle()
    assert menu.cut.isHidden()
    bar.setCurrentIndex(4)
    settle()
    bar.resize(900, 28)
    settle()
    assert menu.cut.isHidden()
