"""Damages good files in seven ways and reads them: run as a process of its own, so that a crash is seen as one.

    python -m tests.data_readers.mutants READER COUNT SEED

Prints one JSON object: mutants read, refused, the slowest in seconds, growth of memory in megabytes, and what escaped.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import resource
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from playground.data.array_samples import find_names, samples_of_arrays
from playground.data.readers.arrays import read_member
from playground.data.readers.csv_table import preview, read
from playground.data.readers.idx import read_idx
from playground.data.readers.images import read_image
from playground.data.table_samples import Wish, samples_of
from playground.errors import DataError, FileError

MEMORY = 3 << 30


def damage(good: bytes, rng: random.Random) -> bytes:
    """One to four mutations: bits, bytes, cuts, insertions, deletions, 64-bit numbers, and marks that mean something in headers."""
    data = bytearray(good)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(data)) if rng.random() < 0.6 else rng.randrange(min(len(data), 64))
        kind = rng.randrange(7)
        if kind == 0:
            data[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[place] = rng.choice((0, 0xFF, 0x7F, 0x80, rng.randrange(256)))
        elif kind == 2:
            del data[place + 1 :]
        elif kind == 3:
            data[place:place] = rng.randbytes(rng.randint(1, 40))
        elif kind == 4:
            del data[place : place + rng.randint(1, 40)]
        elif kind == 5:
            data[place : place + 8] = struct.pack("<Q", rng.choice((0, 2**31, 2**32 - 1, 2**63, 2**64 - 1)))
        else:
            data[place : place + 1] = rng.choice(
                (b'"', b"\n", b",", b";", b"9" * 12, b"(", b"}", b"\0", b"e999", b"-", b"'", b"\r")
            )
        if not data:
            return b"\0"
    return bytes(data)


def tables() -> list[bytes]:
    rng = random.Random(1)
    rows = "\n".join(f"{i},{rng.gauss(0, 1):.6f},{rng.random():.3e},{rng.choice('abc')}" for i in range(120))
    text = f'id,x,"long, name",kind\n{rows}\n'
    return [text.encode(), text.replace(",", ";").encode("utf-16"), text.encode("latin-1"), text.replace(",", "\t").encode()]


def arrays() -> list[bytes]:
    made = []
    for save in (np.savez, np.savez_compressed):
        stream = io.BytesIO()
        save(stream, x=np.arange(60.0).reshape(20, 3), y=np.arange(20) % 3)
        made.append(stream.getvalue())
    stream = io.BytesIO()
    np.save(stream, np.arange(40.0).reshape(20, 2))
    return [*made, stream.getvalue()]


def idx_files() -> list[bytes]:
    plain = struct.pack(">BBBBIII", 0, 0, 8, 3, 20, 5, 4) + bytes(range(200)) * 2
    return [plain, gzip.compress(plain, mtime=0)]


def pictures() -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    made = []
    for name in ("PNG", "JPEG", "BMP", "GIF", "WEBP"):
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, name)
        made.append(stream.getvalue())
    return made


def load_table(path: Path) -> None:
    preview(path)
    samples_of(read(path), Wish(defects="leave_out"))


def load_arrays(path: Path) -> None:
    inputs, targets = find_names(path, path, "", "")
    x, y = read_member(path, inputs), read_member(path, targets)
    samples_of_arrays(x, y, task="auto", channels="last", names=(inputs, targets))


READERS: dict[str, tuple[Callable[[], list[bytes]], Callable[[Path], object]]] = {
    "table": (tables, load_table),
    "array": (lambda: arrays()[:2], load_arrays),
    "npy": (lambda: arrays()[2:], read_member),
    "idx": (idx_files, read_idx),
    "image": (pictures, lambda path: read_image(path, size=(8, 8), grey=False)),
}


def attack(reader: str, count: int, seed: int) -> dict[str, object]:
    """Read `count` mutants; anything but a FileError or a DataError escapes, and so does a warning."""
    make, load = READERS[reader]
    rng, good = random.Random(seed), make()
    found: dict[str, object] = {"mutants": count, "refused": 0, "slowest": 0.0, "longest": 0, "escaped": []}
    escaped: list[str] = []
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for content in good:
            path.write_bytes(content)
            load(path)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(count):
            path.write_bytes(damage(good[number % len(good)], rng))
            began = time.perf_counter()
            try:
                load(path)
            except (FileError, DataError) as error:
                refused += 1
                found["longest"] = max(int(str(found["longest"])), len(str(error)))
            except Exception as error:  # noqa: BLE001  # whatever escapes is what is looked for
                escaped.append(f"{number}: {type(error).__name__}: {str(error)[:200]}")
            found["slowest"] = max(float(str(found["slowest"])), time.perf_counter() - began)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {**found, "refused": refused, "escaped": escaped[:5], "grown_mb": grown}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("error")
    print(json.dumps(attack(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
