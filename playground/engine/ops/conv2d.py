"""Convolution in two dimensions: y = x * w + b."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine import convolutions, winograd
from playground.engine.convolutions import Convolution, Image
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole
from playground.engine.graph import Graph, OpNode
from playground.engine.moves import sum_copies
from playground.engine.onnx_form import OnnxWriter, label, relu_after
from playground.engine.ops.base import Op
from playground.errors import ShapeError


def taps(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of weights with both axes of the kernel: a sequence is an image of one row, and its weights have one axis less."""
    return (1, *shape) if len(shape) == 3 else shape


def geometry(x: TensorType, w: TensorType, attributes: Mapping[str, Any]) -> Convolution:
    """The extents of a convolution of these types."""
    kh, kw, _, outputs = taps(w.shape)
    return Convolution(
        (x.shape[0], x.shape[1]),
        x.shape[2],
        outputs,
        (kh, kw),
        tuple(attributes.get("stride", (1, 1))),
        tuple(attributes.get("padding", (0, 0, 0, 0))),
        tuple(attributes.get("dilation", (1, 1))),
        int(attributes.get("groups", 1)),
    )


def _of(graph: Graph, node: OpNode) -> Convolution:
    x, w = graph.types(node)[:2]
    return geometry(x, w, node.attributes)


def image(f: Frame | Whole, ref: Ref) -> Image:
    """Where a frame's images lie."""
    place = f.place(ref)
    return Image(f.at(ref), place.pitch, place.step)


def onnx_kernel(w: OnnxWriter, node: OpNode) -> tuple[list[int], str]:
    """Height and width of the kernel, and its weights as ONNX wants them: (last axis of ours, last but one, height, width)."""
    name, kernel = w.tensor(node.inputs[1])
    extents = list(taps(kernel.shape)[:2])
    if kernel.ndim == 4:
        return extents, w.constant(name, kernel.transpose(3, 2, 0, 1))
    axis = w.constant("axis_2", np.array([2], np.int64))
    return extents, w.node("Unsqueeze", [w.constant(name, kernel.transpose(2, 1, 0)), axis], f"{label(node)}_kernel")


def _transformed_weights(e: Emit, g: Convolution) -> Ref | None:
    """Room for the weights of the form with fewer multiplications, where it pays, on every chain."""
    if not winograd.pays(g, e.batch):
        return None
    e.scratch(winograd.scratch(g))
    return e.partial(winograd.numbers(g))


def _share(e: Emit, count: int, reads: Sequence[Ref], target: Ref, make: Callable[[Frame, int], list[Instruction]]) -> None:
    """make: a frame's instructions, which add to the chain's share."""
    share, add = e.partial(count), not e.begin(target)

    def total(f: Whole) -> list[list[Instruction]]:
        return [[sum_copies(*f.partials(share), f.at(target), count, add=add)]]

    e.rows(lambda f: make(f, f.partial(share)), reads=reads, writes=[share], grain="block")
    e.whole(total, reads=[share], writes=[target])


def _transformed_share(e: Emit, g: Convolution, x: Ref, dy: Ref, dw: Ref) -> None:
    """The weight gradient with fewer multiplications: what is added up is taken back once, after the sum over the chains."""
    share, add = e.partial(winograd.numbers(g)), not e.begin(dw)
    e.scratch(winograd.scratch(g))

    def make(f: Frame) -> list[Instruction]:
        return [winograd.weight_gradient(g, image(f, x), image(f, dy), f.partial(share), f.rows, f.scratch(), add=not f.first)]

    def total(f: Whole) -> list[list[Instruction]]:
        shares, to = f.partials(share), f.at(dw)
        return [[winograd.weight_sum(g, shares, to, part, add=add)] for part in f.split(g.channels)]

    e.rows(make, reads=[x, dy], writes=[share], grain="block")
    e.whole(total, reads=[share], writes=[dw])


