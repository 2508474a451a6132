"""safetensors: every tensor by its name, the certificate in the header. Data only, never code."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np

from playground.errors import FileError
from playground.formats.certificate import Certificate
from playground.formats.format import Format
from playground.formats.model import Model
from playground.formats.weights import Contents, write_weights


def write(model: Model, path: Path) -> Certificate:
    """Raises ExportBlocked, with nothing written, when the file read back gives other answers than the engine."""
    return write_weights(model, path, "safetensors", pack, read, {"safetensors": version("safetensors")})


def pack(tensors: Mapping[str, np.ndarray], about: Mapping[str, str]) -> bytes:
    """The bytes of a file. The library would write a transposed view wrongly without a word, hence the copies."""
    from safetensors.numpy import save

    return bytes(save({name: np.ascontiguousarray(array) for name, array in tensors.items()}, metadata=dict(about)))


def read(path: Path) -> Contents:
    """Tensors and metadata of a file. Raises FileError."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            return Contents({name: file.get_tensor(name) for name in sorted(file.keys())}, dict(file.metadata() or {}))
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise FileError(f"{path.name} is not a safetensors file that can be read: {error}.") from error


FORMAT = Format(
    id="safetensors",
    title="safetensors",
    suffix=".safetensors",
    help="Weights by name for PyTorch, JAX and others; safe to open.",
    write=write,
)
