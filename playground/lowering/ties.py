"""May these two layers share their weights?"""

from __future__ import annotations

import dataclasses

from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document.edits import EditError, ShareWeights
from playground.document.problems import Problem
from playground.document.project import Project
from playground.lowering.facts import facts
from playground.lowering.flow import Flow, flow_of
from playground.words import joined, sentence


@dataclasses.dataclass(frozen=True)
class Tie:
    """How one layer can use another's weights. plain, transposed: whether they fit so.  problem: why they fit neither way."""

    plain: bool = False
    transposed: bool = False
    problem: Problem | None = None


def tie_of(project: Project, samples: Samples | None, source: str, target: str) -> Tie:
    """Whether the target may use the source's weights instead of its own. Raises nothing."""
    flow = flow_of(project, samples)
    giver, taker = project.network.node(source), project.network.node(target)
    mine, own = flow.facts.get(target), flow.facts.get(source)
    if own is not None and own.type is not None and not own.declared and not giver.shares:
        return Tie(problem=Problem(text=sentence("{giver} has no weights to share.", giver=giver.name), node=source))
    fits, reasons = [], []
    for transposed in (False, True):
        try:
            edited = ShareWeights(target, source, transposed).apply(project)
        except EditError as error:
            return Tie(problem=Problem(text=str(error), node=target))
        if mine is None or own is None:
            unknown = taker if mine is None else giver
            return Tie(
                problem=Problem(
                    text=sentence("The shape of {unknown} is not known yet. Wire it first.", unknown=unknown.name),
                    node=unknown.id,
                )
            )
        reason = _refused(flow_of(edited, samples), target, giver.name)
        fits.append(not reason)
        reasons.append(reason)
    flow_of(project, samples)  # the next look at the project as it is finds it again
    problem = None if any(fits) else Problem(text=joined((taker.name, reasons[0]), " "), node=target)
    return Tie(plain=fits[0], transposed=fits[1], problem=problem)


def _refused(flow: Flow, target: str, giver: str) -> str:
    """What goes on from the target's name when the weights do not fit; "" when they do."""
    found, node = flow.facts[target], flow.nodes[target]
    if found.type is None:
        return found.reason
    inputs = flow.inputs(node)
    alone = facts(node.spec, inputs) if isinstance(node.spec, Layer) and inputs is not None else found
    if not alone.declared:
        return sentence("has no weights.")
    return (
        ""
        if len(found.declared) < len(alone.declared)
        else sentence("could use none of the weights of {giver}: they are of another kind.", giver=giver)
    )
