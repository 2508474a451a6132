"""Batch normalisation over all axes but the last, with statistics added up in fixed blocks so that threads change no bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.registers import ROWS
from playground.engine.vocabulary import load, number, splat, store, vsqrt, where
from playground.errors import ShapeError


@kernel
def norm_sums(F, R, w, k):
    """Sums of x - pivot and of its square, channel by channel; the pivot is the running mean, which keeps the squares small.

    words: samples lines positions channels | x line sample | pivot sums
    """
    c = w[3]
    for j in range(0, c, 16):
        n = c - j
        m = load(F, w[7] + j, n)
        s0, s1, q0, q1 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        for s in range(w[0]):
            for row in range(w[1]):
                x = w[4] + s * w[6] + row * w[5] + j
                for _ in range(w[2] // 2):
                    a, b = load(F, x, n) - m, load(F, x + c, n) - m
                    s0 = s0 + a
                    q0 = q0 + a * a
                    s1 = s1 + b
                    q1 = q1 + b * b
                    x += 2 * c
                if w[2] % 2:
                    a = load(F, x, n) - m
                    s0 = s0 + a
                    q0 = q0 + a * a
        store(F, w[8] + j, n, s0 + s1)
        store(F, w[8] + c + j, n, q0 + q1)


@inline
def two_sums(F, at, copies, apart, c, j):
    """The blocks' two sums, added in order."""
    n = c - j
    a, b = splat(0.0), splat(0.0)
    for i in range(copies):
        a = a + load(F, at + i * apart + j, n)
        b = b + load(F, at + i * apart + c + j, n)
    return a, b


@kernel
def norm_statistics(F, R, w, k):
    """Mean and variance of the batch, one copy for each chain.

    words: channels positions | sums copies apart | pivot | out copies apart
    """
    c = w[0]
    share = np.float32(1) / np.float32(R[ROWS] * w[1])
    for j in range(0, c, 16):
        n = c - j
        a, b = two_sums(F, w[2], w[3], w[4], c, j)
        d = a * share
        mean, variance = load(F, w[5] + j, n) + d, b * share - d * d
        variance = where(variance < 0.0, 0.0, variance)
        for i in range(w[7]):
            store(F, w[6] + i * w[8] + j, n, mean)
            store(F, w[6] + i * w[8] + c + j, n, variance)


@kernel
def norm_apply(F, R, w, k):
    """y = (x - mean) / sqrt(variance + epsilon) * gamma + beta.

    words: samples lines positions channels | x line sample | y line sample | mean variance gamma beta | epsilon (two words) | ReLU
    """
    c, relu = w[3], w[16]
    epsilon = number(k, w[14], w[15])
    for j in range(0, c, 16):
        n = c - j
        a = load(F, w[12] + j, n) / vsqrt(load(F, w[11] + j, n) + epsilon)
        b = load(F, w[13] + j, n) - load(F, w[10] + j, n) * a
        for s in range(w[0]):
            for row in range(w[1]):
                x, y = w[4] + s * w[6] + row * w[5] + j, w[7] + s * w[9] + row * w[8] + j
                for _ in range(w[2]):
                    v = load(F, x, n) * a + b
                    if relu:
                        v = where(v < 0.0, 0.0, v)
                    store(F, y, n, v)
                    x += c
                    y += c


@kernel
def norm_running(F, R, w, k):
    """Running statistics move towards the batch's; the variance counts one sample less.

    words: channels positions | batch mean, running mean, running variance | momentum (two words)
    """
    c = w[0]
    momentum = number(k, w[5], w[6])
    count = np.float32(R[ROWS] * w[1])
    unbiased = count / (count - np.float32(1)) if count > np.float32(1) else np.float32(1)
    for j in range(0, c, 16):
        n = c - j
        mean, variance = load(F, w[3] + j, n), load(F, w[4] + j, n)
        store(F, w[3] + j, n, mean + (load(F, w[2] + j, n) - mean) * momentum)
        store(F, w[4] + j, n, variance + (load(F, w[2] + c + j, n) * unbiased - variance) * momentum)


