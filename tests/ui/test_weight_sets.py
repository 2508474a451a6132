"""Raw and averaged weights after a project is opened again: the same switch, the same numbers as in the run that made them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from playground.document.edits import SetPlan
from playground.document.file import load, save
from playground.document.weight_sets import AVERAGED, BEST, RAW, WeightSets
from playground.ui.answering import Answering
from playground.ui.dialogs.export import ExportDialog
from playground.ui.inspector.editors import ChoiceEditor
from playground.ui.inspector.following import follow_knobs
from playground.ui.main_window import MainWindow
from playground.ui.panels.output import OutputPanel
from playground.ui.panels.training import TrainingPanel
from playground.ui.session import Session

from .conftest import settle
from .networks import chain, epoch, moons, ready, train
from .test_paint import Loaded


@pytest.fixture
def fresh(app: object) -> Iterator[MainWindow]:
    """A window of its own, on a session of its own."""
    session = Session()
    made = MainWindow(session)
    made.resize(1440, 900)
    made.show()
    settle()
    yield made
    made.autosave.close()
    made.hide()
    made.deleteLater()
    session.close()
    session.deleteLater()
    settle()


def switch(panel: TrainingPanel, word: str) -> None:
    """Choose in the row "Evaluate with" as a person does."""
    editor = panel.form.rows["evaluate_with"].editor
    assert isinstance(editor, ChoiceEditor)
    at = editor.combo.findData(word)
    editor.combo.setCurrentIndex(at)
    editor.combo.activated.emit(at)


def only(window: QWidget, kind: type) -> QWidget:
    found = window.findChildren(kind)
    assert len(found) == 1
    return found[0]


def surfaces_of_run(session: Session, qtbot: QtBot) -> dict[str, np.ndarray]:
    """What the worker draws of the paused run while it evaluates with either kind; with the averaged ones in the end."""
    drawn: dict[str, np.ndarray] = {}
    last: np.ndarray | None = None

    def drew() -> bool:
        found = session.client.grid()
        return found is not None and found.step == session.client.step and not np.array_equal(found.response, last)

    for word in ("averaged", "raw", "averaged"):
        session.do(SetPlan("training", "evaluate_with", word))
        qtbot.waitUntil(drew, timeout=30_000)
        last = np.array(session.client.grid().response)
        assert np.array_equal(drawn.setdefault(word, last), last)
    return drawn


def test_a_saved_run_is_evaluated_with_either_kind_as_it_was(
    session: Session, fresh: MainWindow, qtbot: QtBot, tmp_path: Path, loaded: Loaded
) -> None:
    path = tmp_path / "a.play"
    ready(session, moons(epochs=50, averaging="ema", average_decay=0.9), qtbot)
    follow_knobs(session)
    session.step_batch()
    begun = {RAW, AVERAGED}  # no epoch is over, so none is the best
    qtbot.waitUntil(lambda: session.run.state == "paused" and session.weight_sets().sets.keys() == begun, timeout=30_000)
    epoch(session, qtbot)
    kept = {word: session.client.export_weights(averaged=word == "averaged") for word in ("averaged", "raw")}
    np.testing.assert_array_equal(session.weight_sets().get(BEST)["dense1.weight"], kept["averaged"]["dense1.weight"])
    drawn = surfaces_of_run(session, qtbot)
    assert np.abs(drawn["averaged"] - drawn["raw"]).max() > 1e-3
    assert session.save(path)

    other = fresh.session
    fresh.documents.open(path)
    loaded(other)
    fresh.show_layout("train")
    fresh.show_panel("output")
    fresh.show_panel("training")
    settle()
    panel, output = only(fresh, TrainingPanel), only(fresh, OutputPanel)
    answering = Answering(other)
    for word in ("averaged", "raw", "averaged"):
        switch(panel, word)
        settle()
        assert other.project.training.evaluate_with == word
        for held in (other.weights(), answering.weights(), fresh.canvas.feed._weights()):
            assert {name: array.tobytes() for name, array in held.items()} == {
                name: array.tobytes() for name, array in kept[word].items()
            }
        np.testing.assert_allclose(output.surface.response, drawn[word], atol=1e-4)
    dialog = ExportDialog(other)
    qtbot.addWidget(dialog)
    words = [(dialog.which.itemText(k), dialog.which.itemData(k)) for k in range(dialog.which.count())]
    assert words[:2] == [("Saved with the project, averaged", "file averaged"), ("Saved with the project, raw", "file raw")]
    for k, word in enumerate(("averaged", "raw")):
        dialog.which.setCurrentIndex(k)
        np.testing.assert_array_equal(dialog.weights()["dense1.weight"], kept[word]["dense1.weight"])
    dialog.close()
    assert other.save(path)
    again = load(path).sets
    for word, name in (("averaged", AVERAGED), ("raw", RAW)):
        np.testing.assert_array_equal(again.get(name)["dense1.weight"], kept[word]["dense1.weight"])


@pytest.mark.parametrize(
    ("data", "settings", "units", "loss"),
    [
        ("moons", {}, 1, "binary_cross_entropy"),
        ("spirals", {"classes": 3}, 3, "cross_entropy"),
        ("regression_curve", {}, 1, "mean_squared_error"),
        ("regression_plane", {}, 1, "mean_absolute_error"),
    ],
)
def test_weights_of_a_file_draw_what_a_script_predicts(
    session: Session, qtbot: QtBot, tmp_path: Path, loaded: Loaded, data: str, settings: dict[str, object], units: int, loss: str
) -> None:
    import playground as pg

    layers = ("layer", "dense", {"units": 5}), ("layer", "batch_norm", {}), ("layer", "dense", {"units": units})
    made = pg.Project(
        chain(("dataset", data, settings), *layers, ("loss", loss, {}), epochs=1, averaging="ema", average_decay=0.5)
    )
    made.train()
    made.save(tmp_path / "a.play")
    output = OutputPanel(session)
    qtbot.addWidget(output)
    output.show()
    assert session.open(tmp_path / "a.play")
    loaded(session)
    for word in ("averaged", "raw"):
        session.do(SetPlan("training", "evaluate_with", word))
        if output.inputs == 1:
            line = output.curve.series["network"]
            x, drawn = line.x[:, None], line.y[:, None]
        else:
            (low, high), drawn = output.surface._map, output.surface.response.reshape(96 * 96, -1)
            first, second = (np.linspace(low[i], high[i], 96, dtype=np.float32) for i in range(2))
            x = np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
        expected = made.predict(x.astype(np.float32), averaged=word == "averaged")
        np.testing.assert_allclose(drawn, expected.reshape(len(x), -1), rtol=2e-4, atol=2e-4)
    session.new()
    assert output.surface.response is None or not output.inputs


def test_a_run_that_is_over_is_shown_with_the_other_kind(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=2, averaging="ema", average_decay=0.9), qtbot)
    output = OutputPanel(session)
    qtbot.addWidget(output)
    output.show()
    train(session, qtbot)
    qtbot.waitUntil(lambda: output._step == session.client.step, timeout=30_000)
    averaged = np.array(output.surface.response)
    raw, means = (session.client.export_weights(averaged=kind) for kind in (False, True))
    session.do(SetPlan("training", "evaluate_with", "raw"))
    np.testing.assert_array_equal(session.weights()["dense1.weight"], raw["dense1.weight"])
    assert np.abs(output.surface.response - averaged).max() > 1e-3
    session.undo()
    np.testing.assert_array_equal(session.weights()["dense1.weight"], means["dense1.weight"])
    np.testing.assert_array_equal(output.surface.response, averaged)


def test_the_best_epoch_of_a_file_can_be_exported_and_a_damaged_set_is_told(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "a.play"
    kept = {name: {"dense1.weight": np.full((2, 8), at, np.float32)} for at, name in enumerate((RAW, BEST), start=1)}
    save(moons(), path, WeightSets(kept))
    assert session.open(path)
    dialog = ExportDialog(session)
    qtbot.addWidget(dialog)
    assert [dialog.which.itemData(k) for k in range(dialog.which.count())] == ["file", "best"]
    for k, at in enumerate((1, 2)):
        dialog.which.setCurrentIndex(k)
        assert dialog.weights()["dense1.weight"].tolist() == np.full((2, 8), at).tolist()
    dialog.close()
    data = path.read_bytes()
    path.write_bytes(data.replace(kept[BEST]["dense1.weight"].tobytes(), bytes(64), 1))
    told: list[str] = []
    session.message.connect(lambda text, level: told.append(f"{level}: {text}"))
    assert session.open(path)
    assert any(text.startswith("warning: Some of the weights cannot be used: weights/best") for text in told), told
    assert session.weights()["dense1.weight"][0, 0] == 1
