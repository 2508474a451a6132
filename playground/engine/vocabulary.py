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
INFINITY = float("inf")


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


def ahead(F, at):
    """Ask for the cache line of F[at], which is to be used before long. Changes no number; `at` may lie outside F."""


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
    Up to VL - 1 numbers after the last column of B are read, and make no difference.
    start: F[start + start_follows * (row of C - c) + :cols].
    epilogue: 0 none, 1 ReLU, 2 zero where F[mask + (row of C - c) + :] is 0, 3 none, and F[mask + (row of C - c) + :] is written as it is,
    4 none, and the squares of what is stored are added to F[mask : mask + VL].
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
        elif epilogue == 4:
            for j in range(0, cols, VL):
                part = total[j : j + VL]
                F[mask : mask + len(part)] += part * part
        F[c + out : c + out + cols] = total


#: What `engine.jit` replaces.
WORDS = {
    f.__name__: f
    for f in (
        load, store, ahead, splat, ramp, where, vmax, vmin, vabs, vsqrt, vfloor, hsum, hmax, pow2, exponent, mantissa, uniform,
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


@inline
def log1p(x):
    """log(1 + x) for x >= 0, 1.5e-7 relative, however small x is. Source: D. Goldberg, "What every computer scientist should know
    about floating-point arithmetic", 1991, theorem 4."""
    u = 1.0 + x
    return where(u == 1.0, x, log(u) * x / (u - 1.0))


@inline
def erfcx_of_positive(x):
    """e**(x*x) · (1 - erf(x)) for x from 0 to 9.2, 4e-7 relative: t · polynomial of t with t = 1 / (1 + 0.3275911 · x).

    The form is that of Abramowitz and Stegun, Handbook of mathematical functions, 1964, formula 7.1.26; the eight coefficients are
    the minimax ones for the relative error.
    """
    t = 1.0 / (x * 0.3275911 + 1.0)
    p = t * -0.14228736 + 0.501576
    p = p * t + -0.41445103
    p = p * t + 0.46126246
    p = p * t + 0.021071080
    p = p * t + 0.20726088
    p = p * t + 0.18049908
    p = p * t + 0.18506898
    return p * t


@inline
def erf(x):
    """Error function, 4e-7 relative. Source below 1: Cephes erff."""
    a, z = vabs(x), x * x
    p = z * 7.853861353153693e-5 + -8.010193625184903e-4
    p = p * z + 5.188327685732524e-3
    p = p * z + -2.685381193529856e-2
    p = p * z + 1.128358514861418e-1
    p = p * z + -3.761262582423300e-1
    p = p * z + 1.128379165726710
    far = where(a > 9.0, 9.0, a)
    big = 1.0 - erfcx_of_positive(far) * exp(0.0 - far * far)
    return where(a < 1.0, x * p, where(x < 0.0, 0.0 - big, big))


@inline
def bell(x):
    """e**(-x*x/2), which stays at the value of 13 further out."""
    z = x * x * -0.5
    return exp(where(z < -84.0, -84.0, z))


@inline
def normal_cdf(x):
    """Share of a standard normal distribution that lies below x; relatively accurate on the left too, 0 below -12.7."""
    half = erfcx_of_positive(vabs(x) * 0.70710678) * 0.5 * bell(x)
    return where(x < -12.7, 0.0, where(x < 0.0, half, 1.0 - half))


@inline
def normal(key, index):
    """Standard normal numbers index .. index + 15 of a stream, between -5.42 and 5.42: the inverse of the distribution at uniform
    numbers. Source: M. Giles, "Approximating the erfinv function", 2010, single precision."""
    u = uniform(key, index)
    x = (u + u - 1.0) + 5.9604644775390625e-08  # midpoints of 2**24 equal intervals of (-1, 1), exact
    w = 0.0 - log((1.0 - x) * (1.0 + x))
    v = w - 2.5
    p = v * 2.81022636e-08 + 3.43273939e-07
    p = p * v + -3.5233877e-06
    p = p * v + -4.39150654e-06
    p = p * v + 0.00021858087
    p = p * v + -0.00125372503
    p = p * v + -0.00417768164
    p = p * v + 0.246640727
    p = p * v + 1.50140941
    v = vsqrt(w) - 3.0
    q = v * -0.000200214257 + 0.000100950558
    q = q * v + 0.00134934322
    q = q * v + -0.00367342844
    q = q * v + 0.00573950773
    q = q * v + -0.0076224613
    q = q * v + 0.00943887047
    q = q * v + 1.00167406
    q = q * v + 2.83297682
    return where(w < 5.0, p, q) * x * 1.41421356


@inline
def quarter_turns(x):
    """(n modulo 4, r) for sine and cosine: x = n π/2 + r with |r| <= π/4. Above 1e5 the phase is lost, but r stays in bounds.

    Source: Cody and Waite, "Software manual for the elementary functions", 1980, section 8.2; Cephes sinf.
    """
    n = vfloor(x * 0.636619772 + 0.5)
    r = x - n * 1.5703125
    r = r - n * 4.837512969970703e-4
    r = r - n * 7.549789954891882e-8
    return n - 4.0 * vfloor(n * 0.25), where(r > 0.79, 0.79, where(r < -0.79, -0.79, r))


@inline
def sine_near_0(r):
    q = r * r
    p = q * -1.9515295891e-4 + 8.3321608736e-3
    p = p * q + -1.6666654611e-1
    return p * q * r + r


@inline
def cosine_near_0(r):
    q = r * r
    p = q * 2.443315711809948e-5 + -1.388731625493765e-3
    p = p * q + 4.166664568298827e-2
    return p * q * q - q * 0.5 + 1.0


@inline
def sin(x):
    """Sine, 1e-7 absolute up to 1e4. Source: Cephes sinf."""
    n, r = quarter_turns(x)
    y = where((n == 1.0) | (n == 3.0), cosine_near_0(r), sine_near_0(r))
    return where(n >= 2.0, 0.0 - y, y)


@inline
def cos(x):
    """Cosine, 1e-7 absolute up to 1e4. Source: Cephes cosf."""
    n, r = quarter_turns(x)
    y = where((n == 1.0) | (n == 3.0), sine_near_0(r), cosine_near_0(r))
    return where((n == 1.0) | (n == 2.0), 0.0 - y, y)


@inline
def exp_everywhere(x):
    """e**x that becomes infinite above 88.7 and 0 below -103, where `exp` stands still; 2.5e-7 relative."""
    half = exp(x * 0.5)
    return half * half


@inline
def log_everywhere(x):
    """Natural logarithm of any number: -infinity of 0, NaN of what is negative, infinity of infinity."""
    tiny = x < 1.1754944e-38
    y = log(where(tiny, x * 16777216.0, x)) - where(tiny, 16.635532333, 0.0)
    y = where(x > 3.4028234e38, x, y)
    return where(x > 0.0, y, where(x == 0.0, 0.0 - INFINITY, where(x < 0.0, INFINITY - INFINITY, x)))


@inline
def power(x, p):
    """x**p: NaN for negative x unless p is whole; 1 for p = 0. Relative error 1.2e-7 · |p log x|."""
    size = exp_everywhere(p * log_everywhere(vabs(x)))
    odd = p - 2.0 * vfloor(p * 0.5) == 1.0
    whole = vfloor(p) == p
    negative = where(whole, where(odd, 0.0 - size, size), INFINITY - INFINITY)
    return where(p == 0.0, 1.0, where(x < 0.0, negative, where(x == x, size, x)))


def call(address, F, R, w, k):
    """Run the kernel that a table's entry stands for."""
    address(F, R, w, k)


def prange(*bounds):
    """A range whose turns are independent; threads may share them."""
    return range(*bounds)


#: Words of the runner.
RUNNER_WORDS = {"call": call, "prange": prange}
