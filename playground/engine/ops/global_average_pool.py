"""The mean over all positions: (height, width, channels) or (time, channels) becomes (channels,)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, splat, store
from playground.errors import ShapeError


@inline
def share_of_lines(F, mask, lines, pixels):
    """One over how many positions there are; 0 where there is none. mask: one mark for each line, or 0."""
    count = lines
    if mask:
        count = 0
        for row in range(lines):
            if F[mask + row] != 0.0:
                count += 1
    return np.float32(1) / np.float32(count * pixels) if count else np.float32(0)


@kernel
def average_all(F, R, w, k):
    """words: samples lines pixels-of-a-line channels | x line sample | mask (or 0), marks of a sample | y sample"""
    channels = w[3]
    for s in range(w[0]):
        mask = w[7] + s * w[8] if w[7] else 0
        share = share_of_lines(F, mask, w[1], w[2])
        for c in range(0, channels, 16):
            n = channels - c
            total = splat(0.0)
            for row in range(w[1]):
                if mask and F[mask + row] == 0.0:
                    continue
                x = w[4] + s * w[6] + row * w[5] + c
                for _ in range(w[2]):
                    total = total + load(F, x, n)
                    x += channels
            store(F, w[9] + s * w[10] + c, n, total * share)


@kernel
def average_all_backward(F, R, w, k):
    """words: samples lines pixels-of-a-line channels | dx line sample | mask (or 0), marks of a sample | dy sample | add"""
    channels = w[3]
    for s in range(w[0]):
        mask = w[7] + s * w[8] if w[7] else 0
        share = share_of_lines(F, mask, w[1], w[2])
        for c in range(0, channels, 16):
            n = channels - c
            part = load(F, w[9] + s * w[10] + c, n) * share
            for row in range(w[1]):
                v = splat(0.0) if mask and F[mask + row] == 0.0 else part
                x = w[4] + s * w[6] + row * w[5] + c
                for _ in range(w[2]):
                    store(F, x, n, load(F, x, n) + v if w[11] else v)
                    x += channels


def with_mask(inputs: Sequence[TensorType]) -> TensorType:
    """The shape of a pool over all positions. Raises ShapeError."""
    x = inputs[0]
    if x.rank not in (2, 3):
        raise ShapeError(f"needs an image or a sequence; the input is {x}.")
    if len(inputs) > 1 and inputs[1].shape != x.shape[:1]:
        raise ShapeError(f"needs one mark for every step; the input is {x}, the mask {inputs[1]}.")
    return TensorType((x.shape[-1],))


def positions(f: Frame, x: Ref, mask: Ref | None) -> list[Word]:
    """samples lines pixels-of-a-line channels | at line sample | mask (or 0), marks of a sample. With a mask every step is a line."""
    place = f.place(x)
    channels = place.channels
    lines, pixels, pitch = place.lines, place.length // channels, place.pitch
    if mask is None:
        return [f.rows, lines, pixels, channels, f.at(x), pitch, place.step, 0, 0]
    if lines == 1 and f.place(mask).count != 1:
        lines, pixels, pitch = pixels, 1, channels
    return [f.rows, lines, pixels, channels, f.at(x), pitch, place.step, f.at(mask), f.place(mask).step]


def onnx_marks(w: OnnxWriter, node: OpNode) -> str:
    """Where a step is present: (n, steps, 1, ...)."""
    rank = w.graph.values[node.inputs[0]].type.rank
    axes = w.constant(f"axes_of_marks_{rank}", np.arange(2, rank + 1))
    mask = w.node("Unsqueeze", [w.last(node.inputs[1]), axes], f"{label(node)}_mask")
    absent = w.node("Equal", [mask, w.constant("zero", np.array(0, np.float32))], f"{label(node)}_absent")
    return w.node("Not", [absent], f"{label(node)}_there")


class GlobalAveragePool(Op):
    """Inputs: x, and optionally mask, one mark for each step of its first axis: absent ones do not count, no step at all gives 0."""

    id = "global_average_pool"
    onnx = "GlobalAveragePool"

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return with_mask(inputs)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        axes = tuple(range(1, x.ndim - 1))
        if len(inputs) == 1:
            return np.asarray(x.mean(axis=axes))
        there = np.broadcast_to(inputs[1].reshape(*inputs[1].shape, *(1,) * (x.ndim - 2)) != 0, (*x.shape[:-1], 1))
        return np.asarray(np.where(there, x, 0.0).sum(axis=axes) / np.maximum(there.sum(axis=axes), 1), x.dtype)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None

        def make(f: Frame) -> list[Instruction]:
            return [("average_all", *positions(f, x, mask), f.at(y), f.place(y).step)]

        e.rows(make, reads=[x] if mask is None else [x, mask], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, add = e.upstream(node), dx, int(not e.begin(dx))
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None

        def make(f: Frame) -> list[Instruction]:
            return [("average_all_backward", *positions(f, to, mask), f.at(dy), f.place(dy).step, add)]

        e.rows(make, reads=[dy] if mask is None else [dy, mask], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """GlobalAveragePool keeps axes of one; Flatten from axis 1 drops them."""
        if len(node.inputs) == 1:
            y = w.node("GlobalAveragePool", [w.first(node.inputs[0])], f"{label(node)}_kept")
            w.hold(node.output, w.node("Flatten", [y], label(node), axis=1))
            return
        zero, one = w.constant("zero", np.array(0, np.float32)), w.constant("one", np.array(1, np.float32))
        rank = w.graph.values[node.inputs[0]].type.rank
        axes = w.constant(f"axes_of_positions_{rank}", np.arange(1, rank))
        there = onnx_marks(w, node)
        kept = w.node("Where", [there, w.last(node.inputs[0]), zero], f"{label(node)}_present")
        total = w.node("ReduceMean", [kept, axes], f"{label(node)}_kept", keepdims=0)
        marks = w.node("Where", [there, one, zero], f"{label(node)}_marks")
        share = w.node("ReduceMean", [marks, axes], f"{label(node)}_share", keepdims=0)
        none = w.node("Equal", [share, zero], f"{label(node)}_none")
        w.hold(node.output, w.node("Div", [total, w.node("Where", [none, one, share], f"{label(node)}_least")], label(node)))
