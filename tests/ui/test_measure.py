"""The window's figures: every measurement runs on a small case and says that it measured what it should. No time is judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from playground.cli.bench.figures import Figure
from playground.ui import theme, turns
from playground.ui.measure import delay, drawing, start, tiles, watched
from playground.ui.measure.__main__ import FIGURES, measurements
from playground.ui.measure.stage import own_home, stage, workload_project


@pytest.fixture
def home(app: QApplication) -> Iterator[Path]:
    with own_home() as folder:
        yield folder
    theme.apply(app, "light")


def sound(figures: list[Figure], id: str) -> None:
    """Each is valid, has a number and a target."""
    assert figures
    for one in figures:
        assert one.id == id
        assert one.valid is not False, one.note
        assert np.isfinite(one.value)
        assert one.limit
        assert one.reached is not None


def test_a_start_is_timed_until_the_window_is_painted_and_idle(home: Path) -> None:
    found = start.first_use(None)
    assert 0 < found["painted"] <= found["idle"]


def test_all_docks_are_in_view_at_once(home: Path) -> None:
    with stage() as made:
        made.open(workload_project("W2", home, 256, 10))
        made.open_all_docks()
        assert len(made.window.layouts.docks) > 8
        assert made.hidden_docks() == []


def test_delays_while_training(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "CROWDED_SHARE", turns.FREE_SHARE)  # with all docks open a second is short for the usual share
    sound(list(delay.event_loop_delay(home, 1.0, 256, "W2")), "P4")


def test_a_busy_event_loop_is_seen_in_full() -> None:
    """Ten beats on time, then 52 ms without any: those that fell due meanwhile count too."""
    times = np.append(np.arange(11) * 5e-3, 0.05 + 0.052)
    found = delay.delays(times)
    np.testing.assert_allclose(sorted(found[-10:]), np.arange(2.0, 48.0, 5.0), atol=1e-6)
    assert found.max() == pytest.approx(47.0)
    assert np.count_nonzero(found < 1e-6) == 10


def test_a_watched_run_ends_in_the_same_state(home: Path) -> None:
    sound([watched.slowed(home, "W2", seconds=0.3, rounds=2, rows=256)], "P5")


def test_long_curves(home: Path) -> None:
    sound(list(drawing.redraws(home, points=5_000, frames=5)), "P6")


def test_a_large_canvas(home: Path) -> None:
    sound(list(drawing.large_canvas(home, nodes=40, wires=46, frames=5)), "P7")


def test_the_crowd_is_as_large_as_it_says() -> None:
    network = drawing.crowd(500, 600).network
    assert (len(network.nodes), len(network.links)) == (500, 600)


def test_every_figure_of_the_window_is_offered() -> None:
    assert tuple(measurements()) == FIGURES


def test_the_program_prints_one_json_object_a_line(tmp_path: Path) -> None:
    code = (
        "from playground.ui.measure import __main__ as program, drawing\n"
        "drawing.redraws.__defaults__ = (2_000, 5)\n"
        "raise SystemExit(program.main(['P6', '--json']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False,
        env={**os.environ, "PLAYGROUND_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in lines] == ["P6", "P6"]
    assert all(set(line) == {"id", "title", "value", "target", "unit", "reached", "valid", "note"} for line in lines)


def test_responses_reach_the_screen_while_training(home: Path) -> None:
    sound(list(tiles.frames_a_second(home, nodes=6, seconds=0.5)), "L12")
