"""No text of the window escapes translation: under a language that marks what is said, everything that is shown carries the mark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from playground import words
from playground.paths import assets_dir
from playground.ui.main_window import MainWindow
from playground.ui.panel import LAYOUTS, panels
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.escapes import Hunt, data_words, own_words, record_ids, unsaid
from tests.ui.networks import moons, ready, train


@pytest.fixture
def marked(app: object) -> Iterator[None]:
    """The pseudo-language, before any window is made."""
    words.set_language(words.PSEUDO)
    yield
    words.set_language("en")


def test_what_counts_as_unsaid() -> None:
    assert unsaid("⟦Train⟧") == ""
    assert unsaid("⟦Add ⟦Dense⟧⟧ 3.5 ms") == ""
    assert unsaid("⟦Learning ra…") == ""
    assert unsaid("⟦Train⟧ now") == "now"
    assert unsaid("dense1 ⟦gives⟧ 3×3", frozenset({"dense1"})) == ""
    assert unsaid("42 × 3") == ""


def own(session: Session) -> frozenset[str]:
    return own_words(session.project) | data_words(session.samples) | record_ids()


def test_nothing_escapes(
    marked: None, window: MainWindow, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMessageBox, "exec", lambda box: 0)
    hunt = Hunt()
    window.show_start()
    settle()
    hunt.own = frozenset(path.stem for path in (assets_dir() / "examples").glob("*.play")) | record_ids()
    hunt.look()
    window.leave_start()
    ready(session, moons(epochs=3), qtbot)
    hunt.own = own(session)
    for layout in LAYOUTS:
        window.show_layout(layout)
        settle()
        hunt.look()
    for panel in panels():
        window.show_panel(panel.id)
        settle()
    hunt.look()
    for node in session.project.network.nodes:
        session.select([node.id])
        settle()
        hunt.look()
    session.select([node.id for node in session.project.network.nodes])
    settle()
    hunt.look()
    for menu in window.findChildren(QMenu):
        menu.aboutToShow.emit()
    hunt.look()
    window.canvas.customContextMenuRequested.emit(QPoint(5, 5)) if hasattr(window.canvas, "customContextMenuRequested") else None
    window.canvas.open_quick_add()
    settle()
    hunt.look()
    train(session, qtbot)
    settle()
    for layout in LAYOUTS:
        window.show_layout(layout)
        settle()
        hunt.look()
    for id in ("export", "rate_finder", "reference"):
        window.open_dialog(id)
        settle()
        hunt.look()
    window.show_shortcuts()
    window.show_about()
    settle()
    hunt.look()
    for top in window.findChildren(QMessageBox):
        top.close()
    from PySide6.QtWidgets import QApplication

    for top in QApplication.topLevelWidgets():
        if top is not window:
            top.close()
    lines = hunt.lines()
    Path("/tmp/words/escapes.txt").write_text("\n".join(lines))
    print(f"\n{len(lines)} texts escape")
