"""Lessons: every one can be gone through, notices what was done, remembers how far it came; every example has something to try."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground.core.lesson import Lesson
from playground.document.file import load
from playground.document.problems import structural_problems
from playground.paths import assets_dir
from playground.ui import settings
from playground.ui.dialogs.lesson_cards import LessonCard
from playground.ui.dialogs.start import Start
from playground.ui.lessons import coach as module
from playground.ui.lessons.coach import Coach, changes, coach_of, tip_of
from playground.ui.lessons.conditions import CONDITIONS, Since, met
from playground.ui.lessons.places import PLACES, found
from playground.ui.lessons.progress import lessons, note, reached
from playground.ui.main_window import MainWindow
from playground.ui.panels.knobs import Knobs
from playground.ui.panels.loss import LossPanel
from playground.ui.session import Session
from tests.examples.recipes import EXAMPLES, FOLDER
from tests.ui.conftest import settle
from tests.ui.synthetic import drop, port

Loaded = Callable[[Session], None]
ALL = [pytest.param(lesson, id=lesson.id) for lesson in lessons()]


@pytest.fixture
def coach(window: MainWindow) -> Coach:
    return coach_of(window)


@pytest.mark.parametrize("lesson", ALL)
def test_a_lesson_names_only_what_there_is(lesson: type[Lesson]):
    project = load(assets_dir() / "examples" / f"{lesson.example}.play").project
    for edit in changes(lesson, project):
        project = edit.apply(project)
    assert structural_problems(project) == []
    names = {node.name for node in project.network.nodes}
    assert not set(lesson.without) & names
    for step in lesson.steps:
        assert step.text.endswith(".")
        word, *arguments = (step.at or "canvas").split()
        assert word in PLACES, step
        if word == "node":
            assert arguments[0] in names
        if step.until:
            word, *arguments = step.until.split()
            assert word in CONDITIONS, step
            if word == "selected":
                assert arguments[0] in names


@pytest.mark.parametrize("lesson", ALL)
def test_the_first_steps_point_at_something(
    window: MainWindow, coach: Coach, session: Session, loaded: Loaded, qtbot, lesson: type[Lesson]
):
    window.resize(1440, 900)
    assert coach.begin(lesson)
    loaded(session)
    settle()
    assert session.problems == []
    for step in lesson.steps:
        if not step.at:
            continue
        word, id = step.at.split()[:2]
        if word == "knob" or (word == "panel" and id != "problems"):
            window.show_layout("train")
            window.show_panel(id)
        elif word != "action":
            window.show_layout("build")
        settle()
        if step.at != "action leave_block":
            place = found(window, step.at)
            assert place is not None, step
            assert window.rect().contains(place), step
    assert all(not met(window, Since(session.run.number, 0), step.until) for step in lesson.steps if step.until and "stopped" not in step.until
               and not step.until.startswith(("outside", "panel", "plan")))  # fmt: skip
    coach.leave()


def knob(window: MainWindow, coach: Coach, words: str) -> None:
    """Type a learning rate into the knob that the lesson points at."""
    row = window.findChild(Knobs).rows["rate"]
    assert coach.ring.geometry().contains(row.mapTo(window, row.rect().center()))
    row.text.selectAll()
    QTest.keyClicks(row.text, words)
    QTest.keyClick(row.text, Qt.Key.Key_Return)


def test_the_first_lesson_is_gone_through_by_hand(
    window: MainWindow, coach: Coach, session: Session, loaded: Loaded, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    """Open the spiral, drag a layer in, train, turn the rate up until it diverges, rewind, and train it to the end."""
    monkeypatch.setattr(module, "LINGER_S", 0.05)
    monkeypatch.setattr(window.documents, "may_leave", lambda: True)

    def reaches(at: int, seconds: int = 40) -> None:
        qtbot.waitUntil(lambda: coach.at == at, timeout=1000 * seconds)
        settle()

    first = lessons()[0]
    window.show_start()
    QTest.mouseClick(window.start.lessons[0], Qt.MouseButton.LeftButton)
    assert coach.lesson is first
    loaded(session)
    assert coach.card.title.text() == first.title
    assert not coach.ring.isVisible()
    QTest.mouseClick(coach.card.next, Qt.MouseButton.LeftButton)
    assert coach.at == 1
    assert coach.ring.isVisible()
    assert reached(first) == 1

    view = window.canvas
    start, end = port(view, "dense2", "out"), port(view, "dense3", "in")
    drop(view, "layer", "tanh", (start + end) / 2)
    reaches(2)
    QTest.mouseClick(window.tools.train, Qt.MouseButton.LeftButton)
    reaches(3)
    reaches(4)
    knob(window, coach, "3")
    reaches(6)

    # What it says of a rewind, word for word: choose a point of the curve before the disaster, and press the button it rings.
    assert first.steps[6].at == "action rewind"
    button = window.findChild(Knobs).foot.buttons["rewind"]
    assert coach.ring.geometry().contains(button.mapTo(window, button.rect().center()))
    losses = session.client.history().loss
    good = int(np.argmin(losses[: len(losses) * 2 // 3]))
    plot = window.findChild(LossPanel).plot
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPointF(plot.px(good), plot.area.center().y()).toPoint())
    settle()
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    reaches(7)
    assert session.project.training.optimizer.rate == 0.01, "the settings of that step came back too"
    qtbot.waitUntil(lambda: session.run.state in ("paused", "running"), timeout=10_000)
    session.run.set_speed(0.0)
    if session.run.state == "paused":
        QTest.mouseClick(window.tools.train, Qt.MouseButton.LeftButton)
    reaches(8)
    session.stop()
    qtbot.waitUntil(lambda: not session.run.going, timeout=5000)
    QTest.mouseClick(coach.card.earlier, Qt.MouseButton.LeftButton)
    assert coach.at == 7
    assert reached(first) == 8, "going back forgets nothing"
    QTest.keyClick(coach.card, Qt.Key.Key_Escape)
    assert coach.lesson is None
    assert not coach.card.isVisible()
    assert not coach.ring.isVisible()
    assert session.run.speed == 0.0


def test_the_end_of_a_lesson_is_remembered_and_shown(window: MainWindow, coach: Coach, session: Session):
    last = lessons()[-1]
    card = LessonCard(last, 0)
    assert card.words() == (f"{len(last.steps)} steps", "Start")
    coach.begin(last)
    coach.show_step(2)
    assert card.words() == (f"Step 2 of {len(last.steps)}", "Again")
    coach.show_step(len(last.steps) - 1)
    assert coach.card.next.text() == "Done"
    coach.go_on()
    assert coach.lesson is None
    assert card.words() == ("Done", "Again")
    card.grab()
    settings.set_word(f"lessons/{last.id}", "what")
    assert reached(last) == 0
    note(last, 10**6)
    assert reached(last) == len(last.steps)


def test_another_project_ends_the_lesson(window: MainWindow, coach: Coach, session: Session):
    coach.begin(lessons()[0])
    session.new()
    assert coach.lesson is None
    assert not coach.card.isVisible()
    assert not coach.tip(), "a new project suggests nothing"


def test_rewound_is_a_step_back_in_a_run(window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch):
    since = Since(0, 500)
    for step, expected in ((500, False), (480, True), (0, False)):
        monkeypatch.setattr(type(session.client), "step", property(lambda _, step=step: step))
        assert met(window, since, "rewound") is expected


@pytest.mark.parametrize("name", [example.name for example in EXAMPLES])
def test_every_example_has_something_to_try(name: str):
    tip = tip_of(load(FOLDER / f"{name}.play").project)
    assert tip.endswith((".", "?"))
    assert tip[0].isupper()


def test_the_tip_of_an_example_is_shown_by_the_menu_and_put_away(window: MainWindow, coach: Coach, session: Session):
    assert not window.actions_made["try_this"].isEnabled()
    window.documents.open(FOLDER / "iris.play")
    window.actions_made["try_this"].trigger()
    assert coach.card.isVisible()
    assert coach.card.text.text() == tip_of(session.project)
    assert not coach.card.leave.isVisible()
    whole = coach.card.size()
    QTest.mouseClick(coach.card.fold, Qt.MouseButton.LeftButton)
    assert (coach.card.fold.accessibleName(), coach.card.text.isVisible()) == ("Unfold", False)
    assert coach.card.height() < whole.height() / 2
    QTest.mouseClick(coach.card.fold, Qt.MouseButton.LeftButton)
    assert coach.card.size() == whole
    QTest.mouseClick(coach.card.next, Qt.MouseButton.LeftButton)
    assert not coach.card.isVisible()


def test_the_tip_hides_neither_the_selected_node_nor_another_layout(
    window: MainWindow, coach: Coach, session: Session, loaded: Loaded
):
    window.documents.open(FOLDER / "iris.play")
    loaded(session)
    window.show_layout("build")
    window.actions_made["try_this"].trigger()
    settle()
    view = window.canvas
    for x, y in ((0.12, 0.9), (0.9, 0.9), (0.12, 0.1), (0.9, 0.1)):
        drop(view, "layer", "dense", QPointF(x * view.viewport().width(), y * view.viewport().height()))
        settle()
        coach.look()
        (added,) = session.selected_nodes()
        assert not coach.card.geometry().intersects(found(window, f"node {added.name}"))
    window.show_layout("compare")
    coach.look()
    assert not coach.card.isVisible()
    window.show_layout("build")
    coach.look()
    assert coach.card.isVisible()
    window.show_layout("compare")
    window.actions_made["try_this"].trigger()
    assert coach.card.isVisible(), "it is shown where it can be tried"
    assert window.canvas.isVisible()


def test_cards_of_the_start_page_begin_lessons_and_show_tips(
    window: MainWindow, coach: Coach, session: Session, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(window.documents, "may_leave", lambda: True)
    window.show_start()
    start = window.start
    assert isinstance(start, Start)
    assert [card.lesson for card in start.lessons] == list(lessons())
    QTest.mouseClick(start.lessons[1], Qt.MouseButton.LeftButton)
    assert coach.lesson is lessons()[1]
    assert not start.isVisible()
    window.show_start()
    coach.look()
    assert coach.lesson is None, "the start page ends it"
    QTest.keyClick(start.cards[0], Qt.Key.Key_Return)
    assert coach.card.title.text() == "Try this"
    QApplication.processEvents()


def test_examples_stand_in_the_order_of_their_list(tmp_path: Path):
    from playground.ui.dialogs.start import read_examples

    assert [example.path.stem for example in read_examples(FOLDER)] == [example.name for example in EXAMPLES]
    (tmp_path / "b.play").write_bytes((FOLDER / "iris.play").read_bytes())
    (tmp_path / "a.play").write_bytes(b"no project")
    (tmp_path / "order.json").write_text("{}")
    assert {example.path.stem for example in read_examples(tmp_path)} == {"a", "b"}
