"""Files from strangers: nothing crashes, hangs or runs, damage is noticed, messages say where.

The long campaigns run with `-m campaign`; a slice of each runs always.
"""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import random
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from playground.document import clipboard, file
from playground.document.archive import packed
from playground.document.problems import structural_problems
from playground.document.project_json import to_json
from playground.document.showing import shown
from playground.errors import BadValue, FileError
from tests.document.making import a_project
from tests.document.test_file import RUNS, some_weights, with_json

ROOT = Path(__file__).resolve().parents[2]


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def undetected(count: int, seed: int) -> list[int]:
    """Bits whose flip went unnoticed."""
    data = file.to_bytes(a_project(2), some_weights(), RUNS)
    rng = random.Random(seed)
    missed = []
    for bit in (rng.randrange(8 * len(data)) for _ in range(count)):
        try:
            loaded = file.from_bytes(flipped(data, bit))
        except FileError:
            continue
        if not loaded.problems:
            missed.append(bit)
    return missed


def test_a_flipped_bit_is_noticed() -> None:
    assert undetected(300, seed=1) == []


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_ten_thousand_flipped_bits_are_noticed() -> None:
    assert undetected(10_000, seed=2) == []


def test_a_flip_outside_the_project_costs_no_more_than_its_member() -> None:
    data = file.to_bytes(project := a_project(2), some_weights(), RUNS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.getinfo("weights.safetensors").header_offset
        end = start + archive.getinfo("weights.safetensors").compress_size
    rng = random.Random(3)
    for _ in range(100):
        loaded = file.from_bytes(flipped(data, 8 * rng.randrange(start + 60, end)))
        assert loaded.project == project
        assert loaded.problems


# Mutated files. Blind mutations of the bytes; and mutations of project.json with all checksums right.


def blindly(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        at = rng.randrange(len(changed))
        kind = rng.randrange(7)
        if kind == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            changed[at : at + rng.randrange(1, 16)] = rng.randbytes(rng.randrange(1, 16))
        elif kind == 2:
            del changed[max(1, at) :]
        elif kind == 3:
            changed[at:at] = rng.randbytes(rng.randrange(1, 64))
        elif kind == 4:
            del changed[at : at + rng.randrange(1, 64)]
        elif kind == 5:
            changed[at : at + 8] = struct.pack("<Q", rng.choice((0, 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)))
        else:
            at = rng.randrange(max(1, len(changed) - 400), len(changed)) if len(changed) > 1 else 0
            changed[at] = rng.choice(b'0123456789{}[]",:')
        if len(changed) < 2:
            break
    return bytes(changed)


Place = tuple[Any, ...]


def places(data: Any, at: Place = ()) -> Iterator[Place]:
    """Every place in a JSON value, the whole excluded."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*at, key)
        yield from places(value, (*at, key))


WRONG: tuple[Any, ...] = (None, True, -1, 0.5, 1e300, 2**80, "", "no such thing", "\a", [], {}, [[]], {"a": 1}, "x" * 100_000)


def mutant_of(data: Any, rng: random.Random) -> tuple[Any, str, Any] | None:
    """(the changed JSON, the key that was changed, what it was changed to), or None where nothing changed."""
    changed = copy.deepcopy(data)
    place = rng.choice(list(places(changed)))
    owner = changed
    for key in place[:-1]:
        owner = owner[key]
    old = owner[place[-1]]
    names = [part for part in place if isinstance(part, str)]
    if rng.random() < 0.2:
        del owner[place[-1]]
        return (changed, names[-1], "missing") if isinstance(owner, dict) else None
    new = rng.choice(WRONG)
    if (type(new) is type(old) and new == old) or (not isinstance(old, str) and old == new):
        return None
    owner[place[-1]] = new
    return changed, names[-1], new


def said_of(data: Any) -> list[str]:
    """Everything that a person is told about a project file with this JSON; nothing else may be raised."""
    try:
        loaded = file.from_bytes(with_json(data), "mutant.play")
    except FileError as error:
        assert len(str(error)) <= 300
        problems = error.problems if isinstance(error, file.BadProject) else ()
        return [str(error), *(problem.text for problem in problems)]
    return [problem.text for problem in (*loaded.problems, *structural_problems(loaded.project))]


def harmless(data: Any, changed: Any) -> bool:
    """Whether the mutant is a good project too, which nothing needs to be said about."""
    try:
        loaded = file.from_bytes(with_json(changed))
    except FileError:
        return False
    return not loaded.problems and {p.text for p in structural_problems(loaded.project)} <= set(said_of(data))


def names(text: str, key: str, value: Any) -> bool:
    """Whether a message names the field, what was found there and what is expected."""
    spoken = key.replace("_", " ")
    field = key in text or any(word.lower() in text.lower() for word in spoken.split())
    found = [shown(value), repr(value)[:20], repr(float(value)) if isinstance(value, int) else "", "()" if value == [] else ""]
    found += ["is missing"] if value == "missing" else [f"{len(value):,}"] if isinstance(value, str | list | dict) else []
    expected = any(word in text for word in ("must", " may ", "does not know", "default", "can be"))
    return field and expected and any(word and word in text for word in found)


def field_mutants(count: int, seed: int) -> tuple[int, list[tuple[str, Any, list[str]]]]:
    """How many mutants needed a message, and those that got none that names the field and what was expected."""
    rng = random.Random(seed)
    total, poor = 0, []
    bases = [to_json(a_project(number, steps=12)) for number in range(12)]
    while total < count:
        data = rng.choice(bases)
        made = mutant_of(data, rng)
        if made is None or harmless(data, made[0]):
            continue
        changed, key, value = made
        total += 1
        said = said_of(changed)
        if not any(names(text, key, value) for text in said):
            poor.append((key, value, said[:2]))
    return total, poor


def test_messages_name_field_value_and_range() -> None:
    total, poor = field_mutants(300, seed=1)
    assert len(poor) <= 0.02 * total, poor


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_messages_of_many_mutants_name_field_value_and_range() -> None:
    total, poor = field_mutants(2_500, seed=2)
    assert len(poor) <= 0.02 * total, (len(poor), poor[:20])


UNDER_WATCH = """
import json, os, random, resource, sys, time
sys.path.insert(0, {root!r})
from playground.document import clipboard, file
from playground.document.problems import structural_problems
from playground.document.project_json import to_json
from playground.errors import BadValue, FileError
from tests.document.making import a_project
from tests.document.test_file import RUNS, some_weights, with_json
from tests.document.test_hostile import blindly, mutant_of

base = file.to_bytes(a_project(2), some_weights(), RUNS)
jsons = [to_json(a_project(seed, steps=12)) for seed in range(8)]
file.from_bytes(base), file.from_bytes(with_json(jsons[0]))
seen = []
quiet = ("object.__getattr__", "object.__setattr__", "sys._getframe", "builtins.id")
def hook(event, args):
    if event in quiet:
        return
    if event in ("compile", "exec", "import", "open") or event.split(".")[0] in (
        "os", "subprocess", "socket", "ctypes", "pickle", "marshal", "shutil", "urllib", "code", "builtins", "sys", "tempfile"
    ):
        seen.append((event, repr(args)[:100]))
sys.addaudithook(hook)
rng = random.Random({seed})
slowest, opened = 0.0, 0
for at in range({count}):
    if at % 2:
        data = blindly(base, rng)
    else:
        made = mutant_of(rng.choice(jsons), rng)
        data = with_json(made[0]) if made else blindly(base, rng)
    start = time.perf_counter()
    try:
        structural_problems(file.from_bytes(data).project)
        opened += 1
    except (FileError, BadValue):
        pass
    slowest = max(slowest, time.perf_counter() - start)
print(json.dumps({{"seen": seen, "slowest": slowest, "opened": opened, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}}))
"""


def watched(count: int, seed: int) -> dict[str, Any]:
    """What a child saw that opened mutants under an audit hook. It dies with anything but FileError and BadValue."""
    code = UNDER_WATCH.format(root=str(ROOT), count=count, seed=seed)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_opening_mutants_runs_nothing() -> None:
    found = watched(300, seed=1)
    assert found["seen"] == []
    assert found["slowest"] < 5.0
    assert found["opened"] > 0


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_opening_five_thousand_mutants_runs_nothing() -> None:
    found = watched(5_000, seed=2)
    assert found["seen"] == []
    assert found["slowest"] < 5.0
    assert found["rss"] < 256 * 1024 + 100 * 1024


# Zips that play tricks.


def zipped(*members: tuple[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda info: None, method: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo("placeholder")
            info.filename, info.compress_type = name, method
            change(info)
            archive.writestr(info, content)
    return out.getvalue()


def patched(data: bytes, at_signature: bytes, offset: int, value: bytes, which: int = 0) -> bytes:
    """A zip with bytes replaced in its n-th header of a sort."""
    at = -1
    for _ in range(which + 1):
        at = data.index(at_signature, at + 1)
    return data[: at + offset] + value + data[at + offset + len(value) :]


GOOD = zipped(("project.json", b"{}"), ("manifest.json", b"{}"))
BOMB = zipped(("project.json", b"\0" * 200_000_000), method=8)
LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
ODD_NAMES = ("../up.json", "/etc/passwd", "C:evil", "a\\b", "a/../b", "./a", "a//b", "nul\0byte", "a:stream", "\u202egnp", "-rf", "~", ".hidden",
             "a" * 300, "bell\a", "", "CON\r\n")  # fmt: skip


def link(info: zipfile.ZipInfo) -> None:
    info.create_system, info.external_attr = 3, 0o120777 << 16


def device(info: zipfile.ZipInfo) -> None:
    info.create_system, info.external_attr = 3, 0o060666 << 16


def lying_deflate() -> bytes:
    """Says 100 bytes, unpacks to a hundred million."""
    small = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = small.compress(b"\0" * 100_000_000) + small.flush()
    data = zipped(("project.json", content))
    for signature, at in ((LOCAL, 8), (CENTRAL, 10)):
        data = patched(data, signature, at, struct.pack("<H", 8))
    for signature, at in ((LOCAL, 22), (CENTRAL, 24)):
        data = patched(data, signature, at, struct.pack("<I", 100))
    return data


def quine_like() -> bytes:
    """Two members in the same bytes."""
    return patched(zipped(("a.json", b"{}" * 50), ("b.json", b"{}" * 50)), CENTRAL, 42, struct.pack("<I", 0), which=1)


TRICKS: dict[str, bytes] = {
    "bomb": BOMB,
    "bomb inside weights": zipped(("project.json", b"{}"), ("weights.safetensors", b"\0" * 200_000_000), method=8),
    "lying deflate": lying_deflate(),
    "overlap": quine_like(),
    "100,000 members": patched(patched(GOOD, END, 8, struct.pack("<H", 60_000)), END, 10, struct.pack("<H", 60_000)),
    "2,001 members": zipped(*((f"runs/{at}.json", b"{}") for at in range(2_001))),
    "lies about its size": patched(GOOD, CENTRAL, 24, struct.pack("<I", 2**31)),
    "4 GB": patched(patched(GOOD, CENTRAL, 20, b"\xff" * 4), CENTRAL, 24, b"\xff" * 4),
    "reaches beyond": patched(patched(GOOD, CENTRAL, 20, struct.pack("<I", 5_000)), CENTRAL, 24, struct.pack("<I", 5_000)),
    "starts beyond": patched(GOOD, CENTRAL, 42, struct.pack("<I", 50_000)),
    "encrypted": patched(GOOD, CENTRAL, 8, struct.pack("<H", 1)),
    "strongly encrypted": patched(GOOD, CENTRAL, 8, struct.pack("<H", 0x40)),
    "masked": patched(GOOD, CENTRAL, 8, struct.pack("<H", 0x2000)),
    "lzma": zipped(("project.json", b"{}"), method=14),
    "bzip2": zipped(("project.json", b"{}"), method=12),
    "link": zipped(("project.json", b"/etc/passwd"), change=link),
    "device": zipped(("project.json", b""), change=device),
    "twice": GOOD.replace(b"manifest.json", b"project.json\0"[:12] + b"x").replace(b"project.jsonx", b"PROJECT.jsonx"),
    "case clash": zipped(("project.json", b"{}"), ("Project.JSON", b"{}")),
    "prefix": b"#!/bin/sh\nexit\n" + GOOD,
    "tail": GOOD + b"<html>",
    "several disks": patched(GOOD, END, 4, struct.pack("<H", 1)),
    "counts differ": patched(GOOD, END, 8, struct.pack("<H", 1)),
    "zip64": patched(GOOD, END, 16, b"\xff" * 4),
    "no end": GOOD[:-30],
    "only an end": struct.pack("<4s4H2IH", END, 0, 0, 0, 0, 0, 0, 0),
    "directory cut": patched(GOOD, CENTRAL, 28, struct.pack("<H", 60_000)),
    "names differ": GOOD.replace(b"project.json", b"exploit.json", 1),
    "nested": zipped(("inner.zip", BOMB)),
    "empty": b"",
    "text": b"This is a letter.",
    **{f"name {name[:20]!a}": zipped((name, b"{}")) for name in ODD_NAMES if name},
}


def test_there_are_forty_tricks() -> None:
    assert len(TRICKS) >= 40


@pytest.mark.parametrize("trick", sorted(TRICKS))
def test_a_hostile_zip_is_refused_at_once(trick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "in" / "p.play"
    path.parent.mkdir()
    path.write_bytes(TRICKS[trick])
    start = time.process_time()
    with pytest.raises(FileError) as caught:
        file.load(path)
    assert time.process_time() - start < 0.2
    assert str(caught.value).startswith("p.play cannot be opened. ")
    assert 40 < len(str(caught.value)) <= 300
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["in", "p.play"]


def test_a_bomb_takes_no_memory() -> None:
    code = (
        f"import resource, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from playground.document import file, project_json, schema\nfrom playground.errors import FileError\n"
        "data = open(sys.argv[1], 'rb').read()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    file.from_bytes(data)\nexcept FileError as error:\n    print(error)\nelse:\n    sys.exit(1)\n"
        "assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024\n"
    )
    for trick in ("bomb", "lying deflate", "bomb inside weights"):
        import tempfile

        with tempfile.NamedTemporaryFile() as made:
            made.write(TRICKS[trick])
            made.flush()
            done = subprocess.run(
                [sys.executable, "-c", code, made.name], capture_output=True, text=True, timeout=60, check=False
            )
        assert done.returncode == 0, done.stderr


# Weights that play tricks.


def tensors(header: Any, body: bytes = b"\0" * 64) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + body


def one(dtype: Any = "F32", shape: Any = (4,), at: Any = (0, 16)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": at}


@pytest.mark.parametrize(
    "weights",
    [
        b"",
        b"\xff" * 8 + b"{}",
        struct.pack("<Q", 2**40) + b"{}",
        tensors({"a": one(at=(0, 10**15))}),
        tensors({"a": one(shape=(2**20, 2**20))}),
        tensors({"a": one(shape=(2**62, 4))}),
        tensors({"a": one(shape=(-1, 4))}),
        tensors({"a": one(shape=[1] * 100)}),
        tensors({"a": one(dtype="OBJECT")}),
        tensors({"a": one(dtype=["F32"])}),
        tensors({"a": one(), "b": one(at=(8, 24))}),
        tensors({"a": one(), "b": one(at=(32, 48))}),
        tensors({"a": 3}),
        tensors({"a\n": one()}),
        tensors({"x" * 600: one()}),
        tensors(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'),
        tensors(b"[" * 100_000),
        tensors([]),
        tensors({str(at): one(shape=(0,), at=(0, 0)) for at in range(20_001)}),
        b"PK\3\4" + b"\0" * 40,
    ],
)
def test_hostile_weights_cost_only_the_weights(weights: bytes) -> None:
    project = dataclasses.replace(a_project(1), unknown=())
    core = json.dumps(to_json(project)).encode()
    loaded = file.from_bytes(
        packed([("mimetype", file.MIMETYPE, False), ("project.json", core, True), ("weights.safetensors", weights, False)])
    )
    assert loaded.weights is None
    assert any(problem.field == "weights.safetensors" for problem in loaded.problems)
    assert loaded.project == project


# Text on the clipboard.


def test_hostile_text_on_the_clipboard_is_refused() -> None:
    project = a_project(1)
    good = clipboard.to_text(project, [node.id for node in project.network.nodes])
    rng = random.Random(1)
    refused = 0
    for at in range(300):
        text = blindly(good.encode(), rng).decode("utf-8", "replace") if at % 2 else good
        if not at % 2:
            made = mutant_of(json.loads(good.split("\n", 1)[1]), rng)
            text = f"{clipboard.HEADER}\n{json.dumps(made[0])}" if made else "playground nodes 1\n"
        try:
            clipboard.from_text(text)
        except BadValue as error:
            assert 20 < len(str(error)) <= 300
            refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no nodes on the clipboard"),
        ("hello", "no nodes on the clipboard"),
        ("playground nodes 2\n{}", "must begin with 'playground nodes 1'"),
        ("playground nodes 1\n", "not JSON"),
        ("playground nodes 1\n[]", "an object with nodes, links and notes; a list of 0 was found"),
        ("playground nodes 1\n" + " " * (clipboard.MOST_CHARACTERS + 1), "characters can be pasted"),
    ],
)
def test_what_cannot_be_pasted_is_said(text: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        clipboard.from_text(text)
