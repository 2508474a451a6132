"""An elementwise formula that a person typed, with up to three inputs of one shape and learned numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.expression import Formula, Node, expression_size, in_order, read, value
from playground.core.expression.nodes import CONSTANTS
from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, Word, sweep
from playground.engine.expressions import backward_kernel, forward_kernel
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import hsum, load, splat, store
from playground.errors import ShapeError
from playground.words import joined, sentence


@kernel
def expression_sums(F, R, w, k):
    """The gradient of one learned number: the frames' sums, added in order.  words: sums copies apart | length | out channels add

    channels: 0 for one number, which is the sum over the whole length.
    """
    total = splat(0.0)
    for j in range(0, w[3], 16):
        v = splat(0.0)
        for i in range(w[1]):
            v = v + load(F, w[0] + i * w[2] + j, 16)
        total = total + v
        if w[5]:
            n = w[5] - j
            if w[6]:
                v = v + load(F, w[4] + j, n)
            store(F, w[4] + j, n, v)
    if w[5] == 0:
        F[w[4]] = hsum(total) + (F[w[4]] if w[6] else 0.0)


class Expression(Op):
    """Attribute: formula, the canonical text. Inputs: those of x, y, z that occur in it, then its learned numbers as declared.

    A learned number has the shape (1,), one per channel (channels,). `reference` takes the start of those that are not given.
    """

    id = "expression"
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        formula = read(attributes["formula"])
        xs, learned = inputs[: len(formula.inputs)], inputs[len(formula.inputs) :]
        if any(x.shape != xs[0].shape for x in xs):
            raise ShapeError(sentence("needs inputs of equal shape; they are {shapes}.", shapes=joined(xs)), "match shapes")
        if any(one.per_channel for one in formula.learned) and not xs[0].rank:
            raise ShapeError("learns a number per channel and needs an input that has channels.")
        for one, given in zip(formula.learned, learned, strict=True):
            wanted = (xs[0].shape[-1],) if one.per_channel else (1,)
            if given.shape != wanted:
                raise ShapeError(f"needs {TensorType(wanted)} for {one.name}; {given} was given.")
        return xs[0]

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        formula = read(attributes["formula"])
        names: dict[str, Any] = {one.name: one.start for one in formula.learned}
        names.update(zip((*formula.inputs, *(one.name for one in formula.learned)), inputs, strict=False))
        y = np.broadcast_to(value(formula.body, names), np.shape(inputs[0]))
        return np.array(y, np.result_type(inputs[0], np.float32))

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return expression_size((read(attributes["formula"]).body,)) * output.count

    def forward(self, e: Emit, node: OpNode) -> None:
        formula = read(node.attributes["formula"])
        count = len(formula.inputs)
        xs, learned = [e.value(i) for i in node.inputs[:count]], [e.value(i) for i in node.inputs[count:]]
        y, name = e.value(node.output), forward_kernel(formula)

        def make(f: Frame) -> list[Instruction]:
            return [(name, *_walk(f, formula, *xs, y), *(f.at(p) for p in learned))]

        e.rows(make, reads=[*xs, *learned], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        formula = read(node.attributes["formula"])
        count = len(formula.inputs)
        names = (*formula.inputs, *(one.name for one in formula.learned))
        wanted = {name: ref for name, i in zip(names, node.inputs, strict=True) if (ref := e.gradient(i)) is not None}
        inputs = tuple(name for name in formula.inputs if name in wanted)
        learned = tuple(one.name for one in formula.learned if one.name in wanted)
        xs, parameters = [e.value(i) for i in node.inputs[:count]], [e.value(i) for i in node.inputs[count:]]
        dy, targets = e.upstream(node), [wanted[name] for name in inputs]
        added = [int(not e.begin(ref)) for ref in targets]
        length = _length(e, node, formula)
        sums = e.partial(length * len(learned), per="block") if learned else None
        name = backward_kernel(formula, inputs, learned)

        def make(f: Frame) -> list[Instruction]:
            into = [f.partial(sums), length] if sums is not None else []
            return [(name, *_walk(f, formula, *xs, dy, *targets), *added, *(f.at(p) for p in parameters), *into)]

        kept = [sums] if sums is not None else []
        if targets or kept:
            e.rows(make, reads=[*xs, dy, *parameters], writes=[*targets, *kept])
        if sums is not None:
            self._add_up(e, formula, sums, length, {one: wanted[one] for one in learned})

    def _add_up(self, e: Emit, formula: Formula, sums: Ref, length: int, wanted: Mapping[str, Ref]) -> None:
        """The gradients of learned numbers from the frames' sums."""
        kinds = {one.name: one.per_channel for one in formula.learned}
        begun = {name: int(not e.begin(ref)) for name, ref in wanted.items()}

        def make(f: Whole) -> list[list[Instruction]]:
            first, copies, apart = f.partials(sums)
            made: list[Instruction] = []
            for at, (name, ref) in enumerate(wanted.items()):
                channels = e.graph.values[ref.index].type.shape[-1] if kinds[name] else 0
                made.append(("expression_sums", first + at * length, copies, apart, length, f.at(ref), channels, begun[name]))
            return [made]

        e.whole(make, reads=[sums], writes=list(wanted.values()))

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        formula = read(node.attributes["formula"])
        count = len(formula.inputs)
        first = w.held(node.inputs[0]).first and not any(one.per_channel for one in formula.learned)
        held: dict[Node, str] = {}
        given = {name: w.like(i, first) for name, i in zip(formula.inputs, node.inputs, strict=False)}
        for one, i in zip(formula.learned, node.inputs[count:], strict=True):
            given[one.name] = w.constant(*w.tensor(i))
        for part in in_order(formula.body):
            held[part] = given[part.name] if part.kind == "name" else _onnx_part(w, node, part, [held[arg] for arg in part.args])
        y = held[formula.body]
        if formula.body.kind == "name":
            y = w.node("Identity", [y], label(node))
        w.hold(node.output, y, first=first)


