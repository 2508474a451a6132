"""What must hold in every project that exists at all, on the canvas or in a file, however unfinished it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from playground.document.blocks import MOST_HELP, MOST_NAME, block_faults
from playground.document.groups import MOST_GROUPS
from playground.document.names import RULE, bad_character, is_name
from playground.document.project import Network, Project
from playground.document.wiring import gives_output, has_output

MOST_NODES = 5_000
MOST_LINKS = 20_000
MOST_NOTES = 5_000


def integrity_faults(project: Project) -> Iterator[tuple[str, str]]:
    """(place, sentence) of everything that cannot stand, such as a wire to a node that is not there."""
    yield from _network_faults(project.network, "/network")
    yield from _group_faults(project, {node.id for node in project.network.nodes})
    yield from _repeated("/blocks", "id", [block.id for block in project.blocks])
    yield from _repeated("/blocks", "name", [block.name for block in project.blocks])
    for at, block in enumerate(project.blocks):
        name = block.name
        if not name.strip() or len(name) > MOST_NAME or bad_character(name) is not None:
            yield (
                f"/blocks/{at}/name",
                f"A block's name must be a line of 1 to {MOST_NAME} printable characters; {name[:80]!r} was given.",
            )
        if len(block.help) > MOST_HELP or bad_character(block.help, lines=True) is not None:
            yield f"/blocks/{at}/help", f"The help of a block must be at most {MOST_HELP:,} printable characters."
        yield from _network_faults(block.network, f"/blocks/{at}/network")
    yield from block_faults(project, MOST_NODES)


def _network_faults(network: Network, at_place: str) -> Iterator[tuple[str, str]]:
    """Of the nodes and wires of the project's own network or of a block's."""
    for kind, records, most in (
        ("nodes", network.nodes, MOST_NODES),
        ("links", network.links, MOST_LINKS),
        ("notes", network.notes, MOST_NOTES),
    ):
        if len(records) > most:
            yield f"{at_place}/{kind}", f"A network holds at most {most:,} {kind}; this one has {len(records):,}."
        yield from _repeated(f"{at_place}/{kind}", "id", [record.id for record in records])
    yield from _repeated(f"{at_place}/nodes", "name", [node.name for node in network.nodes])
    for at, node in enumerate(network.nodes):
        if not is_name(node.name):
            yield f"{at_place}/nodes/{at}/name", f"A node's name must be {RULE}; {node.name[:60]!r} was given."
    known = {node.id: node for node in network.nodes}
    for at, node in enumerate(network.nodes):
        shared = known.get(node.shares)
        if node.shares and (shared is None or shared.id == node.id or shared.shares or shared.spec.kind != "layer"):
            yield (
                f"{at_place}/nodes/{at}/shares",
                f"{node.name} must share the weights of a layer that has its own; {node.shares[:60]!r} is none.",
            )
    for at, link in enumerate(network.links):
        place = f"{at_place}/links/{at}"
        for end, id in (("source", link.source), ("target", link.target)):
            if id not in known:
                yield f"{place}/{end}", f"A wire's {end} must be the id of a node; {id[:60]!r} names none."
        if link.port < 0:
            yield f"{place}/port", f"A wire's port must be 0 or more; {link.port} was given."
        if (
            link.source in known
            and gives_output(known[link.source].spec)
            and not has_output(known[link.source].spec, link.output)
        ):
            yield (
                f"{place}/output",
                f"A wire must start at an output of its source; {known[link.source].name} has no {link.output + 1}.",
            )
        if link.source in known and not gives_output(known[link.source].spec):
            yield f"{place}/source", f"A wire's source must give an output; {known[link.source].name} has none."
        if link.target in known and known[link.target].spec.kind == "dataset":
            yield f"{place}/target", f"A wire's target must have an input; {known[link.target].name} has none."


def _group_faults(project: Project, known: set[str]) -> Iterator[tuple[str, str]]:
    groups = project.groups
    if len(groups) > MOST_GROUPS:
        yield "/groups", f"A project holds at most {MOST_GROUPS} groups; this one has {len(groups):,}."
    yield from _repeated("/groups", "id", [group.id for group in groups])
    yield from _repeated("/groups", "name", [group.name for group in groups])
    placed: set[str] = set()
    for at, group in enumerate(groups):
        for n, id in enumerate(group.nodes):
            if id not in known:
                yield f"/groups/{at}/nodes/{n}", f"A group's node must be the id of a node; {id[:60]!r} names none."
            elif id in placed:
                yield f"/groups/{at}/nodes/{n}", f"A node can be put into one group; {id[:60]!r} is in two."
            placed.add(id)


def _repeated(place: str, what: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: dict[str, int] = {}
    for at, value in enumerate(values):
        if value in seen:
            yield f"{place}/{at}/{what}", f"Every {what} must be used once; {value[:60]!r} is also at {place}/{seen[value]}."
        seen.setdefault(value, at)
