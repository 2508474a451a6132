"""An image seen through an affine map of its coordinates: grid and bilinear sampling in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine import moves as _moves  # noqa: F401  registers `fill`
from playground.engine.emit import Emit, Frame, Instruction
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import hsum, load, splat
from playground.engine.warping import PADDINGS, below, corners, folded_places, give_between, near, poison, read_between
from playground.engine.windows import lies, zeros
from playground.errors import ShapeError


@inline
def middle(i, n):
    """The centre of pixel i of n, in -1 .. 1."""
    return (2.0 * i + 1.0) / n - 1.0


@inline
def along_line(F, theta, v, size, extent):
    """Where a row of theta sends the pixels j of an output line, in pixels of an axis of this size: a·j + b, as (a, b)."""
    a, rest = np.float64(F[theta]), np.float64(F[theta + 1]) * v + np.float64(F[theta + 2])
    return a * size / extent, (a * middle(0, extent) + rest + 1.0) * size * 0.5 - 0.5


@kernel
def warp(F, R, w, k):
    """words: samples height width channels | output height width | x y: at row sample | theta, its sample step"""
    height, width, channels, pitch = w[1], w[2], w[3], w[7]
    for s in range(w[0]):
        x, theta = w[6] + s * w[8], w[12] + s * w[13]
        wrong = splat(poison(F, theta))
        for i in range(w[4]):
            y, v = w[9] + s * w[11] + i * w[10], middle(i, w[4])
            ax, bx = along_line(F, theta, v, width, w[5])
            ay, by = along_line(F, theta + 3, v, height, w[5])
            for j in range(w[5]):
                across, down = ax * j + bx, ay * j + by
                read_between(F, x, across, down, pitch, channels, height, width, y, wrong)
                y += channels


@kernel
def warp_to_image(F, R, w, k):
    """Adds every gradient to the four pixels that it was read from.

    words: samples height width channels | output height width | dx dy: at row sample | theta, its sample step
    """
    height, width, channels, pitch = w[1], w[2], w[3], w[7]
    for s in range(w[0]):
        to, theta = w[6] + s * w[8], w[12] + s * w[13]
        for i in range(w[4]):
            d, v = w[9] + s * w[11] + i * w[10], middle(i, w[4])
            ax, bx = along_line(F, theta, v, width, w[5])
            ay, by = along_line(F, theta + 3, v, height, w[5])
            for j in range(w[5]):
                across, down = ax * j + bx, ay * j + by
                give_between(F, to, across, down, pitch, channels, height, width, d)
                d += channels


@kernel
def warp_to_theta(F, R, w, k):
    """Six sums over the output's pixels.

    words: samples height width channels | output height width | x dy: at row sample | theta, its sample step | dtheta, its step | add
    """
    height, width, channels, pitch = w[1], w[2], w[3], w[7]
    x_scale, y_scale = np.float32(0.5 * width), np.float32(0.5 * height)
    for s in range(w[0]):
        x, theta, to = w[6] + s * w[8], w[12] + s * w[13], w[14] + s * w[15]
        a0, a1, a2, b0, b1, b2 = splat(0.0), splat(0.0), splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        for i in range(w[4]):
            d, v = w[9] + s * w[11] + i * w[10], middle(i, w[4])
            ax, bx = along_line(F, theta, v, width, w[5])
            ay, by = along_line(F, theta + 3, v, height, w[5])
            line, column = splat(0.0), splat(0.0)
            for j in range(w[5]):
                across, down = ax * j + bx, ay * j + by
                if near(across, down, height, width):
                    left, top = below(across), below(down)
                    far, low, u = np.float32(across - left), np.float32(down - top), np.float32(middle(j, w[5]))
                    for c in range(0, channels, 16):
                        g = load(F, d + c, channels - c)
                        p, q, r, t = corners(F, x, top, left, pitch, channels, height, width, c)
                        along = g * (q - p + (t - r - q + p) * low)
                        along_column = g * (r - p + (t - q - r + p) * far)
                        line = line + along
                        column = column + along_column
                        a0 = a0 + along * u
                        b0 = b0 + along_column * u
                d += channels
            a1 = a1 + line * np.float32(v)
            a2 = a2 + line
            b1 = b1 + column * np.float32(v)
            b2 = b2 + column
        for n, total in enumerate((a0, a1, a2, b0, b1, b2)):
            value = hsum(total) * (x_scale if n < 3 else y_scale)
            F[to + n] = F[to + n] + value if w[16] else value


class SpatialTransformer(Op):
    """Inputs x (height, width, channels) and theta (2, 3). Attribute: size (height, width) of the output.

    Output pixel (i, j) has the coordinates u = (2j + 1) / width' - 1 and v = (2i + 1) / height' - 1; it shows the input at
    theta · (u, v, 1), in the same coordinates, bilinearly. Further attributes: padding, one of PADDINGS, "zeros" unless given;
    align_corners: coordinates of -1 and 1 are those of the outermost centres. As PyTorch's affine_grid and grid_sample.
    Source: Jaderberg et al., "Spatial transformer networks", 2015, equations 1 and 5.
    """

    id = "spatial_transformer"

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, theta = inputs
        if x.rank != 3 or theta.shape != (2, 3):
            raise ShapeError(f"needs an image and 2×3 numbers; the inputs are {x} and {theta}.")
        height, width = attributes["size"]
        return TensorType((height, width, x.shape[2]), x.axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, theta = inputs
        n, h, w, _ = x.shape
        height, width = attributes["size"]
        padding, aligned = _beyond(attributes)
        v, u = (
            2 * np.arange(e) / max(e - 1, 1) - (e > 1) if aligned else (2 * np.arange(e) + 1) / e - 1 for e in (height, width)
        )
        points = np.stack([*np.broadcast_arrays(u[None, :], v[:, None]), np.ones((height, width))], axis=-1)
        across, down = np.moveaxis(np.einsum("ijk,nak->nija", points, theta), -1, 0)
        less = 1 if aligned else 0
        across, down = ((across + 1) * (w - less) - 1 + less) / 2, ((down + 1) * (h - less) - 1 + less) / 2
        across, down = folded_places(across, w, padding, aligned), folded_places(down, h, padding, aligned)
        left, top = np.floor(across), np.floor(down)
        y = np.zeros((n, height, width, x.shape[3]), x.dtype)
        images = np.arange(n)[:, None, None]
        for row, a in ((top, 1 - (down - top)), (top + 1, down - top)):
            for column, b in ((left, 1 - (across - left)), (left + 1, across - left)):
                inside = (row >= 0) & (row < h) & (column >= 0) & (column < w)
                i, j = (np.where(inside, m, 0).astype(int) for m in (row, column))
                y += x[images, i, j] * np.where(inside, a * b, 0.0)[..., None].astype(x.dtype)
        return y

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        """Eight for every number, and two dozen to find a pixel's place."""
        return 8 * output.count + 24 * output.shape[0] * output.shape[1]

    def forward(self, e: Emit, node: OpNode) -> None:
        x, theta, y = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        words, (name, form) = (*e.graph.types(node)[0].shape, *node.attributes["size"]), _kernel(node)

        def make(f: Frame) -> list[Instruction]:
            return [(name, f.rows, *words, *lies(f, x, y), f.at(theta), f.place(theta).step, *form)]

        e.rows(make, reads=[x, theta], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        x, theta, dy = e.value(node.inputs[0]), e.value(node.inputs[1]), e.upstream(node)
        words, (name, form) = (*e.graph.types(node)[0].shape, *node.attributes["size"]), _kernel(node)
        dx, dtheta = e.gradient(node.inputs[0]), e.gradient(node.inputs[1])
        if dx is not None:
            to, first = dx, e.begin(dx)

            def to_image(f: Frame) -> list[Instruction]:
                places = (*lies(f, to, dy), f.at(theta), f.place(theta).step)
                scatter: Instruction = (f"{name}_to_image", f.rows, *words, *places, *form)
                return [zeros(f, to), scatter] if first else [scatter]

            e.rows(to_image, reads=[theta, dy], writes=[to])
        if dtheta is not None:
            target, add = dtheta, int(not e.begin(dtheta))

            def to_theta(f: Frame) -> list[Instruction]:
                numbers = [f.at(theta), f.place(theta).step, f.at(target), f.place(target).step, add]
                return [(f"{name}_to_theta", f.rows, *words, *lies(f, x, dy), *numbers, *form)]

            e.rows(to_theta, reads=[x, theta, dy], writes=[target])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        x, theta, name = w.first(node.inputs[0]), w.last(node.inputs[1]), label(node)
        padding, aligned = _beyond(node.attributes)
        height, width, channels = w.graph.values[node.inputs[0]].type.shape
        for axis, extent in ((2, height), (3, width)):
            if (
                extent == 1 and aligned and padding == "reflection"
            ):  # a single centre is no span to mirror at: two that are alike are
                x = w.node("Concat", [x, x], f"{name}_twice_{axis}", axis=axis)
        if aligned and 1 in node.attributes["size"]:
            grid = self._grid(w, theta, name, node.attributes["size"])
        else:
            extents = w.constant(f"{name}_extents", np.array([channels, *node.attributes["size"]], np.int64))
            samples = w.node("Shape", [x], f"{name}_samples", start=0, end=1)
            size = w.node("Concat", [samples, extents], f"{name}_size", axis=0)
            grid = w.node("AffineGrid", [theta, size], f"{name}_grid", align_corners=int(aligned))
        y = w.node("GridSample", [x, grid], name, mode="linear", padding_mode=padding, align_corners=int(aligned))
        w.hold(node.output, y, first=True)

    def _grid(self, w: OnnxWriter, theta: str, name: str, size: tuple[int, int]) -> str:
        """Of aligned corners, for a single row or column, of which AffineGrid makes whatever it likes: PyTorch has it in the middle."""
        v, u = np.meshgrid(*(np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in size), indexing="ij")
        points = np.stack([u.ravel(), v.ravel(), np.ones(u.size)]).astype(np.float32)
        places = w.node("MatMul", [theta, w.constant(f"{name}_points", points)], f"{name}_places")
        pairs = w.node("Transpose", [places], f"{name}_pairs", perm=[0, 2, 1])
        return w.node("Reshape", [pairs, w.constant(f"{name}_shape", np.array([0, *size, 2], np.int64))], f"{name}_grid")


def _beyond(attributes: Mapping[str, Any]) -> tuple[str, bool]:
    """What is read beyond the rim, and whether corners are aligned."""
    return attributes.get("padding", "zeros"), attributes.get("align_corners", False)


def _kernel(node: OpNode) -> tuple[str, tuple[int, ...]]:
    """What its kernels' names begin with, and the last of their words."""
    padding, aligned = _beyond(node.attributes)
    return ("warp_padded", (PADDINGS.index(padding), int(aligned))) if aligned or padding != "zeros" else ("warp", ())
