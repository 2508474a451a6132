"""What later files add to the window by a record: actions with a place, menus, layouts without canvas, parts of the status line."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from playground.training.messages import Compiling, Progress, Started
from playground.ui import menu_bar, settings
from playground.ui.action_button import ActionButton, ActionStrip
from playground.ui.actions import ACTIONS, MENUS, Action, action_set_of, placed, table
from playground.ui.layout_table import LAYOUT_TABLE, Layout
from playground.ui.layouts import Layouts
from playground.ui.main_window import MainWindow
from playground.ui.middle import Middle
from playground.ui.panel import Panel
from playground.ui.panels.knobs import Knobs
from playground.ui.session import Session
from playground.ui.status import StatusLine
from playground.ui.status_part import Part, StatusPart
from playground.ui.toolbar import Rule
from tests.ui.conftest import settle
from tests.ui.synthetic import click

COMPARE = Layout(
    name="compare", title="Compare", icon="table", shortcut="Ctrl+3", areas=("right", "centre", "bottom", "bottom-right"),
    sizes={"right": 300, "centre": 400, "bottom": 376, "bottom-left": 630, "bottom-right": 500}, grows=True, canvas=False,
)  # fmt: skip


def _panel(id: str, area: str, title: str = "") -> Panel:
    places = {"compare": area} if area != "left" else {"build": "left"}
    return Panel(id=id, title=title or id.capitalize(), icon="table", places=places, factory=lambda _: QLabel(id))


@pytest.fixture
def bare(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Layouts:
    """A window with one more layout, which has no canvas."""
    settings.set_block("docks/build", None)
    settings.set_block("docks/compare", None)
    window = QMainWindow()
    qtbot.addWidget(window)
    canvas = QLabel("canvas", objectName="canvas")
    window.setCentralWidget(Middle(canvas))
    panels = (
        _panel("palette", "left"), _panel("runs", "centre"), _panel("sweeps", "centre"), _panel("overlay", "bottom"),
        _panel("parallel", "bottom-right"), _panel("against", "right"),
    )  # fmt: skip
    made = Layouts(window, session, panels, (*LAYOUT_TABLE, COMPARE))
    window.resize(1440, 900)
    window.show()
    return made


def test_a_layout_without_canvas_gives_its_place_to_the_centre(bare: Layouts) -> None:
    window, docks = bare.window_shown, bare.docks
    canvas = window.findChild(QLabel, "canvas")
    assert canvas is not None
    bare.show("build")
    settle()
    assert canvas.isVisible()
    assert docks["runs"].isHidden()
    bare.show("compare")
    settle()
    assert not canvas.isVisible()
    runs, overlay, parallel, against = (docks[id].geometry() for id in ("runs", "overlay", "parallel", "against"))
    assert runs.bottom() < overlay.top()
    assert overlay.right() < parallel.left() <= parallel.right() < against.left()
    assert overlay.top() == parallel.top()
    assert against.width() == 300
    assert abs(runs.height() / (runs.height() + overlay.height()) - 400 / 776) < 0.05
    assert against.height() > runs.height() + overlay.height()  # the right area is as high as the window
    assert window.width() - against.right() < 8
    assert docks["sweeps"] in window.tabifiedDockWidgets(docks["runs"])
    for least in (100, 120, 140):  # what stands in it changes: the window lays itself out
        docks["against"].make().setMinimumWidth(least)
        settle()
    window.resize(1700, 900)
    settle()
    assert docks["against"].width() == 300, "what the window grows by is the centre's"
    bare.show("build")
    settle()
    assert canvas.isVisible()
    assert canvas.width() > 800


def test_a_layout_without_canvas_is_remembered(bare: Layouts) -> None:
    bare.show("compare")
    settle()
    bare.docks["parallel"].hide()
    bare.show("build")
    settle()
    bare.show("compare")
    settle()
    assert bare.docks["parallel"].isHidden()
    canvas = bare.window_shown.findChild(QLabel, "canvas")
    assert canvas is not None
    assert not canvas.isVisible()
    bare.reset()
    settle()
    assert not bare.docks["parallel"].isHidden()


def test_areas_and_canvas_of_a_layout_must_suit() -> None:
    for wrong in ({"canvas": True}, {"areas": ("right",)}, {"areas": ("centre", "top")}):
        with pytest.raises(ValueError, match="compare"):
            dataclasses.replace(COMPARE, **wrong)


def test_a_menu_without_actions_is_not_shown(window: MainWindow) -> None:
    filled = {action.menu for action in ACTIONS}
    assert list(window.bar.menus) == [name for name in MENUS if name in filled]
    assert MENUS.index("Train") + 1 == MENUS.index("Analyse") == MENUS.index("View") - 1


def test_groups_of_a_menu_are_parted_by_lines(window: MainWindow) -> None:
    for name, menu in window.bar.menus.items():
        known = {action.id: action for action in ACTIONS if action.menu == name}
        lines, before = 0, None
        for entry in menu.actions():
            if entry.isSeparator():
                lines += 1
            elif entry.objectName() in known:
                group = known[entry.objectName()].group
                assert before is None or group == before or lines == 1, entry.objectName()
                before, lines = group, 0


def test_action_ids_must_be_unique(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "entries", lambda *_: iter((ACTIONS[0], ACTIONS[1], ACTIONS[0])))
    with pytest.raises(RuntimeError, match=ACTIONS[0].id):
        table._table()


def test_the_toolbar_shows_the_actions_that_have_a_number(window: MainWindow) -> None:
    wanted = sorted((action for action in ACTIONS if action.tool), key=lambda action: action.tool)
    assert list(window.tools.buttons) == [action.id for action in wanted]
    across = [window.tools.buttons[action.id].x() for action in wanted]
    assert across == sorted(across)
    rules = sorted(rule.x() for rule in window.tools.findChildren(Rule))
    assert len(rules) == 3
    assert across[2] < rules[0] < across[3] < across[4] < rules[1] < window.tools.pickers[0].x()
    assert window.tools.rate.x() < rules[2] < window.tools.train.x()


def test_a_strip_without_actions_takes_no_room(session: Session, qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    QVBoxLayout(page).addWidget(ActionStrip("nowhere"))
    page.show()
    assert not placed("nowhere")
    assert not page.findChildren(ActionStrip)[0].isVisible()


def test_a_strip_takes_a_second_row_before_words_are_cut(window: MainWindow, qtbot: QtBot) -> None:
    window.show_layout("train")
    settle()
    strip = window.findChild(ActionStrip)
    assert strip is not None
    low, wide = strip.height(), strip.width()
    strip.setParent(page := QWidget(window))
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(strip)
    page.show()
    for room, rows in ((wide - 40, 2), (wide, 1)):
        page.resize(room, page.heightForWidth(room) if page.hasHeightForWidth() else page.minimumSizeHint().height())
        settle()
        assert all(button.width() >= button.sizeHint().width() for button in strip.buttons.values())
        assert len({button.y() for button in strip.buttons.values()}) == rows
    assert strip.minimumSizeHint().height() == low


def test_a_strip_keeps_its_place_while_a_step_is_picked(window: MainWindow) -> None:
    window.show_layout("train")
    settle()
    strip = window.findChild(ActionStrip)
    assert strip is not None
    before = strip.geometry(), {id: button.geometry() for id, button in strip.buttons.items()}
    for id, text in (("fork", "Fork at 1,926,784"), ("rewind", "Rewind to 1,926,784")):
        window.actions_made[id].setText(text)
        assert strip.buttons[id].toolTip().startswith(text)
        assert strip.buttons[id].accessibleName() == text
    settle()
    assert (strip.geometry(), {id: button.geometry() for id, button in strip.buttons.items()}) == before
    assert [strip.buttons[id].text() for id in ("fork", "rewind")] == ["Fork here", "Rewind here"]


def test_the_foot_of_the_knobs_holds_the_actions_placed_there(
    app: QApplication, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    possible = [False]
    mine = (
        Action(id="mine1", text="First", run=lambda w: said.append(w.objectName()), icon="fork", menu="Train", place="knobs",
               enabled=lambda w: possible[0]),
        Action(id="mine2", text="Second", run=lambda w: said.append("rewind"), icon="rewind", menu="Analyse", place="knobs"),
    )  # fmt: skip
    for module in (table, menu_bar):
        monkeypatch.setattr(module, "ACTIONS", (*ACTIONS, *mine))
    assert placed("knobs")[-2:] == mine
    window = MainWindow(session)
    window.resize(1440, 900)
    window.show()
    assert "Second" in [entry.text() for entry in window.bar.menus["Analyse"].actions()]
    window.show_layout("train")
    settle()
    knobs = window.layouts.docks["knobs"].made
    assert isinstance(knobs, Knobs)
    fork, rewind = (knobs.foot.buttons[action.id] for action in mine)
    assert isinstance(fork, ActionButton)
    assert not fork.isEnabled()
    possible[0] = True
    window.refresh()
    assert fork.isEnabled()
    assert abs(fork.width() - rewind.width()) <= 1
    click(fork, QPointF(9, 9))
    assert said == ["main"]
    assert action_set_of(knobs) is window.actions_made
    click(rewind, QPointF(9, 9))
    assert said == ["main", "rewind"]
    window.autosave.close()
    window.hide()
    window.deleteLater()
    settle()


def test_parts_of_the_status_line_stand_in_order_at_their_side(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = StatusLine(session)
    qtbot.addWidget(line)
    assert [part.id for part in line.parts] == ["recovery", "run", "phase", "age", "network", "cost", "machine"]
    line.show_autosave("Autosaved 2 s ago")
    line.parts.append(StatusPart(id="more", side="right", say=lambda shown: [Part(f"{shown.session.run.state} 12 ms")]))
    line.parts.append(StatusPart(id="quiet", say=lambda shown: []))
    line.refresh()
    assert [part.text for part in line.right()] == ["Autosaved 2 s ago", "idle 12 ms"]
    assert line.accessibleName().endswith("idle 12 ms")


def test_the_status_line_forgets_what_an_earlier_run_told(session: Session, qtbot: QtBot) -> None:
    line = StatusLine(session)
    qtbot.addWidget(line)
    session.heard.emit(_made(Compiling, done=1, total=4))
    found = line.newest(Compiling)
    assert found is not None
    assert found.total == 4
    session.heard.emit(_made(Progress, threads=2))
    session.heard.emit(_made(Started, total_steps=30))
    assert line.newest(Compiling) is None
    assert line.newest(Progress) is None
    started = line.newest(Started)
    assert started is not None
    assert started.total_steps == 30


def _made(kind: type, **values: object) -> object:
    """A message with the values that matter here, and any for the others."""
    rest = {field.name: 0 for field in dataclasses.fields(kind) if field.name not in values and field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING}  # fmt: skip
    return kind(**rest, **values)