class Conv2d(Op):
    """Inputs x (height, width, channels), w (kh, kw, channels / groups, outputs) and optionally b (outputs,).

    For images of one row w may be (kw, channels / groups, outputs).
    Attributes: stride (down, across), padding (top, left, bottom, right), dilation (down, across), groups.
    """

    id = "conv2d"
    onnx = "Conv"
    masks = True
    takes_relu = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, w = inputs[0], inputs[1]
        if x.rank != 3:
            raise ShapeError(f"A convolution expects images (height×width×channels); the input is {x}.")
        g = geometry(x, w, attributes)
        if g.channels % g.groups or g.outputs % g.groups:
            raise ShapeError(
                f"{g.groups} groups must divide both the channels; {g.channels} come in and {g.outputs} go out. "
                "Choose groups that divide both."
            )
        if w.shape[-2] != g.channels // g.groups:
            raise ShapeError(f"The kernel expects {w.shape[-2] * g.groups} channels; the input is {x}.")
        if min(g.output) < 1:
            raise ShapeError(
                f"A kernel of {g.kernel[0]}×{g.kernel[1]} with dilation {g.dilation[0]}×{g.dilation[1]} does not fit into {x}. "
                "Choose a smaller kernel or more padding."
            )
        return TensorType((*g.output, g.outputs), x.axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, w = inputs[0], inputs[1].reshape(taps(inputs[1].shape))
        g = geometry(TensorType(x.shape[1:]), TensorType(w.shape), attributes)
        top, left, bottom, right = g.padding
        padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
        oh, ow = g.output
        y = np.zeros((len(x), oh, ow, g.outputs), x.dtype)
        cg, og = g.channels // g.groups, g.outputs // g.groups
        for ky in range(g.kernel[0]):
            for kx in range(g.kernel[1]):
                i, j = ky * g.dilation[0], kx * g.dilation[1]
                window = padded[
                    :, i : i + (oh - 1) * g.stride[0] + 1 : g.stride[0], j : j + (ow - 1) * g.stride[1] + 1 : g.stride[1]
                ]
                for q in range(g.groups):
                    out = slice(q * og, (q + 1) * og)
                    y[..., out] += window[..., q * cg : (q + 1) * cg] @ w[ky, kx][:, out]
        if len(inputs) > 2:
            y += inputs[2]
        return np.maximum(y, 0) if attributes.get("relu") else y

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        kh, kw, c, _ = taps(inputs[1].shape)
        return 2 * kh * kw * c * output.count

    def halo(self, graph: Graph, node: OpNode) -> dict[int, tuple[int, int]]:
        g = _of(graph, node)
        first = graph.values[node.inputs[0]].kind == "input"  # then no gradient is read around the output
        return {node.inputs[0]: g.input_halo(), node.output: (0, 0) if first else g.output_halo()}

    def forward(self, e: Emit, node: OpNode) -> None:
        g, relu = _of(e.graph, node), bool(node.attributes.get("relu"))
        x, w, y = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        b = e.value(node.inputs[2]) if len(node.inputs) > 2 else None
        laid = _transformed_weights(e, g)

        def make(f: Frame) -> list[Instruction]:
            bias = None if b is None else f.at(b)
            if laid is None:
                return convolutions.forward(g, image(f, x), f.at(w), bias, image(f, y), f.rows, relu=relu)
            u = f.partial(laid)
            made = [winograd.transformed(g, f.at(w), u)] if f.first else []
            return [*made, winograd.forward(g, image(f, x), u, bias, image(f, y), f.rows, f.scratch(), relu=relu)]

        e.rows(make, reads=[x], writes=[y] if laid is None else [y, laid], grain="block")

    def backward(self, e: Emit, node: OpNode) -> None:
        self._weights(e, node)
        self._input(e, node)

    def _weights(self, e: Emit, node: OpNode) -> None:
        """Every chain adds up its blocks in order; then the chains' shares are added in order."""
        g, x, dy = _of(e.graph, node), e.value(node.inputs[0]), e.upstream(node)
        dw = e.gradient(node.inputs[1])
        db = e.gradient(node.inputs[2]) if len(node.inputs) > 2 else None
        if dw is not None and winograd.pays(g, e.batch):
            _transformed_share(e, g, x, dy, dw)
        elif dw is not None:
            _share(
                e, g.numbers, [x, dy], dw,
                lambda f, to: convolutions.weight_gradient(g, image(f, x), image(f, dy), to, f.rows, add=not f.first),
            )  # fmt: skip
        if db is not None:
            _share(
                e, g.outputs, [dy], db,
                lambda f, to: [convolutions.bias_gradient(g, image(f, dy), to, f.rows, add=not f.first)],
            )  # fmt: skip

    def _input(self, e: Emit, node: OpNode) -> None:
        g, w, dy = _of(e.graph, node), e.value(node.inputs[1]), e.upstream(node)
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        to, add, mask = dx, not e.begin(dx), e.mask(node.inputs[0])
        back = winograd.turned(g) if winograd.fits(g) else None
        laid = None if back is None else _transformed_weights(e, back)
        turned = laid or (None if g.depthwise else e.partial(g.numbers))

        def make(f: Frame) -> list[Instruction]:
            weights = f.at(w) if turned is None else f.partial(turned)
            judged = None if mask is None else f.at(mask)
            if laid is not None and back is not None:
                room = f.scratch()
                made = [winograd.transformed(g, f.at(w), weights, turned=True, scratch=room)] if f.first else []
                done = winograd.forward(back, image(f, dy), weights, None, image(f, to), f.rows, room, mask=judged, add=add)
                return [*made, done]
            made = convolutions.transposed(g, f.at(w), weights) if f.first else []
            return made + convolutions.input_gradient(g, image(f, dy), weights, image(f, to), f.rows, mask=judged, add=add)

        e.rows(make, reads=[dy] if mask is None else [dy, mask], writes=[to] if turned is None else [to, turned], grain="block")

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        a = node.attributes
        extents, kernel = onnx_kernel(w, node)
        inputs = [w.first(node.inputs[0]), kernel]
        if len(node.inputs) > 2:
            inputs.append(w.constant(*w.tensor(node.inputs[2])))
        y = w.node(
            "Conv", inputs, label(node),
            kernel_shape=extents, strides=list(a.get("stride", (1, 1))), pads=list(a.get("padding", (0, 0, 0, 0))),
            dilations=list(a.get("dilation", (1, 1))), group=int(a.get("groups", 1)),
        )  # fmt: skip
        w.hold(node.output, relu_after(w, node, y), first=True)
