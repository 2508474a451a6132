"""Copies in memory and in a file: what they hold, how they are spread, and what a way back does that takes long."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.engine.registers import KNOB_COUNT
from playground.training import messages, snapshots
from playground.training.areas.journal import JOURNAL
from playground.training.assembly import assemble
from playground.training.block import Block
from playground.training.changes import WENT_BACK, reinstate, still_valid
from playground.training.client import Client
from playground.training.interrupt import Interrupt
from playground.training.journal import decoded
from playground.training.messages.travel import Stayed, Travelled, Travelling
from playground.training.past import Past
from playground.training.probes.share import ThreadShare
from playground.training.recorder import Stayed as GivenUp
from playground.training.ring import Ring
from playground.training.run import Run
from playground.training.snapshots import FILE_DIRECTORY_BYTES, FileRing
from tests.training import networks
from tests.training.test_snapshots import Often, series, state
from tests.training.watching import of_kind, rested, until


def numbers(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count).astype(np.float32).view(np.uint8)


def on_disk(tmp_path: Path) -> tuple[Block, Block]:
    file = Block.on_disk(tmp_path / "not" / "yet")
    assert file is not None
    assert not list(tmp_path.iterdir()), "the file has no name"
    return Block.create(), file


def taken(blocks: tuple[Block, ...]) -> Past:
    return Past([os.dup(block.descriptor) for block in blocks])


def test_a_new_worker_finds_what_the_last_one_kept(tmp_path: Path) -> None:
    blocks = on_disk(tmp_path)
    first = taken(blocks)
    first.fit(4 * 301)
    for step in range(0, 40, 10):
        assert first.put(step, {"seconds": float(step), "n": step}, step // 2, (numbers(301, step),), 3)
    first.close()
    second = taken(blocks)
    second.fit(4 * 301)
    assert second.steps == [0, 10, 20, 30]
    for asked, there in ((0, 0), (9, 0), (25, 20), (99, 30)):
        found = second.nearest(asked, 3)
        assert found is not None
        assert (found.step, found.seen, found.memory["n"], found.plan) == (there, there // 2, there, 3)
        assert found.numbers == numbers(301, there).tobytes()
    assert second.nearest(25) is None, "of another plan"
    second.forget_after(15)
    assert second.steps == [0, 10]
    second.clear()
    assert second.steps == []
    assert second.nearest(99, 3) is None
    second.close()


@pytest.mark.parametrize("file", [False, True])
def test_room_grows_for_larger_states_and_keeps_what_is_there(tmp_path: Path, file: bool) -> None:
    past = taken(on_disk(tmp_path)[: 1 + int(file)])
    past.fit(4 * 11)
    past.put(4, {"seconds": 1.0}, 0, (numbers(11, 1),))
    past.fit(40 << 20)  # two of them take more than what there was
    big = numbers(10 << 20, 2)
    assert past.put(9, {"seconds": 9.0}, 0, (big,), 1)
    past.fit(4 * 11)
    for step, plan, wanted in ((8, 0, numbers(11, 1)), (9, 1, big)):
        found = past.nearest(step, plan)
        assert found is not None
        assert found.numbers == wanted.tobytes()
    past.close()


def file_ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, budget: int) -> FileRing:
    monkeypatch.setattr(snapshots, "FILE_BUDGET", budget)
    block = Block.on_disk(tmp_path)
    assert block is not None
    return FileRing(np.zeros(FILE_DIRECTORY_BYTES, np.uint8), block.descriptor)


def test_copies_in_the_file_lie_evenly_over_the_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = file_ring(tmp_path, monkeypatch, 50 * 4096)
    near = snapshots.SnapshotRing.private(4 * 1000)
    for step in range(0, 6000, 7):
        if not ring.wants(step, 4096, 5.0):
            continue
        near.put(step, {}, 0, numbers(900, step))
        found = near.whole(step)
        assert found is not None
        assert ring.hold(*found)
    gaps = np.diff([*ring.steps, 6000])
    assert ring.steps[0] == 0
    assert ring.used_bytes <= 50 * 4096
    assert 25 <= len(gaps) <= 60
    assert gaps.max() <= 2.5 * 6000 / 50, "the longest way is about twice what even copies would leave"
    kept = ring.nearest(3000)
    assert kept is not None
    assert kept.numbers == numbers(900, kept.step).tobytes()


def test_a_full_disk_costs_no_more_than_far_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = taken(on_disk(tmp_path))
    past.fit(4 * 8)
    assert past.put(1, {"seconds": 1.0}, 0, (numbers(8, 1),))

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    for step in (5000, 9000):
        assert past.put(step, {"seconds": float(step)}, 0, (numbers(8, step),))
    assert past.steps == [1, 5000, 9000]
    found = past.nearest(6000)
    assert found is not None
    assert found.numbers == numbers(8, 5000).tobytes()
    monkeypatch.undo()
    past.close()


def test_what_is_damaged_in_the_file_is_never_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring, near = file_ring(tmp_path, monkeypatch, 1 << 20), snapshots.SnapshotRing.private(4 * 500)
    for step in (1, 2):
        near.put(step, {"n": step}, 0, numbers(500, step))
        found = near.whole(step)
        assert found is not None
        ring.hold(*found)
    os.pwrite(ring._file, b"\xff\x00\xff", int(ring._directory[1, 2]) + 900)
    kept = ring.nearest(2)
    assert kept is not None
    assert kept.step == 1


def test_a_fork_from_the_file_equals_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.training.past.APART_SECONDS", 0.0)
    parent = networks.trainer(networks.forgetful(), burst=1)
    past = taken(on_disk(tmp_path))
    past.fit(4 * (parent.machine.layout.state[1] + KNOB_COUNT))
    parent.recorder.keep_in(past, parent.recorder.changes)
    parent.recorder.share = Often(5)
    parent.recorder.begin()
    whole = series(parent, 1 << 30)
    last = parent.machine.step
    past._near.clear()  # so that the file has to do
    for step in sorted(np.random.default_rng(6).integers(0, last, 4).tolist(), reverse=True):
        parent.recorder.go_back(step)
        assert state(parent.machine) == whole[step][0]
        past._near.clear()
    assert series(parent, 1 << 30)[last] == whole[last]
    past.close()


def test_a_way_back_that_is_given_up_leaves_everything_as_it_was() -> None:
    trainer = networks.trainer(networks.plain(), burst=1)
    trainer.recorder.share = Often(1000)
    series(trainer, 40)
    before, memory = state(trainer.machine), vars(trainer.memory).copy()
    kept = trainer.keeper.read(trainer.memory.best_place)
    told: list[tuple[int, int]] = []

    def on_way(at: int, stop: int) -> None:
        told.append((at, stop))
        if at >= 20:
            raise GivenUp("no")

    trainer.recorder.on_way = on_way
    with pytest.raises(GivenUp):
        trainer.recorder.go_back(33)
    assert told[0] == (0, 33)
    assert [at for at, _ in told] == sorted(at for at, _ in told)
    assert (state(trainer.machine), vars(trainer.memory)) == (before, memory)
    assert trainer.keeper.read(trainer.memory.best_place) == kept
    assert not trainer.quiet
    trainer.recorder.on_way = None
    trainer.recorder.go_back(33)
    assert trainer.machine.step == 33


@pytest.fixture(scope="module")
def worker() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


def far(worker: Client) -> int:
    """A run that rests far from its only copy; gives its step."""
    worker.start(*networks.plain(epochs=1_000_000))
    worker.wait(lambda c: c.step > 6000)
    worker.pause()
    worker.wait(lambda c: c.state == "paused")
    past = taken(worker._past)
    past.fit(0)
    past.forget_after(0)
    past.close()
    return worker.step


def test_a_long_way_tells_how_long_and_can_be_left(worker: Client) -> None:
    step = far(worker)
    before = worker.state_copy()
    worker.rewind(step - 1)
    told = until(worker, Travelling | Travelled)  # type: ignore[arg-type]
    if of_kind(told, Travelled):
        return  # a machine so swift that there was nothing to tell
    worker.rewind(step - 2)  # another one takes its place
    events = until(worker, Stayed | Travelled)  # type: ignore[arg-type]
    if not of_kind(events, Stayed):
        return  # this process stood still, and the run was there before it was asked
    assert (of_kind(events, Stayed)[-1].step, of_kind(events, Stayed)[-1].text) == (step - 1, "")
    worker.cancel_travel()
    events = until(worker, Stayed | Travelled)  # type: ignore[arg-type]
    if of_kind(events, Stayed):
        assert of_kind(events, Stayed)[-1].step == step - 2
        assert worker.step == step
        assert worker.state_copy() == before
    worker.step_batch()
    rested(worker)
    assert worker.step > step - 3


def test_a_worker_killed_on_the_way_back_goes_on_from_where_it_stood(worker: Client) -> None:
    step = far(worker)
    before = worker.state_copy()
    assert before is not None
    worker.rewind(step - 1)
    worker._line.wait(0.2)
    worker.kill()
    worker.wait(lambda c: c.state == "dead")
    found = worker.state_copy()
    if worker.step == step:
        assert found is not None
        assert found[1] == before[1]
    worker.step_batch()
    worker.resume()
    worker.wait(lambda c: c.state == "running" and c.step > step + 10)
    worker.rewind(3)
    assert of_kind(until(worker, Travelled), Travelled)[-1].step == 3


def test_the_client_knows_the_steps_that_are_there_at_once(worker: Client) -> None:
    assert Client().kept_steps() == []
    step = far(worker)
    assert worker.kept_steps() == [0]
    worker.rewind(step - 1)
    until(worker, Travelled)
    assert worker.kept_steps()[-1] == step - 1


def test_changes_of_a_way_back_that_was_not_finished_hold_again() -> None:
    ring = Ring(np.zeros((32, 3)), np.zeros(1, np.int64))
    ring.append(np.array([[5, 0, 0.1], [9, 1, 0.2], [9, 0, 0.3]]))
    known = ring.written
    reinstate(ring, known)
    assert ring.written == known
    ring.append(np.array([[7, WENT_BACK, 0.0]]))
    assert still_valid(ring.since(0)[0]) == [(5, 0, 0.1)]
    reinstate(ring, known)
    assert still_valid(ring.since(0)[0]) == [(5, 0, 0.1), (9, 1, 0.2), (9, 0, 0.3)]
    reinstate(ring, ring.written)
    assert len(ring.since(0)[0]) == 6


def run_of(made: Any, blocks: tuple[Block, Block], past: Past, *, continued: bool = False) -> Run:
    start = messages.Start(
        blocks={}, x_shape=(), y_shape=(), y_dtype="", folder="", checkpoint="", every=0, generation=1, continued=continued, paused=True
    )  # fmt: skip
    return Run(assemble(*made), start, blocks, lambda event: None, lambda *_: None, Interrupt(), past=past)


def to_step(run: Run, step: int) -> None:
    while run.machine.step < step:
        run.step_here()


def test_a_copy_of_a_worker_that_took_over_knows_what_the_dead_one_had_changed_later() -> None:
    made, blocks, kept = networks.plain(), (Block.create(), Block.create()), Block.create()

    def copies(block: Block) -> Block:
        return Block(os.dup(block.descriptor))

    run = run_of(made, (copies(blocks[0]), copies(blocks[1])), taken((kept,)))
    to_step(run, 10)
    while run.machine.step < 20:
        run.trainer.advance(1)  # which publishes nothing
    run.board.changes.append(np.array([[20, run.machine.layout.knob_index["rate"], 0.05]]))
    # The process dies here, and the state of step 10 is what there is.
    again = run_of(made, (copies(blocks[0]), copies(blocks[1])), taken((kept,)), continued=True)
    assert again.machine.step == 10
    again.trainer.recorder.share = Often(1 << 30)
    to_step(again, 40)
    whole = again.machine.state_sha256()
    again.trainer.recorder.go_back(30)
    assert again.machine.knobs[again.machine.layout.knob_index["rate"]] == np.float32(0.05)
    to_step(again, 40)
    assert again.machine.state_sha256() == whole
    for one in (run, again):
        one.close()


def test_death_between_arriving_and_publishing_leaves_the_run_where_it_stood() -> None:
    made, blocks, kept = networks.plain(), (Block.create(), Block.create()), Block.create()

    def copies(block: Block) -> Block:
        return Block(os.dup(block.descriptor))

    run = run_of(made, (copies(blocks[0]), copies(blocks[1])), taken((kept,)))
    to_step(run, 10)
    run.set_knob("rate", 0.05)
    to_step(run, 30)
    run.publish()
    stood = run.machine.snapshot().tobytes()
    run.trainer.recorder.go_back(4)
    run.journal.add("rewind", "", 30, 4, step=30)
    # The process dies here; another one takes over what it left.
    again = run_of(made, (copies(blocks[0]), copies(blocks[1])), taken((kept,)), continued=True)
    assert again.machine.step == 30
    assert again.machine.snapshot().tobytes() == stood
    assert [entry.kind for entry in again.journal.entries] == ["start", "knob"]
    assert [entry.kind for entry in decoded(again.board[JOURNAL].since(0))] == ["start", "knob"]
    other = run_of(made, (Block.create(), Block.create()), Past())
    to_step(other, 10)
    other.set_knob("rate", 0.05)
    to_step(other, 20)
    again.trainer.recorder.go_back(20)
    assert again.machine.knobs[again.machine.layout.knob_index["rate"]] == np.float32(0.05)
    assert again.machine.state_sha256() == other.machine.state_sha256()
    for one in (run, again, other):
        one.close()


def test_a_share_of_the_thread_passes_with_its_own_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long other programs had the processor; what it costs is counted likewise."""
    wall, own = [100.0], [7.0]
    monkeypatch.setattr(time, "perf_counter", lambda: wall[0])
    monkeypatch.setattr(time, "thread_time", lambda: own[0])
    made = ThreadShare(0.1, 4)
    with made:
        wall[0], own[0] = wall[0] + 5.0, own[0] + 0.05
    for waited, worked, due in ((0.2, 0.2, False), (9.0, 0.2, False), (0.1, 0.1, True)):
        wall[0], own[0] = wall[0] + waited, own[0] + worked
        assert made.due is due
    made.spent(0.001)
    wall[0], own[0] = wall[0] + 0.26, own[0] + 0.26
    assert made.due, "at most four times a second"
