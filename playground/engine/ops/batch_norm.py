"""Batch normalisation over all axes but the last, with statistics added up in fixed blocks so that threads change no bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.norms import is_absent, mask_words, present_positions, put
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.registers import ROWS
from playground.engine.vocabulary import load, number, splat, store, vsqrt, where
from playground.errors import ShapeError


@kernel
def norm_sums(F, R, w, k):
    """Sums of x - pivot and of its square, channel by channel; the pivot is the running mean, which keeps the squares small.

    words: samples lines positions channels | x line sample | pivot sums | mask (0: none) steps positions-of-a-step
    With a mask of steps absent ones count for nothing; how many positions do follows the sums.
    """
    c = w[3]
    if w[9]:
        found = 0
        for s in range(w[0]):
            found += present_positions(F, w[9], w[10], w[11], s, w[1] * w[2])
        F[w[8] + 2 * c] = np.float32(found)
    for j in range(0, c, 16):
        n = c - j
        m = load(F, w[7] + j, n)
        s0, s1, q0, q1 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        for s in range(w[0]):
            for row in range(w[1]):
                x = w[4] + s * w[6] + row * w[5] + j
                if w[9]:
                    for p in range(w[2]):
                        if not is_absent(F, w[9], w[10], w[11], s, row * w[2] + p):
                            a = load(F, x + p * c, n) - m
                            s0 = s0 + a
                            q0 = q0 + a * a
                    continue
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


@inline
def share_of(count):
    """What a sum is multiplied by to give the mean; 0 where there is nothing."""
    return np.float32(1) / count if count > np.float32(0) else np.float32(0)


@kernel
def norm_statistics(F, R, w, k):
    """Mean and variance of the batch and how many positions they are of, one copy for each chain.

    words: channels positions | sums copies apart | pivot | out copies apart | masked: the positions that count were counted
    """
    c, count = w[0], np.float32(R[ROWS] * w[1])
    if w[9]:
        count = np.float32(0)
        for i in range(w[3]):
            count += F[w[2] + i * w[4] + 2 * c]
    share = share_of(count)
    for i in range(w[7]):
        F[w[6] + i * w[8] + 2 * c] = count
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
           | mask (0: none) steps positions-of-a-step.  Absent steps give 0.
    """
    c, relu, mask = w[3], w[16], w[17]
    epsilon = number(k, w[14], w[15])
    for j in range(0, c, 16):
        n = c - j
        a = load(F, w[12] + j, n) / vsqrt(load(F, w[11] + j, n) + epsilon)
        b = load(F, w[13] + j, n) - load(F, w[10] + j, n) * a
        for s in range(w[0]):
            for row in range(w[1]):
                x, y = w[4] + s * w[6] + row * w[5] + j, w[7] + s * w[9] + row * w[8] + j
                for p in range(w[2]):
                    v = load(F, x, n) * a + b
                    if relu:
                        v = where(v < 0.0, 0.0, v)
                    if is_absent(F, mask, w[18], w[19], s, row * w[2] + p):
                        v = splat(0.0)
                    store(F, y, n, v)
                    x += c
                    y += c


@kernel
def norm_running(F, R, w, k):
    """Running statistics move towards the batch's; the variance counts one sample less.

    words: channels | batch mean, running mean, running variance | momentum (two words).  A batch of nothing moves them nowhere.
    """
    c, count = w[0], F[w[1] + 2 * w[0]]
    momentum = number(k, w[4], w[5]) if count > np.float32(0) else np.float32(0)
    unbiased = count / (count - np.float32(1)) if count > np.float32(1) else np.float32(1)
    for j in range(0, c, 16):
        n = c - j
        mean, variance = load(F, w[2] + j, n), load(F, w[3] + j, n)
        store(F, w[2] + j, n, mean + (load(F, w[1] + j, n) - mean) * momentum)
        store(F, w[3] + j, n, variance + (load(F, w[1] + c + j, n) * unbiased - variance) * momentum)


