"""Waiting for what a worker tells, on conditions and never on the clock."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Any

from playground.core.samples import Samples
from playground.document.project import Project
from playground.training import messages
from playground.training.client import Client
from playground.training.messages import Event
from tests.patience import busy
from tests.training.networks import trainer


def of_kind(events: list[Event], kind: Any) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def until(client: Client, kind: type[Event], seconds: float = 30.0) -> list[Event]:
    """Everything up to an event of a kind."""
    events: list[Event] = []
    deadline = time.monotonic() + seconds * busy()
    while not of_kind(events, kind):
        assert time.monotonic() < deadline, f"no {kind.__name__} within {seconds} s; {client.state}: {client.text}"
        select.select([client], [], [], 0.1)
        events += client.poll()
    return events


def unheard(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for what shared memory says, without taking in what the worker tells meanwhile."""
    deadline = time.monotonic() + seconds * busy()
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.001)


def rested(client: Client) -> None:
    """Wait until the last command is carried out and the run has come to rest after it.

    It stood still before too, and the step on the board runs ahead of all that is told, of the copy of the state and of what was
    measured: neither a state nor a step says that the rest is there.
    """
    serial = client._line._serial
    client.wait(lambda c: c.answered >= serial and c.state in ("paused", "finished"))


def to_end(client: Client, made: tuple[Project, Samples], act: Callable[[Client], None] = lambda c: None) -> messages.Finished:
    client.start(*made)
    act(client)
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    return end  # type: ignore[no-any-return]


def expected(made: tuple[Project, Samples]) -> messages.Finished:
    *_, last = trainer(made).train()
    end = last.events[-1]
    assert isinstance(end, messages.Finished)
    return end
