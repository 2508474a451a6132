"""NPY and NPZ without trust: the header is read first by our own rules, and nothing is ever unpickled or evaluated."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from playground.data.readers.places import require_file
from playground.errors import FileError
from playground.words import sentence

MOST_BYTES = 2 << 30
MOST_MEMBERS = 1_000
MOST_HEADER = 10_000
#: A member may expand so many times once it is past 64 MB.
MOST_EXPANSION = 100
_SMALL = 64 << 20
_MAGIC = b"\x93NUMPY"
_DESCR = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?)([biuf])(1|2|4|8)['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\d\s,]*)\)""")


@dataclasses.dataclass(frozen=True)
class Header:
    """What an array file says about itself."""

    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def members(path: Path) -> dict[str, Header]:
    """Name -> header of every array; an NPY file's only array is called "". Raises FileError."""
    return {name: header for name, header, _ in _walk(path)}


def read_member(path: Path, name: str = "") -> np.ndarray:
    """One array, in the machine's byte order. Raises FileError, listing what there is when the name is unknown."""
    known = []
    for found, _, body in _walk(path):
        if found == name:
            return body()
        known.append(found)
    raise FileError(
        sentence(
            "{path} has no array called {name}; it has {known}. Choose one of these.",
            path=path.name,
            name=f"{name!r}",
            known=", ".join(known),
        )
    )


def _walk(path: Path) -> Iterator[tuple[str, Header, Callable[[], np.ndarray]]]:
    """(name, header, reader of the numbers) of each array; each reader is good until the next step."""
    size = require_file(path, MOST_BYTES)
    with _damage_told(path.name), path.open("rb") as stream:
        if stream.read(2) != b"PK":
            stream.seek(0)
            header, start = _header(stream, path.name)
            _fits(header, size - start, path.name)
            yield "", header, partial(_body, stream, header, path.name)
            return
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive:
            for info in _checked(archive, path.name):
                place = sentence("{path}, member {filename}", path=path.name, filename=info.filename)
                with archive.open(info) as member:
                    header, start = _header(member, place)
                    _fits(header, info.file_size - start, place)
                    yield info.filename.removesuffix(".npy"), header, partial(_body, member, header, place)


@contextlib.contextmanager
def _damage_told(name: str) -> Iterator[None]:
    """Turn what the zip and inflate libraries raise on damaged files into one sentence."""
    try:
        yield
    except FileError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
        struct.error,
    ) as error:
        raise FileError(
            sentence(
                "{name} is damaged: {error}. Get or write it again.", name=name, error=str(error)[:150] or type(error).__name__
            )
        ) from error


def _checked(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """The members, when the archive is one that NumPy could have written."""
    infos = archive.infolist()
    if not infos or len(infos) > MOST_MEMBERS:
        raise FileError(
            sentence(
                "{name} has {infos_count} members; 1 to {most_members} arrays were expected.",
                name=name,
                infos_count=f"{len(infos):,}",
                most_members=f"{MOST_MEMBERS:,}",
            )
        )
    if len({info.filename for info in infos}) < len(infos):
        raise FileError(sentence("{name} holds two members of the same name. Write the file again.", name=name))
    for info in infos:
        place = sentence("{name}, member {filename}", name=name, filename=f"{info.filename[:100]!r}")
        if not info.filename.endswith(".npy") or not info.filename.isprintable():
            raise FileError(sentence("{place}: only arrays (.npy) were expected. Save the arrays with numpy.savez.", place=place))
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileError(
                sentence("{place} is encrypted or packed in an unusual way. Save the arrays with numpy.savez.", place=place)
            )
        if info.file_size > _SMALL and info.file_size > info.compress_size * MOST_EXPANSION:
            raise FileError(
                sentence(
                    "{place} would grow from {compress_size} to {file_size} bytes. That is too much to be believed.",
                    place=place,
                    compress_size=f"{info.compress_size:,}",
                    file_size=f"{info.file_size:,}",
                )
            )
    total = sum(info.file_size for info in infos)
    if total > MOST_BYTES:
        raise FileError(
            sentence(
                "{name} holds {total} bytes of arrays; at most {most_bytes} can be read. Save fewer samples.",
                name=name,
                total=f"{total:,}",
                most_bytes=f"{MOST_BYTES:,}",
            )
        )
    return infos


def _header(stream: IO[bytes], place: str) -> tuple[Header, int]:
    """The header and how many bytes it takes."""
    start = stream.read(8)
    if len(start) < 8 or start[:6] != _MAGIC or start[6] not in (1, 2, 3):
        raise FileError(
            sentence("{place} is not an array file: it must begin with \\x93NUMPY and a version from 1 to 3.", place=place)
        )
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    if length > MOST_HEADER:
        raise FileError(
            sentence(
                "{place} has a header of {length} bytes; at most {most_header} were expected.",
                place=place,
                length=f"{length:,}",
                most_header=f"{MOST_HEADER:,}",
            )
        )
    text = stream.read(length).decode("latin-1")
    descr, order, shape = _DESCR.search(text), _ORDER.search(text), _SHAPE.search(text)
    if descr is None and len(text) == length and "descr" in text:
        raise FileError(
            sentence(
                "{place} does not hold plain numbers. Convert it to a whole or real type of at most 64 bits and save it again.",
                place=place,
            )
        )
    if descr is None or order is None or shape is None or len(text) < length:
        raise FileError(sentence("{place} has a damaged header: descr, fortran_order and shape were expected.", place=place))
    mark, kind, size = descr.groups()
    if (kind == "b" and size != "1") or (kind == "f" and size == "1"):
        raise FileError(
            sentence("{place} names a number type that does not exist: {kind}{size}.", place=place, kind=kind, size=size)
        )
    extents = [part.strip() for part in shape[1].split(",") if part.strip()]
    if len(extents) > 8 or not all(part.isdigit() and len(part) < 16 for part in extents):
        raise FileError(sentence("{place} has a damaged shape: ({shape}).", place=place, shape=shape[1][:60]))
    header = Header(np.dtype(f"{mark.replace('|', '')}{kind}{size}"), tuple(map(int, extents)), order[1] == "True")
    return header, 8 + width + length


def _fits(header: Header, left: int, place: str) -> None:
    if header.nbytes != left:
        text = "×".join(map(str, header.shape)) or sentence("one number")
        raise FileError(
            sentence(
                "{place} says {what} of {itemsize} bytes, which is {nbytes} bytes; {left} bytes follow.",
                place=place,
                what=text,
                itemsize=header.dtype.itemsize,
                nbytes=f"{header.nbytes:,}",
                left=f"{left:,}",
            )
        )


def _body(stream: IO[bytes], header: Header, place: str) -> np.ndarray:
    with _damage_told(place):
        data = stream.read(header.nbytes)
        more = stream.read(1)
    if len(data) != header.nbytes or more:
        raise FileError(
            sentence(
                "{place} does not hold the {nbytes} bytes that its header says. Get or write it again.",
                place=place,
                nbytes=f"{header.nbytes:,}",
            )
        )
    flat = np.frombuffer(data, header.dtype)
    return flat.reshape(header.shape, order="F" if header.fortran else "C").astype(header.dtype.newbyteorder("="), order="C")
