"""What all losses share: a weight for every row, shares of the mean on every chain added in order, the gradient in the same pass.

Loss = Σ wᵢ lᵢ / Σ wᵢ over the rows of the batch, where a row is a sample or one of its steps and lᵢ is the mean over its numbers.
Without weights that is the plain mean. Rows of weight 0 count for nothing, and a batch in which all weights are 0 has loss and
gradient 0. Attributes of every loss op: `weighted` (an input after the target holds the weights), `weight` (a number or a knob
that the gradient is multiplied by: the loss's share of a sum of several).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.registers import HEAD_LOSSES, HEAD_WEIGHTS, MOST_HEADS, ROWS
from playground.engine.vocabulary import hsum, load, number, ramp, splat, store, where
from playground.errors import ShapeError

#: Words of every loss kernel before its own: rows width | prediction target weights (0: all 1) | gradient (0: not wanted) add |
#: share | scale (0: the rows in use count alike) | numbers that a sample's mean runs over | the loss's weight (two words) |
#: rows for each weight.
OWN = 13

#: Stands in a loss's own words for the scratch of the chain.
SCRATCH = Ref("scratch", 0)


@inline
def loss_scale(F, R, w):
    """What the sum over the rows' numbers is multiplied by."""
    return F[w[8]] if w[8] != 0 else np.float32(1) / np.float32(R[ROWS] * w[9])


