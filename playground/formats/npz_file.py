"""NPZ: every tensor by its name as a plain NumPy array, the certificate beside them as text. Never pickled."""

from __future__ import annotations

import io
import json
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from playground.engine.graph import Graph
from playground.errors import FileError
from playground.formats.certificate import Certificate
from playground.formats.format import Format
from playground.formats.model import Model
from playground.formats.taken import Taken
from playground.formats.weights import SCALING, Contents, contents_of, take_weights, write_weights
from playground.words import sentence

#: The member that holds the metadata; no tensor's name has two dots in front.
ABOUT = "..about"
MOST_HEADER = 10_000
#: Packed arrays may grow so many times, once they are past 64 MB.
MOST_EXPANSION, SMALL = 100, 64 << 20
#: What the libraries for archives and arrays raise where a file is damaged.
_DAMAGED = (
    OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, MemoryError, TypeError, SyntaxError, OverflowError,
    IndexError, zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError,
)  # fmt: skip


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
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            held = {info.filename.removesuffix(".npy"): _array(archive, info) for info in _checked(archive, len(data))}
        text = held.pop(ABOUT, None)
        about = {} if text is None else json.loads(str(text))
        if not isinstance(about, dict) or not all(isinstance(value, str) for value in about.values()):
            raise ValueError("what it says about itself must be texts by name")
    except _DAMAGED as error:
        raise FileError(
            sentence("This is no NPZ file, or it is damaged: {error}.", error=f"{error!s:.200}".rstrip("."))
        ) from error
    return Contents(dict(sorted(held.items())), about)


def _checked(archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """The members, when they are arrays that do not grow beyond belief. Raises ValueError."""
    infos = archive.infolist()
    if any(not info.filename.endswith(".npy") for info in infos) or len({info.filename for info in infos}) < len(infos):
        raise ValueError("it must hold arrays (.npy), each under a name of its own")
    if sum(info.file_size for info in infos) > max(MOST_EXPANSION * size, SMALL):
        raise ValueError(f"it would grow from {size:,} to {sum(info.file_size for info in infos):,} bytes")
    return infos


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    stream = io.BytesIO(archive.read(info))
    array: np.ndarray = np.lib.format.read_array(stream, allow_pickle=False, max_header_size=MOST_HEADER)
    return array


def read(path: Path) -> Contents:
    """Tensors and metadata of a file. Raises FileError."""
    return contents_of(path, parse)


def holds_weights(path: Path, nodes: Collection[str]) -> bool:
    """Whether a file holds weights and no data: it says so itself, or each of its arrays is called after one of these nodes, such as
    "dense1.weight". Only the directory of the archive is read; what is none holds no weights.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            held = [name.removesuffix(".npy") for name in archive.namelist()]
    except _DAMAGED:
        return False
    layers = [name for name in held if not name.startswith(SCALING)]
    return ABOUT in held or (bool(layers) and all(any(name.startswith(f"{node}.") for node in nodes) for name in layers))


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
