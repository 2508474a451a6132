"""Files whose directory is damaged or cut off: what is whole of them is read."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator

import pytest

from playground import words
from playground.document import file
from playground.document.project import Project
from playground.errors import FileError
from tests.document.making import a_project
from tests.document.test_file import RUNS, some_weights
from tests.document.test_hostile import flipped


def test_what_is_whole_of_a_file_without_its_end_is_read() -> None:
    data = file.to_bytes(project := a_project(2), weights := some_weights(), RUNS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        directory, infos = archive.start_dir, {info.filename: info for info in archive.infolist()}
    behind = {name: info.header_offset + 30 + len(name) + info.compress_size for name, info in infos.items()}
    for length in (len(data) - 1, len(data) - 30, len(data) - 71, directory + 11, directory, behind["weights.safetensors"]):
        loaded = file.from_bytes(data[:length])
        assert loaded.project == project
        assert loaded.weights is not None
        assert loaded.weights.keys() == weights.keys()
        assert "weights.safetensors" in loaded.problems[0].text
        assert loaded.problems[0].text.startswith("The file is damaged or was cut short. What is whole of it was read: ")
    for length in (behind["weights.safetensors"] - 1, behind["project.json"]):
        loaded = file.from_bytes(data[:length])
        assert loaded.project == project
        assert loaded.weights is None
    for length in (0, 40, behind["project.json"] - 1):
        with pytest.raises(FileError):
            file.from_bytes(data[:length])


def test_why_checksums_cannot_be_read_is_said_in_the_language_of_the_window() -> None:
    data = file.to_bytes(a_project(2), some_weights(), RUNS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (first,) = [info for info in archive.infolist() if info.filename == "manifest.json"]
    told = [problem.text for problem in file.from_bytes(data[: first.header_offset]).problems]
    (text,) = [text for text in told if "checksums" in text]
    assert "manifest.json is missing" in text
    words.set_language("zh_CN")
    try:
        assert "缺少 manifest.json" in words.say(text)
    finally:
        words.set_language("en")


def test_a_flip_in_the_directory_or_behind_it_costs_nothing() -> None:
    data = file.to_bytes(project := a_project(2), weights := some_weights(), RUNS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        directory = archive.start_dir
    for at in range(directory, len(data)):
        loaded = file.from_bytes(flipped(data, 8 * at + at % 8))
        assert loaded.project == project, at
        assert loaded.weights is not None, at
        assert loaded.weights.keys() == weights.keys(), at
        assert loaded.problems, at


def test_what_only_looks_like_members_costs_no_time() -> None:
    """Each says to hold all that follows, and does not."""
    begin = file.to_bytes(Project())[:69]
    trap = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0x800, 8, 0, 33, 1, 4_000_000, 4_000_000, 1, 0) + b"a"
    data = begin + trap * 200_000
    start = time.perf_counter()
    with pytest.raises(FileError):
        file.from_bytes(data)
    assert time.perf_counter() - start < 5.0


def headers(data: bytes) -> Iterator[int]:
    """Places of all bytes of the members' own headers, their names included."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            yield from range(info.header_offset, info.header_offset + 30 + len(info.filename))


def lost_by_header_flips(bits: Callable[[int], Iterable[int]]) -> list[tuple[int, int]]:
    """(byte, bit) of the headers whose flip goes unnoticed or costs anything: each content is intact, and its checksum tells so.

    bits: which ones of the byte at a place.
    """
    data = file.to_bytes(project := a_project(2), weights := some_weights(), RUNS)
    lost = []
    for at in headers(data):
        for bit in bits(at):
            try:
                loaded = file.from_bytes(flipped(data, 8 * at + bit))
            except FileError:
                lost.append((at, bit))
                continue
            found = loaded.weights or {}
            whole = loaded.project == project and loaded.runs == RUNS and found.keys() == weights.keys()
            if not whole or not loaded.problems or any((found[name] != weights[name]).any() for name in weights):
                lost.append((at, bit))
    return lost


def test_a_flip_in_the_header_of_a_member_costs_nothing() -> None:
    assert lost_by_header_flips(lambda at: (at % 8,)) == []


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_no_flip_in_the_header_of_a_member_costs_anything() -> None:
    assert lost_by_header_flips(lambda at: range(8)) == []


def test_a_file_that_another_program_packed_means_what_its_headers_say() -> None:
    """Padding in front of a content is legal there, and a header that names another member is a trick."""
    data = file.to_bytes(project := a_project(2), some_weights(), RUNS)
    again = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(again, "w") as other:
        other.comment = archive.comment
        for info in archive.infolist():
            row = zipfile.ZipInfo(info.filename)
            row.extra = struct.pack("<2H4s", 0xCAFE, 4, b"pad ")
            other.writestr(row, archive.read(info), zipfile.ZIP_DEFLATED)
    loaded = file.from_bytes(again.getvalue())
    assert (loaded.project, loaded.runs) == (project, RUNS)
    assert loaded.weights is not None
