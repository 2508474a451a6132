"""Tabs of docks dragged away from their bar, and docks dropped again."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QDockWidget, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from playground.ui.main_window import MainWindow
from playground.ui.panel import LAYOUTS
from playground.ui.theme import theme

from .conftest import settle
from .synthetic import drag, move, press, release

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def bars(window: MainWindow) -> list[QTabBar]:
    """The tab bars of docks that are shown."""
    found = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [bar for bar in found if bar.isVisible() and bar.count() > 1]


def carry(start: QWidget, at: QPointF, places: list[QPoint]) -> QWidget:
    """Drag from a widget over places of the screen, each event sent to who has the pointer. Who had it when it was let go."""
    press(start, at)
    for place in places:
        holder = QWidget.mouseGrabber() or start
        move(holder, holder.mapFromGlobal(place))
        settle()
    holder = QWidget.mouseGrabber() or start
    release(holder, holder.mapFromGlobal(places[-1]))
    settle()
    return holder


def torn(window: MainWindow, bar: QTabBar, tab: int, *more: QPoint) -> QWidget:
    """Drag a tab far above its bar, then over other places."""
    at = bar.tabRect(tab).center()
    return carry(bar, QPointF(at), [bar.mapToGlobal(at - QPoint(0, high)) for high in (20, 80, 160)] + list(more))


def test_a_tab_dragged_away_takes_its_dock_along_and_can_be_dropped_again(window: MainWindow, qtbot: QtBot) -> None:
    window.leave_start()
    window.show_layout("train")
    settle()
    bar = max(bars(window), key=QTabBar.count)
    count, title = bar.count(), bar.tabText(1)
    dock = torn(window, bar, 1)
    assert isinstance(dock, QDockWidget)
    assert dock.isFloating()
    assert dock.windowTitle() == title
    assert bar.count() == count - 1
    assert title not in [bar.tabText(at) for at in range(bar.count())]
    assert QWidget.mouseGrabber() is None
    grip = dock.titleBarWidget().geometry().center()
    right = QPoint(window.width() * 9 // 10, window.height() // 3)
    carry(dock, QPointF(grip), [window.mapToGlobal(right - QPoint(step, step)) for step in (30, 10, 0, 0)])
    qtbot.waitUntil(lambda: not dock.isFloating(), timeout=5_000)


def test_what_is_put_back_among_tabs_is_in_front(window: MainWindow) -> None:
    window.leave_start()
    settle()
    dock, other = window.layouts.docks["inspector"], window.layouts.docks["training"]
    dock.title.pin.click()
    settle()
    assert dock.isFloating()
    picture, strong = dock.grab().toImage(), theme().color("strong").name()
    corners = ((0, 9), (9, 0), (picture.width() - 1, 9), (9, picture.height() - 1))
    assert {picture.pixelColor(*at).name() for at in corners} == {strong}, "its edge is seen over panels of its own colour"
    other.raise_()
    dock.title.pin.click()
    settle()
    assert not dock.isFloating()
    assert "Inspector" in [bar.tabText(bar.currentIndex()) for bar in bars(window)]


def test_a_layout_is_never_painted_with_the_titles_of_its_tabs(window: MainWindow) -> None:
    window.show_start()
    settle()
    for switch in (window.leave_start, lambda: window.show_layout("train"), window.layouts.reset):
        switch()
        shown = [dock for dock in window.layouts.docks.values() if not dock.isHidden()]
        assert any(dock.title.collapsed for dock in shown)
        assert all(dock.title.collapsed for dock in shown if window.tabifiedDockWidgets(dock))
        settle()


def test_the_place_of_a_tab_dragged_away_is_filled_before_it_is_dropped(window: MainWindow) -> None:
    window.leave_start()
    window.show_layout("train")
    settle()
    bar = max(bars(window), key=QTabBar.count)
    at, holder = bar.tabRect(bar.currentIndex()).center(), bar
    press(bar, QPointF(at))
    for high in (20, 80, 160):
        move(holder, holder.mapFromGlobal(bar.mapToGlobal(at - QPoint(0, high))))
        settle()
        holder = QWidget.mouseGrabber() or bar
    assert isinstance(holder, QDockWidget)
    (front,) = [dock for dock in window.findChildren(QDockWidget) if dock.windowTitle() == bar.tabText(bar.currentIndex())]
    assert window.rect().contains(front.geometry())
    assert not front.widget().visibleRegion().isEmpty()
    release(holder, holder.rect().center())
    settle()


def test_a_tab_dragged_along_its_bar_stays(window: MainWindow) -> None:
    window.leave_start()
    window.show_layout("train")
    settle()
    bar = max(bars(window), key=QTabBar.count)
    first, second = (bar.tabRect(tab).center() for tab in (0, 1))
    names = [bar.tabText(tab) for tab in range(bar.count())]
    holder = carry(bar, QPointF(first), [bar.mapToGlobal(first + (second - first) * share) for share in (0.4, 0.8, 1.0)])
    assert holder is bar
    assert sorted(bar.tabText(tab) for tab in range(bar.count())) == sorted(names)
    assert not any(dock.isFloating() for dock in window.findChildren(QDockWidget))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.campaign), pytest.param(3, marks=pytest.mark.campaign)])
def test_docks_are_torn_off_over_one_another(window: MainWindow, seed: int) -> None:
    rng, times = random.Random(seed), 25 if seed == 1 else 600
    window.leave_start()
    for _ in range(times):
        if rng.random() < 0.05:
            window.show_layout(rng.choice(LAYOUTS))
            settle()
        floating = [dock for dock in window.findChildren(QDockWidget) if dock.isFloating() and dock.isVisible()]
        source = rng.choice(floating) if floating and rng.random() < 0.5 else rng.choice(bars(window) or [None])
        if source is None:
            window.layouts.reset()
            settle()
            continue
        at = source.tabRect(rng.randrange(source.count())) if isinstance(source, QTabBar) else source.titleBarWidget().geometry()
        places = [window.mapToGlobal(QPoint(rng.randrange(window.width()), rng.randrange(window.height()))) for _ in range(4)]
        carry(source, QPointF(at.center()), places)
        assert QWidget.mouseGrabber() is None


@pytest.mark.parametrize("seed", range(2, 5))
def test_tabs_are_dragged_again_before_what_was_dragged_is_drawn(window: MainWindow, seed: int) -> None:
    rng = random.Random(seed)
    window.leave_start()
    for _ in range(60):
        if rng.random() < 0.05:
            window.show_layout(rng.choice(LAYOUTS))
            settle()
        shown = bars(window)
        if not shown:
            window.layouts.reset()
            settle()
            continue
        bar = rng.choice(shown)
        start, end = (QPointF(bar.tabRect(rng.randrange(bar.count())).center()) for _ in range(2))
        drag(bar, start, end + QPointF(0, rng.choice((0, 0, -90, 90))))
        if rng.random() < 0.5:
            settle()
