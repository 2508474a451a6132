"""Wires that carry pictures of what flows, and slow motion inside a step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt

from playground.ui.actions.table import ACTIONS
from playground.ui.canvas.starters import STARTERS
from playground.ui.canvas.view import CanvasView
from playground.ui.canvas.wire_paint import label_room
from playground.ui.canvas.wire_value import MOST_CELLS, cells_of, words_of
from playground.ui.session import Session
from playground.ui.status import StatusLine
from tests.ui import synthetic
from tests.ui.conftest import settle


@pytest.fixture
def view(session: Session, qtbot) -> CanvasView:
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1400, 700)
    made.show()
    settle()
    return made


def _paused(session: Session, qtbot) -> None:
    session.step_batch()
    qtbot.waitUntil(lambda: session.run.state == "paused", timeout=60_000)


def _wire(view: CanvasView, source: str):
    return next(wire for wire in view.canvas.wires.values() if wire.source.look.name == source)


@pytest.mark.parametrize(
    ("shape", "rows", "columns"), [((5,), 1, 5), ((16,), 1, 16), ((40,), 3, 16), ((7, 3), 3, 7), ((8, 6, 2), 8, 6), ((), 1, 1), ((200, 3), 3, 50)],
)  # fmt: skip
def test_values_become_rows_of_cells(shape: tuple[int, ...], rows: int, columns: int) -> None:
    value = np.arange(1, np.prod(shape, dtype=int) + 1, dtype=np.float32).reshape(shape)
    found = cells_of(value)
    assert found.shape == (rows, columns)
    assert found[0, 0] == (value.reshape(-1)[0] if len(shape) < 3 else value[0, 0].mean())
    assert max(cells_of(np.zeros((500, 900, 1))).shape) <= MOST_CELLS


def test_a_value_says_its_shape_and_range() -> None:
    assert words_of(np.array([[1.0, -2.0, 4.0]]), "dense1") == ("dense1 1×3", "−2 … 4, mean 1")
    assert words_of(np.array([np.nan]), "a")[1] == "no number is finite"


def test_wires_show_what_flows_once_a_run_is_there(
    view: CanvasView, session: Session, loaded: Callable[[Session], None], qtbot
) -> None:
    view.commands.start_from(STARTERS[2])  # images
    loaded(session)
    view.zoom_to_fit(most=1.0)
    view.zoom_about(1.0, QPointF(0, 0))
    assert all(wire.value is None for wire in view.canvas.wires.values())
    _paused(session, qtbot)
    view.centerOn(_wire(view, "conv1").sceneBoundingRect().center())
    qtbot.waitUntil(lambda: view.feed.live.step == 1 and "conv1" in view.feed.live.values, timeout=20_000)
    view.feed.draw()
    wire = _wire(view, "conv1")
    assert wire.value is not None
    assert wire.value.isVisible()
    assert wire.value.value.shape[2] == 16
    np.testing.assert_array_equal(wire.value.value, view.feed.live.values["conv1"][0])
    words = wire.value._words
    view.feed.draw()
    assert wire.value._words is words, "the same value is not coloured again"
    small = wire.value.boundingRect()
    at = view.mapFromScene(wire.value._rect.center())
    synthetic.mouse(view, QEvent.Type.MouseMove, at, held=synthetic.NONE)
    settle()
    assert wire.value.large
    assert wire.value.boundingRect().height() > small.height() + 100
    assert not view.grab().isNull()
    synthetic.mouse(view, QEvent.Type.MouseMove, at + (at - at) + type(at)(0, 300), held=synthetic.NONE)
    settle()
    assert not wire.value.large
    before = wire.value._rect.center()
    wire.source.setPos(wire.source.x() - 60, wire.source.y() - 40)
    assert wire.value._rect.center() != before, "it follows its wire"
    view.zoom_about(0.5, QPointF(0, 0))
    view.feed.draw()
    assert not any(one.value is not None and one.value.isVisible() for one in view.canvas.wires.values())


def test_stepping_into_lights_one_node_after_the_other(
    view: CanvasView, session: Session, loaded: Callable[[Session], None], qtbot
) -> None:
    view.commands.start_from(STARTERS[0])
    loaded(session)
    view.zoom_about(1.0, QPointF(0, 0))
    slow = view.feed.slow
    line = StatusLine(session)
    qtbot.addWidget(line)
    lit: list[tuple[str, str]] = []
    assert not any(part.text.startswith("Phase") for part in line.left())
    slow.step()
    for _ in range(200):
        qtbot.waitUntil(
            lambda: session.run.state == "paused" and slow.now is not None and slow.now.done > len(lit), timeout=60_000
        )
        view.feed.draw()
        now = [(item.look.name, item.phase) for item in view.canvas.nodes.values() if item.phase]
        lit.append(now[0] if now else ("", slow.now.direction))
        told = [part.text for part in line.left()[-2:]]
        assert told == [f"Phase {slow.now.done} of {slow.now.total}", ": ".join(filter(None, lit[-1]))]
        assert told[1] in line.accessibleName()
        if slow.now.done == slow.now.total:
            break
        slow.step()
    forward = [name for name, direction in lit if direction == "forward"]
    assert forward.index("dense1") < forward.index("dense2")
    assert ("dense1", "backward") in lit
    assert lit.index(("dense1", "forward")) < lit.index(("dense1", "backward"))
    assert lit[-1][1] == "update"
    qtbot.waitUntil(lambda: session.client.step == 1, timeout=10_000)
    assert not view.grab().isNull()
    session.reset()
    qtbot.waitUntil(lambda: slow.now is None, timeout=10_000)
    view.feed.draw()
    assert not any(item.phase for item in view.canvas.nodes.values())
    assert not any(part.text.startswith("Phase") for part in line.left())


def test_slow_motion_goes_on_by_itself_and_ends_with_the_run(
    view: CanvasView, session: Session, loaded: Callable[[Session], None], qtbot
) -> None:
    view.commands.start_from(STARTERS[0])
    loaded(session)
    slow = view.feed.slow
    slow.set_speed(16)
    slow.start()
    qtbot.waitUntil(lambda: slow.now is not None and slow.now.done >= 3, timeout=60_000)
    assert slow.on
    anew = CanvasView(session)  # as after a change of language
    qtbot.addWidget(anew)
    assert anew.feed.slow is slow
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not slow.on
    slow.start()
    session.resume()
    qtbot.waitUntil(lambda: not slow.on, timeout=20_000)
    qtbot.waitUntil(lambda: session.client.step > 1, timeout=20_000)
    slow.step()  # in the middle of the run
    qtbot.waitUntil(
        lambda: session.run.state in ("paused", "finished") and (slow.now is not None or session.run.state == "finished"),
        timeout=20_000,
    )


def test_the_menu_has_the_speeds() -> None:
    ids = {action.id for action in ACTIONS}
    assert {"step_into", "slow_motion", "slow_1", "slow_16"} <= ids


def test_labels_of_ties_stand_on_nothing_else(session: Session, loaded: Callable[[Session], None], view: CanvasView) -> None:
    """The tied autoencoder, whose two ties run side by side below its decoder."""
    session.open(Path(__file__).resolve().parents[2] / "assets" / "examples" / "digits_autoencoder.play")
    loaded(session)
    ties = list(view.canvas.ties.values())
    assert len(ties) == 2
    pills = [tie.pill() for tie in ties]
    assert not pills[0].intersects(pills[1])
    for pill in pills:
        assert not any(pill.intersects(item.body().translated(item.pos())) for item in view.canvas.nodes.values())
        assert not any(pill.intersects(label_room(wire)) for wire in view.canvas.wires.values())
