"""Weights as safetensors: data, never code. The library reads and writes; our limits come before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.document import strict_json
from playground.errors import BadValue
from playground.words import sentence

MOST_HEADER = 16 * 2**20
MOST_TENSORS = 20_000
MOST_NAME = 512
MOST_ELEMENTS = 2**31 - 1
DTYPES = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U8", "BOOL")


def to_bytes(weights: Mapping[str, np.ndarray], about: dict[str, str] | None = None) -> bytes:
    """A safetensors file. about: words for its header. Raises BadValue for names or types that reading would refuse."""
    from safetensors.numpy import save

    for name, array in weights.items():
        _check_name(name)
        if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
            raise BadValue(
                sentence("{name} must hold numbers of at most 64 bits; {dtype} was given.", name=name, dtype=array.dtype)
            )
    data: bytes = save({name: _plain(weights[name]) for name in sorted(weights)}, about)
    return data


def _plain(array: np.ndarray) -> np.ndarray:
    """The library writes the memory as it lies: a transposed view would come back with its numbers in another order.

    `np.ascontiguousarray` would do, but makes a lone number an array of one.
    """
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def renamed(weights: Mapping[str, np.ndarray], before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, np.ndarray]:
    """The weights under the names that their nodes have now. before, after: node id -> name, then and now.

    Weights of a node that is gone keep their names: they fit no network, and using them says so. A node that went into a block
    or came out of one is known by the last part of its id.
    """
    last: dict[str, list[str]] = {}
    for id, name in after.items():
        last.setdefault(id.rpartition("/")[2], []).append(name)
    moved = {id: names[0] for id, names in last.items() if len(names) == 1}
    now = {name: after.get(id) or moved.get(id.rpartition("/")[2], name) for id, name in before.items()}
    parted = ((name.partition("."), array) for name, array in weights.items())
    return {f"{now.get(node, node)}{dot}{parameter}": array for (node, dot, parameter), array in parted}


def from_bytes(data: bytes) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays, and sentences about values that are not finite. Raises BadValue."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    _check_header(data)
    try:
        arrays = load(data)
    except (SafetensorError, ValueError, KeyError, OverflowError) as error:
        raise BadValue(sentence("The weights cannot be read: {error}.", error=str(error)[:120])) from error
    remarks = []
    for name, array in arrays.items():
        bad = int(np.count_nonzero(~np.isfinite(array))) if array.dtype.kind == "f" else 0
        if bad:
            remarks.append(
                sentence(
                    "{name} holds {bad} of {size} values that are not finite.", name=name, bad=f"{bad:,}", size=f"{array.size:,}"
                )
            )
    return {name: np.array(array) for name, array in arrays.items()}, remarks


def metadata(data: bytes) -> dict[str, str]:
    """The words of the header of a file that `from_bytes` reads."""
    found = _header(data).get("__metadata__")
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _header(data: bytes) -> Any:
    size = int.from_bytes(data[:8], "little")
    return strict_json.decode(data[8 : 8 + size].rstrip(b" "))


def _check_header(data: bytes) -> None:
    size = int.from_bytes(data[:8], "little")
    if len(data) < 10 or size > min(MOST_HEADER, len(data) - 8):
        raise BadValue(
            sentence(
                "The header of the weights may have {most_header} bytes; it says {size}.",
                most_header=f"{min(MOST_HEADER, max(len(data) - 8, 0)):,}",
                size=f"{size:,}",
            )
        )
    header = _header(data)
    if not isinstance(header, dict) or len(header) > MOST_TENSORS:
        raise BadValue(
            sentence(
                "The header of the weights must be an object of at most {most_tensors} tensors.", most_tensors=f"{MOST_TENSORS:,}"
            )
        )
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        _check_name(name)
        dtype, shape = (tensor.get("dtype"), tensor.get("shape")) if isinstance(tensor, dict) else (None, None)
        if dtype not in DTYPES:
            raise BadValue(
                sentence(
                    "{name} must be one of {dtypes}; {dtype} was found.",
                    name=name,
                    dtypes=", ".join(DTYPES),
                    dtype=f"{dtype!r:.60}",
                )
            )
        if not isinstance(shape, list) or len(shape) > 32 or not all(type(n) is int and 0 <= n <= MOST_ELEMENTS for n in shape):
            raise BadValue(
                sentence(
                    "The shape of {name} must be whole numbers in 0 to {most_elements}; {shape} was found.",
                    name=name,
                    most_elements=MOST_ELEMENTS,
                    shape=f"{shape!r:.60}",
                )
            )
        count = 1
        for extent in shape:
            count *= extent
        if count > MOST_ELEMENTS:
            raise BadValue(
                sentence(
                    "{name} may have {most_elements} elements; it has {count}.",
                    name=name,
                    most_elements=f"{MOST_ELEMENTS:,}",
                    count=f"{count:,}",
                )
            )


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable() or name == "__metadata__":
        raise BadValue(
            sentence(
                "A tensor's name must be 1 to {most_name} printable characters; {name} was given.",
                most_name=MOST_NAME,
                name=f"{name[:60]!a}",
            )
        )
