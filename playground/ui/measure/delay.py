"""P4: how long an event waits in the window while a large network trains and every dock is open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from playground.cli.bench.figures import Figure
from playground.ui.measure.drawing import Painted
from playground.ui.measure.stage import Stage, platform, spin, stage, workload_project
from playground.ui.plots.curves import LossPlot
from playground.ui.plots.strips import StripsPlot

BEAT_MS = 5.0
#: Panels whose redraws are counted beside those of the canvas, one that draws often and one that seldom does: their plots.
DRAWN: dict[str, type[QWidget]] = {"loss": LossPlot, "histograms": StripsPlot}
TARGET_P99, TARGET_MAX = 16.0, 100.0


class Heartbeat(QObject):
    """A 5 ms timer that notes when it fires. share: of a core, that the window's thread used meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []
        self.share = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(BEAT_MS))
        self._timer.timeout.connect(lambda: self.times.append(time.perf_counter()))

    def over(self, seconds: float) -> np.ndarray:
        """Delays in ms of the beats of so many seconds."""
        self.times.clear()
        spent = time.thread_time()
        self._timer.start()
        spin(seconds)
        self._timer.stop()
        self.share = (time.thread_time() - spent) / seconds
        return delays(np.array(self.times))


def delays(times: np.ndarray) -> np.ndarray:
    """How late each beat was, in ms, those included that Qt left out because the one before was still late.

    While the event loop is busy for 50 ms, ten beats fall due and one comes: counting that one alone would hide nine events that
    waited. Shapes: (n,) seconds -> (m,).
    """
    gaps = np.diff(times) * 1e3
    late = [np.arange(gap - BEAT_MS, 0.0, -BEAT_MS) if gap > BEAT_MS else np.zeros(1) for gap in gaps]
    return np.concatenate([np.zeros(0), *late])


def redrawn(made: Stage, seconds: float) -> dict[str, float]:
    """How often a second the canvas and some panels are drawn, while nothing beats: two hundred beats a second take 2 % of a core, which
    with a run that wants all of them is a third of what live drawing may take.
    """
    docks, feed = made.window.layouts.docks, made.window.canvas.feed
    painted = {id: Painted(docks[id].make().findChildren(kind)[0]) for id, kind in DRAWN.items()}
    before = feed.drawn
    spin(seconds)
    counts = {"canvas": feed.drawn - before} | {id: one.count for id, one in painted.items()}
    return {id: count / seconds for id, count in counts.items()}


def event_loop_delay(folder: Path, seconds: float = 20.0, rows: int = 2048, id: str = "W5") -> Iterator[Figure]:
    """The delays with all docks in view; beside them those with the window hidden, which the machine alone causes."""
    with stage() as made:
        made.open(workload_project(id, folder, rows, 100_000))
        made.open_all_docks()
        heart = Heartbeat()
        made.start()
        spin(min(2.0, seconds))
        step = made.session.client.step
        found = heart.over(seconds)
        done = made.session.client.step - step
        counts = redrawn(made, seconds / 2)
        hidden = made.hidden_docks()
        valid = made.session.run.state == "running" and done > 0 and not hidden and any(counts.values())
        share = heart.share
        made.window.hide()
        alone = heart.over(seconds / 3)
        made.window.show()
        made.session.stop()
        redraws = ", ".join(f"{id} {count:.1f}" for id, count in counts.items())
        shown = f"{done / seconds:,.1f} steps/s, {share:.0%} of a core, {platform()}; drawn a second without beats: {redraws}"
        note = (
            f"p50 {np.percentile(found, 50):.1f} ms, over {seconds:g} s, {shown}; "
            f"window hidden: p99 {np.percentile(alone, 99):.1f} ms, max {alone.max(initial=0.0):.1f} ms"
            + (f"; out of view: {', '.join(hidden)}" if hidden else "")
        )
        made.check()
    yield Figure("P4", f"event delay while {id} trains, p99", float(np.percentile(found, 99)), TARGET_P99, "ms", note, valid)
    yield Figure("P4", f"event delay while {id} trains, max", float(found.max(initial=0.0)), TARGET_MAX, "ms", note, valid)
