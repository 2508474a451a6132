"""Remedies as edits of the document."""

from __future__ import annotations

import json
import math
from typing import Any

from playground.core import registry
from playground.core.fields import Choice, Wholes, fields_of
from playground.core.spec import Layer, Spec
from playground.core.tensor import TensorType
from playground.document.edits import AddNode, InsertOnLink, RemoveLinks, RemoveNodes, SetField, ShareWeights, TakeOut
from playground.document.problems import Mend
from playground.document.project import Link, Node
from playground.document.wiring import port_title
from playground.lowering.flow import Flow
from playground.words import sentence, within

#: How far below its neighbour a node is put that a mend inserts.
SPREAD = 96.0
#: Most steps that a mend makes of an input: the largest extent that Reshape takes.
LONGEST = 1_000_000


def made(kind: str, id: str, **settings: Any) -> Spec:
    """A record of the catalogue."""
    return registry.find(kind, id)(**settings)


def insertion(flow: Flow, link: Link, spec: Spec) -> InsertOnLink:
    """A new node on a wire, placed between its ends."""
    (ax, ay), (bx, by) = flow.nodes[link.source].position, flow.nodes[link.target].position
    return InsertOnLink(link.id, AddNode(spec, ((ax + bx) / 2, (ay + by) / 2 + (SPREAD if abs(bx - ax) < 2 * SPREAD else 0.0))))


def set_field(node: Node, field: str, value: Any) -> Mend:
    """One setting changed, in words."""
    kind = fields_of(node.spec)[field]
    title, between = kind.title(field).lower(), f"{kind.between} ".replace("× ", "×") if isinstance(kind, Wholes) else "×"
    if isinstance(value, tuple):
        shown = between.join(map(str, value)) or sentence(getattr(kind, "off", ""))
    else:
        shown = within(str(value)) if isinstance(kind, Choice) else str(value)
    return Mend(
        text=sentence("Set {title} of {node} to {shown}", title=title, node=node.name, shown=shown),
        edits=(SetField(node.id, field, value),),
    )


def width_words(spec: Layer) -> str:
    """What a layer calls the setting that decides its last extent, in a sentence."""
    return fields_of(spec)[spec.width].title(spec.width).lower()


def shape_mend(flow: Flow, node: Node, links: list[Link], word: str) -> Mend | None:
    """What a layer's ShapeError names: "insert <layer id>", "insert <layer id> <port> <settings as JSON>", "set <field> <JSON>",
    "cut <port>", "match shapes", "image" or "sequence".
    """
    verb, _, rest = word.partition(" ")
    if verb in ("insert", "sequence") and not getattr(node.spec, "tokens", ""):
        named = [link for link in links if (type := flow.type_of(link)) is not None and type.tokens]
        if named:
            return embedding_mend(flow, node, named)
    if verb == "set":
        field, _, value = rest.partition(" ")
        return set_field(node, field, fields_of(node.spec)[field].load(field, json.loads(value)))
    if verb == "insert":
        id, _, more = rest.partition(" ")
        port, _, settings = more.partition(" ")
        spec = made("layer", id, **json.loads(settings or "{}"))
        wrong = [link for link in links if (type := flow.type_of(link)) is not None and type.rank != 1]
        chosen = [link for link in links if str(link.port) == port] if port else wrong
        edits = tuple(insertion(flow, link, spec) for link in chosen)
        return (
            Mend(text=sentence("Insert {spec} before {node}", spec=sentence(spec.title), node=node.name), edits=edits)
            if edits
            else None
        )
    if verb == "cut":
        wires = tuple(link.id for link in links if str(link.port) == rest)
        return Mend(
            text=sentence(
                "Delete the wire at {port_title} of {node}", port_title=sentence(port_title(node.spec, int(rest))), node=node.name
            ),
            edits=(RemoveLinks(wires),),
        )
    if verb == "unshare":
        return Mend(text=sentence("Give {node} weights of its own", node=node.name), edits=(ShareWeights(node.id, ""),))
    if verb == "image":
        return _as_image(flow, node, links[0])
    if verb == "sequence":
        return _as_sequence(flow, node, links)
    return _matching(flow, links) if word == "match shapes" else None


