"""What one layer makes of given inputs: shape, parameters, operations, or why it cannot. Built alone, without data; remembered."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

from playground.core.spec import Layer, Spec
from playground.core.tensor import TensorType
from playground.document.settings import every_field
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.errors import BadValue, ShapeError
from playground.lowering.formulas import parameter_formula

#: Extents beyond this are refused here: no machine could hold the numbers, and NumPy counts no further.
MOST_NUMBERS = 2**40


@dataclasses.dataclass(frozen=True)
class Facts:
    """type: None where the inputs do not fit; reason then goes on from the node's name, and mend is ShapeError's word.

    parameters: trained numbers.  flops: floating-point operations of one sample's forward pass.
    """

    type: TensorType | None
    parameters: int = 0
    formula: str = ""
    flops: int = 0
    reason: str = ""
    mend: str = ""


def facts(spec: Layer, inputs: tuple[TensorType, ...]) -> Facts:
    """Of a layer whose settings are within their ranges."""
    return _facts(spec, inputs)


@lru_cache(maxsize=4096)
def _facts(spec: Layer, inputs: tuple[TensorType, ...]) -> Facts:
    g = GraphBuilder()
    values = [g.take_input(type) for type in inputs]
    try:
        with g.of("node", spec):
            output = spec.build(g, *values)
        graph = g.finish(output)
        shapes = [graph.values[p.value].type for p in graph.parameters]
        if max([output.type.count, *(s.count for s in shapes)]) > MOST_NUMBERS:
            raise ShapeError("asks for more numbers than any machine holds. Choose smaller extents.")
        flops = sum(ops.find(n.op).cost(graph.types(n), graph.values[n.output].type, n.attributes) for n in graph.nodes)
    except ShapeError as error:
        return Facts(None, reason=str(error), mend=error.mend)
    parameters = sum(s.count for s in shapes)
    formula = parameter_formula(spec.count_formula(inputs), [s.shape for s in shapes], parameters)
    return Facts(output.type, parameters, formula, flops)


def in_range(spec: Spec) -> bool:
    """Whether every setting lies in its range."""
    try:
        return _in_range(spec)
    except TypeError:  # a setting that cannot be hashed is of the wrong type
        return False


@lru_cache(maxsize=4096)
def _in_range(spec: Spec) -> bool:
    try:
        for path, field, value in every_field(spec):
            field.check(path, value)
    except BadValue:
        return False
    return True
