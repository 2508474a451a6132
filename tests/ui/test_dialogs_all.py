"""Start page, rate finder and export, each on the real thing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.data.readers.places import pick
from playground.document.edits import AddNode, SetField, SetPlan
from playground.document.file import load
from playground.document.project import Project
from playground.document.recent import note_recent
from playground.formats import safetensors_file
from playground.training import messages
from playground.ui import theme
from playground.ui.dialogs.aside import Ended, events_of, movable
from playground.ui.dialogs.export import ExportDialog
from playground.ui.dialogs.exporter import outcome_of
from playground.ui.dialogs.rate_finder import RateFinder
from playground.ui.dialogs.start import Start, age
from playground.ui.panel import dialogs, start_page
from playground.ui.session import Session
from playground.words import sentence

from .conftest import settle
from .networks import chain, moons, node, ready, train


@pytest.fixture
def start(session: Session, qtbot: QtBot) -> Start:
    made = Start(session)
    qtbot.addWidget(made)
    made.resize(1440, 860)
    made.show()
    return made


def test_menus_find_the_dialogs_and_the_start_page() -> None:
    assert {"export", "rate_finder", "import_data"} <= dialogs().keys()
    assert start_page() is not None


def test_every_example_has_a_card_with_a_picture_of_its_data(start: Start, qapp: QApplication) -> None:
    assert len(start.cards) >= 5
    for card in start.cards:
        project = load(card.example.path).project
        assert card.example.title == project.name
        assert card.example.group in ("Classify", "Regress")
        assert card.isVisible()
    columns = {card.x() for card in start.cards}
    assert len(columns) >= 4
    for mode in ("light", "dark"):
        theme.apply(qapp, mode)
        picture = start.cards[0].grab().toImage()
        colors = {picture.pixel(x, y) for x in range(4, 250, 3) for y in range(4, 150, 3)}
        assert len(colors) > 4


def test_search_and_filters_leave_what_fits(start: Start) -> None:
    QTest.keyClicks(start.search, "digits")
    assert {card.example.path.stem for card in start.shown()} == {
        "digits_autoencoder",
        "digits_cnn",
        "digits_mlp",
        "digits_resnet",
        "digits_two_heads",
    }
    start.search.setText("no such thing")
    assert start.shown() == []
    assert start.none.isVisible()
    start.search.clear()
    start.chips[2].click()
    assert {card.example.group for card in start.shown()} == {"Regress"}


def test_a_card_opens_by_pointer_and_by_key(start: Start, qtbot: QtBot) -> None:
    card = start.cards[0]
    with qtbot.waitSignal(start.opened) as opened:
        QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    assert opened.args == [card.example.path]
    with qtbot.waitSignal(start.opened):
        QTest.keyClick(card, Qt.Key.Key_Return)


def test_recent_projects_are_listed_and_open(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    ready(session, moons(), qtbot)
    path = tmp_path / "mine.play"
    assert session.save(path)
    note_recent(path)
    page = Start(session)
    qtbot.addWidget(page)
    page.show()
    rows = {row.path.stem: row for row in page.recent}
    with qtbot.waitSignal(page.opened) as opened:
        rows["mine"].click()
    assert opened.args == [path]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "just now"), (60, "1 minute ago"), (7200, "2 hours ago"), (90_000, "1 day ago"), (1e6, "1 week ago")],
)
def test_ages_in_words(seconds: float, words: str) -> None:
    assert age(seconds) == words


def searched(session: Session, qtbot: QtBot) -> RateFinder:
    """The rate finder, open, after its search."""
    finder = RateFinder(session)
    qtbot.addWidget(finder)
    finder.show()
    qtbot.waitUntil(lambda: "before and after" in finder.proof.text.text(), timeout=60_000)
    settle()
    return finder


def test_the_finder_suggests_a_rate_and_one_click_uses_it(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    finder = searched(session, qtbot)
    suggestion = finder.suggestions["steepest"]
    assert finder.proof.level == "ok"
    x = finder.plot.series["smoothed"].x
    assert len(x) > 20
    assert (np.diff(x) > 0).all()
    assert suggestion.rate is not None
    suggestion.use.click()
    used = float(f"{suggestion.rate:.3g}")
    assert session.project.training.optimizer.rate == used  # type: ignore[attr-defined]
    assert finder.plot.now == used
    session.undo()
    assert session.project == moons_like(session)
    finder.close()


def test_the_finder_reckons_with_the_schedule(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    session.do(SetPlan("training", "schedule", find("schedule", "noam")(scale="paper", climb=100, width=400)))
    finder = searched(session, qtbot)
    suggestion = finder.suggestions["steepest"]
    assert suggestion.rate is not None
    said: list[str] = []
    finder.range.said.connect(said.append)
    suggestion.use.click()
    assert session.project.training.optimizer.rate == pytest.approx(suggestion.rate * 200, rel=1e-2)  # type: ignore[attr-defined]
    assert finder.plot.now == pytest.approx(suggestion.rate, rel=1e-2)
    assert "which the schedule multiplies by 0.005 at most" in said[-1]
    finder.close()


def test_where_the_loss_is_all_noise_the_finder_says_so_in_place_of_suggestions(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    finder = searched(session, qtbot)
    page = finder.range
    assert not page.none.isVisible()
    why = sentence(
        "{how} The loss falls nowhere by more than its noise of {noise}: no suggestion. The present rate may stay.",
        how="",
        noise="0.1",
    )
    rates = (1e-4, 1e-3, 1e-2)
    page.heed(
        messages.FinderDone(
            rates=rates, losses=(1.0, 1.2, 0.9), smoothed=(1.0, 1.1, 1.0), steepest=None, valley=None, minimum=None, stopped="end",
            step=4, sha256="0" * 64, text=why,
        )
    )  # fmt: skip
    settle()
    assert page.none.isVisible()
    assert "no suggestion" in page.none.text.text()
    assert not any(one.isVisible() for one in page.suggestions.values())
    assert page.plot.suggested == {}
    finder.again.click()
    assert not page.none.isVisible()
    assert page.suggestions["valley"].isVisible()
    finder.close()


def moons_like(session: Session) -> Project:
    """The session's project with the learning rate of a fresh plan."""
    rate = find("optimizer", "adam")().rate  # type: ignore[attr-defined]
    return SetPlan("training", "optimizer.rate", rate).apply(session.project)


