"""The loop that runs a program. One source: compiled for one thread, for several that share the chains, and as plain Python.

table    what each opcode stands for: addresses, or functions in plain Python
code     (instructions, 1 + WIDTH): opcode and words
chains   (chains, 2): first and last instruction of each
stages   (stages, 3): first and last chain; 1 where the verdict is read afterwards, 2 where a step's next batch begins anew
patches  (patches, 6): row and column in `code`, r0, cap, scale, kind of a word that follows the rows in use
factors  (steps, 3): what the schedule multiplies the rate by, the share of the momentum that it keeps, and what it adds to that
ring     (capacity, 4 or more): loss, rate, gradient norm, rows, the loss of each of several heads
"""

from __future__ import annotations

import numpy as np

from playground.engine.atomics import fetch_add, release
from playground.engine.kernel import inline
from playground.engine.program import CHECKED, REPEATS
from playground.engine.registers import (
    ACCUMULATE,
    BATCH,
    CURSOR,
    EPOCH,
    FIRST_ROW,
    HALT,
    HEAD_LOSSES,
    HEAD_WEIGHTS,
    LOSS,
    MOMENTUM,
    MOMENTUM_NOW,
    NORM,
    ORDER,
    ORDERED_COUNT,
    ORDERED_EPOCH,
    ORDERED_SEED,
    RATE,
    RATE_NOW,
    ROWS,
    SEED,
    SHUFFLE,
    STEP,
    STEP_ROWS,
    STEP_WEIGHT,
    TRAINING,
    VERDICT,
    WEIGHED,
    WINDOW_COUNT,
)
from playground.engine.rng import SHUFFLE_STREAM, random_bits, stream_key
from playground.engine.team import GIVEN, OVER, STEPS, TICKETS, follow, give_out, run_chain
from playground.engine.vocabulary import prange

#: Kinds of patch.
LENGTH, END = 0, 1


@inline
def order_samples(R):
    """Lay the order of this epoch at R[ORDER]: `rng.permutation`, unless it is there already."""
    count, start = int(R[WINDOW_COUNT]), int(R[ORDER])
    if R[ORDERED_EPOCH] == R[EPOCH] + 1 and R[ORDERED_SEED] == R[SEED] and R[ORDERED_COUNT] == count:
        return
    key = stream_key(int(R[SEED]), SHUFFLE_STREAM, int(R[EPOCH]))
    for i in range(count):
        R[start + i] = i
    for i in range(count - 1, 0, -1):
        j = (random_bits(key, i) * (i + 1)) >> 32
        swapped = R[start + i]
        R[start + i] = R[start + j]
        R[start + j] = swapped
    R[ORDERED_EPOCH] = R[EPOCH] + 1
    R[ORDERED_SEED] = R[SEED]
    R[ORDERED_COUNT] = count


@inline
def patch_rows(code, patches, rows):
    """Write the rows in use into the words that follow them."""
    for p in range(patches.shape[0]):
        n = min(max(rows - patches[p, 2], 0), patches[p, 3])
        value = patches[p, 2] + n if patches[p, 5] == END else patches[p, 4] * n
        code[patches[p, 0], patches[p, 1]] = value


@inline
def use_rows(code, patches, R, rows):
    """Have the program work on so many rows."""
    if rows != R[ROWS]:
        patch_rows(code, patches, rows)
        R[ROWS] = rows


@inline
def gather_losses(F, R, ring, turn, total):
    """The sum of a step's losses with this batch, by rows or by what they weigh; after its last batch the cells hold the means over
    all rows.

    The losses of heads are gathered in the step's row of the ring."""
    share, whole, first = np.float64(R[ROWS]), np.float64(R[STEP_ROWS]), R[FIRST_ROW] == 0
    last = R[FIRST_ROW] + R[ROWS] == R[STEP_ROWS]
    if R[WEIGHED] == 1:
        share = np.float64(F[HEAD_WEIGHTS])
        whole = share if first else F[STEP_WEIGHT] + share
        F[STEP_WEIGHT] = whole
        if whole == 0.0:
            whole = 1.0
    total = total + F[LOSS] * share
    if last:
        F[LOSS] = total / whole
    for head in range(4, ring.shape[1]):
        ring[turn, head] = (0.0 if first else ring[turn, head]) + F[HEAD_LOSSES + head - 4] * share
        if last:
            F[HEAD_LOSSES + head - 4] = ring[turn, head] / whole
    return total


