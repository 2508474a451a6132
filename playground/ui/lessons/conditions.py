"""When a step of a lesson is done: functions of the session, by the first word of `Step.until`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from playground.document.problems import participants

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

#: So many newest steps are one loss.
RECENT = 20


@dataclasses.dataclass
class Since:
    """What was when the step began. run: number of the run.  highest: the furthest that the run has been since."""

    run: int
    highest: int


Condition = Callable[["MainWindow", Since, list[str]], bool]
CONDITIONS: dict[str, Condition] = {}


def condition(function: Condition) -> Condition:
    """Register a function under its name."""
    CONDITIONS[function.__name__] = function
    return function


def met(window: MainWindow, since: Since, until: str) -> bool:
    """Whether a step is done; one without a condition waits for Next. Raises KeyError for an unknown word."""
    word, *arguments = until.split()
    step = window.session.client.step
    done = CONDITIONS[word](window, since, arguments)
    since.highest = max(since.highest, step)
    return done


def _compared(value: float, arguments: list[str]) -> bool:
    """ "above 1" or "below 1"."""
    side, limit = arguments[-2], float(arguments[-1])
    return value > limit if side == "above" else value < limit


@condition
def running(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """The run goes on, or went through since."""
    client = window.session.client
    return window.session.run.state == "running" or (window.session.run.number > since.run and client.step > 0)


@condition
def stopped(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """The run is over or waits."""
    return window.session.run.state in ("finished", "paused", "idle", "failed")


@condition
def stands(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """So many layers of this kind take part: "stands tanh 2"."""
    project = window.session.project
    part = participants(project)
    found = [n for n in project.network.of_kind("layer") if n.id in part and getattr(n.spec, "id", "") == arguments[0]]
    return len(found) >= int(arguments[1])


@condition
def selected(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """The node of this name is selected."""
    names = {node.id: node.name for node in window.session.view.network.nodes}
    return arguments[0] in [names.get(id) for id in window.session.selection]


@condition
def step(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """So many steps are done."""
    return window.session.client.step >= int(arguments[0])


@condition
def epoch(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """So many epochs of the present run are done."""
    return len(window.session.client.epochs) >= int(arguments[0])


@condition
def loss(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """The mean of the newest losses is above or below a number; what is not finite is above."""
    newest = window.session.client.history().loss[-RECENT:]
    if len(newest) < RECENT:
        return False
    mean = float(newest.mean())
    return _compared(mean if math.isfinite(mean) else math.inf, arguments)


@condition
def metric(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """A metric of the newest epoch is above or below a number."""
    epochs = window.session.client.epochs
    value = epochs[-1].metrics.get(arguments[0]) if epochs else None
    return value is not None and _compared(value, arguments)


@condition
def plan(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """A setting of the training plan, by path, is above or below a number."""
    value: Any = window.session.project.training
    for name in arguments[0].split("."):
        value = getattr(value, name)
    return _compared(float(value), arguments)


@condition
def rewound(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """The run went back to an earlier step of its own."""
    return 0 < window.session.client.step < since.highest


@condition
def panel(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """A panel is in front."""
    dock = window.layouts.docks.get(arguments[0])
    return dock is not None and dock.isVisible() and not dock.visibleRegion().isEmpty()


@condition
def inside(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """A block is open."""
    return bool(window.session.scope.path)


@condition
def outside(window: MainWindow, since: Since, arguments: list[str]) -> bool:
    """No block is open."""
    return not window.session.scope.path
