"""What the attention ops share: which keys a query may see, products of blocks of one head, the softmax of a row of scores.

A block of queries meets all its keys in scratch, so a step holds rows × keys scores of one head on every chain, never all of them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Ref
from playground.engine.kernel import inline
from playground.engine.vocabulary import (
    HALF,
    NARROW_ROWS,
    TALL_ROWS,
    TALL_VECTORS,
    VECTOR,
    first_lanes,
    hmax,
    hsum,
    load,
    pow2,
    splat,
    store,
    tile,
    transpose_block,
    uniform,
    vfloor,
    vmax,
    where,
)
from playground.errors import ShapeError
from playground.words import sentence

#: A block of scores has about so many numbers: two of them and the panels stay in a second-level cache.
BLOCK_NUMBERS = 32_768
#: Most queries in a block.
BLOCK_QUERIES = 64
#: Keys in a panel of transposed keys, where the processor's tile is widest.
PANEL = 32
#: A walk that never wraps.
STRAIGHT = 1 << 40
#: Stands for the largest score where there is none.
LEAST = -3.4e38


@inline
def first_key(i, keys, window):
    """The first key that query i may see."""
    return min(max(i - window, 0), keys) if window > 0 else 0


@inline
def end_key(i, keys, causal, window):
    """One past the last key that query i may see; never before the first."""
    end = keys
    if window > 0:
        end = min(end, i + window + 1)
    if causal:
        end = min(end, i + 1)
    return max(end, first_key(i, keys, window))


@inline
def transpose_panels(F, x, rows, step, cols, to):
    """The transpose of a matrix as panels: `panel` rows of x become a block of cols × panel numbers, one block after the other."""
    panel = TALL_VECTORS * VECTOR
    for p in range(0, rows, panel):
        for r in range(0, min(panel, rows - p), 16):
            for c in range(0, cols, 16):
                source, target = x + (p + r) * step + c, to + p * cols + c * panel + r
                transpose_block(F, source, step, target, panel, min(16, rows - p - r), min(16, cols - c))


@inline
def block_product(F, rows, cols, terms, a, a_step, a_ks, b, b_ks, b_panel, c, c_step, add):
    """C (+)= A @ B. b_panel: from one panel of B's columns (TALL_VECTORS * VECTOR of them) to the next."""
    panel = TALL_VECTORS * VECTOR
    for q in range(0, terms, 256):
        kn, follows, o, bo = min(256, terms - q), 1 if add or q > 0 else 0, 0, b + q * b_ks
        while o < cols:
            width = min(panel, cols - o)
            tall = NARROW_ROWS if width <= VECTOR else TALL_ROWS
            for i in range(0, rows, tall):
                at, to = a + i * a_step + q * a_ks, c + i * c_step + o
                start = follows * to
                if width > VECTOR:
                    tile(F, TALL_ROWS, TALL_VECTORS, VECTOR, rows - i, width, kn, 1, at, a_step, STRAIGHT, 0, 0, a_ks, 0,
                         bo, b_ks, 0, to, c_step, STRAIGHT, 0, 0, start, follows, 0, 0)  # fmt: skip
                elif width > HALF:
                    tile(F, NARROW_ROWS, 1, VECTOR, rows - i, width, kn, 1, at, a_step, STRAIGHT, 0, 0, a_ks, 0,
                         bo, b_ks, 0, to, c_step, STRAIGHT, 0, 0, start, follows, 0, 0)  # fmt: skip
                else:
                    tile(F, NARROW_ROWS, 1, HALF, rows - i, width, kn, 1, at, a_step, STRAIGHT, 0, 0, a_ks, 0,
                         bo, b_ks, 0, to, c_step, STRAIGHT, 0, 0, start, follows, 0, 0)  # fmt: skip
            o += width
            bo += b_panel


@inline
def falling(x):
    """e**x for x up to 88, as `vocabulary.exp`; what is below -87 counts as -87."""
    x = where(x < -87.0, -87.0, x)
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
def largest(F, x, n, mask):
    """The largest of n scores whose key is present, LEAST where none is. mask: 1 and 0 for the keys, or 0 where all are present."""
    best, j = splat(LEAST), 0
    if mask == 0:
        while j + 16 <= n:
            best = vmax(best, load(F, x + j, 16))
            j += 16
    while j < n:
        v = where(first_lanes(n - j), load(F, x + j, n - j), LEAST)
        if mask:
            v = where(load(F, mask + j, n - j) > 0.0, v, LEAST)
        best = vmax(best, v)
        j += 16
    return hmax(best)


