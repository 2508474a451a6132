"""The start page: recent projects with picture and result, unsaved work as cards, look and language at the foot, filters."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from playground.document.recent import note_recent
from playground.document.recovery import Recovery
from playground.ui import settings, theme
from playground.ui.dialogs.recovery_card import RecoveryCard
from playground.ui.dialogs.start import FILTERS, RecentRow, Start
from playground.ui.dialogs.start_foot import StartFoot
from playground.ui.main_window import MainWindow
from playground.ui.recent_faces import MOST, face_of, keep_face
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import moons, ready


def test_a_saved_project_has_a_picture_and_its_result_on_the_start_page(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(session, moons(), qtbot)
    path = tmp_path / "mine.play"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    assert window.documents.save_as()
    assert face_of(path).picture is not None
    assert not face_of(path).metrics, "nothing was trained"
    keep_face(path, None, {"accuracy": 0.983, "brier": float("nan")})
    assert dict(face_of(path).metrics) == {"accuracy": 0.983}
    assert window.documents.save()
    assert dict(face_of(path).metrics) == {"accuracy": 0.983}, "the weights are still those"
    row = RecentRow(path)
    qtbot.addWidget(row)
    assert row.result == "accuracy 98.3 %"
    assert row.accessibleDescription() == row.result
    row.resize(270, 40)
    colors = {row.grab().toImage().pixel(x, y) for x in range(5, 43) for y in range(5, 35)}
    assert len(colors) > 20, "the picture of the data"


def test_faces_are_few_and_damage_is_only_a_missing_picture(app: QApplication, fresh_home: Path, tmp_path: Path) -> None:
    for k in range(MOST + 3):
        keep_face(tmp_path / f"{k}.play", None, {"accuracy": k / 100})
    kept = list(fresh_home.rglob("recent/*.json"))
    assert len(kept) == MOST
    for file in kept:
        file.write_bytes(b"{]")
    assert not face_of(tmp_path / f"{MOST}.play").metrics
    assert face_of(tmp_path / "never.play").picture is None
    kept[0].write_text('{"metrics": [1]}')
    assert all(not face_of(tmp_path / f"{k}.play").metrics for k in range(MOST + 3))


@pytest.mark.parametrize(
    ("status", "path", "offered"),
    [
        ("changed", Path("a.play"), {"restore": "Restore", "discard": "Keep saved", "both": "Keep both"}),
        ("unsaved", None, {"restore": "Restore", "discard": "Discard", "both": "Keep both"}),
        ("damaged", Path("a.play"), {"discard": "Discard"}),
    ],
)
def test_a_card_offers_what_can_be_done(
    qtbot: QtBot, app: QApplication, status: str, path: Path | None, offered: dict[str, str]
) -> None:
    card = RecoveryCard(Recovery("x", Path("x.play"), path, "mine", 0.0, status, "lab7"))
    qtbot.addWidget(card)
    card.resize(272, 120)
    card.show()
    assert {does: button.text() for does, button in card.buttons.items()} == offered
    assert ("lab7" in card.text.text()) == (status != "damaged")
    for does, button in card.buttons.items():
        with qtbot.waitSignal(card.chosen) as chosen:
            QTest.keyClick(button, Qt.Key.Key_Return)
        assert chosen.args == [card.found, does]


def test_the_foot_shows_and_changes_look_and_language(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.show_start()
    settle()
    assert isinstance(window.start, Start)
    foot = window.start.foot
    assert (foot.language.now, foot.language.text()) == ("system", "English")
    window.actions_made["system"].trigger()
    assert foot.look.text() == "Follow the system"
    assert foot.look.geometry().right() < foot.language.x()
    assert foot.language.geometry().right() <= foot.width()
    foot.look.chosen.emit("dark")
    assert theme.theme().mode == "dark"
    assert foot.look.text() == "Dark"
    window.actions_made["light"].trigger()
    assert foot.look.text() == "Light"
    foot.language.chosen.emit("zh_CN")
    qtbot.waitUntil(lambda: window.start is not None and window.start.foot is not foot, timeout=5000)
    assert window.start.isVisible()
    assert window.start.foot.language.text() == "简体中文"
    window.start.foot.language.chosen.emit("en")
    settle()
    assert settings.word("language", "") == "en"
    assert window.start.foot.language.text() == "English"


def test_a_choice_opens_and_is_made_by_keys(qtbot: QtBot, app: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: opened.append(menu))
    foot = StartFoot()
    qtbot.addWidget(foot)
    foot.show()
    QTest.keyClick(foot.look, Qt.Key.Key_Space)
    (menu,) = opened
    assert [entry.text() for entry in menu.actions()] == ["Light", "Dark", "Follow the system"]
    with qtbot.waitSignal(foot.theme_chosen) as chosen:
        menu.actions()[1].trigger()
    assert chosen.args == ["dark"]
    menu.close()


def test_the_status_line_has_nothing_to_say_of_an_empty_project(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.show_start()
    assert window.status.isHidden()
    window.leave_start()
    assert window.status.isVisible()
    ready(session, moons(), qtbot)
    window.show_start()
    assert window.status.isVisible(), "of the project behind the page it has"


def test_every_filter_leaves_something_and_the_right_things(window: MainWindow) -> None:
    window.show_start()
    start = window.start
    assert isinstance(start, Start)
    for chip, name in zip(start.chips, FILTERS, strict=True):
        chip.click()
        left = {card.example.path.stem for card in start.shown()}
        assert left, name
        if name == "Images":
            assert left == {card.example.path.stem for card in start.cards if card.example.path.stem.startswith("digits")}
        if name == "Sequences":
            assert left == {"adding_lstm", "adding_attention"}


def test_import_weights_asks_for_the_network_first(
    window: MainWindow, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(window.documents, "ask_open", lambda: asked.append("project"))
    monkeypatch.setattr(window, "open_dialog", asked.append)
    window.show_start()
    assert isinstance(window.start, Start)
    window.start.weights_asked.emit()
    assert asked == ["project"], "there is still no network"
    ready(session, moons(), qtbot)
    window.show_start()
    window.start.weights_asked.emit()
    assert asked == ["project", "import_weights"]
    assert not window.start.isVisible()


def test_a_recent_project_that_is_gone_is_said_to_be(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    note_recent(tmp_path / "gone.play")
    page = Start(session)
    qtbot.addWidget(page)
    page.show()
    (row,) = page.recent
    assert not row.isEnabled()
