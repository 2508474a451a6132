"""Another language at once: nothing of the old one stays in sight, and nothing of the work is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QFileInfo, QPointF, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QFileSystemModel,
    QGraphicsView,
    QLabel,
    QMessageBox,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from playground import words
from playground.document.edits import SetPlan
from playground.paths import assets_dir
from playground.ui import settings, speaking, theme
from playground.ui.canvas.look import _reason
from playground.ui.class_controls import ClassControls
from playground.ui.dialogs.export import ExportDialog
from playground.ui.dialogs.rate_finder import RateFinder
from playground.ui.dialogs.start import Start
from playground.ui.documents import Documents
from playground.ui.lessons.coach import coach_of
from playground.ui.lessons.progress import lessons
from playground.ui.main_window import MainWindow
from playground.ui.panel import LAYOUTS, panels
from playground.ui.session import Session
from playground.words import CLOSE, OPEN, joined, say, sentence
from tests.ui.conftest import settle
from tests.ui.escapes import Hunt, Painted, texts_of
from tests.ui.networks import moons, node, ready
from tests.ui.test_words import own


@pytest.fixture(autouse=True)
def english(app: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(words.VARIABLE, raising=False)
    monkeypatch.setattr(speaking, "wanted", lambda choice: choice)  # the pseudo-language is no choice of the menu
    monkeypatch.setattr(QMessageBox, "exec", lambda box: 0)
    monkeypatch.setattr(Documents, "may_leave", lambda documents: True)
    words.set_language("en")
    yield
    speaking.speak(app, "en")
    theme.apply(app, "light")


def switch(language: str) -> None:
    speaking.change_language(language)
    settle()


def marked() -> list[str]:
    """Texts in sight that still carry the marks of the pseudo-language."""
    found = []
    for top in QApplication.topLevelWidgets():
        if top.isVisible():
            with Painted().on() as drawn:
                top.grab()
                for view in top.findChildren(QGraphicsView):
                    view.viewport().repaint()
            shown = [*texts_of(top), *((where, text) for text, where in drawn.texts.items())]
            found += [f"{where}: {text}" for where, text in shown if OPEN in text or CLOSE in text]
    return sorted(set(found))


def hear(session: Session) -> Hunt:
    hunt = Hunt()
    hunt.own = own(session) | {"weight", "bias"}  # names of the state, as in files
    return hunt


def standing(window: MainWindow) -> dict[str, QRect]:
    """Docks of which something can be seen, with their places; those behind a tab lie outside the window."""
    found = {id: dock.geometry() for id, dock in window.layouts.docks.items() if dock.isVisible()}
    return {id: place for id, place in found.items() if place.x() >= 0}


def open_everything(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    """A run that goes on slowly, every panel made, a node in the inspector, dialogs."""
    ready(session, moons(epochs=500), qtbot)
    session.run.set_speed(30.0)
    session.train()
    qtbot.waitUntil(lambda: session.client.step > 2, timeout=60_000)
    session.do(SetPlan("training", "optimizer.rate", 0.002), whole=True)
    for panel in panels():
        window.show_panel(panel.id)
    window.show_layout("train")
    session.select([node(session, "dense1").id])
    window.open_dialog("reference")
    window.open_dialog("export")
    ClassControls(window).show()
    qtbot.waitUntil(lambda: session.client.step > 10, timeout=60_000)
    settle()


@pytest.mark.campaign
def test_a_run_goes_on_while_everything_is_said_anew(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    open_everything(window, session, qtbot)
    number, client, step = session.run.number, session.client, session.client.step
    hunt = hear(session)
    switch(words.PSEUDO)
    for layout in LAYOUTS:
        window.show_layout(layout)
        settle()
        hunt.look()
    assert not hunt.lines(), "\n".join(["still English:", *hunt.lines()])
    switch("en")
    for layout in LAYOUTS:
        window.show_layout(layout)
        settle()
        assert not marked(), "\n".join(["still marked:", *marked()])
    assert session.client is client
    assert session.run.number == number
    qtbot.waitUntil(lambda: session.client.step > step, timeout=60_000)
    assert session.run.state == "running"
    assert any(part.progress >= 0 for part in window.status.left()), "the status line tells of the run"
    session.stop()
    qtbot.waitUntil(lambda: not session.run.going, timeout=60_000)
    for dialog in window.findChildren(QDialog):
        dialog.close()


def test_nothing_of_the_old_language_stays(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    session.select([node(session, "dense1").id])
    window.open_dialog("export")
    hunt = hear(session)
    switch(words.PSEUDO)
    hunt.look()
    assert not hunt.lines(), "\n".join(["still English:", *hunt.lines()])
    (dialog,) = window.findChildren(ExportDialog)
    assert dialog.isVisible()
    dialog.close()
    switch("en")
    assert not marked()


def test_the_view_stays(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    window.show_layout("train")
    window.show_panel("metrics")
    settle()
    window.canvas.zoom_about(0.6, QPointF(100, 80))
    window.canvas.show_labels("parameters")
    chosen = [node(session, "dense2").id]
    session.select(chosen)
    window.canvas.setFocus()
    assert window.size() == QSize(1440, 900)
    before = window.canvas.zoom, window.canvas.visible().center(), window.canvas.size()
    docks = standing(window)
    switch("zh_CN")
    assert window.canvas.zoom == pytest.approx(before[0])
    off = window.canvas.visible().center() - before[1]
    assert off.manhattanLength() < 4
    assert window.size() == QSize(1440, 900)
    assert window.canvas.size() == before[2]
    assert standing(window) == docks
    assert window.canvas.canvas.labels == "parameters"
    assert session.selection == tuple(chosen)
    assert window.layouts.current == "train"
    assert window.focusWidget() is window.canvas
    assert window.bar.menus["File"].title() == "文件"
    assert not window.findChildren(MainWindow)
    window.show_layout("compare")
    settle()
    shown = {id for id, dock in window.layouts.docks.items() if not dock.isHidden()}
    assert shown == {panel.id for panel in panels() if "compare" in panel.places}, "none of the layout before"
    assert window.size() == QSize(1440, 900)


@pytest.mark.parametrize(("language", "shown"), [("en", "needs a sequence: steps×features"), ("zh_CN", "需要序列：步×特征")])
def test_a_node_shows_the_first_clause_of_its_problem(language: str, shown: str) -> None:
    words.set_language(language)
    try:
        told = joined(
            ("lstm1", joined((sentence("needs {what}: steps×features.", what=sentence("a sequence")), "Further."), " ")), " "
        )
        assert _reason(say(told), "lstm1") == shown
    finally:
        words.set_language("en")


def test_the_menu_switches_at_once(window: MainWindow) -> None:
    window.actions_made["language_zh_CN"].trigger()
    settle()
    assert settings.word("language", "") == "zh_CN"
    assert window.actions_made["save"].text().startswith("保存")
    assert window.actions_made["language_zh_CN"].isChecked()
    made = window.actions_made
    window.actions_made["language_zh_CN"].trigger()
    settle()
    assert window.actions_made is made, "it speaks it already"
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # no shortcut is there twice


def test_the_start_page_and_a_lesson_go_on(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.show_start()
    settle()
    switch("zh_CN")
    assert isinstance(window.start, Start)
    assert window.start.isVisible()
    assert not window.tool_bar.isVisible()
    coach, lesson = coach_of(window), lessons()[0]
    coach.begin(lesson)
    coach.show_step(1)
    switch("en")
    assert coach_of(window) is coach
    assert coach.card.isVisible()
    assert coach.card.title.text() == lesson.title
    assert coach.card.text.text() == lesson.steps[1].text
    coach.leave()


def test_a_message_is_said_once_more(window: MainWindow, session: Session) -> None:
    session.message.emit(sentence("The layout {title} is deleted.", title="mine"), "warning")
    pressed: list[str] = []
    session.offered.emit((sentence("Stop"), lambda: pressed.append("stop")))
    switch("zh_CN")
    notice = window.notices
    assert notice.isVisible()
    assert (notice.text, notice.level) == (words.say(sentence("The layout {title} is deleted.", title="mine")), "warning")
    assert "deleted" not in notice.text
    assert "mine" in notice.text
    assert notice.button.text() == words.say("Stop") != "Stop"
    assert not notice._timer.isActive(), "one with a button waits"
    QTest.mouseClick(notice.button, Qt.MouseButton.LeftButton)
    assert pressed == ["stop"]
    session.message.emit("Words of another program.", "info")
    switch("en")
    assert window.notices.isVisible()
    assert window.notices.text == "Words of another program."
    assert 0 < window.notices._timer.remainingTime() < 9_000, "as long as words of its kind"
    window.notices.hide()
    switch("zh_CN")
    assert not window.notices.isVisible(), "what was put away stays away"


def test_a_rate_finder_keeps_its_curve(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    window.open_dialog("rate_finder")
    (first,) = window.findChildren(RateFinder)
    first.range._set("steps", 20)
    first.start()
    qtbot.waitUntil(lambda: first.range.step is not None, timeout=60_000)
    points, asked = list(first.range.points), session.client.answered
    switch("zh_CN")
    (second,) = [dialog for dialog in window.findChildren(RateFinder) if dialog.isVisible()]
    assert second is not first
    assert second.range.points == points
    assert second.range.options.steps == 20
    assert second.range.proof.isVisible()
    assert second.range.suggestions["valley"].rate == first.range.suggestions["valley"].rate
    assert not second.range.bench.busy, "it is not asked anew"
    assert session.client.answered == asked
    second.again.click()
    assert second.range.bench.busy
    switch("en")
    (third,) = [dialog for dialog in window.findChildren(RateFinder) if dialog.isVisible()]
    qtbot.waitUntil(lambda: third.range.step is not None, timeout=60_000)
    assert len(third.range.points) > 0
    third.tabs.choose(1)
    qtbot.waitUntil(lambda: third.fan.step is not None, timeout=60_000)
    verdict = third.fan.verdict.text()
    switch("zh_CN")
    (fourth,) = [dialog for dialog in window.findChildren(RateFinder) if dialog.isVisible()]
    assert fourth.page is fourth.fan
    assert fourth.fan.losses == third.fan.losses
    assert fourth.fan.verdict.text() not in ("", verdict)
    assert fourth.range.points == third.range.points
    fourth.close()


def test_what_the_chinese_of_qt_lacks_is_said(app: QApplication, window: MainWindow) -> None:
    switch("zh_CN")
    for text, said in (("&Look in:", "查找范围(&L)："), ("Files of &type:", "文件类型(&T)："), ("Directory:", "目录：")):
        assert app.translate("QFileDialog", text) == said
    assert app.translate("QDialogButtonBox", "&Look in:") == "&Look in:", "only of that dialog"
    dialog = QFileDialog(None, say("Open project"), str(assets_dir()))
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    kinds = dialog.findChild(QFileSystemModel).iconProvider()
    assert (kinds.type(QFileInfo("/")), kinds.type(QFileInfo(str(assets_dir())))) == ("驱动器", "文件夹")
    english = [label.text() for label in dialog.findChildren(QLabel) + dialog.findChildren(QPushButton) if label.text().isascii()]
    assert not [text for text in english if text], "in its form and on its buttons"
    dialog.deleteLater()
    for spoken in ("en", "zh_CN", "zh_CN", "en"):  # at once, before Qt has deleted what is not needed any more
        speaking.speak(app, spoken)
    assert app.translate("QFileDialog", "&Look in:") == "&Look in:"
    switch("en")
