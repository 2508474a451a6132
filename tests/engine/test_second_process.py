"""Kernels compiled by two processes: each by one of them, and all of them whatever becomes of the second."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from playground.engine import kernel as registry
from playground.engine import moves  # noqa: F401 - registers the kernels that are named here
from playground.engine.jit import second

NAMES = ["a", "b", "c", "d", "e", "f"]
WILLING = "import sys\nfor line in sys.stdin: print('done', flush=True)"
REFUSES = "import sys\nfor line in sys.stdin: print('KeyError', flush=True)"
DIES = "import sys\nsys.stdin.readline(); print('done', flush=True); sys.stdin.readline()"
DIES_AT_ONCE = "raise SystemExit(3)"
HANGS = "import time\ntime.sleep(600)"


def kernel(F: Any, R: Any, w: Any, k: Any) -> None:
    """Stands for all of them."""


def start(script: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", script]


def shared(script: str, folder: Path, names: list[str] = NAMES) -> second.Shared:
    return second.Shared(dict.fromkeys(names, kernel), folder, start(script))


def ended(both: second.Shared) -> bool:
    return both._process is None or both._process.poll() is not None


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(second, "FAREWELL_SECONDS", 0.0)


def test_each_kernel_is_given_to_one_process(tmp_path: Path) -> None:
    with shared(WILLING, tmp_path) as both:
        mine = list(both)
        assert both.done == len(NAMES)
    assert len(mine) == len(set(mine)) <= len(NAMES)
    assert ended(both)


def test_the_other_takes_what_this_one_has_not_begun(tmp_path: Path) -> None:
    with shared(WILLING, tmp_path) as both:
        first = next(iter(both), None)
        both._feeder.join()
        assert both.done == len(NAMES) - (first is not None)


@pytest.mark.parametrize("script", [REFUSES, DIES_AT_ONCE], ids=["refuses", "dies at once"])
def test_what_it_cannot_make_is_made_here(tmp_path: Path, script: str) -> None:
    with shared(script, tmp_path) as both:
        assert sorted(both) == NAMES
    assert ended(both)


def test_what_it_was_at_when_it_died_is_made_here(tmp_path: Path) -> None:
    with shared(DIES, tmp_path) as both:
        mine = []
        for name in both:
            mine.append(name)
            both._feeder.join()
        assert len(mine) == len(set(mine)) == len(NAMES) - 1
        assert both.done == len(NAMES)


@pytest.mark.usefixtures("impatient")
def test_one_that_answers_nothing_is_not_waited_for(tmp_path: Path) -> None:
    with shared(HANGS, tmp_path) as both:
        assert sorted(both) == NAMES
    assert ended(both)


def test_without_a_second_process_all_are_made_here(tmp_path: Path) -> None:
    with second.Shared(dict.fromkeys(NAMES, kernel), tmp_path, [str(tmp_path / "nothing")]) as both:
        assert list(both) == NAMES


@pytest.mark.usefixtures("impatient")
def test_leaving_in_the_middle_ends_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), shared(HANGS, tmp_path) as both:
        for _ in both:
            raise KeyboardInterrupt
    assert ended(both)


def test_the_largest_come_first(tmp_path: Path) -> None:
    sources: dict[str, Callable[..., Any]] = {name: registry.find(name) for name in ("fill", "sum_partials", "transpose_taps")}
    with second.Shared(sources, tmp_path, [str(tmp_path / "nothing")]) as both:
        found = [second.size(sources[name]) for name in both]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3


def test_it_pays_only_for_many_on_two_cores_with_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = ["kernel"] * (second.FEW + 1)
    monkeypatch.setattr(second, "_cores", lambda: 2)
    assert second.worthwhile(many, tmp_path / "kernels")
    assert not second.worthwhile(many[1:], tmp_path / "kernels")
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    assert not second.worthwhile(many, tmp_path / "file")
    monkeypatch.setattr(second, "_cores", lambda: 1)
    assert not second.worthwhile(many, tmp_path / "kernels")


def test_a_real_one_leaves_machine_code_that_this_process_loads(tmp_path: Path) -> None:
    from playground.engine.jit import native
    from playground.engine.jit.compile import place

    names, folder = ("fill", "sum_partials"), tmp_path / "kernels"
    with second.Shared({name: registry.find(name) for name in names}, folder) as both:
        mine = next(iter(both), "")
        both._feeder.join()
    for name in names:
        bound, signature, options = native._recipe(name)
        assert (folder / place(bound, signature, **options).name).is_dir() == (name != mine)


def test_it_ends_with_the_pipe() -> None:
    process = subprocess.Popen(second.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.communicate(timeout=300)
    assert process.returncode == 0
