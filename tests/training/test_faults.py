"""The flight recorder over thirty planted faults: the right layer in at least 28, weights unharmed in all; no false alarms; its cost."""

from __future__ import annotations

import functools
import time
from statistics import median

import numpy as np
import pytest

from playground.training.loop import Trainer
from playground.training.messages import Fault
from tests.engine.networks import Net
from tests.training.faults import PLANTED, STEPS, Planted
from tests.training.networks import NETWORKS, of, plain, trainer


def planted(fault: Planted, burst: int = 3) -> Trainer:
    run = trainer(fault.made(), burst=burst)
    if fault.plant is not None:
        while run.machine.step < STEPS:
            run.advance(1)
        fault.plant(run)
    return run


@functools.cache
def found(name: str) -> tuple[Trainer, Fault | None]:
    run = planted(next(fault for fault in PLANTED if fault.name == name))
    for _ in range(300):
        told = [event for event in run.advance().events if isinstance(event, Fault)]
        if told or run.finished:
            return run, told[0] if told else None
    return run, None


def blamed_rightly(fault: Planted) -> bool:
    told = found(fault.name)[1]
    return told is not None and told.node in fault.nodes and told.direction in fault.directions


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_right_layer_is_named_in_at_least_28_of_30() -> None:
    assert len(PLANTED) == len({fault.name for fault in PLANTED}) == 30
    wrong = {fault.name: found(fault.name)[1] for fault in PLANTED if not blamed_rightly(fault)}
    assert len(wrong) <= 2, wrong


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fault", PLANTED, ids=[fault.name for fault in PLANTED])
def test_the_weights_are_unharmed(fault: Planted) -> None:
    """They are, bit for bit, those of a run that was ended by hand before the step that did it."""
    run, told = found(fault.name)
    assert told is not None
    twin = planted(fault)
    while twin.machine.step < told.step:
        twin.burst(1)
    assert run.machine.step == told.step == twin.machine.step
    assert run.machine.state_sha256() == twin.machine.state_sha256()
    assert told.text.startswith(f"Stopped at step {told.step + 1}") or told.direction == "start"
    assert told.batch == twin.machine.cursor // twin.training.batch + 1
    if told.direction != "start":
        assert all(np.isfinite(weight).all() for weight in run.machine.parameters().values())


@pytest.mark.parametrize("burst", [1, 2, 50])
@pytest.mark.parametrize("name", ["rate 3e38 with momentum", "rate 1e4 times", "rate 3e38 with Adam"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_where_it_stops_does_not_depend_on_the_burst(name: str, burst: int) -> None:
    run = planted(next(fault for fault in PLANTED if fault.name == name), burst)
    told: list[Fault] = []
    while not told:
        told = [event for event in run.advance().events if isinstance(event, Fault)]
    assert told[0] == found(name)[1]
    assert run.machine.state_sha256() == found(name)[0].machine.state_sha256()


@pytest.mark.parametrize("name", NETWORKS)
def test_no_false_alarm(name: str) -> None:
    for burst in trainer(NETWORKS[name](), burst=5).train():
        assert burst.status != "fault"


def test_a_run_goes_on_after_the_remedy() -> None:
    run = trainer(plain(optimizer=of("optimizer", "momentum", rate=0.05), epochs=40), burst=4)
    while run.machine.step < 40:
        run.advance()
    run.recorder.changes.append(np.array([[run.machine.step, run.machine.layout.knob_index["rate"], 100.0]]))
    run.machine.set_knob("rate", 100.0)
    while run.advance().status != "fault":
        pass
    assert run.machine.knobs[run.machine.layout.knob_index["rate"]] == 100.0
    run.recorder.go_back(run.machine.step - 20)
    run.machine.set_knob("rate", 0.02)
    assert all(burst.status != "fault" for burst in run.train())
    assert run.finished


def test_a_long_gradient_that_is_finite_is_no_fault() -> None:
    """Squares of its numbers overflow in single precision; the norm does not, and clipping goes by it."""
    from tests.engine.test_accumulation import machine_of

    machine = machine_of(Net((6,)).dense(9).dense(3), 24, 8, 1, shuffle=False, clip=1.0)
    machine.load("train", np.random.default_rng(0).normal(size=(24, 6)).astype(np.float32) * np.float32(1e24), None)
    machine.parameters()["dense1.weight"][...] *= np.float32(1e-24)
    before = {name: weight.copy() for name, weight in machine.parameters().items()}
    assert machine.run(1).status == "done"
    gradients = np.concatenate([gradient.astype(np.float64).ravel() for gradient in machine.gradients().values()])
    assert np.abs(gradients).max() > 1e19
    assert machine.ring()[0, 2] == pytest.approx(np.sqrt((gradients**2).sum()), rel=1e-5)
    assert all(np.isfinite(weight).all() for weight in machine.parameters().values())
    assert any((weight != before[name]).any() for name, weight in machine.parameters().items())


@pytest.mark.campaign
def test_it_costs_at_most_two_hundredths() -> None:
    """A run with the recorder beside one without, in turns."""

    def seconds(with_recorder: bool) -> float:
        run = trainer(plain(epochs=400))
        if not with_recorder:
            run.recorder.follow = lambda: True  # type: ignore[method-assign]
            run.recorder.spoiled = lambda *, now=False: False  # type: ignore[method-assign]
        begun = time.process_time()
        for _ in run.train():
            pass
        return time.process_time() - begun

    seconds(True)
    pairs = [(seconds(True), seconds(False)) for _ in range(9)]
    assert median(one for one, _ in pairs) <= 1.02 * median(other for _, other in pairs) + 0.01, pairs
