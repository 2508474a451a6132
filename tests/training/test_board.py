"""The shared board: nothing is lost from its lists, and a copy of the state is never torn."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.training import areas
from playground.training.areas import Area
from playground.training.block import Block
from playground.training.board import STEP_ROW, Board, BoardPlan, Ring
from playground.training.history import Growing

PLAN = BoardPlan(state_bytes=4 * 5000, layers=("a", "b"), metrics=("accuracy",), outputs=2)


def made() -> Board:
    return Board(PLAN, Block.create(PLAN.nbytes))


@given(st.lists(st.integers(0, 25), max_size=12), st.integers(0, 12))
def test_a_ring_keeps_the_newest_rows_and_misses_none(sizes: list[int], read_after: int) -> None:
    ring = Ring(np.zeros((10, 1)), np.zeros(1, np.int64))
    everything, seen, got = np.zeros((0, 1)), 0, []
    for turn, size in enumerate(sizes):
        rows = np.arange(len(everything), len(everything) + size, dtype=float)[:, None]
        ring.append(rows)
        everything = np.concatenate([everything, rows])
        if turn == read_after:
            rows, seen = ring.since(seen)
            got.append(rows)
            assert rows.tolist() == everything[-10:].tolist()
    rows, seen = ring.since(seen)
    assert seen == len(everything)
    expected = everything[max(len(everything) - 10, sum(sizes[: read_after + 1]) if got else 0) :]
    assert rows.tolist() == expected.tolist()


def test_slots_take_turns_and_forget_a_torn_one() -> None:
    slots = made().resume
    assert slots.read() is None
    for number in range(1, 5):
        slots.write({"n": number}, np.full(5000, number, np.float32))
        found = slots.read()
        assert found is not None
        assert found[0] == {"n": number}
        assert np.frombuffer(found[1], np.float32).tolist() == [number] * 5000
    # What a writer does first when it begins a fifth copy, and then dies.
    slots._numbers[1 - (slots.newest() or 0)] = 0
    found = slots.read()
    assert found is not None
    assert found[0] == {"n": 4}


WRITER = """
import sys, numpy as np
sys.path[:0] = [{root!r}]
from playground.training.block import Block
from playground.training.board import Board, BoardPlan
plan = BoardPlan(state_bytes=4 * 500_000, layers=("a", "b"), metrics=("accuracy",), outputs=2)
board = Board(plan, Block({descriptor}))
print("go", flush=True)
n = 0
while True:
    n += 1
    board.resume.write({{"n": n, "pad": "x" * (n % 900)}}, np.full(500_000, n, np.float32))
"""


@pytest.mark.parametrize("reads", [3, 30, 300])
def test_a_writer_killed_at_any_moment_leaves_a_whole_copy(reads: int) -> None:
    plan = BoardPlan(state_bytes=4 * 500_000, layers=("a", "b"), metrics=("accuracy",), outputs=2)
    block = Block.create(plan.nbytes)
    board = Board(plan, block)
    code = WRITER.format(root=str(__file__).rsplit("/tests/", 1)[0], descriptor=block.descriptor)
    with subprocess.Popen([sys.executable, "-c", code], pass_fds=(block.descriptor,), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        last = whole = 0
        while whole < reads:
            found = board.resume.read()
            if found is not None:
                whole += 1
                state = np.frombuffer(found[1], np.float32)
                assert state.min() == state.max() == found[0]["n"] >= last
                last = found[0]["n"]
        process.kill()
        process.wait()
    found = board.resume.read()
    assert found is not None
    state = np.frombuffer(found[1], np.float32)
    assert state.min() == state.max() == found[0]["n"] >= last
    block.close()


def test_a_grid_comes_back_whole() -> None:
    board = made()
    assert board.grid.read() is None
    response = np.arange(3 * 3 * 2, dtype=np.float32).reshape(3, 3, 2)
    board.grid.write(7, (-1.0, -2.0), (1.5, 2.0), response)
    found = board.grid.read()
    assert found is not None
    assert found[:3] == (7, (-1.0, -2.0), (1.5, 2.0))
    assert found[3].tolist() == response.tolist()


def rows(first: int, count: int) -> np.ndarray:
    made = np.zeros(count, STEP_ROW)
    made["step"] = np.arange(first, first + count)
    made["loss"] = np.sin(made["step"])
    return made


def test_rows_that_come_again_replace_the_old_ones() -> None:
    curve = Growing(np.empty(0, STEP_ROW), "step")
    curve.add(rows(1, 3000))
    handed_out = curve.rows
    curve.add(rows(2001, 10))
    assert curve.rows["step"].tolist() == list(range(1, 2011))
    assert handed_out["step"].tolist() == list(range(1, 3001))
    curve.add(rows(1, 5))
    assert curve.rows["step"].tolist() == [1, 2, 3, 4, 5]
    curve.add(np.concatenate([rows(6, 10), rows(9, 3), rows(11, 2)]))
    assert curve.rows["step"].tolist() == list(range(1, 13))


def test_a_long_curve_is_thinned_and_keeps_its_extremes() -> None:
    curve = Growing(np.empty(0, STEP_ROW), "step", "loss")
    spikes = rows(1, 4000)
    spikes["loss"][[123, 1500]] = [99.0, -99.0]
    curve.add(spikes)
    assert not curve.thin(4000)
    assert curve.thin(3000)
    assert len(curve) == 3000
    assert {99.0, -99.0} <= set(curve.rows["loss"].tolist())
    assert (np.diff(curve.rows["step"]) > 0).all()
    assert curve.rows["step"][-2000:].tolist() == list(range(2001, 4001))


def test_areas_lie_side_by_side_and_are_empty_after_a_clear() -> None:
    places = sorted(PLAN.areas().values())
    assert places[0][0] >= PLAN.header_bytes >= 8 * sum(area.words for area in areas.known())
    assert all(at % 64 == 0 and at + size <= after for (at, size), (after, _) in itertools.pairwise(places))
    assert sum(places[-1]) <= PLAN.nbytes
    board = made()
    for ring in (board.steps, board.epochs, board.norms, board.changes):
        ring.append(np.zeros((3, *ring.rows.shape[1:]), ring.rows.dtype))
    board.resume.write({}, np.ones(5000, np.float32))
    board.beat(5, 17)
    assert [ring.written for ring in (board.steps, board.epochs, board.norms, board.changes)] == [3] * 4
    assert board.best.newest() is None
    board.clear()
    assert [ring.written for ring in (board.steps, board.epochs, board.norms, board.changes)] == [0] * 4
    assert (board.resume.newest(), board.step) == (None, 17)


def test_an_area_of_its_own_file_is_on_every_board(monkeypatch: pytest.MonkeyPatch) -> None:
    areas.known()
    monkeypatch.setattr(areas, "_AREAS", dict(areas._AREAS))
    own = areas.register(Area("between", 1, lambda plan: 8 * 3, lambda plan, area, words: Ring(area.view("<f8")[:, None], words)))
    board = Board(PLAN, Block.create(PLAN.nbytes))
    board[own].append(np.array([[1.0], [2.0]]))
    assert board[own].since(0)[0].tolist() == [[1.0], [2.0]]
    with pytest.raises(RuntimeError, match="'between'"):
        areas.register(own)
