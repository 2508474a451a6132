"""More entries in front of and behind those of each axis: a fixed number, the border, a mirror image or the other end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Word, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.operands import float_word
from playground.engine.ops.base import Op
from playground.engine.vocabulary import as_float, load, splat, store
from playground.errors import ShapeError
from playground.words import sentence

#: Modes by number, as the kernels know them.
MODES = ("constant", "edge", "reflect", "wrap")
#: Loops of the kernels.
MOST_AXES = 6


@inline
def padded_source(t, n, mode):
    """Which of n entries stands at place t, which may lie outside; -1 for none."""
    if mode == 1:
        return min(max(t, 0), n - 1)
    if mode == 2:
        return n - 1 - abs(n - 1 - abs(t))
    if mode == 3:
        return (t + n) % n
    return t if 0 <= t < n else -1


@inline
def pad_entry(F, x, y, i, unit, value):
    """Entry i of x, or the value where there is none."""
    for j in range(0, unit, 16):
        store(F, y + j, unit - j, load(F, x + i * unit + j, unit - j) if i >= 0 else splat(value))


@kernel
def pad_forward(F, R, w, k):
    """words: samples | x sample | y sample | mode, value | numbers of an entry | six axes: extent, in front, extent of the output"""
    mode, value, unit = w[5], as_float(w[6]), w[7]
    n, front, wide = w[23], w[24], w[25]
    for s in range(w[0]):
        y = w[3] + s * w[4]
        for oa in range(w[10]):
            a = padded_source(oa - w[9], w[8], mode)
            for ob in range(w[13]):
                b = padded_source(ob - w[12], w[11], mode)
                for oc in range(w[16]):
                    c = padded_source(oc - w[15], w[14], mode)
                    for od in range(w[19]):
                        d = padded_source(od - w[18], w[17], mode)
                        for oe in range(w[22]):
                            e = padded_source(oe - w[21], w[20], mode)
                            inside = a >= 0 and b >= 0 and c >= 0 and d >= 0 and e >= 0
                            x = w[1] + s * w[2] + ((((a * w[11] + b) * w[14] + c) * w[17] + d) * w[20] + e) * n * unit
                            if not inside:
                                for j in range(0, wide * unit, 16):
                                    store(F, y + j, wide * unit - j, value)
                            else:
                                for at in range(front):
                                    pad_entry(F, x, y + at * unit, padded_source(at - front, n, mode), unit, value)
                                for j in range(0, n * unit, 16):
                                    store(F, y + front * unit + j, n * unit - j, load(F, x + j, n * unit - j))
                                for at in range(front + n, wide):
                                    pad_entry(F, x, y + at * unit, padded_source(at - front, n, mode), unit, value)
                            y += wide * unit


@kernel
def pad_backward(F, R, w, k):
    """dx (+)= dy at its source.

    words: samples | dx sample | dy sample | mode, add | numbers of an entry | six axes: extent, in front, extent of the output
    """
    mode, unit = w[5], w[7]
    n, front, wide = w[23], w[24], w[25]
    for s in range(w[0]):
        y = w[3] + s * w[4]
        for oa in range(w[10]):
            a = padded_source(oa - w[9], w[8], mode)
            for ob in range(w[13]):
                b = padded_source(ob - w[12], w[11], mode)
                for oc in range(w[16]):
                    c = padded_source(oc - w[15], w[14], mode)
                    for od in range(w[19]):
                        d = padded_source(od - w[18], w[17], mode)
                        for oe in range(w[22]):
                            e = padded_source(oe - w[21], w[20], mode)
                            if a >= 0 and b >= 0 and c >= 0 and d >= 0 and e >= 0:
                                x = w[1] + s * w[2] + ((((a * w[11] + b) * w[14] + c) * w[17] + d) * w[20] + e) * n * unit
                                for j in range(0, n * unit, 16):
                                    g = load(F, y + front * unit + j, n * unit - j)
                                    if w[6]:
                                        g = g + load(F, x + j, n * unit - j)
                                    store(F, x + j, n * unit - j, g)
                                for at in range(wide):
                                    i = padded_source(at - front, n, mode)
                                    if i >= 0 and (at < front or at >= front + n):
                                        for j in range(0, unit, 16):
                                            g = load(F, x + i * unit + j, unit - j) + load(F, y + at * unit + j, unit - j)
                                            store(F, x + i * unit + j, unit - j, g)
                            y += wide * unit


class Pad(Op):
    """Attributes: before and after, a number for every axis; mode, one of MODES; value, for "constant"."""

    id = "pad"
    onnx = "Pad"
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, before, after = inputs[0], attributes["before"], attributes["after"]
        if len(before) != x.rank or len(after) != x.rank or min(*before, *after, 0) < 0:
            raise ShapeError(f"needs an amount for every axis; the input is {x}.")
        if len(_axes(x.shape, before, after)[0]) > MOST_AXES:
            raise ShapeError(sentence("pads at most six axes."))
        most = {"reflect": -1, "wrap": 0}.get(attributes["mode"])
        if most is not None and any(max(b, a) > n + most for n, b, a in zip(x.shape, before, after, strict=True)):
            text = (
                sentence("needs less than the extent of each axis as padding in this mode; the input is {x}.", x=x)
                if most
                else sentence("needs at most the extent of each axis as padding in this mode; the input is {x}.", x=x)
            )
            raise ShapeError(text, 'set mode "constant"')
        return TensorType(tuple(n + b + a for n, b, a in zip(x.shape, before, after, strict=True)), x.axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        amounts = [(0, 0), *zip(attributes["before"], attributes["after"], strict=True)]
        if attributes["mode"] == "constant":
            return np.pad(inputs[0], amounts, constant_values=attributes["value"])
        return np.pad(inputs[0], amounts, mode=attributes["mode"])

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def _words(self, e: Emit, node: OpNode) -> tuple[int, int, list[int]]:
        """The mode's number, numbers of an entry, MOST_AXES axes."""
        axes, unit = _axes(e.graph.types(node)[0].shape, node.attributes["before"], node.attributes["after"])
        filled = [(1, 0, 1)] * (MOST_AXES - len(axes)) + [(n, b, n + b + a) for n, b, a in axes]
        return MODES.index(node.attributes["mode"]), unit, [number for axis in filled for number in axis]

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        mode, unit, axes = self._words(e, node)
        value = float_word(node.attributes["value"])

        def make(f: Frame) -> list[Instruction]:
            return [("pad_forward", f.rows, f.at(x), f.place(x).step, f.at(y), f.place(y).step, mode, value, unit, *axes)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, begins = e.upstream(node), dx, e.begin(dx)
        mode, unit, axes = self._words(e, node)

        def make(f: Frame) -> list[Instruction]:
            """Without copies of entries every number of dx is met once and may simply be stored."""
            cleared: list[Instruction] = [("fill", *sweep(f, to))] if begins and mode else []
            lies: list[Word] = [f.at(to), f.place(to).step, f.at(dy), f.place(dy).step]
            return [*cleared, ("pad_backward", f.rows, *lies, mode, int(mode > 0 or not begins), unit, *axes)]

        e.rows(make, reads=[dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        a, name = node.attributes, label(node)
        amounts = w.constant(f"{name}_amounts", np.array([0, *a["before"], 0, *a["after"]], np.int64))
        inputs = [w.last(node.inputs[0]), amounts]
        if a["mode"] == "constant":
            inputs.append(w.constant(f"{name}_value", np.array(a["value"], np.float32)))
        w.hold(node.output, w.node("Pad", inputs, name, mode=a["mode"]))


def _axes(shape: Sequence[int], before: Sequence[int], after: Sequence[int]) -> tuple[list[tuple[int, int, int]], int]:
    """Axes as (extent, in front, behind) with unpadded neighbours joined, the last one padded; numbers of an entry of that one."""
    axes: list[tuple[int, int, int]] = []
    for n, b, a in zip(shape, before, after, strict=True):
        if axes and not (b or a or axes[-1][1] or axes[-1][2]):
            axes[-1] = (axes[-1][0] * n, 0, 0)
        else:
            axes.append((n, b, a))
    unit = axes.pop()[0] if len(axes) > 1 and axes[-1][1:] == (0, 0) else 1
    return axes, unit
