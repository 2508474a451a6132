"""The network as lines of text, in reading order: what the outline shows and a screen reader says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.core import reference
from playground.core.fields import fields_of
from playground.core.spec import Spec
from playground.document.project import Link, Network, Node
from playground.document.wiring import output_names, port_names, port_title, required_ports
from playground.lowering import Inspection
from playground.ui.inspector.facts import node_facts
from playground.ui.painting import group_color
from playground.words import counted, say, strung

if TYPE_CHECKING:
    from playground.ui.session import Session


@dataclass(frozen=True)
class Line:
    """One line of the outline. id: unique.  kind: "node", "in", "out", "fact", "setting", "problem" or "note".

    item: the node or note that it is about.  link: its wire.  other: the node at the wire's other end.  path: its setting, or the
    place of its problem among those of the node.
    """

    id: str
    kind: str
    text: str
    item: str
    icon: str = ""
    ink: str = "text2"
    link: str = ""
    other: str = ""
    path: str = ""


def in_order(network: Network) -> list[Node]:
    """Nodes along the wires, each behind what feeds it; those on a loop, and of equals, as they were made."""
    feeds: dict[str, set[str]] = {node.id: set() for node in network.nodes}
    for link in network.links:
        if link.target in feeds and link.source in feeds and link.source != link.target:
            feeds[link.target].add(link.source)
    left, found = list(network.nodes), list[Node]()
    follows = {node.id: [link.target for link in network.links if link.source == node.id] for node in network.nodes}
    ready = [node for node in left if not feeds[node.id]]
    done: set[str] = set()
    nodes = {node.id: node for node in network.nodes}
    while ready:
        node = ready.pop(0)
        if node.id in done:
            continue
        done.add(node.id)
        found.append(node)
        free = []
        for id in dict.fromkeys(follows[node.id]):
            feeds[id].discard(node.id)
            if not feeds[id] and id not in done:
                free.append(nodes[id])
        ready = [*free, *ready]  # along one branch to its end before the next
    return [*found, *(node for node in left if node.id not in done)]


def node_lines(session: Session) -> list[Line]:
    """One line for each node, then one for each note."""
    network, seen = session.view.network, session.seen
    lines = [_node_line(session, node, seen) for node in in_order(network)]
    return lines + [
        Line(f"note:{note.id}", "note", say("Note: {text}", text=note.text), note.id, "note") for note in network.notes
    ]


def _node_line(session: Session, node: Node, seen: Inspection) -> Line:
    spec = node.spec
    problems = [problem for problem in seen.problems if problem.node == node.id]
    out, count = seen.types.get(node.id), seen.parameters.get(node.id, 0)
    parts = [node.name, say(getattr(spec, "title", spec.id))]
    if out is not None and spec.kind != "loss":
        parts.append(say("gives {shape}", shape=str(out)))
    if count:
        parts.append(counted(count, "parameter", "parameters"))
    if node.frozen:
        parts.append(say("frozen"))
    parts += [say(problem.text) for problem in problems[:1]]
    worst = "error" if any(problem.severity == "error" for problem in problems) else "warn" if problems else ""
    return Line(
        f"node:{node.id}", "node", strung(parts), node.id, getattr(spec, "icon", "block"),
        worst or group_color(spec.kind, getattr(spec, "group", "")),
    )  # fmt: skip


def detail_lines(session: Session, id: str) -> Iterator[Line]:
    """Under a node: its problems, its wires in and out with their shapes, what is known of it, its settings."""
    network, seen = session.view.network, session.seen
    node = next((node for node in network.nodes if node.id == id), None)
    if node is None:
        return
    for at, problem in enumerate(problem for problem in seen.problems if problem.node == id):
        mend = say("; Enter: {mend}", mend=say(problem.mend.text)) if problem.mend else ""
        text = say("Problem: {text}{mend}", text=say(problem.text), mend=mend)
        icon, ink = ("error", "error") if problem.severity == "error" else ("warn", "warn")
        yield Line(f"problem:{id}:{at}", "problem", text, id, icon, ink, path=str(at))
    names = {other.id: other for other in network.nodes}
    incoming = network.into(id)
    for link in incoming:
        yield _wire(link, "in", node, names.get(link.source), seen)
    taken = {link.port for link in incoming}
    for port in range(len(port_names(node.spec))):
        if port not in taken and port < required_ports(node.spec):
            text = say("In {port}: not wired", port=say(port_title(node.spec, port)))
            yield Line(f"open:{id}:{port}", "in", text, id, "warn", "warn")
    for link in network.links:
        if link.source == id:
            yield _wire(link, "out", node, names.get(link.target), seen)
    for at, (title, text) in enumerate(node_facts(session, node)):
        yield Line(f"fact:{id}:{at}", "fact", strung((title, text), ": "), id, "info")
    if isinstance(node.spec, Spec):
        for name, field in fields_of(node.spec).items():
            if field.counts(node.spec):
                value = say(reference.shown(getattr(node.spec, name), getattr(field, "between", "×")))
                text = strung((say(field.title(name)), f"{value} {say(field.unit)}" if field.unit else value), ": ")
                yield Line(f"setting:{id}:{name}", "setting", text, id, "slider", path=name)


def _wire(link: Link, side: str, node: Node, other: Node | None, seen: Inspection) -> Line:
    shape, name = seen.type_of(link), other.name if other is not None else "?"
    tail = f", {shape}" if shape is not None else ""
    if side == "in":
        port = say(port_title(node.spec, link.port))
        text = say("In {port} from {other}{shape}", port=port, other=name, shape=tail)
    else:
        names = output_names(node.spec)
        output = say(names[link.output]) if len(names) > 1 and link.output < len(names) else ""
        text = say("Out {output} to {other}{shape}", output=output, other=name, shape=tail).replace("  ", " ")
    return Line(
        f"{side}:{link.id}",
        side,
        text,
        node.id,
        "left" if side == "in" else "right",
        link=link.id,
        other=other.id if other else "",
    )
