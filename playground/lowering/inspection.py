"""Everything that can be said about a project without training it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from playground.core.samples import Samples
from playground.core.spec import Layer, Loss
from playground.core.tensor import TensorType
from playground.document.blocks import View
from playground.document.problems import Problem, participants, structural_problems
from playground.document.project import Link, Node, Project
from playground.lowering.expansion import Source, expanded
from playground.lowering.facts import in_range
from playground.lowering.fit import loss_problems
from playground.lowering.flow import Flow, flow_of
from playground.lowering.folding import folded, inner_problems, summed
from playground.lowering.groups import group_problems, tie_problems
from playground.lowering.memory import memory_problem
from playground.lowering.node_problems import absent_data, batch_problem, present, remedied, shape_problem, training_rows
from playground.lowering.sequence_mends import token_problem
from playground.lowering.ties import idle_ties
from playground.lowering.trying import offered
from playground.words import counted_sentence, sentence


@dataclasses.dataclass(frozen=True)
class Inspection:
    """All keys are node ids. types: output of each node, as far as known.  parameters, formulas, flops: of layers, one sample.

    captions: a few words for a node's shape line.  outputs: of nodes whose types are known, all that they give.
    idle_ties: nodes that are tied to another and share nothing with it.
    """

    types: dict[str, TensorType]
    parameters: dict[str, int]
    formulas: dict[str, str]
    flops: dict[str, int]
    captions: dict[str, str]
    problems: list[Problem]
    outputs: dict[str, tuple[TensorType | None, ...]] = dataclasses.field(default_factory=dict)
    idle_ties: frozenset[str] = frozenset()

    def output_type(self, node: str, output: int = 0) -> TensorType | None:
        """What a node gives at one of its outputs, where known."""
        given = self.outputs.get(node, ())
        return given[output] if output < len(given) else None

    def type_of(self, link: Link) -> TensorType | None:
        """What flows through a wire, where known."""
        return self.output_type(link.source, link.output)

    @property
    def total_parameters(self) -> int:
        return sum(self.parameters.values())

    @property
    def total_flops(self) -> int:
        return sum(self.flops.values())

    @property
    def errors(self) -> list[Problem]:
        """What keeps the project from training."""
        return [problem for problem in self.problems if problem.severity == "error"]


def inspect(project: Project, samples: Samples | None) -> Inspection:
    """Shapes, counts and problems, as far as wires and data are there. Raises nothing."""
    whole = expanded(project)
    flat, flow = whole.project, flow_of(project, samples)
    known = {id: found for id, found in flow.facts.items() if found.type is not None}
    own = [shape_problem(flow, flow.nodes[id], flow.into[id], found) for id, found in flow.facts.items() if found.type is None]
    own += [problem for id in flow.facts if (problem := token_problem(flow, id)) is not None]
    own += [problem for node in flow.nodes.values() for problem in absent_data(flow, node)]
    own += _fit_problems(flat, samples, flow)
    part = participants(flat) | {""}
    problems = [*structural_problems(project), *inner_problems(project, whole, participants(project))]
    counts, idle = {id: found.parameters for id, found in known.items()}, list(idle_ties(project, whole, flow))
    problems += [*tie_problems(project, counts, {one.node for one in idle}), *(folded(project, one) for one in idle)]
    problems += [folded(project, one) for one in group_problems(flat, counts)]
    own = [one if one.node in part else dataclasses.replace(one, severity="warning") for one in own]
    problems += [offered(project, samples, one) if one.node else one for one in own]
    if samples is not None and not isinstance(project, View) and all(problem.severity != "error" for problem in problems):
        problems += [folded(project, one) for one in _unknown(flow, part) or remedied(memory_problem(project, samples, flow))]
    outputs = {**flow.outputs, **{use: given for use, exits in whole.exits.items() if (given := _given(flow, exits))}}
    types = {**flow.types, **{use: outputs[use][0] for use in whole.exits if use in outputs and outputs[use][0] is not None}}
    formulas = {id: found.formula for id, found in known.items()}
    captions = {id: _caption(flow, flow.nodes[id]) for id in known}
    formulas |= {use: _sum_formula(use, counts) for use in whole.blocks}
    captions |= {use: _layers(sum(id.startswith(f"{use}/") for id in flow.nodes)) for use in whole.blocks}
    own_nodes = {node.id for node in project.network.nodes}
    return Inspection(
        types={id: type for id, type in types.items() if id in own_nodes and type is not None},
        parameters=summed(counts),
        formulas={id: formula for id, formula in formulas.items() if id in own_nodes},
        flops=summed({id: found.flops for id, found in known.items()}),
        captions={id: caption for id, caption in captions.items() if id in own_nodes},
        problems=problems,
        outputs={id: given for id, given in outputs.items() if id in own_nodes},
        idle_ties=frozenset(one.node for one in idle if one.node in own_nodes),
    )


def _unknown(flow: Flow, part: set[str]) -> tuple[Problem, ...]:
    """What no rule speaks of and yet cannot be built: the first node of training that reads something of unknown shape."""
    for id in (*flow.order, *flow.nodes.keys() - set(flow.order)):
        node = flow.nodes[id]
        if id in part and isinstance(node.spec, Layer | Loss) and flow.inputs(node) is None:
            text = sentence("What {node} reads has no shape that is known. Delete its wires and draw them again.", node=node.name)
            return (Problem(text=text, node=id),)
    return ()


def _given(flow: Flow, exits: tuple[Source | None, ...]) -> tuple[TensorType | None, ...]:
    """What a block gives at its outputs, () while nothing is known."""
    found = tuple(None if one is None else _output(flow, one) for one in exits)
    return found if any(found) else ()


def _output(flow: Flow, source: Source) -> TensorType | None:
    given = flow.outputs.get(source[0], ())
    return given[source[1]] if source[1] < len(given) else None


def _layers(count: int) -> str:
    return counted_sentence(count, "layer", "layers")


def _sum_formula(use: str, parameters: dict[str, int]) -> str:
    """The parameters of a block, and in how many layers they are."""
    counts = [count for id, count in parameters.items() if id.startswith(f"{use}/") and count]
    return sentence("{count} in {layers}", count=f"{sum(counts):,}", layers=_layers(len(counts))) if counts else ""


def _fit_problems(project: Project, samples: Samples | None, flow: Flow) -> Iterator[Problem]:
    losses = [node for node in project.network.nodes if isinstance(node.spec, Loss)]
    if samples is not None:
        for node in losses:
            if isinstance(node.spec, Loss) and in_range(node.spec):
                yield from loss_problems(project, samples, flow, node)
    rows = training_rows(project, samples)
    yield from (problem for id in flow.facts if (problem := batch_problem(project, rows, flow, id)) is not None)
    if losses and flow.inputs(losses[0]) is not None and not any(found.parameters for found in flow.facts.values()):
        yield Problem(
            text=sentence("{losses} has nothing to train: add a layer with weights.", losses=losses[0].name),
            node=losses[0].id,
            severity="warning",
        )


def _caption(flow: Flow, node: Node) -> str:
    inputs = flow.inputs(node)
    return node.spec.caption(present(inputs), flow.types[node.id]) if isinstance(node.spec, Layer) and inputs is not None else ""
