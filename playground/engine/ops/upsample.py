"""Images enlarged by whole factors, by repeating pixels or by interpolation between them."""

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
from playground.engine.resampling import interpolation
from playground.engine.vocabulary import load, splat, store, where
from playground.engine.windows import lies
from playground.errors import ShapeError


@kernel
def repeat_pixels(F, R, w, k):
    """Every pixel becomes a block.  words: samples height width channels | scale down, across | x y: at row sample"""
    channels = w[3]
    for s in range(w[0]):
        for i in range(w[1]):
            x, y = w[6] + s * w[8] + i * w[7], w[9] + s * w[11] + i * w[4] * w[10]
            for _ in range(w[2]):
                for c in range(0, channels, 16):
                    n = channels - c
                    v = load(F, x + c, n)
                    for a in range(w[4]):
                        q = y + a * w[10] + c
                        for _ in range(w[5]):
                            store(F, q, n, v)
                            q += channels
                x += channels
                y += w[5] * channels


@kernel
def repeat_pixels_backward(F, R, w, k):
    """Sums of blocks.  words: samples height width channels | scale down, across | x dy dx: at row sample | masked by x, add"""
    channels = w[3]
    for s in range(w[0]):
        for i in range(w[1]):
            x, to = w[6] + s * w[8] + i * w[7], w[12] + s * w[14] + i * w[13]
            d = w[9] + s * w[11] + i * w[4] * w[10]
            for _ in range(w[2]):
                for c in range(0, channels, 16):
                    n = channels - c
                    total = load(F, to + c, n) if w[16] else splat(0.0)
                    for a in range(w[4]):
                        q = d + a * w[10] + c
                        for _ in range(w[5]):
                            total = total + load(F, q, n)
                            q += channels
                    if w[15]:
                        total = where(load(F, x + c, n) == 0.0, 0.0, total)
                    store(F, to + c, n, total)
                x += channels
                to += channels
                d += w[5] * channels


@inline
def centre(i, scale, size):
    """Where the centre of output pixel i lies between the centres of the input's, cut to 0 .. size - 1."""
    return min(max((i + 0.5) / scale - 0.5, 0.0), size - 1.0)


@kernel
def bilinear(F, R, w, k):
    """Down first, into a line of scratch, then across.  words: samples height width channels | scale down, across | x y: at row sample | line"""
    height, width, channels, line = w[1], w[2], w[3], w[12]
    for s in range(w[0]):
        for i in range(height * w[4]):
            v = centre(i, w[4], height)
            top = int(v)
            low = np.float32(v - top)
            x, y = w[6] + s * w[8] + top * w[7], w[9] + s * w[11] + i * w[10]
            below = w[7] if top + 1 < height else 0
            for j in range(0, width * channels, 16):
                n = width * channels - j
                a = load(F, x + j, n)
                store(F, line + j, n, a + (load(F, x + below + j, n) - a) * low)
            for j in range(width * w[5]):
                u = centre(j, w[5], width)
                left = int(u)
                far = np.float32(u - left)
                p, beside = line + left * channels, channels if left + 1 < width else 0
                for c in range(0, channels, 16):
                    a = load(F, p + c, channels - c)
                    store(F, y + c, channels - c, a + (load(F, p + beside + c, channels - c) - a) * far)
                y += channels


