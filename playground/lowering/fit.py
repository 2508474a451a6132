"""Whether the loss suits the data and the network's output."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from playground.core.samples import Samples
from playground.core.spec import Dataset, Layer, Loss
from playground.core.tensor import TensorType
from playground.document.edits import AddLink, InsertOnLink, RemoveNodes, ReplaceSpec, SetField, SetPlan
from playground.document.problems import LazyMends, Mend, Problem, remedies
from playground.document.project import Link, Node, Project
from playground.document.wiring import output_names
from playground.engine.builder import GraphBuilder
from playground.errors import ShapeError
from playground.lowering.facts import alone, facts, row_weights
from playground.lowering.flow import Flow
from playground.lowering.mends import insertion, made, set_field, shape_mend, width_words
from playground.lowering.sequence_mends import sequence_mend
from playground.words import joined, sentence

EACH = {
    "class": sentence("one for each class"),
    "binary": sentence("one for each answer"),
    "distribution": sentence("one for each share"),
    "values": sentence("one for each target"),
}
#: Targets that mean something only as they are.
UNSCALED = {"binary": sentence("targets of 0 and 1"), "distribution": sentence("shares")}
#: How far the shares of a distribution may be from a sum of 1.
ROUNDING = 1e-3


def loss_problems(project: Project, samples: Samples, flow: Flow, node: Node) -> Iterator[Problem]:
    """Of a loss whose settings are within their ranges. Nothing about its output while that is not known."""
    loss = node.spec
    assert isinstance(loss, Loss)
    inputs = flow.inputs(node)
    wires = {link.port: link for link in flow.into[node.id]}
    own_target = 1 not in wires
    misfit = _task_problem(samples, node, loss, inputs[0] if inputs else None) if own_target else None
    if misfit is not None:
        yield misfit
        return
    if own_target and loss.target in UNSCALED and samples.task == "regression" and project.data.scale_targets:
        yield Problem(
            text=sentence(
                "{node} needs {unscaled} as they are, and the data plan scales targets.",
                node=node.name,
                unscaled=UNSCALED[loss.target],
            ),
            node=node.id,
            mends=(Mend(text=sentence("Leave targets unscaled"), edits=(SetPlan("data", "scale_targets", False),)),),
        )
    if samples.weights is not None and 2 not in wires:
        yield from _unread_weights(flow, node)
    if inputs is None:
        return
    yield from _form_problems(flow, node, loss, flow.nodes[wires[0].source])
    if own_target:
        wanted = wanted_shape(loss, samples)
        if inputs[0] is not None and inputs[0].shape != wanted:
            yield _count_problem(flow, node, loss, wanted)
            return
    error = loss_error(loss, inputs, samples)
    if error is not None:
        given = joined(
            (
                sentence("{node} gives {form}", node=flow.nodes[link.source].name, form=flow.type_of(link))
                for link in wires.values()
            ),
            "; ",
        )
        field = error.mend.split()[1] if error.mend.startswith("set ") else "prediction"
        mends = LazyMends(lambda: remedies(shape_mend(flow, node, list(flow.into[node.id]), error.mend)))
        text = sentence("{node} {why} {given}.", node=node.name, why=error, given=given)
        yield Problem(text=text, node=node.id, field=field, mends=mends)


def loss_error(loss: Loss, inputs: tuple[TensorType | None, ...], samples: Samples) -> ShapeError | None:
    """Why a loss cannot be built from these types, going on from its name; None where it can."""
    g = GraphBuilder()
    prediction, target, weights = (alone(g, type) for type in inputs)
    if target is None:
        target = g.take_target(TensorType(tuple(loss.encode(samples.y[:0]).shape[1:])))
    try:
        with g.of("loss", loss):
            assert prediction is not None
            loss.build(g, prediction, target, row_weights(g, prediction, weights))
    except ShapeError as error:
        return error
    return None


def _unread_weights(flow: Flow, node: Node) -> Iterator[Problem]:
    """Data that say what each sample counts, and a loss that does not ask."""
    for source in flow.nodes.values():
        if isinstance(source.spec, Dataset):
            wire = AddLink(source.id, node.id, 2, output=output_names(source.spec).index("weights"))
            yield Problem(
                text=sentence(
                    "{source} says what each sample counts, and {node} does not read it.", source=source.name, node=node.name
                ),
                node=node.id,
                field="weights",
                severity="warning",
                mends=(Mend(text=sentence("Wire the weights"), edits=(wire,)),),
            )


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


def _form_problems(flow: Flow, node: Node, loss: Loss, source: Node) -> Iterator[Problem]:
    """A prediction in another form than the loss reads: logits, probabilities, their logarithms, numbers of either sign."""
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


def wanted_shape(loss: Loss, samples: Samples) -> tuple[int, ...]:
    """What the prediction's shape must be."""
    shape = tuple(loss.encode(samples.y[:0]).shape[1:])
    return (*shape, samples.classes) if loss.target == "class" else shape


