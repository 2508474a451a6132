"""What the wires say: ports, what feeds what, loops. Shared by edits, problems and lowering."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from playground.core.spec import Dataset, Layer, Loss, Spec
from playground.document.project import Link, Network, Placeholder


def port_names(spec: Spec | Placeholder) -> tuple[str, ...]:
    """The input ports; a variadic layer takes more, a placeholder takes any."""
    return spec.ports if isinstance(spec, Layer | Loss) else ()


def required_ports(spec: Spec | Placeholder) -> int:
    """So many of the first input ports must be wired."""
    return len(spec.ports) - spec.optional if isinstance(spec, Layer | Loss) else 0


def output_names(spec: Spec | Placeholder) -> tuple[str, ...]:
    """The output ports; a placeholder may have any."""
    if isinstance(spec, Layer | Dataset):
        return spec.outputs
    return ("",) if isinstance(spec, Placeholder) and spec.kind != "loss" else ()


def has_output(spec: Spec | Placeholder, output: int) -> bool:
    """Whether a wire may start at this output."""
    if isinstance(spec, Placeholder):
        return spec.kind != "loss" and output >= 0
    return 0 <= output < len(output_names(spec))


def variadic(spec: Spec | Placeholder) -> bool:
    """Whether wires append instead of replacing each other."""
    return isinstance(spec, Layer) and spec.variadic


def takes_port(spec: Spec | Placeholder, port: int) -> bool:
    """Whether a wire may end at this port."""
    if isinstance(spec, Placeholder):
        return spec.kind != "dataset" and port >= 0
    return 0 <= port < len(port_names(spec)) or (variadic(spec) and port >= 0)


def gives_output(spec: Spec | Placeholder) -> bool:
    """Whether a wire may start here."""
    return spec.kind in ("dataset", "layer") and bool(output_names(spec))


def port_title(spec: Spec | Placeholder, port: int) -> str:
    """The name of a port for a sentence."""
    names = port_names(spec)
    if variadic(spec) and port >= len(names) - 1:
        return f"{names[-1]} {port + 1}" if names else str(port + 1)
    return names[port] if 0 <= port < len(names) else str(port + 1)


def sources(network: Network) -> dict[str, list[str]]:
    """Node id -> the nodes that feed it, by port."""
    found: dict[str, list[str]] = {node.id: [] for node in network.nodes}
    for link in sorted(network.links, key=lambda link: link.port):
        if link.target in found and link.source in found:
            found[link.target].append(link.source)
    return found


def targets(network: Network) -> dict[str, list[str]]:
    """Node id -> the nodes that it feeds."""
    found: dict[str, list[str]] = {node.id: [] for node in network.nodes}
    for link in network.links:
        if link.source in found and link.target in found:
            found[link.source].append(link.target)
    return found


def reached(start: Iterable[str], edges: dict[str, list[str]]) -> set[str]:
    """All nodes that can be reached along the edges, the start included."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(edges.get(node, ()))
    return seen


def leads_to(network: Network, start: str, end: str) -> bool:
    """Whether a path of wires goes from one node to another; a node leads to itself."""
    return end in reached((start,), targets(network))


def ordered(network: Network) -> list[str]:
    """Node ids so that every node stands after those that feed it; nodes on or behind a loop are left out."""
    feeds, into = targets(network), sources(network)
    missing = {node: len(found) for node, found in into.items()}
    ready = [node.id for node in network.nodes if not missing[node.id]]
    done: list[str] = []
    for node in ready:  # grows while it is walked
        done.append(node)
        for fed in feeds[node]:
            missing[fed] -= 1
            if not missing[fed]:
                ready.append(fed)
    return done


def loops(network: Network) -> list[list[str]]:
    """One walk round each separate loop, in the direction of the wires, starting at the node that was made first."""
    feeds = targets(network)
    place = {node.id: at for at, node in enumerate(network.nodes)}
    left = set(place) - set(ordered(network))
    found = []
    for start in sorted(left, key=place.__getitem__):
        if start in left:
            walk = _walk_back(start, feeds, left)
            if walk:
                found.append(walk)
                left -= set(walk)
    return found


def _walk_back(start: str, feeds: dict[str, list[str]], within: set[str]) -> list[str]:
    """The shortest way from a node back to itself, or nothing."""
    came: dict[str, str] = {}
    waiting = [start]
    for node in waiting:  # grows while it is walked
        for fed in feeds[node]:
            if fed == start:
                walk = [node]
                while walk[-1] != start:
                    walk.append(came[walk[-1]])
                return walk[::-1]
            if fed in within and fed not in came:
                came[fed] = node
                waiting.append(fed)
    return []


def compacted(links: Iterable[Link], network: Network) -> tuple[Link, ...]:
    """Wires with the ports of variadic nodes counted 0, 1, 2 … again, after some were taken away."""
    links = tuple(links)
    many = {node.id for node in network.nodes if variadic(node.spec)}
    moved: dict[str, int] = {}
    for target in many:
        ending = sorted((link for link in links if link.target == target), key=lambda link: link.port)
        moved.update({link.id: port for port, link in enumerate(ending) if link.port != port})
    return tuple(dataclasses.replace(link, port=moved[link.id]) if link.id in moved else link for link in links)