@inline
def exponentials(F, x, n, mask, shift, scale):
    """x = exp(x * scale - shift), 0 where the key is absent; and the sum of them."""
    total, j = splat(0.0), 0
    if mask == 0:
        while j + 16 <= n:
            v = falling(load(F, x + j, 16) * scale - shift)
            total = total + v
            store(F, x + j, 16, v)
            j += 16
    while j < n:
        v = where(first_lanes(n - j), falling(load(F, x + j, n - j) * scale - shift), 0.0)
        if mask:
            v = where(load(F, mask + j, n - j) > 0.0, v, 0.0)
        total = total + v
        store(F, x + j, n - j, v)
        j += 16
    return hsum(total)


@inline
def seen(F, x, end):
    """Up to 16 scores of a row, LEAST beyond its end."""
    return where(first_lanes(end), load(F, x, end), LEAST)


@inline
def weight(F, x, end, scale, shift):
    """Up to 16 numbers exp(x * scale - shift) of a row, 0 beyond its end."""
    return where(first_lanes(end), falling(load(F, x, end) * scale - shift), 0.0)


@inline
def softmax_four(F, x, ld, end, more, n, scale, tops, totals):
    """`largest`, `exponentials` and zeros up to n for four rows of scores, whose chains of sums do not wait for one another.

    ld: from one row to the next.  end: keys that the first row sees; each further row sees `more` more, at most n.
    """
    a, b, c, d = x, x + ld, x + 2 * ld, x + 3 * ld
    e0, e1, e2, e3 = min(end, n), min(end + more, n), min(end + 2 * more, n), min(end + 3 * more, n)
    whole = e0 // 16 * 16
    v0, v1, v2, v3 = splat(LEAST), splat(LEAST), splat(LEAST), splat(LEAST)
    for j in range(0, whole, 16):
        v0 = vmax(v0, load(F, a + j, 16))
        v1 = vmax(v1, load(F, b + j, 16))
        v2 = vmax(v2, load(F, c + j, 16))
        v3 = vmax(v3, load(F, d + j, 16))
    for j in range(whole, n, 16):
        v0 = vmax(v0, seen(F, a + j, e0 - j))
        v1 = vmax(v1, seen(F, b + j, e1 - j))
        v2 = vmax(v2, seen(F, c + j, e2 - j))
        v3 = vmax(v3, seen(F, d + j, e3 - j))
    m0, m1, m2, m3 = hmax(v0), hmax(v1), hmax(v2), hmax(v3)
    F[tops], F[tops + 1], F[tops + 2], F[tops + 3] = m0, m1, m2, m3
    m0, m1, m2, m3 = m0 * scale, m1 * scale, m2 * scale, m3 * scale
    t0, t1, t2, t3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    for j in range(0, whole, 16):
        v0, v1 = falling(load(F, a + j, 16) * scale - m0), falling(load(F, b + j, 16) * scale - m1)
        v2, v3 = falling(load(F, c + j, 16) * scale - m2), falling(load(F, d + j, 16) * scale - m3)
        store(F, a + j, 16, v0)
        store(F, b + j, 16, v1)
        store(F, c + j, 16, v2)
        store(F, d + j, 16, v3)
        t0 = t0 + v0
        t1 = t1 + v1
        t2 = t2 + v2
        t3 = t3 + v3
    for j in range(whole, n, 16):
        v0, v1 = weight(F, a + j, e0 - j, scale, m0), weight(F, b + j, e1 - j, scale, m1)
        v2, v3 = weight(F, c + j, e2 - j, scale, m2), weight(F, d + j, e3 - j, scale, m3)
        store(F, a + j, n - j, v0)
        store(F, b + j, n - j, v1)
        store(F, c + j, n - j, v2)
        store(F, d + j, n - j, v3)
        t0 = t0 + v0
        t1 = t1 + v1
        t2 = t2 + v2
        t3 = t3 + v3
    F[totals], F[totals + 1], F[totals + 2], F[totals + 3] = hsum(t0), hsum(t1), hsum(t2), hsum(t3)


