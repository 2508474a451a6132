"""Tokens read as amounts, and losses that want another number of answers than a network for sequences gives."""

from __future__ import annotations

from playground.core.fields import fields_of
from playground.core.spec import Layer
from playground.core.tensor import TensorType
from playground.document.edits import InsertOnLink, SetField
from playground.document.problems import Mend, Problem
from playground.document.project import Link, Node
from playground.lowering.facts import facts
from playground.lowering.flow import Flow
from playground.lowering.mends import embedding_mend, insertion, made, set_field, width_words
from playground.words import sentence


def token_problem(flow: Flow, id: str) -> Problem | None:
    """A warning at a layer that reads tokens as if they were amounts."""
    node, found = flow.nodes[id], flow.facts.get(id)
    links = [link for link in flow.into[id] if (type := flow.type_of(link)) is not None and type.tokens]
    if not links or bool(getattr(node.spec, "tokens", "")) or found is None or found.type is None or found.type.tokens:
        return None
    text = sentence(
        "{node} reads tokens as amounts, as if a token were more than those before it. Give each a row of numbers.",
        node=node.name,
    )
    return Problem(text=text, node=id, severity="warning", mends=(embedding_mend(flow, node, links),))


def sequence_mend(flow: Flow, link: Link, wanted: tuple[int, ...], last: Node | None) -> Mend | None:
    """For a prediction that is a sequence or should be one; None for any other.

    link: the loss's prediction.  wanted: its shape as the loss needs it.  last: the layer whose setting decides the last extent of
    the prediction, if there is one.
    """
    type = flow.type_of(link)
    if type is None:
        return None
    if len(wanted) == 2 and type.rank == 2 and type.shape[0] == wanted[0]:
        if last is not None and isinstance(last.spec, Layer) and not _is_recurrent(last):
            return set_field(last, last.spec.width, wanted[1])
        dense = insertion(flow, link, made("layer", "dense", units=wanted[1]))
        return Mend(
            text=sentence("Insert Dense with {wanted} units after {nodes}", wanted=wanted[1], nodes=flow.nodes[link.source].name),
            edits=(dense,),
        )
    if len(wanted) == 2 and type.rank == 1:
        return _turned(flow, link, wanted, last, "sequence")
    if len(wanted) == 1 and type.rank == 2:
        found = _turned(flow, link, wanted, last, "last") or _pooled(flow, link, wanted, last)
        return found or (_pooled_and_dense(flow, link, wanted[0]) if type.masked else None)
    return None


def _is_recurrent(node: Node) -> bool:
    """Whether a layer may give all of its states or the last alone."""
    return "returns" in fields_of(node.spec)


def _turned(flow: Flow, link: Link, wanted: tuple[int, ...], last: Node | None, gives: str) -> Mend | None:
    """The last recurrent layer gives its last state alone, or the states of all steps; what follows it must take that."""
    path = _path(flow, link.source)
    at = next((k for k, node in enumerate(path) if _is_recurrent(node)), None)
    if at is None or getattr(path[at].spec, "returns", "") == gives:
        return None
    recurrent = path[at]
    given = flow.facts[recurrent.id].type
    if given is None:
        return None
    shape = given.shape[-1:] if gives == "last" else (wanted[0], given.shape[-1])
    what = sentence("give its last state") if gives == "last" else sentence("give every step")
    turn = SetField(recurrent.id, "returns", gives)
    if last is recurrent and at == 0:  # its states are within -1 and 1: the answers are made by a layer of their own
        dense = insertion(flow, link, made("layer", "dense", units=wanted[-1]))
        return Mend(
            text=sentence(
                "Let {recurrent} {what} and insert Dense with {wanted} units after it",
                recurrent=recurrent.name,
                what=what,
                wanted=wanted[-1],
            ),
            edits=(turn, dense),
        )
    if last is recurrent or last is None:
        return None
    if not _leads_to(TensorType(shape), path[:at][::-1], last, wanted):
        return None
    assert isinstance(last.spec, Layer)
    also = _width(last, wanted[-1])
    words = (
        sentence(" and set {width} of {last} to {wanted}", width=width_words(last.spec), last=last.name, wanted=wanted[-1])
        if also
        else ""
    )
    return Mend(
        text=sentence("Let {recurrent} {what}{words}", recurrent=recurrent.name, what=what, words=words), edits=(turn, *also)
    )


def _pooled(flow: Flow, link: Link, wanted: tuple[int, ...], last: Node | None) -> Mend | None:
    """The mean over the steps, before the layer that makes the answers."""
    if last is None or not isinstance(last.spec, Layer) or _is_recurrent(last) or len(flow.into[last.id]) != 1:
        return None
    before = flow.into[last.id][0]
    given = flow.type_of(before)
    path = _path(flow, link.source)
    if given is None or given.rank != 2 or last not in path:
        return None
    if not _leads_to(TensorType(given.shape[-1:]), path[: path.index(last) + 1][::-1], last, wanted):
        return None
    pool = insertion(flow, before, made("layer", "global_average_pool"))
    also = _width(last, wanted[0])
    words = sentence(" and set its {width} to {wanted}", width=width_words(last.spec), wanted=wanted[0]) if also else ""
    return Mend(text=sentence("Insert GlobalAveragePool before {last}{words}", last=last.name, words=words), edits=(pool, *also))


def _pooled_and_dense(flow: Flow, link: Link, n: int) -> Mend:
    """The mean over the steps that are there, which a Flatten would mix with padding, and a layer for the answers."""
    pool, dense = (
        insertion(flow, link, made("layer", "global_average_pool")),
        insertion(flow, link, made("layer", "dense", units=n)),
    )
    edits = (pool, InsertOnLink(pool.second, dense.node))
    return Mend(
        text=sentence("Insert GlobalAveragePool and Dense with {n} units after {nodes}", n=n, nodes=flow.nodes[link.source].name),
        edits=edits,
    )


def _width(last: Node, n: int) -> tuple[SetField, ...]:
    """The edit that makes the answers so many, where they are not."""
    assert isinstance(last.spec, Layer)
    return () if getattr(last.spec, last.spec.width) == n else (SetField(last.id, last.spec.width, n),)


def _path(flow: Flow, id: str) -> list[Node]:
    """Layers with one wire each, from a node back to the data or to where several wires meet."""
    found: list[Node] = []
    while isinstance(flow.nodes[id].spec, Layer) and id in flow.facts:
        found.append(flow.nodes[id])
        if len(flow.into[id]) != 1:
            break
        id = flow.into[id][0].source
    return found


def _leads_to(type: TensorType, path: list[Node], last: Node, wanted: tuple[int, ...]) -> bool:
    """Whether what flows through these layers comes out as the loss wants it, with the width of `last` set."""
    for node in path:
        spec = node.spec
        assert isinstance(spec, Layer)
        if node is last:
            spec = made("layer", spec.id, **{**{name: getattr(spec, name) for name in fields_of(spec)}, spec.width: wanted[-1]})
            assert isinstance(spec, Layer)
        found = facts(spec, (type,)).type
        if found is None:
            return False
        type = found
    return type.shape == wanted
