"""Bad input from the window: each gets a sentence with a next step, and nothing that was there is lost."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.document.edits import AddNode, RenameNode, SetField
from playground.document.file import load, save
from playground.document.project import Project
from playground.ui.dialogs.export import ExportDialog
from playground.ui.dialogs.import_data import import_path
from playground.ui.inspector.editors import NumberEditor
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import moons, node, ready, train


def broken_files(folder: Path) -> dict[str, bytes]:
    """Contents that are no project, or no longer one."""
    save(moons(), folder / "good.play", {"dense1.weight": np.ones((2, 8), np.float32)})
    good = (folder / "good.play").read_bytes()
    with zipfile.ZipFile(folder / "other.zip", "w") as other:
        other.writestr("readme.txt", "a zip file of something else")
    return {
        "empty": b"", "text": b"Dear diary,\n" * 20, "half": good[: len(good) // 2], "zip": (folder / "other.zip").read_bytes(),
        "flipped": bytes(byte ^ 255 if 40 < k < 190 else byte for k, byte in enumerate(good)),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["empty", "text", "half", "zip", "flipped"])
@pytest.mark.parametrize("start", [True, False])
def test_a_file_that_is_no_project_is_refused_in_words(
    window: MainWindow, session: Session, tmp_path: Path, kind: str, start: bool
) -> None:
    if start:
        window.show_start()
    else:
        session.do(AddNode(find("layer", "relu")()))
    before = session.project
    path = tmp_path / f"{kind}.play"
    path.write_bytes(broken_files(tmp_path)[kind])
    session.history.mark_saved()
    assert not window.documents.open(path)
    settle()
    assert session.project is before
    assert window.notices.isVisible()
    assert not window.notices.visibleRegion().isEmpty()
    text = window.notices.text
    assert path.name in text
    assert len(text) <= 300
    assert text.endswith(".")
    assert "Traceback" not in text
    if start:
        assert window.start is not None
        assert window.start.isVisible()


def test_a_file_that_is_not_there_is_refused_in_words(window: MainWindow, session: Session, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for path in (tmp_path / "gone.play", empty):
        assert not window.documents.open(path)
        assert "Choose another" in window.notices.text


@pytest.mark.parametrize("typed", ["1e999", "9" * 400, "-5", "nan", "inf", "", "sixteen", "1.5", "0x10", "１７", "1_000", "²"])
def test_a_number_that_is_none_is_marked_and_changes_nothing(window: MainWindow, session: Session, typed: str) -> None:
    made = AddNode(find("layer", "dense")(units=16))
    session.do(made)
    session.select((made.id,))
    settle()
    editor = next(each for each in window.findChildren(NumberEditor) if each.name == "units" and each.isVisible())
    editor.text.setFocus()
    editor.text.selectAll()
    editor.text.insert(typed)  # as from the clipboard: QTest has no keys for other scripts
    QTest.keyClick(editor.text, Qt.Key.Key_Return)
    settle()
    units = node(session, made.made(Project()).name).spec.units
    if units != 16:
        assert units == int(typed), "what is taken is what was typed"
    else:
        assert editor.error
        assert "1" in editor.error
        assert editor.note.isVisible()


def test_a_network_beyond_the_memory_is_refused_before_it_starts(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    dense = node(session, "dense1")
    units = type(dense.spec).__dataclass_fields__["units"].metadata["field"].high
    session.do(SetField(dense.id, "units", int(min(units, 2**31 - 1))))
    second = node(session, "dense2")
    session.do(SetField(second.id, "units", int(min(units, 2**31 - 1))))
    settle()
    window.toggle_training()
    qtbot.waitUntil(lambda: not session.ready or session.run.state == "failed", timeout=30_000)
    words = [problem.text for problem in session.problems if problem.severity == "error"] or [session.client.text]
    assert words[0].endswith(".")


BAD_ROWS = 'a,b,kind\n1,2,x\n3,n/a,y\n4,5\n"6,7,x\n8,1e999,y\n9,10,x\n'


def test_bad_rows_are_listed_and_never_changed_silently(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    from playground.ui.panels.data import DataPanel

    (tmp_path / "rows.csv").write_text(BAD_ROWS)
    assert import_path(session, tmp_path / "rows.csv")
    source = session.project.network.of_kind("dataset")[0]
    session.do(SetField(source.id, "target", "kind"))
    window.show_panel("data")
    qtbot.waitUntil(lambda: session.samples is not None or bool(session.samples_error), timeout=20_000)
    settle()
    words = session.samples_error or " ".join(session.samples.notes if session.samples is not None else ())
    assert any(word in words.casefold() for word in ("row", "line")), words
    panel = window.layouts.docks["data"].made
    assert isinstance(panel, DataPanel)


@pytest.mark.parametrize("content", [b"", b"\0\1\2\3" * 50, b"a,b\n", "ä,ö\n1,2\n".encode("utf-16")])
def test_a_table_that_cannot_be_read_says_so(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot, content: bytes
) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    import_path(session, tmp_path / "rows.csv")
    qtbot.waitUntil(lambda: session.samples is not None or bool(session.samples_error), timeout=20_000)
    settle()
    if session.samples is None:
        assert session.samples_error.endswith(".")
        assert not session.ready
        assert not window.actions_made["train"].isEnabled()
        assert "problem" in window.status.left()[0].text
        assert any(problem.text == session.samples_error and problem.node for problem in session.problems)


def test_a_file_of_no_known_kind_is_refused_in_words(window: MainWindow, session: Session, tmp_path: Path) -> None:
    (tmp_path / "notes.docx").write_bytes(b"PK")
    assert not import_path(session, tmp_path / "notes.docx")
    assert "notes.docx" in window.notices.text
    assert ".csv" in window.notices.text


def test_export_before_training_says_what_to_do(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    assert window.actions_made["export"].isEnabled()
    window.actions_made["export"].trigger()
    dialog = next(each for each in window.findChildren(ExportDialog))
    assert not dialog.go.isEnabled()
    assert "Train first" in dialog.notice.text.text()
    dialog.close()
    settle()


def test_export_and_save_after_a_rename_fit_the_network(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    ready(session, moons(epochs=3), qtbot)
    train(session, qtbot)
    session.do(RenameNode(node(session, "dense1").id, "hidden"))
    held = session.weights()
    assert held is not None
    assert {"hidden.weight", "dense2.weight"} <= held.keys()
    assert session.save(tmp_path / "a.play")
    kept = load(tmp_path / "a.play").weights
    assert kept is not None
    assert kept.keys() == held.keys()
    session.do(RenameNode(node(session, "hidden").id, "first"))
    assert session.save(tmp_path / "a.play")
    kept = load(tmp_path / "a.play").weights
    assert kept is not None
    assert "first.weight" in kept
    session.new()
    window.documents.open(tmp_path / "a.play")
    session.do(RenameNode(node(session, "first").id, "again"))
    held = session.weights()
    assert held is not None
    assert "again.weight" in held


def test_export_where_nothing_can_be_written_says_so(window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    ready(session, moons(epochs=2), qtbot)
    train(session, qtbot)
    dialog = ExportDialog(session, window)
    dialog.show()
    row = dialog.rows[0]
    row.click()
    dialog.path.setText(str(tmp_path / "no" / "such" / f"folder{row.format.suffix}"))
    ended: list[object] = []
    dialog.exporter.finished.connect(ended.append)
    dialog.export()
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    assert "folder" in dialog.notice.text.text()
    assert dialog.go.isEnabled()
    dialog.close()
    settle()


def test_a_save_that_fails_leaves_the_project_unsaved(
    window: MainWindow, session: Session, tmp_path: Path, loaded: Callable[[Session], None]
) -> None:
    session.do(AddNode(find("layer", "relu")()))
    assert not session.save(tmp_path / "no" / "folder" / "a.play")
    assert session.modified
    assert window.notices.isVisible()
    assert str(tmp_path / "no" / "folder") in window.notices.text


def test_pasting_something_else_says_so(window: MainWindow, session: Session) -> None:
    from PySide6.QtGui import QGuiApplication

    for text in ("", "hello", "{}", '{"kind": "network"}', "[" * 100_000, "\ud800"):
        QGuiApplication.clipboard().setText(text.encode("utf-8", "replace").decode())
        window.canvas.commands.paste()
        assert window.notices.isVisible()
        assert len(window.notices.text) <= 300
        assert not session.project.network.nodes
