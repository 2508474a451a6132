"""Going back in a run with the mouse and the keys: the curve, the buttons, the banner at a fault."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu, QSpinBox
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.document.edits import SetPlan
from playground.training.messages import Fault
from playground.training.runs import kept
from playground.ui import settings
from playground.ui.actions import train_travel
from playground.ui.canvas.stopped import StoppedBanner
from playground.ui.main_window import MainWindow
from playground.ui.panels.gradients import NormsPanel
from playground.ui.panels.journal_entries import journal_of
from playground.ui.panels.loss import LossPanel
from playground.ui.panels.metrics import MetricsPanel
from playground.ui.panels.stepping import StepPanel
from playground.ui.plots.plot import Plot
from playground.ui.plots.pointing import AIM
from playground.ui.remedies import Remedy
from playground.ui.run_control import checkpoints_every
from playground.ui.session import Session
from playground.ui.steering.travel import travels_of

from .conftest import settle
from .networks import chain, epoch, moons, ready, train

SHOTS = os.environ.get("PLAYGROUND_SHOTS", "")


def at(session: Session, qtbot: QtBot, state: str, step: int | None = None) -> None:
    client = session.client
    qtbot.waitUntil(lambda: client.state == state and step in (None, client.step), timeout=30_000)
    settle()


def went(session: Session, qtbot: QtBot, step: int) -> None:
    """The run stands at a step, and the window knows."""
    qtbot.waitUntil(lambda: journal_of(session).entries[-1].icon in ("fork", "rewind"), timeout=30_000)
    at(session, qtbot, "paused", step)


def shot(window: MainWindow, name: str) -> None:
    if SHOTS:
        window.grab().save(str(Path(SHOTS) / f"{name}.png"))


def loss_panel(window: MainWindow) -> LossPanel:
    window.show_layout("train")
    window.show_panel("loss")
    settle()
    panel = window.findChild(LossPanel)
    assert panel is not None
    return panel


def click_step(panel: LossPanel, step: int, qtbot: QtBot) -> None:
    place = QPointF(panel.plot.px(step), panel.plot.area.center().y()).toPoint()
    qtbot.mouseClick(panel.plot, Qt.MouseButton.LeftButton, pos=place)
    settle()


def paused_run(session: Session, qtbot: QtBot, epochs: int = 60) -> int:
    ready(session, moons(epochs=epochs), qtbot)
    train(session, qtbot)
    at(session, qtbot, "finished")
    return session.client.step


def test_a_click_on_the_curve_picks_a_step_and_the_button_forks_there(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    last = paused_run(session, qtbot)
    panel, travels = loss_panel(window), travels_of(session)
    fork, rewind = window.actions_made["fork"], window.actions_made["rewind"]
    assert not fork.isEnabled()
    click_step(panel, last // 3, qtbot)
    step = travels.picked
    assert step is not None
    assert abs(step - last // 3) <= (AIM + 1) * last / panel.plot.area.width() + 1
    assert fork.isEnabled()
    assert fork.text() == f"Fork at {step:,}"
    assert rewind.text() == f"Rewind to {step:,}"
    assert any(mark.x == step and mark.token == "accent" and mark.text == f"Step {step:,}" for mark in panel.plot.marks)
    history = session.client.history()
    fork.trigger()
    went(session, qtbot, step)
    assert session.client.history().steps[-1] == step
    (branch,) = session.client.branches
    assert branch.history.loss.tolist() == history.loss.tolist()
    assert len(panel.plot.overlays) == 1
    assert any(mark.shape == "fork" and mark.x == step for mark in panel.plot.marks)
    assert journal_of(session).entries[-1].text == f"Forked from step {last:,}"
    assert travels.picked is None
    session.do(SetPlan("training", "optimizer.rate", 0.03), whole=True)
    session.resume()
    at(session, qtbot, "finished")
    shot(window, "forked")


def test_after_a_fork_loss_and_rate_share_their_axis_and_both_show_what_was_left(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    last = paused_run(session, qtbot)
    panel, step = loss_panel(window), last // 5
    travels_of(session).fork(step)
    went(session, qtbot, step)
    for plot in (panel.plot, panel.rate):
        plot.grab()  # the axis is laid out when it is drawn
    assert panel.plot.across.high >= last
    assert (panel.rate.across.low, panel.rate.across.high) == (panel.plot.across.low, panel.plot.across.high)
    (branch,), ((left,),) = session.client.branches, panel.rate.overlays.values()
    assert left.muted
    assert left.y.tolist() == branch.history.rate.tolist()
    assert panel.rate.up.high > float(left.y.max())


def test_two_forks_at_one_step_have_a_line_and_a_name_each_that_of_their_run(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    last = paused_run(session, qtbot)
    panel, step = loss_panel(window), last // 3
    first = session.run_folder
    assert first is not None
    travels_of(session).fork(step)
    went(session, qtbot, step)
    session.resume()
    at(session, qtbot, "finished")
    travels_of(session).fork(step)
    qtbot.waitUntil(lambda: len(session.client.branches) == 2, timeout=30_000)
    at(session, qtbot, "paused", step)
    names = [f"run {int(first.name)}", f"run {int(first.name) + 1}"]
    assert list(panel.plot.overlays) == list(panel.rate.overlays) == names
    said = [series.label for series in panel.legend.series]
    assert [label for label in said if label.endswith(", train")] == [f"{name}, train" for name in names]
    marks = [mark.text for mark in panel.plot.marks if mark.shape == "fork"]
    assert marks == [f"Fork of {name}" for name in names]
    second = next(run for run in kept(session.shelf) if run.number == int(first.name) + 1)
    assert (second.parent, second.fork) == (int(first.name), step)


def test_forks_of_a_run_that_is_kept_nowhere_are_counted(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    shelves = session.shelf.parent
    shelves.parent.mkdir(parents=True, exist_ok=True)
    shelves.write_bytes(b"")  # no folder can be made there
    last = paused_run(session, qtbot)
    panel = loss_panel(window)
    for count in (1, 2):
        travels_of(session).fork(last // 3)
        qtbot.waitUntil(lambda count=count: len(session.client.branches) == count, timeout=30_000)
        at(session, qtbot, "paused", last // 3)
    assert list(panel.plot.overlays) == ["branch 1", "branch 2"]


@pytest.mark.parametrize(("id", "kind"), [("gradients", NormsPanel), ("metrics", MetricsPanel)])
def test_a_click_on_any_plot_over_the_steps_picks_one(
    id: str, kind: type[StepPanel], window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    last = paused_run(session, qtbot)
    travels = travels_of(session)
    window.show_layout("train")
    window.show_panel(id)
    settle()
    panel = window.findChild(kind)
    assert panel is not None
    plot = next(plot for plot in panel.findChildren(Plot) if plot.isVisible() and plot.has_data)
    plot.grab()  # the axis is laid out when it is drawn
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPointF(plot.px(last // 3), plot.area.center().y()).toPoint())
    settle()
    assert travels.picked is not None
    assert abs(travels.picked - last // 3) <= (AIM + 1) * last / plot.area.width() + 1
    assert any(mark.x == travels.picked and mark.token == "accent" for mark in plot.marks)


def test_a_click_means_a_step_that_is_near_and_there_at_once(
    window: MainWindow, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = paused_run(session, qtbot)
    panel, travels = loss_panel(window), travels_of(session)
    kept = session.client.kept_steps()
    assert kept == sorted(kept)
    assert kept[0] == 0
    pixel, asked = last / panel.plot.area.width(), last // 2
    for way, picked in ((1.0, True), (6.0, False)):
        there = round(asked + way * pixel)
        monkeypatch.setattr(session.client, "kept_steps", lambda there=there: [0, there, last])
        click_step(panel, asked, qtbot)
        assert travels.picked is not None
        assert (travels.picked == there) is picked
        assert abs(travels.picked - asked) <= (AIM + 1) * pixel + 1
        travels.pick(None)


def test_menu_and_keys_rewind(window: MainWindow, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    last = paused_run(session, qtbot)
    panel = loss_panel(window)
    place = QPoint(round(panel.plot.px(last // 2)), round(panel.plot.area.center().y()))
    shown: list[list[str]] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: shown.append([action.text() for action in menu.actions()]))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, panel.plot.mapToGlobal(place))
    QApplication.sendEvent(panel.plot, event)
    step = travels_of(session).picked
    assert step is not None
    assert shown == [[f"Fork at {step:,}", f"Rewind to {step:,}"]]
    panel.plot.setFocus()
    panel.plot.show_cursor(float(last // 4))
    qtbot.keyClick(panel.plot, Qt.Key.Key_Comma)
    assert panel.plot.cursor_x is not None
    assert panel.plot.cursor_x < last // 4
    qtbot.keyClick(panel.plot, Qt.Key.Key_Return)
    chosen = travels_of(session).picked
    assert chosen == round(panel.plot.cursor_x)
    window.actions_made["rewind"].trigger()
    went(session, qtbot, chosen)
    assert session.client.branches == ()
    assert journal_of(session).entries[-1].text == f"Rewound from step {last:,}"


def test_the_project_follows_the_knobs_of_the_step(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=400), qtbot)
    before = session.project.training.optimizer.rate
    session.step_epoch()
    qtbot.waitUntil(lambda: session.client.started is not None, timeout=30_000)
    started = session.client.started
    assert started is not None
    step = started.steps_per_epoch
    at(session, qtbot, "paused", step)
    session.do(SetPlan("training", "optimizer.rate", 0.5), whole=True)
    qtbot.waitUntil(lambda: session.client.knobs["rate"] == 0.5, timeout=10_000)
    session.step_batch()
    qtbot.waitUntil(lambda: session.client.step == step + 1, timeout=10_000)
    journal_of(session)
    travels_of(session).rewind(step)
    went(session, qtbot, step)
    assert session.project.training.optimizer.rate == pytest.approx(before)
    session.undo()
    assert session.project.training.optimizer.rate == 0.5
    qtbot.waitUntil(lambda: session.client.knobs["rate"] == 0.5, timeout=10_000)


def stopped(window: MainWindow, session: Session, qtbot: QtBot) -> StoppedBanner:
    """A run that a rate of 100 has driven apart."""
    made = chain(
        ("dataset", "regression_curve", {}), ("layer", "dense", {"units": 8}), ("layer", "relu", {}), ("layer", "dense", {"units": 1}),
        ("loss", "mean_squared_error", {}), epochs=10_000,
    )  # fmt: skip
    ready(session, made, qtbot)
    session.do(SetPlan("training", "optimizer", registry.find("optimizer", "momentum")(rate=0.01)), whole=True)
    for _ in range(5):
        epoch(session, qtbot)
    loss_panel(window)
    session.do(SetPlan("training", "optimizer.rate", 100.0), whole=True)
    session.resume()
    at(session, qtbot, "failed")
    banner = window.findChild(StoppedBanner)
    assert banner is not None
    return banner


def test_the_banner_says_where_it_stopped_and_halving_the_rate_goes_on(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    banner = stopped(window, session, qtbot)
    fault = travels_of(session).fault
    assert isinstance(fault, Fault)
    assert banner.isVisible()
    assert banner.height() == 62
    assert f"step {fault.step + 1:,}" in banner.title
    assert fault.node in banner.text
    assert "batch" in banner.text
    line = journal_of(session).entries[-1]
    assert line.step == fault.step + 1, "the step that could not be done, as in the banner"
    grew = fault.direction == "update" and fault.what not in ("NaN", "infinity")
    assert line.text.startswith(f"Stopped: {fault.node} {'too large' if grew else 'not finite'}. The ")
    assert banner.accessibleName() == banner.title
    assert banner.halve.text() == f"Rewind {min(20, fault.step)}, halve the rate"
    panel = window.findChild(LossPanel)
    assert panel is not None
    (band,) = panel.plot.bands
    assert (band.low, band.high, band.token) == (max(fault.step - 20, 0), fault.step, "error")
    bad = [wire for wire in window.canvas.canvas.wires.values() if wire.state == "spoiled"]
    (table,) = [panel.table for panel in window.findChildren(NormsPanel) if panel.table is not None]
    assert bool(bad) == (fault.direction in ("forward", "backward"))
    assert [row.layer for row in table.rows if row.state.startswith("A weight of " if grew else "First ")] == [fault.node]
    assert fault.node in table.accessibleDescription()
    shot(window, "stopped")
    qtbot.mouseClick(banner.halve, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not banner.isVisible() and session.client.state in ("running", "failed"), timeout=30_000)
    assert session.project.training.optimizer.rate < 100.0
    assert not panel.plot.bands or session.client.state == "failed"


def test_clipping_is_an_edit_and_a_layer_begins_anew(
    window: MainWindow, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    banner = stopped(window, session, qtbot)
    session.do(SetPlan("training", "clip", 0.8))
    settle()
    assert banner.clip.text() == "Clip at 0.4", "what is allowed already is not made more"
    session.undo()
    settle()
    assert banner.clip.text() == "Clip at 1.0"
    qtbot.mouseClick(banner.clip, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.project.training.clip == 1.0, timeout=30_000)
    session.pause()
    qtbot.waitUntil(lambda: session.client.state in ("paused", "failed", "finished"), timeout=30_000)
    menus: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: menus.append(menu))
    banner._choose_layer()
    assert [action.text() for action in menus[0].actions()] == list(travels_of(session).layers())
    menus[0].actions()[0].trigger()
    name = travels_of(session).layers()[0]
    qtbot.waitUntil(lambda: any(name in entry.text for entry in journal_of(session).entries), timeout=30_000)


def test_a_run_goes_on_from_a_checkpoint_and_a_deaf_worker_is_ended(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    last = paused_run(session, qtbot, 3)
    found = sorted(session.shelf.rglob("last.safetensors"))
    assert found
    session.do(SetPlan("training", "epochs", 100_000), whole=True)
    train_travel.resume_from(window, found[-1])
    qtbot.waitUntil(lambda: session.client.step > last, timeout=30_000)
    kill = window.actions_made["kill"]
    assert kill.isEnabled()
    kill.trigger()
    at(session, qtbot, "dead")
    assert not window.actions_made["kill"].isEnabled()
    travels_of(session).rewind(last)
    went(session, qtbot, last)


def test_a_checkpoint_at_the_end_of_the_plan_is_refused_and_more_epochs_are_offered(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    last = paused_run(session, qtbot, 3)
    (path,) = session.shelf.rglob("last.safetensors")
    told, offered = list[str](), list[Remedy]()
    session.message.connect(lambda text, level: told.append(text))
    session.offered.connect(offered.append)
    history = session.client.history()
    train_travel.resume_from(window, path)
    assert told == [
        f"{path} has nothing left to do: 3 epochs are done and 3 are planned. Plan more epochs, or choose an earlier checkpoint."
    ]
    assert session.client.state == "finished", "the run that is there stays"
    assert session.client.history().steps.tolist() == history.steps.tolist()
    ((words, act),) = offered
    assert words == "Train 3 more epochs"
    act()
    assert session.project.training.epochs == 6
    at(session, qtbot, "finished", 2 * last)
    assert [record.epoch for record in session.client.epochs] == [4, 5, 6]


def test_any_number_of_epochs_between_checkpoints_can_be_typed(window: MainWindow) -> None:
    action = window.actions_made["keep_other"]
    assert not action.isChecked()
    action.trigger()
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    field = dialog.findChild(QSpinBox)
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, "25")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    settle()
    assert checkpoints_every() == 25
    assert action.isChecked()
    assert "25" in action.text()
    window.actions_made["keep_10"].trigger()
    assert checkpoints_every() == 10
    assert not action.isChecked()


def test_checkpoints_of_every_so_many_epochs(session: Session, qtbot: QtBot) -> None:
    settings.set_word("checkpoint_every", "2")
    paused_run(session, qtbot, 6)
    names = [path.name for path in sorted(session.shelf.rglob("epoch-*.safetensors"))]
    assert names == ["epoch-00002.safetensors", "epoch-00004.safetensors"]


def test_another_project_has_a_journal_of_its_own(session: Session, qtbot: QtBot) -> None:
    paused_run(session, qtbot)
    journal = journal_of(session)
    assert [text for *_, text in journal.rows()][-1].startswith("Started")
    with qtbot.waitSignal(journal.changed):
        session.new()
    assert journal.rows() == []
    assert journal.marks() == []


def test_what_a_fork_left_behind_is_paler_in_the_journal(session: Session, qtbot: QtBot) -> None:
    last = paused_run(session, qtbot)
    journal, travels = journal_of(session), travels_of(session)
    travels.fork(last // 2)
    went(session, qtbot, last // 2)
    session.do(SetPlan("training", "optimizer.rate", 0.002), whole=True)
    session.resume()
    at(session, qtbot, "finished")

    def colours() -> list[str]:
        return [token for _, _, token, text in journal.rows() if text.startswith("Learning rate")]

    assert colours() == ["text2"]
    travels.fork(last // 3)
    qtbot.waitUntil(lambda: len(session.client.branches) == 2, timeout=30_000)
    at(session, qtbot, "paused", last // 3)
    assert colours() == ["text3"]
    assert journal.rows()[0][2] == "accent"
    assert journal.rows()[-1][2] == "text2", "what lies before the fork is as it was"
