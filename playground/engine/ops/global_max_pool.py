"""The largest number over all positions: (height, width, channels) or (time, channels) becomes (channels,)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.ops.global_average_pool import onnx_marks, positions, with_mask
from playground.engine.vocabulary import load, splat, store, vmax, where


@kernel
def max_all(F, R, w, k):
    """words: samples lines pixels-of-a-line channels | x line sample | mask (or 0), marks of a sample | y sample"""
    channels = w[3]
    for s in range(w[0]):
        for c in range(0, channels, 16):
            n, best, seen = channels - c, splat(0.0), 0
            for row in range(w[1]):
                if w[7] and F[w[7] + s * w[8] + row] == 0.0:
                    continue
                x = w[4] + s * w[6] + row * w[5] + c
                for _ in range(w[2]):
                    v = load(F, x, n)
                    best = vmax(best, v) if seen else v
                    seen = 1
                    x += channels
            store(F, w[9] + s * w[10] + c, n, best)


@kernel
def max_all_backward(F, R, w, k):
    """The gradient to the first largest, zero to the others.

    words: samples lines pixels-of-a-line channels | x line sample | mask (or 0), marks of a sample | y sample | dy sample
           | dx line sample | masked: x is the output of a ReLU | add
    """
    channels = w[3]
    for s in range(w[0]):
        for c in range(0, channels, 16):
            n = channels - c
            best, rest = load(F, w[9] + s * w[10] + c, n), load(F, w[11] + s * w[12] + c, n)
            if w[16]:
                rest = where(best == 0.0, 0.0, rest)
            for row in range(w[1]):
                there = w[7] == 0 or F[w[7] + s * w[8] + row] != 0.0
                x, to = w[4] + s * w[6] + row * w[5] + c, w[13] + s * w[15] + row * w[14] + c
                for _ in range(w[2]):
                    v = splat(0.0)
                    if there:
                        hit = load(F, x, n) == best
                        v = where(hit, rest, 0.0)
                        rest = where(hit, 0.0, rest)
                    if w[17]:
                        v = v + load(F, to, n)
                    store(F, to, n, v)
                    x += channels
                    to += channels


class GlobalMaxPool(Op):
    """Inputs: x, and optionally mask, one mark for each step of its first axis: absent ones never win, and no step at all gives 0."""

    id = "global_max_pool"
    onnx = "ReduceMax"
    masks = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return with_mask(inputs)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        axes = tuple(range(1, x.ndim - 1))
        if len(inputs) == 1:
            return np.asarray(x.max(axis=axes))
        there = inputs[1].reshape(*inputs[1].shape, *(1,) * (x.ndim - 2)) != 0
        return np.where(there.any(axis=axes), np.where(there, x, -np.inf).max(axis=axes), 0.0).astype(x.dtype)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None

        def make(f: Frame) -> list[Instruction]:
            return [("max_all", *positions(f, x, mask), f.at(y), f.place(y).step)]

        e.rows(make, reads=[x] if mask is None else [x, mask], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        x, y, dy, to, add = e.value(node.inputs[0]), e.value(node.output), e.upstream(node), dx, int(not e.begin(dx))
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None
        masked = int(e.mask(node.inputs[0]) is not None)

        def make(f: Frame) -> list[Instruction]:
            small = [f.at(y), f.place(y).step, f.at(dy), f.place(dy).step]
            lies = positions(f, to, mask)[4:7]
            return [("max_all_backward", *positions(f, x, mask), *small, *lies, masked, add)]

        e.rows(make, reads=[x, y, dy] if mask is None else [x, y, dy, mask], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        rank = w.graph.values[node.inputs[0]].type.rank
        x, axes = w.last(node.inputs[0]), w.constant(f"axes_of_positions_{rank}", np.arange(1, rank))
        if len(node.inputs) == 1:
            w.hold(node.output, w.node("ReduceMax", [x, axes], label(node), keepdims=0))
            return
        least = w.constant("least", np.array(np.finfo(np.float32).min, np.float32))
        present = w.node("Where", [onnx_marks(w, node), x, least], f"{label(node)}_present")
        y = w.node("ReduceMax", [present, axes], f"{label(node)}_largest", keepdims=0)
        none = w.node("Equal", [y, least], f"{label(node)}_none")
        w.hold(node.output, w.node("Where", [none, w.constant("zero", np.array(0, np.float32)), y], label(node)))
