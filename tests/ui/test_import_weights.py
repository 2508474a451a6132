"""Weights from a file, through the window: taken over after the comparison, refused in words, saved with the project."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

import playground as pg
from playground.document.file import load
from playground.ui.dialogs.import_weights import WeightImporter
from playground.ui.main_window import MainWindow
from playground.ui.session import Session


@pytest.fixture
def project(tmp_path: Path) -> pg.Project:
    made = pg.Project.chain(
        pg.dataset("iris"), pg.layer("dense", units=8), pg.layer("tanh"), pg.layer("dense", units=3), name="iris", epochs=2
    )
    made.train()
    return made


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))


def imported(window: MainWindow, session: Session, qtbot: QtBot) -> list[tuple[str, str]]:
    """Trigger the action and wait; the messages that came."""
    told: list[tuple[str, str]] = []
    session.message.connect(lambda text, level: told.append((level, text)))
    window.actions_made["import_weights"].trigger()
    importer = window.findChild(WeightImporter)
    assert isinstance(importer, WeightImporter)
    qtbot.waitUntil(lambda: not importer.busy, timeout=90_000)
    return told


@pytest.mark.parametrize("ending", ["onnx", "safetensors", "npz"])
def test_weights_are_taken_and_saved(
    window: MainWindow, session: Session, qtbot: QtBot, project: pg.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:  # fmt: skip
    project.export(tmp_path / f"net.{ending}")
    pg.Project(project.record).save(tmp_path / "bare.play")
    assert session.open(tmp_path / "bare.play")
    assert not session.modified
    choose(monkeypatch, tmp_path / f"net.{ending}")
    told = imported(window, session, qtbot)
    assert [level for level, _ in told] == ["info", "info"], told
    assert "largest difference" in told[-1][1]
    assert session.modified
    assert session.save(tmp_path / "bare.play")
    assert not session.modified
    kept = load(tmp_path / "bare.play").weights
    assert kept is not None
    assert project.weights is not None
    for name, array in project.weights.items():
        np.testing.assert_array_equal(kept[name], array)


def test_a_file_of_another_network_changes_nothing(
    window: MainWindow, session: Session, qtbot: QtBot, project: pg.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.export(tmp_path / "net.onnx")
    other = pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=5), pg.layer("dense", units=3), name="other")
    other.save(tmp_path / "other.play")
    assert session.open(tmp_path / "other.play")
    choose(monkeypatch, tmp_path / "net.onnx")
    told = imported(window, session, qtbot)
    assert told[-1][0] == "error"
    assert "must have the shape (4, 5)" in told[-1][1]
    assert session.weights() is None
    assert not session.modified


def test_another_project_gets_none_of_what_was_read_for_the_one_before(
    window: MainWindow, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its nodes have the same names and sizes, so that nothing else would refuse them."""
    (tmp_path / "net.safetensors").write_bytes(b"never read")
    for name in ("one", "two"):
        pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=3), name=name).save(tmp_path / f"{name}.play")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert session.open(tmp_path / "one.play")
    choose(monkeypatch, tmp_path / "net.safetensors")
    told: list[str] = []
    session.message.connect(lambda text, level: told.append(text))
    window.actions_made["import_weights"].trigger()
    importer = window.findChild(WeightImporter)
    assert isinstance(importer, WeightImporter)
    assert importer.busy
    assert session.open(tmp_path / "two.play")
    assert not importer.busy
    assert "Stopped. Nothing was changed." in told
    assert not list(tmp_path.glob("playground-aside-*"))
    assert session.weights() is None


def test_a_run_that_is_not_saved_is_asked_about(window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(box: QMessageBox) -> int:
        asked.append(box.text())
        return 0

    monkeypatch.setattr(QMessageBox, "exec", answer)
    monkeypatch.setattr(Session, "trained", property(lambda _: True))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: pytest.fail("no file may be asked for"))
    window.open_dialog("import_weights")
    assert asked == ["Replace the weights of the run?"]
