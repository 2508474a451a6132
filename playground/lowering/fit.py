"""Whether the loss suits the data and the network's output."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from playground.core.samples import Samples
from playground.core.spec import Dataset, Layer, Loss
from playground.core.tensor import TensorType
from playground.document.edits import AddLink, InsertOnLink, SetField
from playground.document.problems import LazyMends, Mend, Problem, remedies
from playground.document.project import Link, Node, Project
from playground.document.wiring import output_names
from playground.engine.builder import GraphBuilder
from playground.errors import ShapeError
from playground.lowering.facts import alone, facts, row_weights
from playground.lowering.flow import Flow
from playground.lowering.forms import form_problems
from playground.lowering.input_targets import input_target_problem
from playground.lowering.mends import insertion, made, set_field, shape_mend, width_words
from playground.lowering.sequence_mends import sequence_mend
from playground.lowering.targets import bare_class_problem, data_target, own_target, scaling_problem, task_problem
from playground.words import joined, sentence

EACH = {
    "class": sentence("one for each class"),
    "binary": sentence("one for each answer"),
    "distribution": sentence("one for each share"),
    "values": sentence("one for each target"),
}


def loss_problems(project: Project, samples: Samples, flow: Flow, node: Node) -> Iterator[Problem]:
    """Of a loss whose settings are within their ranges. Nothing about its output while that is not known."""
    loss = node.spec
    assert isinstance(loss, Loss)
    inputs = flow.inputs(node)
    wires = {link.port: link for link in flow.into[node.id]}
    target = data_target(flow, node, samples)
    if target is not None:
        misfit = task_problem(samples, target, node, loss, inputs[0] if inputs else None)
        misfit = misfit or bare_class_problem(flow, node, loss, target, samples)
        if misfit is not None:
            yield misfit
            return
        scaled = scaling_problem(project, samples, node, loss)
        yield from () if scaled is None else (scaled,)
    else:
        unfit = input_target_problem(project, samples, flow, node, loss)
        yield from () if unfit is None else (unfit,)
    if samples.weights is not None and 2 not in wires:
        yield from _unread_weights(flow, node)
    if inputs is None:
        return
    yield from form_problems(flow, node, loss, wires[0])
    if target is not None and not (loss.target == "class" and not samples.classes):
        shape = target.values.shape[1:] if target.passed else loss.encode(samples.y[:0]).shape[1:]
        wanted = (*shape, samples.classes) if loss.target == "class" else shape
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


def wanted_shape(loss: Loss, samples: Samples) -> tuple[int, ...]:
    """What the prediction's shape must be."""
    shape = tuple(loss.encode(samples.y[:0]).shape[1:])
    return (*shape, samples.classes) if loss.target == "class" else shape


def suits(loss: Loss, type: TensorType, samples: Samples) -> bool:
    """Whether a loss reads a prediction of this type for the targets that the data have."""
    node = Node(id="", name="", spec=loss)
    return task_problem(samples, own_target(samples), node, loss, type) is None and wanted_shape(loss, samples) == type.shape


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
