"""Any order of everything is safe: no exception, no Qt warning, a whole document, and undo leads back to the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from playground.ui.canvas.starters import STARTERS
from playground.ui.collecting import Collector
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from tests.ui.monkey import Monkey, check, leave, play

pytestmark = pytest.mark.qt_log_ignore(
    "This plugin does not support", extend=True
)  # the offscreen platform says so of many things

#: What trains, and what puts another project or file in the place of the one that undo should lead back to.
RUNNING = {"train", "step", "step_epoch", "reset", "stop", "find_rate"}


def everything(
    window: MainWindow, seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, qtlog: Any, count: int
) -> None:
    collector = Collector(window)  # as in the program
    with qtbot.captureExceptions() as faults:
        monkey = Monkey(window, seed, folder, monkeypatch)
        window.session.do(STARTERS[seed % len(STARTERS)].edit())
        play(monkey, count, faults, qtlog)
        leave(window)
        window.session.stop()
        while window.session.history.can_undo:
            window.session.undo()
        check(window)
        assert not faults, faults[0]
    collector.stop()


@pytest.mark.parametrize("seed", range(2))
def test_everything_in_any_order(
    window: MainWindow, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, qtlog: Any
) -> None:
    everything(window, seed, tmp_path, monkeypatch, qtbot, qtlog, 150)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 120))
def test_ten_thousand_acts(
    window: MainWindow, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, qtlog: Any
) -> None:
    """10,000 acts as `monkey.Monkey` and its two other parts know them: real events of mouse, wheel and keys, and triggered actions.

    After each: no exception in any slot and no warning of Qt. After every fifth, once all that was posted is delivered: the document is
    whole, the canvas shows it and nothing else, undo, title and availability say what is so (`monkey.check`). After every fiftieth the
    whole window is painted. At the end undo leads to the first state, and no window, thread, process or file is left.

    The acts are drawn from the seed, but what they meet depends on how far a run has come; MONKEY_TRAIL=FILE keeps what was done.
    """
    everything(window, seed, tmp_path, monkeypatch, qtbot, qtlog, 10_000)


@pytest.mark.parametrize("seed", range(2))
def test_edits_are_all_undone(
    window: MainWindow, session: Session, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, qtlog: Any
) -> None:
    """Without runs and other projects, the way back ends where it began."""
    session.do(STARTERS[seed + 2].edit())
    before, first = session.project, session.history
    first._done.clear()  # what is undone is what was done from here on
    with qtbot.captureExceptions() as faults:
        monkey = Monkey(window, 50 + seed, tmp_path, monkeypatch, RUNNING | {"new", "open", "start", "save", "save_as"})
        monkey.acts = [act for act in monkey.acts if act.__name__ not in ("open", "starter", "button")]
        play(monkey, 100, faults, qtlog)
        leave(window)
    assert session.history is first
    while first._done:
        session.undo()
    assert session.project == before
    check(window)
