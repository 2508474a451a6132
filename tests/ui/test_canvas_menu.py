"""The menu of the canvas: what it offers for what is selected, and where it acts."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QMenu

from playground.core import registry
from playground.ui.inspector.panel import Inspector
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from tests.ui.conftest import settle


def test_the_context_menu_offers_placing(window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: shown.append(menu))
    window.canvas.commands.add(registry.find("layer", "dense")())
    window.canvas.menu_asked.emit(window.rect().center())
    texts = [action.text() for action in shown[0].actions()]
    assert {"Frame", "Zoom to selection", "Align and distribute"} <= set(texts)
    placing = next(action.menu() for action in shown[0].actions() if action.text() == "Align and distribute")
    assert len([action for action in placing.actions() if not action.isSeparator()]) == 8
    shown[0].close()
    settle()


def test_what_is_selected_beside_nodes_has_its_own_menu_and_words(
    window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: shown.append(menu))
    commands = window.canvas.commands
    commands.add(registry.find("layer", "dense")())
    commands.add(registry.find("layer", "relu")())
    note = commands.add_note(QPointF(0, 300))
    inspector = window.findChild(Inspector)
    assert inspector is not None
    for ids, words, possible, impossible in (
        (
            [link.id for link in session.project.network.links],
            "Wire from dense1 to relu1",
            {"delete"},
            {"rename", "copy", "wire", "freeze"},
        ),
        ([note], "A note is selected", {"delete", "rename", "copy", "cut", "duplicate"}, {"wire", "freeze"}),
        ([node.id for node in session.project.network.nodes], "2 nodes selected", {"rename", "copy", "wire", "freeze"}, set()),
    ):
        session.select(ids)
        settle()
        assert inspector.empty.title.text() == words
        assert {id for id in possible | impossible if window.actions_made[id].isEnabled()} == possible, words
        window.canvas.menu_asked.emit(window.rect().center())
        offered = {action.objectName() for action in shown[-1].actions()}
        assert not offered & impossible
        assert offered >= possible
        shown[-1].close()
    settle()


def test_the_context_menu_of_the_open_works_where_it_was_asked(
    window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: shown.append(menu))
    canvas = window.canvas
    canvas.commands.add(registry.find("layer", "dense")())
    canvas.commands.copy()
    for k, (text, what) in enumerate((("Note", "notes"), ("Frame", "notes"), ("Paste", "nodes"))):
        canvas.naming.keep()
        session.select(())
        at = canvas.viewport().rect().center() + QPoint(40 * k, -30 * k)
        canvas.menu_asked.emit(canvas.viewport().mapToGlobal(at))
        next(action for action in shown[-1].actions() if action.text().split("\t")[0] == text).trigger()
        there, made = canvas.mapToScene(at), getattr(session.project.network, what)[-1]
        assert abs(made.position[0] - there.x()) <= 4, text
        assert abs(made.position[1] - there.y()) <= 4, text
        shown[-1].close()
    canvas.naming.keep()
    settle()