@inline
def slopes_four(F, x, g, ld, end, more, n, log_sums, scale):
    """`score_slopes` without a mask and without dropout, and zeros up to n, for four rows: x scores, g gradients of the weights."""
    a, b, c, d = x, x + ld, x + 2 * ld, x + 3 * ld
    e0, e1, e2, e3 = min(end, n), min(end + more, n), min(end + 2 * more, n), min(end + 3 * more, n)
    l0, l1, l2, l3 = F[log_sums], F[log_sums + 1], F[log_sums + 2], F[log_sums + 3]
    whole, back = e0 // 16 * 16, g - x
    t0, t1, t2, t3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    for j in range(0, whole, 16):
        v0, v1 = falling(load(F, a + j, 16) * scale - l0), falling(load(F, b + j, 16) * scale - l1)
        v2, v3 = falling(load(F, c + j, 16) * scale - l2), falling(load(F, d + j, 16) * scale - l3)
        store(F, a + j, 16, v0)
        store(F, b + j, 16, v1)
        store(F, c + j, 16, v2)
        store(F, d + j, 16, v3)
        t0 = t0 + v0 * load(F, a + back + j, 16)
        t1 = t1 + v1 * load(F, b + back + j, 16)
        t2 = t2 + v2 * load(F, c + back + j, 16)
        t3 = t3 + v3 * load(F, d + back + j, 16)
    for j in range(whole, n, 16):
        v0, v1 = weight(F, a + j, e0 - j, scale, l0), weight(F, b + j, e1 - j, scale, l1)
        v2, v3 = weight(F, c + j, e2 - j, scale, l2), weight(F, d + j, e3 - j, scale, l3)
        store(F, a + j, n - j, v0)
        store(F, b + j, n - j, v1)
        store(F, c + j, n - j, v2)
        store(F, d + j, n - j, v3)
        t0 = t0 + v0 * load(F, a + back + j, e0 - j)
        t1 = t1 + v1 * load(F, b + back + j, e1 - j)
        t2 = t2 + v2 * load(F, c + back + j, e2 - j)
        t3 = t3 + v3 * load(F, d + back + j, e3 - j)
    m0, m1, m2, m3 = hsum(t0), hsum(t1), hsum(t2), hsum(t3)
    for j in range(0, n, 16):
        store(F, a + back + j, n - j, load(F, a + j, n - j) * (load(F, a + back + j, e0 - j) - m0) * scale)
        store(F, b + back + j, n - j, load(F, b + j, n - j) * (load(F, b + back + j, e1 - j) - m1) * scale)
        store(F, c + back + j, n - j, load(F, c + j, n - j) * (load(F, c + back + j, e2 - j) - m2) * scale)
        store(F, d + back + j, n - j, load(F, d + j, n - j) * (load(F, d + back + j, e3 - j) - m3) * scale)


@inline
def drop(F, x, n, rate, key, index):
    """Dropout of a row of weights; index: the number of its first one in the random stream of that key."""
    if rate > np.float32(0):
        kept = np.float32(1) / (np.float32(1) - rate) if rate < np.float32(1) else np.float32(0)
        for j in range(0, n, 16):
            store(F, x + j, n - j, where(uniform(key, index + j) < rate, 0.0, load(F, x + j, n - j) * kept))


@inline
def score_slopes(F, x, d, n, mask, log_sum, scale, rate, key, index):
    """x: from n scores to the weights that the values met; d: from the gradient of those to that of the scores before `scale`."""
    drop(F, d, n, rate, key, index)
    sums = splat(0.0)
    for j in range(0, n, 16):
        p = where(first_lanes(n - j), falling(load(F, x + j, n - j) * scale - log_sum), 0.0)
        if mask:
            p = where(load(F, mask + j, n - j) > 0.0, p, 0.0)
        sums = sums + p * load(F, d + j, n - j)
        store(F, x + j, n - j, p)
    mean = hsum(sums)
    for j in range(0, n, 16):
        store(F, d + j, n - j, load(F, x + j, n - j) * (load(F, d + j, n - j) - mean) * scale)
    drop(F, x, n, rate, key, index)


