"""Seeds: whether settings differ by more than their seeds do, more seeds on demand, and a row for all seeds of a setting."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from scipy import stats

from playground.document.edits import SetPlan
from playground.document.project import Project
from playground.training.messages import EpochRecord
from playground.training.messages.change import Entry
from playground.training.runs import Kept
from playground.ui.compare.choice import Choice, choice_of
from playground.ui.compare.columns import columns_for, percent
from playground.ui.compare.columns_menu import ColumnsMenu
from playground.ui.compare.judging import Judgement, judged
from playground.ui.compare.lines import grouped
from playground.ui.compare.more_seeds import more_seeds_of
from playground.ui.compare.noise import MOST_SEEDS, half_width, student, verdict
from playground.ui.compare.seeds import draws
from playground.ui.compare.table import FIRST, TICK, RunsTable
from playground.ui.panels.comparison import ComparisonPanel
from playground.ui.panels.runs import RunsPanel
from playground.ui.session import Session

from .networks import moons, ready, train


def run_of(number: int, seed: int, loss: float, rate: float = 0.01, state: str = "done", accuracy: float = 0.5) -> Kept:
    project: Project = SetPlan("training", "optimizer.rate", rate).apply(moons())
    epoch = EpochRecord(
        epoch=1,
        step=10,
        train_loss=loss,
        validation_loss=loss,
        metrics={"accuracy": accuracy, "class_divergence": 0.1},
        rate=rate,
    )
    return Kept(folder=Path(f"/runs/{number:04}"), number=number, began=1.7e9, project=SetPlan("training", "seed", seed).apply(project),
                epochs=(epoch,), state=state, steps=10, seconds=1.0, sha256="")  # fmt: skip


def setting(first: int, losses: list[float], rate: float) -> list[Kept]:
    """A run for each loss, newest first."""
    return [run_of(first + k, k, loss, rate) for k, loss in enumerate(losses)][::-1]


@pytest.mark.parametrize("freedom", [1.0, 1.7, 2.0, 6.3, 40.0, 1e4])
def test_the_quantile_of_student_is_scipy_s(freedom: float) -> None:
    assert student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)
    assert student(freedom, 0.99) == pytest.approx(stats.t.ppf(0.995, freedom), rel=1e-9)


def test_the_noise_is_welch_s_interval() -> None:
    rng = np.random.default_rng(4)
    for n, m, spread in ((2, 2, 1.0), (3, 7, 5.0), (5, 5, 0.1)):
        a, b = rng.normal(0, 1, n), rng.normal(1, spread, m)
        theirs = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
        found = verdict(a.tolist(), b.tolist())
        assert found.noise == pytest.approx((theirs.high - theirs.low) / 2, rel=1e-9)
        assert found.gap == pytest.approx((theirs.high + theirs.low) / 2, rel=1e-9)
        assert found.kind == ("none" if theirs.low <= 0 <= theirs.high else "clear")
    assert verdict([1.0], [2.0, 3.0]).kind == "unknown"
    assert verdict([1.0, 1.0], [1.0, 1.0]).kind == "none"
    assert verdict([1.0, 1.0], [2.0, 2.0]).kind == "clear"


def test_settings_without_a_difference_are_seldom_told_apart() -> None:
    """Of 100 pairs of the same distribution about five look different, which is what 95 % promises."""
    pairs = np.random.default_rng(1).normal(0.0, 1.0, (100, 2, 5))
    wrong = sum(abs(a.mean() - b.mean()) > half_width(a.tolist(), b.tolist()) for a, b in pairs)
    assert 0 < wrong < 14  # binomial(100, 0.05): outside with probability below 0.01; the draws are fixed


def test_so_many_seeds_would_do() -> None:
    a, b = [0.0, 1.0, 2.0], [1.0, 2.0, 3.1]
    wanted = verdict(a, b).wanted
    assert wanted is not None
    noise = [half_width(a * count, b * count) for count in (1, 40)]
    assert noise[1] < abs(verdict(a, b).gap) < noise[0]
    assert verdict(a, [0.01, 1.01, 2.01]).wanted is None, f"more than {MOST_SEEDS}"


def test_what_is_said_of_two_settings() -> None:
    far, near = setting(1, [0.20, 0.22, 0.21], 0.01), setting(11, [0.50, 0.54, 0.52], 0.1)
    clear = judged([far, near])
    assert clear is not None
    assert (clear.title, clear.level, clear.goal) == ("Run 1 is better", "ok", 0)
    noisy = judged([setting(1, [0.2, 0.4, 0.3], 0.01), setting(11, [0.25, 0.5, 0.3], 0.1)])
    assert noisy is not None
    assert noisy.title == "No clear difference"
    assert "The gap of 0.05 in validation loss lies inside the seed noise of ±" in noisy.text
    assert "3 and 3 seeds." in noisy.text
    one = judged([setting(1, [0.2], 0.01), setting(11, [0.9], 0.1)])
    assert one is not None
    assert (one.title, one.goal) == ("Nothing can be said yet", 5), "one seed of each proves nothing, however far apart"
    several = judged([far, near, setting(21, [0.2, 0.4, 0.3], 0.2)])
    assert several is not None
    assert "Run 11: run 1 is better by" in several.text
    assert "Run 21: no clear difference" in several.text
    assert judged([]) is None


def test_what_counts_as_a_draw() -> None:
    runs = setting(1, [0.2, 0.3, 0.4], 0.01)
    twice = [dataclasses.replace(runs[-1], folder=Path("/runs/0009"), number=9), *runs]
    assert len(draws(twice)) == 3, "the same seed again is the same number again"
    stopped = [dataclasses.replace(runs[0], state="stopped"), *runs[1:]]
    assert len(draws(stopped)) == 2
    lost = judged([[dataclasses.replace(runs[0], state="fault"), *runs[1:]], setting(11, [0.2, 0.3], 0.1)])
    assert lost is not None
    assert "1 seed of run 1 gave no finite number and is left out." in lost.text
    knob = Entry(serial=1, step=3, kind="knob", what="rate", before=0.1, after=0.2, note="")
    by_hand = dataclasses.replace(runs[0], journal=(knob,))
    assert [len(line.runs) for line in grouped([by_hand, *runs[1:]])] == [1, 2], "what was steered by hand repeats nothing"


def test_a_row_of_a_setting_has_means() -> None:
    (line,) = grouped([run_of(2, 1, 0.2, accuracy=0.9), run_of(1, 0, 0.4, accuracy=1.0)])
    columns = {column.key: column for column in columns_for(list(line.runs))}
    assert (line.run.number, columns["seeds"].words(line)) == (1, "2")
    assert columns["validation"].told(line) == ("0.300", "± 0.14")
    assert columns["accuracy"].told(line) == ("95 %", "± 7.1")
    assert columns["class_divergence"].head == "Divergence"
    assert [percent(value) for value in (1.0, 0.983, 0.9999, 0.0, math.nan)] == [
        "100 %",
        "98.3 %",
        "99.99 %",
        "0 %",
        "not finite",
    ]


@pytest.fixture
def shelf(session: Session, monkeypatch: pytest.MonkeyPatch) -> Choice:
    runs = [*setting(4, [0.5, 0.6], 0.1), *setting(1, [0.2, 0.4, 0.3], 0.01)]
    monkeypatch.setattr("playground.ui.compare.choice.reading", lambda place: iter([(run, False) for run in runs]))
    return choice_of(session)


def test_a_group_folds_open_and_is_drawn_in_one_colour(session: Session, shelf: Choice, qtbot: QtBot) -> None:
    panel = RunsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(1000, 300)
    panel.show()
    table = panel.table
    assert [(line.run.number, len(line.runs)) for line in table.runs.lines] == [(4, 2), (1, 3)]
    assert len(set(shelf.drawn.values())) == 2
    table.selectRow(1)
    QTest.keyClick(table, Qt.Key.Key_Right)
    assert [(line.run.number, line.inside) for line in table.runs.lines[1:]] == [(1, False), (3, True), (2, True), (1, True)]
    panel.grab()
    QTest.keyClick(table, Qt.Key.Key_Left)
    assert len(table.runs.lines) == 2
    cell = table.cell(0, FIRST)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(cell.left() + 8, cell.center().y()))
    assert [line.inside for line in table.runs.lines] == [False, True, True, False]
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.cell(0, TICK).center())
    assert {folder.name for folder in shelf.drawn} == {"0001", "0002", "0003"}
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.cell(1, TICK).center())
    assert table.runs.tick(table.runs.lines[0]) == Qt.CheckState.PartiallyChecked


def test_columns_are_chosen_and_remembered(session: Session, shelf: Choice, qtbot: QtBot) -> None:
    table = RunsTable(shelf)
    qtbot.addWidget(table)
    shelf.refresh()
    menu = ColumnsMenu(table.runs)
    qtbot.addWidget(menu)
    menu.fill()
    entries = {entry.text(): entry for entry in menu.actions()}
    assert not entries["Seed"].isChecked()
    entries["Seed"].trigger()
    entries["Optimizer"].trigger()
    entries["One row for all seeds of a setting"].trigger()
    assert len(table.runs.lines) == 5
    again = RunsTable(shelf)
    qtbot.addWidget(again)
    keys = [column.key for column in again.runs.columns]
    assert "seed" in keys
    assert "optimizer" not in keys
    assert not again.runs.by_setting
    table.runs.turn_by("validation")
    assert [run.number for run in table.runs.rows] == [1, 3, 2, 4, 5]


def test_a_filter_judges_a_setting_by_its_mean(session: Session, shelf: Choice, qtbot: QtBot) -> None:
    table = RunsTable(shelf)
    qtbot.addWidget(table)
    shelf.refresh()
    for wanted, numbers in (("validation loss < 0.25", []), ("validation loss < 0.35", [1]), ("run = 5", [4]), ("seeds >= 3", [1]),
                            ("accuracy = 50 %", [4, 1]), ("accuracy > 60", [])):  # fmt: skip
        table.runs.filter(wanted)
        assert [run.number for run in table.runs.rows] == numbers, wanted


def test_more_seeds_are_run_and_end_the_doubt(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The button of the card trains both settings with other seeds; each is a run of the shelf, and the card has numbers then."""
    ready(session, moons(epochs=2, batch=64), qtbot)
    train(session, qtbot)
    session.do(SetPlan("training", "optimizer.rate", 0.02))
    train(session, qtbot)
    panel, table = ComparisonPanel(session), RunsPanel(session)
    for widget in (panel, table):
        qtbot.addWidget(widget)
        widget.resize(400, 700)
        widget.show()
    choice = choice_of(session)
    qtbot.waitUntil(lambda: choice.refresh() or [run.state for run in choice.runs] == ["done"] * 2)
    card, seeds = panel.noise, more_seeds_of(choice)
    assert isinstance(card.judgement, Judgement)
    assert (card.title.text(), card.run.text()) == ("Nothing can be said yet", "Run 5 seeds of each")
    before = session.project
    monkeypatch.setattr("playground.ui.compare.judging.GOAL", 2)
    card.refresh()
    QTest.mouseClick(card.run, Qt.MouseButton.LeftButton)
    assert seeds.busy
    assert card.going.isVisible()
    qtbot.waitUntil(lambda: not seeds.busy, timeout=60_000)
    qtbot.waitUntil(lambda: card.title.text() in ("No clear difference", "Run 1 is better", "Run 2 is better"), timeout=10_000)
    assert [len(line.runs) for line in table.table.runs.lines] == [2, 2]
    assert sorted(run.project.training.seed for run in choice.runs) == [0, 0, 1, 1]
    assert not card.going.isVisible()
    assert session.project is before
    panel.grab()


def test_seeds_that_are_stopped_leave_nothing(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=2, batch=64), qtbot)
    train(session, qtbot)
    choice = choice_of(session)
    choice.refresh()
    seeds = more_seeds_of(choice)
    long = dataclasses.replace(choice.runs[0], project=SetPlan("training", "epochs", 100_000).apply(choice.runs[0].project))
    seeds.ask([[long]], goal=3)
    qtbot.waitUntil(lambda: seeds.folder is not None and seeds._client is not None and seeds._client.step > 0, timeout=60_000)
    assert choice.under_way()[seeds.folder] == "training"
    choice.delete([dataclasses.replace(long, folder=seeds.folder)])
    assert seeds.folder.exists(), "a run that goes on is not thrown away"
    seeds.stop()
    assert (seeds.busy, [path.name for path in session.shelf.iterdir()]) == (False, ["0001"])
    by_hand = dataclasses.replace(choice.runs[0], parent=1)
    assert "cannot repeat" in seeds.why_not(by_hand)
    seeds.ask([[by_hand]])
    assert not seeds.busy
