"""A step phase by phase is a step: the same state to the last bit, whatever is asked in between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.engine.machine import Machine
from playground.engine.phases import phases, written
from playground.training import messages
from playground.training.assembly import assemble
from playground.training.client import Client
from playground.training.messages.slow import PhaseDone
from tests.training import networks
from tests.training.networks import NETWORKS
from tests.training.watching import expected, of_kind, until


def _machine(made: Any, told: bool) -> Machine:
    assembled = assemble(*made())
    machine = assembled.machine()
    machine.initialise(4)
    if told:
        machine.told = lambda row: None
    return machine


@pytest.mark.parametrize("made", [*NETWORKS.values(), lambda: networks.plain(accumulate=3)])
def test_steps_taken_apart_equal_steps_at_once(made: Any) -> None:
    """Through the end of an epoch, with a last batch that is smaller, and through accumulated gradients."""
    slow, fast = _machine(made, True), _machine(made, False)
    steps = 14
    assert slow.run(steps) == fast.run(steps)
    assert slow.state_sha256() == fast.state_sha256()
    np.testing.assert_array_equal(slow.ring()[:steps], fast.ring()[:steps])
    assert slow.epoch == fast.epoch >= 1


def test_a_step_that_is_refused_changes_nothing() -> None:
    for told in (False, True):
        machine = _machine(networks.plain, told)
        before = machine.parameters()["dense1.weight"].copy()
        machine.parameters()["dense2.weight"][...] = np.nan
        assert machine.run(1).status == "fault"
        np.testing.assert_array_equal(machine.parameters()["dense1.weight"], before)


def test_phases_are_nodes_in_the_order_of_the_step() -> None:
    machine = _machine(networks.plain, True)
    found = phases(machine.plan.train.origins)
    forward = [one.node for one in found if one.direction == "forward" and one.node]
    backward = [one.node for one in found if one.direction == "backward" and one.node]
    assert forward[:2] == ["dense1", "dense2"] or forward[:3] == ["dense1", "relu1", "dense2"]
    assert backward[-1] == "dense1"
    assert found[-1].direction == "update"
    assert [row for one in found for row in one.rows] == list(range(len(machine.plan.train.origins)))
    rows: list[int] = []
    machine.told = rows.append
    machine.run(1)
    assert rows == list(range(len(machine.plan.train.origins)))


def test_what_a_phase_wrote_is_what_the_node_gives() -> None:
    machine = _machine(networks.plain, True)
    machine.shuffle = False
    found = phases(machine.plan.train.origins)
    last = next(one for one in reversed(found) if one.node == "dense2" and one.direction == "forward")
    kept = []
    after = last.rows[-1] + 1
    machine.told = lambda row: kept.append(written(machine, last)) if row == after else None
    weights = {name: value.copy() for name, value in machine.parameters().items()}
    machine.run(1)
    x = assemble(*networks.plain()).prepared.train.x[:1]
    inner = np.maximum(x @ weights["dense1.weight"] + weights["dense1.bias"], 0)
    np.testing.assert_allclose(kept[0], (inner @ weights["dense2.weight"] + weights["dense2.bias"])[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["plain", "convolutional"])
def test_a_run_in_slow_motion_has_the_numbers_of_the_run(client: Client, name: str) -> None:
    made = NETWORKS[name]()
    client.start(*made, paused=True)
    until(client, messages.Started)
    told: list[PhaseDone] = []
    while client.step < 2:
        client.step_phase()
        answered = until(client, messages.Done)
        told += of_kind(answered, PhaseDone)
    assert [one.step for one in told] == sorted(one.step for one in told)
    assert {one.step for one in told} == {0, 1}
    first = [one for one in told if one.step == 0]
    assert [one.done for one in first] == list(range(1, len(first) + 1))
    assert {one.direction for one in first} == {"forward", "backward", "update"}
    assert len(first) == first[0].total
    for _ in range(4):  # into the third step, and then something else is wanted
        client.step_phase()
    client.set_knob("rate", 0.01)
    changed = of_kind(until(client, messages.KnobChanged), messages.KnobChanged)[0]
    assert changed.step == 3
    client.step_phase()
    client.resume()
    slow = of_kind(until(client, messages.Finished), messages.Finished)[0]
    other = Client()
    try:
        other.start(*made, paused=True)
        until(other, messages.Started)
        for _ in range(3):
            other.step_batch()
        other.set_knob("rate", 0.01)
        other.resume()
        fast = of_kind(until(other, messages.Finished), messages.Finished)[0]
        np.testing.assert_array_equal(client.history().loss, other.history().loss)
    finally:
        other.close()
    assert slow.state_sha256 == fast.state_sha256
    assert slow.last_step == fast.last_step


def test_looks_wait_for_the_end_of_the_step_and_spoil_nothing(client: Client) -> None:
    """A look at the output uses the memory that the step works in."""
    made = networks.plain()
    client.start(*made, paused=True)
    until(client, messages.Started)
    client.step_phase()
    told = of_kind(until(client, PhaseDone), PhaseDone)
    client.predict_grid((-1.0, -1.0), (1.0, 1.0), 16)
    client.watch_norms(False)
    while told[-1].done < told[-1].total:
        client.step_phase()
        told += of_kind(until(client, PhaseDone), PhaseDone)
    assert [one.done for one in told] == list(range(1, told[-1].total + 1))
    client.wait(lambda c: c.grid() is not None)
    assert client.grid().step == 1
    client.resume()
    end = of_kind(until(client, messages.Finished), messages.Finished)[0]
    assert end.state_sha256 == expected(made).state_sha256


def test_reset_and_stop_in_the_middle_of_a_step(client: Client) -> None:
    client.start(*networks.plain(), paused=True)
    until(client, messages.Started)
    client.step_phase()
    client.step_phase()
    client.reset()
    until(client, messages.Reset)
    client.step_phase()
    client.stop()
    ended = of_kind(until(client, messages.Finished), messages.Finished)[0]
    assert (ended.reason, ended.last_step) == ("stopped", 1)


def test_phases_wait_while_the_run_goes_on(client: Client) -> None:
    client.start(*networks.plain(epochs=100000))
    until(client, messages.Started)
    client.step_phase()  # the client knows that it does not apply
    client.pause()
    assert not of_kind(until(client, messages.Paused), PhaseDone)
