"""Objects of Qt end in the window's thread, whoever drops them and whatever other threads do."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from playground.ui.collecting import Collector
from tests.ui.conftest import settle


@pytest.fixture
def collector(app: QApplication) -> Iterator[Collector]:
    made = Collector(app)
    yield made
    made.stop()
    made.deleteLater()
    settle()


class Ring:
    """A cycle that notes in which thread it ends."""

    ended: list[str] = []

    def __init__(self) -> None:
        self.itself = self
        self.held = QObject()

    def __del__(self) -> None:
        Ring.ended.append(threading.current_thread().name)


def busy() -> None:
    """What makes Python collect: many things that stay."""
    kept = [[k] for k in range(200_000)]
    assert len(kept) == 200_000


def test_a_thread_collects_nothing(collector: Collector) -> None:
    Ring.ended = []
    for _ in range(2_000):  # more than Python waits for
        Ring()
    assert not gc.isenabled()
    worker = threading.Thread(target=busy, name="other")
    worker.start()
    worker.join()
    assert Ring.ended == []
    collector.look()
    assert Ring.ended == ["MainThread"] * 2_000


def test_python_collects_by_itself_again(collector: Collector) -> None:
    collector.stop()
    assert gc.isenabled()


def test_it_ends_with_its_owner(app: QApplication) -> None:
    owner = QObject()
    Collector(owner)
    assert not gc.isenabled()
    owner.deleteLater()
    settle()
    assert gc.isenabled()
