"""How long a person's deeds keep the window's thread busy, and that nothing else is taken for one."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from playground.ui.asked import Asked


def busy(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


class Slow(QPushButton):
    """A button whose click and whose painting take their time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Press", parent)
        self.paints = 0.0
        self.clicked.connect(self.work)

    def work(self) -> None:
        busy(0.05)
        self.update()
        self.paints = 0.04

    def paintEvent(self, event: QPaintEvent) -> None:
        busy(self.paints)
        self.paints = 0.0
        super().paintEvent(event)


class Told(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.asked = Asked(self, self.seconds.append)
        self.asked.listen(True)


@pytest.fixture
def window(qtbot: Any) -> QWidget:
    made = QWidget()
    made.resize(200, 100)
    made.button = Slow(made)  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def told(window: QWidget, qtbot: Any) -> Any:
    made = Told()
    yield made
    made.asked.listen(False)


def click(window: QWidget) -> None:
    """As the system sends it: to the window."""
    at = window.button.geometry().center()  # type: ignore[attr-defined]
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


def test_a_click_counts_with_the_painting_that_follows(window: QWidget, told: Told, qtbot: Any) -> None:
    click(window)
    qtbot.waitUntil(lambda: sum(told.seconds) >= 0.085)
    assert sum(told.seconds) < 0.2


def test_what_comes_by_itself_counts_not(window: QWidget, told: Told, qtbot: Any) -> None:
    done: list[bool] = []
    QTimer.singleShot(0, lambda: (window.button.work(), done.append(True)))  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: bool(done) and not window.button.paints)  # type: ignore[attr-defined]
    assert told.seconds == []


def test_a_deed_that_opens_a_dialog_ends_where_the_dialog_waits(window: QWidget, told: Told, qtbot: Any) -> None:
    from PySide6.QtWidgets import QDialog

    dialog = QDialog(window)
    qtbot.addWidget(dialog)

    def wait() -> None:
        busy(0.3)  # messages that arrive while the dialog is open
        dialog.accept()

    window.button.clicked.connect(lambda: (QTimer.singleShot(30, wait), dialog.exec()))  # type: ignore[attr-defined]
    click(window)
    qtbot.waitUntil(lambda: sum(told.seconds) >= 0.05)
    assert sum(told.seconds) < 0.2


def test_nothing_is_looked_at_once_it_does_not_listen(window: QWidget, told: Told, qtbot: Any) -> None:
    told.asked.listen(False)
    told.asked.listen(False)
    click(window)
    qtbot.waitUntil(lambda: not window.button.paints)  # type: ignore[attr-defined]
    QApplication.sendPostedEvents(None, QEvent.Type.None_.value)
    assert told.seconds == []
