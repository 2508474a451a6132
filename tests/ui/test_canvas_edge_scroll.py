"""Dragging against the rim of the canvas brings into view what lies beyond."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.document.edits import AddNode
from playground.ui.canvas import edge_scroll
from playground.ui.canvas.view import CanvasView
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.synthetic import centre, move, port, press, release


@pytest.fixture
def view(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> CanvasView:
    """Two layers in view, a third far to the right; the button counts as held, of which synthetic events tell Qt nothing."""
    monkeypatch.setattr(edge_scroll, "held", lambda: True)
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    for x in (100, 300, 1500):
        session.do(AddNode(registry.find("layer", "dense")(), position=(float(x), 200.0)))
    settle()
    made.zoom_about(1.0, QPointF(0, 0))
    made.centerOn(QPointF(350, 250))
    return made


def nodes(view: CanvasView) -> list[str]:
    return list(view.canvas.nodes)


def name(view: CanvasView, at: int) -> str:
    return view.canvas.nodes[nodes(view)[at]].look.name


def test_a_node_dragged_to_the_rim_goes_on_with_the_view(view: CanvasView, session: Session, qtbot: QtBot) -> None:
    id = nodes(view)[1]
    before, seen = session.project.network.node(id).position, view.visible().left()
    at = centre(view, name(view, 1))
    rim = QPointF(view.viewport().width() - 2, at.y())
    press(view, at)
    move(view, QPointF(at.x() + 40, at.y()))
    assert not view.pointer.edge.on
    move(view, rim)
    qtbot.waitUntil(lambda: view.visible().left() > seen + 300, timeout=20_000)
    item = view.canvas.nodes[id]
    assert item.sceneBoundingRect().contains(view.mapToScene(rim.toPoint())), "it stays under the pointer"
    release(view, rim)
    assert not view.pointer.edge.on
    after = session.project.network.node(id).position
    assert after[0] > before[0] + 500
    session.undo()
    assert session.project.network.node(id).position == before, "one edit"


def test_a_wire_reaches_what_was_out_of_view(view: CanvasView, session: Session, qtbot: QtBot) -> None:
    first, _, far = nodes(view)
    press(view, port(view, name(view, 0), "out"))
    rim = QPointF(view.viewport().width() - 2, 250)
    move(view, rim)
    qtbot.waitUntil(lambda: view.visible().contains(view.canvas.nodes[far].sceneBoundingRect()), timeout=30_000)
    target = port(view, name(view, 2), "in")
    move(view, target)
    assert not view.pointer.edge.on
    release(view, target)
    (link,) = session.project.network.links
    assert (link.source, link.target) == (first, far)


def test_a_rubber_band_grows_with_the_view(view: CanvasView, session: Session, qtbot: QtBot) -> None:
    press(view, QPointF(60, 60))
    move(view, QPointF(300, 300))
    corner = QPointF(view.viewport().width() - 2, 400)
    move(view, corner)
    qtbot.waitUntil(lambda: nodes(view)[2] in session.selection, timeout=30_000)
    release(view, corner)
    assert set(session.selection) == set(nodes(view))


def test_a_drag_that_begins_on_the_rim_may_wander(view: CanvasView) -> None:
    at = QPointF(view.viewport().width() - 10, 400)
    press(view, at)
    move(view, at + QPointF(-3, 6))
    assert not view.pointer.edge.on
    move(view, at + QPointF(3, 60))
    assert view.pointer.edge.on
    release(view, at)
    assert not view.pointer.edge.on


@pytest.mark.parametrize("wire", [True, False])
def test_escape_ends_it(view: CanvasView, qtbot: QtBot, wire: bool) -> None:
    press(view, port(view, name(view, 0), "out") if wire else centre(view, name(view, 0)))
    move(view, QPointF(300, 300))
    move(view, QPointF(1, 300))
    assert view.pointer.edge.on
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not view.pointer.edge.on)


def test_it_ends_when_the_button_came_up_elsewhere(view: CanvasView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    press(view, centre(view, name(view, 0)))
    move(view, QPointF(300, 300))
    move(view, QPointF(1, 300))
    monkeypatch.setattr(edge_scroll, "held", lambda: False)
    qtbot.waitUntil(lambda: not view.pointer.edge.on)
    release(view, QPointF(1, 300))