_ONNX = {
    "neg": "Neg", "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow", "lt": "Less", "gt": "Greater",
    "le": "LessOrEqual", "ge": "GreaterOrEqual", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs", "sign": "Sign",
    "tanh": "Tanh", "sigmoid": "Sigmoid", "softplus": "Softplus", "relu": "Relu", "sin": "Sin", "cos": "Cos", "erf": "Erf",
    "gelu": "Gelu", "min": "Min", "max": "Max", "where": "Where",
}  # fmt: skip


def _onnx_part(w: OnnxWriter, node: OpNode, part: Node, args: list[str]) -> str:
    """One part of the formula as an ONNX operator; numbers are scalars that spread over the tensor."""
    name = f"{label(node)}/{part.kind}"
    if not part.args:
        number = part.number if part.kind == "number" else CONSTANTS[part.name]
        return w.constant(f"{name}_{number:.9g}", np.array(number, np.float32))
    if part.kind == "clip":
        return w.node("Min", [w.node("Max", args[:2], f"{name}_low"), args[2]], name)
    return w.node(_ONNX[part.kind], args, name)


def _walk(f: Frame, formula: Formula, *refs: Ref) -> list[Word]:
    """samples lines positions channels, then at line-step sample-step of each operand."""
    if not any(one.per_channel for one in formula.learned):
        samples, lines, length, *places = sweep(f, *refs)
        return [samples, lines, 1, length, *places]
    place = f.place(refs[0])
    words: list[Word] = [f.rows, place.lines, place.length // place.channels, place.channels]
    for ref in refs:
        lies = f.place(ref)
        words += [f.at(ref), lies.pitch, lies.step]
    return words


def _length(e: Emit, node: OpNode, formula: Formula) -> int:
    """Numbers that one learned number's sums take: the channels, or one set of lanes; always whole sets of lanes."""
    channels = e.graph.values[node.output].type.shape[-1] if any(one.per_channel for one in formula.learned) else 1
    return -(-channels // 16) * 16
