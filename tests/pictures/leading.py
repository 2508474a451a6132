"""How a view leads the window to its state, and the table of views."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize

from playground.ui.bench import bench_of
from playground.ui.measure.stage import Stage, until

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
WIDE, LAPTOP = QSize(1440, 900), QSize(1366, 768)
SLOW = 400.0
PATIENCE = 60.0

VIEWS: dict[str, Callable[[Stage], None]] = {}


def view(take: Callable[[Stage], None]) -> Callable[[Stage], None]:
    """Enter a view under its function's name. The function leads the window to the state."""
    VIEWS[take.__name__] = take
    return take


def example(on: Stage, name: str, layout: str) -> None:
    on.open(EXAMPLES / f"{name}.play")
    on.window.show_layout(layout)
    until(on.window.canvas.shows_all, "the whole network in view")


def choose(on: Stage, name: str) -> None:
    """Select the node of that name."""
    on.session.select([next(node.id for node in on.session.project.network.nodes if node.name == name)])


def train_to(on: Stage, step: int) -> None:
    """Start a run slow enough to be watched, and wait for a step of it."""
    on.session.run.set_speed(SLOW)
    on.start()
    until(lambda: on.session.client.step >= step, f"step {step}")


def whole_run(on: Stage) -> None:
    on.session.run.set_speed(0)
    on.start()
    until(lambda: on.session.run.state == "finished", "the end of the run")


def answered(on: Stage) -> None:
    until(lambda: not bench_of(on.session).busy, "an answer")