@inline
def follow_schedule(k, factors, s):
    """The rate and the momentum of this step. The momentum is only ever lowered.

    In double precision the product of two numbers is exact, so that it is the same whether or not it is rounded before the sum."""
    k[RATE_NOW] = k[RATE] * factors[s, 0]
    moved = np.float64(k[MOMENTUM]) * np.float64(factors[s, 1]) + np.float64(factors[s, 2])
    k[MOMENTUM_NOW] = min(np.float64(k[MOMENTUM]), moved)


@inline
def run(table, code, chains, stages, patches, F, R, k, factors, ring, steps, team, threads):
    """Do up to `steps` steps and return how many were done. With several threads, as the leader of a team (see `engine.team`).

    Fewer when the verdict of a step is 0 (that step does not count and changed no state), when R[HALT] is set, and at the end
    of a window that is only evaluated. In training the ring's row is the step's number, else the turn of this call. A step that
    gathers the gradients of several batches runs the stages up to the repeating one for each of them; its loss is the mean
    over all their rows.
    """
    for s in range(steps):
        start = R[CURSOR]
        whole = min(R[BATCH] * max(R[ACCUMULATE], 1), R[WINDOW_COUNT] - start)
        if whole <= 0:
            return s
        rows = min(R[BATCH], whole)
        R[FIRST_ROW], R[STEP_ROWS] = 0, whole
        use_rows(code, patches, R, rows)
        training = R[TRAINING] == 1
        if training:
            follow_schedule(k, factors, s)
        if R[SHUFFLE] == 1:
            order_samples(R)
        turn = (R[STEP] if training else s) % ring.shape[0]
        stage, total = 0, 0.0
        while stage < stages.shape[0]:
            first, last = stages[stage, 0], stages[stage, 1]
            if threads > 1 and last - first > 1:
                give_out(table, code, chains, stages, F, R, k, team, stage, threads)
            else:
                for chain in range(first, last):
                    run_chain(table, code, chains, F, R, k, chain)
            stage += 1
            if stages[stage - 1, 2] == CHECKED and F[VERDICT] == 0.0:
                R[CURSOR] = start
                return s
            if stages[stage - 1, 2] == REPEATS:
                total = gather_losses(F, R, ring, turn, total)
                if R[FIRST_ROW] + rows < whole:
                    R[FIRST_ROW] += rows
                    R[CURSOR] += rows
                    rows = min(R[BATCH], whole - R[FIRST_ROW])
                    use_rows(code, patches, R, rows)
                    stage = 0
        ring[turn, 0] = F[LOSS]
        ring[turn, 1] = k[RATE_NOW]
        ring[turn, 2] = F[NORM]
        ring[turn, 3] = whole
        for head in range(4, ring.shape[1]):
            ring[turn, head] = F[HEAD_LOSSES + head - 4]
        if training:
            R[STEP] += 1
        R[CURSOR] += rows
        if R[CURSOR] >= R[WINDOW_COUNT]:
            R[CURSOR] = 0
            if not training:
                return s + 1
            R[EPOCH] += 1
        if R[HALT] != 0:
            return s + 1
    return steps


def run_together(table, code, chains, stages, patches, F, R, k, factors, ring, steps, team, threads):
    """`run` by a team: whichever thread comes first leads, so that it works with as few as one."""
    for _ in prange(threads):
        number = fetch_add(team, TICKETS, 1)
        if number == 0:
            team[STEPS] = run(table, code, chains, stages, patches, F, R, k, factors, ring, steps, team, threads)
            release(team, GIVEN, OVER)
        else:
            follow(table, code, chains, stages, F, R, k, team, number, threads)
    return team[STEPS]
