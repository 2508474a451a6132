"""Threads that share chains: every chain once, whoever comes, however late; the same bits as one thread."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from playground.engine import team
from playground.engine.registers import WIDTH

#: Chains of the stages of the program below.
COUNTS = (3, 1, 5, 2, 7)

SCRIPT = """
import sys
import numpy as np
from playground.engine import jit
from playground.engine.bound import compile_plan
from tests.engine.test_team import COUNTS, Counted

threads, steps = int(sys.argv[1]), int(sys.argv[2])
one, several = Counted(), Counted()
assert one.run(steps, 1) == steps and several.run(steps, threads) == steps
assert jit.max_threads() >= threads
assert np.array_equal(one.F, several.F), (one.told(), several.told())
assert (several.told() == steps).all(), several.told()
print("same")
"""


class Counted:
    """Stages of several chains, each of which adds up what the chains of the stage before have written, and counts its turns."""

    WHERE = 4096

    def __init__(self) -> None:
        from playground.engine import jit
        from playground.engine.kernel import kernel
        from playground.engine.registers import BATCH, TRAINING, WINDOW_COUNT

        @kernel
        def team_test_chain(F, R, w, k):
            """words: own numbers | numbers of the chains before, how many chains"""
            total = np.float32(1)
            for j in range(w[2]):
                total += F[w[1] + 32 * j + 1] * np.float32(0.37)
            F[w[0]] += 1.0
            F[w[0] + 1] = total * np.float32(0.61)

        self.table = jit.table(["team_test_chain"])
        self.F = np.zeros(16384, np.float32)
        self.R = self.F.view(np.int64)
        self.R[[BATCH, WINDOW_COUNT, TRAINING]] = 4, 1 << 40, 1
        ends = np.cumsum((0, *COUNTS))
        self.stages = np.array([(a, b, 0) for a, b in pairwise(ends)], np.int64)
        self.chains = np.array([(n, n + 1) for n in range(ends[-1])], np.int64)
        self.code = np.zeros((ends[-1], 1 + WIDTH), np.int64)
        for stage, count in enumerate(COUNTS):
            before = (stage - 1) % len(COUNTS)
            for chain in range(count):
                self.code[ends[stage] + chain, 1:4] = self._at(stage, chain), self._at(before, 0), COUNTS[before]

    def _at(self, stage: int, chain: int) -> int:
        return self.WHERE + 32 * (8 * stage + chain)

    def run(self, steps: int, threads: int) -> int:
        from playground.engine import jit

        k, ring, factors = np.zeros(16, np.float32), np.zeros((5, 4), np.float32), np.ones((steps, 3), np.float32)
        none = np.zeros((0, 6), np.int64)
        return jit.run(
            self.table, self.code, self.chains, self.stages, none, self.F, self.R, k, factors, ring, steps, threads=threads
        )

    def told(self) -> np.ndarray:
        """How often each chain ran."""
        return np.array([self.F[self._at(s, c)] for s, n in enumerate(COUNTS) for c in range(n)])


@pytest.mark.parametrize(
    ("threads", "environment"),
    [(2, {}), (3, {}), (6, {}), (3, {"OMP_THREAD_LIMIT": "1"}), (4, {"OMP_THREAD_LIMIT": "2"}), (3, {"NUMBA_THREADING_LAYER": "workqueue"})],
)  # fmt: skip
def test_every_chain_runs_once_a_step_however_many_threads_come(threads: int, environment: dict[str, str]) -> None:
    """More threads than processors, fewer threads than asked for, and the layer without OpenMP."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(threads), "3000"],
        env={**os.environ, "NUMBA_NUM_THREADS": "6", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "same"


class Plain:
    """A stage of three chains in plain Python, which write down that they ran."""

    def __init__(self) -> None:
        self.ran: list[int] = []
        self.stages = np.array([(0, 3, 0)], np.int64)
        self.team = team.assemble(self.stages)
        self.chains = np.array([(0, 1), (1, 2), (2, 3)], np.int64)
        self.code = np.array([(0, 10, 0), (0, 11, 0), (0, 12, 0)], np.int64)

    def _kernel(self, F: object, R: object, w: np.ndarray, k: object) -> None:
        self.ran.append(int(w[0]))

    @property
    def program(self) -> tuple[object, ...]:
        return ([self._kernel], self.code, self.chains, self.stages, None, None, None, self.team)

    def taken(self) -> np.ndarray:
        return self.team[team.TAKEN :: team.LINE]


def test_a_leader_without_others_does_all_chains() -> None:
    one = Plain()
    for threads in (1, 2, 6):
        one.ran.clear()
        team.give_out(*one.program, 0, threads)  # type: ignore[no-untyped-call]
        assert one.ran == [10, 11, 12], threads
    assert one.team[team.DONE] == one.team[team.DUE] == 9
    assert one.taken().tolist() == [3, 3, 3]


def test_what_is_taken_is_left() -> None:
    one = Plain()
    one.taken()[1] = 1
    team.take(*one.program, 1, 0, 0, 3)  # type: ignore[no-untyped-call]
    assert one.ran == [10, 12]
    assert one.team[team.DONE] == 2


def test_a_thread_that_is_late_finds_nothing_to_do() -> None:
    one = Plain()
    one.taken()[:] = 7, 8, 7
    team.take(*one.program, 7, 0, 0, 3)  # type: ignore[no-untyped-call]
    assert one.ran == []
    assert one.team[team.DONE] == 0
    one.team[team.GIVEN] = team.OVER
    team.follow(*one.program, 1, 2)  # type: ignore[no-untyped-call]
    assert one.ran == []


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_shares_are_the_whole_stage_and_followers_go_when_it_is_over(threads: int) -> None:
    """The second stage, which has three chains, in turn 5."""
    one, number = Plain(), 0

    def last(F: object, R: object, w: np.ndarray, k: object) -> None:
        one.ran.append(int(w[0]))
        one.team[team.GIVEN] = team.OVER

    one.stages = np.array([(0, 1, 0), (0, 3, 0)], np.int64)
    by_thread = []
    for number in range(threads):
        one.ran.clear()
        one.team[team.GIVEN] = (5 << team.STAGE_BITS) | 1
        begin, end = team.share(number, 3, threads)  # type: ignore[no-untyped-call]
        if begin < end:  # others would wait for the next stage
            team.follow([last], *one.program[1:], number, threads)  # type: ignore[no-untyped-call]
        by_thread.append(list(one.ran))
    assert [chain for share in by_thread for chain in share] == [10, 11, 12]
    assert by_thread[0], "the leader has a share of every stage"
    assert one.taken().tolist() == [5, 5, 5]


def test_cells_lie_on_cache_lines_of_their_own() -> None:
    shared = [team.TICKETS, team.GIVEN, team.DONE, team.TURN, team.TAKEN, team.TAKEN + team.LINE]
    assert len({at // team.LINE for at in shared}) == len(shared)
    assert len(team.assemble(np.array([(0, 1, 0), (1, 6, 0)], np.int64))) == team.TAKEN + 5 * team.LINE
