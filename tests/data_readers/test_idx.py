"""IDX files written by struct and gzip."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from playground.data.readers.idx import read_idx
from playground.errors import FileError

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}


def idx(array: np.ndarray, code: int = 8, shape: tuple[int, ...] | None = None) -> bytes:
    extents = array.shape if shape is None else shape
    return struct.pack(">BBBB", 0, 0, code, len(extents)) + struct.pack(f">{len(extents)}I", *extents) + array.tobytes()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("kind", "code"), CODES.items())
def test_every_type_is_read(tmp_path: Path, kind: str, code: int, packed: bool) -> None:
    array = (np.arange(2 * 3 * 5) % 100).reshape(2, 3, 5).astype(kind)
    path = tmp_path / "f"
    path.write_bytes(gzip.compress(idx(array, code), mtime=0) if packed else idx(array, code))
    found = read_idx(path)
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, array)


PIXELS = np.zeros((3, 4), np.uint8)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\0\0", "not an IDX file"),
        (b"PK\3\4aaaa", "not an IDX file"),
        (b"\0\0\x0a\1\0\0\0\1x", "not an IDX file"),
        (b"\0\0\x08\0", "0 axes"),
        (b"\0\0\x08\5" + b"\0\0\0\1" * 5 + b"x", "5 axes"),
        (b"\0\0\x08\3\0\0\0\1", "ends inside its header"),
        (idx(PIXELS, shape=(3, 5)), "which is 15 bytes; 12 bytes follow"),
        (idx(PIXELS, shape=(3, 3)), "which is 9 bytes; 12 bytes follow"),
        (idx(PIXELS, shape=(0, 4)), "no numbers"),
        (idx(PIXELS, shape=(2**32 - 1, 2**32 - 1, 2**32 - 1)), "bytes follow the header"),
        (gzip.compress(idx(PIXELS, shape=(3, 5)), mtime=0), "12 follow"),
        (gzip.compress(idx(PIXELS, shape=(3, 3)), mtime=0), "more follow"),
        (gzip.compress(idx(PIXELS, shape=(2**31, 4)), mtime=0), "too much to be believed"),
        (gzip.compress(idx(PIXELS), mtime=0)[:-9], "damaged gzip"),
        (gzip.compress(idx(PIXELS), mtime=0)[:-4] + b"abcd", ""),
        (b"\x1f\x8b" + b"x" * 50, "damaged gzip"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "pictures-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(FileError) as refused:
        read_idx(path)
    assert told in str(refused.value)
    assert path.name in str(refused.value)


def test_a_small_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A gigabyte of zeros in a megabyte, and an honest header."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(struct.pack(">BBBBI", 0, 0, 8, 1, 1 << 30))]
    zeros = bytes(1 << 24)
    parts += [packer.compress(zeros) for _ in range(8)]
    path = tmp_path / "bomb.gz"
    path.write_bytes(b"".join([*parts, packer.flush()]))
    with pytest.raises(FileError, match="too much to be believed"):
        read_idx(path)


def test_a_stream_longer_than_its_header_says_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "long.gz"
    path.write_bytes(gzip.compress(idx(np.zeros(100, np.uint8), shape=(4,)) + bytes(50_000_000), 1, mtime=0))
    with pytest.raises(FileError, match="more follow"):
        read_idx(path)