@inline
def kept_slopes(F, x, d, ld, rows, n, scale):
    """Rows of d: from the gradient of the weights x to that of the scores before `scale`; four rows at a time."""
    for r in range(0, rows // 4 * 4, 4):
        x0, x1, x2, x3 = x + r * ld, x + (r + 1) * ld, x + (r + 2) * ld, x + (r + 3) * ld
        d0, d1, d2, d3 = d + r * ld, d + (r + 1) * ld, d + (r + 2) * ld, d + (r + 3) * ld
        t0, t1, t2, t3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        for j in range(0, n, 16):
            m = n - j
            t0 = t0 + load(F, x0 + j, m) * load(F, d0 + j, m)
            t1 = t1 + load(F, x1 + j, m) * load(F, d1 + j, m)
            t2 = t2 + load(F, x2 + j, m) * load(F, d2 + j, m)
            t3 = t3 + load(F, x3 + j, m) * load(F, d3 + j, m)
        m0, m1, m2, m3 = hsum(t0), hsum(t1), hsum(t2), hsum(t3)
        for j in range(0, n, 16):
            m = n - j
            store(F, d0 + j, m, load(F, x0 + j, m) * (load(F, d0 + j, m) - m0) * scale)
            store(F, d1 + j, m, load(F, x1 + j, m) * (load(F, d1 + j, m) - m1) * scale)
            store(F, d2 + j, m, load(F, x2 + j, m) * (load(F, d2 + j, m) - m2) * scale)
            store(F, d3 + j, m, load(F, x3 + j, m) * (load(F, d3 + j, m) - m3) * scale)
    for r in range(rows // 4 * 4, rows):
        t0 = splat(0.0)
        for j in range(0, n, 16):
            t0 = t0 + load(F, x + r * ld + j, n - j) * load(F, d + r * ld + j, n - j)
        m0 = hsum(t0)
        for j in range(0, n, 16):
            at = d + r * ld + j
            store(F, at, n - j, load(F, x + r * ld + j, n - j) * (load(F, at, n - j) - m0) * scale)


@inline
def copy_rows_of(F, x, to, ld, rows, n, shares):
    """n numbers of every row from x to `to`, each times the row's number at `shares` (0: as they are)."""
    for r in range(rows):
        share = F[shares + r] if shares else np.float32(1)
        for j in range(0, n, 16):
            store(F, to + r * ld + j, n - j, load(F, x + r * ld + j, n - j) * share)


@inline
def clear_around(F, x, first, end, n):
    """Zeros in a row of n before `first` and from `end` on."""
    clear(F, x, first)
    clear(F, x + end, n - end)


@inline
def clear(F, x, n):
    """n zeros."""
    for j in range(0, n, 16):
        store(F, x + j, n - j, 0.0)


@inline
def clear_rows(F, x, rows, step, cols):
    """Zeros in a matrix."""
    for i in range(rows):
        clear(F, x + i * step, cols)


@dataclasses.dataclass(frozen=True)
class Extents:
    """The sizes of an attention op. width, value_width: numbers of a query and of a value, all heads together."""

    heads: int
    queries: int
    keys: int
    width: int
    value_width: int
    causal: bool
    window: int

    @property
    def head(self) -> int:
        return self.width // self.heads

    @property
    def value_head(self) -> int:
        return self.value_width // self.heads

    @property
    def line(self) -> int:
        """Numbers from one row of a block of scores to the next: no power of two, whose rows would share a place in the cache."""
        return -(-self.keys // PANEL) * PANEL + 16

    @property
    def block(self) -> int:
        """Queries in a block; a local window asks for few, because every row of a block meets the keys of all its rows."""
        fits = min(BLOCK_QUERIES, BLOCK_NUMBERS // self.line)
        if self.window:
            fits = min(fits, self.window)
        return min(max(8, fits // 8 * 8), -(-self.queries // 8) * 8)

    @property
    def kept(self) -> int:
        """Numbers of a sample's weights, where they are so few that the backward pass had better read than make them anew; else 0."""
        return self.heads * self.queries * self.line if self.keys <= 4 * self.head else 0

    def panels(self, width: int) -> int:
        """Scratch of all keys as panels of one head."""
        return -(-self.keys // PANEL) * PANEL * width

    @property
    def rows(self) -> int:
        """Scratch for one number of each query of a block."""
        return -(-self.block // 16) * 16

    @property
    def pairs(self) -> int:
        """Pairs of a query and a key that it may see."""
        reach = 0 if self.causal else self.window or self.keys
        before = _ramp(self.queries, -self.window, self.keys) if self.window else 0
        return _ramp(self.queries, reach + 1, self.keys) - before


def _ramp(count: int, shift: int, most: int) -> int:
    """The sum of i + shift, held between 0 and `most`, for i from 0 to count - 1."""
    start = min(max(-shift, 0), count)
    end = max(start, min(count, most - shift))
    return (end - start) * (start + end - 1 + 2 * shift) // 2 + (count - end) * most


def extents(inputs: Sequence[TensorType], attributes: Mapping[str, Any], *, valued: bool = True) -> Extents:
    """Sizes from the types of query, key and, where `valued`, value. Raises ShapeError when they do not fit together."""
    q, k, v = inputs[0], inputs[1], inputs[2 if valued else 1]
    heads = int(attributes.get("heads", 1))
    if any(x.rank != 2 for x in (q, k, v)):
        raise ShapeError("needs sequences: steps×features.")
    if q.shape[1] != k.shape[1]:
        raise ShapeError(f"needs queries and keys of as many features; the queries have {q.shape[1]}, the keys {k.shape[1]}.")
    if k.shape[0] != v.shape[0]:
        raise ShapeError(
            sentence(
                "needs a value for every key; there are {keys} keys and {values} values.", keys=k.shape[0], values=v.shape[0]
            )
        )
    if q.shape[1] % heads or v.shape[1] % heads:
        raise ShapeError(f"needs features that {heads} heads divide; there are {q.shape[1]}.", "set heads 1")
    causal, window = bool(attributes.get("causal", False)), int(attributes.get("window", 0))
    return Extents(heads, q.shape[0], k.shape[0], q.shape[1], v.shape[1], causal, window)


def scale_of(sizes: Extents, attributes: Mapping[str, Any]) -> float:
    """What scores are multiplied by: the attribute, or 1 / √(numbers of a head)."""
    given = attributes.get("scale")
    return 1.0 / math.sqrt(sizes.head) if given is None else float(given)


def targets(e: Emit, inputs: Sequence[int], order: Sequence[int]) -> list[tuple[Ref | None, bool]]:
    """Gradients of the inputs and whether each is added to. order: that in which the kernel clears or writes them for the first
    time, which counts where one value comes in at several ports.
    """
    found: dict[int, tuple[Ref | None, bool]] = {}
    for port in order:
        ref = e.gradient(inputs[port])
        found[port] = (ref, ref is not None and not e.begin(ref))
    return [found[port] for port in sorted(order)]


def allowed(sizes: Extents, mask: np.ndarray | None) -> np.ndarray:
    """Which keys each query may see. Shapes: mask (n, keys) -> (n or 1, 1, queries, keys) bool."""
    i, j = np.arange(sizes.queries)[:, None], np.arange(sizes.keys)[None]
    seen = np.ones((sizes.queries, sizes.keys), bool)
    if sizes.causal:
        seen &= j <= i
    if sizes.window:
        seen &= abs(i - j) <= sizes.window
    return seen[None, None] if mask is None else seen & (mask > 0)[:, None, None]


def in_heads(x: np.ndarray, heads: int) -> np.ndarray:
    """(n, steps, heads·width) -> (n, heads, steps, width)."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def weights(scores: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax over the keys that are seen and the logarithm of its denominator; both 0 where a query sees none."""
    some = seen.any(axis=-1, keepdims=True)
    top = np.where(some, np.where(seen, scores, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf), 0.0)
    e = np.where(seen, np.exp(np.where(seen, scores - top, 0.0)), 0.0)
    total = e.sum(axis=-1, keepdims=True)
    safe = np.where(some, total, 1.0)
    return e / safe, (top + np.log(safe))[..., 0]