@kernel
def norm_gradient_sums(F, R, w, k):
    """Sums of dy and of dy * (x - mean).  words: samples lines positions channels | dy line sample | x line sample | mean sums"""
    c = w[3]
    for j in range(0, c, 16):
        n = c - j
        m = load(F, w[10] + j, n)
        s0, s1, q0, q1 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        for s in range(w[0]):
            for row in range(w[1]):
                d, x = w[4] + s * w[6] + row * w[5] + j, w[7] + s * w[9] + row * w[8] + j
                for _ in range(w[2] // 2):
                    a, b = load(F, d, n), load(F, d + c, n)
                    s0 = s0 + a
                    q0 = q0 + a * (load(F, x, n) - m)
                    s1 = s1 + b
                    q1 = q1 + b * (load(F, x + c, n) - m)
                    d += 2 * c
                    x += 2 * c
                if w[2] % 2:
                    a = load(F, d, n)
                    s0 = s0 + a
                    q0 = q0 + a * (load(F, x, n) - m)
        store(F, w[11] + j, n, s0 + s1)
        store(F, w[11] + c + j, n, q0 + q1)


@kernel
def norm_gradient_statistics(F, R, w, k):
    """Gradients of gamma and beta, and the three rows that dx needs: of dy, of x - mean, and the constant; a copy for each chain.

    words: channels positions | sums copies apart | variance gamma | dgamma add, dbeta add (0: not wanted) | out copies apart | epsilon (two words)
    """
    c = w[0]
    epsilon = number(k, w[14], w[15])
    share = np.float32(1) / np.float32(R[ROWS] * w[1])
    for j in range(0, c, 16):
        n = c - j
        s, q = two_sums(F, w[2], w[3], w[4], c, j)
        scale = 1.0 / vsqrt(load(F, w[5] + j, n) + epsilon)
        slope = load(F, w[6] + j, n) * scale
        if w[7]:
            store(F, w[7] + j, n, load(F, w[7] + j, n) + q * scale if w[8] else q * scale)
        if w[9]:
            store(F, w[9] + j, n, load(F, w[9] + j, n) + s if w[10] else s)
        for i in range(w[12]):
            at = w[11] + i * w[13] + j
            store(F, at, n, slope)
            store(F, at + c, n, slope * scale * scale * q * share)
            store(F, at + 2 * c, n, slope * s * share)


@kernel
def norm_backward(F, R, w, k):
    """dx (+)= dy * slope - (x - mean) * per - constant.

    words: samples lines positions channels | dy line sample | x line sample | dx line sample | mean terms | mask by x, add
    """
    c, mask, add = w[3], w[15], w[16]
    for j in range(0, c, 16):
        n = c - j
        m, a = load(F, w[13] + j, n), load(F, w[14] + j, n)
        per, constant = load(F, w[14] + c + j, n), load(F, w[14] + 2 * c + j, n)
        for s in range(w[0]):
            for row in range(w[1]):
                d, x = w[4] + s * w[6] + row * w[5] + j, w[7] + s * w[9] + row * w[8] + j
                to = w[10] + s * w[12] + row * w[11] + j
                for _ in range(w[2]):
                    value = load(F, x, n)
                    v = load(F, d, n) * a - (value - m) * per - constant
                    if add:
                        v = v + load(F, to, n)
                    if mask:
                        v = where(value == 0.0, 0.0, v)
                    store(F, to, n, v)
                    d += c
                    x += c
                    to += c


def _walk(f: Frame, channels: int, *refs: Ref) -> list[Word]:
    """samples lines positions channels, then for each operand: at line-step sample-step."""
    place = f.place(refs[0])
    words: list[Word] = [f.rows, place.lines, place.length // channels, channels]
    for ref in refs:
        lies = f.place(ref)
        words += [f.at(ref), lies.pitch, lies.step]
    return words


class BatchNorm(Op):
    """Inputs x (..., c), gamma, beta, running mean, running variance (c,). Attributes: momentum 0.1, epsilon 1e-5.

    In training the batch's own statistics; the running ones move after the verdict, so a step that fails leaves them alone.
    Source: Ioffe and Szegedy, "Batch normalization", 2015, algorithm 1; running statistics as in PyTorch.
    """

    id = "batch_norm"
    onnx = "BatchNormalization"
    masks = True
    takes_relu = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x = inputs[0]
        if x.rank == 0 or any(p.shape != (x.shape[-1],) for p in inputs[1:]):
            raise ShapeError(f"needs one number of each parameter for every channel; the input is {x}.")
        return x

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, gamma, beta, mean, variance = inputs
        if training:
            axes = tuple(range(x.ndim - 1))
            mean, variance = x.mean(axis=axes), x.var(axis=axes)
        y = (x - mean) / np.sqrt(variance + attributes.get("epsilon", 1e-5)) * gamma + beta
        return np.maximum(y, 0) if attributes.get("relu") else y

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 4 * output.count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, gamma, beta, mean, variance = (e.value(i) for i in node.inputs)
        y, c = e.value(node.output), e.graph.values[node.output].type.shape[-1]
        batch = self._statistics(e, node, x, mean, variance) if e.training else None
        tail = [*knob_words(node.attributes.get("epsilon", 1e-5)), int(bool(node.attributes.get("relu")))]

        def make(f: Frame) -> list[Instruction]:
            if batch is None:
                judged = [f.at(mean), f.at(variance)]
            else:
                judged = [f.partial(batch), f.partial(batch) + c]
            return [("norm_apply", *_walk(f, c, x, y), *judged, f.at(gamma), f.at(beta), *tail)]

        e.rows(make, reads=[x] if batch is None else [x, batch], writes=[y])

    def _statistics(self, e: Emit, node: OpNode, x: Ref, mean: Ref, variance: Ref) -> Ref:
        """Mean and variance of the batch as a partial result with a copy for each chain; the running ones follow later."""
        c, positions = _extents(e, node)
        sums, batch = e.partial(2 * c, per="block"), e.partial(2 * c)
        momentum = knob_words(node.attributes.get("momentum", 0.1))

        def add_up(f: Frame) -> list[Instruction]:
            return [("norm_sums", *_walk(f, c, x), f.at(mean), f.partial(sums))]

        def conclude(f: Whole) -> list[list[Instruction]]:
            return [[("norm_statistics", c, positions, *f.partials(sums), f.at(mean), *f.partials(batch))]]

        def move(f: Whole) -> list[list[Instruction]]:
            return [[("norm_running", c, positions, f.partials(batch)[0], f.at(mean), f.at(variance), *momentum)]]

        e.rows(add_up, reads=[x], writes=[sums])
        e.whole(conclude, reads=[sums], writes=[batch])
        e.update(move, reads=[batch], writes=[mean, variance])
        e.kept[node.index, "batch"] = batch
        return batch

    def backward(self, e: Emit, node: OpNode) -> None:
        x, dy, batch = e.value(node.inputs[0]), e.upstream(node), e.kept[node.index, "batch"]
        c, _ = _extents(e, node)
        sums, terms = e.partial(2 * c, per="block"), e.partial(3 * c)

        def add_up(f: Frame) -> list[Instruction]:
            return [("norm_gradient_sums", *_walk(f, c, dy, x), f.partial(batch), f.partial(sums))]

        e.rows(add_up, reads=[dy, x, batch], writes=[sums])
        self._conclude(e, node, batch, sums, terms)
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        to, mask, add = dx, e.mask(node.inputs[0]), int(not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            return [("norm_backward", *_walk(f, c, dy, x, to), f.partial(batch), f.partial(terms), int(mask is not None), add)]

        e.rows(make, reads=[dy, x, batch, terms], writes=[to])

    def _conclude(self, e: Emit, node: OpNode, batch: Ref, sums: Ref, terms: Ref) -> None:
        """The gradients of gamma and beta, and what dx needs of the sums."""
        c, positions = _extents(e, node)
        gamma = e.value(node.inputs[1])
        wanted = [(ref, ref is not None and not e.begin(ref)) for ref in (e.gradient(i) for i in node.inputs[1:3])]
        epsilon = knob_words(node.attributes.get("epsilon", 1e-5))

        def make(f: Whole) -> list[list[Instruction]]:
            targets: list[Word] = []
            for ref, add in wanted:
                targets += [0 if ref is None else f.at(ref), int(add)]
            judged = [f.partials(batch)[0] + c, f.at(gamma), *targets]
            return [[("norm_gradient_statistics", c, positions, *f.partials(sums), *judged, *f.partials(terms), *epsilon)]]

        e.whole(make, reads=[sums, batch], writes=[terms, *(ref for ref, _ in wanted if ref is not None)])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        inputs = [w.first(node.inputs[0]), *(w.constant(*w.tensor(i)) for i in node.inputs[1:5])]
        y = w.node("BatchNormalization", inputs, label(node), epsilon=float(node.attributes.get("epsilon", 1e-5)))
        w.hold(node.output, y, first=w.graph.values[node.output].type.rank > 1)


def _extents(e: Emit, node: OpNode) -> tuple[int, int]:
    """Channels, and positions of one sample."""
    type = e.graph.values[node.output].type
    return type.shape[-1], type.count // type.shape[-1]
