"""Where a number that is not finite went: which wires carried it, and which layers nothing sound reached. Pure.

Forward it goes from the node that made it to all that read it, on to the losses; backward to all that the node reads, as far as
anything there trains. An update spoils the weights of its own layer alone.
"""

from __future__ import annotations

from collections.abc import Callable

from playground.document.project import Network
from playground.training.messages import Fault
from playground.words import say


def beyond(network: Network, node: str, direction: str) -> set[str]:
    """Nodes that the number went on to, the one that made it left out: ids."""
    found, waiting = set[str](), [node]
    while waiting:
        at = waiting.pop()
        for link in network.links:
            near, far = (link.source, link.target) if direction == "forward" else (link.target, link.source)
            if near == at and far not in found and direction in ("forward", "backward"):
                found.add(far)
                waiting.append(far)
    return found


def spoiled_links(network: Network, node: str, direction: str, trains: Callable[[str], bool]) -> set[str]:
    """Wires that carried it: ids. trains: whether a node, by its id, has weights that are trained.

    No gradient flows on a wire that no trained layer is before.
    """
    on = {node} | beyond(network, node, direction)
    if direction == "forward":
        return {link.id for link in network.links if link.source in on}
    fed = {one.id for one in network.nodes if trains(one.id)}
    fed |= {far for one in tuple(fed) for far in beyond(network, one, "forward")}
    return {link.id for link in network.links if direction == "backward" and link.target in on and link.source in fed}


def what(fault: Fault) -> str:
    """The number, as few characters as a wire has room for."""
    return {"infinity": "∞", "": "NaN"}.get(fault.what, fault.what)


def first_words(fault: Fault) -> str:
    """Of the layer that made it: "First NaN, backward, step 1,312", or how large an update made one of its weights."""
    direction = {"forward": say("forward"), "backward": say("backward"), "update": say("update"), "start": say("start")}
    told = {"what": what(fault), "direction": direction.get(fault.direction, fault.direction), "step": f"{fault.step + 1:,}"}
    if told["what"] in ("NaN", "∞"):
        return say("First {what}, {direction}, step {step}", **told)
    return say("A weight of {what}, {direction}, step {step}", **told)
