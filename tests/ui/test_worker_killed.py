"""Training dies under the window: the window lives, says why at once, keeps curve and weights, and goes on to the same bits."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from playground.training import messages
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from tests.ui.networks import moons, ready


def finished(session: Session, qtbot: QtBot, act: Callable[[], None]) -> messages.Finished:
    """What the run says at its end, after something was asked of it."""
    heard: list[messages.Finished] = []

    def hear(event: object) -> None:
        if isinstance(event, messages.Finished):
            heard.append(event)

    session.heard.connect(hear)
    act()
    qtbot.waitUntil(lambda: bool(heard) or session.run.state == "failed", timeout=120_000)
    session.heard.disconnect(hear)
    assert heard, session.client.text
    return heard[0]


def kill(session: Session) -> None:
    pid = session.client.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("at", [0.05, 0.6])
def test_a_killed_worker_costs_nothing(window: MainWindow, session: Session, qtbot: QtBot, at: float) -> None:
    ready(session, moons(epochs=2500, batch=16), qtbot)
    window.show_layout("train")
    whole = finished(session, qtbot, session.train)
    assert session.client.started is not None
    total = session.client.started.total_steps
    session.train()
    qtbot.waitUntil(lambda: session.run.state == "running" and session.client.step > at * total, timeout=60_000)
    steps, losses = session.client.history().steps.copy(), session.client.history().loss.copy()
    told: list[tuple[str, str, float]] = []
    session.message.connect(lambda text, level: told.append((text, level, time.monotonic())))
    begun = time.monotonic()
    kill(session)
    qtbot.waitUntil(lambda: bool(told), timeout=5_000)
    text, level, when = told[0]
    assert when - begun < 0.5
    assert level == "error"
    assert session.run.state == "dead"
    assert text.endswith("are kept; Resume goes on from there.")
    assert window.notices.isVisible()
    assert window.notices.text == text
    assert window.status.left()[0].text == text
    assert window.tools.train.text() == "Resume"
    after = session.client.history()
    assert after.steps[: len(steps)].tolist() == steps.tolist()
    np.testing.assert_array_equal(after.loss[: len(losses)], losses)
    weights = session.run.weights()
    assert weights
    assert all(np.isfinite(value).all() for value in weights.values())
    again = finished(session, qtbot, window.toggle_training)
    assert again.state_sha256 == whole.state_sha256
    assert session.client.history().steps.tolist() == list(range(1, total + 1))


def test_what_a_dead_run_left_can_be_saved(window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    from playground.document.file import load

    ready(session, moons(epochs=100_000), qtbot)
    session.train()
    qtbot.waitUntil(lambda: session.client.step > 200 and bool(session.run.weights()), timeout=120_000)
    kill(session)
    qtbot.waitUntil(lambda: session.run.state == "dead", timeout=5_000)
    assert session.modified
    assert session.save(tmp_path / "left.play")
    assert not session.modified
    kept, held = load(tmp_path / "left.play").weights, session.run.weights()
    assert kept is not None
    assert held is not None
    assert kept.keys() == held.keys()
    for name, value in held.items():
        np.testing.assert_array_equal(kept[name], value)


def test_edits_go_on_beside_a_dead_run(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=100_000), qtbot)
    session.train()
    qtbot.waitUntil(lambda: session.client.step > 20, timeout=120_000)
    kill(session)
    qtbot.waitUntil(lambda: session.run.state == "dead", timeout=5_000)
    for id in ("tidy", "select_all", "duplicate", "undo"):
        window.actions_made[id].trigger()
    window.actions_made["reset"].trigger()
    qtbot.waitUntil(lambda: session.run.state == "paused" and session.client.step == 0, timeout=30_000)
