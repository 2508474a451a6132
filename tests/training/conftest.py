"""A client whose worker is gone after the test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from playground.training.client import Client
from tests.patience import patient


@pytest.fixture(scope="session", autouse=True)
def patient_waits() -> Iterator[None]:
    """Conditions are waited for as long as a busy machine needs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "wait", patient(Client.wait, "seconds", 30.0, place=2))
        yield


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    pid = made.worker_pid
    made.close()
    assert pid is None or not os.path.exists(f"/proc/{pid}")
