"""Where the numbers of a network's tensors stand among the initialisers of its ONNX form.

The ops write themselves twice, with labels instead of numbers: whole numbers that say which number of which tensor this is, and
the same moved on by the count of all. What moved by exactly that is one number of a tensor, wherever transposes, splits and
concatenations have put it; what did not move is a constant of the form. So no op needs to know the way back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from playground.engine.graph import Graph
from playground.engine.onnx_form import NoOnnxForm
from playground.formats.model import further_inputs, needed
from playground.formats.onnx_writer import Writer
from playground.words import sentence

#: Labels are one more than a multiple of this: a sum of two is two more, so that it is not taken for a third.
APART = 4096


@dataclasses.dataclass(frozen=True)
class Place:
    """An initialiser that holds numbers of tensors.

    at: where in it, flat.  sources: which number of all tensors stands there.  otherwise: the initialiser that holds the same
    where both are equal, since equal ones are written once.
    """

    shape: tuple[int, ...]
    at: np.ndarray
    sources: np.ndarray
    otherwise: str = ""


@dataclasses.dataclass(frozen=True)
class Places:
    """names, shapes, starts: the tensors, and where each begins among all numbers.  constants: the other initialisers.

    further: the initialisers that hold only what the first output does not read.

    operators: the kinds of the nodes.
    """

    shapes: Mapping[str, tuple[int, ...]]
    starts: Mapping[str, int]
    count: int
    held: Mapping[str, Place]
    further: frozenset[str]
    constants: frozenset[str]
    operators: frozenset[str]


def places_of(graph: Graph) -> Places:
    """Raises NoOnnxForm for a graph that ONNX cannot say, or whose form computes with its tensors."""
    shapes = {value.name: value.type.shape for value in graph.values if value.kind in ("parameter", "statistic")}
    starts, count = {}, 0
    for name, shape in shapes.items():
        starts[name] = count
        count += int(np.prod(shape, dtype=np.int64))

    def labels(first: int) -> dict[str, np.ndarray]:
        return {
            name: (1.0 + APART * (first + start + np.arange(np.prod(shapes[name], dtype=np.int64), dtype=np.float64))).reshape(
                shapes[name]
            )
            for name, start in starts.items()
        }

    one, other = _written(graph, labels(1)), _written(graph, labels(1 + count))
    held = {name: _place(name, array, other, one, count) for name, array in one.initialisers.items()}
    return Places(
        shapes=shapes,
        starts=starts,
        count=count,
        held={name: place for name, place in held.items() if place is not None},
        further=frozenset(one.initialisers.keys() - _written(graph, labels(1), first=True).initialisers.keys()),
        constants=frozenset(name for name, place in held.items() if place is None),
        operators=frozenset(node.op_type for node in one.nodes),
    )


def _written(graph: Graph, tensors: Mapping[str, np.ndarray], *, first: bool = False) -> Writer:
    w = Writer(graph, tensors)
    w.hold(graph.input, w.fresh("input"))
    for column in further_inputs(graph):
        w.hold(column, w.fresh(graph.values[column].name))
    for node in needed(graph, first=first):
        w.write(node)
    return w


def _place(name: str, array: np.ndarray, other: Writer, w: Writer, count: int) -> Place | None:
    if array.dtype != np.float64:
        return None
    a, b = array.ravel(), other.initialisers[name].ravel()
    (moved,) = np.nonzero(a != b)
    if not len(moved):
        return None
    a, b = a[moved], b[moved]
    if np.any(a % APART != 1) or np.any(b - a != APART * count):
        raise NoOnnxForm(
            sentence(
                "{name} mixes several weights in the ONNX form, so they cannot be read back. Use safetensors or NPZ.", name=name
            )
        )
    return Place(array.shape, moved, (a.astype(np.int64) - 1) // APART - 1, w.doubles.get(name, ""))
