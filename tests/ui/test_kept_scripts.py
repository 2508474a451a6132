"""Runs that are kept, written down as scripts that do them again: chosen in the table, brought back, or left before their end."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from playground.document.edits import SetPlan
from playground.errors import FileError
from playground.training import run_record
from playground.training.runs import Kept, kept
from playground.ui.compare.choice import Choice, choice_of
from playground.ui.main_window import MainWindow
from playground.ui.panels.runs import RunsPanel
from playground.ui.session import Session
from playground.ui.steering.journal_script import can_write, kept_script
from tests.examples.recipes import FOLDER
from tests.ui.conftest import settle

Loaded = Callable[[Session], None]
#: What is changed while each run trains: places of the training plan and values.
CHANGES = (("batch", 48, "optimizer.rate", 0.03125), ("optimizer.rate", 0.005, "clip", 1.5))


@pytest.fixture
def two(window: MainWindow, session: Session, loaded: Loaded, qtbot: QtBot) -> Choice:
    """Two runs with different journals, in the Compare layout."""
    window.resize(1440, 900)
    window.documents.open(FOLDER / "spiral_mlp.play")
    loaded(session)
    session.do(SetPlan("training", "epochs", 12))
    for changes in CHANGES:
        session.step_batch()
        qtbot.waitUntil(lambda: session.client.step >= 1 and session.run.state == "paused", timeout=20_000)
        for path, value in zip(changes[::2], changes[1::2], strict=True):
            before = len(session.client.journal())
            session.do(SetPlan("training", str(path), value))
            qtbot.waitUntil(lambda before=before: len(session.client.journal()) == before + 1, timeout=20_000)
        session.resume()
        qtbot.waitUntil(lambda: session.run.state == "finished", timeout=20_000)
    qtbot.waitUntil(lambda: [run.state for run in kept(session.shelf)] == ["done", "done"], timeout=10_000)
    window.show_layout("compare")
    settle()
    choice = choice_of(session)
    choice.refresh()
    return choice


def asked(monkeypatch: pytest.MonkeyPatch, path: Path) -> Path:
    """The file that a person chooses in the dialog."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    return path


def done_again(path: Path, text: str) -> subprocess.CompletedProcess[str]:
    """What a script says that is written there."""
    path.write_text(text)
    return subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, timeout=120, cwd=path.parent)


def test_the_older_of_two_runs_is_done_again_bit_for_bit(session: Session, two: Choice, tmp_path: Path) -> None:
    newer, older = two.runs
    assert [entry.kind for entry in older.journal] == ["start", "plan", "knob", "end"]
    assert [entry.after for entry in older.journal] != [entry.after for entry in newer.journal]
    assert older.sha256 != newer.sha256
    text = kept_script(session, older)
    assert older.sha256 in text
    done = done_again(tmp_path / "again.py", text)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("The same, bit for bit.")
    done = done_again(tmp_path / "again.py", text.replace("0.03125", "0.03126"))
    assert done.returncode == 1
    assert "another state came out" in done.stderr


def test_the_chosen_run_is_exported_from_the_menu_of_the_table(
    window: MainWindow, session: Session, two: Choice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (panel,) = window.findChildren(RunsPanel)
    made = window.actions_made["export_run_script"]
    panel.table.selectAll()
    assert not made.isEnabled()  # which one?
    row = next(row for row, run in enumerate(panel.table.runs.rows) if run.number == 1)
    panel.table.selectRow(row)
    assert made.isEnabled()
    menu = panel.menu_of_chosen()
    entries: dict[str, QAction] = {action.text(): action for action in menu.actions() if action.text()}
    assert list(entries) == ["Restore", "Star", "Export run 1 as script", "Delete"]
    path = asked(monkeypatch, tmp_path / "one.py")
    entries["Export run 1 as script"].trigger()
    assert path.read_text() == kept_script(session, two.runs[1])
    menu.close()


def test_the_script_of_a_run_that_was_brought_back_is_that_runs(
    window: MainWindow, session: Session, two: Choice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = two.runs[1]
    assert two.restore(older)
    assert can_write(session)
    path = asked(monkeypatch, tmp_path / "back.py")
    window.actions_made["export_script"].trigger()
    assert older.sha256 in path.read_text()
    assert path.read_text() == kept_script(session, older)


@contextlib.contextmanager
def rewritten(run: Kept) -> Iterator[dict[str, Any]]:
    """The record of a run, to change."""
    place = run.folder / run_record.NAME
    body = json.loads(place.read_text())
    yield body
    place.write_text(json.dumps(body))


def left(run: Kept) -> None:
    """As if the machine had gone down: the record knows no end."""
    with rewritten(run) as body:
        body["finished"] = None
        body["journal"] = [entry for entry in body["journal"] if entry["kind"] != "end"]


def test_a_run_without_an_end_is_done_again_up_to_its_last_checkpoint(session: Session, two: Choice, tmp_path: Path) -> None:
    older = two.runs[1]
    left(older)
    text = kept_script(session, older)
    assert older.sha256 in text
    done = done_again(tmp_path / "again.py", text)
    assert done.returncode == 0, done.stderr


def test_a_run_without_an_end_or_a_checkpoint_says_what_to_do(
    window: MainWindow, session: Session, two: Choice, qtbot: QtBot
) -> None:
    older = two.runs[1]
    left(older)
    (older.folder / run_record.LAST).unlink()
    with pytest.raises(FileError, match=r"Run 1 was left before its end.*Restore it and train it anew"):
        kept_script(session, older)
    two.compare([older.folder])
    with qtbot.waitSignals([session.message, session.offered], timeout=2_000):
        window.actions_made["export_run_script"].trigger()


def test_a_run_whose_beginning_is_gone_says_so(session: Session, two: Choice) -> None:
    older = two.runs[1]
    with rewritten(older) as body:
        body["journal"][0] |= {"what": "checkpoint", "before": "0" * 64, "after": "/nowhere/last.safetensors"}
    with pytest.raises(FileError, match=r"Run 1 began from /nowhere/last.safetensors, which is gone"):
        kept_script(session, older)
