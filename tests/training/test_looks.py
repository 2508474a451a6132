"""Looks at a run through its worker: before it, in the middle of it, at its end; none of them changes a number."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.training import messages
from playground.training.client import Client
from playground.training.messages import Command
from playground.training.messages.analysis import (
    BatchesDone,
    BatchPoint,
    FindBatch,
    LayersTimed,
    Preflight,
    PreflightDone,
    PreflightStep,
    TimeLayers,
)
from playground.training.messages.fan import FanDone, FanPoint, FanRates
from tests.training.networks import convolutional, forgetful, plain
from tests.training.watching import expected, of_kind, until

LOOKS: dict[str, tuple[Command, type[messages.Event]]] = {
    "fan": (FanRates(factors=(0.1, 1.0, 10.0), steps=20), FanDone),
    "preflight": (Preflight(seconds=0.1), PreflightDone),
    "layers": (TimeLayers(seconds=0.1), LayersTimed),
    "batch": (FindBatch(seconds=0.02), BatchesDone),
    "finder": (messages.FindRate(low=1e-6, high=1.0, steps=40, smoothing=0.9, stop_factor=4.0), messages.FinderDone),
}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_while_it_runs_and_at_its_end_changes_nothing(client: Client, name: str) -> None:
    command, kind = LOOKS[name]
    made = forgetful()
    client.start(*made, paused=True)
    client.step_batch()
    client.send(command)
    (paused,) = of_kind(until(client, kind), kind)
    if hasattr(paused, "step"):
        assert paused.step == 1
    client.set_speed(300)
    client.resume()
    client.send(command)
    events = until(client, kind)
    assert of_kind(events, messages.Running) or client.state == "running"
    client.set_speed(0)
    (end,) = of_kind(events + until(client, messages.Finished), messages.Finished)
    assert end.state_sha256 == expected(made).state_sha256
    client.send(command)
    (done,) = of_kind(until(client, kind), kind)
    assert done.sha256 == end.state_sha256
    assert client.state == "finished"


def test_what_they_tell(client: Client) -> None:
    client.start(*convolutional(), paused=True)
    for name, (command, _) in LOOKS.items():
        client.send(command)
        events = until(client, LOOKS[name][1])
        match of_kind(events, LOOKS[name][1])[0]:
            case FanDone() as fan:
                assert [len(ray.losses) for ray in fan.rays] == [20, 20, 20]
                assert fan.rays[fan.best].end == min(ray.end for ray in fan.rays)
                assert (fan.first, fan.stopped) == (0, "end")
                assert of_kind(events, FanPoint)
            case PreflightDone() as flight:
                assert [check.id for check in flight.checks] == ["start", "fits", "labels", "time"]
                assert {layer.node for layer in flight.layers} >= {"conv1", "dense1", ""}
                assert of_kind(events, PreflightStep)
            case LayersTimed() as timed:
                assert sum(layer.seconds for layer in timed.layers) == pytest.approx(timed.step_seconds)
            case BatchesDone() as batches:
                sizes = [one.batch for one in batches.sizes]
                assert sizes == [1, 2, 4, 8, 16, 20, 32, 64]
                assert batches.suggested in sizes
                assert batches.stopped == "end"
                assert [one.nbytes for one in batches.sizes] == sorted(one.nbytes for one in batches.sizes)
                assert of_kind(events, BatchPoint)


def test_pause_ends_a_look_and_is_carried_out(client: Client) -> None:
    client.start(*plain(epochs=1_000_000))
    client.wait(lambda c: c.state == "running" and c.step > 100)
    client.send(Preflight(seconds=20.0))
    until(client, PreflightStep)
    client.pause()
    (done,) = of_kind(until(client, PreflightDone), PreflightDone)
    assert done.stopped == "cancelled"
    client.wait(lambda c: c.state == "paused")
    client.resume()
    client.send(FanRates(factors=(0.5, 1.0, 2.0), steps=10_000))
    until(client, FanPoint)
    client.send(messages.Act(what="cancel_look"))
    (fan,) = of_kind(until(client, FanDone), FanDone)
    assert fan.stopped == "cancelled"
    client.wait(lambda c: c.state == "running")
    client.stop()
    client.wait(lambda c: c.state == "finished")
