"""Shares of saturated outputs and dead units in the health table."""

from __future__ import annotations

import math

import numpy as np
from pytestqt.qtbot import QtBot

from playground.training.saturation import Saturation
from playground.ui.canvas.view import CanvasView
from playground.ui.panels.gradients import gradients
from playground.ui.panels.health import stuck_of
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import chain, moons, node, ready, train


def test_dead_units_and_full_saturation_are_warned_of() -> None:
    rows = stuck_of({"tanh1": Saturation(0.12, 0.0), "relu1": Saturation(0.5, 0.25), "sigmoid1": Saturation(0.95, 0.0)})
    assert [(row.layer, row.state, row.icon) for row in rows] == [
        ("tanh1", "12 % saturated", "check"),
        ("relu1", "25 % of units dead", "warn"),
        ("sigmoid1", "95 % saturated", "warn"),
    ]
    (row,) = stuck_of({"softmax1": Saturation(0.97, math.nan)})
    assert (row.state, row.icon) == ("97 % saturated", "check"), "sure of its answers, and its units are no dead ones"
    (row,) = stuck_of({"relu1": Saturation(0.5, 0.0)}, ["relu1"])
    assert (row.state, row.icon) == ("50 % zero", "check"), "as the node says"


def test_the_health_table_has_a_row_for_every_activation(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=20), qtbot)
    view, panel = CanvasView(session), gradients(session)
    for widget in (view, panel):
        qtbot.addWidget(widget)
        widget.resize(900, 500)
        widget.show()
    settle()
    view.feed.draw()
    assert set(session.stuck) == {"tanh1"}
    panel.feed()
    assert panel.table is not None
    assert panel.table.rows == []  # nothing was measured yet
    train(session, qtbot)
    settle()
    view.feed.draw()
    panel.feed()
    assert [row.layer for row in panel.table.rows] == ["dense1", "dense2", "tanh1"]
    assert panel.table.rows[-1].state == f"{100 * session.stuck['tanh1'].share:.0f} % saturated"


def test_the_canvas_judges_a_smooth_activation_by_what_it_read(session: Session, qtbot: QtBot) -> None:
    dense = [("layer", "dense", {"units": units}) for units in (6, 2)]
    ready(
        session, chain(("dataset", "moons", {}), dense[0], ("layer", "gelu", {}), dense[1], ("loss", "cross_entropy", {})), qtbot
    )
    view = CanvasView(session)
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    settle()
    view.feed.draw()
    read, gave = view.feed._crowd_read["gelu1"], view.feed._crowd_now["gelu1"]
    np.testing.assert_array_equal(read, view.feed._crowd_now["dense1"])
    assert session.stuck["gelu1"].share == (read < -3.0674).mean()
    line = view.feed.maker.live_line(node(session, "gelu1"), {}, None)
    assert line.startswith(f"{100 * session.stuck['gelu1'].share:.0f} % saturated")
    assert read.shape == gave.shape
