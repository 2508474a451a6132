"""Whether the prediction has the form that the loss reads: logits, probabilities, their logarithms, numbers of either sign."""

from __future__ import annotations

from collections.abc import Iterator

from playground.core.spec import Layer, Loss
from playground.document.edits import AddLink, ReplaceSpec
from playground.document.problems import Mend, Problem, remedies
from playground.document.project import Link, Node
from playground.lowering.flow import Flow
from playground.lowering.mends import insertion, made, taken_out
from playground.lowering.passing import Origin, keeps_rows, origin
from playground.words import sentence

#: What a prediction may be, in words; of a layer's output, what it gives.
FORMS = {
    "logits": sentence("logits"),
    "probabilities": sentence("probabilities"),
    "log_probabilities": sentence("logarithms of probabilities"),
    "margin": sentence("numbers of either sign"),
}
GIVES = {**FORMS, "margin": sentence("numbers from -1 to 1"), "positive": sentence("numbers of at least 0")}
#: What a prediction must be -> the layer that makes it so, for a target of one class among several and for other targets.
MAKES = {"probabilities": ("softmax", "sigmoid"), "log_probabilities": ("log_softmax", "log_softmax")}
#: Losses whose prediction is of neither sign in particular: (what they expect, what the layer gives) -> what comes of it.
SQUEEZED = {
    ("logits", "probabilities"): sentence("learning would be slow"),
    ("logits", "log_probabilities"): sentence("the loss does that by itself"),
    ("logits", "margin"): sentence("it could never be sure of an answer"),
    ("margin", "probabilities"): sentence("it could never say no"),
    ("margin", "log_probabilities"): sentence("it could never say yes"),
}
#: The same where a single number answers yes or no; of several classes each may have a number of at least 0, and the largest wins.
NEVER_NO = {(expects, "positive"): sentence("it could never say no") for expects in ("logits", "margin")}


def form_problems(flow: Flow, node: Node, loss: Loss, link: Link) -> Iterator[Problem]:
    """Of a loss whose prediction comes by this wire. Layers that pass numbers on as they are give what those before them gave."""
    found = origin(flow, link)
    maker = found.maker
    gives = maker.spec.gives_of(flow.types[maker.id].rank) if isinstance(maker.spec, Layer) and not found.wires[0].output else ""
    squeezed = {**SQUEEZED, **NEVER_NO} if loss.target == "binary" else SQUEEZED
    if (loss.expects, gives) in squeezed:
        text = sentence(
            "{node} expects {expected}, and {source} gives {given}: {squeezed}.",
            node=node.name,
            expected=FORMS[loss.expects],
            source=maker.name,
            given=GIVES[gives],
            squeezed=squeezed[loss.expects, gives],
        )
        yield _warning(node, text, _without(flow, found))
    if loss.expects in MAKES and isinstance(flow.nodes[link.source].spec, Layer):
        if found.altered or not keeps_rows(flow, found):  # hidden numbers are none, and shares turned or cut do not sum to 1
            gives = ""
        if gives != loss.expects:
            yield _unmade(flow, node, loss, found, gives)


def _unmade(flow: Flow, node: Node, loss: Loss, found: Origin, gives: str) -> Problem:
    """A prediction that nobody has made what it must be. gives: what it is instead, "" where nobody says."""
    layer, last = made("layer", MAKES[loss.expects][loss.target == "binary"]), found.wires[-1]
    source = found.maker if gives else flow.nodes[last.source]
    if gives and _alone(flow, found):
        mend = Mend(
            text=sentence("Make {source} a {layer}", source=source.name, layer=sentence(layer.title)),
            edits=(ReplaceSpec(source.id, layer),),
        )
    else:
        mend = Mend(
            text=sentence("Insert {layer} after {source}", layer=sentence(layer.title), source=flow.nodes[last.source].name),
            edits=(insertion(flow, last, layer),),
        )
    told = sentence("gives {given}", given=GIVES[gives]) if gives else sentence("does not say that it gives them")
    text = sentence(
        "{node} expects {expected}, and {source} {told}.",
        node=node.name,
        expected=FORMS[loss.expects],
        source=source.name,
        told=told,
    )
    return _warning(node, text, mend)


def _warning(node: Node, text: str, mend: Mend | None) -> Problem:
    """Of what a loss reads."""
    return Problem(text=text, node=node.id, field="prediction", severity="warning", mends=remedies(mend))


def _alone(flow: Flow, found: Origin) -> bool:
    """Whether nobody but the loss reads what the maker gives."""
    return all(len(flow.consumers(link.source)) == 1 for link in found.wires)


def _without(flow: Flow, found: Origin) -> Mend | None:
    """What reads the maker on the way to the loss reads what the maker read; the maker goes where nothing else reads it."""
    maker, first = found.maker, found.wires[0]
    into = flow.into[maker.id]
    if len(into) != 1:
        return None
    if len(flow.consumers(maker.id)) == 1:
        return taken_out(flow, maker)
    wire = AddLink(into[0].source, first.target, first.port, output=into[0].output)
    return Mend(text=sentence("Take {source} out", source=maker.name), edits=(wire,))
