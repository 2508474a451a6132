"""What all losses share: shares of the mean on every chain, added in order; and the gradient, written in the same pass."""

from __future__ import annotations

from collections.abc import Sequence

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Whole
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.errors import ShapeError


@kernel
def add_shares(F, R, w, k):
    """words: first share, count, numbers from one to the next, total"""
    total = F[w[0]]
    for i in range(1, w[1]):
        total += F[w[0] + i * w[2]]
    F[w[3]] = total


def emit_loss(e: Emit, node: OpNode, kernel_name: str, width: int) -> None:
    """The row task `kernel_name` and the sum of its shares.

    Words of the kernel: rows width | prediction target | gradient (0: not wanted) add | share.  width: predictions of a sample.
    Its share is the frame's part of the mean over the rows in use (register ROWS) and whatever else the loss averages over.
    """
    prediction, target, total = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
    gradient = e.gradient(node.inputs[0]) if e.training else None
    add = 0 if gradient is None else int(not e.begin(gradient))
    shares = e.partial(1)

    def make(f: Frame) -> list[Instruction]:
        to = 0 if gradient is None else f.at(gradient)
        return [(kernel_name, f.rows, width, f.at(prediction), f.at(target), to, add, f.partial(shares))]

    def make_total(f: Whole) -> list[list[Instruction]]:
        return [[("add_shares", *f.partials(shares), f.at(total))]]

    e.rows(make, reads=[prediction, target], writes=[shares] if gradient is None else [shares, gradient], grain="part")
    e.whole(make_total, reads=[shares], writes=[total])


def same_shapes(title: str, inputs: Sequence[TensorType]) -> TensorType:
    """The scalar of a loss whose prediction and target have one shape. Raises ShapeError."""
    if inputs[0].shape != inputs[1].shape:
        raise ShapeError(f"{title} needs as many predictions as targets: the prediction is {inputs[0]}, the target {inputs[1]}.")
    return TensorType(())
