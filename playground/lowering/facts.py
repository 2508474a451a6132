"""What one layer makes of given inputs: shape, parameters, operations, or why it cannot. Built alone, without data; remembered."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

from playground.core.spec import Layer, Spec
from playground.core.tensor import TensorType, Value
from playground.document.settings import every_field
from playground.engine import ops
from playground.engine.builder import GraphBuilder, Share
from playground.engine.graph import Parameter
from playground.engine.simplify import pruned
from playground.errors import BadValue, ShapeError
from playground.lowering.formulas import parameter_formula
from playground.words import sentence

#: What a layer is called while it is looked at alone.
NODE = "node"
#: Extents beyond this are refused here: no machine could hold the numbers, and NumPy counts no further.
MOST_NUMBERS = 2**40


@dataclasses.dataclass(frozen=True)
class Facts:
    """type: None where the inputs do not fit; reason then goes on from the node's name, and mend is ShapeError's word.

    types: of all its outputs.  parameters: trained numbers of its own.  flops: floating-point operations of one sample's forward
    pass.  declared: its own parameters with their shapes, owned by a node called NODE.
    """

    type: TensorType | None
    parameters: int = 0
    formula: str = ""
    flops: int = 0
    reason: str = ""
    mend: str = ""
    types: tuple[TensorType, ...] = ()
    declared: tuple[tuple[Parameter, TensorType], ...] = ()


@dataclasses.dataclass(frozen=True)
class Shared:
    """Weights of another node that a layer uses. node: its name.  declared: its parameters.  transposed: matrices turned round."""

    node: str
    declared: tuple[tuple[Parameter, TensorType], ...]
    transposed: bool


def facts(spec: Layer, inputs: tuple[TensorType | None, ...], shared: Shared | None = None) -> Facts:
    """Of a layer whose settings are within their ranges."""
    return _facts(spec, inputs, shared)


def built(spec: Layer, g: GraphBuilder, *values: Value | None) -> tuple[Value, ...]:
    """What a layer's `build` gives, always as a tuple."""
    found = spec.build(g, *values)
    return found if isinstance(found, tuple) else (found,)


@lru_cache(maxsize=4096)
def _facts(spec: Layer, inputs: tuple[TensorType | None, ...], shared: Shared | None) -> Facts:
    g = GraphBuilder()
    share = None
    if shared is not None:
        g.declare((owned(p, shared.node), type) for p, type in shared.declared)
        share = Share(shared.node, shared.transposed)
    values = [alone(g, type) for type in inputs]
    try:
        with g.of(NODE, spec, share):
            outputs = built(spec, g, *values)
        graph = g.finish(outputs)
        own = [p for p in graph.parameters if p.owner == NODE]
        shapes = [graph.values[p.value].type for p in own]
        if max([*(y.type.count for y in outputs), *(s.count for s in shapes)]) > MOST_NUMBERS:
            raise ShapeError(sentence("asks for more numbers than any machine holds. Choose smaller extents."))
        done = pruned(
            graph
        ).nodes  # what is computed only where somebody looks, such as attention's weights, costs nothing otherwise
        flops = sum(ops.find(n.op).cost(graph.types(n), graph.values[n.output].type, n.attributes) for n in done)
    except ShapeError as error:
        return Facts(None, reason=str(error), mend=error.mend)
    parameters = sum(s.count for s in shapes)
    written = spec.count_formula(tuple(type for type in inputs if type is not None)) if shared is None else ""
    formula = parameter_formula(written, [s.shape for s in shapes], parameters)
    declared = tuple((p, graph.values[p.value].type) for p in own)
    return Facts(outputs[0].type, parameters, formula, flops, types=tuple(y.type for y in outputs), declared=declared)


def alone(g: GraphBuilder, type: TensorType | None) -> Value | None:
    """An input of a layer or a loss that is looked at alone, with a mask where its type has one."""
    if type is None:
        return None
    x = g.take_input(type)
    return g.masked(x, g.take_column("mask", TensorType(type.shape[:1]))) if type.masked else x


def row_weights(g: GraphBuilder, prediction: Value, weights: Value | None) -> Value | None:
    """What each sample or step counts in a loss: its weight, and nothing where the step is padding."""
    if prediction.mask is None or weights is None:
        return weights if prediction.mask is None else prediction.mask
    return g.op("row_weights", prediction.mask, weights)


def owned(parameter: Parameter, node: str) -> Parameter:
    """The parameter of `Facts.declared` under a node's name."""
    return dataclasses.replace(parameter, name=f"{node}.{parameter.name.partition('.')[2]}", owner=node)


def in_range(spec: Spec) -> bool:
    """Whether every setting lies in its range and is of its type."""
    return _in_range(_Itself(spec))


@dataclasses.dataclass(frozen=True, eq=False)
class _Itself:
    """A record as a key: compared by identity, since Python finds 1, 1.0 and True equal, and one of them may be of a wrong type."""

    spec: Spec

    def __hash__(self) -> int:
        return id(self.spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.spec is other.spec


@lru_cache(maxsize=4096)
def _in_range(key: _Itself) -> bool:
    try:
        for path, field, value in every_field(key.spec):
            field.check(path, value)
    except BadValue:
        return False
    return True
