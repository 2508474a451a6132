"""On a small screen every layout and dialog fits, and what it shows can be reached; on a larger one all stands as it was designed."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from playground import words
from playground.document.edits import SetProject
from playground.paths import assets_dir
from playground.ui import small_screens, speaking, theme
from playground.ui.canvas.bar import CanvasArea
from playground.ui.dialogs.sheet import Sheet
from playground.ui.dialogs.start import Start
from playground.ui.focus_order import is_behind
from playground.ui.layout_table import LAYOUT_TABLE
from playground.ui.main_window import MainWindow
from playground.ui.panel import LAYOUTS
from playground.ui.panels.runs import RunsPanel
from playground.ui.session import Session
from playground.ui.small_screens import DESIGNED_LEAST, SMALL_LEAST, Scrolling, is_small
from tests.ui.conftest import settle
from tests.ui.scaled import cut

LONG = "A project whose name is as long as a name of a project may well become"
DIGITS = assets_dir() / "examples" / "digits_cnn.play"
in_both_languages = pytest.mark.parametrize("language", ["en", "zh_CN"])


@pytest.fixture
def tongues(app: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test speaks, the next one begins in English."""
    monkeypatch.delenv(words.VARIABLE, raising=False)
    yield
    speaking.speak(app, "en")
    theme.apply(app, "light")


