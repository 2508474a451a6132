"""The fan of rates: every ray is the training that it says it is, and nothing is left of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from playground.engine.registers import RATE
from playground.errors import BadValue
from playground.training.fan import Fan, Options, outcome, planned, told
from playground.training.loop import Trainer
from tests.training.networks import NETWORKS, of, plain, trainer


def fanned(run: Trainer, **options: Any) -> Any:
    with Fan(run.machine, planned(run), Options(**options)) as fan:
        for _ in fan:
            pass
        return fan.found()


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("steps", [0, 7])
def test_a_ray_is_what_a_run_at_that_rate_would_do(name: str, steps: int) -> None:
    made: Callable[[], Any] = NETWORKS[name]
    run = trainer(made(), 1, 1)
    for _ in range(steps):
        run.advance()
    before, knobs = run.machine.state_sha256(), run.machine.knobs.copy()
    found = fanned(run, steps=11)
    assert run.machine.state_sha256() == before
    assert (run.machine.knobs == knobs).all()
    assert [ray.factor for ray in found.rays] == [0.1, 0.3, 1.0, 3.0, 10.0]
    for ray in found.rays:
        other = trainer(made(), 1, 1)
        for _ in range(steps):
            other.advance()
        losses = []
        for k in range(11):
            factor = other.factors(steps + k, 1) * np.float32([ray.factor, 1, 1])
            row = other.machine.step % len(other.machine.ring())
            assert other.machine.run(1, factor).steps == 1
            losses.append(float(other.machine.ring()[row, 0]))
        assert ray.losses == tuple(losses)
        assert ray.rate == pytest.approx(float(knobs[RATE]) * ray.factor)


def test_the_best_ray_ends_lowest_and_one_that_breaks_off_is_never_best() -> None:
    project, samples = plain(optimizer=of("optimizer", "sgd", rate=0.05))
    found = fanned(trainer((project, samples)), factors=(0.1, 1.0, 1e6), steps=40)
    assert found.stopped == "end"
    assert found.best == 1
    assert found.rays[1].end == pytest.approx(np.mean(found.rays[1].losses[-10:]))
    assert found.rays[1].end < found.rays[0].end
    assert found.rays[2].fault or found.rays[2].end > found.rays[1].end
    assert "present rate of 0.05" in outcome(found)
    alone = fanned(trainer((project, samples)), factors=(10.0,), steps=5)
    assert "10 times the rate, 0.5," in outcome(alone)


def test_rays_of_numbers_that_are_not_finite() -> None:
    run = trainer(plain())
    run.machine.parameters()["dense1.weight"][...] = np.nan
    found = fanned(run)
    assert found.best is None
    assert all(ray.fault and ray.losses == () and math.isinf(ray.end) for ray in found.rays)
    assert told(found, "").best == -1


def test_at_the_end_of_a_run_the_last_rate_stays() -> None:
    project, samples = plain(schedule=of("schedule", "cosine"))
    run = trainer((project, samples), 1, 7)
    *_, last = run.train()
    assert last.status == "finished"
    factors = planned(run)(run.machine.step, 9)
    assert factors.shape == (9, 3)
    assert (factors[:, 0] > 0).all()
    found = fanned(run, steps=9)
    assert len({ray.losses for ray in found.rays}) > 1


def test_left_early() -> None:
    run = trainer(plain())
    before = run.machine.state_sha256()
    with Fan(run.machine, planned(run)) as fan:
        steps = iter(fan)
        first, second = next(steps), next(steps)
        assert first[0] == second[0] == 0
        assert second[1][: len(first[1])] == first[1]
        found = fan.found()
    assert found.stopped == "cancelled"
    assert found.rays == ()
    assert run.machine.state_sha256() == before


@pytest.mark.parametrize("options", [{"factors": ()}, {"factors": (0.0,)}, {"factors": (math.nan,)}, {"steps": 1}])
def test_what_cannot_be_a_fan_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        Fan(trainer(plain()).machine, planned(trainer(plain())), dataclasses.replace(Options(), **options))
