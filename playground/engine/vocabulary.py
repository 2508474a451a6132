"""The words that kernels are written in, as plain NumPy.

`engine.jit` puts an LLVM version of the same name in the place of every word of WORDS when it compiles a kernel; these are what
runs under NUMBA_DISABLE_JIT=1, and what the words mean. Functions marked `inline` are compiled as they stand.

`Lanes` are 16 numbers handled as one: arithmetic, comparisons (giving a mask, with & | ~) and `where` work on them. A formula in
lanes is SIMD for certain: no loop vectoriser, no alias checks, and the rest of a row is loaded and stored under a mask.

    for j in range(0, n, LANES):
        x = load(F, xo + j, n - j)
        store(F, yo + j, n - j, where(x > 0.0, x, 0.0))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.engine.kernel import inline
from playground.engine.rng import random_bits

LANES = 16
Lanes = np.ndarray[Any, np.dtype[np.float32]]

#: Rows and vectors of the matrix product's tiles; `engine.jit` replaces them by what suits the processor.
TALL_ROWS, TALL_VECTORS, FLAT_ROWS, FLAT_VECTORS, NARROW_ROWS, VECTOR, HALF = 8, 2, 4, 4, 8, 16, 8

_OFF = np.zeros(LANES, np.float32)


def load(F, at, n):
    """Lanes from F[at : at + n]; lanes from n on are 0."""
    x = _OFF.copy()
    if n > 0:
        m = min(int(n), LANES)
        x[:m] = F[at : at + m]
    return x


def store(F, at, n, x):
    """F[at : at + n] = x, at most 16 numbers."""
    if n > 0:
        m = min(int(n), LANES)
        F[at : at + m] = x[:m] if isinstance(x, np.ndarray) else x


def splat(x):
    """The same number in every lane."""
    return np.full(LANES, x, np.float32)


def ramp(x):
    """x, x + 1, x + 2, ... as float32."""
    return np.float32(x) + np.arange(LANES, dtype=np.float32)


def where(mask, x, y):
    """x where the mask is set, else y; either may be a number."""
    return np.where(mask, np.asarray(x, np.float32), np.asarray(y, np.float32))


def vmax(x, y):
    """The larger; NaN where either is NaN."""
    return np.maximum(np.asarray(x, np.float32), np.asarray(y, np.float32))


def vmin(x, y):
    """The smaller; NaN where either is NaN."""
    return np.minimum(np.asarray(x, np.float32), np.asarray(y, np.float32))


def vabs(x):
    return np.abs(x)


def vsqrt(x):
    return np.sqrt(x)


def vfloor(x):
    return np.floor(x)


def hsum(x):
    """Sum of the lanes, always as the same tree."""
    n = LANES
    while n > 1:
        n //= 2
        x = x[:n] + x[n : 2 * n]
    return x[0]


def hmax(x):
    """The largest lane; NaN if there is one."""
    return np.max(x)


def pow2(n):
    """2 ** n for whole n in -126 .. 127, through the exponent's bits."""
    whole = np.nan_to_num(n, nan=0.0).astype(np.int32)
    return ((whole + 127) << 23).astype(np.int32).view(np.float32)


def exponent(x):
    """The e with x = m * 2**e and m in [0.5, 1), for normal positive x."""
    return (((x.view(np.int32) >> 23) & 255) - 126).astype(np.float32)


def mantissa(x):
    """The m of `exponent`."""
    return ((x.view(np.int32) & 0x007FFFFF) | 0x3F000000).astype(np.int32).view(np.float32)


def as_float(bits):
    """The float32 that a word carries (see `engine.operands.float_word`)."""
    return np.int32(bits).view(np.float32)


def uniform(key, index):
    """Random numbers index .. index + 15 of a stream (see `engine.rng`), in [0, 1)."""
    bits = random_bits(np.uint64(key), np.arange(int(index), int(index) + LANES).astype(np.uint64))
    return (bits >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24)


def view1(F, at, n):
    """F[at : at + n], without a check or a reference count."""
    return F[at : at + n]


def view2(F, at, rows, cols):
    """F[at:] as a matrix."""
    return F[at : at + rows * cols].reshape(rows, cols)


def view3(F, at, planes, rows, cols):
    """F[at:] as planes of matrices."""
    return F[at : at + planes * rows * cols].reshape(planes, rows, cols)


def transpose_block(F, source, source_ld, target, target_ld, rows, cols):
    """F[target + c*target_ld + r] = F[source + r*source_ld + c] for r < rows <= 16, c < cols <= 16."""
    for r in range(rows):
        for c in range(cols):
            F[target + c * target_ld + r] = F[source + r * source_ld + c]


def _walk(start, step, length, wrap, position, rows):
    for _ in range(rows):
        yield start
        position += 1
        start += wrap if position >= length else step
        position = 0 if position >= length else position


