"""Messages over the canvas: shown, replaced, put away, and with a button where something can be done at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

import playground as pg
from playground.document.edits import AddLink, AddNode, RenameNode
from playground.errors import FileError
from playground.training.messages import ChangeRefused, Died, Failed, Started
from playground.training.messages.travel import Stayed, Travelling
from playground.ui import theme
from playground.ui.canvas.clearance import Clearance
from playground.ui.canvas.sharing import ShareGesture
from playground.ui.focus_order import stops
from playground.ui.inspector.following import follow_knobs
from playground.ui.main_window import MainWindow
from playground.ui.retelling import tell_again
from playground.ui.revocable import Revocable
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import chain, node, ready


def test_a_message_is_put_away_by_a_click(window: MainWindow, session: Session):
    session.message.emit("Something was said.", "info")
    notice = window.notices
    assert notice.isVisible()
    assert not notice.button.isVisible()
    QTest.mouseClick(notice, Qt.MouseButton.LeftButton)
    assert not notice.isVisible()


def test_escape_on_the_canvas_puts_a_message_away_before_it_lets_go_of_the_selection(window: MainWindow, session: Session):
    made = AddNode(pg.layer("dense"))
    session.do(made)
    session.select((made.id,))
    session.message.emit("Something was said.", "info")
    canvas = window.canvas
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert not window.notices.isVisible()
    assert session.selection == (made.id,)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert session.selection == ()


def test_a_gesture_has_escape_before_a_message(window: MainWindow, session: Session):
    made = AddNode(pg.layer("dense"))
    session.do(made)
    session.select((made.id,))
    window.canvas.start_wire()
    assert window.canvas.gesture is not None
    session.message.emit("Something was said.", "info")
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.canvas.gesture is None
    assert window.notices.isVisible()
    at = window.canvas.viewport().rect().center()
    QTest.mousePress(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.notices.isVisible(), "what is dragged is let go first"
    QTest.mouseRelease(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not window.notices.isVisible()


def test_escape_does_not_take_the_button_that_ends_what_goes_on(window: MainWindow, session: Session):
    session.heard.emit(Travelling(kind="rewind", step=12, share=0.25, seconds_left=7.3))
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.notices.button.isVisible()
    window.notices.hide()


def test_tab_reaches_a_message_and_escape_gives_the_keyboard_back(window: MainWindow, session: Session, qtbot: QtBot):
    notice = window.notices
    assert notice not in stops(window)
    session.message.emit("Something was said.", "error")
    session.offered.emit(("Do it", lambda: None))
    order = stops(window)
    assert order.index(notice.button) == order.index(notice) + 1
    notice.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(notice.hasFocus)
    seen = notice.grab().toImage()
    assert seen.pixelColor(seen.width() // 2, 1) == theme.theme().color("accent")
    QTest.keyClick(notice, Qt.Key.Key_Tab)
    assert notice.button.hasFocus()
    QTest.keyClick(notice.button, Qt.Key.Key_Escape)
    assert not notice.isVisible()
    assert window.canvas.hasFocus()


def test_a_message_under_the_keyboard_stays(window: MainWindow, session: Session, qtbot: QtBot):
    notice = window.notices
    session.message.emit("Something was said.", "info")
    notice.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(notice.hasFocus)
    notice._timer.timeout.emit()
    assert notice.isVisible()
    window.canvas.setFocus()
    notice._timer.timeout.emit()
    assert not notice.isVisible()


def under(window: MainWindow) -> float:
    """Square pixels of nodes and map under the message."""
    notice, canvas = window.notices, window.canvas
    return Clearance(canvas).covered(QRect(canvas.mapFrom(window, notice.pos()), notice.size()))


def test_a_message_lies_where_it_hides_nothing_and_moves_no_view(window: MainWindow, session: Session, qtbot: QtBot):
    dense = [("layer", "dense", {"units": units}) for units in (8, 6, 3)]
    ready(session, chain(("dataset", "iris", {}), *dense, ("loss", "cross_entropy", {})), qtbot)
    canvas, notice = window.canvas, window.notices
    canvas.zoom_to_fit(most=1.0)
    session.message.emit("Something was said.", "error")
    top = notice.pos()
    assert under(window) == 0
    assert notice.geometry().center().x() == pytest.approx(canvas.mapTo(window, canvas.rect().center()).x(), abs=2)
    node_at = canvas.canvas.nodes[node(session, "dense2").id].sceneBoundingRect()
    canvas.pan(0, canvas.mapFromScene(node_at.center()).y() - 30)  # nodes come under the message
    assert (notice.pos(), under(window) > 0) == (top, True), "it does not run away under the hand"
    seen = canvas.visible()
    qtbot.waitUntil(lambda: under(window) == 0)
    assert notice.pos() != top
    assert canvas.visible() == seen
    aside = notice.pos()
    canvas.zoom_to_fit(most=1.0)
    notice._move_aside()
    assert notice.pos() == aside, "where it hides nothing it stays"
    notice.hide()
    session.message.emit("Something else was said.", "error")
    assert under(window) == 0


def test_a_message_does_not_move_while_a_button_is_held(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [Qt.MouseButton.LeftButton]
    monkeypatch.setattr(QApplication, "mouseButtons", lambda: held[0])
    clearance, rests = window.notices.clearance, []
    assert clearance is not None
    clearance.rested.connect(lambda: rests.append(1))
    clearance._rest()
    assert rests == []
    held[0] = Qt.MouseButton.NoButton
    qtbot.waitUntil(lambda: bool(rests))


def test_a_message_goes_with_the_project_that_it_was_about(window: MainWindow, session: Session):
    session.message.emit("Something was said.", "error")
    session.new()
    assert not window.notices.isVisible()


def test_a_dead_worker_offers_to_resume(window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    monkeypatch.setattr(type(session), "resume", lambda self: asked.append("resume"))
    session.message.emit("The worker was killed.", "error")
    session.heard.emit(Died(kind="killed", text="The worker was killed.", step=3))
    settle()
    notice = window.notices
    assert notice.button.isVisible()
    assert notice.button.text() == "Resume"
    assert notice.rect().contains(notice.button.geometry())
    assert not notice._timer.isActive(), "it waits for the person"
    QTest.mouseClick(notice.button, Qt.MouseButton.LeftButton)
    assert asked == ["resume"]
    assert not notice.isVisible()


def test_how_a_run_ended_is_put_away_when_one_begins(window: MainWindow, session: Session):
    def end() -> None:
        session.message.emit("The worker was killed.", "error")
        session.heard.emit(Died(kind="killed", text="The worker was killed.", step=3))

    started = Started(
        generation=1, layout={}, knobs={}, board={"layers": ()}, step=3, steps_per_epoch=1, total_steps=9, epochs=9, train_rows=1,
        validation_rows=0, arena_bytes=1, paused=False, notes=(),
    )  # fmt: skip
    end()
    session.heard.emit(started)
    assert not window.notices.isVisible()
    session.message.emit("Something else was said.", "info")
    session.heard.emit(started)
    assert window.notices.isVisible()
    end()
    tell_again(window)
    assert "killed" in window.notices.text
    session.heard.emit(started)
    assert not window.notices.isVisible()


def test_a_run_that_does_not_fit_offers_a_batch_that_does(window: MainWindow, session: Session):
    session.message.emit("It does not fit.", "error")
    session.heard.emit(Failed(kind="memory", text="It does not fit.", generation=1, batch=12))
    assert window.notices.button.text() == "Use batch 12"
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    assert session.project.training.batch == 12
    session.undo()
    assert session.project.training.batch == 32


def test_a_problem_of_a_node_is_shown_on_request(window: MainWindow, session: Session):
    made = AddNode(pg.layer("dense"))
    session.do(made)
    session.select([])
    problems = (("gone", "", "x"), (made.id, "units", "Units are wrong."))
    session.message.emit("Units are wrong.", "error")
    session.heard.emit(Failed(kind="refused", text="Units are wrong.", generation=1, problems=problems))
    QTest.keyClick(window.notices.button, Qt.Key.Key_Return)
    assert session.selection == (made.id,)
    session.message.emit("A long sentence " * 30, "warning")
    assert not window.notices.button.isVisible(), "a new message has no button of the old one"
    window.notices.grab()


def test_a_message_with_a_next_step_has_it_as_a_button(
    window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(window.documents, "save_as", lambda: asked.append("save as") or True)
    bar = window.notices

    def press() -> str:
        assert bar.isVisible()
        assert bar.button.isVisible()
        words = bar.button.text()
        QTest.mouseClick(bar.button, Qt.MouseButton.LeftButton)
        assert not bar.isVisible()
        return words

    session.path = Path("/nowhere/a.play")
    assert not window.documents.save()
    assert press() == "Save as…"
    monkeypatch.setattr(window, "save_as", lambda: asked.append("save as too"))
    window.autosave._take(FileError("The disk is full. Save elsewhere."))
    assert press() == "Save as…"
    assert asked == ["save as", "save as too"]
    session.offered.emit(("Stop", lambda: asked.append("stop")))
    assert not bar.isVisible(), "no button without its sentence"
    session.path = None


def test_a_refused_edit_offers_what_was_meant(window: MainWindow, session: Session):
    first, second = AddNode(pg.layer("dense")), AddNode(pg.layer("dense"))
    session.do(first), session.do(second)
    assert not session.do(RenameNode(second.id, "dense1"))
    button = window.notices.button
    assert (button.isVisible(), button.text()) == (True, "Use the name dense3")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [node.name for node in session.project.network.nodes] == ["dense1", "dense3"]
    session.undo()
    assert [node.name for node in session.project.network.nodes] == ["dense1", "dense2"]
    session.select([])
    assert not session.do(AddLink(first.id, first.id, 0))
    assert button.text() == "Show it"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert session.selection == (first.id,)


def test_a_refusal_goes_with_the_next_edit(window: MainWindow, session: Session):
    first, second = AddNode(pg.layer("dense")), AddNode(pg.layer("dense"))
    session.do(first), session.do(second)
    assert not session.do(RenameNode(second.id, "dense1"))
    assert window.notices.isVisible()
    session.undo()  # its button would rename what is gone
    assert not window.notices.isVisible()
    session.message.emit("Something else was said.", "info")
    session.undo()
    assert window.notices.isVisible(), "that was about nothing of the kind"


def test_why_a_file_was_not_saved_goes_when_it_is(window: MainWindow, session: Session, tmp_path: Path):
    session.path = tmp_path / "gone" / "a.play"
    assert not window.documents.save()
    assert window.notices.isVisible()
    session.path = tmp_path / "a.play"
    assert window.documents.save()
    assert not window.notices.isVisible()


def test_a_copy_for_recovery_that_failed_is_not_called_saved(window: MainWindow, session: Session):
    told: list[str] = []
    autosave = window.autosave
    autosave.told.connect(told.append)
    autosave._take(None)
    autosave._take(FileError("The disk is full. Save elsewhere."))
    assert window.notices.text == "The copy for recovery could not be written. The disk is full. Save elsewhere."
    autosave._tell_age()  # as it does twice a second
    assert told[-1] == "Not autosaved"
    autosave._take(None)
    autosave._tell_age()
    assert told[-1] == "Autosaved just now"
    assert not window.notices.isVisible()


def test_what_is_taken_back_is_what_was_told_last_and_only_once(session: Session):
    heard: list[str] = []
    session.message.connect(lambda text, level: heard.append(f"{level} {text}"))
    session.settled.connect(lambda text: heard.append(f"settled {text}"))
    matter = Revocable(session)
    matter.take_back()
    matter.tell_revocably("The disk is full.", "error")
    matter.tell_revocably("The disk is gone.", "warning")
    matter.take_back()
    matter.take_back()
    assert heard == ["error The disk is full.", "warning The disk is gone.", "settled The disk is gone."]


def test_a_change_that_the_run_cannot_take_offers_a_way_out(window: MainWindow, session: Session):
    follow_knobs(session)._asked[7] = session.project, None
    session.heard.emit(ChangeRefused(change=7, text="It does not fit.", batch=16, problems=()))
    assert (window.notices.text, window.notices.button.text()) == ("It does not fit.", "Use batch 16")
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    assert session.project.training.batch == 16
    session.heard.emit(ChangeRefused(change=8, text="The weights would be others.", batch=0, problems=()))
    assert window.notices.button.text() == "Stop the run"
    window.notices.hide()


def test_a_file_that_cannot_be_read_offers_to_choose_another(
    window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda dialog, *_: opened.append(dialog))
    window.open_dialog("import_data")
    strange = tmp_path / "what.xyz"
    strange.write_text("?")
    opened[0].fileSelected.emit(str(strange))
    assert window.notices.button.text() == "Choose another file"
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    assert len(opened) == 2
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: asked.append("which") or ("", ""))
    broken = tmp_path / "broken.play"
    broken.write_bytes(b"not a project")
    assert not window.documents.open(broken)
    assert window.notices.button.text() == "Choose another file"
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    assert asked == ["which"]


def test_a_long_way_back_tells_how_long_and_can_be_left(
    window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(type(session.client), "cancel_travel", lambda client: asked.append("stay"))
    notice = window.notices
    session.heard.emit(Travelling(kind="rewind", step=1234, share=0.25, seconds_left=7.3))
    assert notice.isVisible()
    assert notice.text == "Going back to step 1,234: 8 s to go"
    assert not notice._timer.isActive(), "it stays until the run is there"
    session.heard.emit(Travelling(kind="rewind", step=1234, share=0.5, seconds_left=0.2))
    assert notice.text.endswith(": 1 s to go")
    QTest.mouseClick(notice.button, Qt.MouseButton.LeftButton)
    assert asked == ["stay"]
    session.heard.emit(Stayed(kind="rewind", step=1234, text="", folder=""))
    assert not notice.isVisible()
    session.heard.emit(Travelling(kind="fork", step=9, share=0.0, seconds_left=3.0))
    session.message.emit("The disk is full.", "error")
    session.heard.emit(Travelling(kind="fork", step=9, share=0.1, seconds_left=2.0))
    assert notice.text == "The disk is full.", "what is told meanwhile is not hidden"
    session.heard.emit(Stayed(kind="fork", step=9, text="", folder=""))
    assert notice.isVisible()
    session.heard.emit(Travelling(kind="rewind", step=3, share=0.0, seconds_left=3.0))
    assert notice.text == "Going back to step 3: 3 s to go"
    notice.hide()


def test_what_cannot_be_pasted_offers_a_layer(window: MainWindow, session: Session):
    for text, said in (("", "The clipboard holds no network."), ("shopping: milk", "")):
        QGuiApplication.clipboard().setText(text)
        window.canvas.commands.paste()
        notice = window.notices
        assert said in notice.text
        assert notice.button.isVisible()
        assert notice.button.text() == "Add a layer"
        QTest.mouseClick(notice.button, Qt.MouseButton.LeftButton)
        assert window.canvas.quick.isVisible()
        window.canvas.quick.hide()
    assert not session.project.network.nodes


def test_weights_that_do_not_fit_offer_another_layer(window: MainWindow, session: Session, qtbot: QtBot):
    dense = [("layer", "dense", {"units": units}) for units in (8, 6, 3)]
    ready(session, chain(("dataset", "iris", {}), *dense, ("loss", "cross_entropy", {})), qtbot)
    first = node(session, "dense1").id
    session.select([first, node(session, "dense2").id])
    window.canvas.share_weights()
    notice = window.notices
    assert notice.button.isVisible()
    if notice.button.text() == "Choose another layer":
        QTest.mouseClick(notice.button, Qt.MouseButton.LeftButton)
        assert isinstance(window.canvas.gesture, ShareGesture)
        assert window.canvas.gesture.source.id == first
        window.canvas.gesture.cancel()
    else:  # a mend, which makes them fit
        QTest.mouseClick(notice.button, Qt.MouseButton.LeftButton)
        window.canvas.share_weights()
        assert any(one.shares for one in session.project.network.nodes)


def test_a_list_that_cannot_be_written_is_tried_again(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    noted: list[Path] = []

    def full(path: Path) -> None:
        noted.append(path)
        if len(noted) == 1:
            raise FileError("recent.json cannot be written: no space left. Free some.")

    monkeypatch.setattr("playground.ui.documents.note_recent", full)
    window.documents._note(tmp_path / "one.play")
    assert window.notices.button.text() == "Try again"
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    assert noted == [tmp_path / "one.play"] * 2
    assert not window.notices.isVisible()


def test_the_path_that_is_in_the_way_goes_to_the_clipboard(window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch):
    def refuse(shelf: Path) -> Path:
        raise FileError(f"Runs cannot be kept in {shelf}: no space left. Free some space.")

    monkeypatch.setattr("playground.ui.session_run.new_folder", refuse)
    assert session.branch_folder() is None
    assert window.notices.button.text() == "Copy the path"
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == str(session.shelf)


def test_a_message_lies_over_the_card_of_a_tip(window: MainWindow, session: Session):
    from playground.ui.lessons.coach import coach_of
    from tests.examples.recipes import FOLDER

    window.documents.open(FOLDER / "iris.play")
    window.actions_made["try_this"].trigger()
    coach = coach_of(window)
    session.message.emit("Something was said.", "info")
    coach.look()
    order = window.children()
    assert coach.card.isVisible()
    assert order.index(window.notices) > order.index(coach.card)
