"""The outline: it says what the canvas shows, selects both ways, and does by keys what the canvas does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.document.edits import AddLink, AddNode, RemoveLinks, SetField
from playground.ui.canvas.starters import STARTERS
from playground.ui.dialogs.export import ExportDialog
from playground.ui.main_window import MainWindow
from playground.ui.outlining import in_order
from playground.ui.panels.outline import Outline
from playground.ui.session import Session
from tests.ui.conftest import settle

pytestmark = pytest.mark.qt_log_ignore("plugin does not support", extend=True)  # menus pop up, which offscreen has no window for

NONE, CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip
Key = Qt.Key


@pytest.fixture
def outline(window: MainWindow, session: Session, loaded: Callable[[Session], None]) -> Outline:
    session.do(STARTERS[1].edit())
    loaded(session)
    window.show_panel("outline")
    settle()
    found = window.layouts.docks["outline"].made
    assert isinstance(found, Outline)
    return found


def texts(outline: Outline) -> list[str]:
    return [item.text(0) for item in outline._tops()]


def children(outline: Outline, at: int) -> list[str]:
    item = outline._tops()[at]
    item.setExpanded(True)
    return [item.child(k).text(0) for k in range(item.childCount())]


def at(outline: Outline, start: str) -> int:
    return next(k for k, text in enumerate(texts(outline)) if text.startswith(start))


def go(outline: Outline, name: str, start: str = "") -> None:
    """Make a line current: a node's, or the first under it that starts so."""
    item = outline._tops()[at(outline, f"{name},")]
    if start:
        item.setExpanded(True)
        item = next(item.child(k) for k in range(item.childCount()) if item.child(k).text(0).startswith(start))
    outline.setCurrentItem(item)