@inline
def seen_from(at, scale, size):
    """Output pixels that input pixel `at` counts in, along one axis: (first, last)."""
    return max(((2 * at - 1) * scale + 1) // 2, 0), min((2 * at + 3) * scale // 2, size * scale)


@inline
def weight(i, scale, size, at):
    """What input pixel `at` counts for in output pixel i, along one axis."""
    return np.float32(max(1.0 - abs(centre(i, scale, size) - at), 0.0))


@kernel
def bilinear_backward(F, R, w, k):
    """The transpose, down first as well.  words: samples height width channels | scale down, across | x dy dx: at row sample | masked by x, add | line"""
    height, width, channels, line = w[1], w[2], w[3], w[17]
    for s in range(w[0]):
        for i in range(height):
            x, to = w[6] + s * w[8] + i * w[7], w[12] + s * w[14] + i * w[13]
            first, last = seen_from(i, w[4], height)
            for row in range(first, last):
                d, share, length = w[9] + s * w[11] + row * w[10], weight(row, w[4], height, i), width * w[5] * channels
                for j in range(0, length, 16):
                    v = load(F, d + j, length - j) * share
                    store(F, line + j, length - j, load(F, line + j, length - j) + v if row > first else v)
            for j in range(width):
                left, right = seen_from(j, w[5], width)
                for c in range(0, channels, 16):
                    n, q = channels - c, line + left * channels + c
                    total = load(F, to + c, n) if w[16] else splat(0.0)
                    for column in range(left, right):
                        total = total + load(F, q, n) * weight(column, w[5], width, j)
                        q += channels
                    if w[15]:
                        total = where(load(F, x + c, n) == 0.0, 0.0, total)
                    store(F, to + c, n, total)
                x += channels
                to += channels


class Upsample(Op):
    """Input x (height, width, channels). Attributes: scale (down, across), mode: "nearest", "bilinear" or "bicubic", align_corners.

    As in PyTorch: the centre of output pixel i lies at (i + 0.5) / scale - 0.5 unless corners are aligned.
    """

    id = "upsample"
    onnx = "Resize"
    masks = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x = inputs[0]
        if x.rank != 3:
            raise ShapeError(f"needs an image: height×width×channels; the input is {x}.", "image")
        down, across = attributes["scale"]
        return TensorType((x.shape[0] * down, x.shape[1] * across, x.shape[2]), x.axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, (down, across) = inputs[0], attributes["scale"]
        if attributes["mode"] == "nearest":
            return x.repeat(down, axis=1).repeat(across, axis=2)
        form = {"cubic": attributes["mode"] == "bicubic", "aligned": attributes.get("align_corners", False)}
        rows, columns = interpolation(x.shape[1], down, **form), interpolation(x.shape[2], across, **form)
        return np.einsum("ih,jw,nhwc->nijc", rows, columns, x, optimize=True).astype(x.dtype)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return {"nearest": 0, "bilinear": 4, "bicubic": 14}[attributes["mode"]] * output.count

    def _words(self, node: OpNode, x: TensorType) -> tuple[int, ...]:
        return (*x.shape, *node.attributes["scale"])

    def _kernel(self, node: OpNode) -> tuple[str, tuple[int, ...]]:
        """Its name, and the words behind those of the places."""
        cubic, aligned = node.attributes["mode"] == "bicubic", bool(node.attributes.get("align_corners"))
        if node.attributes["mode"] == "nearest":
            return "repeat_pixels", ()
        return ("resample", (int(cubic), int(aligned))) if cubic or aligned else ("bilinear", ())

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, type = e.value(node.inputs[0]), e.value(node.output), e.graph.types(node)[0]
        smooth, (name, form) = node.attributes["mode"] != "nearest", self._kernel(node)
        if smooth:
            e.scratch(type.shape[1] * type.shape[2])

        def make(f: Frame) -> list[Instruction]:
            words = (f.rows, *self._words(node, type), *lies(f, x, y))
            return [(name, *words, f.scratch(), *form) if smooth else (name, *words)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        x, dy, to, add = e.value(node.inputs[0]), e.upstream(node), dx, int(not e.begin(dx))
        type, masked = e.graph.types(node)[0], e.mask(node.inputs[0]) is not None
        smooth, (name, form) = node.attributes["mode"] != "nearest", self._kernel(node)
        if smooth:
            e.scratch(type.shape[1] * type.shape[2] * node.attributes["scale"][1])

        def make(f: Frame) -> list[Instruction]:
            # without a mask x is not read, and its memory may be another's by now
            words = (f.rows, *self._words(node, type), *lies(f, x if masked else dy, dy, to), int(masked), add)
            return [(f"{name}_backward", *words, f.scratch(), *form) if smooth else (f"{name}_backward", *words)]

        e.rows(make, reads=[x, dy] if masked else [dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        down, across = node.attributes["scale"]
        mode, aligned = node.attributes["mode"], node.attributes.get("align_corners", False)
        scales = w.constant(f"{label(node)}_scales", np.array([1, 1, down, across], np.float32))
        more: dict[str, Any] = {
            "nearest": {"mode": "nearest", "nearest_mode": "floor"},
            "bilinear": {"mode": "linear"},
            "bicubic": {"mode": "cubic", "cubic_coeff_a": -0.75},
        }[mode]
        transformation = "asymmetric" if mode == "nearest" else "align_corners" if aligned else "half_pixel"
        y = w.node(
            "Resize", [w.first(node.inputs[0]), "", scales], label(node), coordinate_transformation_mode=transformation, **more
        )
        w.hold(node.output, y, first=True)
