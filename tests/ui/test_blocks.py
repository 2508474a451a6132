"""Blocks in the window: made of a selection, opened, edited inside, left, dragged from the palette, kept in the library."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from playground.document import block_files
from playground.document import edits as e
from playground.document.blocks import BlockUse, View, all_uses
from playground.document.project import Node
from playground.ui import theme
from playground.ui.canvas.view import CanvasView
from playground.ui.inspector.block import BlockCard
from playground.ui.kinds import MIME, Kind, block_kinds, from_mime, groups, search
from playground.ui.main_window import MainWindow
from playground.ui.palette import Palette
from playground.ui.panels.knobs import Knobs
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import moons
from tests.ui.synthetic import double_click

Key = Qt.Key


def named(session: Session, name: str) -> Node:
    return next(node for node in session.view.network.nodes if node.name == name)


def kind(session: Session, title: str) -> Kind:
    return next(one for one in block_kinds(session.view) if one.title == title)


@pytest.fixture
def built(window: MainWindow, session: Session, loaded) -> MainWindow:
    """data, dense1 and tanh1 in a block, dropout1, dense2, loss."""
    session.history.do(e.Several("", (e.SetProject(name="blocks"),)))
    session._replace(moons(), None)
    loaded(session)
    session.select((named(session, "dense1").id, named(session, "tanh1").id))
    window.actions_made["group"].trigger()
    settle()
    return window


def test_a_selection_becomes_a_block_and_comes_apart_again(built: MainWindow, session: Session) -> None:
    (use,) = session.selected_nodes()
    assert isinstance(use.spec, BlockUse)
    assert use.name == "block_a1"
    assert not session.inspection.errors
    item = built.canvas.canvas.nodes[use.id]
    assert (item.look.icon, item.look.group) == ("block", "c_block")
    assert item.look.line == "2 layers · 24 p"
    assert item.look.said.startswith("block_a1")
    built.actions_made["ungroup"].trigger()
    assert sorted(node.name for node in session.selected_nodes()) == ["dense1", "tanh1"]
    session.undo()
    session.undo()
    assert not session.project.blocks


def test_a_new_block_lies_on_no_node_that_stays(window: MainWindow, session: Session, loaded) -> None:
    session._replace(moons(), None)
    loaded(session)
    chosen = [named(session, name) for name in ("dense1", "tanh1", "dropout1")]
    middle = named(session, "loss" if any(node.name == "loss" for node in session.view.network.nodes) else "dense2")
    session.do(e.MoveNodes({node.id: (100.0 + 400 * at, 100.0) for at, node in enumerate(chosen)}))
    session.do(e.MoveNodes({middle.id: (470.0, 180.0)}))
    session.select(tuple(node.id for node in chosen))
    window.actions_made["group"].trigger()
    settle()
    (use,) = session.selected_nodes()
    items = window.canvas.canvas.nodes
    bodies = {id: item.mapRectToScene(item.body()) for id, item in items.items()}
    assert not [id for id, body in bodies.items() if id != use.id and body.intersects(bodies[use.id])]


@pytest.mark.parametrize("by", ["action", "button"])
def test_ungrouping_one_of_several_uses_that_share_says_that_it_ends_that(built: MainWindow, session: Session, by: str) -> None:
    told: list[tuple[str, str]] = []
    steps: list[tuple[str, object]] = []
    session.message.connect(lambda text, level: told.append((str(text), level)))
    session.offered.connect(steps.append)
    (use,) = session.selected_nodes()
    session.do(e.SetField(use.id, "shared", True))
    card = next(iter(built.findChildren(BlockCard)))

    def ungroup() -> None:
        session.select((use.id,))
        settle()
        built.actions_made["ungroup"].trigger() if by == "action" else card.apart.click()

    ungroup()
    assert told == []  # the only use: nothing was shared
    session.undo()
    session.do(e.AddNode(named(session, "block_a1").spec))
    before = session.project
    ungroup()
    assert told == [
        (
            "The layers of block_a1 have weights of their own now; until now they shared those of other uses of their block.",
            "warning",
        )
    ]
    ((title, undo),) = steps
    assert title == "Undo"
    undo()
    assert session.project == before


def test_it_opens_and_closes_by_keys_pointer_and_the_bar(built: MainWindow, session: Session, qtbot) -> None:
    view, use = built.canvas, named(session, "block_a1")
    crumbs = view.parentWidget().bar.crumbs  # type: ignore[union-attr]
    assert [step.name for step in crumbs.steps] == ["Main"]
    view.setFocus()
    qtbot.keyClick(view, Key.Key_Return)
    assert session.scope.path == (use.id,)
    assert isinstance(session.view, View)
    assert sorted(view.canvas.nodes) == sorted(node.id for node in session.project.blocks[0].network.nodes)
    assert [step.name for step in crumbs.steps] == ["Main", "block_a1"]
    assert crumbs.steps[1].accessibleName() == "block_a1, a use of Block A, open"
    assert {node.name: str(session.seen.types[node.id]) for node in session.view.network.nodes} == {
        "x": "2", "dense1": "8", "tanh1": "8", "y": "8",
    }  # fmt: skip
    session.select((named(session, "dense1").id,))
    qtbot.keyClick(view, Key.Key_Escape)  # lets go of the selection first
    assert session.scope.path
    qtbot.keyClick(view, Key.Key_Escape)
    assert not session.scope.path
    assert session.selection == (use.id,)
    double_click(view, view.mapFromScene(view.canvas.nodes[use.id].sceneBoundingRect().center()))
    assert session.scope.path == (use.id,)
    qtbot.keyClick(view, Key.Key_Backspace)
    assert not session.scope.path
    session.enter(use.id)
    settle()
    qtbot.mouseClick(crumbs.steps[0], Qt.MouseButton.LeftButton)
    assert not session.scope.path
    assert not session.enter(named(session, "dense2").id)


def test_an_edit_inside_holds_for_all_uses_and_undo_follows(built: MainWindow, session: Session) -> None:
    use = named(session, "block_a1")
    built.canvas.commands.duplicate()
    assert len(all_uses(session.project, use.spec.block)) == 2
    session.enter(use.id)
    dense = named(session, "dense1").id
    session.select((dense,))
    session.do(e.SetField(dense, "units", 5))
    assert session.history.undo_text == "Change units of dense1 in Block A"
    assert session.project.blocks[0].network.node(dense).spec.units == 5
    assert str(session.seen.types[dense]) == "5"
    session.do(e.SetPlan("training", "batch", 17))  # what is not of the block goes to the project
    assert session.project.training.batch == 17
    session.do(e.SetField(named_root(session, "dropout1"), "rate", 0.4))  # a node outside, as from a panel
    assert session.project.network.node(named_root(session, "dropout1")).spec.rate == 0.4
    for _ in range(4):
        session.undo()
    assert session.scope.path == (use.id,)
    session.undo()  # the block itself
    assert session.scope.path == ()


def named_root(session: Session, name: str) -> str:
    return next(node.id for node in session.project.network.nodes if node.name == name)


def test_drawing_and_adding_inside_goes_to_the_definition(built: MainWindow, session: Session) -> None:
    commands = built.canvas.commands
    session.enter(named(session, "block_a1").id)
    made = commands.add(kind(session, "Block output").made(session.view), QPointF(600, 200))
    commands.wire(named(session, "dense1").id, made, 0)
    session.leave()
    use = named(session, "block_a1")
    assert use.spec.outputs == ("y", "y1")
    assert built.canvas.canvas.nodes[use.id].look.outs == 2
    refused = []
    session.message.connect(lambda text, level: refused.append(text))
    session.enter(use.id)
    commands.add_kind(next(one for one in groups()["Loss"]))
    assert "A block holds layers" in refused[-1]


def test_the_palette_lists_blocks_of_project_program_and_person(built: MainWindow, session: Session) -> None:
    palette = built._palette()
    assert isinstance(palette, Palette)

    def listed() -> dict[str, str]:
        rows = (palette.tree.kind_of(row) for row in palette.rows())
        return {one.title: one.tail for one in rows if one is not None and one.group == "Blocks"}

    assert list(listed()) == ["Block A", "Conv-BN-ReLU", "Inception", "Residual", "Transformer decoder", "Transformer encoder"]
    assert listed()["Block A"] == "in this project"
    assert search("resid", session.view)[0].title == "Residual"
    session.enter(named(session, "block_a1").id)
    assert list(listed())[:2] == ["Block input", "Block output"]
    assert "Block A" not in listed()  # it cannot hold itself
    session.leave()
    card = built.findChild(BlockCard)
    assert card is not None
    told = []
    session.message.connect(lambda text, level: told.append((level, text)))
    card.keep.click()
    assert told == [("info", "Block A is in your library of blocks.")]
    assert [entry.name for entry in block_files.personal()[0]] == ["Block A"]
    session.new()
    settle()
    assert listed()["Block A"] == "yours"
    (block_files.library_folder() / "bad.json").write_bytes(b"{")
    from playground.ui.library import library

    library().changed.emit()
    assert "bad.json in the library of blocks cannot be used" in told[-1][1]
    library().remove_block(block_files.personal()[0][0].id)
    assert "Block A" not in listed()


def drop(view: CanvasView, one: Kind, at: QPointF) -> None:
    """What a drag from the palette delivers: enter, move, drop."""
    mime = QMimeData()
    mime.setData(MIME, QByteArray(one.mime()))
    point, copy, left, plain = at.toPoint(), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for event in (
        QDragEnterEvent(point, copy, mime, left, plain),
        QDragMoveEvent(point, copy, mime, left, plain),
        QDropEvent(QPointF(point), copy, mime, left, plain),
    ):
        QApplication.sendEvent(view.viewport(), event)


def test_a_shipped_block_is_dropped_onto_the_canvas(built: MainWindow, session: Session) -> None:
    residual = kind(session, "Residual")
    assert from_mime(residual.mime(), session.view) == residual.made(session.view)
    drop(built.canvas, residual, QPointF(60, 500))
    assert [block.name for block in session.project.blocks] == ["Block A", "Residual"]
    use = named(session, "residual1")
    assert session.selection == (use.id,)
    assert kind(session, "Residual").tail == "in this project"
    session.undo()
    assert [block.name for block in session.project.blocks] == ["Block A"]


def test_a_block_is_put_on_a_wire(built: MainWindow, session: Session) -> None:
    """A row of numbers is no image: the block goes in, and what is wrong is said at its node, with a remedy for its definition."""
    session.do(e.EditBlock(session.project.blocks[0].id, e.SetField(session.project.blocks[0].network.nodes[1].id, "units", 9)))
    wire = next(k for k in session.view.network.links if k.target == named(session, "dense2").id)
    made = built.canvas.commands.add_to_wire(kind(session, "Conv-BN-ReLU").made(session.view), wire.id, QPointF(300, 40))
    assert session.view.network.into(made)
    (problem,) = [one for one in session.problems if one.node == made and one.severity == "error"]
    assert problem.text.startswith("conv_bn_relu1: conv needs an image")
    assert problem.mend is not None
    session.enter(named(session, "block_a1").id)  # the panel's remedy is for the whole project, wherever one stands
    assert session.mend_whole(problem.mend)
    assert len(session.project.blocks[1].network.nodes) == 6


def test_copies_carry_their_definitions_to_another_project(built: MainWindow, session: Session) -> None:
    built.canvas.commands.copy()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("playground nodes 1")
    session.new()
    built.canvas.commands.paste()
    assert [block.name for block in session.project.blocks] == ["Block A"]
    assert named(session, "block_a1").spec.ports == ("x",)


def test_the_inspector_names_explains_and_counts(built: MainWindow, session: Session, qtbot) -> None:
    card = built.findChild(BlockCard)
    assert card is not None
    assert not card.isHidden()
    assert (card.name.text(), card.rows["In"].text(), card.rows["Out"].text(), card.rows["Used"].text()) == (
        "Block A",
        "x",
        "y",
        "once",
    )
    card.name.setText("Stem")
    card.name.editingFinished.emit()
    card.help_text.setText("What comes first.")
    card.help_text.editingFinished.emit()
    assert [(block.name, block.help) for block in session.project.blocks] == [("Stem", "What comes first.")]
    built.canvas.commands.duplicate()
    settle()
    assert card.rows["Used"].text().startswith("twice")
    card.open.click()
    settle()
    assert session.scope.path
    assert not card.isHidden()  # nothing is selected: the open block
    assert card.open.isHidden()
    session.select((named(session, "dense1").id,))
    settle()
    assert card.isHidden()
    session.leave()
    session.select((named(session, "dropout1").id,))
    settle()
    assert card.isHidden()


def test_a_name_of_another_block_is_marked_and_kept_out(built: MainWindow, session: Session) -> None:
    built.canvas.commands.add_kind(kind(session, "Residual"), QPointF(0, 300))
    settle()
    card = built.findChild(BlockCard)
    assert card is not None
    told = []
    session.message.connect(lambda text, level: told.append(text))
    card.name.setText("Block A")
    card.name.editingFinished.emit()
    assert told == ["Every block needs its own name; Block A is already used."]
    assert card.name.refused


def test_pictures_and_numbers_of_a_run_reach_into_blocks(built: MainWindow, session: Session, qtbot) -> None:
    use = named(session, "block_a1")
    session.do(e.GroupIntoBlock((named(session, "dropout1").id,), "Noise"))
    session.step_epoch()
    qtbot.waitUntil(lambda: session.run.state == "paused" and bool(session.client.epochs), timeout=60_000)
    knobs = Knobs(session)
    qtbot.addWidget(knobs)
    assert "noise1/dropout1.rate" in knobs.rows
    info = next(one for one in knobs.infos() if one.name == "noise1/dropout1.rate")
    knobs._turn(info, 0.3)
    assert session.project.blocks[1].network.nodes[1].spec.rate == 0.3
    qtbot.waitUntil(lambda: abs(session.client.knobs["noise1/dropout1.rate"] - 0.3) < 1e-6, timeout=10_000)

    def drawn_as_it_stands() -> bool:
        built.canvas.feed.draw()
        return built.canvas.feed.live.step == session.client.step

    qtbot.waitUntil(drawn_as_it_stands, timeout=20_000)
    outside = built.canvas.feed._answers_now["block_a1"]
    assert "block_a1" in built.canvas.feed._norms
    session.enter(use.id)
    settle()
    qtbot.waitUntil(
        drawn_as_it_stands, timeout=20_000
    )  # until the worker has answered for the block, the window reckons by itself
    assert set(built.canvas.feed._answers_now) == {"x", "dense1", "tanh1", "y"}
    assert (built.canvas.feed._answers_now["y"] == outside).all()
    assert set(built.canvas.feed._names.weights(session.weights())) >= {"dense1.weight", "dense1.bias"}
    assert built.canvas.canvas.nodes[named(session, "dense1").id].look.preview == "tiles"
    session.reset()
    qtbot.waitUntil(lambda: session.run.state != "running", timeout=20_000)


def test_every_look_in_both_themes(built: MainWindow, session: Session) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    for mode in ("dark", "light"):
        theme.apply(application, mode)
        session.enter(named(session, "block_a1").id)
        settle()
        assert not built.grab().isNull()
        session.leave()


def slopes(view: CanvasView) -> list[float]:
    """How far each wire rises from its start to its end, in pixels."""
    return [
        wire.target.scenePos().y() + wire.target.port("in", wire.port).y()
        - wire.source.scenePos().y() - wire.source.port("out", wire.output).y()
        for wire in view.canvas.wires.values()
    ]  # fmt: skip


def test_wires_stay_level_through_a_block_inside_it_and_when_it_comes_apart(built: MainWindow, session: Session) -> None:
    view = built.canvas
    session.undo()
    view.commands.tidy((1200.0, 400.0))
    stood = {node.name: node.position for node in session.view.network.nodes}
    settle()
    assert max(map(abs, slopes(view))) <= 1
    session.select((named(session, "dense1").id, named(session, "tanh1").id))
    built.actions_made["group"].trigger()
    settle()
    assert max(map(abs, slopes(view))) <= 1
    session.enter(named(session, "block_a1").id)
    settle()
    assert len(slopes(view)) == 3
    assert max(map(abs, slopes(view))) <= 1
    session.leave()
    settle()
    session.select((named(session, "block_a1").id,))
    built.actions_made["ungroup"].trigger()
    settle()
    for node in session.view.network.nodes:
        assert node.position == pytest.approx(stood[node.name], abs=1), node.name
