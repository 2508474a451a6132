"""Bursts, threads and the speed limit: sizes and times only, never numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.training.client import Client
from playground.training.pace import BURST_SECONDS, Governor, Pace
from tests.training.networks import plain
from tests.training.watching import expected, to_end


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


def settle(pace: Pace, each: dict[int, float], bursts: int = 40) -> None:
    for _ in range(bursts):
        steps, threads = pace.next_burst()
        pace.took(steps, threads, steps * each[threads])


@pytest.mark.skipif(len(Pace(2, 10)._choices) < 2, reason="needs two cores")
def test_the_faster_thread_count_is_taken_and_found_again_when_things_change() -> None:
    pace = Pace(chains=2, most_steps=10_000)
    settle(pace, {1: 1e-4, 2: 6e-5})
    assert pace.threads == 2
    settle(pace, {1: 1e-4, 2: 3e-3}, bursts=400)
    assert pace.threads == 1


@pytest.mark.skipif(len(Pace(2, 10)._choices) < 2, reason="needs two cores")
@pytest.mark.parametrize(("share", "threads"), [(0.9, 1), (0.7, 2)])
def test_another_core_must_pay(share: float, threads: int) -> None:
    pace = Pace(chains=2, most_steps=10_000)
    settle(pace, {1: 1e-4, 2: share * 1e-4})
    assert pace.threads == threads


@pytest.mark.skipif(len(Pace(2, 10)._choices) < 2, reason="needs two cores")
def test_one_lucky_burst_does_not_decide() -> None:
    pace = Pace(chains=2, most_steps=10_000)
    times = iter([1e-4, 5e-5, 1e-4, 3e-3, 1e-4, 3e-3, 1e-4])
    while pace._trials:
        steps, threads = pace.next_burst()
        pace.took(steps, threads, BURST_SECONDS * 10 * next(times) / 1e-4)
    assert pace.threads == 1


def test_a_governed_run_keeps_its_speed_and_does_not_hurry() -> None:
    governor, now, done = Governor(), 100.0, 0
    governor.set(60.0)
    while now < 110.0:
        wait = governor.wait(now)
        now += wait
        governor.did(governor.most() or 0, now)
        done += governor.most() or 0
        now += 0.001
    assert done == pytest.approx(600, rel=0.02)
    governor.did(1, now + 5.0)
    assert governor.wait(now + 5.0) < 1 / 30 + 1 / 60
    governor.set(0.0)
    assert governor.most() is None
    assert governor.wait(now) == 0.0


def test_a_slow_run_gives_the_same_numbers(client: Client) -> None:
    made = plain(epochs=3)
    client.set_speed(400.0)
    slow = to_end(client, made)
    client.set_speed(0.0)
    assert slow.state_sha256 == expected(made).state_sha256
