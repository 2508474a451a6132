"""Values side by side along the last axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store
from playground.errors import ShapeError


@kernel
def copy_columns(F, R, w, k):
    """y (+)= x, some columns of each.  words: samples lines positions columns | x, line sample position | y likewise | add"""
    columns = w[3]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[4] + row * w[5] + s * w[6], w[8] + row * w[9] + s * w[10]
            for _ in range(w[2]):
                for j in range(0, columns, 16):
                    n = columns - j
                    v = load(F, x + j, n)
                    store(F, y + j, n, v + load(F, y + j, n) if w[12] else v)
                x += w[7]
                y += w[11]


def _columns(f: Frame, source: Ref, target: Ref, shift: tuple[int, int], extents: tuple[int, int, int], add: bool) -> Instruction:
    """shift: first column in source and in target; extents: columns copied, columns of the source and of the target."""
    copied, wide, to_wide = extents
    a, b = f.place(source), f.place(target)
    lies: list[Word] = [f.at(source) + shift[0], a.pitch, a.step, wide, f.at(target) + shift[1], b.pitch, b.step, to_wide]
    return ("copy_columns", f.rows, a.lines, a.length // wide, copied, *lies, int(add))


class Concat(Op):
    """Two or more inputs that agree on all axes but the last."""

    id = "concat"
    onnx = "Concat"

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if any(x.rank == 0 or x.shape[:-1] != inputs[0].shape[:-1] for x in inputs):
            raise ShapeError(f"needs shapes that agree on all axes but the last; they are {', '.join(map(str, inputs))}.")
        return TensorType((*inputs[0].shape[:-1], sum(x.shape[-1] for x in inputs)), inputs[0].axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return np.concatenate(inputs, axis=-1)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def forward(self, e: Emit, node: OpNode) -> None:
        y, wide = e.value(node.output), e.graph.values[node.output].type.shape[-1]
        xs, widths = [e.value(i) for i in node.inputs], [t.shape[-1] for t in e.graph.types(node)]
        starts = [sum(widths[:i]) for i in range(len(widths))]

        def make(f: Frame) -> list[Instruction]:
            return [
                _columns(f, x, y, (0, at), (width, width, wide), add=False)
                for x, width, at in zip(xs, widths, starts, strict=True)
            ]

        e.rows(make, reads=xs, writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        wide, at = e.graph.values[node.output].type.shape[-1], 0
        for i, type in zip(node.inputs, e.graph.types(node), strict=True):
            dx = e.gradient(i)
            if dx is not None:
                self._hand_back(e, e.upstream(node), dx, at, (type.shape[-1], wide, type.shape[-1]), not e.begin(dx))
            at += type.shape[-1]

    def _hand_back(self, e: Emit, dy: Ref, dx: Ref, at: int, extents: tuple[int, int, int], add: bool) -> None:
        def make(f: Frame) -> list[Instruction]:
            return [_columns(f, dy, dx, (at, 0), extents, add)]

        e.rows(make, reads=[dy], writes=[dx])
