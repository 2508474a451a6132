"""How each op is written in ONNX: composed here where layouts or several nodes are involved, by its own ONNX name otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from playground.engine import ops
from playground.engine.graph import OpNode
from playground.formats.onnx_writer import OPSET, NoOnnxForm, Writer, label

Convert = Callable[[Writer, OpNode], None]

_COMPOSED: dict[str, Convert] = {}


def _of(op: str) -> Callable[[Convert], Convert]:
    def add(convert: Convert) -> Convert:
        _COMPOSED[op] = convert
        return convert

    return add


def write(w: Writer, node: OpNode) -> None:
    """Append the ONNX nodes of one op. Raises NoOnnxForm."""
    (_COMPOSED.get(node.op) or _by_name)(w, node)


def _by_name(w: Writer, node: OpNode) -> None:
    """An elementwise op with an ONNX operator of its own; attributes of the same name are handed on."""
    import onnx

    name = ops.find(node.op).onnx
    if not name:
        raise NoOnnxForm(
            f"{node.owner} uses {node.op}, which has no ONNX form. Export the weights as safetensors or NPZ instead."
        )
    known = onnx.defs.get_schema(name, OPSET).attributes
    lost = sorted(node.attributes.keys() - known.keys())
    if lost:
        raise NoOnnxForm(f"{node.owner} uses {node.op} with {', '.join(lost)}, which ONNX's {name} does not have.")
    first = w.held(node.inputs[0]).first
    inputs = [w.tensor(i)[0] if w.is_tensor(i) else w.like(i, first) for i in node.inputs]
    for i in node.inputs:
        if w.is_tensor(i):
            w.constant(*w.tensor(i))
    w.hold(node.output, w.node(name, inputs, label(node), **_plain(node)), first=first)


def _plain(node: OpNode) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in node.attributes.items()}


def _relu_after(w: Writer, node: OpNode, y: str) -> str:
    """Products may carry a folded ReLU."""
    return w.node("Relu", [y], f"{label(node)}_relu") if node.attributes.get("relu") else y


@_of("dense")
def _dense(w: Writer, node: OpNode) -> None:
    weight = w.constant(*w.tensor(node.inputs[1]))
    x = w.last(node.inputs[0])
    bias = [w.constant(*w.tensor(node.inputs[2]))] if len(node.inputs) > 2 else []
    if w.graph.values[node.inputs[0]].type.rank == 1:
        y = w.node("Gemm", [x, weight, *bias], label(node))
    else:
        y = w.node("MatMul", [x, weight], label(node))
        if bias:
            y = w.node("Add", [y, *bias], f"{label(node)}_bias")
    w.hold(node.output, _relu_after(w, node, y))


@_of("conv2d")
def _conv2d(w: Writer, node: OpNode) -> None:
    a = node.attributes
    name, kernel = w.tensor(node.inputs[1])
    inputs = [w.first(node.inputs[0]), w.constant(name, kernel.transpose(3, 2, 0, 1))]
    if len(node.inputs) > 2:
        inputs.append(w.constant(*w.tensor(node.inputs[2])))
    y = w.node(
        "Conv", inputs, label(node),
        kernel_shape=list(kernel.shape[:2]), strides=list(a.get("stride", (1, 1))), pads=list(a.get("padding", (0, 0, 0, 0))),
        dilations=list(a.get("dilation", (1, 1))), group=int(a.get("groups", 1)),
    )  # fmt: skip
    w.hold(node.output, _relu_after(w, node, y), first=True)


def _pool(w: Writer, node: OpNode, name: str, **more: Any) -> None:
    a = node.attributes
    y = w.node(
        name, [w.first(node.inputs[0])], label(node),
        kernel_shape=list(a["kernel"]), strides=list(a.get("stride", a["kernel"])), pads=list(a.get("padding", (0, 0, 0, 0))), **more,
    )  # fmt: skip
    w.hold(node.output, y, first=True)


@_of("max_pool2d")
def _max_pool(w: Writer, node: OpNode) -> None:
    _pool(w, node, "MaxPool")


@_of("average_pool2d")
def _average_pool(w: Writer, node: OpNode) -> None:
    _pool(w, node, "AveragePool", count_include_pad=0)


@_of("global_average_pool")
def _global_average_pool(w: Writer, node: OpNode) -> None:
    """GlobalAveragePool keeps axes of one; Flatten from axis 1 drops them."""
    y = w.node("GlobalAveragePool", [w.first(node.inputs[0])], f"{label(node)}_kept")
    w.hold(node.output, w.node("Flatten", [y], label(node), axis=1))


@_of("reshape")
def _reshape(w: Writer, node: OpNode) -> None:
    shape = w.graph.values[node.output].type.shape
    extents = w.constant(f"{label(node)}_shape", np.array([-1, *shape], np.int64))
    w.hold(node.output, w.node("Reshape", [w.last(node.inputs[0]), extents], label(node)))


@_of("add")
def _add(w: Writer, node: OpNode) -> None:
    first = w.held(node.inputs[0]).first
    names = [w.like(i, first) for i in node.inputs]
    y = names[0] if len(names) > 1 else w.node("Identity", names, label(node))
    for other in names[1:]:
        y = w.node("Add", [y, other], label(node))
    w.hold(node.output, y, first=first)


@_of("concat")
def _concat(w: Writer, node: OpNode) -> None:
    first = w.held(node.inputs[0]).first
    axis = 1 if first else w.graph.values[node.output].type.rank
    w.hold(node.output, w.node("Concat", [w.like(i, first) for i in node.inputs], label(node), axis=axis), first=first)


@_of("softmax")
def _softmax(w: Writer, node: OpNode) -> None:
    held = w.held(node.inputs[0])
    axis = 1 if held.first else held.type.rank
    w.hold(node.output, w.node("Softmax", [held.name], label(node), axis=axis), first=held.first)


@_of("batch_norm")
def _batch_norm(w: Writer, node: OpNode) -> None:
    inputs = [w.first(node.inputs[0]), *(w.constant(*w.tensor(i)) for i in node.inputs[1:5])]
    y = w.node("BatchNormalization", inputs, label(node), epsilon=float(node.attributes.get("epsilon", 1e-5)))
    w.hold(node.output, y, first=w.graph.values[node.output].type.rank > 1)


@_of("dropout")
def _dropout(w: Writer, node: OpNode) -> None:
    """Nothing is dropped after training: its input stands for its output."""
    held = w.held(node.inputs[0])
    w.hold(node.output, held.name, first=held.first)


@_of("leaky_relu")
def _leaky_relu(w: Writer, node: OpNode) -> None:
    held = w.held(node.inputs[0])
    slope = getattr(node.attributes["slope"], "value", node.attributes["slope"])
    w.hold(node.output, w.node("LeakyRelu", [held.name], label(node), alpha=float(slope)), first=held.first)
