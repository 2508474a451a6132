"""Nodes that are drawn from kept images look as if they had been drawn anew, and change as soon as anything of them does."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage

from playground.core import registry
from playground.document.edits import AddLink, AddNode, RenameNode
from playground.ui.canvas.still import Alike, Still
from playground.ui.canvas.view import CanvasView
from playground.ui.session import Session
from tests.ui.conftest import settle


@pytest.fixture
def view(session: Session, qtbot) -> CanvasView:
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    kinds = (("dataset", "iris"), ("layer", "dense"), ("layer", "relu"), ("layer", "conv2d"))
    adds = [AddNode(registry.find(kind, id)(), position=(160.5 * k, 30.25 * k)) for k, (kind, id) in enumerate(kinds)]
    for edit in (*adds, AddLink(adds[0].id, adds[1].id), AddLink(adds[1].id, adds[2].id)):  # the last node waits for an input
        assert session.do(edit)
    qtbot.waitUntil(lambda: session.samples is not None)
    settle()
    return made


def drawn(view: CanvasView) -> np.ndarray:
    """The pixels of the canvas. Shapes: (height, width, 3)."""
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    words = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return words[:, :, :3].astype(int)


@pytest.mark.parametrize("zoom", [1.0, 0.83, 1.3, 0.5])
def test_a_kept_node_looks_as_if_drawn_anew(view: CanvasView, zoom: float, monkeypatch: pytest.MonkeyPatch) -> None:
    view.zoom_about(zoom, QPointF(100, 100))
    for _ in range(3):
        kept = drawn(view)
    assert any(item.still._image is not None for item in view.canvas.nodes.values())
    monkeypatch.setattr(Still, "draw", lambda *arguments: False)
    anew = drawn(view)
    off = np.abs(kept - anew).max(axis=2)
    assert (off > 24).mean() < 0.01  # letters may stand a quarter of a pixel further
    assert np.abs(kept - anew).mean() < 0.2


@pytest.mark.parametrize("zoom", [0.3, 0.22])
def test_nodes_from_afar_look_as_if_drawn_one_by_one(view: CanvasView, zoom: float, monkeypatch: pytest.MonkeyPatch) -> None:
    view.zoom_about(zoom, QPointF(100, 100))
    shared = drawn(view)
    monkeypatch.setattr(Alike, "draw", lambda self, p, item, key, paint: paint(p))
    single = drawn(view)
    assert np.abs(shared - single).mean() < 0.6  # edges lie on whole pixels


def test_every_change_of_a_node_shows_at_once(view: CanvasView, session: Session) -> None:
    item = next(item for item in view.canvas.nodes.values() if item.look.group == "c_linear")
    for number, change in enumerate(
        (
            lambda: session.do(RenameNode(item.id, "another")),
            lambda: session.select([item.id]),
            lambda: session.select([]),
            lambda: item.show_fault(True),
            lambda: item.show_fault(False),
            lambda: item.show_faring("warn", "", ""),
            lambda: item.show_faring("", "", ""),
            lambda: item.light(True),
            lambda: item.show_progress(0.5, "now"),
        )
    ):
        for _ in range(3):
            before = drawn(view)
        change()
        settle()
        assert (drawn(view) != before).any(), number


def test_while_someone_zooms_nothing_is_kept(view: CanvasView) -> None:
    for step in range(4):
        view.zoom_about(1.0 + 0.01 * step, QPointF(100, 100))
        drawn(view)
    assert all(item.still._image is None for item in view.canvas.nodes.values())
