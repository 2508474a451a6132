"""States that are met on the way: what is dragged, asked, empty, spoiled, found again, small, large or very long."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from playground.core import registry
from playground.document.edits import RenameNode, ReplaceSpec, SetHides, SetPlan
from playground.document.file import save
from playground.document.recent import note_recent
from playground.document.recovery import Recovery
from playground.ui.compare.choice import choice_of
from playground.ui.dialogs.example_cards import ExampleCard
from playground.ui.documents import Documents
from playground.ui.hidden import hidden
from playground.ui.kinds import MIME, kinds
from playground.ui.measure.stage import Stage, spin, until
from playground.ui.recent_faces import keep_face
from playground.ui.slow_motion import slow_motion_of
from tests.pictures.leading import PATIENCE, choose, example, train_to, view, whole_run
from tests.ui import synthetic

LONG = "a_name_that_somebody_typed_without_thinking_of_the_room_it_takes"


@view
def spoiled(on: Stage) -> None:
    """A number that is not finite on its way forward: the wires that carried it are red."""
    example(on, "spiral_mlp", "train")
    node = next(node.id for node in on.session.project.network.nodes if node.name == "tanh1")
    on.session.do(ReplaceSpec(node, registry.find("layer", "expression")(function="log(x)")))
    on.session.train()
    until(lambda: on.session.client.state == "failed", "the fault", PATIENCE)


@view
def undefined(on: Stage) -> None:
    """A function that is undefined for half of its inputs, before any run: finite parts on their scale, the rest hatched."""
    example(on, "spiral_mlp", "build")
    node = next(node.id for node in on.session.project.network.nodes if node.name == "tanh1")
    on.session.do(ReplaceSpec(node, registry.find("layer", "expression")(function="log(x)")))


@view
def stepping_into(on: Stage) -> None:
    """A step taken apart: the node at work on the canvas, and the phase in the status line."""
    example(on, "spiral_mlp", "train")
    slow = slow_motion_of(on.session)
    for phase in range(1, 12):
        slow.step()
        until(lambda phase=phase: slow.now is not None and slow.now.done >= phase and on.session.run.state == "paused", "a phase")


@view
def before_run(on: Stage) -> None:
    """Plots of a run that there is not yet."""
    example(on, "spiral_mlp", "train")
    on.window.show_panel("histograms")
    on.window.show_panel("activations")


@view
def compare_empty(on: Stage) -> None:
    example(on, "spiral_mlp", "compare")


@view
def compare_many(on: Stage) -> None:
    """Runs of a class: more than the table shows at once."""
    example(on, "iris", "compare")
    on.session.do(SetPlan("training", "epochs", 1))
    for k in range(14):
        on.session.do(SetPlan("training", "optimizer.rate", 0.001 * (k + 1)))
        whole_run(on)
    choice = choice_of(on.session)
    choice.refresh()
    for run in choice.runs[:8]:
        choice.draw(run.folder, True)


@view
def carried(on: Stage) -> None:
    """A layer over a wire into which it would slide."""
    example(on, "spiral_mlp", "build")
    canvas = on.window.canvas
    begin, end = synthetic.port(canvas, "dense2", "out"), synthetic.port(canvas, "tanh2", "in")
    mime = QMimeData()
    mime.setData(MIME, next(kind for kind in kinds() if kind.spec is registry.find("layer", "dropout")).mime())
    at, none = ((begin + end) / 2).toPoint(), Qt.KeyboardModifier.NoModifier
    for kind in (QDragEnterEvent, QDragMoveEvent):
        QApplication.sendEvent(canvas.viewport(), kind(at, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, none))


@view
def suggested(on: Stage) -> None:
    """What usually follows stands behind the selected layer."""
    on.session.new()
    on.window.leave_start()
    on.window.show_layout("build")
    canvas = on.window.canvas
    synthetic.drop(canvas, "dataset", "digits", QPointF(180, 200))
    until(lambda: on.session.samples is not None and not on.session.loading, "the data")
    on.session.select([on.session.project.network.nodes[0].id])
    spin(0.3)


@view
def wire_menu(on: Stage) -> None:
    """A wire let go over nothing: the list of what fits."""
    example(on, "digits_cnn", "build")
    canvas = on.window.canvas
    begin = synthetic.port(canvas, "conv1", "out")
    synthetic.drag(canvas, begin, begin + QPointF(30, 66))


@view
def context_menu(on: Stage) -> None:
    example(on, "digits_cnn", "build")
    choose(on, "conv2")
    on.window._show_context_menu(on.window.mapToGlobal(QPoint(700, 330)))


@view
def file_menu(on: Stage) -> None:
    example(on, "digits_cnn", "build")
    on.window.bar.menus["Train"].popup(on.window.mapToGlobal(QPoint(220, 28)))


@view
def class_controls(on: Stage) -> None:
    example(on, "spiral_mlp", "build")
    on.session.do(SetHides(("preflight", "outline"), ("Attention", "Sequence")), whole=True)
    on.window.actions_made["class_controls"].trigger()


@view
def teacher(on: Stage) -> None:
    """What a class does not see is shown again."""
    example(on, "spiral_mlp", "build")
    on.session.do(SetHides(("preflight", "outline"), ("Attention", "Sequence", "Data")), whole=True)
    hidden().show_all(False)


@view
def own_layout(on: Stage) -> None:
    example(on, "spiral_mlp", "train")
    on.window.layouts.save_as("Lecture")
    menu = on.window.bar.menus["View"]
    menu.popup(on.window.mapToGlobal(QPoint(360, 28)))
    on.window.bar.own_layouts.fill()
    on.window.bar.own_layouts.menu.popup(on.window.mapToGlobal(QPoint(640, 120)))


@view
def start_used(on: Stage) -> None:
    """Projects of before, and work that was never saved."""
    folder = Path(os.environ["PLAYGROUND_HOME"])
    for name, metrics in (
        ("digits-cnn", {"accuracy": 0.981}), ("Spiral of Tuesday, second try with dropout and a long name", {"accuracy": 0.983}),
        ("housing", {"r2": 0.81}), ("不平衡的数据", {}),
    ):  # fmt: skip
        path = folder / f"{name}.play"
        save(on.session.project, path)
        note_recent(path)
        keep_face(path, None, metrics)
    Documents.finds = lambda self: [  # type: ignore[method-assign]
        Recovery("moons-test", folder / "a.recovery", folder / "moons.play", "mine", 0.0, "changed", ""),
        Recovery("untitled", folder / "b.recovery", None, "other", 0.0, "unsaved", "lab7"),
    ]
    on.window.show_start()
    until(lambda: any(card.isVisible() for card in on.window.findChildren(ExampleCard)), "the cards of the examples", PATIENCE)


@view
def restored(on: Stage) -> None:
    """A run of before, brought back."""
    example(on, "spiral_mlp", "train")
    on.session.do(SetPlan("training", "epochs", 20))
    whole_run(on)
    on.session.do(SetPlan("training", "optimizer.rate", 0.03))
    whole_run(on)
    choice = choice_of(on.session)
    choice.refresh()
    choice.restore(choice.runs[-1])


@view
def long_names(on: Stage) -> None:
    example(on, "digits_cnn", "build")
    for node in on.session.project.network.nodes[:3]:
        on.session.do(RenameNode(node.id, LONG + node.name))
    on.session.select([on.session.project.network.nodes[1].id])


@view
def long_names_train(on: Stage) -> None:
    example(on, "spiral_mlp", "train")
    for node in on.session.project.network.nodes[1:4]:
        on.session.do(RenameNode(node.id, LONG + node.name))
    train_to(on, 300)


@view
def build_small(on: Stage) -> None:
    """The smallest laptop."""
    on.window.resize(QSize(1366, 768))
    example(on, "digits_cnn", "build")
    choose(on, "dropout1")


@view
def dead_worker(on: Stage) -> None:
    """The process that trains was killed."""
    example(on, "spiral_mlp", "train")
    train_to(on, 300)
    os.kill(int(on.session.client.worker_pid or 0), signal.SIGKILL)
    until(lambda: on.session.run.state == "dead", "the end", PATIENCE)


@view
def slow_motion(on: Stage) -> None:
    example(on, "spiral_mlp", "train")
    on.session.run.set_speed(2.0)
    on.start()
    until(lambda: on.session.client.step >= 2, "steps")


@view
def paused(on: Stage) -> None:
    example(on, "digits_cnn", "train")
    train_to(on, 100)
    on.session.pause()
    until(lambda: on.session.client.state == "paused", "the pause")


@view
def problems(on: Stage) -> None:
    """A network that cannot train."""
    example(on, "digits_cnn", "build")
    nodes = {node.name: node.id for node in on.session.project.network.nodes}
    on.session.do(ReplaceSpec(nodes["flatten1"], registry.find("layer", "lstm")()))
    on.window.show_panel("problems")
    choose(on, "flatten1")


@view
def palette_search(on: Stage) -> None:
    example(on, "spiral_mlp", "build")
    on.window.focus_palette()
    line = QApplication.focusWidget()
    if line is not None:
        QTest.keyClicks(line, "norm")


@view
def rename(on: Stage) -> None:
    example(on, "spiral_mlp", "build")
    choose(on, "dense2")
    on.window.actions_made["rename"].trigger()


@view
def about(on: Stage) -> None:
    example(on, "spiral_mlp", "build")
    on.window.show_about()
