"""safetensors: every tensor by its name, the certificate in the header. Data only, never code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np

from playground.engine.graph import Graph
from playground.errors import FileError
from playground.formats.certificate import Certificate
from playground.formats.format import Format
from playground.formats.model import Model
from playground.formats.taken import Taken
from playground.formats.weights import Contents, contents_of, take_weights, write_weights
from playground.words import sentence


def write(model: Model, path: Path) -> Certificate:
    """Raises ExportBlocked, with nothing written, when the file read back gives other answers than the engine."""
    return write_weights(model, path, "safetensors", pack, parse, {"safetensors": version("safetensors")})


def pack(tensors: Mapping[str, np.ndarray], about: Mapping[str, str]) -> bytes:
    """The bytes of a file; the same tensors give the same bytes.

    The library would write a transposed view wrongly without a word, hence the copies; and it writes the metadata in another
    order every time, hence the header made anew. Offsets in it count from its end.
    """
    from safetensors.numpy import save

    data: bytes = save({name: np.ascontiguousarray(array) for name, array in tensors.items()})
    size = int.from_bytes(data[:8], "little")
    header = {"__metadata__": dict(sorted(about.items())), **json.loads(data[8 : 8 + size])}
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def parse(data: bytes) -> Contents:
    """Tensors and metadata of a file's bytes. Raises FileError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileError(
            sentence("This is no safetensors file, or it is damaged: {error}.", error=f"{error!s:.200}".rstrip("."))
        ) from error
    return Contents(dict(sorted(arrays.items())), dict(header.get("__metadata__", {})))


def read(path: Path) -> Contents:
    """Tensors and metadata of a file. Raises FileError."""
    return contents_of(path, parse)


def take(path: Path, graph: Graph, present: Mapping[str, np.ndarray]) -> Taken:
    """The weights of a file for a network. Raises FileError."""
    return take_weights(read(path), path)


FORMAT = Format(
    id="safetensors",
    title="safetensors",
    suffix=".safetensors",
    help="Weights by name for PyTorch, JAX and others; safe to open.",
    write=write,
    take=take,
    keeps_optimizer=True,
)