@pytest.fixture
def laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen leaves 960 × 456 to a window."""
    leave(monkeypatch, SMALL_LEAST)


@pytest.fixture
def area(window: MainWindow) -> CanvasArea:
    """The canvas with the bar over it."""
    found = window.middle.widget(0)
    assert isinstance(found, CanvasArea)
    return found


def leave(monkeypatch: pytest.MonkeyPatch, room: QSize) -> None:
    """The screen leaves so much to a window."""
    monkeypatch.setattr(small_screens, "room_of", lambda widget: room)


def seen(window: QWidget, widget: QWidget) -> bool:
    """Whether all of a widget lies in its window."""
    return window.rect().contains(QRect(widget.mapTo(window, QPoint()), widget.size()))


def side_by_side(row: Sequence[QWidget]) -> bool:
    """Whether widgets that follow each other do not overlap."""
    return all(left.geometry().right() < right.x() for left, right in itertools.pairwise(row))


def scrolls(window: MainWindow) -> bool:
    """Whether a dock scrolls what it shows."""
    return any(isinstance(dock.widget(), Scrolling) for dock in window.layouts.docks.values())


def docked(window: MainWindow) -> dict[str, tuple[int, int, int, int]]:
    """Where each dock stands that is in front."""
    front = {id: dock for id, dock in window.layouts.docks.items() if dock.isVisible() and not is_behind(dock)}
    return {id: dock.geometry().getRect() for id, dock in front.items()}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("room", "small"),
    [
        ((1920, 1000), False), ((1366, 688), False), ((1280, 632), False), ((1040, 600), False),
        ((1024, 728), True), ((1280, 599), True), ((960, 460), True),
    ],
)  # fmt: skip
def test_which_screens_are_small(room: tuple[int, int], small: bool) -> None:
    assert is_small(QSize(*room)) is small


@in_both_languages
def test_every_layout_fits(window: MainWindow, session: Session, language: str, tongues: None) -> None:
    speaking.change_language(language)
    session.do(SetProject(name=LONG))
    for small, least in ((False, DESIGNED_LEAST), (True, SMALL_LEAST)):
        window.layouts.fit(small)
        for name in LAYOUTS:
            window.show_layout(name)
            settle()
            needs = window.minimumSizeHint()
            assert needs.boundedTo(least) == needs, f"{name}, small {small}: {needs.toTuple()}"


@in_both_languages
def test_nothing_is_out_of_reach(window: MainWindow, language: str, laptop: None, tongues: None) -> None:
    speaking.change_language(language)
    window.documents.open(DIGITS)
    window.leave_start()
    window.fit_screen()
    settle()
    assert window.size() == SMALL_LEAST
    for layout in LAYOUT_TABLE:
        window.show_layout(layout.name)
        settle()
        if layout.canvas:
            assert (window.canvas.width() >= 400, window.canvas.height() >= 300) == (True, True), layout.name
        placed = [dock for dock in window.layouts.docks.values() if layout.name in dock.panel.places]
        for dock in placed:
            window.show_panel(dock.panel.id)
            settle()
            assert seen(window, dock), f"{layout.name}: {dock.panel.id}"
            area = dock.widget()
            assert isinstance(area, Scrolling)
            assert dock.made is not None
            hidden = dock.made.height() - area.viewport().height(), dock.made.width() - area.viewport().width()
            bars = area.verticalScrollBar().maximum(), area.horizontalScrollBar().maximum()
            assert bars == (max(hidden[0], 0), max(hidden[1], 0)), f"{layout.name}: {dock.panel.id} is cut"
        bar = [text for text in cut(window) if text.startswith(("ActionButton", "LayoutTab", "BarChoice", "TileChoice"))]
        assert not bar
        assert all(window.menuBar().actionGeometry(menu.menuAction()).width() > 0 for menu in window.bar.menus.values())
        more = window.menuBar().findChild(QWidget, "qt_menubar_ext_button")
        assert more is None or not more.isVisible(), "a menu has no room"


def test_the_front_panel_is_the_one_that_a_layout_is_about(window: MainWindow, laptop: None) -> None:
    window.fit_screen()
    for name, front in (("build", "inspector"), ("train", "loss"), ("compare", "overlay")):
        window.show_layout(name)
        settle()
        assert front in docked(window), name


def test_a_layout_is_kept_for_each_kind_of_screen(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window.layouts.docks["palette"].hide()
    settle()
    before = docked(window)
    assert not scrolls(window)
    with monkeypatch.context() as patch:
        leave(patch, SMALL_LEAST)
        window.fit_screen()
        settle()
        assert (window.layouts.small, window.size()) == (True, SMALL_LEAST)
        assert window.layouts.docks["palette"].isVisible()
        assert docked(window) != before
        window.layouts.docks["inspector"].hide()
    leave(monkeypatch, QSize(1920, 1000))
    window.fit_screen()
    window.resize(1440, 900)
    settle()
    window.layouts.restore()
    settle()
    assert docked(window) == before
    assert not scrolls(window)
    leave(monkeypatch, SMALL_LEAST)
    window.fit_screen()
    settle()
    assert not window.layouts.docks["inspector"].isVisible()


def test_the_start_page_stays_when_the_screen_changes(window: MainWindow, laptop: None) -> None:
    window.show_start()
    window.fit_screen()
    settle()
    assert window.at_start
    assert not [dock for dock in window.layouts.docks.values() if dock.isVisible()]
    window.leave_start()
    settle()
    assert window.layouts.docks["inspector"].isVisible()


def test_a_screen_that_changes_is_followed(window: MainWindow, laptop: None) -> None:
    window.screen().availableGeometryChanged.emit(QRect(0, 0, 960, 500))
    assert window.layouts.small


@in_both_languages
def test_what_stands_over_the_runs_does_not_overlap(
    session: Session, app: QApplication, qtbot: QtBot, language: str, tongues: None
) -> None:
    speaking.speak(app, language)
    panel = RunsPanel(session)
    qtbot.addWidget(panel)
    panel.pages.setCurrentIndex(1)  # as when there are runs
    panel.setMinimumSize(420, 160)  # as its dock does, whatever its parts need
    panel.resize(SMALL_LEAST.width() - LAYOUT_TABLE[2].small_sizes["right"] - 4, 300)
    panel.show()
    settle()
    row = [panel.filter, panel.columns, panel.star, panel.restore, panel.remove]
    assert side_by_side(row)
    assert row[-1].geometry().right() < panel.width()
    panel.pages.setCurrentIndex(1)
    panel.resize(900, 300)
    settle()
    assert panel.filter.width() == 230


@in_both_languages
def test_the_start_page_needs_no_scrolling_sideways(
    session: Session, app: QApplication, qtbot: QtBot, language: str, tongues: None
) -> None:
    speaking.speak(app, language)
    page = Start(session)
    qtbot.addWidget(page)
    page.resize(960, 430)
    page.show()
    settle()
    assert page.minimumSizeHint().boundedTo(QSize(960, 400)) == page.minimumSizeHint()
    assert page.area.horizontalScrollBar().maximum() == 0
    assert page.area.verticalScrollBar().maximum() > 0


@pytest.mark.parametrize("name", ["reference", "export", "rate_finder", "rate_fan", "batch_finder", "shortcuts"])
def test_every_dialog_fits(window: MainWindow, laptop: None, name: str) -> None:
    window.documents.open(DIGITS)
    if name == "shortcuts":
        window.show_shortcuts()
    else:
        window.open_dialog(name)
    settle()
    (sheet,) = [each for each in window.findChildren(Sheet) if each.isVisible()]
    assert sheet.size().boundedTo(SMALL_LEAST) == sheet.size()
    assert sheet.minimumSizeHint().boundedTo(SMALL_LEAST) == sheet.minimumSizeHint()
    sheet.resize(SMALL_LEAST)
    settle()
    for at in range(sheet.foot.count()):
        assert seen(sheet, sheet.foot.itemAt(at).widget())  # type: ignore[union-attr]
    sheet.close()


def test_a_dialog_that_is_too_high_scrolls(window: MainWindow, laptop: None) -> None:
    sheet = Sheet("info", "High", (400, 300), window)
    inside = QWidget()
    sheet.body.addWidget(inside)
    sheet.show()
    inside.setMinimumSize(300, 2000)  # when it is shown already
    settle()
    assert sheet.height() <= SMALL_LEAST.height()
    assert sheet.minimumSizeHint().height() <= SMALL_LEAST.height()
    assert inside.height() >= 2000
    sheet.close()


def test_the_way_to_a_block_shortens_from_its_beginning(window: MainWindow, session: Session, area: CanvasArea) -> None:
    crumbs = area.bar.crumbs
    assert all(step.isVisible() for _, step in crumbs._way)
    least = window.minimumSizeHint()
    session.do(SetProject(name=LONG))
    settle()
    assert window.minimumSizeHint() == least, "a name makes no window wider"
    crumbs.setFixedWidth(crumbs.minimumSizeHint().width() + 4)
    settle()
    assert [step.isVisible() for _, step in crumbs._way] == [False, True]
    assert crumbs._omitted.isVisible()
    assert LONG in crumbs._omitted.toolTip()
    crumbs.setFixedWidth(crumbs.sizeHint().width())
    settle()
    assert all(step.isVisible() for _, step in crumbs._way)
    assert not crumbs._omitted.isVisible()


def test_the_bar_over_the_canvas_leaves_out_captions_and_then_the_scale(area: CanvasArea) -> None:
    bar = area.bar
    whole, least = bar.width(), bar.minimumSizeHint().width()
    assert least < 400
    for wide, bare, scale in (
        (whole, False, True),
        (bar._wide(True, True), True, True),
        (least, True, False),
        (whole, False, True),
    ):
        bar.setFixedWidth(wide)
        settle()
        assert (bar.tiles.bare, bar.labels.bare, bar.zoom.isVisible()) == (bare, bare, scale), wide
        parts = [bar.crumbs, bar.tiles, bar.labels, bar.tidy, bar.fit, bar.map, bar.note]
        assert side_by_side(parts), wide
        assert parts[-1].geometry().right() < bar.width()
        assert bar.minimumSizeHint().width() == least


def test_words_of_the_toolbar_stand_where_they_have_room(window: MainWindow) -> None:
    find = window.tools.rate
    assert find.width() > 60
    window.tools.setFixedWidth(window.tools.minimumSizeHint().width())
    settle()
    assert find.width() == 32
    assert all(button.width() >= 62 for button in window.tools.pickers)
    window.tools.setFixedWidth(1400)
    settle()
    assert find.width() > 60


def test_a_fold_of_an_area_that_there_is_not_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="areas"):
        dataclasses.replace(LAYOUT_TABLE[0], folded=("roof",))
