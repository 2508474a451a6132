"""Tab: only what can be seen, in the order in which it is read; and how the keyboard comes into a panel and out of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget, QWidgetItem
from pytestqt.qtbot import QtBot
from shiboken6 import getAllValidWrappers

from playground.document.file import Loaded
from playground.ui import focus_ring, theme
from playground.ui.focus_order import dock_of, is_behind, stops
from playground.ui.inspector.panel import Inspector
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from playground.ui.tabs import LayoutTab
from tests.ui.conftest import settle
from tests.ui.networks import moons, node

Key = Qt.Key
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # windows that float, offscreen


@pytest.fixture
def opened(window: MainWindow, session: Session, qtbot: QtBot) -> MainWindow:
    """The window with a small network, of which a dense layer is selected."""
    session.restore(Loaded(moons()))
    qtbot.waitUntil(lambda: session.ready, timeout=20_000)
    session.select((node(session, "dense1").id,))
    window.activateWindow()
    settle()
    return window


def inspector(window: MainWindow) -> Inspector:
    made = window.layouts.docks["inspector"].make()
    assert isinstance(made, Inspector)
    return made


def held() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def walk(start: QWidget, key: Key, most: int = 150) -> list[QWidget]:
    """Where the keyboard comes to until it is back, or on the canvas, where Tab is another word."""
    start.setFocus()
    seen = [held()]
    while len(seen) < most:
        QTest.keyClick(held(), key)
        if held() is seen[0] or held().accessibleName() == "Network canvas":
            return seen
        seen.append(held())
    raise AssertionError(f"no way back from {[each.accessibleName() for each in seen]}")


def test_a_walk_keeps_no_hold_of_what_layouts_hold(opened: MainWindow) -> None:
    """An item of a layout ends with its widget, and Python is not told: what held it would take the next object there for it."""

    def items_held() -> int:
        return sum(type(each) is QWidgetItem for each in getAllValidWrappers())

    panel = inspector(opened)
    settle()
    before = items_held()
    walk(panel, Key.Key_Tab)
    assert items_held() <= before


def in_sight(widget: QWidget) -> bool:
    dock = dock_of(widget)
    return widget.isVisible() and (dock is None or (not is_behind(dock) and not widget.visibleRegion().isEmpty()))


@pytest.mark.parametrize("layout", ["build", "train"])
@pytest.mark.parametrize("key", [Key.Key_Tab, Key.Key_Backtab])
def test_tab_stops_only_at_what_can_be_seen(opened: MainWindow, layout: str, key: Key) -> None:
    opened.show_layout(layout)
    settle()
    opened.activateWindow()
    settle()
    seen = walk(opened.findChildren(LayoutTab)[0], key)
    assert len(seen) >= 20
    assert [each.accessibleName() for each in seen if not in_sight(each)] == []


def test_the_settings_of_the_selected_node_follow_its_name(opened: MainWindow) -> None:
    seen = [each.accessibleName() for each in walk(inspector(opened).head.name, Key.Key_Tab)]
    assert seen[:6] == ["Name", "More actions", "Units", "Units slider", "Reset Units", "Bias"]
    assert seen.index("Decay factor") < seen.index("Parameter group") < seen.index("Search layers")


def test_rows_that_are_made_later_are_read_in_their_place(opened: MainWindow, session: Session) -> None:
    session.select((node(session, "dropout1").id,))
    settle()
    session.select((node(session, "dense1").id,))
    settle()
    page = inspector(opened)
    seen = [each for each in walk(page.head.name, Key.Key_Tab) if page.area.isAncestorOf(each)]
    lows = [each.mapTo(page.area.widget(), each.rect().bottomLeft()).y() for each in seen]
    highs = [each.mapTo(page.area.widget(), each.rect().topLeft()).y() for each in seen]
    assert len(seen) > 12
    assert all(low > high for high, low in zip(highs, lows[1:], strict=False))  # beside the one before, or below it


def test_a_stop_below_the_edge_is_scrolled_into_sight(opened: MainWindow) -> None:
    opened.resize(1440, 560)
    settle()
    page = inspector(opened)
    seen = [each for each in walk(page.head.name, Key.Key_Tab) if page.area.isAncestorOf(each)]
    last = seen[-1]
    page.area.verticalScrollBar().setValue(0)
    after = stops(opened)[stops(opened).index(last) + 1]
    after.setFocus()
    QTest.keyClick(after, Key.Key_Backtab)
    assert held() is last
    assert not last.visibleRegion().isEmpty()


def test_a_dock_that_is_torn_off_and_put_back_keeps_its_place(opened: MainWindow) -> None:
    opened.show_panel("training")
    settle()
    torn = opened.layouts.docks["training"]
    torn.setFloating(True)
    settle()
    assert not any(dock_of(each) is torn for each in stops(opened))
    assert [each for each in stops(torn) if each.accessibleName() == "Optimizer"]
    first = stops(torn)[0]
    torn.activateWindow()
    assert all(dock_of(each) is torn for each in walk(first, Key.Key_Tab))
    opened.activateWindow()
    settle()
    torn.setFloating(False)
    settle()
    assert any(dock_of(each) is torn for each in stops(opened))
    opened.layouts.docks["inspector"].raise_()
    settle()
    assert not any(dock_of(each) is torn for each in stops(opened))


def test_the_keyboard_does_not_stay_behind_a_tab(opened: MainWindow) -> None:
    opened.show_panel("training")
    settle()
    assert dock_of(held()) is opened.layouts.docks["training"]
    opened.layouts.docks["inspector"].raise_()
    settle()
    assert held() is opened.canvas


def test_a_scroll_area_is_a_stop_only_where_nothing_in_it_is(opened: MainWindow) -> None:
    for id in ("training", "data", "inspector"):
        opened.show_panel(id)
        settle()
        assert not [each for each in stops(opened) if isinstance(each, QScrollArea) and dock_of(each) is opened.layouts.docks[id]]


def picture(widget: QWidget) -> QImage:
    """What a widget looks like, ring and all."""
    settle()
    corner = widget.mapTo(widget.window(), QPoint(0, 0))
    return widget.window().grab(QRect(corner, widget.size())).toImage()


@pytest.mark.parametrize("look", ["light", "dark"])
def test_what_takes_the_keyboard_shows_a_mark(opened: MainWindow, app: QApplication, look: str) -> None:
    theme.apply(app, look)
    accent = theme.theme().color("accent").rgb()
    for id in ("palette", "inspector", "loss", "journal", "outline", "data", "metrics"):
        opened.show_panel(id)
        settle()
    kinds: dict[str, QWidget] = {}
    for each in stops(opened):
        kinds.setdefault(type(each).__name__, each)
    assert {"QTabBar", "PaletteTree", "CanvasView", "TileChoice", "PinButton", "Switch"} <= set(kinds)
    order = stops(opened)
    for name, each in kinds.items():
        opened.activateWindow()
        settle()
        order[order.index(each) - 1].setFocus()
        before = picture(each)
        each.setFocus(Qt.FocusReason.TabFocusReason)
        focus_ring.mark(each)
        after = picture(each)
        spots = [(x, y) for x in range(after.width()) for y in (*range(min(32, after.height())), after.height() - 1)]
        marked = [spot for spot in spots if before.pixel(*spot) != after.pixel(*spot)]
        assert len(marked) > 8, f"{name} shows no mark"
        if name in ("QTabBar", "PaletteTree", "CanvasView", "TileChoice", "PinButton"):
            assert sum(after.pixel(*spot) == accent for spot in marked) > 8, f"{name} shows its mark faintly"


def test_the_ring_goes_with_the_keyboard(opened: MainWindow) -> None:
    tree = next(each for each in stops(opened) if each.accessibleName() == "Layers")
    before = stops(opened)[stops(opened).index(tree) - 1]
    before.setFocus()
    QTest.keyClick(before, Key.Key_Tab)
    assert held() is tree
    assert tree.findChildren(focus_ring.FocusRing)
    QTest.keyClick(tree, Key.Key_Backtab)
    settle()
    assert not tree.findChildren(focus_ring.FocusRing)


def test_enter_on_a_node_leads_to_its_first_setting_and_escape_back(opened: MainWindow) -> None:
    opened.canvas.setFocus()
    QTest.keyClick(opened.canvas, Key.Key_Return)
    assert held().accessibleName() == "Units"
    QTest.keyClick(held(), Key.Key_Escape)
    assert held() is opened.canvas


def test_a_node_without_settings_gets_the_keyboard_on_its_name(opened: MainWindow, session: Session) -> None:
    session.select((node(session, "tanh1").id,))
    settle()
    opened.show_panel("inspector")
    assert held() is inspector(opened).head.name


def test_several_nodes_get_it_on_what_they_share(opened: MainWindow, session: Session) -> None:
    session.select((node(session, "dense1").id, node(session, "dense2").id))
    settle()
    opened.show_panel("inspector")
    assert inspector(opened).several.form.isAncestorOf(held())


def test_escape_first_takes_back_what_was_typed(opened: MainWindow) -> None:
    opened.show_panel("inspector")
    QTest.keyClicks(held(), "7")
    QTest.keyClick(held(), Key.Key_Escape)
    assert held().accessibleName() == "Units"
    QTest.keyClick(held(), Key.Key_Escape)
    assert held() is opened.canvas


def test_escape_leaves_every_panel(opened: MainWindow) -> None:
    for id in ("training", "data", "outline", "loss"):
        opened.show_panel(id)
        settle()
        assert dock_of(held()) is opened.layouts.docks[id]
        QTest.keyClick(held(), Key.Key_Escape)
        assert held() is opened.canvas, id


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (lambda window: window.open_commands(), "Find a command"),
        (lambda window: window.canvas.open_quick_add(), "Search layers"),
        (lambda window: window.focus_palette(), "Search layers"),
        (lambda window: window.show_panel("inspector"), "Units"),
    ],
    ids=["command palette", "quick list", "palette", "inspector"],
)  # fmt: skip
def test_what_is_asked_for_from_a_torn_off_dock_gets_the_keys(
    opened: MainWindow, ask: Callable[[MainWindow], None], name: str, qtbot: QtBot
) -> None:
    torn = opened.layouts.docks["outline"]
    opened.show_panel("outline")
    torn.setFloating(True)
    settle()
    torn.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is torn)
    ask(opened)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is opened)
    assert held().accessibleName() == name
    if name == "Find a command":
        QTest.keyClick(held(), Key.Key_Escape)
        qtbot.waitUntil(lambda: QApplication.activeWindow() is torn)
