"""Rewind, fork and layers that begin anew, as the window asks for them of the worker."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from playground.training.client import Client
from playground.training.messages import Fault, KnobChanged, Warned
from playground.training.messages.travel import Reinitialised, Travelled
from tests.training.networks import NETWORKS, of, plain, trainer
from tests.training.watching import of_kind, rested, to_end, unheard, until

#: Points of the curve of each of four networks; more than 50 in the campaign.
POINTS = [2, pytest.param(13, marks=pytest.mark.campaign)]


@pytest.fixture(scope="module")
def worker() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


def epochs_on(client: Client, count: int) -> int:
    """Do so many epochs, one at a time; gives the step."""
    started = client.started
    assert started is not None
    for _ in range(count):
        aim = (client.step // started.steps_per_epoch + 1) * started.steps_per_epoch
        client.step_epoch()
        rested(client)
        assert client.step == aim
    return client.step


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("points", POINTS)
def test_an_unchanged_fork_equals_its_parent_bit_for_bit(worker: Client, name: str, points: int) -> None:
    made = NETWORKS[name]()
    end = to_end(worker, made)
    parent, epochs = worker.history(), worker.epochs
    for step in np.random.default_rng(8).integers(0, end.last_step, points).tolist():
        worker.fork(step)
        travelled = of_kind(until(worker, Travelled), Travelled)[-1]
        assert (travelled.step, travelled.before, travelled.kind) == (step, end.last_step, "fork")
        worker.wait(lambda c: c.state == "paused")
        np.testing.assert_array_equal(worker.history().steps, np.arange(1, step + 1))
        assert [record.step for record in worker.epochs] == [record.step for record in epochs if record.step <= step]
        branch = worker.branches[-1]
        assert (branch.step, branch.last) == (step, end.last_step)
        np.testing.assert_array_equal(branch.history.loss, parent.loss)
        worker.resume()
        worker.wait(lambda c: c.state == "finished")
        assert worker.state_copy() is not None
        for column in ("steps", "loss", "rate", "gradient_norm"):
            np.testing.assert_array_equal(getattr(worker.history(), column), getattr(parent, column))
        assert worker.epochs == epochs
        found = worker.state_copy()
        assert found is not None
        run = trainer(made)
        for _ in run.train():
            pass
        assert found[1] == run.machine.snapshot().tobytes()


def test_a_rewind_takes_the_knobs_back_and_leaves_no_branch(worker: Client) -> None:
    made = plain(epochs=400)
    worker.start(*made, paused=True)
    worker.wait(lambda c: c.state == "paused")
    step = epochs_on(worker, 3)
    worker.set_knob("rate", 0.5)
    until(worker, KnobChanged)
    epochs_on(worker, 1)
    worker.rewind(step + 2)
    events = until(worker, Travelled)
    assert worker.knobs["rate"] == 0.5
    worker.rewind(step)
    events += until(worker, Travelled)
    worker.wait(lambda c: c.state == "paused")
    assert worker.knobs["rate"] == pytest.approx(0.01)
    assert worker.branches == ()
    assert [event.step for event in of_kind(events, Travelled)] == [step + 2, step]
    worker.step_batch()
    rested(worker)
    run = trainer(made, burst=1)
    while run.machine.step <= step:
        run.advance()
    assert worker.history().steps[-1] == step + 1
    assert worker.history().loss[-1] == run.machine.ring()[step, 0]


def test_a_running_run_goes_on_from_there(worker: Client) -> None:
    worker.start(*plain(epochs=100_000))
    worker.wait(lambda c: c.step > 2000)
    worker.rewind(100)
    until(worker, Travelled)
    worker.wait(lambda c: c.state == "running" and c.step > 150)
    worker.fork(120, go_on=True)
    until(worker, Travelled)
    worker.wait(lambda c: c.state == "running" and c.step > 130)
    worker.pause()
    worker.wait(lambda c: c.state == "paused")
    steps = worker.history().steps
    np.testing.assert_array_equal(steps, np.arange(1, len(steps) + 1))
    assert worker.branches[-1].last >= 150


def test_a_branch_ends_where_it_was_left_however_late_that_is_heard(worker: Client) -> None:
    worker.start(*plain(epochs=100_000))
    worker.wait(lambda c: c.step > 2000)
    worker.pause()
    rested(worker)
    last, parent, epochs = worker.step, worker.history(), worker.epochs
    worker.fork(120, go_on=True)
    unheard(lambda: worker.step not in (last, 120))
    until(worker, Travelled)
    branch = worker.branches[-1]
    assert branch.last == last
    np.testing.assert_array_equal(branch.history.steps, np.arange(1, last + 1))
    np.testing.assert_array_equal(branch.history.loss, parent.loss)
    assert branch.epochs == epochs


def test_far_steps_and_unknown_layers_are_refused_in_words(worker: Client) -> None:
    worker.start(*plain(), paused=True)
    worker.wait(lambda c: c.state == "paused")
    worker.rewind(500)
    assert of_kind(until(worker, Travelled), Travelled)[-1].step == 0
    worker.reinitialise("nobody", 1)
    events = until(worker, Warned)
    assert "nobody" in of_kind(events, Warned)[-1].text


def test_a_layer_begins_anew(worker: Client) -> None:
    worker.start(*plain(epochs=50), paused=True)
    worker.wait(lambda c: c.state == "paused")
    start = {name: weight.copy() for name, weight in worker.parameters().items()}
    epochs_on(worker, 1)
    name = sorted(start)[0].partition(".")[0]
    trained = worker.parameters()
    worker.reinitialise(name, 77)
    found = of_kind(until(worker, Reinitialised), Reinitialised)[-1]
    assert (found.layer, found.step) == (name, worker.step)
    anew = worker.parameters()
    for key, weight in anew.items():
        mine = key.startswith(name + ".")
        assert np.array_equal(weight, trained[key]) != mine or not weight.any()
        assert not mine or not weight.any() or not np.array_equal(weight, start[key])


def test_it_goes_back_after_the_worker_died(client: Client) -> None:
    made = plain(epochs=100_000)
    client.start(*made)
    client.wait(lambda c: c.step > 3000)
    client.pause()
    client.wait(lambda c: c.state == "paused")
    parent, last = client.history(), client.step
    client.resume()
    client.wait(lambda c: c.step > last + 200)
    client.kill()
    client.wait(lambda c: c.state == "dead")
    client.fork(1234)
    assert of_kind(until(client, Travelled, 60), Travelled)[-1].step == 1234
    client.wait(lambda c: c.state == "paused")
    np.testing.assert_array_equal(client.history().loss, parent.loss[:1234])
    assert client.branches[-1].last >= last
    client.resume()
    client.wait(lambda c: c.step > last)
    np.testing.assert_array_equal(client.history().loss[:last], parent.loss)


def test_a_fault_leaves_no_later_steps_behind(client: Client) -> None:
    client.start(*plain(optimizer=of("optimizer", "momentum", rate=0.05), epochs=10_000), paused=True)
    client.wait(lambda c: c.state == "paused")
    last = epochs_on(client, 4)
    client.set_knob("rate", 100.0)
    client.resume()
    fault = of_kind(until(client, Fault), Fault)[-1]
    assert fault.step > last
    assert f"step {fault.step + 1:,}" in fault.text
    assert client.state == "failed"
    assert client.history().steps[-1] == fault.step
    assert all(np.isfinite(weight).all() for weight in client.parameters().values())
    client.rewind(last - 3)
    client.wait(lambda c: c.state == "paused" and c.step == last - 3)
    assert client.knobs["rate"] == pytest.approx(0.05)
    assert epochs_on(client, 1) == last
