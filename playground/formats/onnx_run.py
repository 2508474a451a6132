"""ONNX files as bytes and as answers: parsed by ONNX's library, run by its reference interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.errors import FileError
from playground.words import sentence

INTERPRETER = "onnx.reference"
INPUT, OUTPUT = "input", "output"
#: Protocol buffers end at 2 GiB, and one file is what we promise.
MOST_BYTES = 2**31 - 2**20


def run(proto: Any, x: np.ndarray, columns: Mapping[str, np.ndarray] | None = None) -> tuple[np.ndarray, ...]:
    """What ONNX's own reference interpreter makes of the inputs, for every output. columns: further inputs by name; others are left out."""
    from onnx.reference import ReferenceEvaluator

    with np.errstate(all="ignore"):  # exp of a large negative number is a proper zero
        names = {one.name for one in proto.graph.input}
        given = {name: np.asarray(array, dtype=np.float32) for name, array in (columns or {}).items() if name in names}
        found = ReferenceEvaluator(proto).run(None, {INPUT: np.asarray(x, dtype=np.float32), **given})
        return tuple(np.asarray(one) for one in found)


def parse(data: bytes) -> Any:
    """The model of a file's bytes. Raises FileError."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        return onnx.load_model_from_string(data)
    except (DecodeError, ValueError) as error:
        raise FileError(sentence("This is no ONNX file, or it is damaged: {error}.", error=str(error).rstrip("."))) from error