def tile(
    F, MR, NV, VL, rows, cols, K, S, a, a_step, a_len, a_wrap, a_pos, a_ks, a_ss, b, b_ks, b_ss,
    c, c_step, c_len, c_wrap, c_pos, start, start_follows, epilogue, mask,
):  # fmt: skip
    """C[row, :cols] = epilogue(start + sum over s < S, k < K of A[row + s*a_ss + k*a_ks] * B[b + s*b_ss + k*b_ks + :cols]).

    MR rows by NV vectors of VL lanes in registers; rows beyond `rows` and columns beyond `cols` are not stored. K and S are >= 1.
    Rows of A walk from `a`: +a_step, or +a_wrap after every a_len-th (a_pos: where in that walk the first one is); C likewise.
    start: F[start + start_follows * (row of C - c) + :cols].
    epilogue: 0 none, 1 ReLU, 2 zero where F[mask + (row of C - c) + :] is 0.
    """
    MR = min(MR, rows)
    rows_of_a = _walk(a, a_step, a_len, a_wrap, a_pos, MR)
    rows_of_c = _walk(0, c_step, c_len, c_wrap, c_pos, MR)
    for at, out in zip(rows_of_a, rows_of_c, strict=True):
        first = start + start_follows * out
        total = F[first : first + cols].copy()
        for s in range(S):
            for k in range(K):
                line = b + s * b_ss + k * b_ks
                total += F[at + s * a_ss + k * a_ks] * F[line : line + cols]
        if epilogue == 1:
            total = where(total < 0.0, 0.0, total)
        elif epilogue == 2:
            total = where(F[mask + out : mask + out + cols] == 0.0, 0.0, total)
        F[c + out : c + out + cols] = total


#: What `engine.jit` replaces.
WORDS = {
    f.__name__: f
    for f in (
        load, store, splat, ramp, where, vmax, vmin, vabs, vsqrt, vfloor, hsum, hmax, pow2, exponent, mantissa, uniform,
        as_float, view1, view2, view3, transpose_block, tile,
    )
}  # fmt: skip


@inline
def number(k, knob, bits):
    """What two words of an instruction stand for: a knob read now, or a fixed number if knob is -1."""
    return k[knob] if knob >= 0 else as_float(bits)


@inline
def first_lanes(n):
    """The mask of the first n lanes."""
    return ramp(0.0) < n


@inline
def exp(x):
    """e**x without a branch, 1.2e-7 relative. Below -87 and above 88 it stays at the value there. Source: Cephes expf."""
    x = where(x < -87.0, -87.0, x)
    x = where(x > 88.0, 88.0, x)
    n = vfloor(x * 1.44269504 + 0.5)
    r = x - n * 0.693359375
    r = r - n * -2.12194440e-4
    p = r * 1.9875691500e-4 + 1.3981999507e-3
    p = p * r + 8.3334519073e-3
    p = p * r + 4.1665795894e-2
    p = p * r + 1.6666665459e-1
    p = p * r + 5.0000001201e-1
    return (p * r * r + r + 1.0) * pow2(n)


@inline
def expm1(x):
    """e**x - 1, accurate near 0."""
    p = x * 1.9875691500e-4 + 1.3981999507e-3
    p = p * x + 8.3334519073e-3
    p = p * x + 4.1665795894e-2
    p = p * x + 1.6666665459e-1
    p = p * x + 5.0000001201e-1
    return where(vabs(x) < 0.34, p * x * x + x, exp(x) - 1.0)


@inline
def tanh(x):
    """Hyperbolic tangent, 1.3e-7 relative. Source: Cephes tanhf."""
    a = vabs(x)
    q = x * x
    p = q * -5.70498872745e-3 + 2.06390887954e-2
    p = p * q + -5.37397155531e-2
    p = p * q + 1.33314422036e-1
    p = p * q + -3.33332819422e-1
    big = 1.0 - 2.0 / (exp(a + a) + 1.0)
    return where(a < 0.625, x + x * q * p, where(x > 0.0, big, 0.0 - big))


@inline
def sigmoid(x):
    """1 / (1 + e**-x)."""
    return 1.0 / (1.0 + exp(0.0 - x))


@inline
def log(x):
    """Natural logarithm of positive normal x, 1e-7 relative away from 1; NaN of NaN. Source: Cephes logf."""
    m, e = mantissa(x), exponent(x)
    low = m < 0.707106781186547524
    e = where(low, e - 1.0, e)
    m = where(low, m + m, m) - 1.0
    z = m * m
    p = m * 7.0376836292e-2 + -1.1514610310e-1
    p = p * m + 1.1676998740e-1
    p = p * m + -1.2420140846e-1
    p = p * m + 1.4249322787e-1
    p = p * m + -1.6668057665e-1
    p = p * m + 2.0000714765e-1
    p = p * m + -2.4999993993e-1
    p = p * m + 3.3333331174e-1
    y = p * m * z + e * -2.12194440e-4 - z * 0.5
    return where(x == x, m + y + e * 0.693359375, x)


@inline
def softplus(x):
    """log(1 + e**x) = max(x, 0) + log(1 + e**-|x|)."""
    return where(x < 0.0, 0.0, x) + log(1.0 + exp(0.0 - vabs(x)))


def call(address, F, R, w, k):
    """Run the kernel that a table's entry stands for."""
    address(F, R, w, k)


def prange(*bounds):
    """A range whose turns are independent; threads may share them."""
    return range(*bounds)


#: Words of the runner.
RUNNER_WORDS = {"call": call, "prange": prange}
