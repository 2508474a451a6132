"""Freezing and thawing a layer while it trains: a change of the run's plan, which is one line of the journal and can be gone back over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.document.edits import AddGroup, AddNode, Edit, PutInGroup, SetGroup, SetNodeOption, SetPlan
from playground.document.patch import differences
from playground.document.project import Project
from playground.training.checkpoints import memory_of
from playground.training.journal import Entry
from playground.training.kept_layers import Looks, read
from playground.training.messages import Finished, Replanned, Started
from playground.training.messages.travel import Travelled
from playground.training.replay import Player
from playground.training.runs import kept
from playground.ui.canvas.view import CanvasView
from playground.ui.inspector.following import follow_knobs
from playground.ui.panels.gradients import gradients
from playground.ui.panels.journal_entries import journal_of
from playground.ui.session import Session
from playground.ui.steering.travel import travels_of

from .networks import epoch, moons, node, ready, steps, train, until

#: Everything that once told a layer with the factor 0 from one that the plan froze.
PLAN = {"clip": 0.05, "optimizer": ("optimizer", "adam", {"rate": 0.02}), "penalty": ("penalty", "max_norm", {"limit": 0.5})}


@pytest.fixture
def paused(session: Session, qtbot: QtBot) -> Session:
    """A run that has done three steps and waits; a group of the first layer, which is not frozen."""
    plan = {name: find(*value[:2])(**value[2]) if isinstance(value, tuple) else value for name, value in PLAN.items()}
    made = AddGroup("stem", "first 1", id="g").apply(moons(epochs=500, **plan))
    ready(session, made, qtbot)
    follow_knobs(session), journal_of(session), travels_of(session)
    steps(session, qtbot, 3)
    return session


def first_layer(session: Session) -> dict[str, np.ndarray]:
    """Weights of the first layer, and what the optimizer remembers of them."""
    state = session.client.optimizer_state()
    assert state is not None
    found = dict(session.run.weights()) | dict(state.slots)
    return {name: value.copy() for name, value in found.items() if name.startswith("dense1")}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def kinds(session: Session) -> list[str]:
    return [entry.kind for entry in session.client.journal()]


def written(shelf: Path) -> int | None:
    """The step of the one checkpoint that is kept."""
    return next(((memory_of(path) or {}).get("last_step") for path in shelf.glob("*/last.safetensors")), None)


def planned(serial: int, step: int, before: Project, after: Project) -> Entry:
    """What a journal says of another plan, made without the window."""
    found = differences(before, after)
    values = ({one.path: one.before for one in found}, {one.path: one.after for one in found})
    return Entry(serial=serial, step=step, kind="plan", what="", before=values[0], after=values[1], note="")


@pytest.mark.parametrize("by", ["layer", "group"])
def test_it_is_as_the_flag_in_the_plan_from_the_next_step_on(paused: Session, qtbot: QtBot, by: str) -> None:
    def edit(on: bool) -> Edit:
        return SetGroup("g", "frozen", on) if by == "group" else SetNodeOption(node(paused, "dense1").id, "frozen", on)

    trained, still = paused.project, first_layer(paused)
    paused.do(edit(True))
    frozen = paused.project
    steps(paused, qtbot, 4)
    assert same(first_layer(paused), still), "neither max norm nor the memory of the optimizer moves"
    assert kinds(paused) == ["start", "plan"]
    assert "dense1:rate_factor" not in paused.client.knobs
    line = journal_of(paused).entries[-1]
    assert line.text == f"{'stem' if by == 'group' else 'dense1'}: frozen. dense1: frozen from here on."
    paused.do(edit(False))
    steps(paused, qtbot, 3)
    assert not same(first_layer(paused), still)
    assert kinds(paused) == ["start", "plan", "plan"]
    assert paused.client.knobs["dense1:rate_factor"] == 1.0
    end = until(paused, qtbot, Finished, paused.stop)
    assert paused.run_root is not None
    reference = [planned(2, 3, trained, frozen), planned(3, 7, frozen, trained), paused.client.journal()[-1]]
    for entries in (paused.client.journal(), reference):
        player = Player(*paused.run_root, entries)
        for _ in player.bursts():
            pass
        assert player.trainer.machine.state_sha256() == end.state_sha256


@pytest.mark.parametrize("by", ["layer", "group"])
def test_health_canvas_and_the_kept_run_say_that_it_is_frozen(paused: Session, qtbot: QtBot, by: str) -> None:
    panel, view = gradients(paused), CanvasView(paused)
    for widget in (panel, view):
        qtbot.addWidget(widget)
        widget.show()
    paused.do(SetGroup("g", "frozen", True) if by == "group" else SetNodeOption(node(paused, "dense1").id, "frozen", True))
    steps(paused, qtbot, 4)
    panel.feed()
    assert panel.table is not None
    assert [row.layer for row in panel.table.rows if row.state == "Frozen"] == ["dense1"]
    item = view.canvas.nodes[node(paused, "dense1").id]
    qtbot.waitUntil(lambda: item.fares == "Frozen", timeout=10_000)
    assert view.canvas.nodes[node(paused, "dense2").id].fares != "Frozen"
    end = until(paused, qtbot, Finished, paused.stop)
    assert end.last_step == 7
    (run,) = kept(paused.shelf)
    norms = Looks(read(run.folder), run.ended).layer_norms()
    assert norms is not None
    assert norms.frozen == {"dense1"}


def test_the_run_does_not_wait_for_it_and_undo_and_the_journal_take_it_back(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=100_000), qtbot)
    follow_knobs(session), journal_of(session)
    train(session, qtbot, "running")
    states: list[str] = []
    session.heard.connect(lambda event: states.append(session.client.state))
    layer = node(session, "dense1").id
    session.do(SetNodeOption(layer, "rate_factor", 0.5))
    qtbot.waitUntil(lambda: session.client.knobs["dense1:rate_factor"] == 0.5, timeout=15_000)
    for back in (session.undo, lambda: journal_of(session).take_back(0)):
        until(session, qtbot, Replanned, lambda: session.do(SetNodeOption(layer, "frozen", True)))
        assert journal_of(session).entries[-1].text.startswith("dense1: frozen")
        until(session, qtbot, Replanned, back)
        assert journal_of(session).entries[-1].text.startswith("dense1: trained again")
        assert not node(session, "dense1").frozen
        assert node(session, "dense1").rate_factor == 0.5, "a number that was turned before is a line of its own"
        assert session.client.knobs["dense1:rate_factor"] == 0.5
    assert kinds(session) == ["start", "knob", "plan", "plan", "plan", "plan"]
    assert set(states) == {"running"}


def test_every_layer_may_be_frozen_also_beside_layers_that_the_run_does_not_have(paused: Session, qtbot: QtBot) -> None:
    steps(paused, qtbot, 2)
    paused.do(AddNode(find("layer", "relu")()))
    new = paused.project.network.nodes[-1].id
    paused.do(PutInGroup((new,), "g"))
    still = paused.run.weights()
    for name in ("dense1", "dense2"):
        until(paused, qtbot, Replanned, lambda name=name: paused.do(SetNodeOption(node(paused, name).id, "frozen", True)))
    steps(paused, qtbot, 2)
    assert same(dict(paused.run.weights()), dict(still))
    until(paused, qtbot, Travelled, lambda: travels_of(paused).rewind(4))
    assert not any(found.frozen for found in paused.project.network.nodes)
    assert paused.project.network.nodes[-1].id == new
    steps(paused, qtbot, 2)
    assert kinds(paused) == ["start", "plan", "plan", "rewind"]
    assert not same(dict(paused.run.weights()), dict(still))


@pytest.mark.parametrize("which", ["last", "before it was frozen"])
def test_a_run_goes_on_from_a_checkpoint_of_it(session: Session, qtbot: QtBot, which: str) -> None:
    told: list[tuple[str, str]] = []
    session.message.connect(lambda text, level: told.append((text, level)))
    ready(session, moons(epochs=500, clip=0.05), qtbot)
    follow_knobs(session), journal_of(session)
    epoch(session, qtbot)
    layer = node(session, "dense1").id
    if which == "last":
        until(session, qtbot, Replanned, lambda: session.do(SetNodeOption(layer, "frozen", True)))
        epoch(session, qtbot)
    step = session.client.step
    until(session, qtbot, Finished, session.stop)
    qtbot.waitUntil(lambda: written(session.shelf) == step, timeout=15_000)
    (path,) = session.shelf.glob("*/last.safetensors")
    if which != "last":
        session.do(SetNodeOption(layer, "frozen", True))
    weights = first_layer(session)
    started = until(session, qtbot, Started, lambda: session.resume_from(path))
    assert started.step == step
    qtbot.waitUntil(lambda: session.client.step > step + 5, timeout=15_000)
    session.pause()
    qtbot.waitUntil(lambda: session.client.state == "paused", timeout=15_000)
    assert same(first_layer(session), weights)
    assert [text for text, level in told if level == "error"] == []


def test_the_way_back_is_to_the_settings_of_then(paused: Session, qtbot: QtBot) -> None:
    layer = node(paused, "dense1").id
    paused.do(SetNodeOption(layer, "rate_factor", 0.0))
    steps(paused, qtbot, 2)
    slow = paused.project
    paused.do(SetNodeOption(layer, "frozen", True))
    steps(paused, qtbot, 2)
    frozen, still = paused.project, first_layer(paused)
    until(paused, qtbot, Replanned, lambda: paused.do(SetPlan("training", "batch", 5)))
    steps(paused, qtbot, 2)
    until(paused, qtbot, Travelled, lambda: travels_of(paused).fork(7))
    assert not differences(paused.project, frozen)
    assert same(first_layer(paused), still)
    until(paused, qtbot, Travelled, lambda: travels_of(paused).rewind(5))
    assert not differences(paused.project, slow), "a factor of 0 is no frozen layer"
    steps(paused, qtbot, 1)
    assert not same(first_layer(paused), still)