@inline
def row_weight(F, w, i):
    """The weight of row i."""
    return F[w[4] + i // w[12]] if w[4] != 0 else np.float32(1)


@inline
def clear_row(F, d, n, add):
    """The gradient of a row that counts for nothing, at d (0: not wanted): 0, or what is there already."""
    if d != 0 and add == 0:
        for j in range(0, n, 16):
            store(F, d + j, n - j, splat(0.0))


@kernel
def add_shares(F, R, w, k):
    """words: first share, count, numbers from one to the next, total"""
    total = F[w[0]]
    for i in range(1, w[1]):
        total += F[w[0] + i * w[2]]
    F[w[3]] = total


@kernel
def add_weights(F, R, w, k):
    """The sum of the weights of some rows.  words: weights n | sum"""
    s = splat(0.0)
    for j in range(0, w[1], 16):
        s = s + load(F, w[0] + j, w[1] - j)
    F[w[2]] = hsum(s)


@kernel
def weights_scale(F, R, w, k):
    """1 / (sum of all weights × width), 0 for a sum of 0.

    words: first sum, count, numbers from one to the next, width | scale | where the sum is kept
    """
    total = F[w[0]]
    for i in range(1, w[1]):
        total += F[w[0] + i * w[2]]
    F[w[4]] = np.float32(1) / (total * np.float32(w[3])) if total != 0.0 else np.float32(0)
    F[w[5]] = total


def emit_loss(
    e: Emit,
    node: OpNode,
    kernel_name: str,
    *,
    each: int,
    width: int,
    averaged: int = 1,
    rows_of_weight: int = 1,
    own: Sequence[Word | Ref] = (),
) -> None:
    """The row task `kernel_name` and the sum of its shares.

    each: rows of a sample (its steps).  width: numbers of a row that the kernel walks over.  averaged: how many of these its mean
    runs over, 1 where a row has one loss.  rows_of_weight: consecutive rows that share a weight.
    own: the kernel's own words, in which a Ref stands for its address and SCRATCH for the chain's scratch.
    """
    prediction, target, total = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
    weights = e.value(node.inputs[2]) if node.attributes.get("weighted") else None
    gradient = e.gradient(node.inputs[0]) if e.training else None
    add = 0 if gradient is None else int(not e.begin(gradient))
    shares, scale = e.partial(1, per="block"), None
    weight = knob_words(node.attributes.get("weight", 1.0))
    if weights is not None:
        scale = _emit_scale(e, weights, each // rows_of_weight, averaged * rows_of_weight, total)
    flat = weights is None and averaged > 1 and not any(isinstance(word, Ref) for word in own)

    def make(f: Frame) -> list[Instruction]:
        rows: tuple[Word, Word] = (1, f.rows * (each * width)) if flat else (f.rows * each, width)
        places = (f.at(prediction), f.at(target), 0 if weights is None else f.at(weights))
        to = 0 if gradient is None else f.at(gradient)
        divisor = 0 if scale is None else f.partial(scale)
        mine = [f.scratch() if word is SCRATCH else f.at(word) if isinstance(word, Ref) else word for word in own]
        return [
            (kernel_name, *rows, *places, to, add, f.partial(shares), divisor, each * averaged, *weight, rows_of_weight, *mine)
        ]

    def make_total(f: Whole) -> list[list[Instruction]]:
        return [[("add_shares", *f.partials(shares), f.at(total))]]

    reads = [prediction, target, *(ref for ref in (weights, scale) if ref is not None)]
    reads += [word for word in own if isinstance(word, Ref) and word is not SCRATCH]
    e.rows(make, reads=reads, writes=[shares] if gradient is None else [shares, gradient])
    e.whole(make_total, reads=[shares], writes=[total])


def _emit_scale(e: Emit, weights: Ref, each: int, averaged: int, loss: Ref) -> Ref:
    """One over the sum of the weights of all rows, for every chain to read; the sum itself is kept for means over several batches."""
    sums, scale = e.partial(1), e.partial(1)

    def make_sums(f: Frame) -> list[Instruction]:
        return [("add_weights", f.at(weights), f.rows * each, f.partial(sums))]

    def make_scale(f: Whole) -> list[list[Instruction]]:
        first, copies, apart = f.partials(scale)
        kept = HEAD_WEIGHTS + _head(f.at(loss))
        return [[("weights_scale", *f.partials(sums), averaged, first + i * apart, kept) for i in range(copies)]]

    e.rows(make_sums, reads=[weights], writes=[sums], grain="part")
    e.whole(make_scale, reads=[sums], writes=[scale])
    return scale


def _head(at: int) -> int:
    """Which of the network's losses has its scalar there; a lone one is the first."""
    return at - HEAD_LOSSES if HEAD_LOSSES <= at < HEAD_LOSSES + MOST_HEADS else 0


def weighted_mean(numbers: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """The formula at the head of this file. Shapes: numbers (n, ...) one for each row; weights the same."""
    if weights is None:
        return np.asarray(numbers.mean())
    total = weights.sum()
    return np.asarray((np.where(weights == 0, 0.0, numbers) * weights).sum() / total if total else 0.0)


def same_shapes(title: str, inputs: Sequence[TensorType]) -> TensorType:
    """The scalar of a loss whose prediction and target have one shape. Raises ShapeError."""
    if inputs[0].shape != inputs[1].shape:
        raise ShapeError(f"{title} needs as many predictions as targets: the prediction is {inputs[0]}, the target {inputs[1]}.")
    return TensorType(())


def check_weights(title: str, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> None:
    """Weights must be one for each sample, or one for each step along the first axis. Raises ShapeError."""
    if attributes.get("weighted") and inputs[2].shape not in ((), inputs[0].shape[:1]):
        raise ShapeError(f"{title} needs weights of samples or steps; they are {inputs[2]}, the prediction {inputs[0]}.")


# ------------------------------------------------------------------------------------------------------------- by elements


@inline
def element(x, t, p, q):
    """Stands in the template for a loss's own formula."""
    return x * t * p * q


@inline
def element_slope(x, t, p, q):
    """Stands in the template for its derivative by x."""
    return x * t * p * q


def _template(F, R, w, k):
    """own words: parameter (two words) | one number for each column (0: all 1)"""
    scale, p, d, total = loss_scale(F, R, w), number(k, w[13], w[14]), w[5], splat(0.0)
    weight = number(k, w[10], w[11])
    for i in range(w[0]):
        x, t, share = w[2] + i * w[1], w[3] + i * w[1], row_weight(F, w, i)
        if share == 0.0:
            clear_row(F, d, w[1], w[6])
        else:
            s, slope = splat(0.0), scale * share * weight
            for j in range(0, w[1], 16):
                n = w[1] - j
                a, b = load(F, x + j, n), load(F, t + j, n)
                q = splat(1.0)
                if w[15] != 0:
                    q = load(F, w[15] + j, n)
                s = s + where(ramp(0.0) < np.float32(n), element(a, b, p, q), 0.0)
                if d != 0:
                    g = element_slope(a, b, p, q) * slope
                    if w[6]:
                        g = g + load(F, d + j, n)
                    store(F, d + j, n, g)
            total = total + s * share
        if d != 0:
            d += w[1]
    F[w[7]] = hsum(total) * scale


class ElementLoss(Op):
    """A loss that compares number with number: mean over a row's numbers of value(x, t, p, q).

    A subclass gives `value` and `slope` (the derivative by x) as functions of lanes in the words of `engine.vocabulary`, and
    `numbers`, the same in NumPy. p is the attribute `parameter`; q is 1, or one number for each place of the last axis (attribute
    `by_column`: the last input, a constant, holds them).
    """

    is_loss = True
    is_flat = True
    #: The attribute that is p, where the formula has a parameter.
    parameter: ClassVar[str] = ""
    title: ClassVar[str] = "This loss"
    flops: ClassVar[int] = 4

    def __init_subclass__(cls) -> None:
        if "value" in cls.__dict__:
            names = {"element": inline(cls.__dict__["value"].__func__), "element_slope": inline(cls.__dict__["slope"].__func__)}
            made = types.FunctionType(_template.__code__, {**_template.__globals__, **names}, cls.id)
            made.__module__, made.__qualname__, made.__doc__ = cls.__module__, cls.id, _template.__doc__
            kernel(made)

    value: ClassVar[Callable[..., Any]]
    slope: ClassVar[Callable[..., Any]]

    def numbers(self, x: np.ndarray, t: np.ndarray, p: float, q: np.ndarray | float) -> np.ndarray:
        """`value` in NumPy, element by element."""
        raise NotImplementedError

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        check_weights(self.title, inputs, attributes)
        return same_shapes(self.title, inputs)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, t = inputs[0], inputs[1]
        p = float(getattr(found := attributes.get(self.parameter, 0.0), "value", found))
        numbers = self.numbers(x, t, p, inputs[-1] if attributes.get("by_column") else 1.0)
        if not attributes.get("weighted"):
            return np.asarray(numbers.mean())
        rows = inputs[2]
        return weighted_mean(numbers.reshape(*rows.shape, -1).mean(axis=-1), rows)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return self.flops * inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        weighted, by_column = bool(node.attributes.get("weighted")), bool(node.attributes.get("by_column"))
        type = e.graph.values[node.inputs[0]].type
        weights = e.graph.values[node.inputs[2]].type.count if weighted else 1
        each = type.count // type.shape[-1] if by_column else weights
        width = type.count // each
        p = knob_words(node.attributes.get(self.parameter, 0.0))
        columns: Word | Ref = e.value(node.inputs[-1]) if by_column else 0
        emit_loss(e, node, self.id, each=each, width=width, averaged=width, rows_of_weight=each // weights, own=[*p, columns])
