"""Choices of an export in the window: the optimizer's state, raw or averaged weights."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from playground.document.edits import RenameNode
from playground.formats import npz_file
from playground.ui.dialogs.export import ExportDialog
from playground.ui.painting import width_of
from playground.ui.session import Session

from .conftest import settle
from .networks import moons, node, ready, train


def exported(dialog: ExportDialog, to: Path, qtbot: QtBot) -> npz_file.Contents:
    next(row for row in dialog.rows if row.format.id == "npz").click()
    dialog.path.setText(str(to))
    dialog.go.click()
    qtbot.waitUntil(lambda: not dialog.exporter.busy, timeout=90_000)
    settle()
    assert dialog.notice.level == "ok", dialog.notice.text.text()
    return npz_file.read(to)


def test_the_optimizer_s_state_goes_along_where_a_format_has_a_place_for_it(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    ready(session, moons(epochs=3), qtbot)
    train(session, qtbot)
    session.do(RenameNode(node(session, "dense1").id, "first"))
    dialog = ExportDialog(session)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.format.id == "onnx"
    assert not dialog.state.isEnabled()
    assert "no place" in dialog.state.toolTip()
    assert dialog.which.count() == 2
    assert re.fullmatch(r"step [\d,]+, Accuracy [\d.]+ %", dialog.strip.note), "figures as a person reads them, readouts left out"
    for row in dialog.rows:
        lines = math.ceil(width_of(row.brief, 11) / (row.width() - 46)) * 16
        assert row.height() >= 26 + lines, "what a format is can be read whole"
        assert row.brief.endswith("."), "what is left out of a sentence leaves its end"
        assert "(" not in row.brief
    next(row for row in dialog.rows if row.format.id == "npz").click()
    assert dialog.state.isEnabled()
    dialog.state.click()
    contents = exported(dialog, tmp_path / "w.npz", qtbot)
    state, kept = contents.optimizer(), session.client.optimizer_state()
    assert state is not None
    assert kept is not None
    assert (state.id, state.step, state.numbers) == ("adam", session.client.step, kept.numbers)
    assert contents.tensors().keys() == (session.weights() or {}).keys()
    for slot in ("mean", "square"):
        np.testing.assert_array_equal(contents.arrays[f"optimizer/first.weight/{slot}"], kept.slots[f"dense1.weight/{slot}"])
    dialog.state.click()
    assert exported(dialog, tmp_path / "bare.npz", qtbot).optimizer() is None
    dialog.close()


def test_weights_of_a_run_that_averages_are_a_choice(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    ready(session, moons(epochs=3, averaging="ema"), qtbot)
    train(session, qtbot)
    dialog = ExportDialog(session)
    qtbot.addWidget(dialog)
    dialog.show()
    words = [dialog.which.itemData(k) for k in range(dialog.which.count())]
    assert words[0] == "newest averaged"
    assert set(words) == {f"{which} {kind}" for which in ("newest", "best") for kind in ("averaged", "raw")}
    found = {}
    for averaged, word in ((True, "newest averaged"), (False, "newest raw")):
        dialog.which.setCurrentIndex(words.index(word))
        found[averaged] = exported(dialog, tmp_path / "w.npz", qtbot).tensors()
        for name, array in session.client.export_weights(averaged=averaged).items():
            np.testing.assert_array_equal(found[averaged][name], array)
    assert not np.array_equal(found[True]["dense1.weight"], found[False]["dense1.weight"])
    dialog.close()


def test_an_export_goes_on_while_the_window_changes_its_language(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    ready(session, moons(epochs=2), qtbot)
    train(session, qtbot)
    before = ExportDialog(session)
    qtbot.addWidget(before)
    before.show()
    next(row for row in before.rows if row.format.id == "npz").click()
    before.path.setText(str(tmp_path / "w.npz"))
    before.go.click()
    make = before.successor()
    before.close()
    after = make()
    qtbot.addWidget(after)
    assert isinstance(after, ExportDialog)
    after.show()
    assert after.exporter.busy
    assert not after.go.isEnabled()
    assert "w.npz" in after.notice.title.text()
    next(row for row in after.rows if row.format.id == "onnx").click()  # what is chosen meanwhile is not what ends
    qtbot.waitUntil(lambda: not after.exporter.busy, timeout=90_000)
    settle()
    assert after.notice.level == "ok"
    assert {row.format.id: row.state for row in after.rows if row.state} == {"npz": "check"}
    assert npz_file.read(tmp_path / "w.npz").tensors()
    after.close()
