"""A client whose worker is gone after the test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from playground.training.client import Client


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    pid = made.worker_pid
    made.close()
    assert pid is None or not os.path.exists(f"/proc/{pid}")
