"""Normalisation of every row, a row being the last axes of a sample: LayerNorm and, without the mean, RMSNorm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.norms import add_up_gradients, put
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.onnx_form import number as number_of
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.vocabulary import first_lanes, hsum, load, number, splat, store, where
from playground.errors import ShapeError


@inline
def off_mean(F, x, m, n):
    """x - m, and 0 in the lanes beyond the row."""
    return where(first_lanes(n), load(F, x, n) - m, 0.0)


@inline
def gain_and_shift(F, gamma, beta, j, n):
    return load(F, gamma + j, n) if gamma else splat(1.0), load(F, beta + j, n) if beta else splat(0.0)


@inline
def normalise_row(F, x, y, to, D, gamma, beta, epsilon, centred):
    """One row of `layer_norm_forward`, D numbers from x to y; its statistics go to `to`."""
    share = np.float32(1) / np.float32(D)
    mean = np.float32(0)
    if centred:
        s0, s1 = splat(0.0), splat(0.0)
        for j in range(0, D, 32):
            s0 = s0 + load(F, x + j, D - j)
            s1 = s1 + load(F, x + j + 16, D - j - 16)
        mean = hsum(s0 + s1) * share
    q0, q1 = splat(0.0), splat(0.0)
    for j in range(0, D, 32):
        v0, v1 = off_mean(F, x + j, mean, D - j), off_mean(F, x + j + 16, mean, D - j - 16)
        q0 = q0 + v0 * v0
        q1 = q1 + v1 * v1
    scale = np.float32(1) / np.sqrt(hsum(q0 + q1) * share + epsilon)
    F[to], F[to + 1] = mean, scale
    for j in range(0, D, 16):
        n = D - j
        gain, shift = gain_and_shift(F, gamma, beta, j, n)
        store(F, y + j, n, (load(F, x + j, n) - mean) * scale * gain + shift)


@kernel
def layer_norm_forward(F, R, w, k):
    """y = (x - mean) / sqrt(variance + epsilon) * gamma + beta for every row; not centred: the mean counts as 0.

    Four rows at a time: their sums do not wait for one another, and gain and shift are read once for all four.
    words: rows numbers | x y statistics | gamma beta (0: none) | epsilon (two words) | centred.  statistics: mean, 1 / deviation
    """
    rows, D, gamma, beta, centred = w[0], w[1], w[5], w[6], w[9]
    epsilon, share = number(k, w[7], w[8]), np.float32(1) / np.float32(D)
    whole, rest = D - D % 16, D % 16
    fours = rows // 4 if D <= 2048 else 0
    for i in range(fours):
        a = w[2] + 4 * i * D
        b, c, d = a + D, a + 2 * D, a + 3 * D
        m0 = m1 = m2 = m3 = np.float32(0)
        if centred:
            s0, s1, s2, s3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
            for j in range(0, whole, 16):
                s0 = s0 + load(F, a + j, 16)
                s1 = s1 + load(F, b + j, 16)
                s2 = s2 + load(F, c + j, 16)
                s3 = s3 + load(F, d + j, 16)
            if rest:
                s0 = s0 + load(F, a + whole, rest)
                s1 = s1 + load(F, b + whole, rest)
                s2 = s2 + load(F, c + whole, rest)
                s3 = s3 + load(F, d + whole, rest)
            m0, m1, m2, m3 = hsum(s0) * share, hsum(s1) * share, hsum(s2) * share, hsum(s3) * share
        q0, q1, q2, q3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        for j in range(0, whole, 16):
            v0, v1 = load(F, a + j, 16) - m0, load(F, b + j, 16) - m1
            v2, v3 = load(F, c + j, 16) - m2, load(F, d + j, 16) - m3
            q0 = q0 + v0 * v0
            q1 = q1 + v1 * v1
            q2 = q2 + v2 * v2
            q3 = q3 + v3 * v3
        if rest:
            v0, v1 = off_mean(F, a + whole, m0, rest), off_mean(F, b + whole, m1, rest)
            v2, v3 = off_mean(F, c + whole, m2, rest), off_mean(F, d + whole, m3, rest)
            q0 = q0 + v0 * v0
            q1 = q1 + v1 * v1
            q2 = q2 + v2 * v2
            q3 = q3 + v3 * v3
        k0 = np.float32(1) / np.sqrt(hsum(q0) * share + epsilon)
        k1 = np.float32(1) / np.sqrt(hsum(q1) * share + epsilon)
        k2 = np.float32(1) / np.sqrt(hsum(q2) * share + epsilon)
        k3 = np.float32(1) / np.sqrt(hsum(q3) * share + epsilon)
        y, to = w[3] + 4 * i * D, w[4] + 8 * i
        F[to], F[to + 1], F[to + 2], F[to + 3] = m0, k0, m1, k1
        F[to + 4], F[to + 5], F[to + 6], F[to + 7] = m2, k2, m3, k3
        for j in range(0, D, 16):
            n = D - j
            gain, shift = gain_and_shift(F, gamma, beta, j, n)
            store(F, y + j, n, (load(F, a + j, n) - m0) * k0 * gain + shift)
            store(F, y + D + j, n, (load(F, b + j, n) - m1) * k1 * gain + shift)
            store(F, y + 2 * D + j, n, (load(F, c + j, n) - m2) * k2 * gain + shift)
            store(F, y + 3 * D + j, n, (load(F, d + j, n) - m3) * k3 * gain + shift)
    for i in range(4 * fours, rows):
        normalise_row(F, w[2] + i * D, w[3] + i * D, w[4] + 2 * i, D, gamma, beta, epsilon, centred)


@inline
def gradient_row(F, a, x, to, at, D, gamma, sums, centred, mask, add):
    """One row of `layer_norm_backward`: dy from a, dx to `to` (0: not wanted), statistics at `at`."""
    share = np.float32(1) / np.float32(D)
    m0, k0 = F[at], F[at + 1]
    s0, t0 = splat(0.0), splat(0.0)
    for j in range(0, D, 16):
        n = D - j
        gain = load(F, gamma + j, n) if gamma else splat(1.0)
        d0, z0 = load(F, a + j, n), (load(F, x + j, n) - m0) * k0
        if sums:
            store(F, sums + j, n, load(F, sums + j, n) + d0 * z0)
            store(F, sums + D + j, n, load(F, sums + D + j, n) + d0)
        h0 = d0 * gain
        s0 = s0 + h0
        t0 = t0 + h0 * z0
    if to:
        e0 = hsum(s0) * share if centred else np.float32(0)
        f0 = hsum(t0) * share
        for j in range(0, D, 16):
            n = D - j
            gain = load(F, gamma + j, n) if gamma else splat(1.0)
            x0 = load(F, x + j, n)
            v0 = (load(F, a + j, n) * gain - e0 - (x0 - m0) * k0 * f0) * k0
            put(F, to + j, n, v0, x0, mask, add)


@kernel
def layer_norm_backward(F, R, w, k):
    """dx (+)= (h - mean of h - z * mean of h z) / deviation with h = dy * gamma and z the normalised row; sums for gain and shift.

    words: rows numbers | dy x dx (0: not wanted) statistics | gamma (0: none) | sums of dy * z and of dy (0: not wanted), start anew
           | centred | mask by x, add
    """
    rows, D, gamma, sums, centred, mask, add = w[0], w[1], w[6], w[7], w[9], w[10], w[11]
    share = np.float32(1) / np.float32(D)
    if sums and w[8]:
        for j in range(0, 2 * D, 16):
            store(F, sums + j, 2 * D - j, 0.0)
    fours = rows // 4 if D <= 1024 else 0
    for i in range(fours):
        a, x, to, at = w[2] + 4 * i * D, w[3] + 4 * i * D, w[4] + 4 * i * D, w[5] + 8 * i
        m0, k0, m1, k1 = F[at], F[at + 1], F[at + 2], F[at + 3]
        m2, k2, m3, k3 = F[at + 4], F[at + 5], F[at + 6], F[at + 7]
        s0, s1, s2, s3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        t0, t1, t2, t3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        for j in range(0, D, 16):
            n = D - j
            gain = load(F, gamma + j, n) if gamma else splat(1.0)
            d0, d1 = load(F, a + j, n), load(F, a + D + j, n)
            d2, d3 = load(F, a + 2 * D + j, n), load(F, a + 3 * D + j, n)
            z0, z1 = (load(F, x + j, n) - m0) * k0, (load(F, x + D + j, n) - m1) * k1
            z2, z3 = (load(F, x + 2 * D + j, n) - m2) * k2, (load(F, x + 3 * D + j, n) - m3) * k3
            if sums:
                store(F, sums + j, n, load(F, sums + j, n) + ((d0 * z0 + d1 * z1) + (d2 * z2 + d3 * z3)))
                store(F, sums + D + j, n, load(F, sums + D + j, n) + ((d0 + d1) + (d2 + d3)))
            h0, h1, h2, h3 = d0 * gain, d1 * gain, d2 * gain, d3 * gain
            s0 = s0 + h0
            s1 = s1 + h1
            s2 = s2 + h2
            s3 = s3 + h3
            t0 = t0 + h0 * z0
            t1 = t1 + h1 * z1
            t2 = t2 + h2 * z2
            t3 = t3 + h3 * z3
        if w[4]:
            e0 = e1 = e2 = e3 = np.float32(0)
            if centred:
                e0, e1, e2, e3 = hsum(s0) * share, hsum(s1) * share, hsum(s2) * share, hsum(s3) * share
            f0, f1, f2, f3 = hsum(t0) * share, hsum(t1) * share, hsum(t2) * share, hsum(t3) * share
            for j in range(0, D, 16):
                n = D - j
                gain = load(F, gamma + j, n) if gamma else splat(1.0)
                x0, x1 = load(F, x + j, n), load(F, x + D + j, n)
                x2, x3 = load(F, x + 2 * D + j, n), load(F, x + 3 * D + j, n)
                v0 = (load(F, a + j, n) * gain - e0 - (x0 - m0) * k0 * f0) * k0
                v1 = (load(F, a + D + j, n) * gain - e1 - (x1 - m1) * k1 * f1) * k1
                v2 = (load(F, a + 2 * D + j, n) * gain - e2 - (x2 - m2) * k2 * f2) * k2
                v3 = (load(F, a + 3 * D + j, n) * gain - e3 - (x3 - m3) * k3 * f3) * k3
                put(F, to + j, n, v0, x0, mask, add)
                put(F, to + D + j, n, v1, x1, mask, add)
                put(F, to + 2 * D + j, n, v2, x2, mask, add)
                put(F, to + 3 * D + j, n, v3, x3, mask, add)
    for i in range(4 * fours, rows):
        to = w[4] + i * D if w[4] else 0
        gradient_row(F, w[2] + i * D, w[3] + i * D, to, w[5] + 2 * i, D, gamma, sums, centred, mask, add)


class LayerNorm(Op):
    """Inputs x, and as the attributes say gamma, beta (the last `axes` extents of x).

    Attributes: axes 1, epsilon 1e-5, gain True, shift True, centred True (False: the root mean square instead of the deviation).
    Outputs: y, and for every row its mean and 1 / deviation (rows, 2).
    Source: Ba, Kiros and Hinton, "Layer normalization", 2016, equations 3 and 4; Zhang and Sennrich, "Root mean square layer
    normalization", 2019, equation 4; epsilon as in PyTorch.
    """

    id = "layer_norm"
    outputs = ("y", "statistics")
    masks = True
    is_flat = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> tuple[TensorType, ...]:
        x, axes = inputs[0], attributes.get("axes", 1)
        if not 1 <= axes <= x.rank:
            raise ShapeError(f"normalises {axes} axes; the input is {x}.")
        if any(p.shape != x.shape[-axes:] for p in inputs[1:]):
            raise ShapeError(f"needs a gain and a shift for every number of {TensorType(x.shape[-axes:])}.")
        return x, TensorType((x.count // math.prod(x.shape[-axes:]), 2))

    def reference(
        self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        x, axes = inputs[0], tuple(range(-attributes.get("axes", 1), 0))
        mean = (
            x.mean(axis=axes, keepdims=True)
            if attributes.get("centred", True)
            else np.zeros_like(x).mean(axis=axes, keepdims=True)
        )
        scale = 1 / np.sqrt(((x - mean) ** 2).mean(axis=axes, keepdims=True) + attributes.get("epsilon", 1e-5))
        y, more = (x - mean) * scale, list(inputs[1:])
        if attributes.get("gain", True):
            y = y * more.pop(0)
        if attributes.get("shift", True):
            y = y + more.pop(0)
        return y, np.stack([mean.reshape(len(x), -1), scale.reshape(len(x), -1)], axis=-1)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 8 * output.count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, statistics = e.value(node.inputs[0]), e.value(node.output), e.value(node.outputs[1])
        gamma, beta = (None if i is None else e.value(i) for i in _affine(node))
        rows, n = _extents(e, node)
        tail = [*knob_words(node.attributes.get("epsilon", 1e-5)), int(node.attributes.get("centred", True))]

        def make(f: Frame) -> list[Instruction]:
            affine = [0 if ref is None else f.at(ref) for ref in (gamma, beta)]
            return [("layer_norm_forward", f.rows * rows, n, f.at(x), f.at(y), f.at(statistics), *affine, *tail)]

        e.rows(make, reads=[x], writes=[y, statistics])

    def backward(self, e: Emit, node: OpNode) -> None:
        x, dy, statistics = e.value(node.inputs[0]), e.upstream(node), e.value(node.outputs[1])
        gamma = None if _affine(node)[0] is None else e.value(node.inputs[1])
        rows, n = _extents(e, node)
        dx, by = e.gradient(node.inputs[0]), e.mask(node.inputs[0])
        wanted = [None if i is None else e.gradient(i) for i in _affine(node)]
        sums = e.partial(2 * n) if any(ref is not None for ref in wanted) else None
        if dx is None and sums is None:
            return
        centred, add = int(node.attributes.get("centred", True)), int(dx is not None and not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            lies = [f.at(dy), f.at(x), 0 if dx is None else f.at(dx), f.at(statistics), 0 if gamma is None else f.at(gamma)]
            kept = [0 if sums is None else f.partial(sums), int(f.first)]
            return [("layer_norm_backward", f.rows * rows, n, *lies, *kept, centred, int(by is not None), add)]

        written: list[Ref | None] = [dx, sums]
        e.rows(make, reads=[dy, x, statistics], writes=[ref for ref in written if ref is not None])
        if sums is not None:
            add_up_gradients(e, sums, wanted, n)

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        a, x, name = node.attributes, w.last(node.inputs[0]), label(node)
        axes, epsilon = a.get("axes", 1), number_of(a.get("epsilon", 1e-5))
        extents = w.graph.values[node.inputs[0]].type.shape[-axes:]
        gamma, beta = (None if i is None else w.constant(*w.tensor(i)) for i in _affine(node))
        gain = gamma or w.constant(f"{name}_ones", np.ones(extents, np.float32))
        if math.prod(extents) == 1:
            y = w.node("Mul", [_one_number(w, name, x, a.get("centred", True), epsilon), gain], f"{name}_gain")
            y = w.node("Add", [y, beta], f"{name}_shift") if beta else y
        elif a.get("centred", True):
            y = w.node("LayerNormalization", [x, gain, *([beta] if beta else [])], name, axis=-axes, epsilon=epsilon)
        else:
            w.needs(23)
            y = w.node("RMSNormalization", [x, gain], name, axis=-axes, epsilon=epsilon)
            y = w.node("Add", [y, beta], f"{name}_shift") if beta else y
        w.hold(node.output, y)


def _one_number(w: OnnxWriter, name: str, x: str, centred: bool, epsilon: float) -> str:
    """Rows of one number, normalised: onnxruntime up to 1.23 refuses the fused operators for those."""
    if centred:
        return w.node("Sub", [x, x], f"{name}_centred")
    more = w.node(
        "Add", [w.node("Mul", [x, x], f"{name}_square"), w.constant(f"{name}_epsilon", np.float32(epsilon))], f"{name}_more"
    )
    return w.node("Div", [x, w.node("Sqrt", [more], f"{name}_root")], f"{name}_normal")


def _affine(node: OpNode) -> tuple[int | None, int | None]:
    """Value indices of gamma and beta, where there are any."""
    gain, shift = node.attributes.get("gain", True), node.attributes.get("shift", True)
    return node.inputs[1] if gain else None, node.inputs[-1] if shift else None


def _extents(e: Emit, node: OpNode) -> tuple[int, int]:
    """Rows of one sample, and numbers of a row."""
    type = e.graph.values[node.output].type
    n = math.prod(type.shape[-node.attributes.get("axes", 1) :])
    return type.count // n, n