def suits(loss: Loss, type: TensorType, samples: Samples) -> bool:
    """Whether a loss reads a prediction of this type for the targets that the data have."""
    node = Node(id="", name="", spec=loss)
    return _task_problem(samples, node, loss, type) is None and wanted_shape(loss, samples) == type.shape


def _task_problem(samples: Samples, node: Node, loss: Loss, prediction: TensorType | None) -> Problem | None:
    """A loss for another kind of target than the data has."""
    classes = samples.task == "classification"
    if classes and loss.target == "binary" and samples.y.ndim > 1:
        why, use = sentence("answers yes or no, and the data has a class for every step"), "cross_entropy"
    elif classes and loss.target == "binary" and samples.classes != 2:
        why, use = sentence("answers yes or no, and the data has {classes} classes", classes=samples.classes), "cross_entropy"
    elif classes and loss.target in ("values", "distribution"):
        lone = samples.classes == 2 and prediction is not None and prediction.shape == (1,)
        what = sentence("values") if loss.target == "values" else sentence("distributions")
        why, use = (
            sentence("compares {what}, and the data has classes", what=what),
            "binary_cross_entropy" if lone else "cross_entropy",
        )
    elif not classes and loss.target == "class":
        why, use = sentence("needs classes, and the data has values"), "mean_squared_error"
    elif not classes and samples.count and (unfit := _unfit_targets(samples.y, loss)):
        why, use = unfit, "mean_squared_error"
    else:
        return None
    better = made("loss", use)
    mend = Mend(text=sentence("Use {better}", better=sentence(better.title).lower()), edits=(ReplaceSpec(node.id, better),))
    return Problem(text=sentence("{node} {why}.", node=node.name, why=why), node=node.id, mends=(mend,))


def _unfit_targets(y: np.ndarray, loss: Loss) -> str:
    """Why values cannot be this loss's targets, "" where they can. Shapes: (n, k)."""
    low, high = float(y.min()), float(y.max())
    if loss.target == "binary" and loss.expects == "margin":
        fit = bool(np.isin(y, (0, 1)).all() or np.isin(y, (-1, 1)).all())
        return (
            ""
            if fit
            else sentence(
                "needs targets of -1 and 1, or 0 and 1, and the data's lie in {low} to {high}",
                low=f"{low:.4g}",
                high=f"{high:.4g}",
            )
        )
    if loss.target == "binary" and (low < 0 or high > 1):
        return sentence("needs targets of 0 and 1, and the data's lie in {low} to {high}", low=f"{low:.4g}", high=f"{high:.4g}")
    if loss.target == "distribution":
        sums = y.reshape(len(y), -1).sum(axis=1)
        worst = float(sums[np.abs(sums - 1).argmax()])
        if low < 0:
            return sentence("needs shares of at least 0, and the least of the data's is {low}", low=f"{low:.4g}")
        if abs(worst - 1) > ROUNDING:
            return sentence("needs shares that sum to 1, and some of the data's sum to {worst}", worst=f"{worst:.4g}")
    return ""


def _count_problem(flow: Flow, node: Node, loss: Loss, wanted: tuple[int, ...]) -> Problem:
    link = flow.into[node.id][0]
    source, n = flow.nodes[link.source], int(np.prod(wanted, dtype=int))
    needs = sentence("{tensortype} numbers", tensortype=TensorType(wanted)) if n != 1 else "1 number"
    each = f", {EACH[loss.target]}" if n != 1 else ""
    text = sentence(
        "{node} needs {needs}{each}. {source} gives {type_of}.",
        node=node.name,
        needs=needs,
        each=each,
        source=source.name,
        type_of=flow.type_of(link),
    )
    mends = LazyMends(lambda: _count_mends(flow, link, wanted))
    return Problem(text=text, node=node.id, field="prediction", mends=mends)


