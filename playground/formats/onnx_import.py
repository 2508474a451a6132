"""Weights out of ONNX files that this program wrote, or that have its names and layouts. Data is read, and nothing else is run
than the standard operators that the network's own ONNX form consists of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from playground.engine.graph import Graph
from playground.errors import FileError
from playground.formats.model import Model
from playground.formats.onnx_places import Place, Places, places_of
from playground.formats.onnx_run import INPUT, INTERPRETER, MOST_BYTES, parse, run
from playground.formats.taken import Taken
from playground.formats.weights import SCALING
from playground.words import joined, sentence

#: What older versions or other programs put between the same layers; all of it pure arithmetic on what there is.
PLAIN = {
    "Add", "And", "Cast", "Concat", "Constant", "Div", "Dropout", "Flatten", "Gemm", "Greater", "Identity", "InstanceNormalization",
    "MatMul", "Mul", "ReduceMean", "Relu", "Reshape", "Shape", "Sigmoid", "Softmax", "Sqrt", "Squeeze", "Sub", "Tanh", "Transpose",
    "Unsqueeze", "Where",
}  # fmt: skip
#: Names that a sentence lists before it says how many more there are.
LISTED = 5


def take(path: Path, graph: Graph, present: Mapping[str, np.ndarray]) -> Taken:
    """Every tensor of the network, from the file or, where the file has none of it, as it is at present. Raises FileError.

    present: name -> array, for what the output of the network never reads.
    """
    places, proto = places_of(graph), _opened(path)
    try:
        tensors, notes = _tensors(proto, places, present, path.name)
    except FileError as error:
        raise FileError(joined((path.name, error), ": ")) from error

    def answers(model: Model) -> tuple[np.ndarray, ...]:
        _check_operators(proto, places, path.name)
        return run(proto, model.probe, model.columns)

    said = {one.key: one.value for one in proto.metadata_props}
    return Taken(
        path=path, tensors=tensors, interpreter=INTERPRETER, answers=answers, certificate=said.get("certificate", ""), notes=notes
    )


def read_weights(graph: Graph, path: Path, present: Mapping[str, np.ndarray] | None = None) -> dict[str, np.ndarray]:
    """The tensors by name. What the file does not hold is as in `present`, else 0. Raises FileError."""
    return dict(take(path, graph, present or {}).tensors)


def _opened(path: Path) -> Any:
    """The model of a file, its versions checked. Raises FileError."""
    import onnx

    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES + 2**20 else b""
    except OSError as error:
        raise FileError(sentence("{path} cannot be read: {strerror}.", path=path, strerror=error.strerror or error)) from error
    if size > MOST_BYTES + 2**20:
        raise FileError(
            sentence("{path} has {size} bytes; an ONNX file in one piece ends at 2 GiB.", path=path.name, size=f"{size:,}")
        )
    try:
        proto = parse(data)
    except FileError as error:
        raise FileError(joined((path.name, error), ": ")) from error
    if not proto.HasField("graph"):
        raise FileError(sentence("{path}: This is no ONNX file, or it is damaged: it holds no network.", path=path.name))
    newest = onnx.defs.onnx_opset_version()
    for one in proto.opset_import:
        if one.domain not in ("", "ai.onnx"):
            raise FileError(
                sentence(
                    "{path} uses operators of {domain}; only ONNX's own are read.", path=path.name, domain=f"{one.domain!a:.80}"
                )
            )
        if not 1 <= one.version <= newest:
            raise FileError(
                sentence(
                    "{path} is written in opset {version}; opsets up to {newest} are read.",
                    path=path.name,
                    version=one.version,
                    newest=newest,
                )
            )
    return proto


def _tensors(
    proto: Any, places: Places, present: Mapping[str, np.ndarray], file: str
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    stored = {one.name: one for one in proto.graph.initializer}
    if not all(isinstance(name, str) for name in stored):  # what is no text comes as bytes
        raise FileError(sentence("The names of its weights are not all texts: it is damaged."))
    outside = [one.name for one in stored.values() if one.data_location or one.external_data]
    if outside:
        raise FileError(
            sentence(
                "{listed}: the numbers are in another file. Save the network with its weights inside.", listed=_listed(outside)
            )
        )
    _check_names(stored, places)
    numbers, known = np.zeros(places.count, np.float32), np.zeros(places.count, bool)
    for name, place in places.held.items():
        if name in places.further and name not in stored and place.otherwise not in stored:
            continue
        array = _array(stored.get(name) or stored[place.otherwise], name, place).ravel()[place.at]
        before = known[place.sources]
        if not np.array_equal(numbers[place.sources][before].view(np.uint32), array[before].view(np.uint32)):
            raise FileError(
                sentence("{name} must hold the same numbers as the other places of its weights; it holds others.", name=name)
            )
        numbers[place.sources], known[place.sources] = array, True
        if not np.array_equal(numbers[place.sources].view(np.uint32), array.view(np.uint32)):
            raise FileError(
                sentence("{name} must hold the same numbers wherever it repeats a weight; it holds others.", name=name)
            )
    tensors, notes = {}, []
    for name, shape in places.shapes.items():
        part = slice(places.starts[name], places.starts[name] + int(np.prod(shape, dtype=np.int64)))
        found, there = numbers[part].reshape(shape), known[part].reshape(shape)
        absent = int(there.size - there.sum())
        if absent and name in present:
            found = np.where(there, found, np.asarray(present[name], np.float32).reshape(shape))
        if absent:
            what = (
                name
                if absent == there.size
                else sentence("{absent} of {size} numbers of {name}", absent=f"{absent:,}", size=f"{there.size:,}", name=name)
            )
            notes.append(
                sentence(
                    "{file} does not hold {what}, which its answers do not depend on; they stay as they are.",
                    file=file,
                    what=what,
                )
            )
        tensors[name] = np.ascontiguousarray(found)
    return tensors, tuple(notes)


def _check_names(stored: Mapping[str, Any], places: Places) -> None:
    """Constants may differ between versions of this program, so theirs are not asked for; weights are, and nothing else may be there."""
    asked = {name: place for name, place in places.held.items() if name not in places.further}
    missing = [name for name, place in asked.items() if name not in stored and place.otherwise not in stored]
    if missing:
        raise FileError(
            sentence(
                "It must hold {listed}; it holds {listed2}. The names and layouts must be those of this program's own "
                "ONNX export of this network.",
                listed=_listed(sorted(missing)),
                listed2=_listed(sorted(stored)) or "no weights",
            )
        )
    owners = {name.partition(".")[0] for name in places.shapes} | {name.partition(":")[0] for name in places.constants}
    for name in stored:
        known = name in places.held or name in places.constants or name.startswith(SCALING)
        if not known and not (":" in name and name.partition(":")[0] in owners):
            raise FileError(
                sentence(
                    "It holds {name}, which is nothing of this network; expected are {listed}.",
                    name=f"{name!a:.100}",
                    listed=_listed(sorted(places.held)),
                )
            )


def _array(one: Any, name: str, place: Place) -> np.ndarray:
    """The numbers of an initialiser. Raises FileError."""
    from onnx import TensorProto, numpy_helper

    shape = tuple(one.dims)
    if shape != place.shape:
        raise FileError(
            sentence(
                "{name} must have the shape {shape} in an ONNX file of this network; it has {shape2}.",
                name=name,
                shape=place.shape,
                shape2=shape,
            )
        )
    if one.data_type != TensorProto.FLOAT:
        raise FileError(
            sentence(
                "{name} must hold float32 numbers; it holds {name2}.",
                name=name,
                name2=_type_name(one.data_type),
            )
        )
    try:
        return np.asarray(numpy_helper.to_array(one), np.float32)
    except (ValueError, TypeError) as error:
        raise FileError(sentence("{name} is damaged: {error}.", name=name, error=error)) from error


def _type_name(number: int) -> str:
    from onnx import TensorProto

    known = {value: name.lower() for name, value in TensorProto.DataType.items()}
    return known.get(number, f"type {number}")


def _check_operators(proto: Any, places: Places, file: str) -> None:
    """Only what the network's own form has or what is plain arithmetic is run. Raises FileError."""
    names = [one.name for one in proto.graph.input if one.name not in {i.name for i in proto.graph.initializer}]
    if INPUT not in names:
        raise FileError(
            sentence(
                "{file} must have an input called {input}; it has {listed}.", file=file, input=f"{INPUT!r}", listed=_listed(names)
            )
        )
    if proto.functions:
        raise FileError(sentence("{file} defines functions of its own; only networks of ONNX's operators are read.", file=file))
    waiting = [proto.graph]
    while waiting:
        for node in waiting.pop().node:
            if node.domain not in ("", "ai.onnx") or node.op_type not in places.operators | PLAIN:
                raise FileError(
                    sentence(
                        "{file} uses {op_type}, which this network's ONNX form does not have.",
                        file=file,
                        op_type=f"{node.op_type!a:.80}",
                    )
                )
            waiting += [one.g for one in node.attribute if one.HasField("g")]
            if any(one.t.data_location or one.t.external_data for one in node.attribute):
                raise FileError(sentence("{file} keeps numbers in another file. Save the network with them inside.", file=file))


def _listed(names: list[str]) -> str:
    more = sentence(" and {names_count} more", names_count=len(names) - LISTED) if len(names) > LISTED else ""
    return joined((joined(name[:80] for name in names[:LISTED]), more), "")
