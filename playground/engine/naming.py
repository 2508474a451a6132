"""What a graph's values are called for whoever looks at them: nodes, their ports, and what is inside them."""

from __future__ import annotations

from collections.abc import Mapping

from playground.engine import ops
from playground.engine.graph import Graph


def shown(graph: Graph, between: str = "/") -> dict[str, int]:
    """Name -> value. "node" is what a node gives first, "node/port" what another port of it gives; losses are left out.

    "node/name" is besides what else its ops give, such as gates, and "node/y" what an op of several outputs gives first, whether the
    node gives that or not. Of several ops of a node, the later ones' are "node/name 2" and so on, in their order. What an op calls as
    a port of the node is called, such as the last state of one of many layers, is left out: the port's name is the port's alone.
    between: what stands in place of the slash.
    """
    found = dict(graph.mains)
    found |= {f"{owner}{between}{port}": value for owner, ports in graph.further.items() for port, value in ports.items()}
    for node in graph.nodes:
        rule = ops.find(node.op)
        if rule.is_loss or not node.owner:
            continue
        if node.owner not in graph.mains:
            found[node.owner] = node.output
        ports = graph.further.get(node.owner, {})
        for value, name in zip(node.outputs, rule.outputs, strict=True):
            if (len(rule.outputs) > 1 or name != "y") and name not in ports:
                found[_free(found, f"{node.owner}{between}{name}")] = value
    return found


def numbered(name: str, turn: int) -> str:
    """What the first, second, ... of several alike is called. turn: from 0."""
    return f"{name} {turn + 1}" if turn else name


def _free(found: Mapping[str, int], name: str) -> str:
    """This name, or with the next number behind it where it is taken."""
    turn = 0
    while numbered(name, turn) in found:
        turn += 1
    return numbered(name, turn)