def _count_mends(flow: Flow, link: Link, wanted: tuple[int, ...]) -> Iterator[Mend]:
    """What may give the prediction the shape that the loss needs, the least change first; not all of them do."""
    source, type = flow.nodes[link.source], flow.type_of(link)
    assert type is not None
    last = _width_layer(flow, source)
    yield from remedies(sequence_mend(flow, link, wanted, last))
    if len(wanted) != 1:
        return
    (n,) = wanted
    flatten, dense = (insertion(flow, link, made("layer", id, **more)) for id, more in (("flatten", {}), ("dense", {"units": n})))
    if type.count == n:
        yield Mend(text=sentence("Insert Flatten after {source}", source=source.name), edits=(flatten,))
    if last is not None and type.rank == 1:
        yield from _width_mends(last, type.shape[0], n)
    elif last is not None:
        yield from remedies(_flattened(flow, last, n))
    if type.rank == 3 and type.shape[-1] == n:
        pool = insertion(flow, link, made("layer", "global_average_pool"))
        yield Mend(text=sentence("Insert GlobalAveragePool after {source}", source=source.name), edits=(pool,))
    if type.rank == 1:
        yield Mend(text=sentence("Insert Dense with {n} units after {source}", n=n, source=source.name), edits=(dense,))
    else:
        edits = (flatten, InsertOnLink(flatten.second, dense.node))
        yield Mend(text=sentence("Insert Flatten and Dense with {n} units after {source}", n=n, source=source.name), edits=edits)


def _width_mends(last: Node, given: int, n: int) -> Iterator[Mend]:
    """Another width of the layer that decides how many numbers are given: in proportion, as in both directions of a recurrent layer
    that gives two for each unit, or just as many.
    """
    assert isinstance(last.spec, Layer)
    width = getattr(last.spec, last.spec.width)
    proportion = [width * n // given] if width * n % given == 0 else []
    for value in dict.fromkeys((*proportion, n)):
        yield set_field(last, last.spec.width, value)


def _width_layer(flow: Flow, node: Node) -> Node | None:
    """The layer that decides the last extent of a node's output: itself, or the one before layers that keep the shape."""
    while isinstance(node.spec, Layer):
        if node.spec.width:
            return node
        into = flow.into[node.id]
        if len(into) != 1 or flow.types.get(into[0].source) != flow.types.get(node.id):
            return None
        node = flow.nodes[into[0].source]
    return None


def _flattened(flow: Flow, last: Node, n: int) -> Mend | None:
    """Flatten in front of a layer that acts on the last axis, where that makes a row of what comes out."""
    spec, into = last.spec, flow.into[last.id]
    assert isinstance(spec, Layer)
    given = flow.type_of(into[0])
    assert given is not None
    found = facts(spec, (TensorType((given.count,)),))
    if given.rank == 1 or found.type is None or found.type.rank != 1:
        return None
    edits: tuple[object, ...] = (insertion(flow, into[0], made("layer", "flatten")),)
    if found.type.count == n:
        return Mend(text=sentence("Insert Flatten before {last}", last=last.name), edits=edits)
    text = sentence("Insert Flatten before {last} and set its {width} to {n}", last=last.name, width=width_words(spec), n=n)
    return Mend(text=text, edits=(*edits, SetField(last.id, spec.width, n)))


def _without(flow: Flow, source: Node, loss: Node) -> Mend | None:
    """The loss wired to what feeds the layer before it; the layer goes where nothing else reads it."""
    into = flow.into[source.id]
    if len(into) != 1:
        return None
    edits: list[object] = [AddLink(into[0].source, loss.id, 0, output=into[0].output)]
    if len(flow.consumers(source.id)) == 1:
        edits.append(RemoveNodes((source.id,)))
    return Mend(text=sentence("Take {source} out", source=source.name), edits=tuple(edits))
