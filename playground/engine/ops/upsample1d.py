"""Sequences lengthened by a whole factor, by repeating steps or by linear interpolation between their centres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.ops.max_pool1d import onnx_absent
from playground.engine.ops.upsample import centre, seen_from
from playground.engine.resampling import interpolation
from playground.engine.vocabulary import load, splat, store
from playground.errors import ShapeError


@inline
def read_at(F, i, scale, steps, smooth, masked, mask):
    """What output step i is read from: (step t, what t counts for, what t + 1 counts for); absent steps count for nothing."""
    v = centre(i, scale, steps) if smooth else np.float64(i // scale)
    t = int(v)
    here, next = 1.0 - (v - t), v - t
    if masked:
        if F[mask + t] == 0.0:
            here = 0.0
        if next > 0.0 and F[mask + t + 1] == 0.0:
            next = 0.0
        total = here + next
        if total > 0.0:
            here, next = here / total, next / total
    return t, np.float32(here), np.float32(next)


@kernel
def upsample_steps(F, R, w, k):
    """words: samples steps channels scale | linear, masked | mask x y"""
    steps, channels, scale = w[1], w[2], w[3]
    for s in range(w[0]):
        x, y, mask = w[7] + s * steps * channels, w[8] + s * steps * channels * scale, w[6] + s * steps
        for i in range(steps * scale):
            t, here, next = read_at(F, i, scale, steps, w[4], w[5], mask)
            p = x + t * channels
            for c in range(0, channels, 16):
                n, v = channels - c, splat(0.0)
                if here > 0.0:
                    v = load(F, p + c, n) * here
                if next > 0.0:
                    v = v + load(F, p + channels + c, n) * next
                store(F, y + c, n, v)
            y += channels


@kernel
def upsample_steps_backward(F, R, w, k):
    """The transpose.  words: samples steps channels scale | linear, masked | mask dy dx | add"""
    steps, channels, scale = w[1], w[2], w[3]
    for s in range(w[0]):
        dy, to, mask = w[7] + s * steps * channels * scale, w[8] + s * steps * channels, w[6] + s * steps
        for at in range(steps):
            first, last = at * scale, (at + 1) * scale
            if w[4]:
                first, last = seen_from(at, scale, steps)
            for c in range(0, channels, 16):
                n = channels - c
                total = load(F, to + c, n) if w[9] else splat(0.0)
                for i in range(first, last):
                    t, here, next = read_at(F, i, scale, steps, w[4], w[5], mask)
                    share = here if t == at else (next if t + 1 == at else np.float32(0.0))
                    if share > 0.0:
                        total = total + load(F, dy + i * channels + c, n) * share
                store(F, to + c, n, total)
            to += channels


class Upsample1d(Op):
    """Inputs: x (time, channels) and optionally mask (time,). Attributes: scale, mode: "nearest" or "linear".

    Linear as in PyTorch with align_corners=False: the centre of output step i lies at (i + 0.5) / scale - 0.5. Absent steps count for
    nothing, as if a sequence ended there; what only they could give is 0.
    """

    id = "upsample1d"
    onnx = "Resize"
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x = inputs[0]
        if x.rank != 2:
            raise ShapeError(f"needs a sequence: time×channels; the input is {x}.", "sequence")
        if len(inputs) > 1 and inputs[1].shape != x.shape[:1]:
            raise ShapeError(f"needs one mark for every step; the input is {x}, the mask {inputs[1]}.")
        return TensorType((x.shape[0] * attributes["scale"], x.shape[1]), x.axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, scale = inputs[0], attributes["scale"]
        steps = x.shape[1]
        table = interpolation(steps, scale) if attributes["mode"] == "linear" else np.eye(steps).repeat(scale, axis=0)
        if len(inputs) == 1:
            return np.asarray(table @ x, x.dtype)
        there = inputs[1] != 0
        shares = table * there[:, None]
        total = shares.sum(axis=2, keepdims=True)
        return np.asarray(shares / np.where(total > 0, total, 1) @ np.where(there[..., None], x, 0), x.dtype)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0 if attributes["mode"] == "nearest" else 3 * output.count

    def _words(self, e: Emit, node: OpNode) -> tuple[int, ...]:
        smooth, masked = node.attributes["mode"] == "linear", len(node.inputs) > 1
        return (*e.graph.types(node)[0].shape, node.attributes["scale"], int(smooth), int(masked))

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, words = e.value(node.inputs[0]), e.value(node.output), self._words(e, node)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None

        def make(f: Frame) -> list[Instruction]:
            return [("upsample_steps", f.rows, *words, f.at(x) if mask is None else f.at(mask), f.at(x), f.at(y))]

        e.rows(make, reads=[x] if mask is None else [x, mask], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, add, words = e.upstream(node), dx, int(not e.begin(dx)), self._words(e, node)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None

        def make(f: Frame) -> list[Instruction]:
            marks = f.at(dy) if mask is None else f.at(mask)
            return [("upsample_steps_backward", f.rows, *words, marks, f.at(dy), f.at(to), add)]

        e.rows(make, reads=[dy] if mask is None else [dy, mask], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """Over present steps: x with zeros for the absent ones and their marks, both lengthened, one divided by the other."""
        x = w.first(node.inputs[0])
        if len(node.inputs) == 1:
            w.hold(node.output, self._resized(w, node, x, label(node)), first=True)
            return
        zero, one = w.constant("zero", np.array(0, np.float32)), w.constant("one", np.array(1, np.float32))
        absent = onnx_absent(w, node)
        kept = w.node("Where", [absent, zero, x], f"{label(node)}_kept")
        marks = w.node("Where", [absent, zero, one], f"{label(node)}_marks")
        total = self._resized(w, node, kept, f"{label(node)}_total")
        share = self._resized(w, node, marks, f"{label(node)}_share")
        none = w.node("Equal", [share, zero], f"{label(node)}_none")
        least = w.node("Where", [none, one, share], f"{label(node)}_least")
        w.hold(node.output, w.node("Div", [total, least], label(node)), first=True)

    def _resized(self, w: OnnxWriter, node: OpNode, x: str, what: str) -> str:
        smooth = node.attributes["mode"] == "linear"
        scales = w.constant(f"{label(node)}_scales", np.array([1, 1, node.attributes["scale"]], np.float32))
        more = {"mode": "linear"} if smooth else {"mode": "nearest", "nearest_mode": "floor"}
        transformation = "half_pixel" if smooth else "asymmetric"
        return w.node("Resize", [x, "", scales], what, coordinate_transformation_mode=transformation, **more)
