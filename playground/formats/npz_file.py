"""NPZ: every tensor by its name as a plain NumPy array, the certificate beside them as text. Never pickled."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
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

#: The member that holds the metadata; no tensor's name has two dots in front.
ABOUT = "..about"


def write(model: Model, path: Path) -> Certificate:
    """Raises ExportBlocked, with nothing written, when the file read back gives other answers than the engine."""
    return write_weights(model, path, "NPZ", pack, parse, {})


def pack(tensors: Mapping[str, np.ndarray], about: Mapping[str, str]) -> bytes:
    """The bytes of a file; the same tensors give the same bytes."""
    buffer = io.BytesIO()
    text = np.array(json.dumps(dict(about), sort_keys=True, allow_nan=False))
    np.savez(buffer, allow_pickle=False, **{**tensors, ABOUT: text})
    return buffer.getvalue()


def parse(data: bytes) -> Contents:
    """Tensors and metadata of a file's bytes. Raises FileError."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
        text = held.pop(ABOUT, None)
        about = {} if text is None else json.loads(str(text))
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, AttributeError, zipfile.BadZipFile) as error:
        raise FileError(sentence("This is no NPZ file, or it is damaged: {error}.", error=error)) from error
    return Contents(dict(sorted(held.items())), about)


def read(path: Path) -> Contents:
    """Tensors and metadata of a file. Raises FileError."""
    return contents_of(path, parse)


def take(path: Path, graph: Graph, present: Mapping[str, np.ndarray]) -> Taken:
    """The weights of a file for a network. Raises FileError."""
    return take_weights(read(path), path)


FORMAT = Format(
    id="npz",
    title="NumPy NPZ",
    suffix=".npz",
    help="Weights by name as NumPy arrays.",
    write=write,
    take=take,
    keeps_optimizer=True,
)
