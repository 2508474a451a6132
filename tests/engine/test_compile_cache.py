"""The disk cache of machine code: loaded without compiling, dropped when damaged, renewed when anything it depends on changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground.engine.jit import compile as compiling
from playground.engine.kernel import inline

SCRIPT = """
import sys
import numpy as np
from playground.engine import jit, moves
names = ["fill", "sum_partials"]
if "runners" in sys.argv:
    told = []
    jit.compile_kernels(names, lambda name, done, total: told.append((name, done, total)))
    assert told[-1] == ("", 4, 4) and told[0] == ("run_serial", 0, 4), told
else:
    jit.table(names)
F = np.ones(64, np.float32)
w = np.zeros(48, np.int64)
w[:6] = 1, 1, 20, 10, 0, 0
jit.compiled("fill")(F, F.view(np.int64), w, np.zeros(8, np.float32))
assert F.sum() == 44, F
print(",".join(jit.compilations))
"""


def run(cache: Path, *arguments: str, **env: str) -> list[str]:
    """Names of what a fresh process had to compile."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, *arguments],
        env={**os.environ, "PLAYGROUND_CACHE": str(cache), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [name for name in done.stdout.strip().split(",") if name]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("kernels")
    assert run(cache, "runners") == ["run_serial", "run_parallel", "fill", "sum_partials"]
    return cache


def entries(cache: Path, name: str) -> list[Path]:
    return sorted((cache / "kernels").glob(f"{name}-*"))


def data_file(entry: Path) -> Path:
    return next(entry.rglob("*.nbc"))


def test_a_second_process_compiles_nothing(filled: Path) -> None:
    assert run(filled, "runners") == []
    assert not list((filled / "kernels").glob(".*")), "unfinished entries are left behind"


def test_a_truncated_entry_is_compiled_again(filled: Path) -> None:
    file = data_file(entries(filled, "fill")[0])
    file.write_bytes(file.read_bytes()[:100])
    assert run(filled) == ["fill"]
    assert run(filled) == []


def test_a_flipped_bit_in_machine_code_is_noticed(filled: Path) -> None:
    file = data_file(entries(filled, "fill")[0])
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    assert run(filled) == ["fill"]
    assert run(filled) == []


@pytest.mark.parametrize("damage", ["no seal", "no index", "empty seal", "seal is no JSON"])
def test_an_incomplete_entry_is_compiled_again(filled: Path, damage: str) -> None:
    entry = entries(filled, "sum_partials")[0]
    if damage == "no seal":
        (entry / compiling.SEAL).unlink()
    elif damage == "no index":
        next(entry.rglob("*.nbi")).unlink()
    else:
        (entry / compiling.SEAL).write_text("{}" if damage == "empty seal" else "{", encoding="utf-8")
    assert run(filled) == ["sum_partials"]
    assert compiling._intact(entry)


def test_another_processor_has_entries_of_its_own(filled: Path) -> None:
    assert len(run(filled, NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="+sse4.2")) == 2
    assert len(entries(filled, "fill")) == 2
    assert run(filled) == []


def test_entries_that_nobody_loads_are_removed_with_time(tmp_path: Path) -> None:
    old, recent, other = (tmp_path / "kernels" / name for name in ("fill-1", "fill-2", "sum_partials_of_mine-1"))
    for folder in (old, recent, other):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    os.utime(other, (0, 0))
    run(tmp_path)
    assert not old.exists()
    assert recent.exists()
    assert other.exists()


def test_unused_functions_of_other_formulas_are_removed(tmp_path: Path) -> None:
    """Their names end in a hash of the formula, which nobody may ever type again."""
    mine, other, backward = (
        f"expression_{way}_{digit * 24}-1" for way, digit in (("forward", "a"), ("forward", "b"), ("backward", "c"))
    )
    for name in (mine, other, backward):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, 0))
    compiling._remove_unused(tmp_path, mine.partition("-")[0])
    assert not (tmp_path / mine).exists()
    assert not (tmp_path / other).exists()
    assert (tmp_path / backward).exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert len(run(locked)) == 2


def test_a_file_in_place_of_the_folder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "kernels").write_text("not a folder", encoding="utf-8")
    assert len(run(tmp_path)) == 2


def test_the_hash_follows_called_functions_and_imported_numbers() -> None:
    """What Numba's own cache does not notice."""

    def make(factor: str, body: str) -> bytes:
        namespace: dict[str, object] = {"__name__": __name__}
        exec(f"FACTOR = {factor}\ndef helper(x): return {body}\ndef kernel(F, R, w, k): F[0] = helper(F[1]) * FACTOR", namespace)
        inline(namespace["helper"])  # type: ignore[arg-type]
        return compiling.Bound(namespace["kernel"]).digest  # type: ignore[arg-type]

    digests = {make("2.0", "x"), make("3.0", "x"), make("2.0", "x + 1.0"), make("2.0", "x")}
    assert len(digests) == 3


def test_a_kernel_that_reads_anything_else_is_refused() -> None:
    namespace: dict[str, object] = {"__name__": __name__, "TABLE": [1, 2]}
    exec("def kernel(F, R, w, k): F[0] = TABLE[0]", namespace)
    with pytest.raises(TypeError, match="reads the global TABLE; expected a number, a word or an inline function"):
        compiling.Bound(namespace["kernel"])  # type: ignore[arg-type]
