"""May this wire be drawn?"""

from __future__ import annotations

import dataclasses

from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document.edits import AddLink, EditError
from playground.document.problems import Mend, Problem
from playground.document.project import Project
from playground.lowering.facts import facts, in_range
from playground.lowering.flow import flow_of
from playground.lowering.inspection import shape_problem


def fits(project: Project, samples: Samples | None, source: str, target: str, port: int) -> Problem | None:
    """Why a wire may not be drawn, or None. The edits of its mend draw it too.

    Refused are loops, ports that are not there and shapes that a layer cannot take. A loss takes any prediction: `inspect` says
    what to change when the number of outputs is wrong.
    """
    wire = AddLink(source, target, port)
    try:
        wired = wire.apply(project)
    except EditError as error:
        return Problem(text=str(error), node=target)
    flow = flow_of(project, samples)
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
    problem = shape_problem(flow, node, links, found, newest)
    if problem.mend is None:
        return problem
    mend = Mend(text=problem.mend.text, edits=(wire, *problem.mend.edits))
    return dataclasses.replace(problem, mend=mend)
