"""May this wire be drawn?"""

from __future__ import annotations

import dataclasses
from typing import TypeGuard

from playground.core.samples import Samples
from playground.core.spec import Dataset, Layer, Loss, Spec
from playground.core.tensor import TensorType
from playground.document.blocks import BlockInput, BlockOutput, BlockUse
from playground.document.edits import AddLink, EditError
from playground.document.problems import LazyMends, Problem
from playground.document.project import Node, Project
from playground.document.wiring import gives_output, output_names, required_ports, takes_port
from playground.lowering.facts import Facts, facts, in_range
from playground.lowering.fit import suits
from playground.lowering.flow import Flow, flow_of
from playground.lowering.node_problems import shape_problem
from playground.lowering.trying import offered
from playground.words import sentence


def fits(project: Project, samples: Samples | None, source: str, target: str, port: int, output: int = 0) -> Problem | None:
    """Why a wire may not be drawn from an output to a port, or None. The edits of its mends draw it too.

    Refused are loops, ports that are not there, outputs that the data do not have, and shapes that a layer cannot take. A loss
    takes any prediction: `inspect` says what to change when the number of outputs is wrong.
    """
    wire = AddLink(source, target, port, output=output)
    try:
        wired = wire.apply(project)
    except EditError as error:
        return Problem(text=str(error), node=target)
    if any(isinstance(node.spec, BlockUse) for node in project.network.nodes):
        return _fits_unfolded(wired, samples, wire)
    flow = flow_of(project, samples)
    given, giver = flow.outputs.get(source, ()), flow.nodes[source]
    if isinstance(giver.spec, Dataset) and output < len(given) and given[output] is None:
        return Problem(
            text=sentence(
                "{giver} has no {output_names}. Choose another output.",
                giver=giver.name,
                output_names=output_names(giver.spec)[output],
            ),
            node=source,
        )
    node = flow.nodes[target]
    if not isinstance(node.spec, Layer) or not in_range(node.spec):
        return None
    links = sorted((link for link in wired.network.links if link.target == target), key=lambda link: link.port)
    inputs = flow.inputs(node, links)
    if inputs is None:
        return None
    found = facts(node.spec, inputs)
    if found.type is not None:
        return None
    newest = next((link for link in links if link.source == source and link.port == port), links[-1])
    return _drawing(wire, offered(wired, samples, shape_problem(flow, node, links, found, newest)))


def fits_kind(spec: Spec, type: TensorType | None, samples: Samples | None) -> bool:
    """Whether a new node can stand behind an output of this type, None for one that is not known. Required inputs beside the first
    are taken to be of the same type. A loss has to suit the targets too, where the data are known.
    """
    if not takes_port(spec, 0):
        return False
    if type is None or not in_range(spec):
        return True
    if isinstance(spec, Loss):
        return samples is None or suits(spec, type, samples)
    return not _computes(spec) or behind(spec, type).type is not None


def _computes(spec: object) -> TypeGuard[Layer]:
    """Whether a spec alone says what it makes of its inputs: a block says it in its network, its inputs and outputs where it is used."""
    return isinstance(spec, Layer) and not isinstance(spec, BlockInput | BlockOutput | BlockUse)


def behind(spec: Layer, type: TensorType) -> Facts:
    """What a layer makes of this type at each required input."""
    needed = max(1, required_ports(spec))
    return facts(spec, (type,) * needed + (None,) * (len(spec.ports) - needed))


def fits_before(
    project: Project, samples: Samples | None, spec: Spec, target: str, port: int, given: tuple[TensorType, ...]
) -> bool:
    """Whether a new node can feed an input. given: what may feed the new node in turn; where nothing is known anything fits."""
    if not gives_output(spec) or isinstance(spec, Dataset) or not in_range(spec):
        return gives_output(spec)
    flow = flow_of(project, samples)
    node = flow.nodes.get(target)
    if node is None or not _computes(spec) or not given:
        return True
    made = [found.type for type in given if (found := behind(spec, type)).type is not None] if spec.ports else [behind_none(spec)]
    return any(type is None or _accepts(flow, node, port, type, samples) for type in made)


def behind_none(spec: Layer) -> TensorType | None:
    """What a layer without inputs gives."""
    return facts(spec, ()).type


def _accepts(flow: Flow, node: Node, port: int, type: TensorType, samples: Samples | None) -> bool:
    """Whether an input takes a type, with the other inputs as they are wired, and those not wired yet of the same type."""
    if isinstance(node.spec, Loss):
        return port > 0 or samples is None or suits(node.spec, type, samples)
    if not _computes(node.spec) or not in_range(node.spec):
        return True
    wired = {link.port: flow.type_of(link) for link in flow.into[node.id]}
    count = max(len(node.spec.ports), port + 1, *(at + 1 for at in wired)) if wired else max(len(node.spec.ports), port + 1)
    needed = max(required_ports(node.spec), port + 1)
    inputs = [type if at == port else wired.get(at) or (type if at < needed else None) for at in range(count)]
    return facts(node.spec, tuple(inputs)).type is not None


def _drawing(wire: AddLink, problem: Problem) -> Problem:
    """The problem with mends that draw the wire first."""
    drawn = LazyMends(lambda: (dataclasses.replace(mend, edits=(wire, *mend.edits)) for mend in problem.mends))
    return dataclasses.replace(problem, mends=drawn)


def _fits_unfolded(wired: Project, samples: Samples | None, wire: AddLink) -> Problem | None:
    """The same where blocks may stand at either end: what the wire feeds is looked at in the flat network that it gives."""
    flow, target = flow_of(wired, samples), wire.target
    giver = wired.network.node(wire.source)
    given = flow.outputs.get(wire.source, ())
    if isinstance(giver.spec, Dataset) and wire.output < len(given) and given[wire.output] is None:
        return Problem(
            text=sentence(
                "{giver} has no {output_names}. Choose another output.",
                giver=giver.name,
                output_names=output_names(giver.spec)[wire.output],
            ),
            node=giver.id,
        )
    for id in flow.order:
        found = flow.facts.get(id)
        if (id == target or id.startswith(f"{target}/")) and found is not None and found.type is None:
            newest = next((link for link in flow.into[id] if link.id == wire.id), None)
            return _drawing(wire, offered(wired, samples, shape_problem(flow, flow.nodes[id], flow.into[id], found, newest)))
    return None
