"""May these two layers share their weights, and do those that are tied?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document.edits import EditError, ShareWeights
from playground.document.problems import Mend, Problem
from playground.document.project import Node, Project
from playground.lowering.expansion import Expanded
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
    wanted = _wanted(flow, node)
    if not wanted:
        return sentence("has no weights.")
    if len(found.declared) < wanted:
        return ""
    return sentence("could use none of the weights of {giver}: they are of another kind.", giver=giver)


def _wanted(flow: Flow, node: Node) -> int:
    """How many parameters a layer of known shape would have without its tie."""
    inputs = flow.inputs(node)
    alone = facts(node.spec, inputs) if isinstance(node.spec, Layer) and inputs is not None else flow.facts[node.id]
    return len(alone.declared)


def idle_ties(project: Project, whole: Expanded, flow: Flow) -> Iterator[Problem]:
    """A warning for every tie through which nothing is shared, at the flat node; of a definition, at its first use."""
    definitions = {block.id: block.network for block in project.blocks}
    first = {block: use for use, block in reversed(whole.blocks.items())}
    places = [("", project.network), *((f"{use}/", definitions[block]) for block, use in first.items())]
    for place, network in places:
        for node in network.nodes:
            found, giver = flow.nodes.get(place + node.id), flow.nodes.get(place + node.shares)
            if not node.shares or found is None or giver is None:
                continue
            mine, own = flow.facts.get(found.id), flow.facts.get(giver.id)
            if mine is not None and own is not None and mine.type is not None and own.type is not None:
                wanted = _wanted(flow, found)
                if len(mine.declared) == wanted:
                    yield _idle(found, giver, wanted, len(own.declared) or bool(giver.shares))


def _idle(node: Node, giver: Node, wanted: int, given: int) -> Problem:
    """wanted, given: whether both ends have weights at all."""
    end = sentence("Give {node} weights of its own", node=node.name)
    if not wanted:
        text = sentence("{node} is tied to {giver} and has no weights. End the tie.", node=node.name, giver=giver.name)
        end = sentence("Stop sharing weights")
    elif not given:
        text = sentence(
            "{node} is tied to {giver}, which has no weights to share; {node} trains its own.", node=node.name, giver=giver.name
        )
    elif node.transposed:
        text = sentence(
            "{node} is tied to {giver}, transposed, and can use none of its weights, since only matrices are read transposed; "
            "{node} trains its own.",
            node=node.name,
            giver=giver.name,
        )
    else:
        text = sentence(
            "{node} is tied to {giver} and can use none of its weights, which are of another kind or have other names; "
            "{node} trains its own.",
            node=node.name,
            giver=giver.name,
        )
    mend = Mend(text=end, edits=(ShareWeights(node.id, ""),))
    return Problem(text=text, node=node.id, severity="warning", mends=(mend,))