def press(qtbot: QtBot, key: Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """A key to whatever has the keyboard."""
    target = QApplication.activePopupWidget() or QApplication.focusWidget()
    assert target is not None
    qtbot.keyClick(target, key, modifiers)
    settle()


def write(qtbot: QtBot, text: str) -> None:
    target = QApplication.focusWidget()
    assert isinstance(target, QWidget)
    qtbot.keyClicks(target, text)


def test_nodes_stand_along_the_wires(outline: Outline, session: Session) -> None:
    assert [text.split(", ")[0] for text in texts(outline)] == [node.name for node in in_order(session.project.network)]
    assert texts(outline)[0].startswith("data")
    assert texts(outline)[-1].startswith("loss")
    dense = texts(outline)[at(outline, "dense1,")]
    assert "Dense" in dense
    assert "gives" in dense
    assert "parameters" in dense


def test_a_branch_is_read_to_its_end_and_loops_do_not_hang(session: Session) -> None:
    for _ in range(4):
        session.do(AddNode(registry.find("layer", "relu")()))
    a, b, c, d = (node.id for node in session.project.network.nodes)
    session.do(AddLink(a, b))
    session.do(AddLink(b, d))
    session.do(AddLink(a, c))
    assert [node.id for node in in_order(session.project.network)] == [a, b, d, c]


def test_a_node_says_its_wires_shapes_and_settings(outline: Outline) -> None:
    lines = children(outline, at(outline, "dense1,"))
    assert any(line.startswith("In x from data, ") for line in lines)
    assert any(line.startswith("Out to ") for line in lines)
    assert any(line.startswith("Parameters: ") for line in lines)
    assert any(line.startswith("Units: ") for line in lines)


def test_it_follows_edits_and_keeps_what_is_open(outline: Outline, session: Session) -> None:
    first = children(outline, at(outline, "dense1,"))
    link = session.project.network.links[0]
    session.do(RemoveLinks((link.id,)))
    settle()
    lines = children(outline, at(outline, "dense1,"))
    assert lines != first
    assert "In x: not wired" in lines
    assert any(line.startswith("Problem: ") for line in lines)
    session.undo()
    settle()
    assert children(outline, at(outline, "dense1,")) == first


def test_selection_goes_both_ways(outline: Outline, session: Session) -> None:
    nodes = {node.name: node for node in session.project.network.nodes}
    session.select((nodes["dense1"].id,))
    assert [outline.line_of(item).item for item in outline.selectedItems()] == [nodes["dense1"].id]  # type: ignore[union-attr]
    go(outline, "loss")
    assert session.selection == (nodes["loss"].id,)
    go(outline, "dense1", "In x")
    assert session.selection == (session.project.network.into(nodes["dense1"].id)[0].id,), "a wire"


def test_enter_follows_a_wire_and_mends_a_problem(outline: Outline, session: Session, qtbot: QtBot) -> None:
    outline.setFocus()
    go(outline, "dense1", "In x")
    press(qtbot, Key.Key_Return)
    assert session.selected_nodes()[0].spec.kind == "dataset"
    last = next(node for node in session.project.network.nodes if node.name == "dense2")
    session.do(SetField(last.id, "units", 7))
    settle()
    problem = session.problems[0]
    assert problem.mend is not None
    name = session.project.network.node(problem.node).name
    go(outline, name, "Problem")
    assert problem.mend.text in outline.currentItem().text(0)  # type: ignore[union-attr]
    press(qtbot, Key.Key_Return)
    assert not session.inspection.errors


def test_f2_renames_and_delete_deletes(outline: Outline, session: Session, qtbot: QtBot) -> None:
    outline.setFocus()
    go(outline, "dense1")
    press(qtbot, Key.Key_F2)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    assert editor.text() == "dense1"
    write(qtbot, "first")
    press(qtbot, Key.Key_Return)
    assert any(node.name == "first" for node in session.project.network.nodes)
    outline.setFocus()
    go(outline, "first")
    before = len(session.project.network.nodes)
    press(qtbot, Key.Key_Delete)
    assert len(session.project.network.nodes) == before - 1
    session.undo()
    settle()
    go(outline, "first", "In x")
    wires = len(session.project.network.links)
    press(qtbot, Key.Key_Delete)
    assert len(session.project.network.links) == wires - 1


def test_arrows_with_ctrl_move_the_node(outline: Outline, session: Session, qtbot: QtBot) -> None:
    outline.setFocus()
    go(outline, "dense1")
    node = session.selected_nodes()[0]
    press(qtbot, Key.Key_Right, CTRL)
    press(qtbot, Key.Key_Up, ALT)
    moved = session.project.network.node(node.id).position
    assert moved == (node.position[0] + 24, node.position[1] - 4)


def test_a_wire_is_drawn_from_a_menu_that_says_what_does_not_fit(outline: Outline, session: Session, qtbot: QtBot) -> None:
    session.do(AddNode(registry.find("layer", "conv2d")(), name="conv"))
    session.do(AddNode(registry.find("layer", "relu")(), name="free"))
    settle()
    outline.setFocus()
    go(outline, "dense1")
    press(qtbot, Key.Key_L, CTRL)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    entries = {entry.text().partition(":")[0]: entry for entry in menu.actions()}
    assert entries["free"].isEnabled()
    assert not entries["conv"].isEnabled()
    assert "conv needs an image" in entries["conv"].text() or "image" in entries["conv"].text()
    menu.setActiveAction(entries["free"])
    press(qtbot, Key.Key_Return)
    free = next(node for node in session.project.network.nodes if node.name == "free")
    assert len(session.project.network.into(free.id)) == 1


def test_500_nodes_are_listed_quickly(outline: Outline, session: Session) -> None:
    import time

    from playground.document.edits import Several

    session.do(Several("many", tuple(AddNode(registry.find("layer", "relu")(), position=(9.0 * k, 90.0)) for k in range(500))))
    start = time.perf_counter()
    outline.refresh()
    assert time.perf_counter() - start < 0.5
    assert len(texts(outline)) == 500 + len(STARTERS[1].edit().apply(type(session.project)()).network.nodes)


def test_the_whole_journey_by_keys(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path, loaded: Callable[[Session], None]
) -> None:
    """Build, wire, train, stop and export, without a pointer: every key goes to what has the keyboard."""

    def command(text: str) -> None:
        press(qtbot, Key.Key_P, CTRL | SHIFT)
        write(qtbot, text)
        press(qtbot, Key.Key_Return)

    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.canvas, timeout=3000)
    command("add iris")
    loaded(session)
    command("add dense")
    command("set units 3")
    command("add relu")
    press(qtbot, Key.Key_Delete)  # a second thought
    command("add cross-entropy")
    assert [node.spec.id for node in session.project.network.nodes] == ["iris", "dense", "cross_entropy"]
    for link in session.project.network.links:
        session.do(RemoveLinks((link.id,)))  # adding wires by itself; here it is done by hand
    settle()
    command("show outline")
    outline = window.layouts.docks["outline"].made
    assert isinstance(outline, Outline)
    assert QApplication.focusWidget() is outline
    press(qtbot, Key.Key_Home)
    for _ in range(2):
        press(qtbot, Key.Key_L, CTRL)
        press(qtbot, Key.Key_Down)
        press(qtbot, Key.Key_Return)
        press(qtbot, Key.Key_Down)
    qtbot.waitUntil(lambda: session.ready, timeout=10_000)
    assert len(session.project.network.links) == 2, session.project.network
    command("set epochs 1000000")
    press(qtbot, Key.Key_F5)
    qtbot.waitUntil(lambda: session.run.state == "running" and session.client.step > 0, timeout=60_000)
    window.activateWindow()  # offscreen has no window manager that would do it
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.canvas, timeout=3000)
    press(qtbot, Key.Key_F5, SHIFT)
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=20_000)
    press(qtbot, Key.Key_E, CTRL)
    dialog = window.findChildren(ExportDialog)[0]
    dialog.activateWindow()
    target = tmp_path / "iris.onnx"
    reached = _tab_to(qtbot, dialog, lambda widget: isinstance(widget, QLineEdit))
    assert isinstance(reached, QLineEdit)
    reached.selectAll()
    write(qtbot, str(target))
    _tab_to(qtbot, dialog, lambda widget: widget is dialog.go)
    press(qtbot, Key.Key_Space)
    qtbot.waitUntil(lambda: not dialog.exporter.busy and target.exists(), timeout=90_000)
    given = ReferenceEvaluator(onnx.load(target)).run(None, {"input": np.zeros((2, 4), np.float32)})
    assert given[0].shape == (2, 3)
    dialog.close()
    session.history.mark_saved()


def _tab_to(qtbot: QtBot, dialog: QWidget, wanted: Callable[[QWidget], bool]) -> QWidget:
    """Press Tab until the keyboard is where it is wanted."""
    for _ in range(60):
        now = QApplication.focusWidget()
        if now is not None and dialog.isAncestorOf(now) and wanted(now):
            return now
        qtbot.keyClick(now if now is not None else dialog, Key.Key_Tab)
    raise AssertionError("Tab does not lead there")
