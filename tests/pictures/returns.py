"""What comes of going back, of damaged and foreign files, and of looking closely: forks and their strip, steps, notices, focus, docks."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from playground.document.edits import SetPlan
from playground.document.file import save
from playground.ui.compare.choice import choice_of
from playground.ui.measure.stage import Stage, spin, until
from playground.ui.steering.travel import travels_of
from tests.pictures.leading import choose, example, train_to, view, whole_run


def trained(on: Stage, name: str, step: int) -> None:
    """An example on its way, at that step or a little later."""
    example(on, name, "train")
    train_to(on, step)


def turn(on: Stage, path: str, value: float, until_step: int) -> None:
    """Change a number of the plan while the run goes on, and wait for a step of it."""
    on.session.do(SetPlan("training", path, value), whole=True)
    until(lambda: on.session.client.step >= until_step, f"step {until_step}")


def pause(on: Stage) -> None:
    on.session.pause()
    until(lambda: on.session.client.state == "paused", "the pause")


def fork(on: Stage, step: int) -> None:
    """Stand at a step of a paused run, as a branch."""
    count = len(on.session.client.branches)
    travels = travels_of(on.session)
    travels.pick(step)
    travels.fork()
    until(lambda: len(on.session.client.branches) > count and on.session.client.state == "paused", "the fork")


@view
def forked_often(on: Stage) -> None:
    """Many changes while it trained, and two forks: more flags than there is room for."""
    trained(on, "spiral_mlp", 150)
    for k, rate in enumerate((0.03, 0.02, 0.05, 0.01, 0.004)):
        turn(on, "optimizer.rate", rate, 200 + 50 * k)
    turn(on, "clip", 1.0, 450)
    turn(on, "optimizer.decay", 1e-4, 500)
    pause(on)
    fork(on, 330)
    on.session.resume()
    until(lambda: on.session.client.step >= 420, "step 420")
    turn(on, "optimizer.rate", 0.03, 700)
    pause(on)
    fork(on, 560)
    on.session.resume()
    turn(on, "optimizer.rate", 0.002, 800)
    pause(on)


@view
def picked(on: Stage) -> None:
    """A step of the curve was clicked: the buttons below lead there."""
    trained(on, "spiral_mlp", 500)
    pause(on)
    travels_of(on.session).pick(300)


@view
def compare_forks(on: Stage) -> None:
    """A run, two forks of it and one of those, over each other."""
    example(on, "spiral_mlp", "train")
    on.session.do(SetPlan("training", "epochs", 40))
    train_to(on, 400)
    for step, rate in ((250, 0.03), (350, 0.004)):
        pause(on)
        fork(on, step)
        on.session.resume()
        turn(on, "optimizer.rate", rate, 460)
    on.session.run.set_speed(0)
    until(lambda: on.session.run.state == "finished", "the end of the run")
    on.window.show_layout("compare")
    choice = choice_of(on.session)
    choice.refresh()
    for run in choice.runs[:4]:
        choice.draw(run.folder, True)
    choice.compare([run.folder for run in choice.runs[:2]])


def phases(on: Stage, count: int) -> None:
    """So many phases of a step, one by one."""
    slow = on.window.canvas.feed.slow
    for _ in range(count):
        before = slow.now
        slow.step()
        until(lambda before=before: slow.now is not None and slow.now is not before, "a phase")  # type: ignore[misc]


def stepped(on: Stage, count: int) -> None:
    trained(on, "spiral_mlp", 200)
    pause(on)
    phases(on, count)


@view
def phase_forward(on: Stage) -> None:
    stepped(on, 4)


@view
def phase_backward(on: Stage) -> None:
    stepped(on, 9)


@view
def phase_update(on: Stage) -> None:
    stepped(on, 15)


def show_steps(on: Stage) -> None:
    on.window.show_panel("steps")
    spin(0.5)


@view
def steps_lstm(on: Stage) -> None:
    trained(on, "adding_lstm", 60)
    choose(on, next(node.name for node in on.session.project.network.nodes if "lstm" in node.name))
    show_steps(on)


@view
def steps_attention(on: Stage) -> None:
    trained(on, "adding_attention", 60)
    show_steps(on)


@view
def steps_none(on: Stage) -> None:
    example(on, "spiral_mlp", "train")
    on.window.show_panel("steps")


@view
def arithmetic(on: Stage) -> None:
    example(on, "digits_cnn", "train")
    whole_run(on)
    choose(on, "conv2")
    on.window.show_panel("arithmetic")


def at_home(name: str) -> Path:
    return Path(os.environ["PLAYGROUND_HOME"]) / name


@view
def salvaged(on: Stage) -> None:
    """A project file that was cut short."""
    example(on, "digits_cnn", "build")
    path = at_home("thesis.play")
    save(on.session.project, path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 300])
    on.window.documents.open(path)
    until(lambda: on.session.samples is not None and not on.session.loading, "the data")


@view
def weights_offered(on: Stage) -> None:
    """A file of weights was dropped on the window."""
    example(on, "digits_cnn", "build")
    path = at_home("digits-best.safetensors")
    path.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    on.window.documents.take([path])


@view
def focused(on: Stage) -> None:
    """Where Tab stands after some presses."""
    example(on, "spiral_mlp", "train")
    on.window.activateWindow()
    on.window.canvas.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(on.window.canvas, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    for _ in range(3):
        QTest.keyClick(QApplication.focusWidget() or on.window, Qt.Key.Key_Tab)


@view
def torn(on: Stage) -> None:
    """Docks that stand alone."""
    trained(on, "spiral_mlp", 200)
    for id in ("gradients", "knobs"):
        dock = on.window.layouts.docks[id]
        dock.setFloating(True)


@view
def outline(on: Stage) -> None:
    example(on, "digits_resnet", "build")
    on.window.show_panel("outline")
    choose(on, on.session.project.network.nodes[4].name)


def search_quick_add(on: Stage, text: str) -> None:
    example(on, "digits_cnn", "build")
    canvas = on.window.canvas
    canvas.open_quick_add()
    QTest.keyClicks(canvas.quick.field, text)


@view
def quick_filtered(on: Stage) -> None:
    search_quick_add(on, "norm")


@view
def quick_nothing(on: Stage) -> None:
    search_quick_add(on, "qqzz")


@view
def journal_panel(on: Stage) -> None:
    forked_often(on)
    on.window.show_layout("build")
    on.window.show_panel("journal")
