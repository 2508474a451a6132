"""Files dropped on the window, and files of data that are opened as if they were projects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import playground as pg
from playground.document.edits import AddNote
from playground.document.file import save
from playground.document.project import Project
from playground.ui.dialogs.import_data import start_from
from playground.ui.main_window import MainWindow
from playground.ui.session import Session

from .networks import moons, ready
from .synthetic import deliver


def files(*paths: Path) -> QMimeData:
    made = QMimeData()
    made.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return made


@pytest.fixture
def trained(tmp_path: Path) -> pg.Project:
    """The two moons after an epoch in Python."""
    save(moons(), tmp_path / "moons.play")
    project = pg.Project.load(tmp_path / "moons.play")
    project.train(epochs=1)
    return project


def takes(session: Session, trained: pg.Project, qtbot: QtBot) -> None:
    """Wait until the session has the weights that were trained elsewhere."""
    qtbot.waitUntil(lambda: session.weights_taken, timeout=60_000)
    found = session.weights()
    assert found is not None
    for name, value in trained.weights.items():
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("start", [False, True])
def test_data_dropped_on_the_window_is_offered_as_data(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path, start: bool
) -> None:
    table = tmp_path / "flowers.csv"
    table.write_text("width,kind\n" + "".join(f"{k / 7:.3f},{'ab'[k % 2]}\n" for k in range(40)), encoding="utf-8")
    if start:
        window.show_start()
    target = window.start if start else window.canvas.viewport()
    assert target is not None
    before = session.project
    assert deliver(target, files(table), target.rect().center())
    qtbot.waitUntil(window.notices.isVisible)
    assert window.notices.text == "flowers.csv is no project. It can be the data of one."
    assert session.project is before
    assert window.notices.button.text() == "Start from this data"
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    (source,) = session.project.network.of_kind("dataset")
    assert source.spec.id == "table"
    assert not window.at_start
    qtbot.waitUntil(lambda: session.samples is not None and session.samples.count == 40, timeout=20_000)
    session.undo()
    assert session.project == before


def test_a_project_dropped_on_the_window_is_opened(window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    save(moons(), tmp_path / "two moons.play")
    assert deliver(window.canvas.viewport(), files(tmp_path / "two moons.play"), window.canvas.rect().center())
    qtbot.waitUntil(lambda: session.path == tmp_path / "two moons.play")


@pytest.mark.parametrize("ending", [".safetensors", ".onnx", ".npz"])
def test_weights_opened_as_a_project_are_offered_to_the_network(window, session, qtbot, tmp_path, trained, ending) -> None:
    path = tmp_path / f"weights{ending}"
    trained.export(path)
    ready(session, moons(), qtbot)
    assert not window.documents.open(path)
    assert window.notices.text == f"weights{ending} holds weights and is no project. They can go into the network that is open."
    assert window.notices.button.text() == "Import weights…"
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    takes(session, trained, qtbot)


@pytest.mark.parametrize("bare", [False, True])
def test_weights_chosen_as_data_are_offered_to_the_network(window, session, qtbot, tmp_path, trained, bare) -> None:
    """As the program's own export writes them, and as arrays by the names of the layers."""
    path = tmp_path / "weights.npz"
    if bare:
        np.savez(path, **trained.weights)
    else:
        trained.export(path)
    ready(session, moons(), qtbot)
    before = session.project
    start_from(session, window, path)
    assert window.notices.text == "weights.npz holds weights and no data. They can go into the network that is open."
    assert window.notices.button.text() == "Import weights…"
    told = []
    session.message.connect(lambda text, level: told.append(str(text)))
    QTest.mouseClick(window.notices.button, Qt.MouseButton.LeftButton)
    takes(session, trained, qtbot)
    assert session.project == before
    assert any("weights.npz does not say how its data was scaled" in text for text in told) == bare


@pytest.mark.parametrize("names", [("x", "y"), ("features", "kinds"), ("train.x", "train.y")])
def test_arrays_of_data_stay_data(window, session, qtbot, tmp_path, names) -> None:
    path = tmp_path / "arrays.npz"
    np.savez(path, **dict(zip(names, (np.ones((4, 2)), np.arange(4) % 2), strict=True)))
    ready(session, moons(), qtbot)
    assert not window.documents.open(path)
    assert window.notices.button.text() == "Start from this data"


def test_exported_weights_without_a_network_lead_to_another_file(window, session, tmp_path, trained) -> None:
    trained.export(tmp_path / "weights.npz")
    session.new()
    start_from(session, window, tmp_path / "weights.npz")
    assert window.notices.button.text() == "Choose another file"


def test_weights_without_a_network_lead_to_another_file(window, session, tmp_path) -> None:
    (tmp_path / "some.onnx").write_bytes(b"x")
    session.new()
    assert not window.documents.open(tmp_path / "some.onnx")
    assert window.notices.button.text() == "Choose another file"


@pytest.mark.parametrize("classes", [False, True])
def test_one_picture_is_refused_in_words_before_anything_is_asked(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path, classes: bool
) -> None:
    session.do(AddNote("unsaved", (0.0, 0.0)))
    picture = tmp_path / "animals" / "cat" / "0.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"\x89PNG")
    if classes:
        (tmp_path / "animals" / "dog").mkdir()
        (tmp_path / "animals" / "dog" / "1.jpg").write_bytes(b"")
    assert deliver(window.canvas.viewport(), files(picture), window.canvas.rect().center())
    qtbot.waitUntil(window.notices.isVisible)
    assert window.notices.text.startswith("0.png is one picture.")
    assert window.notices.button.text() == ("Start from animals" if classes else "Choose another file")


def test_several_files_are_refused_in_words(window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    assert deliver(window.canvas.viewport(), files(tmp_path / "a.csv", tmp_path / "b.csv"), window.canvas.rect().center())
    qtbot.waitUntil(window.notices.isVisible)
    assert window.notices.text.startswith("Drop one file at a time")
    assert window.notices.button.text() == "Choose a file"
    assert session.project == Project()


def test_what_is_no_file_is_not_taken(window: MainWindow, session: Session, tmp_path: Path) -> None:
    words = QMimeData()
    words.setText("a,b\n1,2\n")
    far = QMimeData()
    far.setUrls([QUrl("https://example.org/a.csv")])
    mixed = files(tmp_path / "a.csv")
    mixed.setUrls([*mixed.urls(), *far.urls()])
    for mime in (words, far, mixed):
        assert not deliver(window.canvas.viewport(), mime, window.canvas.rect().center())
    assert session.project == Project()