@kernel
def norm_gradient_sums(F, R, w, k):
    """Sums of dy and of dy * (x - mean).

    words: samples lines positions channels | dy line sample | x line sample | mean sums | mask (0: none) steps positions-of-a-step
    """
    c = w[3]
    for j in range(0, c, 16):
        n = c - j
        m = load(F, w[10] + j, n)
        s0, s1, q0, q1 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        for s in range(w[0]):
            for row in range(w[1]):
                d, x = w[4] + s * w[6] + row * w[5] + j, w[7] + s * w[9] + row * w[8] + j
                if w[12]:
                    for p in range(w[2]):
                        if not is_absent(F, w[12], w[13], w[14], s, row * w[2] + p):
                            a = load(F, d + p * c, n)
                            s0 = s0 + a
                            q0 = q0 + a * (load(F, x + p * c, n) - m)
                    continue
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

    words: channels count | sums copies apart | variance gamma | dgamma add, dbeta add (0: not wanted) | out copies apart | epsilon (two words)
    """
    c = w[0]
    epsilon = number(k, w[14], w[15])
    share = share_of(F[w[1]])
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
           | mask (0: none) steps positions-of-a-step
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
                if w[17]:
                    for p in range(w[2]):
                        value = load(F, x + p * c, n)
                        v = load(F, d + p * c, n) * a - (value - m) * per - constant
                        if is_absent(F, w[17], w[18], w[19], s, row * w[2] + p):
                            v = splat(0.0)
                        put(F, to + p * c, n, v, value, mask, add)
                    continue
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
    """Inputs x (..., c), gamma, beta, running mean, running variance (c,), and the mask of x's steps where it is `masked`.

    Attributes: momentum 0.1, epsilon 1e-5, masked False.
    In training the batch's own statistics; the running ones move after the verdict, so a step that fails leaves them alone.
    Source: Ioffe and Szegedy, "Batch normalization", 2015, algorithm 1; running statistics as in PyTorch.
    """

    id = "batch_norm"
    onnx = "BatchNormalization"
    masks = True
    takes_relu = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x = inputs[0]
        if x.rank == 0 or any(p.shape != (x.shape[-1],) for p in inputs[1:5]):
            raise ShapeError(f"needs one number of each parameter for every channel; the input is {x}.")
        return x

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, gamma, beta, mean, variance = inputs[:5]
        here = inputs[5] != 0 if attributes.get("masked") else np.ones(x.shape[:1], bool)
        if training:
            there = x[here].reshape(-1, x.shape[-1])
            mean, variance = (there.mean(axis=0), there.var(axis=0)) if len(there) else (mean, np.zeros_like(variance))
        y = (x - mean) / np.sqrt(variance + attributes.get("epsilon", 1e-5)) * gamma + beta
        y = y * here.reshape(*here.shape, *(1,) * (x.ndim - here.ndim))
        return np.maximum(y, 0) if attributes.get("relu") else y

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 4 * output.count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, gamma, beta, mean, variance = (e.value(i) for i in node.inputs[:5])
        mask = _mask(e, node)
        y, c = e.value(node.output), e.graph.values[node.output].type.shape[-1]
        batch = self._statistics(e, node, x, (mean, variance)) if e.training else None
        tail = [*knob_words(node.attributes.get("epsilon", 1e-5)), int(bool(node.attributes.get("relu")))]

        def make(f: Frame) -> list[Instruction]:
            if batch is None:
                judged = [f.at(mean), f.at(variance)]
            else:
                judged = [f.partial(batch), f.partial(batch) + c]
            there = mask_words(e, node, f, mask)
            return [("norm_apply", *_walk(f, c, x, y), *judged, f.at(gamma), f.at(beta), *tail, *there)]

        e.rows(make, reads=[ref for ref in (x, batch, mask) if ref is not None], writes=[y])

    def _statistics(self, e: Emit, node: OpNode, x: Ref, running: tuple[Ref, Ref]) -> Ref:
        """Mean, variance and count of the batch as a partial result with a copy for each chain; the running ones follow later."""
        c, positions = _extents(e, node)
        mask, (mean, variance) = _mask(e, node), running
        sums, batch = e.partial(2 * c + 1, per="block"), e.partial(2 * c + 1)
        momentum = knob_words(node.attributes.get("momentum", 0.1))

        def add_up(f: Frame) -> list[Instruction]:
            return [("norm_sums", *_walk(f, c, x), f.at(mean), f.partial(sums), *mask_words(e, node, f, mask))]

        def conclude(f: Whole) -> list[list[Instruction]]:
            masked = int(mask is not None)
            return [[("norm_statistics", c, positions, *f.partials(sums), f.at(mean), *f.partials(batch), masked)]]

        def move(f: Whole) -> list[list[Instruction]]:
            return [[("norm_running", c, f.partials(batch)[0], f.at(mean), f.at(variance), *momentum)]]

        e.rows(add_up, reads=[x] if mask is None else [x, mask], writes=[sums])
        e.whole(conclude, reads=[sums], writes=[batch])
        e.update(move, reads=[batch], writes=[mean, variance])
        e.kept[node.index, "batch"] = batch
        return batch

    def backward(self, e: Emit, node: OpNode) -> None:
        x, dy, batch = e.value(node.inputs[0]), e.upstream(node), e.kept[node.index, "batch"]
        c, _ = _extents(e, node)
        there = _mask(e, node)
        sums, terms = e.partial(2 * c, per="block"), e.partial(3 * c)

        def add_up(f: Frame) -> list[Instruction]:
            words = mask_words(e, node, f, there)
            return [("norm_gradient_sums", *_walk(f, c, dy, x), f.partial(batch), f.partial(sums), *words)]

        reads = [ref for ref in (dy, x, batch, there) if ref is not None]
        e.rows(add_up, reads=reads, writes=[sums])
        self._conclude(e, node, batch, sums, terms)
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        to, mask, add = dx, e.mask(node.inputs[0]), int(not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            tail = [int(mask is not None), add, *mask_words(e, node, f, there)]
            return [("norm_backward", *_walk(f, c, dy, x, to), f.partial(batch), f.partial(terms), *tail)]

        e.rows(make, reads=[*reads, terms], writes=[to])

    def _conclude(self, e: Emit, node: OpNode, batch: Ref, sums: Ref, terms: Ref) -> None:
        """The gradients of gamma and beta, and what dx needs of the sums."""
        c, _ = _extents(e, node)
        gamma = e.value(node.inputs[1])
        wanted = [(ref, ref is not None and not e.begin(ref)) for ref in (e.gradient(i) for i in node.inputs[1:3])]
        epsilon = knob_words(node.attributes.get("epsilon", 1e-5))

        def make(f: Whole) -> list[list[Instruction]]:
            targets: list[Word] = []
            for ref, add in wanted:
                targets += [0 if ref is None else f.at(ref), int(add)]
            kept = f.partials(batch)[0]
            judged = [kept + c, f.at(gamma), *targets]
            return [[("norm_gradient_statistics", c, kept + 2 * c, *f.partials(sums), *judged, *f.partials(terms), *epsilon)]]

        e.whole(make, reads=[sums, batch], writes=[terms, *(ref for ref, _ in wanted if ref is not None)])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        inputs = [w.first(node.inputs[0]), *(w.constant(*w.tensor(i)) for i in node.inputs[1:5])]
        y = w.node("BatchNormalization", inputs, label(node), epsilon=float(node.attributes.get("epsilon", 1e-5)))
        rank = w.graph.values[node.output].type.rank
        if node.attributes.get("masked"):
            shape = w.constant(f"{label(node)}_seen", np.array([0, 1, -1, *(1,) * (rank - 2)], np.int64))
            seen = w.node("Reshape", [w.last(node.inputs[5]), shape], f"{label(node)}_mask")
            y = w.node("Mul", [y, seen], f"{label(node)}_there")
        w.hold(node.output, y, first=rank > 1)


def _mask(e: Emit, node: OpNode) -> Ref | None:
    """The mask of x's steps."""
    return e.value(node.inputs[5]) if node.attributes.get("masked") else None


def _extents(e: Emit, node: OpNode) -> tuple[int, int]:
    """Channels, and positions of one sample."""
    type = e.graph.values[node.output].type
    return type.shape[-1], type.count // type.shape[-1]
