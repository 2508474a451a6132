"""Normalisation of groups of channels within every sample: GroupNorm, and InstanceNorm with one channel in each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.norms import add_up_gradients, is_absent, mask_words, present_positions, put
from playground.engine.onnx_form import OnnxWriter, label, relu_after
from playground.engine.onnx_form import number as number_of
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, number, splat, store, where
from playground.errors import ShapeError


@kernel
def group_norm_forward(F, R, w, k):
    """y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, statistics over all positions and the channels of a group.

    words: samples lines positions channels | x line sample | y line sample | statistics | gamma beta (0: none) | group
           | mask (0: none) steps positions-of-a-step | epsilon (two words) | ReLU
    statistics: for every sample the mean and 1 / deviation, channel by channel. Absent steps count for nothing and give 0.
    """
    lines, length, c, group = w[1], w[2], w[3], w[13]
    mask, steps, per, relu = w[14], w[15], w[16], w[19]
    epsilon = number(k, w[17], w[18])
    for s in range(w[0]):
        mean, scale = w[10] + s * 2 * c, w[10] + s * 2 * c + c
        count = present_positions(F, mask, steps, per, s, lines * length) * group
        share = np.float32(1) / np.float32(count) if count > 0 else np.float32(0)
        for j in range(0, c, 16):
            n, total = c - j, splat(0.0)
            for row in range(lines):
                x = w[4] + s * w[6] + row * w[5] + j
                for p in range(length):
                    if not is_absent(F, mask, steps, per, s, row * length + p):
                        total = total + load(F, x + p * c, n)
            store(F, mean + j, n, total)
        for g in range(0, c, group):
            t = np.float32(0)
            for i in range(g, g + group):
                t += F[mean + i]
            t *= share
            for i in range(g, g + group):
                F[mean + i] = t
        for j in range(0, c, 16):
            n, total, m = c - j, splat(0.0), load(F, mean + j, c - j)
            for row in range(lines):
                x = w[4] + s * w[6] + row * w[5] + j
                for p in range(length):
                    if not is_absent(F, mask, steps, per, s, row * length + p):
                        v = load(F, x + p * c, n) - m
                        total = total + v * v
            store(F, scale + j, n, total)
        for g in range(0, c, group):
            t = np.float32(0)
            for i in range(g, g + group):
                t += F[scale + i]
            t = np.float32(1) / np.sqrt(t * share + epsilon)
            for i in range(g, g + group):
                F[scale + i] = t
        for j in range(0, c, 16):
            n = c - j
            m, a = load(F, mean + j, n), load(F, scale + j, n)
            a = a * load(F, w[11] + j, n) if w[11] else a
            b = load(F, w[12] + j, n) if w[12] else splat(0.0)
            for row in range(lines):
                x, y = w[4] + s * w[6] + row * w[5] + j, w[7] + s * w[9] + row * w[8] + j
                for p in range(length):
                    v = (load(F, x + p * c, n) - m) * a + b
                    if relu:
                        v = where(v < 0.0, 0.0, v)
                    if is_absent(F, mask, steps, per, s, row * length + p):
                        v = splat(0.0)
                    store(F, y + p * c, n, v)


@kernel
def group_norm_backward(F, R, w, k):
    """dx (+)= (dy * gamma - mean of dy * gamma - z * mean of dy * gamma * z) / deviation; sums for gain and shift.

    words: samples lines positions channels | dy line sample | x line sample | dx (0: not wanted) line sample | statistics
           | gamma (0: none) | group | mask (0: none) steps positions-of-a-step | sums of dy * z and of dy (0: not wanted), start anew
           | scratch (2 channels) | mask by x, add
    """
    lines, length, c, group = w[1], w[2], w[3], w[15]
    mask, steps, per, sums, scratch = w[16], w[17], w[18], w[19], w[21]
    if sums and w[20]:
        for j in range(0, 2 * c, 16):
            store(F, sums + j, 2 * c - j, 0.0)
    for s in range(w[0]):
        mean, scale = w[13] + s * 2 * c, w[13] + s * 2 * c + c
        count = present_positions(F, mask, steps, per, s, lines * length) * group
        share = np.float32(1) / np.float32(count) if count > 0 else np.float32(0)
        for j in range(0, c, 16):
            n = c - j
            m, a, t, q = load(F, mean + j, n), load(F, scale + j, n), splat(0.0), splat(0.0)
            for row in range(lines):
                d, x = w[4] + s * w[6] + row * w[5] + j, w[7] + s * w[9] + row * w[8] + j
                for p in range(length):
                    if not is_absent(F, mask, steps, per, s, row * length + p):
                        v = load(F, d + p * c, n)
                        t = t + v
                        q = q + v * (load(F, x + p * c, n) - m)
            q = q * a
            if sums:
                store(F, sums + j, n, load(F, sums + j, n) + q)
                store(F, sums + c + j, n, load(F, sums + c + j, n) + t)
            gain = load(F, w[14] + j, n) if w[14] else splat(1.0)
            store(F, scratch + j, n, t * gain)
            store(F, scratch + c + j, n, q * gain)
        if w[10]:
            for g in range(0, c, group):
                t, q = np.float32(0), np.float32(0)
                for i in range(g, g + group):
                    t += F[scratch + i]
                    q += F[scratch + c + i]
                for i in range(g, g + group):
                    F[scratch + i] = t * share
                    F[scratch + c + i] = q * share
            for j in range(0, c, 16):
                n = c - j
                m, a = load(F, mean + j, n), load(F, scale + j, n)
                gain = load(F, w[14] + j, n) if w[14] else splat(1.0)
                t, q = load(F, scratch + j, n), load(F, scratch + c + j, n) * a
                for row in range(lines):
                    d, x = w[4] + s * w[6] + row * w[5] + j, w[7] + s * w[9] + row * w[8] + j
                    to = w[10] + s * w[12] + row * w[11] + j
                    if mask:
                        for p in range(length):
                            z = load(F, x + p * c, n)
                            v = (load(F, d + p * c, n) * gain - t - (z - m) * q) * a
                            if is_absent(F, mask, steps, per, s, row * length + p):
                                v = splat(0.0)
                            put(F, to + p * c, n, v, z, w[22], w[23])
                        continue
                    for p in range(length):
                        z = load(F, x + p * c, n)
                        put(F, to + p * c, n, (load(F, d + p * c, n) * gain - t - (z - m) * q) * a, z, w[22], w[23])


def _walk(f: Frame, channels: int, *refs: Ref | None) -> list[Word]:
    """samples lines positions channels, then for each operand: at line-step sample-step; zeros for one that is not wanted."""
    assert refs[0] is not None
    place = f.place(refs[0])
    words: list[Word] = [f.rows, place.lines, place.length // channels, channels]
    for ref in refs:
        words += [0, 0, 0] if ref is None else [f.at(ref), f.place(ref).pitch, f.place(ref).step]
    return words


class GroupNorm(Op):
    """Inputs x (..., c), and as the attributes say gamma, beta (c,) (`affine`) and the mask of x's steps (`masked`).

    Attributes: groups, epsilon 1e-5, affine True, masked False.  Outputs: y, and for every sample mean and 1 / deviation (2, c).
    Source: Wu and He, "Group normalization", 2018, equations 1 to 7.
    """

    id = "group_norm"
    outputs = ("y", "statistics")
    masks = True
    takes_relu = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> tuple[TensorType, ...]:
        x = inputs[0]
        if x.rank == 0 or x.shape[-1] % attributes["groups"]:
            raise ShapeError(f"needs channels that fall into {attributes['groups']} equal groups; the input is {x}.")
        return x, TensorType((2, x.shape[-1]))

    def reference(
        self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        x, groups = inputs[0], attributes["groups"]
        n, c = len(x), x.shape[-1]
        cells = x.reshape(n, -1, groups, c // groups)
        here = np.ones((n, 1, 1, 1))
        if attributes.get("masked"):
            here = np.repeat(inputs[-1] != 0, cells.shape[1] // inputs[-1].shape[1], axis=1)[:, :, None, None]
        weight = np.broadcast_to(here, cells.shape)
        count = np.maximum(weight.sum(axis=(1, 3), keepdims=True), 1)
        mean = (cells * weight).sum(axis=(1, 3), keepdims=True) / count
        variance = ((cells - mean) ** 2 * weight).sum(axis=(1, 3), keepdims=True) / count
        scale = 1 / np.sqrt(variance + attributes.get("epsilon", 1e-5))
        y = ((cells - mean) * scale).reshape(x.shape)
        if attributes.get("affine", True):
            y = y * inputs[1] + inputs[2]
        y = (y.reshape(cells.shape) * weight).reshape(x.shape)
        statistics = [np.repeat(each.reshape(n, groups), c // groups, axis=1) for each in (mean, scale)]
        return np.maximum(y, 0) if attributes.get("relu") else y, np.stack(statistics, axis=1)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 8 * output.count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, statistics = e.value(node.inputs[0]), e.value(node.output), e.value(node.outputs[1])
        gamma, beta, mask = _parts(e, node)
        c, group = _extents(e, node)
        tail = [*knob_words(node.attributes.get("epsilon", 1e-5)), int(bool(node.attributes.get("relu")))]

        def make(f: Frame) -> list[Instruction]:
            affine = [0 if ref is None else f.at(ref) for ref in (gamma, beta)]
            judged: list[Word] = [f.at(statistics), *affine, group, *mask_words(e, node, f, mask)]
            return [("group_norm_forward", *_walk(f, c, x, y), *judged, *tail)]

        e.rows(make, reads=[x] if mask is None else [x, mask], writes=[y, statistics])

    def backward(self, e: Emit, node: OpNode) -> None:
        x, dy, statistics = e.value(node.inputs[0]), e.upstream(node), e.value(node.outputs[1])
        gamma, _, mask = _parts(e, node)
        c, group = _extents(e, node)
        dx, by = e.gradient(node.inputs[0]), e.mask(node.inputs[0])
        wanted = [e.gradient(i) for i in node.inputs[1:3]] if gamma is not None else []
        sums = e.partial(2 * c) if any(ref is not None for ref in wanted) else None
        if dx is None and sums is None:
            return
        tail = [int(by is not None), int(dx is not None and not e.begin(dx))]
        e.scratch(2 * c)

        def make(f: Frame) -> list[Instruction]:
            judged: list[Word] = [f.at(statistics), 0 if gamma is None else f.at(gamma), group, *mask_words(e, node, f, mask)]
            kept = [0 if sums is None else f.partial(sums), int(f.first), f.scratch()]
            return [("group_norm_backward", *_walk(f, c, dy, x, dx), *judged, *kept, *tail)]

        reads = [dy, x, statistics] + ([] if mask is None else [mask])
        e.rows(make, reads=reads, writes=[ref for ref in (dx, sums) if ref is not None])
        if sums is not None:
            add_up_gradients(e, sums, wanted, c)

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        a, x = node.attributes, node.inputs[0]
        c, epsilon = w.graph.values[x].type.shape[-1], number_of(a.get("epsilon", 1e-5))
        if a.get("masked"):
            w.hold(node.output, relu_after(w, node, _masked_form(w, node, epsilon)))
            return
        rank, alone = w.graph.values[x].type.rank, a["groups"] == c and w.graph.values[x].type.rank > 1
        affine = [w.constant(*w.tensor(i)) for i in node.inputs[1:3]] if a.get("affine", True) else []
        ones = w.constant(f"{label(node)}_ones", np.ones(c, np.float32))
        zeros = w.constant(f"{label(node)}_zeros", np.zeros(c, np.float32))
        y = w.first(x)
        if alone:
            y = w.node("InstanceNormalization", [y, *(affine or [ones, zeros])], label(node), epsilon=epsilon)
        else:
            w.needs(21)
            y = w.node(
                "GroupNormalization", [y, *(affine or [ones, zeros])], label(node), num_groups=a["groups"], epsilon=epsilon
            )
        w.hold(node.output, relu_after(w, node, y), first=rank > 1)


def _masked_form(w: OnnxWriter, node: OpNode, epsilon: float) -> str:
    """Sums over what is there, divided by how much that is."""
    a, type, name = node.attributes, w.graph.values[node.inputs[0]].type, label(node)
    steps, c, groups = type.shape[0], type.shape[-1], a["groups"]
    per = type.count // (steps * c)

    def extents(what: str, *numbers: int) -> str:
        return w.constant(f"{name}_{what}", np.array(numbers, np.int64))

    axes = extents("axes", 1, 2, 4)
    cells = w.node("Reshape", [w.last(node.inputs[0]), extents("cells", 0, steps, per, groups, c // groups)], f"{name}_grouped")
    here = w.node("Reshape", [w.last(node.inputs[-1]), extents("here", 0, steps, 1, 1, 1)], f"{name}_present")
    each = w.constant(f"{name}_each", np.float32(per * c // groups))
    least = w.constant(f"{name}_least", np.float32(1))
    count = w.node("Mul", [w.node("ReduceSum", [here, axes], f"{name}_steps"), each], f"{name}_count")
    count = w.node("Max", [count, least], f"{name}_divisor")

    def mean(x: str, what: str) -> str:
        total = w.node("ReduceSum", [w.node("Mul", [x, here], f"{name}_{what}_there"), axes], f"{name}_{what}_sum")
        return w.node("Div", [total, count], f"{name}_{what}")

    off = w.node("Sub", [cells, mean(cells, "mean")], f"{name}_off")
    spread = w.node(
        "Add",
        [mean(w.node("Mul", [off, off], f"{name}_square"), "variance"), w.constant(f"{name}_epsilon", np.float32(epsilon))],
        f"{name}_more",
    )
    y = w.node("Div", [off, w.node("Sqrt", [spread], f"{name}_deviation")], f"{name}_normal")
    y = w.node("Reshape", [y, extents("shape", 0, *type.shape)], f"{name}_whole")
    if a.get("affine", True):
        y = w.node("Mul", [y, w.constant(*w.tensor(node.inputs[1]))], f"{name}_mul")
        y = w.node("Add", [y, w.constant(*w.tensor(node.inputs[2]))], f"{name}_add")
    seen = w.node("Reshape", [w.last(node.inputs[-1]), extents("seen", 0, steps, *(1,) * (type.rank - 1))], f"{name}_seen")
    return w.node("Mul", [y, seen], name)


def _parts(e: Emit, node: OpNode) -> tuple[Ref | None, Ref | None, Ref | None]:
    """gamma, beta, mask."""
    affine = node.attributes.get("affine", True)
    gamma, beta = (e.value(node.inputs[1]), e.value(node.inputs[2])) if affine else (None, None)
    return gamma, beta, e.value(node.inputs[-1]) if node.attributes.get("masked") else None


def _extents(e: Emit, node: OpNode) -> tuple[int, int]:
    """Channels, and channels of a group."""
    c = e.graph.values[node.output].type.shape[-1]
    return c, c // int(node.attributes["groups"])
