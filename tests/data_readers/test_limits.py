"""Limits at one below, at, and one above; and what reading a hostile file may not do."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from playground.data import array_samples, table_samples
from playground.data.readers import csv_columns, csv_rows, csv_table, csv_text
from playground.data.readers.csv_table import preview, read
from playground.data.readers.csv_text import Options
from playground.data.table_samples import Wish, samples_of
from playground.errors import BadValue, DataError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_columns(tmp_path: Path, extra: int) -> None:
    count = csv_table.MOST_COLUMNS + extra
    (tmp_path / "t.csv").write_text(",".join(["7"] * count) + "\n")
    if extra > 0:
        with pytest.raises(DataError, match="20,001 columns; at most 20,000"):
            read(tmp_path / "t.csv")
    else:
        assert len(read(tmp_path / "t.csv").columns) == count


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_characters_in_a_cell(tmp_path: Path, extra: int) -> None:
    """The limit of the standard library's reader, 131,072."""
    (tmp_path / "t.csv").write_text("a,b\n1,x\n2," + "x" * (131_072 + extra) + "\n3,y\n")
    found = read(tmp_path / "t.csv")
    assert [row.line for row in found.bad] == ([3] if extra > 0 else [])
    assert len(found.lines) == (2 if extra > 0 else 3)


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_characters_in_a_line(tmp_path: Path, extra: int) -> None:
    cell = "x" * 999 + ","
    line = (cell * (csv_text.MOST_LINE // 1000 + 1))[: csv_text.MOST_LINE + extra - 1]
    (tmp_path / "t.csv").write_text(line + "\n")
    if extra > 0:
        with pytest.raises(DataError, match=r"line 1 is longer than 1,048,576"):
            read(tmp_path / "t.csv")
    else:
        assert len(read(tmp_path / "t.csv").lines) == 1


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_lines_in_a_row(tmp_path: Path, extra: int) -> None:
    lines = csv_rows.MOST_LINES_IN_ROW + extra
    (tmp_path / "t.csv").write_text('1,"' + "\n" * (lines - 1) + '"\n2,b\n')
    found = read(tmp_path / "t.csv")
    if extra > 0:
        assert found.bad[0].line == 1
        assert found.bad[0].reason == "a quote that is never closed"
    else:
        assert found.bad == ()
    assert found.lines[-1] == lines + 1


def test_a_file_full_of_broken_quotes_is_given_up_soon(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n" + '"x,3\n' * 100_001)
    with pytest.raises(DataError, match="broken quotes"):
        read(tmp_path / "t.csv")


def test_listed_faults_are_bounded_but_counted(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "oops,1\n" * 1500)
    column = read(tmp_path / "t.csv", Options(types={"a": "number"})).column("a")
    assert len(column.faults) == csv_columns.MOST_LISTED
    assert column.fault_count == 1500


def test_a_preview_of_a_long_file_says_that_it_saw_a_part(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 20_001)
    seen = preview(tmp_path / "t.csv")
    assert (seen.count, seen.complete) == (20_000, False)
    assert "Only the first 20,000 rows were looked at." in seen.notes
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 20_000)
    assert preview(tmp_path / "t.csv").complete


@pytest.mark.parametrize(
    "options",
    [
        {"decimal": "x"},
        {"header": "maybe"},
        {"thousands": "x"},
        {"decimal": ",", "thousands": ","},
        {"delimiter": ",,"},
        {"delimiter": "\n"},
        {"delimiter": '"'},
        {"quote": "''"},
        {"types": {"a": "date"}},
        {"types": {"none": "text"}},
        {"encoding": "no such encoding"},
    ],
)
def test_bad_options_are_refused(tmp_path: Path, options: dict) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises((BadValue, DataError, OSError), match=r"\.$"):
        read(tmp_path / "t.csv", Options(**options))


@pytest.mark.skipif(sys.platform == "win32", reason="paths of another system")
def test_reading_hostile_files_runs_nothing_and_writes_nothing(tmp_path: Path) -> None:
    """Under an audit hook: no code object is run from a file, no process started, no socket opened, nothing written."""
    script = f"""
        import sys, io, pathlib
        import numpy as np
        from tests.data_readers import mutants
        folder = pathlib.Path({str(tmp_path)!r})
        class Bomb:
            def __reduce__(self):
                return (exec, ("open({str(tmp_path / "canary")!r}, 'w')",))
        stream = io.BytesIO()
        np.savez(stream, x=np.array([Bomb()], object), y=np.arange(1))
        files = {{"array": stream.getvalue(), "npy": b"\\x93NUMPY\\x01\\0\\x40\\0" + b"__import__('os').system('touch canary')".ljust(64),
                  "table": b'a,b\\n=cmd|calc!A1,1\\n"=IMPORTDATA(1)",2\\n3,4\\n',
                  "image": b"%!PS-Adobe-3.0 EPSF-3.0\\n%%BoundingBox: 0 0 1 1\\n", "idx": b"\\0\\0\\x08\\1"}}
        for name, (make, load) in mutants.READERS.items():
            (folder / "good").write_bytes(make()[0])
            load(folder / "good")
            (folder / name).write_bytes(files[name])
        seen = []
        FORBIDDEN = ("exec", "compile", "os.system", "os.exec", "os.posix_spawn", "subprocess", "socket", "ctypes", "pickle", "marshal")
        def hook(event, arguments):
            wrote = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
            if armed and (event.startswith(FORBIDDEN) or wrote):
                seen.append((event, str(arguments)[:100]))
        armed = False
        sys.addaudithook(hook)
        for name, (make, load) in mutants.READERS.items():
            armed = True
            try:
                load(folder / name)
            except (mutants.FileError, mutants.DataError) as error:
                print(name, error)
            armed = False
        assert not seen, seen
        assert not (folder / "canary").exists()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "plain numbers" in done.stdout


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_numbers_in_arrays(monkeypatch: pytest.MonkeyPatch, extra: int) -> None:
    """The limit is lowered for the test: at its real height this would take gigabytes."""
    monkeypatch.setattr(array_samples, "MOST_NUMBERS", 1000)
    x, y = np.zeros(1000 + extra), np.arange(1000 + extra) % 2
    if extra > 0:
        with pytest.raises(DataError, match="1,001 numbers; at most 1,000"):
            array_samples.samples_of_arrays(x, y, task="auto", channels="last", names=("x", "y"))
    else:
        assert array_samples.samples_of_arrays(x, y, task="auto", channels="last", names=("x", "y")).count == 1000 + extra


def test_inputs_made_of_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"w{i % 60},{i % 2}\n" for i in range(200)))
    assert samples_of(read(tmp_path / "t.csv"), Wish()).shape == (60,)
    monkeypatch.setattr(table_samples, "MOST_NUMBERS", 200 * 64 - 1)
    with pytest.raises(DataError, match="Ignore columns or use fewer rows"):
        samples_of(read(tmp_path / "t.csv"), Wish())
