"""Transposed convolution in two dimensions: what a convolution does to a gradient on its way back, and a bias."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine import convolutions
from playground.engine.convolutions import Convolution
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole
from playground.engine.graph import Graph, OpNode
from playground.engine.moves import image_sum, sum_copies
from playground.engine.onnx_form import OnnxWriter, label, relu_after
from playground.engine.ops.base import Op
from playground.engine.ops.conv2d import image, onnx_kernel, taps
from playground.errors import ShapeError

Pair = tuple[int, int]


def geometry(x: TensorType, w: TensorType, attributes: Mapping[str, Any]) -> Convolution:
    """The convolution that this one transposes: it leads from the output back to x."""
    kh, kw, outputs, channels = taps(w.shape)
    stride: Pair = tuple(attributes.get("stride", (1, 1)))
    dilation: Pair = tuple(attributes.get("dilation", (1, 1)))
    more: Pair = tuple(attributes.get("output_padding", (0, 0)))
    groups = int(attributes.get("groups", 1))
    top, left, bottom, right = attributes.get("padding", (0, 0, 0, 0))
    size = [
        (n - 1) * s + d * (k - 1) + 1 + extra - cut
        for n, s, d, k, extra, cut in zip(x.shape, stride, dilation, (kh, kw), more, (top + bottom, left + right), strict=False)
    ]
    # rows that output padding adds below see no further row of x
    padding = (top, left, bottom - more[0], right - more[1])
    return Convolution((size[0], size[1]), outputs * groups, channels, (kh, kw), stride, padding, dilation, groups)


def _of(graph: Graph, node: OpNode) -> Convolution:
    x, w = graph.types(node)[:2]
    return geometry(x, w, node.attributes)


class ConvTranspose2d(Op):
    """Inputs x (height, width, channels), w (kh, kw, outputs / groups, channels) and optionally b (outputs,).

    For images of one row w may be (kw, outputs / groups, channels).
    Attributes: stride (down, across), padding (top, left, bottom, right) that is cut off the output, output_padding (rows below,
    columns to the right that are added), dilation (down, across), groups.
    Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, section 4.
    """

    id = "conv_transpose2d"
    onnx = "ConvTranspose"
    masks = True
    takes_relu = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, w = inputs[0], inputs[1]
        if x.rank != 3:
            raise ShapeError(f"needs images (height×width×channels); the input is {x}.", "image")
        groups = int(attributes.get("groups", 1))
        if w.shape[-1] != x.shape[2] or x.shape[2] % groups:
            raise ShapeError(f"needs {w.shape[-1]} channels, in {groups} groups; the input is {x}.")
        g = geometry(x, w, attributes)
        if min(g.size) < 1:
            raise ShapeError(f"needs less padding: nothing of the output for {x} would be left.")
        return TensorType((*g.size, g.channels), x.axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, w = inputs[0], inputs[1].reshape(taps(inputs[1].shape))
        g = geometry(TensorType(x.shape[1:]), TensorType(w.shape), attributes)
        (kh, kw), (sh, sw), (dh, dw), groups = g.kernel, g.stride, g.dilation, g.groups
        h, width = x.shape[1:3]
        top, left = g.padding[:2]
        tall = max((h - 1) * sh + dh * (kh - 1) + 1, top + g.size[0])
        wide = max((width - 1) * sw + dw * (kw - 1) + 1, left + g.size[1])
        y = np.zeros((len(x), tall, wide, g.channels), x.dtype)
        ins, outs = g.outputs // groups, g.channels // groups
        for q in range(groups):
            seen, out = x[..., q * ins : (q + 1) * ins], slice(q * outs, (q + 1) * outs)
            for i in range(kh):
                for j in range(kw):
                    rows = slice(i * dh, i * dh + (h - 1) * sh + 1, sh)
                    columns = slice(j * dw, j * dw + (width - 1) * sw + 1, sw)
                    y[:, rows, columns, out] += seen @ w[i, j, :, q * ins : (q + 1) * ins].T
        y = y[:, top : top + g.size[0], left : left + g.size[1]]
        if len(inputs) > 2:
            y = y + inputs[2]
        return np.maximum(y, 0) if attributes.get("relu") else y

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        kh, kw, outputs, _ = taps(inputs[1].shape)
        return 2 * kh * kw * outputs * inputs[0].count

    def halo(self, graph: Graph, node: OpNode) -> dict[int, tuple[int, int]]:
        g = _of(graph, node)
        return {node.inputs[0]: g.output_halo(), node.output: g.input_halo()}

    def forward(self, e: Emit, node: OpNode) -> None:
        g, relu = _of(e.graph, node), bool(node.attributes.get("relu"))
        x, w, y = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        b = e.value(node.inputs[2]) if len(node.inputs) > 2 else None
        turned = None if g.depthwise else e.partial(g.numbers)

        def make(f: Frame) -> list[Instruction]:
            weights = f.at(w) if turned is None else f.partial(turned)
            made = convolutions.transposed(g, f.at(w), weights) if f.first else []
            bias = None if b is None else f.at(b)
            return made + convolutions.input_gradient(g, image(f, x), weights, image(f, y), f.rows, b=bias, relu=relu)

        e.rows(make, reads=[x], writes=[y] if turned is None else [y, turned], grain="block")

    def backward(self, e: Emit, node: OpNode) -> None:
        g, x, w, dy = _of(e.graph, node), e.value(node.inputs[0]), e.value(node.inputs[1]), e.upstream(node)
        dw = e.gradient(node.inputs[1])
        db = e.gradient(node.inputs[2]) if len(node.inputs) > 2 else None
        if dw is not None:
            self._shares(
                e, dw, g.numbers, [x, dy],
                lambda f, to: convolutions.weight_gradient(g, image(f, dy), image(f, x), to, f.rows, add=not f.first),
            )  # fmt: skip
        if db is not None:
            self._shares(
                e, db, g.channels, [dy],
                lambda f, to: [image_sum(f.at(dy), to, g.channels, g.size, f.place(dy).pitch, f.rows, f.place(dy).step, add=not f.first)],
            )  # fmt: skip
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        to, add, mask = dx, not e.begin(dx), e.mask(node.inputs[0])

        def make(f: Frame) -> list[Instruction]:
            judged = None if mask is None else f.at(mask)
            return convolutions.forward(g, image(f, dy), f.at(w), None, image(f, to), f.rows, mask=judged, add=add)

        e.rows(make, reads=[dy] if mask is None else [dy, mask], writes=[to], grain="block")

    def _shares(
        self, e: Emit, target: Ref, count: int, reads: list[Ref], make: Callable[[Frame, int], list[Instruction]]
    ) -> None:
        """Every chain adds up its blocks in order; then the chains' shares are added in order."""
        share, add = e.partial(count), not e.begin(target)

        def total(f: Whole) -> list[list[Instruction]]:
            return [[sum_copies(*f.partials(share), f.at(target), count, add=add)]]

        e.rows(lambda f: make(f, f.partial(share)), reads=reads, writes=[share], grain="block")
        e.whole(total, reads=[share], writes=[target])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """Output padding becomes less padding where there is any; runtimes want what remains of it smaller than the stride.

        Groups are written one by one: ONNX's reference interpreter (1.23) takes the wrong weights for the operator's own groups.
        """
        a, stride, groups = node.attributes, tuple(node.attributes.get("stride", (1, 1))), int(node.attributes.get("groups", 1))
        extents, kernel = onnx_kernel(w, node)
        bias = [w.constant(*w.tensor(node.inputs[2]))] if len(node.inputs) > 2 else []
        top, left, *ends = a.get("padding", (0, 0, 0, 0))
        more = a.get("output_padding", (0, 0))
        rest = [max(n - end, 0) for n, end in zip(more, ends, strict=True)]
        ends = [max(end - n, 0) for n, end in zip(more, ends, strict=True)]
        apart = any(n >= s for n, s in zip(rest, stride, strict=True))
        operands = [[w.first(node.inputs[0]), kernel]]
        if groups > 1:
            split = [
                w.nodes_of("Split", [name], f"{label(node)}_parts", groups, axis=1 - i, num_outputs=groups)
                for i, name in enumerate(operands[0])
            ]
            operands = [list(pair) for pair in zip(*split, strict=True)]
        ys = [
            w.node(
                "ConvTranspose", [*pair, *([] if apart or groups > 1 else bias)], label(node),
                kernel_shape=extents, strides=list(stride), pads=[top, left, *ends], dilations=list(a.get("dilation", (1, 1))),
                output_padding=[0, 0] if apart else rest,
            )
            for pair in operands
        ]  # fmt: skip
        y = w.node("Concat", ys, f"{label(node)}_joined", axis=1) if groups > 1 else ys[0]
        if apart:
            around = w.constant(f"{label(node)}_around", np.array([0, 0, 0, 0, 0, 0, *rest], np.int64))
            y = w.node("Pad", [y, around], f"{label(node)}_padded")
        if bias and (apart or groups > 1):
            axes = w.constant("axes_1_2", np.array([1, 2], np.int64))
            y = w.node("Add", [y, w.node("Unsqueeze", [*bias, axes], f"{label(node)}_bias")], f"{label(node)}_biased")
        w.hold(node.output, relu_after(w, node, y), first=True)
