"""Parameter groups of a project whose shapes are known: who has weights, in what order, and what holds for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from playground.document.edits import RemoveGroup, SetNodeOption
from playground.document.groups import Settings, fitting, settings
from playground.document.options import NODE_OPTIONS
from playground.document.problems import Mend, Problem, participants
from playground.document.project import Node, Project
from playground.document.wiring import ordered
from playground.lowering.expansion import expanded
from playground.words import sentence


def weighty(project: Project, parameters: Mapping[str, int]) -> list[Node]:
    """Nodes with weights that training uses, in the order of the data's flow. parameters: counts by node id."""
    nodes, part = {node.id: node for node in project.network.nodes}, participants(project)
    return [nodes[id] for id in ordered(project.network) if id in part and parameters.get(id)]


def frozen_layers(project: Project, layers: Collection[str]) -> frozenset[str]:
    """Those that the plan of a project freezes, themselves or through their group. layers: names of its nodes with weights, blocks unfolded."""
    flat = expanded(project).project
    counted = {node.id: 1 for node in flat.network.nodes if node.name in layers}
    return frozenset(name for name, one in weight_settings(flat, counted).items() if one.frozen)


def weight_settings(project: Project, parameters: Mapping[str, int]) -> dict[str, Settings]:
    """Node name -> what holds for its weights, after its group and its own settings."""
    nodes = weighty(project, parameters)
    found = settings(project.groups, nodes)
    return {node.name: found[node.id] for node in nodes}


def group_problems(project: Project, parameters: Mapping[str, int]) -> Iterator[Problem]:
    """A warning for every rule that fits no layer with weights."""
    nodes = weighty(project, parameters)
    for group in project.groups:
        if group.rule and not fitting(group.rule, nodes):
            text = sentence(
                "The rule {rule} of the group {group} fits no layer with weights. Change the rule, or delete the group.",
                rule=group.rule,
                group=group.name,
            )
            mend = Mend(text=sentence("Delete {group}", group=group.name), edits=(RemoveGroup(group.id),))
            yield Problem(text=text, field="groups", severity="warning", mends=(mend,))


def tie_problems(project: Project, parameters: Mapping[str, int], idle: Collection[str]) -> Iterator[Problem]:
    """A warning for every node whose weights are another's and that says something about how they train.

    parameters: of its own by node id, such as a bias beside a shared matrix.  idle: nodes that, for all their tie, share nothing.
    """
    nodes, usual = {node.id: node for node in project.network.nodes}, Node(id="", name="", spec=project.data)
    for node in project.network.nodes:
        said = {option: getattr(node, option) for option in NODE_OPTIONS if getattr(node, option) != getattr(usual, option)}
        giver = nodes.get(node.shares)
        if giver is None or not said or node.id in idle:
            continue
        handed = tuple(SetNodeOption(giver.id, option, value) for option, value in said.items())
        taken = tuple(SetNodeOption(node.id, option, getattr(usual, option)) for option in said)
        mend = Mend(text=sentence("Hand these settings to {giver}", giver=giver.name), edits=(*handed, *taken))
        text = sentence(
            "{node} uses the weights of {giver}, and {giver} alone says whether and how fast they train.",
            node=node.name,
            giver=giver.name,
        )
        if parameters.get(node.id):
            text = sentence(
                "{node} uses weights of {giver}, and {giver} alone says whether and how fast these train. "
                "What {node} says holds for its own.",
                node=node.name,
                giver=giver.name,
            )
        yield Problem(text=text, node=node.id, severity="warning", mends=(mend,))
