"""The runner: steps, short batches, epochs, order, ring, verdict, halt; serial, parallel and plain Python agree."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from playground.engine import jit, rng
from playground.engine.emit import Instruction
from playground.engine.kernel import kernel
from playground.engine.registers import (
    BATCH,
    CURSOR,
    EPOCH,
    HALT,
    LOSS,
    NORM,
    ORDER,
    PARAMETERS,
    RATE,
    RATE_NOW,
    ROWS,
    SEED,
    SHUFFLE,
    STEP,
    TRAINING,
    VERDICT,
    WIDTH,
    WINDOW_COUNT,
)

LOG = PARAMETERS + 64
PERMUTATION = 8192


@kernel
def runner_test_log(F, R, w, k):
    """Writes down, for this step and chain, the words it was given and the rate.  words: chain length end"""
    at = w[3] + R[STEP] * 16 + w[0] * 4
    F[at] = w[1]
    F[at + 1] = w[2]
    F[at + 2] = k[RATE_NOW]
    F[LOSS] = R[STEP] + 0.5
    F[NORM] = R[CURSOR]


@kernel
def runner_test_judge(F, R, w, k):
    """The verdict falls at a step.  words: step, halt at"""
    F[VERDICT] = 0.0 if R[STEP] == w[0] else 1.0
    if R[STEP] == w[1]:
        R[HALT] = 1


@kernel
def runner_test_update(F, R, w, k):
    """Counts the updates.  words: cell"""
    F[w[0]] += 1.0


NAMES = ["runner_test_log", "runner_test_judge", "runner_test_update"]


@dataclasses.dataclass
class Rig:
    """Two parallel chains that log, the verdict, an update."""

    count: int = 10
    batch: int = 4
    fail_at: int = -1
    halt_at: int = -1
    shuffle: int = 0
    training: int = 1

    def __post_init__(self) -> None:
        self.F = np.zeros(32768, np.float32)
        self.R = self.F.view(np.int64)
        self.k = np.zeros(16, np.float32)
        self.k[RATE] = 0.5
        for register, value in (
            (BATCH, self.batch), (WINDOW_COUNT, self.count), (TRAINING, self.training), (SHUFFLE, self.shuffle),
            (ORDER, PERMUTATION), (SEED, 99),
        ):  # fmt: skip
            self.R[register] = value
        chains: list[list[Instruction]] = [
            [("runner_test_log", 0, 2, 2, LOG)],
            [("runner_test_log", 1, 2, 4, LOG)],
            [("runner_test_judge", self.fail_at, self.halt_at)],
            [("runner_test_update", PARAMETERS)],
        ]
        self.code = np.zeros((4, 1 + WIDTH), np.int64)
        for row, [(name, *words)] in enumerate(chains):
            self.code[row, 0] = NAMES.index(str(name))
            self.code[row, 1 : 1 + len(words)] = words
        self.chains = np.array([[i, i + 1] for i in range(4)], np.int64)
        self.stages = np.array([[0, 2, 0], [2, 3, 1], [3, 4, 0]], np.int64)
        # chain 0 has rows 0..2, chain 1 rows 2..4: a length in units of 3 numbers, and an end row
        self.patches = np.array([[0, 2, 0, 2, 3, 0], [0, 3, 0, 2, 1, 1], [1, 2, 2, 2, 3, 0], [1, 3, 2, 2, 1, 1]], np.int64)
        self.ring = np.zeros((5, 4), np.float32)
        self.factors = np.ones((99, 3), np.float32)
        self.factors[:, 0], self.factors[:, 2] = np.arange(1, 100), 0.0

    def run(self, steps: int, threads: int = 1) -> int:
        table = jit.table(NAMES)
        return jit.run(
            table, self.code, self.chains, self.stages, self.patches, self.F, self.R, self.k, self.factors, self.ring, steps,
            threads=threads,
        )  # fmt: skip

    def log(self, step: int, chain: int) -> list[float]:
        at = LOG + step * 16 + chain * 4
        return self.F[at : at + 3].tolist()


def test_rows_in_use_patch_the_words_and_the_epoch_turns() -> None:
    rig = Rig()
    assert rig.run(5) == 5
    assert rig.log(0, 0) == [6, 2, 0.5]
    assert rig.log(0, 1) == [6, 4, 0.5]
    assert rig.log(1, 1) == [6, 4, 1.0]
    assert rig.log(2, 0) == [6, 2, 1.5]
    assert rig.log(2, 1) == [0, 2, 1.5], "the last batch has two rows"
    assert rig.log(3, 1) == [6, 4, 2.0]
    assert (rig.R[STEP], rig.R[EPOCH], rig.R[CURSOR], rig.R[ROWS]) == (5, 1, 8, 4)
    assert rig.F[PARAMETERS] == 5


def test_ring_holds_the_last_steps_by_number() -> None:
    rig = Rig()
    rig.run(4)
    rig.run(3)
    assert rig.ring[:, 0].tolist() == [5.5, 6.5, 2.5, 3.5, 4.5]
    assert rig.ring[:, 3].tolist() == [2, 4, 2, 4, 4]
    assert rig.ring[0, 1] == 1.0, "the second call counts its factors from its own first step"
    assert rig.ring[4, 2] == 4


def test_a_verdict_stops_before_the_update() -> None:
    rig = Rig(fail_at=2)
    assert rig.run(9) == 2
    assert (rig.R[STEP], rig.R[CURSOR], rig.F[PARAMETERS]) == (2, 8, 2)
    assert rig.ring[2].tolist() == [0, 0, 0, 0]


def test_halt_stops_after_the_step() -> None:
    rig = Rig(halt_at=1)
    assert rig.run(9) == 2
    assert rig.F[PARAMETERS] == 2


def test_evaluation_ends_with_the_window_and_counts_nothing() -> None:
    rig = Rig(training=0)
    assert rig.run(50) == 3
    assert (rig.R[STEP], rig.R[EPOCH], rig.R[CURSOR]) == (0, 0, 0)
    assert rig.ring[:3, 3].tolist() == [4, 4, 2]


def test_an_empty_window_does_nothing() -> None:
    assert Rig(count=0).run(3) == 0


def test_order_is_a_pure_function_of_seed_and_epoch() -> None:
    rig = Rig(shuffle=1)
    rig.run(1)
    order = lambda: rig.R[PERMUTATION : PERMUTATION + 10].copy()  # noqa: E731
    np.testing.assert_array_equal(order(), rng.permutation(99, 0, 10))
    rig.run(3)
    np.testing.assert_array_equal(order(), rng.permutation(99, 1, 10))
    rig.R[EPOCH], rig.R[CURSOR], rig.R[STEP] = 0, 4, 1  # a snapshot from the middle of the first pass comes back
    rig.run(1)
    np.testing.assert_array_equal(order(), rng.permutation(99, 0, 10))


@pytest.mark.skipif(jit.max_threads() < 2, reason="one processor")
def test_threads_change_nothing() -> None:
    one, two = Rig(shuffle=1), Rig(shuffle=1)
    one.run(4)
    one.run(5)
    two.run(4, threads=2)
    two.run(5, threads=1)
    np.testing.assert_array_equal(one.F, two.F)
    np.testing.assert_array_equal(one.ring, two.ring)


def test_without_a_compiler_the_same_things_happen() -> None:
    """The whole of this file, the words and the smaller products as plain Python, where Numba is never imported."""
    check = "import sys, pytest; code = pytest.main(sys.argv[1:]); sys.exit(9 if 'numba' in sys.modules else int(code))"
    mine, words = __file__, __file__.replace("test_runner", "test_words")
    done = subprocess.run(
        [
            sys.executable, "-c", check, "-q", "-p", "no:cacheprovider", mine, words,
            __file__.replace("test_runner", "test_gradients"),
            "-k", "not without_a_compiler and not compiled_form and not central_differences or sigmoid or leaky or depthwise",
        ],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_steps_compile_nothing() -> None:
    rig = Rig()
    rig.run(1)
    before = len(jit.compilations)
    for steps in (1, 2, 3):
        rig.run(steps)
        rig.run(steps, threads=2)
    rig.run(1)
    assert len(jit.compilations) == before


def test_other_layouts_of_arrays_are_refused() -> None:
    """An explicit signature: Numba would compile anew for a Fortran-ordered or read-only array."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        pytest.skip("plain Python takes any array")
    rig = Rig()
    rig.code = np.asfortranarray(rig.code)
    with pytest.raises(TypeError, match="No matching definition"):
        rig.run(1)
