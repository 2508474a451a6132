"""Files as a person lives with them: opened, saved elsewhere, changed behind one's back, open twice, lost in a crash."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.data.readers import places
from playground.document import picks
from playground.document.edits import AddNode, SetField, SetProject
from playground.document.file import load, save
from playground.document.project import Placeholder, Project
from playground.document.recent import recent_files
from playground.document.recovery import recoverable
from playground.paths import assets_dir
from playground.ui.dialogs.import_data import import_path
from playground.ui.dialogs.recovery_card import RecoveryCard
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import moons, train

ROWS = "a,b,kind\n" + "".join(f"{k},{k % 7},{'xy'[k % 2]}\n" for k in range(60))


@pytest.fixture(autouse=True)
def nothing_picked() -> Iterator[None]:
    """Files that one test picks are unknown to the next."""
    before = set(places._PICKED)
    yield
    places._PICKED.clear()
    places._PICKED.update(before)


@pytest.fixture
def told(session: Session) -> list[tuple[str, str]]:
    """(text, level) of every message."""
    heard: list[tuple[str, str]] = []
    session.message.connect(lambda text, level: heard.append((text, level)))
    return heard


def answer(monkeypatch: pytest.MonkeyPatch, *buttons: str) -> list[str]:
    """Press these buttons in the boxes that come; gives their texts."""
    asked: list[str] = []
    left = list(buttons)

    def exec_(box: QMessageBox) -> int:
        asked.append(f"{box.text()} {box.informativeText()}")
        wanted = left.pop(0)
        next(button for button in box.buttons() if button.text().replace("&", "") == wanted).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", exec_)
    return asked


def choose_to_save(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))


def test_a_project_that_is_called_as_its_file_follows_it_to_another(window, session, tmp_path, monkeypatch) -> None:
    proposed: list[str] = []

    def choose(path: Path) -> None:
        def ask(*given: Any) -> tuple[str, str]:
            proposed.append(Path(given[2]).name)
            return str(path), ""

        monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(ask))

    for name in ("first", "second"):
        choose(tmp_path / f"{name}.play")
        assert window.documents.save_as()
        assert session.title == name
    assert proposed == ["untitled.play", "first.play"]
    assert load(tmp_path / "first.play").project.name == "first"
    session.do(SetProject(name="My network"))
    assert window.documents.save()
    choose(tmp_path / "third.play")
    assert window.documents.save_as()
    assert session.title == "My network", "a name of its own stays"
    assert proposed[-1] == "second.play"


# Weights and runs


def test_an_opened_file_keeps_weights_and_runs(window: MainWindow, session: Session, tmp_path: Path) -> None:
    weights: dict[str, Any] = {"dense1.weight": np.ones((2, 8), np.float32)}
    save(moons(), tmp_path / "a.play", weights, {"first": {"epochs": 3}})
    assert window.documents.open(tmp_path / "a.play")
    session.do(AddNode(find("layer", "relu")()))
    assert window.documents.save()
    again = load(tmp_path / "a.play")
    assert again.weights is not None
    np.testing.assert_array_equal(again.weights["dense1.weight"], weights["dense1.weight"])
    assert again.runs == {"first": {"epochs": 3}}
    assert len(again.project.network.nodes) == len(moons().network.nodes) + 1


def test_after_training_the_trained_weights_are_saved(window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    save(moons(epochs=3), tmp_path / "a.play", {"dense1.weight": np.ones((2, 8), np.float32)})
    window.documents.open(tmp_path / "a.play")
    qtbot.waitUntil(lambda: session.ready, timeout=20_000)
    train(session, qtbot)
    assert session.modified
    assert window.bar.tab_corner.project.accessibleName().endswith(" • not saved")
    assert window.documents.save()
    assert not session.modified
    assert window.bar.tab_corner.project.accessibleName() == session.title
    kept, held = load(tmp_path / "a.play").weights, session.run.weights()
    assert kept is not None
    assert held is not None
    assert kept.keys() == held.keys()
    np.testing.assert_array_equal(kept["dense1.weight"], held["dense1.weight"])


def test_closing_while_training_asks_and_saves_the_weights(
    app: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session()
    window = MainWindow(session)
    window.show()
    save(moons(epochs=100_000), tmp_path / "a.play")
    window.documents.open(tmp_path / "a.play")
    qtbot.waitUntil(lambda: session.ready, timeout=20_000)
    session.train()
    qtbot.waitUntil(lambda: session.client.step > 10, timeout=120_000)
    asked = answer(monkeypatch, "Cancel", "Save")
    assert not window.close()
    assert session.run.state == "running"
    assert "Training is still going on" in asked[0]
    assert "weights trained to step" in asked[0]
    assert window.close()
    settle()
    session.deleteLater()
    assert load(tmp_path / "a.play").weights


# Other hands on the file


def test_a_file_changed_by_another_program_is_not_overwritten(
    window: MainWindow, session: Session, tmp_path: Path, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.play"
    save(moons(), path)
    window.documents.open(path)
    save(Project(name="theirs"), path)
    session.do(AddNode(find("layer", "relu")()))
    assert not window.documents.save()
    assert told[-1][1] == "error"
    assert "Save under another name" in told[-1][0]
    assert load(path).project.name == "theirs"
    assert session.modified
    choose_to_save(monkeypatch, tmp_path / "mine.play")
    assert window.documents.save_as()
    assert len(load(tmp_path / "mine.play").project.network.nodes) == len(moons().network.nodes) + 1
    assert recent_files()[0] == tmp_path / "mine.play"


def test_a_name_without_its_ending_replaces_no_file_unasked(
    window: MainWindow, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(Project(name="theirs"), tmp_path / "a.play")
    session.do(AddNode(find("layer", "relu")()))
    choose_to_save(monkeypatch, tmp_path / "a")  # Qt has asked about "a", which is not there
    asked = answer(monkeypatch, "Cancel", "Replace")
    assert not window.documents.save_as()
    assert load(tmp_path / "a.play").project.name == "theirs"
    assert "Replace a.play?" in asked[0]
    assert window.documents.save_as()
    assert len(load(tmp_path / "a.play").project.network.nodes) == 1
    choose_to_save(monkeypatch, tmp_path / "b v1.5")
    assert window.documents.save_as()
    assert (tmp_path / "b v1.5.play").is_file()


def test_what_is_made_of_an_example_goes_elsewhere_and_has_a_name_of_its_own(
    window: MainWindow, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    proposed: list[str] = []

    def choose(_: QWidget, __: str, place: str, ___: str) -> tuple[str, str]:
        proposed.append(place)
        return str(tmp_path / "meine Spirale.play"), ""

    assert window.documents.open(assets_dir() / "examples" / "spiral_mlp.play")
    assert session.title == "Spiral"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(choose))
    assert window.documents.save()
    assert proposed == [str(tmp_path / "Spiral.play")]
    assert load(tmp_path / "meine Spirale.play").project.name == session.title == "meine Spirale"


def test_a_place_that_takes_no_file_leads_to_another_one(
    window: MainWindow, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.do(AddNode(find("layer", "relu")()))
    choose_to_save(monkeypatch, tmp_path / "nowhere" / "a.play")
    before, folder = session.project, session.folder
    assert not window.documents.save_as()
    assert "Choose another place" in window.notices.text
    assert (session.project, session.folder) == (before, folder), "it is neither renamed nor moved"
    choose_to_save(monkeypatch, tmp_path / "a.play")
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    assert (tmp_path / "a.play").is_file()
    assert not session.modified


def test_names_stand_in_menus_as_they_are(window: MainWindow, session: Session, tmp_path: Path) -> None:
    save(Project(name="R&D"), tmp_path / "R&D.play")
    assert window.documents.open(tmp_path / "R&D.play")
    window.bar.recent.aboutToShow.emit()
    assert window.bar.recent.actions()[0].text() == "R&&D"
    session.do(SetProject(name="Q&A"))
    window.refresh()
    assert "Q&&A" in window.actions_made["undo"].text()
    assert "Q&A" in window.tools.buttons["undo"].toolTip()


HOLDER = """
import sys
from pathlib import Path
from playground.document.recovery import Autosaver
from playground.document.file import load
from playground.document.edits import History, SetProject
saver = Autosaver(Path(sys.argv[1]))
history = History(load(sys.argv[1]).project)
history.do(SetProject(name="edited"))
saver.changed(history.project, *history.steps(9))
saver.write()
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another window, as a process that has a.play open with unsaved edits."""
    save(moons(), tmp_path / "a.play")
    made = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "a.play")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert made.stdout is not None
    assert made.stdout.readline() == "open\n"
    yield made
    made.kill()
    made.communicate()


def test_a_file_that_is_open_in_another_window_opens_as_a_copy(
    window: MainWindow, session: Session, tmp_path: Path, holder: subprocess.Popen[str], told: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = (tmp_path / "a.play").read_bytes()
    assert window.documents.open(tmp_path / "a.play")
    assert "open in another window" in told[-1][0]
    assert session.path is None
    session.do(AddNode(find("layer", "relu")()))
    choose_to_save(monkeypatch, tmp_path / "copy.play")
    assert window.documents.save()
    assert (tmp_path / "a.play").read_bytes() == before
    assert (tmp_path / "copy.play").exists()


# After a crash


@pytest.mark.parametrize("button", ["restore", "discard", "both", "later"])
def test_after_a_crash_the_person_chooses(
    window: MainWindow, session: Session, tmp_path: Path, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch, button: str,
    qtbot: QtBot,
) -> None:  # fmt: skip
    path = tmp_path / "a.play"
    save(moons(), path, {"dense1.weight": np.ones((2, 8), np.float32)})
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    card = shown_finds(window, qtbot)[0]
    assert "newer than its file" in card.text.text()
    assert card.buttons["discard"].text() == "Keep saved"
    if button != "later":
        QTest.mouseClick(card.buttons[button], Qt.MouseButton.LeftButton)
    if button == "restore":
        assert not window.start.isVisible()
        assert session.project.name == "edited"
        assert session.path == path
        assert session.modified
        assert session.file_sets
        window.actions_made["undo"].trigger()
        assert session.project.name == moons().name
        window.actions_made["redo"].trigger()
        assert window.documents.save()
        assert load(path).project.name == "edited"
        assert load(path).weights
        assert not list((tmp_path / "home").rglob("recovery/*.play"))
    elif button == "both":
        assert load(tmp_path / "a (recovered).play").project.name == "edited"
    assert load(path).project.name == ("edited" if button == "restore" else moons().name)
    assert bool(recoverable()) == (button == "later")
    if button not in ("restore", "later"):
        assert not window.start.finds


def shown_finds(window: MainWindow, qtbot: QtBot) -> list[RecoveryCard]:
    """The cards of unsaved work on the start page."""
    window.show_start()
    qtbot.waitUntil(lambda: bool(window.start.finds), timeout=5000)
    return window.start.finds


def test_several_finds_are_offered_in_turn_and_a_damaged_one_is_told(
    window: MainWindow, session: Session, tmp_path: Path, fresh_home: Path, qtbot: QtBot
) -> None:
    from playground.document.recovery import recovery_folder

    recovery_folder().mkdir(parents=True)
    for name in ("one", "two"):
        save(dataclasses.replace(moons(), name=name), recovery_folder() / f"{name}.play")
    (recovery_folder() / "bad.play").write_bytes(b"PK nonsense")
    told: list[str] = []
    for _ in range(3):
        card = shown_finds(window, qtbot)[0]
        told.append(card.text.text())
        assert ("restore" in card.buttons) == ("damaged" not in told[-1])
        QTest.mouseClick(card.buttons["discard"], Qt.MouseButton.LeftButton)
    assert any("damaged" in text for text in told)
    assert not window.start.finds
    assert not list(recovery_folder().glob("*.play"))


def test_with_a_file_on_the_command_line_the_find_is_told_with_its_next_step(
    window: MainWindow, session: Session, fresh_home: Path, qtbot: QtBot
) -> None:
    from playground.document.recovery import recovery_folder

    window.tell_of_finds()
    assert not window.notices.isVisible()
    recovery_folder().mkdir(parents=True)
    save(dataclasses.replace(moons(), name="one"), recovery_folder() / "one.play")
    window.tell_of_finds()
    assert "one" in window.notices.text
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.start is not None and bool(window.start.finds), timeout=5000)


# Data beside the project


def test_data_stays_the_same_when_the_project_is_saved_elsewhere(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (here / "rows.csv").write_text(ROWS)
    save(Project(), here / "a.play")
    window.documents.open(here / "a.play")
    assert import_path(session, here / "rows.csv")
    node = session.project.network.of_kind("dataset")[0]
    assert node.spec.path == "rows.csv"
    session.do(SetField(node.id, "target", "kind"))
    qtbot.waitUntil(lambda: session.samples is not None, timeout=20_000)
    choose_to_save(monkeypatch, there / "b.play")
    assert window.documents.save_as()
    moved = load(there / "b.play").project.network.of_kind("dataset")[0].spec
    assert moved.path == str(here / "rows.csv")
    places._PICKED.clear()  # as in a new process
    picks.recall()
    session.new()
    assert window.documents.open(there / "b.play")
    qtbot.waitUntil(lambda: session.samples is not None or bool(session.samples_error), timeout=20_000)
    assert session.samples is not None, session.samples_error
    assert session.samples.count == 60
    choose_to_save(monkeypatch, here / "back.play")
    assert window.documents.save_as()
    assert load(here / "back.play").project.network.of_kind("dataset")[0].spec.path == "rows.csv"


def test_a_strangers_project_reads_nothing_outside_its_folder(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(ROWS)
    (tmp_path / "theirs").mkdir()
    project = AddNode(find("dataset", "table")(path=str(secret), target="kind")).apply(Project())
    save(project, tmp_path / "theirs" / "p.play")
    window.documents.open(tmp_path / "theirs" / "p.play")
    qtbot.waitUntil(lambda: bool(session.samples_error), timeout=20_000)
    assert session.samples is None
    assert "outside the project's folder" in session.samples_error
    assert session.save(tmp_path / "theirs" / "q.play")
    assert places._PICKED.isdisjoint({secret})


# What comes from elsewhere


def test_a_project_without_places_is_laid_out_and_not_changed(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    project = moons()
    nodes = tuple(dataclasses.replace(node, position=(0.0, 0.0)) for node in project.network.nodes)
    project = dataclasses.replace(project, network=dataclasses.replace(project.network, nodes=nodes))
    save(project, tmp_path / "a.play")
    window.documents.open(tmp_path / "a.play")
    qtbot.waitUntil(lambda: len({node.position for node in session.project.network.nodes}) == len(nodes), timeout=20_000)
    settle()
    assert not session.modified
    assert not session.history.can_undo
    items = list(window.canvas.canvas.nodes.values())
    bodies = [item.body().translated(item.pos()) for item in items]
    assert not any(a.intersects(b) for k, a in enumerate(bodies) for b in bodies[k + 1 :])


def test_parts_of_a_later_version_are_shown_and_kept(
    window: MainWindow, session: Session, tmp_path: Path, loaded: Callable[[Session], None]
) -> None:
    project = moons()
    later = Placeholder(
        kind="initializer", id="orthogonal9", raw='{"fields":{},"id":"orthogonal9","kind":"initializer","version":1}'
    )
    dense = next(node for node in project.network.nodes if node.spec.id == "dense")
    part = next(name for name in ("initializer", "weight_init", "start", "init") if hasattr(dense.spec, name))
    project = SetField(dense.id, part, later).apply(project)
    layer = Placeholder(kind="layer", id="warp9", raw='{"fields":{"k":3},"id":"warp9","kind":"layer","version":1}')
    tanh = next(node for node in project.network.nodes if node.spec.id == "tanh")
    nodes = tuple(dataclasses.replace(n, spec=layer) if n.id == tanh.id else n for n in project.network.nodes)
    project = dataclasses.replace(project, network=dataclasses.replace(project.network, nodes=nodes))
    save(project, tmp_path / "later.play")
    window.documents.open(tmp_path / "later.play")
    loaded(session)
    for node in session.project.network.nodes:
        session.select((node.id,))
        settle()
    window.show_layout("train")
    settle()
    session.do(AddNode(find("layer", "relu")()))
    session.undo()
    assert window.documents.save()
    assert load(tmp_path / "later.play").project == project


@pytest.mark.parametrize("by_button", [True, False])
def test_what_is_left_of_a_damaged_file_can_be_saved_at_once(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_button: bool
) -> None:
    path, whole = tmp_path / "cut.play", tmp_path / "whole.play"
    save(moons(), path)
    window.documents.open(path)
    assert not window.notices.button.isVisible(), "nothing is amiss with a file that is whole"
    path.write_bytes(path.read_bytes()[:-30])
    window.documents.open(path)
    settle()
    told = window.notices.text
    assert told.startswith("The file is damaged or was cut short.")
    assert window.notices.button.text() == "Save as…"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(whole), "")))
    if by_button:
        QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
        assert load(whole).problems == ()
        assert window.session.path == whole
    else:
        window.save()
        assert load(path).problems == ()
    assert window.notices.text != told or not window.notices.isVisible(), "what is mended is not told any more"
    window.session.history.mark_saved()