def taken_out(flow: Flow, node: Node) -> Mend | None:
    """A layer goes, and what read it reads what the layer read first; None for one that reads nothing."""
    into, readers = flow.into[node.id], flow.consumers(node.id)
    if not isinstance(node.spec, Layer) or not into:
        return None
    if not readers:
        return Mend(text=sentence("Delete {node}", node=node.name), edits=(RemoveNodes((node.id,)),))
    return Mend(text=sentence("Take {source} out", source=node.name), edits=(TakeOut(node.id),))


def embedding_mend(flow: Flow, node: Node, links: list[Link]) -> Mend:
    """A learned row for every token, before a layer that reads amounts."""
    edits = []
    for link in links:
        type = flow.type_of(link)
        assert type is not None
        edits.append(insertion(flow, link, made("layer", "embedding", vocabulary=type.tokens)))
    return Mend(text=sentence("Insert Embedding before {node}", node=node.name), edits=tuple(edits))


def _as_image(flow: Flow, node: Node, link: Link) -> Mend | None:
    """A row of numbers whose count is a square, laid out as an image of one channel."""
    type = flow.type_of(link)
    if type is None:
        return None
    side = math.isqrt(type.count)
    if type.rank != 1 or side * side != type.count:
        return None
    spec = made("layer", "reshape", shape=(side, side, 1))
    return Mend(
        text=sentence("Insert Reshape to {side}×{side}×1 before {node}", side=side, node=node.name),
        edits=(insertion(flow, link, spec),),
    )


def _as_sequence(flow: Flow, node: Node, links: list[Link]) -> Mend | None:
    """A row of numbers as steps of one number each; of what has more axes every row of the first axis as one step."""
    link, type = next((link, type) for link in links if (type := flow.type_of(link)) is not None and type.rank != 2)
    if not type.rank or type.shape[0] > LONGEST:
        return None
    shape = (type.shape[0], type.count // type.shape[0])
    spec = made("layer", "reshape", shape=(shape[0], 0))
    return Mend(
        text=sentence("Insert Reshape to {shape}×{shape2} before {node}", shape=shape[0], shape2=shape[1], node=node.name),
        edits=(insertion(flow, link, spec),),
    )


def _matching(flow: Flow, links: list[Link]) -> Mend | None:
    """For two inputs of unequal shapes: a learned projection on the larger image, or on the last wire."""
    if len(links) != 2:
        return None
    types = {link.id: type for link in links if (type := flow.type_of(link)) is not None}
    first, second = sorted(links, key=lambda link: (types[link.id].shape[:-1], link.port))
    for link, goal in ((second, types[first.id]), (first, types[second.id])):
        spec = projection(types[link.id], goal)
        if spec is not None:
            what = sentence("a 1×1 convolution") if spec.id == "conv2d" else sentence(spec.title)
            text = sentence(
                "Insert {what} to {shape} after {nodes}", what=what, shape=goal.shape[-1], nodes=flow.nodes[link.source].name
            )
            return Mend(text=text, edits=(insertion(flow, link, spec),))
    return None


def projection(type: TensorType, goal: TensorType) -> Spec | None:
    """A layer that turns one shape into another by a learned product; None where a dense or a 1×1 convolution cannot."""
    if type.rank != goal.rank or not type.rank:
        return None
    if type.rank != 3:
        return made("layer", "dense", units=goal.shape[-1]) if type.shape[:-1] == goal.shape[:-1] else None
    stride = tuple(max(1, -(-n // m)) for n, m in zip(type.shape[:2], goal.shape[:2], strict=True))
    if any(-(-n // s) != m for n, s, m in zip(type.shape, stride, goal.shape, strict=False)) or max(stride) > 255:
        return None
    return made("layer", "conv2d", filters=goal.shape[2], kernel=(1, 1), stride=stride)
