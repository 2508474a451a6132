"""Small projects for the window's tests, made of edits as a person would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.document.edits import AddLink, AddNode, SetPlan
from playground.document.file import Loaded
from playground.document.project import Node, Project
from playground.training.messages import Finished, Paused
from playground.ui.session import Session

from .conftest import settle

E = TypeVar("E")


def chain(*parts: tuple[str, str, dict[str, Any]], **training: Any) -> Project:
    """Nodes in a row, each wired to the next. parts: (kind, id, settings); training: settings of the training plan."""
    project, last = Project(), ""
    for at, (kind, id, settings) in enumerate(parts):
        edit = AddNode(find(kind, id)(**settings), position=(160.0 * at, 40.0))
        project = edit.apply(project)
        project = AddLink(last, edit.id).apply(project) if last else project
        last = edit.id
    for name, value in training.items():
        project = SetPlan("training", name.replace("__", "."), value).apply(project)
    return project


def moons(**training: Any) -> Project:
    """Two inputs, two classes, a dropout whose rate is live."""
    return chain(
        ("dataset", "moons", {}),
        ("layer", "dense", {"units": 8}),
        ("layer", "tanh", {}),
        ("layer", "dropout", {"rate": 0.1}),
        ("layer", "dense", {"units": 1}),
        ("loss", "binary_cross_entropy", {}),
        **training,
    )


def node(session: Session, name: str) -> Node:
    """A node by its name."""
    return next(found for found in session.project.network.nodes if found.name == name)


def ready(session: Session, project: Project, qtbot: QtBot) -> None:
    """Make it the session's project and wait for its data."""
    session.restore(Loaded(project))
    qtbot.waitUntil(lambda: session.samples is not None and session.ready, timeout=30_000)


def train(session: Session, qtbot: QtBot, state: str = "finished") -> None:
    """Train until the run has this state."""
    session.train()
    qtbot.waitUntil(lambda: session.client.state in (state, "failed", "dead"), timeout=90_000)
    assert session.client.state == state, session.client.text


def epoch(session: Session, qtbot: QtBot) -> None:
    """Train to the end of an epoch. What is heard tells of it: a run waits before its first step too, and the step is
    read from shared memory ahead of all messages."""
    anew = session.run.state in ("idle", "finished", "failed") and not session.client.at_fault
    reached = 0 if anew or not session.client.epochs else session.client.epochs[-1].epoch

    def over(event: object) -> bool:
        return isinstance(event, Finished) or (isinstance(event, Paused) and event.epoch > reached)

    with qtbot.waitSignal(session.heard, timeout=90_000, check_params_cb=over):
        session.step_epoch()


def until(session: Session, qtbot: QtBot, kind: type[E], act: Callable[[], object]) -> E:
    """Do something, and wait for an event of a kind; gives the first one."""
    heard: list[object] = []
    session.heard.connect(heard.append)
    act()
    qtbot.waitUntil(lambda: any(isinstance(event, kind) for event in heard), timeout=30_000)
    session.heard.disconnect(heard.append)
    settle()
    return next(event for event in heard if isinstance(event, kind))


def steps(session: Session, qtbot: QtBot, count: int) -> int:
    """Train so many batches, each by itself; gives the step where the run waits then."""
    for _ in range(count):
        here = session.client.step
        session.step_batch()
        qtbot.waitUntil(lambda here=here: session.client.step == here + 1 and session.client.state == "paused", timeout=30_000)
    settle()
    return session.client.step
