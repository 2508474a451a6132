"""The command palette: what it finds, in which order, and that everything in it is done by keys alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from playground.core.fields import Choice, Flag, Real, Size, Whole, Wholes
from playground.document.edits import SetPlan
from playground.ui.actions import ACTIONS
from playground.ui.canvas.starters import STARTERS
from playground.ui.command_palette import CommandPalette
from playground.ui.commands import Command, ranked, recent_ids, remember, score
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from playground.ui.setting_commands import parsed
from tests.ui.conftest import settle
from tests.ui.networks import moons, ready


@pytest.fixture
def palette(window: MainWindow) -> CommandPalette:
    window.actions_made["commands"].trigger()
    assert window._commands is not None
    return window._commands


def typed(palette: CommandPalette, text: str) -> list[str]:
    palette.field.setText(text)
    return palette.titles()


def enter(palette: CommandPalette, qtbot: QtBot, text: str) -> None:
    palette.ask(text)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    settle()


def named(*titles: str) -> list[Command]:
    return [Command(id=title, title=title, run=lambda: None) for title in titles]


def order(text: str, *titles: str) -> list[str]:
    return [command.title for command in ranked(text, named(*titles))]


def test_a_whole_word_stands_before_a_start_before_a_part_before_letters() -> None:
    assert order("step", "Misstep", "Steps back", "Step", "Sort the papers")[:3] == ["Step", "Steps back", "Misstep"]
    assert order("zf", "Zoom in", "Zoom to fit") == ["Zoom to fit"]
    assert order("ztf", "Zoom to fit", "Zoom in") == ["Zoom to fit"]
    assert order("fit zoom", "Zoom to fit", "Zoom in") == ["Zoom to fit"], "words in any order"
    assert order("qqq", "Zoom to fit") == []


def test_words_beside_the_title_find_it_last() -> None:
    found = [Command(id="a", title="Ungroup", run=lambda: None, words="block"), *named("Block library")]
    assert [command.title for command in ranked("block", found)] == ["Block library", "Ungroup"]
    assert score(["block"], "Ungroup", "block") is not None


def test_recent_ones_stand_first_and_survive_a_start() -> None:
    for id in ("action:save", "action:train", "action:save"):
        remember(id)
    assert recent_ids() == ["action:save", "action:train"]
    found = named("Alpha", "Beta", "Gamma")
    assert [c.title for c in ranked("", found, ["Gamma"])] == ["Gamma", "Alpha", "Beta"]
    assert [c.title for c in ranked("a", named("Axis", "Atom"), ["Atom"])] == ["Atom", "Axis"]


def test_a_damaged_list_of_recent_ones_is_forgotten() -> None:
    from playground.ui import settings

    for bad in ("{", '{"a": 1}', "7", '[1, "action:save"]'):
        settings.set_word("commands/recent", bad)
        assert recent_ids() == (["action:save"] if "save" in bad else [])


def test_everything_is_found(palette: CommandPalette, window: MainWindow) -> None:
    titles = {command.title for command in palette.found}
    for action in ACTIONS:
        if action.id != "commands":
            assert window.actions_made[action.id].text().rstrip("…") in titles
    assert {"Show Problems", "Add Dense", "Add Iris", "Add Cross-entropy"} <= titles
    assert len({c.id for c in palette.found if c.id}) == len([c for c in palette.found if c.id])


def test_the_shortcut_opens_it_and_escape_gives_the_keyboard_back(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    palette = window._commands
    assert palette is not None
    assert palette.isVisible()
    assert QApplication.focusWidget() is palette.field
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert QApplication.focusWidget() is window.canvas


def test_keys_move_and_choose(palette: CommandPalette, window: MainWindow, qtbot: QtBot) -> None:
    assert typed(palette, "dark")[0] == "Dark"
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.rows.currentRow() == palette.rows.count() - 1, "round the end"
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.rows.currentRow() == 0
    assert palette.field.accessibleDescription().startswith("Dark")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    settle()
    assert window.actions_made["dark"].isChecked()
    assert recent_ids() == ["action:dark"]
    window.use_theme("light")


def test_what_is_not_possible_says_why_and_stays(palette: CommandPalette, window: MainWindow, qtbot: QtBot) -> None:
    whys = {"undo": "Nothing to undo.", "Group into block": "Select layers first.", "Stop": "No run is going. Press Train first."}
    for text, why in whys.items():
        typed(palette, text)
        assert palette.current is not None
        assert palette.current.why == why
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
        assert palette.isVisible()
    for command in palette.found:
        action = command.id.removeprefix("action:")
        if command.id.startswith("action:"):
            assert bool(command.why) is not window.actions_made[action].isEnabled(), action
            assert command.why != "Not possible just now.", f"{action} does not say why"


def test_what_keeps_a_network_from_training_is_said(
    palette: CommandPalette, session: Session, loaded: Callable[[Session], None]
) -> None:
    session.do(STARTERS[1].edit())
    loaded(session)
    palette.ask("train")
    assert palette.current is not None
    assert palette.current.why == ""
    dense = next(node for node in session.project.network.nodes if node.spec.id == "dense")
    session.select((dense.id,))
    palette.window_shown.canvas.commands.delete()
    settle()
    palette.ask("train")
    assert palette.current.why == session.problems[0].text


def test_layers_are_added_and_nodes_are_jumped_to(
    window: MainWindow, session: Session, palette: CommandPalette, qtbot: QtBot
) -> None:
    enter(palette, qtbot, "add dense")
    enter(palette, qtbot, "add relu")
    assert [node.name for node in session.project.network.nodes] == ["dense1", "relu1"]
    enter(palette, qtbot, "dense1")
    assert session.selection == (session.project.network.nodes[0].id,)
    assert QApplication.focusWidget() is window.canvas


def test_panels_come_to_the_front(window: MainWindow, palette: CommandPalette, qtbot: QtBot) -> None:
    enter(palette, qtbot, "show journal")
    assert window.layouts.docks["journal"].isVisible()


def test_a_setting_by_words(palette: CommandPalette, session: Session, qtbot: QtBot) -> None:
    assert typed(palette, "set batch 64")[0] == "Set batch to 64"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    settle()
    assert session.project.training.batch == 64
    for text in ("batch 128", "set batch = 128", "set batch to 128"):
        assert "Set batch to 128" in typed(palette, text)
    enter(palette, qtbot, "set learning rate 0.02")
    assert session.project.training.optimizer.rate == 0.02
    enter(palette, qtbot, "set optimizer adamw")
    assert session.project.training.optimizer.id == "adamw"
    enter(palette, qtbot, "set shuffle off")
    assert session.project.training.shuffle is False
    for _ in range(4):
        session.undo()
    assert session.project.training.batch == 32
    assert not session.history.can_undo


def test_a_setting_without_value_asks_for_one(palette: CommandPalette, qtbot: QtBot) -> None:
    typed(palette, "set scaling")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.field.text() == "set Scaling "
    assert palette.titles()[:3] == ["Set scaling to None", "Set scaling to Standardise", "Set scaling to Unit"]


def test_a_bad_value_is_refused_with_the_range(palette: CommandPalette, session: Session, qtbot: QtBot) -> None:
    typed(palette, "set batch 0")
    assert palette.current is not None
    assert "must be a whole number in 1 to 65536" in palette.current.why
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert session.project.training.batch == 32
    typed(palette, "set batch many")
    assert palette.current is not None
    assert palette.current.why


def test_the_selected_node_can_be_set(palette: CommandPalette, session: Session, qtbot: QtBot) -> None:
    enter(palette, qtbot, "add dense")
    session.select((session.project.network.nodes[0].id,))
    enter(palette, qtbot, "set units 17")
    assert session.project.network.nodes[0].spec.units == 17  # type: ignore[union-attr]


def test_what_a_run_holds_is_locked(palette: CommandPalette, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=5_000), qtbot)
    session.train()
    qtbot.waitUntil(lambda: session.client.step > 0, timeout=60_000)
    typed(palette, "set scaling none")
    assert palette.current is not None
    assert palette.current.why
    assert "Set clip gradients to 1" in typed(palette, "set clip gradients 1")
    assert palette.current is not None
    assert palette.current.why == ""
    session.stop()
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=20_000)


def test_typed_values() -> None:
    assert parsed(Whole(help="x", low=1, high=10_000), "n", "1,024") == (1024, "")
    assert parsed(Whole(help="x", low=1, high=10_000), "n", "1,5")[0] is None
    assert parsed(Real(help="x", low=0, high=1), "n", "0,5") == (0.5, "")
    assert parsed(Real(help="x", low=0, high=1), "n", "1e-3") == (0.001, "")
    assert parsed(Real(help="x", low=0, high=1, off="Off"), "n", "off") == (0.0, "")
    assert parsed(Size(help="x"), "n", "3x5") == ((3, 5), "")
    assert parsed(Size(help="x"), "n", "3") == ((3, 3), "")
    assert parsed(Wholes(help="x"), "n", "4, 5,6") == ((4, 5, 6), "")
    assert parsed(Flag(help="x"), "n", "on") == (True, "")
    assert parsed(Choice(help="x", options={"same": "", "valid": ""}), "n", "same") == ("same", "")
    for field, text in (
        (Whole(help="x"), "1.5"),
        (Whole(help="x"), "1e400"),
        (Real(help="x", low=0, high=1), "nan"),
        (Flag(help="x"), "?"),
    ):
        value, wrong = parsed(field, "n", text)
        assert value is None
        assert wrong


def test_a_project_with_500_nodes_is_listed_at_once(window: MainWindow, session: Session) -> None:
    import time

    from playground.core import registry
    from playground.document.edits import AddNode, Several

    session.do(Several("many", tuple(AddNode(registry.find("layer", "relu")(), position=(9.0 * k, 0.0)) for k in range(500))))
    window.open_commands()
    assert window._commands is not None
    start = time.perf_counter()
    window._commands.field.setText("relu499")
    assert time.perf_counter() - start < 0.25
    assert window._commands.titles()[0] == "Go to relu499"


def test_it_stays_inside_a_small_window(window: MainWindow, palette: CommandPalette) -> None:
    window.resize(900, 620)
    settle()
    assert window.rect().contains(palette.geometry())
    palette.hide()


def test_commands_do_not_run_twice_the_edit(palette: CommandPalette, session: Session, qtbot: QtBot) -> None:
    session.do(SetPlan("training", "batch", 8))
    enter(palette, qtbot, "undo change batch")
    assert session.project.training.batch == 32


def test_the_field_that_had_the_keyboard_may_be_gone(palette: CommandPalette, window: MainWindow, qtbot: QtBot) -> None:
    palette.hide()
    gone = QLineEdit(window)
    gone.show()
    gone.setFocus()
    palette.ask("")
    assert palette._before is gone
    delete(gone)
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
