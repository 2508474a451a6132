"""What must hold in every project that exists at all, on the canvas or in a file, however unfinished it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from playground.document.blocks import MOST_HELP, MOST_NAME, block_faults
from playground.document.groups import MOST_GROUPS
from playground.document.names import RULE, bad_character, is_name
from playground.document.project import Network, Node, Project
from playground.document.wiring import gives_output, has_output
from playground.words import sentence

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
                sentence(
                    "A block's name must be a line of 1 to {most_name} printable characters; {name} was given.",
                    most_name=MOST_NAME,
                    name=f"{name[:80]!r}",
                ),
            )
        if len(block.help) > MOST_HELP or bad_character(block.help, lines=True) is not None:
            yield (
                f"/blocks/{at}/help",
                sentence("The help of a block must be at most {most_help} printable characters.", most_help=f"{MOST_HELP:,}"),
            )
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
            yield (
                f"{at_place}/{kind}",
                sentence(
                    "A network holds at most {most} {kind}; this one has {records_count}.",
                    most=f"{most:,}",
                    kind=kind,
                    records_count=f"{len(records):,}",
                ),
            )
        yield from _repeated(f"{at_place}/{kind}", "id", [record.id for record in records])
    yield from _repeated(f"{at_place}/nodes", "name", [node.name for node in network.nodes])
    for at, node in enumerate(network.nodes):
        if not is_name(node.name):
            yield (
                f"{at_place}/nodes/{at}/name",
                sentence("A node's name must be {rule}; {node} was given.", rule=RULE, node=f"{node.name[:60]!r}"),
            )
    known = {node.id: node for node in network.nodes}
    for at, node in enumerate(network.nodes):
        shared = known.get(node.shares)
        if node.shares and (shared is None or shared.id == node.id or shared.shares or shared.spec.kind != "layer"):
            yield (
                f"{at_place}/nodes/{at}/shares",
                sentence(
                    "{node} must share the weights of a layer that has its own; {shares} is none.",
                    node=node.name,
                    shares=f"{node.shares[:60]!r}",
                ),
            )
    yield from _wire_faults(network, known, at_place)


def _wire_faults(network: Network, known: dict[str, Node], at_place: str) -> Iterator[tuple[str, str]]:
    for at, link in enumerate(network.links):
        place = f"{at_place}/links/{at}"
        for end, id in (("source", link.source), ("target", link.target)):
            if id not in known:
                yield (
                    f"{place}/{end}",
                    sentence("A wire's {end} must be the id of a node; {id} names none.", end=end, id=f"{id[:60]!r}"),
                )
        if link.port < 0:
            yield f"{place}/port", sentence("A wire's port must be 0 or more; {port} was given.", port=link.port)
        if (
            link.source in known
            and gives_output(known[link.source].spec)
            and not has_output(known[link.source].spec, link.output)
        ):
            yield (
                f"{place}/output",
                sentence(
                    "A wire must start at an output of its source; {known} has no {output}.",
                    known=known[link.source].name,
                    output=link.output + 1,
                ),
            )
        if link.source in known and not gives_output(known[link.source].spec):
            yield (
                f"{place}/source",
                sentence("A wire's source must give an output; {known} has none.", known=known[link.source].name),
            )
        if link.target in known and known[link.target].spec.kind == "dataset":
            yield (
                f"{place}/target",
                sentence("A wire's target must have an input; {known} has none.", known=known[link.target].name),
            )


def _group_faults(project: Project, known: set[str]) -> Iterator[tuple[str, str]]:
    groups = project.groups
    if len(groups) > MOST_GROUPS:
        yield (
            "/groups",
            sentence(
                "A project holds at most {most_groups} groups; this one has {groups_count}.",
                most_groups=MOST_GROUPS,
                groups_count=f"{len(groups):,}",
            ),
        )
    yield from _repeated("/groups", "id", [group.id for group in groups])
    yield from _repeated("/groups", "name", [group.name for group in groups])
    placed: set[str] = set()
    for at, group in enumerate(groups):
        for n, id in enumerate(group.nodes):
            if id not in known:
                yield (
                    f"/groups/{at}/nodes/{n}",
                    sentence("A group's node must be the id of a node; {id} names none.", id=f"{id[:60]!r}"),
                )
            elif id in placed:
                yield f"/groups/{at}/nodes/{n}", sentence("A node can be put into one group; {id} is in two.", id=f"{id[:60]!r}")
            placed.add(id)


def _repeated(place: str, what: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: dict[str, int] = {}
    for at, value in enumerate(values):
        if value in seen:
            yield (
                f"{place}/{at}/{what}",
                sentence(
                    "Every {what} must be used once; {value} is also at {place}/{seen}.",
                    what=what,
                    value=f"{value[:60]!r}",
                    place=place,
                    seen=seen[value],
                ),
            )
        seen.setdefault(value, at)
