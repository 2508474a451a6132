"""A home of its own for every window test, and fixtures that fail where something is left behind."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from playground.ui import theme
from playground.ui.session import Session
from tests.patience import patient

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from playground.ui.main_window import MainWindow


@pytest.fixture(scope="session", autouse=True)
def patient_waits() -> Iterator[None]:
    """Conditions are waited for as long as a busy machine needs."""
    from pytestqt.qtbot import QtBot

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QtBot, "waitUntil", patient(QtBot.waitUntil, "timeout", 5000))
        patch.setattr(QtBot, "waitSignal", patient(QtBot.waitSignal, "timeout", 5000))
        yield


@pytest.fixture(autouse=True)
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees what another one remembered."""
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def app(qapp: QApplication) -> QApplication:
    """The application in our light look."""
    theme.apply(qapp, "light")
    return qapp


def settle() -> None:
    """Deliver everything that is posted, deletions included, which `processEvents` alone does not."""
    for _ in range(3):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _children() -> set[str]:
    """Processes that this one started and that still run."""
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        children = task / "children"
        if children.exists():
            found |= set(children.read_text().split())
    return {pid for pid in found if _state_of(pid) != "Z"}


def _state_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that leaves a window, a running timer, a thread or a process fails."""
    threads, processes = set(threading.enumerate()), _children()
    yield
    if QApplication.instance() is None:
        return
    settle()
    windows = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert not windows, f"still open: {windows}"
    for thread in set(threading.enumerate()) - threads:
        thread.join(0 if thread.daemon else 10)  # one that is on its way out is not left behind
    left = [thread.name for thread in threading.enumerate() if thread not in threads and not thread.daemon]
    assert not left, f"threads still running: {left}"
    started = _children() - processes - {str(os.getpid())}
    assert not started, f"processes still running: {started}"


@pytest.fixture
def session(app: QApplication) -> Iterator[Session]:
    """A session on an empty project; its worker and its loader end with the test."""
    made = Session()
    yield made
    made.close()
    made.deleteLater()
    settle()


@pytest.fixture
def window(app: QApplication, session: Session) -> Iterator[MainWindow]:
    """The main window, shown."""
    from playground.ui.main_window import MainWindow

    made = MainWindow(session)
    made.resize(1440, 900)
    made.show()
    settle()
    yield made
    made.autosave.close()
    made.hide()
    made.deleteLater()
    settle()


@pytest.fixture
def loaded(qtbot: QtBot) -> Callable[[Session], None]:
    """Waits until the samples of a session's data source are there."""

    def wait(session: Session) -> None:
        read = lambda: session.samples is not None or bool(session.samples_error)  # noqa: E731
        qtbot.waitUntil(lambda: not session.loading and read(), timeout=20_000)
        settle()

    return wait


def active_timers(owner: object) -> list[QTimer]:
    """Timers of an object and its children that still fire."""
    from PySide6.QtCore import QObject

    assert isinstance(owner, QObject)
    return [timer for timer in owner.findChildren(QTimer) if timer.isActive()]


@pytest.fixture
def collect() -> Callable[[], None]:
    """Drops Python's cycles, so that what is gone is gone."""

    def now() -> None:
        settle()
        gc.collect()

    return now
