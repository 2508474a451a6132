"""A shadow leaves no trace: arena, knobs and the rest of the run are the same with it and without it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from playground.engine.machine import Machine
from playground.engine.registers import ROWS, VERDICT
from playground.training.loop import Trainer
from playground.training.shadow import Shadow
from tests.training.networks import NETWORKS, of, plain, points, project, trainer

OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "momentum", "adadelta")


def stateful(optimizer: str) -> tuple[Any, Any]:
    steps = [
        ("dense", {"units": 7}),
        ("batch_norm", {}),
        ("relu", {}),
        ("dropout", {"rate": 0.25}),
        ("dense", {"units": 3}),
    ]
    given: dict[str, Any] = {"batch": 16, "epochs": 6, "averaging": "ema", "average_start": 1, "accumulate": 2}
    return project(*steps, optimizer=of("optimizer", optimizer), **given), points()


def arena(machine: Machine) -> bytes:
    """Everything but what lives only within a step, and the rows for which programs are patched."""
    first, length = machine.plan.pool
    kept = machine.F.copy()
    kept[first : first + length] = 0
    kept[2 * ROWS : 2 * ROWS + 2] = 0
    return kept.tobytes()


def disturb(run: Trainer, shadow: Shadow) -> None:
    """Everything that the tools of this package do to a machine."""
    machine, split = run.machine, run.prepared.train
    machine.knobs[...] *= 3
    machine.run(run.steps_per_epoch + 3, np.full(run.steps_per_epoch + 3, 2.0, np.float32))
    machine.initialise(99)
    other = dataclasses.replace(split, y=np.roll(split.y, 5, axis=0))
    shadow.load("train", split.x[::-1][:20], {name: rows[:20] for name, rows in run.lowered.columns(other).items()})
    machine.shuffle = False
    machine.run(4)
    shadow.load("train", split.x, run.lowered.columns(other))
    machine.run(5)
    shadow.restart()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 1, 7])
def test_state_and_arena_are_the_same_before_and_after(optimizer: str, steps: int) -> None:
    run, undisturbed = trainer(stateful(optimizer), 1, 1), trainer(stateful(optimizer), 1, 1)
    for _ in range(steps):
        run.advance()
    sha, before = run.machine.state_sha256(), arena(run.machine)
    with Shadow(run.machine) as shadow:
        disturb(run, shadow)
    assert run.machine.state_sha256() == sha
    static = np.frombuffer(arena(run.machine), np.float32).view(np.uint32) != np.frombuffer(before, np.float32).view(np.uint32)
    layout = run.machine.layout
    at, length = layout.gradient_run
    for name, first, count in (
        ("ring", layout.ring.at, int(np.prod(layout.ring.shape))),
        ("gradient", at, length),
        ("train", layout.windows["train"][0], layout.order - layout.windows["train"][0] + 2 * run.prepared.train.count),
        ("knobs", layout.knobs, 1024),
    ):
        assert not static[first : first + count].any(), name
    assert not static[: layout.knobs].any()
    *_, last = run.train()
    *_, expected = undisturbed.train()
    assert last.events[-1].state_sha256 == expected.events[-1].state_sha256  # type: ignore[union-attr]


@pytest.mark.parametrize("name", NETWORKS)
def test_an_exception_restores_too(name: str) -> None:
    run = trainer(NETWORKS[name](), 1, 3)
    for _ in range(3):
        run.advance()
    before = run.machine.state_sha256()
    with pytest.raises(KeyboardInterrupt), Shadow(run.machine) as shadow:
        disturb(run, shadow)
        run.machine.run(2)
        assert run.machine.state_sha256() != before
        raise KeyboardInterrupt
    assert run.machine.state_sha256() == before
    assert run.machine.loaded("train") == run.prepared.train.count


def test_restarts_give_the_same_numbers_again() -> None:
    run = trainer(plain())
    run.advance()
    with Shadow(run.machine) as shadow:
        states = []
        for _ in range(2):
            shadow.restart()
            run.machine.run(9)
            states.append(run.machine.state_sha256())
    assert states[0] == states[1]


def test_the_verdict_of_a_fault_is_kept() -> None:
    run = trainer(plain())
    run.advance()
    run.machine.parameters()["dense1.weight"][0, 0] = np.nan
    assert run.machine.run(1).status == "fault"
    with Shadow(run.machine):
        run.machine.initialise(1)
        assert run.machine.run(5).status == "done"
    assert run.machine.F[VERDICT] == 0.0
    assert run.machine.run(1).status == "fault"
    assert run.fault().node == "dense1"


def test_a_part_cannot_use_more_than_it_holds() -> None:
    machine = trainer(plain()).machine
    with pytest.raises(ValueError, match="room"):
        machine.use("train", machine.layout.windows["train"][2] + 1)
