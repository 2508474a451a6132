"""What a network comes to that answers the same whatever it is asked: the measure of its first loss and of what it learns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.samples import NO_CLASS
from playground.data.prepare import Split
from playground.engine import ops
from playground.engine.graph import Graph, OpNode
from playground.lowering import Lowered
from playground.lowering.network import INPUTS, Head

Array = npt.NDArray[Any]
#: Shares are kept this far from 0 and 1 before their logarithm is taken.
_LEAST = 1e-6


def targets_of(lowered: Lowered, head: Head, split: Split) -> Array | None:
    """What a loss compares with, as it reads it; None where that is made by the network. Shapes: (n, *target)."""
    if head.column:
        return np.asarray(lowered.columns(split)[head.column])
    if head.wired == INPUTS:
        return np.asarray(split.x)
    return None


def even(head: Head, targets: Array, shape: tuple[int, ...]) -> Array:
    """The answer of someone who knows nothing but what the targets are like: all classes alike, or their mean. Shapes: -> shape."""
    expects, classes = head.loss.expects, shape[-1] if shape else 1
    if expects == "margin":
        return np.zeros(shape)
    if expects == "values":
        return np.broadcast_to(_mean(targets, shape), shape)
    share = 0.5 if head.loss.target == "binary" else 1.0 / classes
    return np.full(shape, {"logits": 0.0, "probabilities": share, "log_probabilities": math.log(share)}[expects])


def usual(head: Head, targets: Array, shape: tuple[int, ...]) -> Array:
    """The best constant answer: the shares of the classes, or the mean of the values. Shapes: -> shape."""
    expects = head.loss.expects
    if head.loss.target == "class":
        known = targets[targets != NO_CLASS].astype(np.int64).reshape(-1)
        share = np.bincount(known[known >= 0], minlength=shape[-1])[: shape[-1]] / max(len(known), 1)
        share = np.broadcast_to(share, shape)
    else:
        share = np.broadcast_to(_mean(targets, shape), shape)
    if expects == "values" or (expects == "probabilities" and head.loss.target != "class"):
        return np.asarray(share)
    safe = np.clip(share, _LEAST, 1 - _LEAST)
    if expects == "probabilities":
        return np.asarray(safe)
    if head.loss.target == "binary":
        return np.asarray(np.log(safe / (1 - safe)))
    return np.asarray(np.log(safe))


def luck(head: Head, answers: Array, targets: Array) -> float:
    """How far the share of right answers of a network that knows nothing of these labels strays from that of guessing: the standard
    deviation over all ways of giving its answers other names.

    What looks alike gets the same answer, so that whole classes are right or wrong together and the number of samples says little.
    answers: (n, ..., classes) or, of yes and no, of the targets' shape.  Source: W. Hoeffding, A combinatorial central limit theorem
    (1951), theorem 2, for the table of answers and labels.
    """
    if head.loss.target == "class":
        known = targets.reshape(-1) != NO_CLASS
        given = answers.reshape(-1, answers.shape[-1]).argmax(axis=-1)[known]
        meant, classes = targets.reshape(-1)[known].astype(np.int64), answers.shape[-1]
    else:
        yes = 0.5 if head.loss.expects == "probabilities" else 0.0
        given, meant, classes = (answers.reshape(-1) > yes).astype(np.int64), (targets.reshape(-1) > 0).astype(np.int64), 2
    table = np.bincount(meant * classes + given, minlength=classes * classes).reshape(classes, classes) / max(len(meant), 1)
    apart = table - table.mean(axis=0) - table.mean(axis=1)[:, None] + table.mean()
    return float(np.sqrt((apart**2).sum() / max(classes - 1, 1)))


def _mean(targets: Array, shape: tuple[int, ...]) -> Array:
    mean = np.asarray(targets, np.float64).mean(axis=0)
    return mean.reshape(shape) if mean.size == math.prod(shape) else np.full(shape, float(mean.mean()))


def guess_loss(lowered: Lowered, at: int, split: Split) -> float | None:
    """The loss of `even` answers over a part of the data, by the loss's own definition in float64: ln(classes) for cross-entropy, the
    targets' variance for the squared error.

    at: the loss's place. None where its target, or its prediction as it compares it, is made by the network.
    """
    graph, head = lowered.graph, lowered.heads[at]
    node, targets = _op_of(graph, at), targets_of(lowered, head, split)
    maker = next((one for one in graph.nodes if node.inputs[0] in one.outputs), None)
    if targets is None or (maker is not None and maker.owner == head.name):
        return None
    shape = graph.values[node.inputs[0]].type.shape
    constants = {one.value: one.array for one in graph.constants}
    answer = np.broadcast_to(even(head, targets, shape), (split.count, *shape)).astype(np.float64)
    given: list[Array] = [answer, np.asarray(targets, np.int64 if head.loss.target == "class" else np.float64)]
    if given[1].shape[1:] != graph.values[node.inputs[1]].type.shape:
        given[1] = given[1].reshape(split.count, *graph.values[node.inputs[1]].type.shape)
    for value in node.inputs[2:]:
        rows = np.ones((split.count, *graph.values[value].type.shape))
        given.append(np.asarray(constants[value], np.float64) if value in constants else _present(rows, given[1]))
    if head.loss.target == "class":
        given[1] = np.maximum(given[1], 0)
    return float(np.asarray(ops.find(node.op).reference(given, node.attributes)))


def _present(rows: Array, targets: Array) -> Array:
    """Steps without a class count nothing."""
    return np.where(targets == NO_CLASS, 0.0, rows) if rows.shape == targets.shape else rows


def _op_of(graph: Graph, at: int) -> OpNode:
    losses = graph.losses or (graph.loss,)
    return next(node for node in graph.nodes if node.output == losses[at])
