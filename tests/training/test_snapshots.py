"""The ring of snapshots, and the way back to any step: bit for bit the state that was there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.engine.machine import Machine
from playground.errors import BadValue
from playground.training.loop import Trainer
from playground.training.probes.share import Share
from playground.training.ring import Ring
from playground.training.snapshots import DIRECTORY_BYTES, ENTRIES, SnapshotRing, room
from tests.training import networks

#: Points of the curve at which an unchanged fork is compared.
POINTS = [8, pytest.param(50, marks=pytest.mark.campaign)]


def filled(nbytes: int, state: int, steps: list[int]) -> tuple[SnapshotRing, dict[int, bytes]]:
    ring, given = SnapshotRing(np.zeros(DIRECTORY_BYTES + nbytes, np.uint8)), {}
    draw = np.random.default_rng(0)
    for step in steps:
        numbers = draw.normal(size=state // 4).astype(np.float32)
        given[step] = numbers.tobytes()
        assert ring.put(step, {"step": step}, step // 2, numbers.view(np.uint8))
    return ring, given


def test_what_is_put_comes_back_whole() -> None:
    ring, given = filled(1 << 20, 1200, [0, 7, 30])
    assert ring.steps == [0, 7, 30]
    for step, nearest in [(0, 0), (6, 0), (7, 7), (29, 7), (1000, 30)]:
        found = ring.nearest(step)
        assert found is not None
        assert (found.step, found.memory, found.seen) == (nearest, {"step": nearest}, nearest // 2)
        assert found.numbers == given[nearest]
    assert ring.nearest(-1) is None


@pytest.mark.parametrize("state", [4, 12, 1 << 15, (1 << 15) + 4, 6 << 20])
def test_states_of_any_size(state: int) -> None:
    ring = SnapshotRing.private(state)
    numbers = np.random.default_rng(1).normal(size=state // 4).astype(np.float32)
    numbers[::3] = 0
    assert ring.put(5, {}, 0, numbers.view(np.uint8))
    found = ring.nearest(5)
    assert found is not None
    assert found.numbers == numbers.tobytes()


def test_memory_is_bounded_and_copies_are_dense_near_the_present() -> None:
    ring, _ = filled(40_000, 1000, list(range(0, 30_000, 10)))
    assert ring.used_bytes <= 40_000
    steps = np.array(ring.steps)
    assert steps[0] == 0
    assert steps[-1] == 29_990
    assert len(steps) > 20
    gaps, ages = np.diff(steps), 29_990 - steps[:-1]
    assert gaps[-1] <= 30
    assert (gaps <= np.maximum(0.5 * ages, 30)).all()


def test_no_more_copies_than_entries() -> None:
    ring, _ = filled(1 << 22, 40, list(range(3 * ENTRIES)))
    assert len(ring.steps) == ENTRIES


def test_a_state_that_does_not_fit_is_not_kept() -> None:
    ring = SnapshotRing(np.zeros(DIRECTORY_BYTES + 1000, np.uint8))
    assert not ring.put(1, {}, 0, np.random.default_rng(0).integers(0, 255, 4000, np.uint8))
    none = SnapshotRing(np.zeros(room(1 << 40), np.uint8))
    assert not none.put(1, {}, 0, np.zeros(8, np.uint8))
    assert none.nearest(5) is None
    assert none.steps == []
    assert none.used_bytes == 0
    none.forget_after(3)
    none.clear()


def test_a_damaged_copy_is_never_given() -> None:
    area = np.zeros(DIRECTORY_BYTES + 10_000, np.uint8)
    ring = SnapshotRing(area)
    for step in (1, 2):
        ring.put(step, {"n": step}, 0, np.full(400, step, np.uint8))
    newest = ring.nearest(2)
    assert newest is not None
    assert newest.step == 2
    draw = np.random.default_rng(3)
    for _ in range(300):
        torn = area.copy()
        torn[int(draw.integers(len(torn)))] ^= np.uint8(1 << int(draw.integers(8)))
        found = SnapshotRing(torn).nearest(2)
        assert found is None or found.numbers == bytes([found.memory["n"]]) * 400


class Often(Share):
    """A copy before every so many bursts."""

    def __init__(self, every: int) -> None:
        super().__init__(1.0, 1e9)
        self._every, self._turn = every, 0

    @property
    def due(self) -> bool:
        self._turn += 1
        return self._turn % self._every == 0


def state(machine: Machine) -> str:
    return machine.state_sha256()


def series(trainer: Trainer, until: int) -> dict[int, tuple[str, float]]:
    """Hash of the state and loss after every step up to one."""
    found = {trainer.machine.step: (state(trainer.machine), 0.0)}
    while trainer.machine.step < until and not trainer.finished:
        burst = trainer.advance(1)
        found[trainer.machine.step] = (state(trainer.machine), float(burst.rows["loss"][-1]))
    return found


@pytest.mark.parametrize("name", networks.NETWORKS)
@pytest.mark.parametrize("points", POINTS)
def test_any_step_can_be_stood_at_again(name: str, points: int) -> None:
    trainer = networks.trainer(networks.NETWORKS[name](), burst=1)
    trainer.recorder.share = Often(9)
    seen = series(trainer, 60)
    for step in np.random.default_rng(4).permutation(trainer.machine.step + 1)[:points]:
        here = trainer.recorder._here()
        trainer.recorder.to(int(step))
        assert state(trainer.machine) == seen[int(step)][0]
        trainer.recorder._restore(here)


@pytest.mark.parametrize("name", networks.NETWORKS)
@pytest.mark.parametrize("points", POINTS)
def test_an_unchanged_fork_equals_its_parent(name: str, points: int) -> None:
    parent = networks.trainer(networks.NETWORKS[name](), burst=1)
    parent.recorder.share = Often(7)
    whole = series(parent, 1 << 30)
    last = parent.machine.step
    memory = vars(parent.memory) | {"seconds": 0, "best_place": None}
    for step in np.random.default_rng(5).integers(0, last, points):
        parent.recorder.go_back(int(step))
        assert parent.machine.step == step
        assert not parent.finished
        branch = series(parent, 1 << 30)
        assert branch == {at: found for at, found in whole.items() if at >= step} | {int(step): (whole[int(step)][0], 0.0)}
        assert vars(parent.memory) | {"seconds": 0, "best_place": None} == memory
        assert max(parent.recorder.ring.steps) <= last


def turn(trainer: Trainer, name: str, value: float) -> None:
    """As the run does it."""
    machine = trainer.machine
    index = machine.layout.knob_index[name]
    trainer.recorder.changes.append(np.array([[machine.step, index, value]]))
    machine.set_knob(name, value)


def test_changes_on_the_way_come_again_and_those_of_a_left_branch_do_not() -> None:
    trainer = networks.trainer(networks.plain(), burst=1)
    trainer.recorder.share = Often(1000)  # the start alone is kept: everything is done again
    seen: dict[int, Any] = {}
    for step, rate in [(10, 0.02), (20, 0.001), (20, 0.004), (31, 0.03)]:
        seen |= series(trainer, step)
        turn(trainer, "rate", rate)
    seen |= series(trainer, 40)
    for step in (35, 31, 25, 20, 12, 10, 3):
        here = trainer.recorder._here()
        trainer.recorder.to(step)
        assert state(trainer.machine) == seen[step][0]
        trainer.recorder._restore(here)
    trainer.recorder.go_back(15)
    for kept in trainer.recorder.ring.steps[1:]:
        trainer.recorder.ring._drop(trainer.recorder.ring._directory[:, 1] == kept)
    branch = series(trainer, 24)
    turn(trainer, "rate", 0.5)
    branch |= series(trainer, 30)
    for step in (29, 24, 21, 15, 11):
        here = trainer.recorder._here()
        trainer.recorder.to(step)
        assert state(trainer.machine) == (branch.get(step) or seen[step])[0]
        trainer.recorder._restore(here)


def test_the_best_epoch_comes_back_too() -> None:
    made = networks.plain(epochs=12, patience=3, restore_best=True, optimizer=networks.of("optimizer", "adam", rate=0.08))
    parent = networks.trainer(made, burst=1)
    parent.recorder.share = Often(5)
    top = 0
    while not parent.finished:
        parent.advance(1)
        top = max(top, parent.memory.last_step)
    ended = state(parent.machine)
    assert parent.memory.finished == "early"
    assert parent.machine.step < top
    with pytest.raises(BadValue):
        parent.recorder.go_back(top)
    for step in (12, parent.machine.step, 30, 1):
        parent.recorder.go_back(min(parent.machine.step, step))
        while not parent.finished:
            parent.advance(1)
        assert state(parent.machine) == ended


def test_it_cannot_go_where_it_has_not_been() -> None:
    trainer = networks.trainer(networks.plain(), burst=1)
    series(trainer, 5)
    before = state(trainer.machine)
    for step in (-1, 6):
        with pytest.raises(BadValue, match="0 to 5"):
            trainer.recorder.go_back(step)
    trainer.recorder.ring.clear()
    with pytest.raises(BadValue):
        trainer.recorder.go_back(3)
    assert state(trainer.machine) == before


def test_a_list_of_changes_that_ran_over_is_not_trusted() -> None:
    trainer = networks.trainer(networks.plain(), burst=1)
    trainer.recorder.changes = Ring(np.zeros((4, 3)), np.zeros(1, np.int64))
    for rate in range(1, 9):
        series(trainer, rate)
        turn(trainer, "rate", 0.001 * rate)
    trainer.recorder.ring.forget_after(0)
    with pytest.raises(BadValue, match="Too many changes"):
        trainer.recorder.to(7)


def test_reinitialising_a_layer_is_done_again_on_the_way() -> None:
    from playground.training.changes import REINITIALISED

    trainer = networks.trainer(networks.convolutional(), burst=1)
    trainer.recorder.share = Often(1000)
    series(trainer, 8)
    owners = list(dict.fromkeys(p.owner for p in trainer.machine.plan.graph.parameters))
    before = {name: weight.copy() for name, weight in trainer.machine.parameters().items()}
    trainer.recorder.changes.append(np.array([[8, REINITIALISED - 1, 41.0]]))
    trainer.machine.reinitialise(owners[1], 41)
    for name, weight in trainer.machine.parameters().items():
        assert (name.rpartition(".")[0] == owners[1]) == (not np.array_equal(before[name], weight)) or "norm" in name
    slots = [slot for name, slot in trainer.machine.slots().items() if name.startswith(owners[1] + ".")]
    assert slots
    assert not any(slot.any() for slot in slots)
    seen = series(trainer, 15)
    trainer.recorder.to(12)
    assert state(trainer.machine) == seen[12][0]
    with pytest.raises(KeyError):
        trainer.machine.reinitialise("nobody", 0)


def test_copies_do_not_change_a_run() -> None:
    often, never = (networks.trainer(networks.forgetful(), burst=3) for _ in range(2))
    often.recorder.share, never.recorder.share = Often(1), Often(10**9)
    for trainer in (often, never):
        for _ in trainer.train():
            pass
    assert state(often.machine) == state(never.machine)


def test_a_step_is_stood_at_with_the_knobs_that_led_to_it() -> None:
    """Copies that were taken at that very step, after knobs were turned there, do not matter."""
    trainer = networks.trainer(networks.plain(), burst=1)
    trainer.recorder.share = Often(1)
    seen = series(trainer, 12)
    index = trainer.machine.layout.knob_index["rate"]
    turn(trainer, "rate", 0.5)
    series(trainer, 20)
    trainer.recorder.go_back(12)
    assert trainer.machine.knobs[index] == np.float32(0.01)
    assert state(trainer.machine) == seen[12][0]
