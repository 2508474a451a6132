"""IDX, the format of MNIST: a magic word, the extents, then the numbers; plain or gzipped."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Protocol

import numpy as np

from playground.data.readers.places import require_file
from playground.errors import FileError
from playground.words import sentence

MOST_BYTES = 1 << 30
#: A gzip file may expand so many times once it is past 64 MB: real pictures expand less than 20 times.
MOST_EXPANSION = 100
_SMALL = 64 << 20
#: Type code -> big-endian NumPy type. Source: http://yann.lecun.com/exdb/mnist, "the IDX file format".
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class Readable(Protocol):
    """A plain or a gzipped file."""

    def read(self, size: int, /) -> bytes: ...


def read_idx(path: Path) -> np.ndarray:
    """The array of an IDX file, in the machine's byte order. Shapes: 1 to 4 axes. Raises FileError."""
    size = require_file(path, MOST_BYTES)
    try:
        with path.open("rb") as plain:
            if plain.read(2) == b"\x1f\x8b":
                plain.seek(0)
                with gzip.GzipFile(fileobj=plain) as unpacked:
                    return _read(unpacked, path.name, size, None)
            plain.seek(0)
            return _read(plain, path.name, size, size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FileError(
            sentence(
                "{path} is a damaged gzip file: {error}. Download it again.",
                path=path.name,
                error=str(error).lower() or "it ends too early",
            )
        ) from error


def _read(stream: Readable, name: str, packed: int, total: int | None) -> np.ndarray:
    """The body of read_idx. total: bytes in the stream, where that is known."""
    head = stream.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES:
        raise FileError(
            sentence(
                "{name} is not an IDX file: it must begin with 0, 0 and a known type; it begins with {hex}.",
                name=name,
                hex=head.hex(" "),
            )
        )
    rank = head[3]
    if not 1 <= rank <= 4:
        raise FileError(sentence("{name} says that it has {rank} axes; 1 to 4 were expected.", name=name, rank=rank))
    extents = stream.read(4 * rank)
    if len(extents) < 4 * rank:
        raise FileError(sentence("{name} ends inside its header of {value} bytes.", name=name, value=4 + 4 * rank))
    shape = struct.unpack(f">{rank}I", extents)
    dtype = np.dtype(_TYPES[head[2]])
    wanted = math.prod(shape) * dtype.itemsize
    text = "×".join(map(str, shape))
    if wanted == 0:
        raise FileError(sentence("{name} holds no numbers: its extents are {what}.", name=name, what=text))
    left = None if total is None else total - 4 - 4 * rank
    if left is not None and left != wanted:
        raise FileError(
            sentence(
                "{name} says {what} of {itemsize} bytes, which is {wanted} bytes; {left} bytes follow the header.",
                name=name,
                what=text,
                itemsize=dtype.itemsize,
                wanted=f"{wanted:,}",
                left=f"{left:,}",
            )
        )
    if wanted > MOST_BYTES or (wanted > _SMALL and wanted > packed * MOST_EXPANSION):
        raise FileError(
            sentence(
                "{name} says {what}, which is {wanted} bytes from a file of {packed}. That is too much to be believed.",
                name=name,
                what=text,
                wanted=f"{wanted:,}",
                packed=f"{packed:,}",
            )
        )
    data = stream.read(wanted + 1)
    if len(data) != wanted:
        came = sentence("more follow") if len(data) > wanted else sentence("{data_count} follow", data_count=f"{len(data):,}")
        raise FileError(
            sentence(
                "{name} says {what}, which is {wanted} bytes; {came}. The file is damaged: get it again.",
                name=name,
                what=text,
                wanted=f"{wanted:,}",
                came=came,
            )
        )
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))