def test_the_finder_says_why_it_cannot_start(session: Session, qtbot: QtBot) -> None:
    finder = RateFinder(session)
    qtbot.addWidget(finder)
    assert finder.proof.level == "error"
    assert finder.proof.text.text()
    assert session.client.state == "idle"


def test_an_export_is_certified_and_holds_the_trained_weights(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    ready(session, moons(epochs=3), qtbot)
    train(session, qtbot)
    dialog = ExportDialog(session)
    qtbot.addWidget(dialog)
    dialog.show()
    row = next(row for row in dialog.rows if row.format.id == "safetensors")
    row.click()
    assert dialog.path.text().endswith(".safetensors")
    dialog.path.setText(str(tmp_path / "w.safetensors"))
    dialog.go.click()
    qtbot.waitUntil(lambda: not dialog.exporter.busy, timeout=90_000)
    settle()
    assert dialog.notice.level == "ok", dialog.notice.text.text()
    assert dialog.card.isVisible()
    assert dialog.card.found is not None
    assert dialog.card.found["error"] <= dialog.card.found["allowed"]
    written, kept = safetensors_file.read(tmp_path / "w.safetensors").tensors(), session.client.export_weights()
    assert written.keys() == kept.keys()
    for name, array in kept.items():
        np.testing.assert_array_equal(written[name], array)
    dialog.close()


def test_without_weights_there_is_nothing_to_export(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    dialog = ExportDialog(session)
    qtbot.addWidget(dialog)
    assert not dialog.go.isEnabled()
    assert "Train first" in dialog.notice.text.text()
    dialog.close()


def test_weights_saved_with_the_project_can_be_exported_and_a_mismatch_is_blocked(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    ready(session, moons(epochs=2), qtbot)
    train(session, qtbot)
    assert session.save(tmp_path / "m.play")
    assert session.open(tmp_path / "m.play")
    qtbot.waitUntil(lambda: session.ready, timeout=20_000)
    session.do(SetField(node(session, "dense1").id, "units", 5))
    dialog = ExportDialog(session)
    qtbot.addWidget(dialog)
    dialog.path.setText(str(tmp_path / "x.onnx"))
    dialog.go.click()
    qtbot.waitUntil(lambda: not dialog.exporter.busy, timeout=90_000)
    settle()
    assert dialog.notice.level == "error"
    assert "blocked" in dialog.notice.title.text()
    assert not (tmp_path / "x.onnx").exists()
    dialog.close()


def test_relative_data_paths_are_made_whole_for_the_export(tmp_path: Path) -> None:
    project = AddNode(find("dataset", "table")(path="t.csv")).apply(Project())
    whole, paths = movable(project, tmp_path)
    assert whole.network.nodes[0].spec.path == str(tmp_path / "t.csv")  # type: ignore[union-attr]
    assert paths == [str(tmp_path / "t.csv")]


def test_a_network_on_a_picked_table_is_exported(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    rows = "".join(f"{k},{(k * 7) % 11},{k % 2}\n" for k in range(80))
    (tmp_path / "t.csv").write_text(f"a,b,target\n{rows}")
    table = ("dataset", "table", {"path": str(pick(tmp_path / "t.csv"))})
    ready(session, chain(table, ("layer", "dense", {"units": 2}), ("loss", "cross_entropy", {}), epochs=2), qtbot)
    train(session, qtbot)
    dialog = ExportDialog(session)
    qtbot.addWidget(dialog)
    dialog.path.setText(str(tmp_path / "x.onnx"))
    dialog.go.click()
    qtbot.waitUntil(lambda: not dialog.exporter.busy, timeout=90_000)
    settle()
    assert dialog.notice.level == "ok", dialog.notice.text.text()
    assert (tmp_path / "x.onnx").exists()
    dialog.close()


@pytest.mark.parametrize(
    ("code", "lines", "errors", "text"),
    [(1, [json.dumps({"event": "error", "text": "Blocked."})], "", "Blocked."), (1, [], "Traceback\nMemoryError: no room", "MemoryError: no room"),
     (3, ["not json"], "", "The export ended with code 3 and gave no reason. Try again."),
     (0, [], "", "The export ended with code 0 and gave no reason. Try again."),
     (-9, [], "Fatal error", "The system or another program ended the export (signal 9). Free some memory and try again.")],
)  # fmt: skip
def test_an_export_that_fails_always_gives_a_reason(code: int, lines: list[str], errors: str, text: str) -> None:
    found = outcome_of(Path("x.onnx"), Ended(code, events_of(lines), errors))
    assert found.certificate is None
    assert found.text == text
