"""Arrays saved by NumPy and by zipfile, honest and otherwise."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from playground.data.readers.arrays import members, read_member
from playground.errors import FileError

DTYPES = ["?", "u1", "i1", "<i2", ">i2", "<u4", "<i8", ">i8", "<f2", "<f4", ">f4", "<f8", ">f8"]


def npy(array: np.ndarray, **how: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **how)
    return stream.getvalue()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_npy_of_every_type(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.asarray(np.arange(30).reshape(2, 3, 5).astype(dtype), order=order)
    path = tmp_path / "a.npy"
    np.save(path, array)
    found = read_member(path)
    assert found.dtype.isnative
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_by_member(tmp_path: Path, save) -> None:
    path = tmp_path / "a.npz"
    x, y = np.random.default_rng(0).normal(size=(7, 3)), np.arange(7)
    save(path, x=x, y=y)
    assert {name: header.shape for name, header in members(path).items()} == {"x": (7, 3), "y": (7,)}
    np.testing.assert_array_equal(read_member(path, "x"), x)
    np.testing.assert_array_equal(read_member(path, "y"), y)
    with pytest.raises(FileError, match="no array called 'z'; it has x, y"):
        read_member(path, "z")


def header(text: str, version: int = 1) -> bytes:
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2 if version == 1 else 4, "little") + text.encode("latin-1")


SHAPE = "{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (npy(np.array([{}, {}]), allow_pickle=True), "plain numbers"),
        (npy(np.array(["a", "b"])), "plain numbers"),
        (npy(np.array([1j])), "plain numbers"),
        (npy(np.zeros(2, [("a", "f4")])), "plain numbers"),
        (npy(np.zeros(4))[:-1], "which is 32 bytes; 31 bytes follow"),
        (npy(np.zeros(4)) + b"x", "which is 32 bytes; 33 bytes follow"),
        (header(SHAPE % "1000000000000,"), "8,000,000,000,000 bytes; 0 bytes follow"),
        (header(SHAPE % ("9" * 40 + ",")), "damaged shape"),
        (header(SHAPE % "-1,"), "damaged header"),
        (header(SHAPE % "__import__('os').system('true'),"), "damaged header"),
        (header("x" * 20_000), "header of 20,000 bytes"),
        (header(SHAPE % "1,", 2)[:12] + b"x" * 3, "damaged header"),
        (b"\x93NUMPY\x04\0", "version from 1 to 3"),
        (b"\x93NUMPX\x01\0", "must begin with"),
        (header("{'descr': '<f1', 'fortran_order': False, 'shape': (1,)}") + b"x", "number type"),
        (b"PK\3\4" + b"x" * 60, "damaged"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(FileError) as refused:
        members(path)
    assert "a.npy" in str(refused.value)
    assert told in str(refused.value)
    assert len(str(refused.value)) <= 300


def archive(path: Path, *entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as out:
        for name, content in entries:
            out.writestr(name, content)
    return path


def test_hostile_archives(tmp_path: Path) -> None:
    good = npy(np.zeros(4))
    cases = {
        "only arrays": archive(tmp_path / "1.npz", ("x.npy", good), ("run.py", b"print()")),
        "packed in an unusual way": archive(tmp_path / "2.npz", ("x.npy", good), method=zipfile.ZIP_BZIP2),
        "too much to be believed": archive(tmp_path / "3.npz", ("x.npy", bytes(80_000_000))),
        "members; 1 to 1,000": archive(tmp_path / "4.npz", *((f"{i}.npy", good) for i in range(1001))),
        "0 members": archive(tmp_path / "5.npz"),
        "which is 32 bytes; 40 bytes follow": archive(tmp_path / "6.npz", ("x.npy", good + bytes(8))),
    }
    with pytest.warns(UserWarning, match="Duplicate name"):
        cases["same name"] = archive(tmp_path / "7.npz", ("x.npy", good), ("x.npy", good))
    for told, path in cases.items():
        if told == "0 members":
            # zipfile writes an empty archive without a first local header; a reader meets it after that mark only.
            path.write_bytes(b"PK" + path.read_bytes())
        with pytest.raises(FileError, match=told):
            members(path)


def test_a_flipped_bit_in_a_member_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(1000.0))
    raw = bytearray(path.read_bytes())
    raw[3000] ^= 4
    path.write_bytes(raw)
    with pytest.raises(FileError, match=r"a\.npz.*damaged"):
        read_member(path, "x")
