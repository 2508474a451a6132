"""What is exported: a graph, its tensors, the scaling around it, and a probe with the answers that training's own engine gave."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from playground.engine.graph import Graph, OpNode
from playground.engine.optimizer_state import OptimizerState


@dataclasses.dataclass(frozen=True)
class Affine:
    """y = (x − shift) / scale, element by element. Shapes: shift and scale broadcast against one sample."""

    shift: np.ndarray
    scale: np.ndarray

    def apply(self, x: np.ndarray) -> np.ndarray:
        return (x - self.shift) / self.scale

    def invert(self, y: np.ndarray) -> np.ndarray:
        return y * self.scale + self.shift


@dataclasses.dataclass(frozen=True, kw_only=True)
class Further:
    """What the network answers to another loss than the first. name: in the file.  value: of the graph.  expected, after: as in `Model`."""

    name: str
    value: int
    expected: np.ndarray
    after: Affine | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Model:
    """A trained network as it leaves the house.

    parameters, statistics: name -> float32 array, as in `graph`.  before: how raw inputs are scaled for the network.
    after: how targets were scaled; the exported network undoes it.
    columns: what the output reads besides the probe, such as lengths, (n, ...).  probe: raw inputs, (n, *sample) float32.
    expected: what the engine that trained the network answers to the probe, scaling included.  about: further metadata.
    optimizer: its state, for the formats that hold weights by name; ONNX has no place for it.
    further: the other answers of a network with several losses, as `further_outputs` lists them.
    """

    name: str
    graph: Graph
    parameters: Mapping[str, np.ndarray]
    statistics: Mapping[str, np.ndarray]
    probe: np.ndarray
    expected: np.ndarray
    before: Affine | None = None
    after: Affine | None = None
    about: Mapping[str, str] = dataclasses.field(default_factory=dict)
    columns: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    optimizer: OptimizerState | None = None
    further: tuple[Further, ...] = ()

    def answers(self) -> tuple[np.ndarray, ...]:
        """All that is expected, the first loss's first."""
        return (self.expected, *(one.expected for one in self.further))

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the network by name, contiguous float32, in a fixed order."""
        found = {**self.parameters, **self.statistics}
        return {name: np.ascontiguousarray(found[name], dtype=np.float32) for name in sorted(found)}

    def scaling(self) -> dict[str, np.ndarray]:
        """The arrays of the scaling by name, float64: a large shift against a small spread needs it."""
        found = {}
        for name, affine in (("input", self.before), ("output", self.after), *((one.name, one.after) for one in self.further)):
            if affine is not None:
                found[f"{name}.shift"] = np.ascontiguousarray(affine.shift, dtype=np.float64)
                found[f"{name}.scale"] = np.ascontiguousarray(affine.scale, dtype=np.float64)
        return found


def further_outputs(graph: Graph) -> tuple[int, ...]:
    """What the losses judge besides the output, which the first one judges."""
    return tuple(value for value in dict.fromkeys(graph.outputs[: len(graph.losses)]) if value != graph.output)


def needed(graph: Graph, *, first: bool = False) -> tuple[OpNode, ...]:
    """The ops that lead to the output and, unless `first`, to the further ones, in order; losses and whatever only they read are left out."""
    wanted: set[int] = {graph.output, *(() if first else further_outputs(graph))}
    kept = []
    for node in reversed(graph.nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            kept.append(node)
    return tuple(reversed(kept))


def further_inputs(graph: Graph) -> list[int]:
    """Columns that the outputs depend on: they come in beside the input."""
    read = {i for node in needed(graph) for i in node.inputs}
    return [column for column in graph.columns if column in read]


def tensors_sha256(tensors: Mapping[str, np.ndarray]) -> str:
    """One hash over names, shapes, types and bytes of arrays, in the order of their names."""
    return _sha256(part for name in sorted(tensors) for part in _described(name, tensors[name]))


def array_sha256(array: np.ndarray) -> str:
    return _sha256(_described("", array))


def _described(name: str, array: np.ndarray) -> tuple[bytes, ...]:
    whole = np.ascontiguousarray(array)
    return (name.encode(), f"{whole.dtype.str}{array.shape}".encode(), whole.tobytes())


def _sha256(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()
