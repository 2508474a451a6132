"""Softmax cross-entropy with class indices, by the log-sum-exp form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.losses import SCRATCH, check_weights, clear_row, emit_loss, loss_scale, row_weight, weighted_mean
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.vocabulary import exp, hmax, hsum, load, log, number, ramp, splat, store, transpose_block, vmax, where
from playground.errors import ShapeError

#: Up to so many classes rows are worked on side by side.
NARROW = 64


@inline
def row_max(F, x, n):
    """The largest of n >= 16 numbers, NaN if there is one: whole vectors, the last overlapping the one before."""
    m = load(F, x + n - 16, 16)
    for j in range(0, n - 16, 16):
        m = vmax(m, load(F, x + j, 16))
    return hmax(m)


@inline
def row_max_of_any(F, x, n):
    """The largest of n numbers."""
    m = splat(-np.inf)
    for j in range(0, n, 16):
        m = vmax(m, where(ramp(0.0) < np.float32(n - j), load(F, x + j, n - j), -np.inf))
    return hmax(m)


@inline
def soft_weight(F, w, i, share):
    """The weight of row i in the smoothing's part."""
    if w[16] == -1:
        return np.float32(1)
    return F[w[16] + i // w[12]] if w[16] != 0 else share


@inline
def smoothed_row(F, x, c, target, spread, hard, soft, scale, d, add):
    """hard × (-log p[target]) + soft × Σ u[j] (-log p[j]), and its gradient times `scale` at d (0: none).

    spread: where u lies, 0 for 1/c everywhere.  add: to what is at d.
    """
    top = row_max_of_any(F, x, c)
    s, su, sx = splat(0.0), splat(0.0), splat(0.0)
    for j in range(0, c, 16):
        inside = ramp(0.0) < np.float32(c - j)
        v = load(F, x + j, c - j) - top
        u = where(inside, np.float32(1) / np.float32(c), 0.0)
        if spread != 0:
            u = load(F, spread + j, c - j)
        s = s + where(inside, exp(v), 0.0)
        su = su + u
        sx = sx + where(inside, u * v, 0.0)
    z, all_u = hsum(s), hsum(su)
    if d != 0:
        r = (hard + soft * all_u) * scale / z
        for j in range(0, c, 16):
            inside = ramp(0.0) < np.float32(c - j)
            u = where(inside, np.float32(1) / np.float32(c), 0.0)
            if spread != 0:
                u = load(F, spread + j, c - j)
            g = exp(load(F, x + j, c - j) - top) * r - u * (soft * scale)
            if add:
                g = g + load(F, d + j, c - j)
            store(F, d + j, c - j, g)
        F[d + target] -= hard * scale
    log_z = np.log(z)
    return hard * (log_z + (top - F[x + target])) + soft * (all_u * log_z - hsum(sx))


@inline
def sixteen_rows(F, x, t, c, n, at, scale, d):
    """The sum of -log p[target] over n <= 16 rows side by side in lanes; their gradients at d (0: none).

    x, t: logits and targets of the first row.  at: scratch, 16 numbers for each class and 32 more.
    """
    for j in range(0, c, 16):
        transpose_block(F, x + j, c, at + 16 * j, 16, n, min(16, c - j))
    top = load(F, at, 16)
    for j in range(1, c):
        top = vmax(top, load(F, at + 16 * j, 16))
    z = splat(0.0)
    for j in range(c):
        e = exp(load(F, at + 16 * j, 16) - top)
        z = z + e
        store(F, at + 16 * j, 16, e)
    found, tops, logs = np.float32(0), at + 16 * c, at + 16 * c + 16
    store(F, tops, 16, top)
    store(F, logs, 16, log(z))
    if d != 0:
        r = scale / z
        for j in range(c):
            store(F, at + 16 * j, 16, load(F, at + 16 * j, 16) * r)
        for j in range(0, c, 16):
            transpose_block(F, at + 16 * j, 16, d + j, c, min(16, c - j), n)
    for i in range(n):
        label = F[t + i]
        known = label >= 0.0 and label < c  # anything else must not become an address; the verdict stops the run
        target = int(label) if known else 0
        found += F[logs + i] + (F[tops + i] - F[x + i * c + target]) if known else np.float32(np.nan)
        if d != 0:
            F[d + i * c + target] -= scale
    return found


@kernel
def softmax_cross_entropy(F, R, w, k):
    """own words: smoothing (two words) | u of the smoothing (0: even) | its rows' weights (0: the rows' own, -1: all 1) |
    scratch (0: none, for many classes)

    Gradient: (softmax(x) - one-hot) times the row's weight over the sum of all weights.
    """
    n, c, d, total = w[0], w[1], w[5], np.float32(0)
    mean, part, smoothing = loss_scale(F, R, w), number(k, w[10], w[11]), number(k, w[13], w[14])
    inside = ramp(0.0) < np.float32(c)
    if w[17] != 0 and smoothing == 0.0 and w[4] == 0 and (d == 0 or w[6] == 0):
        for i in range(0, n, 16):
            total += sixteen_rows(F, w[2] + i * c, w[3] + i, c, min(16, n - i), w[17], mean * part, d)
            if d != 0:
                d += 16 * c
        F[w[7]] = total * mean
        return
    for i in range(n):
        x = w[2] + i * c
        label, share = F[w[3] + i], row_weight(F, w, i)
        soft = np.float32(0) if smoothing == 0.0 else smoothing * soft_weight(F, w, i, share)
        if share == 0.0 and soft == 0.0:
            clear_row(F, d, c, w[6])
            if d != 0:
                d += c
            continue
        known = label >= 0.0 and label < c  # anything else must not become an address; the verdict stops the run
        target = int(label) if known else 0
        if smoothing != 0.0:
            found = smoothed_row(F, x, c, target, w[15], share * (np.float32(1) - smoothing), soft, mean * part, d, w[6])
            total += found if known else np.float32(np.nan)
            if d != 0:
                d += c
            continue
        scale = mean * share * part
        if c <= 16:  # the row is one vector: its exponentials stay in a register
            v = where(inside, load(F, x, c), -np.inf)
            top = hmax(v)
            e = where(inside, exp(v - top), 0.0)
            z = hsum(e)
            if d != 0:
                g = e * (scale / z)
                if w[6]:
                    g = g + load(F, d, c)
                store(F, d, c, g)
        else:
            top = row_max(F, x, c)
            s = splat(0.0)
            for j in range(0, c, 16):
                s = s + where(ramp(0.0) < np.float32(c - j), exp(load(F, x + j, c - j) - top), 0.0)
            z = hsum(s)
            if d != 0:
                r = scale / z
                for j in range(0, c, 16):
                    g = exp(load(F, x + j, c - j) - top) * r
                    if w[6]:
                        g = g + load(F, d + j, c - j)
                    store(F, d + j, c - j, g)
        total += share * (np.log(z) + (top - F[x + target])) if known else np.float32(np.nan)
        if d != 0:
            F[d + target] -= scale
            d += c
    F[w[7]] = total * mean


class SoftmaxCrossEntropy(Op):
    """Inputs: logits (c,) or (steps, c), target () or (steps,) class indices; with attribute `weighted` the rows' weights; with `spread`
    a constant (c,) u; with `plain` the weights (or 1, where that input is left out) of the smoothing's part.

    Row i: w (1 - s) (-log p[y]) + v s Σ u[j] (-log p[j]), where w is its weight, v that of the smoothing's part (w, unless `plain`) and s
    the attribute `smoothing`, a number or a knob; u is 1/c where it is not given. The mean divides by the sum of w.

    NaN or infinite logits give a loss that is not finite, and so does a class index that is none, where its weight is not 0.
    """

    id = "softmax_cross_entropy"
    onnx = "SoftmaxCrossEntropyLoss"
    is_loss = True
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        check_classes("Cross-entropy", inputs)
        check_weights("Cross-entropy", inputs, attributes)
        if attributes.get("spread") and inputs[2 + bool(attributes.get("weighted"))].shape != inputs[0].shape[-1:]:
            given = inputs[2 + bool(attributes.get("weighted"))]
            raise ShapeError(f"needs a class distribution of {inputs[0].shape[-1]} numbers, one for each class; it has {given}.")
        return TensorType(())

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, rest = inputs[0], list(inputs[2:])
        weights = rest.pop(0) if attributes.get("weighted") else None
        top = x.max(axis=-1)
        log_p = x - (top + np.log(np.exp(x - top[..., None]).sum(axis=-1)))[..., None]
        rows = -at_class(log_p, inputs[1])
        smoothing = float(getattr(found := attributes.get("smoothing", 0.0), "value", found))
        if not smoothing:
            return weighted_mean(rows, _spread_rows(weights, rows))
        u = rest.pop(0) if attributes.get("spread") else np.full(x.shape[-1], 1 / x.shape[-1])
        soft = -(log_p * u).sum(axis=-1)
        if not attributes.get("plain"):
            return weighted_mean((1 - smoothing) * rows + smoothing * soft, _spread_rows(weights, rows))
        assert weights is not None
        w = _spread_rows(weights, rows)
        v = _spread_rows(rest[0], rows) if rest else np.ones(rows.shape)
        with np.errstate(invalid="ignore"):
            total = (np.where(w == 0, 0, w * rows) * (1 - smoothing) + np.where(v == 0, 0, v * soft) * smoothing).sum()
        return np.asarray(total / w.sum() if w.sum() else 0.0)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 20 * inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        a, given = node.attributes, list(node.inputs[2:])
        type = e.graph.values[node.inputs[0]].type
        each = type.count // type.shape[-1]
        weights = given.pop(0) if a.get("weighted") else None
        spread = e.value(given.pop(0)) if a.get("spread") else 0
        plain = (e.value(given.pop(0)) if given else -1) if a.get("plain") else 0
        of_weight = each // e.graph.values[weights].type.count if weights is not None else 1
        classes, scratch = type.shape[-1], 0
        if classes <= NARROW:  # sixteen rows side by side leave no lane idle
            e.scratch(16 * classes + 32)
            scratch = SCRATCH
        own = [*knob_words(a.get("smoothing", 0.0)), spread, plain, scratch]
        emit_loss(e, node, self.id, each=each, width=classes, rows_of_weight=of_weight, own=own)


def _spread_rows(weights: np.ndarray | None, rows: np.ndarray) -> np.ndarray:
    """Weights of samples repeated for every step."""
    if weights is None:
        return np.ones(rows.shape)
    return np.broadcast_to(weights.reshape(*weights.shape, *([1] * (rows.ndim - weights.ndim))), rows.shape)


def check_classes(title: str, inputs: Sequence[TensorType]) -> None:
    """A number for each class and an index of one. Raises ShapeError."""
    if not inputs[0].rank or inputs[0].shape[:-1] != inputs[1].shape:
        raise ShapeError(f"{title} needs one number for each class and a class index; it got {inputs[0]} and {inputs[1]}.")


def at_class(numbers: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The number of each row's class, NaN for an index that is none. Shapes: (..., c), (...) -> (...)."""
    index = np.asarray(target).astype(np.int64)
    known = np.clip(index, 0, numbers.shape[-1] - 1)
    return np.where(known == index, np.take_along_axis(numbers, known[..., None], axis=-1)[..., 0], np.nan)
