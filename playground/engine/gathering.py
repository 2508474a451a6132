"""Kernels over whole runs of the state besides the update: gathering the gradients of several batches, averaging weights."""

from __future__ import annotations

import numpy as np

from playground.engine.kernel import kernel
from playground.engine.registers import (
    AVERAGE_DECAY,
    AVERAGE_SHARE,
    AVERAGED,
    CURSOR,
    EPOCH,
    FIRST_ROW,
    HEAD_WEIGHTS,
    ROWS,
    STEP,
    STEP_ROWS,
    STEP_WEIGHT,
    WEIGHED,
    WINDOW_COUNT,
)
from playground.engine.vocabulary import LANES, load, store


@kernel
def gather_gradient(F, R, w, k):
    """Add a batch's mean gradient by its rows, or by what they weigh; after a step's last batch it is the mean over all rows.

    words: gradient sum n"""
    g, total, n = w[0], w[1], w[2]
    if R[ROWS] == R[STEP_ROWS]:
        return
    first, last = R[FIRST_ROW] == 0, R[FIRST_ROW] + R[ROWS] == R[STEP_ROWS]
    share, rows = np.float32(R[ROWS]), np.float32(R[STEP_ROWS])
    if R[WEIGHED] == 1:
        share = F[HEAD_WEIGHTS]
        rows = share if first else F[STEP_WEIGHT] + share
        if rows == 0.0:
            rows = np.float32(1)
    for j in range(0, n, LANES):
        x = load(F, g + j, LANES) * share
        if not first:
            x = x + load(F, total + j, LANES)
        if last:
            store(F, g + j, LANES, x / rows)
        else:
            store(F, total + j, LANES, x)


@kernel
def average_begin(F, R, w, k):
    """How far the averages move after this step, and count it.  words: 0 ema, 1 swa | start epoch | every | 0 steps, 1 epochs

    Source: PyTorch's torch.optim.swa_utils.AveragedModel: the first state is copied; then the mean, or lerp by 1 - decay."""
    due = False
    if w[3] == 1:
        done = R[EPOCH] + 1 - w[1]
        due = R[CURSOR] + R[ROWS] >= R[WINDOW_COUNT] and done > 0 and (done - 1) % w[2] == 0
    else:
        due = R[EPOCH] >= w[1] and (R[STEP] + 1) % w[2] == 0
    F[AVERAGE_SHARE] = 0.0
    if due:
        if R[AVERAGED] == 0:
            F[AVERAGE_SHARE] = 1.0
        elif w[0] == 0:
            F[AVERAGE_SHARE] = np.float32(1) - k[AVERAGE_DECAY]
        else:
            F[AVERAGE_SHARE] = 1.0 / (R[AVERAGED] + 1.0)
        R[AVERAGED] += 1


@kernel
def average(F, R, w, k):
    """words: value average n"""
    x, a, n, share = w[0], w[1], w[2], F[AVERAGE_SHARE]
    if share == 0.0:
        return
    for j in range(0, n, LANES):
        now = load(F, x + j, LANES)
        if share < 1.0:
            before = load(F, a + j, LANES)
            now = before + (now - before) * share
        store(F, a + j, LANES, now)
