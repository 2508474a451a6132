"""Whether the prediction has the form that the loss reads: logits, probabilities, their logarithms, numbers of either sign."""

from __future__ import annotations

from collections.abc import Iterator

from playground.core.spec import Layer, Loss
from playground.document.edits import AddLink, RemoveNodes, ReplaceSpec
from playground.document.problems import Mend, Problem, remedies
from playground.document.project import Link, Node
from playground.lowering.flow import Flow
from playground.lowering.mends import insertion, made
from playground.words import sentence

#: What a prediction may be, in words; of a layer's output, what it gives.
FORMS = {
    "logits": sentence("logits"),
    "probabilities": sentence("probabilities"),
    "log_probabilities": sentence("logarithms of probabilities"),
    "margin": sentence("numbers of either sign"),
}
GIVES = {**FORMS, "margin": sentence("numbers from -1 to 1")}
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


def form_problems(flow: Flow, node: Node, loss: Loss, wire: Link) -> Iterator[Problem]:
    """A prediction in another form than the loss reads: logits, probabilities, their logarithms, numbers of either sign."""
    source = flow.nodes[wire.source]
    if not isinstance(source.spec, Layer):
        return
    gives = source.spec.gives_of(flow.types[source.id].rank)
    expected, given = FORMS.get(loss.expects, ""), GIVES.get(gives, "")
    if (loss.expects, gives) in SQUEEZED:
        yield Problem(
            text=sentence(
                "{node} expects {expected}, and {source} gives {given}: {squeezed}.",
                node=node.name,
                expected=expected,
                source=source.name,
                given=given,
                squeezed=SQUEEZED[loss.expects, gives],
            ),
            node=node.id,
            field="prediction",
            severity="warning",
            mends=remedies(_without(flow, source, node)),
        )
    if loss.expects in MAKES and gives != loss.expects:
        layer = made("layer", MAKES[loss.expects][loss.target == "binary"])
        alone = len(flow.consumers(source.id)) == 1
        if gives and alone:
            mend = Mend(
                text=sentence("Make {source} a {layer}", source=source.name, layer=sentence(layer.title)),
                edits=(ReplaceSpec(source.id, layer),),
            )
        else:
            link = flow.into[node.id][0]
            mend = Mend(
                text=sentence("Insert {layer} after {source}", layer=sentence(layer.title), source=source.name),
                edits=(insertion(flow, link, layer),),
            )
        told = sentence("gives {given}", given=given) if gives else sentence("does not say that it gives them")
        yield Problem(
            text=sentence(
                "{node} expects {expected}, and {source} {told}.",
                node=node.name,
                expected=expected,
                source=source.name,
                told=told,
            ),
            node=node.id,
            field="prediction",
            severity="warning",
            mends=(mend,),
        )


def _without(flow: Flow, source: Node, loss: Node) -> Mend | None:
    """The loss wired to what feeds the layer before it; the layer goes where nothing else reads it."""
    into = flow.into[source.id]
    if len(into) != 1:
        return None
    edits: list[object] = [AddLink(into[0].source, loss.id, 0, output=into[0].output)]
    if len(flow.consumers(source.id)) == 1:
        edits.append(RemoveNodes((source.id,)))
    return Mend(text=sentence("Take {source} out", source=source.name), edits=tuple(edits))
