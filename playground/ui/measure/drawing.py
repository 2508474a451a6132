"""P6 and P7: redrawing long curves, and moving about a large canvas."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from playground.cli.bench.figures import Figure
from playground.core.registry import find
from playground.document.edits import AddLink, AddNode
from playground.document.file import save
from playground.document.project import Project
from playground.training.board import STEP_ROW
from playground.training.history import Growing, history_of
from playground.training.messages import EpochRecord
from playground.ui.measure.stage import Stage, platform, spin, stage
from playground.ui.plots.curves import LossPlot, RatePlot
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series

REDRAW_TARGET = 16.0
FRAME_TARGET = 1000 / 60
POINTS = 1_000_000
COLUMNS, APART = 25, (180.0, 270.0)
ZOOMS = (1.0, 0.5, 0.2, 0.15)
W = TypeVar("W", bound=QWidget)
KINDS = ("points", "line", "line", "smooth")


def redraws(folder: Path, points: int = POINTS, frames: int = 40) -> Iterator[Figure]:
    """Four curves whose data grows with every frame, then the loss panel's plots of a run as long."""
    with stage() as made:
        rng = np.random.default_rng(0)
        x = np.arange(points + frames, dtype=np.int64)
        y = (rng.normal(1.0, 0.2, (len(KINDS), points + frames)) * np.exp(-x / points)).astype(np.float32)
        plot = _shown(made, Plot("Measured"))
        for k, kind in enumerate(KINDS):
            plot.add(Series(str(k), kind, kind, k + 1))

        def grow(n: int) -> None:
            for k in range(len(KINDS)):
                plot.show_data(str(k), x[: points + n], y[k, : points + n])

        times = _frames(frames, grow, plot)
        drawn = min(len(series.shown[0]) for series in plot.series.values())
        note = f"{', '.join(KINDS)}; {_spread(times)}, {platform()}"
        yield Figure(
            "P6", f"redraw 4 curves of {points:,} points", statistics.median(times), REDRAW_TARGET, "ms", note, drawn > 0
        )
        yield _run_figure(made, x, y, points, frames)


def _run_figure(made: Stage, x: np.ndarray, y: np.ndarray, points: int, frames: int) -> Figure:
    loss, rate = _shown(made, LossPlot()), _shown(made, RatePlot())
    rows = np.zeros(len(x), STEP_ROW)
    rows["step"], rows["loss"], rows["rate"] = x + 1, y[0], 1e-3 * np.cos(np.pi / 2 * x / len(x))
    records = [
        EpochRecord(epoch=n, step=n * 100, train_loss=1.0, validation_loss=1.0, metrics={}, rate=1e-3) for n in range(1, 101)
    ]
    steps = Growing(rows[:0], "step")
    steps.add(rows[:points])

    def feed(n: int) -> None:
        steps.add(rows[len(steps) : points + n])
        loss.feed(history_of(steps), records)
        rate.feed(history_of(steps))

    times = _frames(frames, feed, loss, rate)
    valid = len(loss.series["train"].y) == points + frames - 1
    return Figure(
        "P6", f"redraw loss and rate of {points:,} steps", statistics.median(times), REDRAW_TARGET, "ms", _spread(times), valid
    )


def _shown(made: Stage, widget: W) -> W:
    """A widget of its own size on the screen, for as long as the stage stands."""
    widget.setParent(made.window, Qt.WindowType.Window)
    widget.resize(900, 400)
    widget.show()
    spin(0.05)
    return widget


def _frames(count: int, change: Callable[[int], None], *widgets: QWidget) -> list[float]:
    """Milliseconds of a change with the painting that it causes, after three to warm up."""
    found = []
    for n in range(count):
        begun = time.perf_counter()
        change(n)
        for widget in widgets:
            widget.repaint()
        found.append((time.perf_counter() - begun) * 1e3)
    return found[3:]


def _spread(times: Sequence[float]) -> str:
    return f"median {statistics.median(times):.1f} ms, p95 {np.percentile(times, 95):.1f}, max {max(times):.1f} of {len(times)} frames"


def crowd(nodes: int, wires: int) -> Project:
    """A long network in rows, with skip connections: as many nodes, as many wires."""
    skips = wires - (nodes - 1)
    project, made = Project(), [AddNode(find("dataset", "moons")(), position=(0.0, 0.0))]
    adds = {round((n + 1) * (nodes - 4) / (skips + 1)) + 2 for n in range(skips)}
    for n in range(1, nodes - 1):
        last = n == nodes - 2
        kind = "dense" if n == 1 or last else "add" if n in adds else ("dense", "relu", "dense", "tanh", "dropout")[n % 5]
        settings = {"units": 2 if last else 8} if kind == "dense" else {}
        made.append(AddNode(find("layer", kind)(**settings), position=(n % COLUMNS * APART[0], n // COLUMNS * APART[1])))
    made.append(
        AddNode(find("loss", "cross_entropy")(), position=((nodes - 1) % COLUMNS * APART[0], (nodes - 1) // COLUMNS * APART[1]))
    )
    for edit in made:
        project = edit.apply(project)
    for n in range(nodes - 1):
        project = AddLink(made[n].id, made[n + 1].id).apply(project)
    for n in sorted(adds):
        project = AddLink(made[max(1, n - 4)].id, made[n].id).apply(project)
    return project


class Painted(QObject):
    """Counts a widget's paint events."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def wheel(view: QWidget, turn: int, sideways: bool) -> None:
    """A turn of the wheel over the middle of the canvas, as the pointer would send it."""
    at = QPointF(view.rect().center())
    keys = Qt.KeyboardModifier.ShiftModifier if sideways else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        at, QPointF(view.mapToGlobal(at.toPoint())), QPointF(0, 0).toPoint(), QPointF(0, turn).toPoint(), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def large_canvas(folder: Path, nodes: int = 500, wires: int = 600, frames: int = 60) -> Iterator[Figure]:
    """Pan and zoom by the wheel at four scales; a frame is the event with all the painting it causes."""
    path = folder / "crowd.play"
    project = crowd(nodes, wires)
    save(project, path)
    with stage() as made:
        made.open(path)
        made.window.resize(1440, 900)
        canvas = made.window.canvas
        port = canvas.viewport()
        painted = Painted(port)
        counts = (len(canvas.canvas.nodes), len(canvas.canvas.wires))
        worst: dict[str, tuple[float, str]] = {}
        missed = 0
        for zoom in ZOOMS:
            canvas.zoom_about(zoom, QPointF(port.rect().center()))
            canvas.centerOn(canvas.canvas.world().center())
            spin(0.1)
            for what, sideways in (("pan", True), ("zoom", False)):
                times = []
                for n in range(frames):
                    before, begun = painted.count, time.perf_counter()
                    wheel(port, 9 if sideways and n // 10 % 2 else -9 if sideways else 13 if n % 2 else -13, sideways)
                    while painted.count == before and time.perf_counter() - begun < 0.25:
                        QApplication.processEvents()
                    missed += painted.count == before
                    times.append((time.perf_counter() - begun) * 1e3)
                mean = statistics.fmean(times[3:])
                note = f"at {zoom:.0%}: {1000 / mean:.0f} frames/s, {_spread(times[3:])}"
                worst[what] = max(worst.get(what, (0.0, "")), (mean, note))
        made.check()
    valid = counts == (nodes, wires) and not missed
    for what, (mean, note) in worst.items():
        title = f"{what} {nodes} nodes and {wires} wires, a frame at the slowest scale"
        yield Figure("P7", title, mean, FRAME_TARGET, "ms", f"{note}, {platform()}", valid)
