"""How much memory is free, of machines and containers as their systems describe them."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.engine import free_memory
from playground.engine.free_memory import of_linux, of_vm_stat

MEMINFO = "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    8000000 kB\n"
GB = 10**9


def linux(folder: Path, cgroup: str, groups: dict[str, str], meminfo: str = MEMINFO) -> int | None:
    """What is free on a machine with these files."""
    for name, text in {
        "proc/meminfo": meminfo,
        "proc/self/cgroup": cgroup,
        **{f"groups/{k}": v for k, v in groups.items()},
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return of_linux(folder / "proc", folder / "groups")


def test_this_machine_says_how_much_is_free() -> None:
    free = free_memory.free_bytes()
    assert free is not None
    assert 50_000_000 < free < 10**14


def test_without_a_limit_it_is_what_the_kernel_calls_available(tmp_path: Path) -> None:
    groups = {"a/memory.max": "max\n", "a/memory.current": "5000000\n"}
    assert linux(tmp_path, "0::/a\n", groups) == 8_192_000_000


@pytest.mark.parametrize("place", ["/", "/outer/inner", "/seen/only/outside"])
def test_the_limit_of_a_group_counts_and_of_those_above_it(tmp_path: Path, place: str) -> None:
    groups = {"memory.max": f"{3 * GB}\n", "memory.current": f"{1 * GB}\n", "outer/inner/memory.max": f"{7 * GB}\n",
              "outer/inner/memory.current": "0\n"}  # fmt: skip
    assert linux(tmp_path, f"0::{place}\n", groups) == 2 * GB


def test_files_that_a_group_holds_in_its_cache_are_free(tmp_path: Path) -> None:
    groups = {"memory.max": f"{3 * GB}", "memory.current": f"{3 * GB}", "memory.stat": f"anon 5\ninactive_file {2 * GB}\n"}
    assert linux(tmp_path, "0::/\n", groups) == 2 * GB


def test_control_groups_of_the_first_version(tmp_path: Path) -> None:
    groups = {"memory/box/memory.limit_in_bytes": f"{4 * GB}", "memory/box/memory.usage_in_bytes": f"{1 * GB}",
              "memory/memory.limit_in_bytes": "9223372036854771712", "memory/memory.usage_in_bytes": "0"}  # fmt: skip
    assert linux(tmp_path, "5:cpu:/box\n4:memory:/box\n0::/\n", groups) == 3 * GB


def test_a_group_above_its_limit_has_nothing_free(tmp_path: Path) -> None:
    groups = {"memory.max": f"{1 * GB}", "memory.current": f"{2 * GB}"}
    assert linux(tmp_path, "0::/\n", groups) == 0


def test_where_the_system_says_nothing_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_linux(tmp_path, tmp_path) is None
    assert linux(tmp_path, "", {}, "MemTotal: 5 kB\n") is None
    monkeypatch.setattr(free_memory, "free_bytes", lambda: None)
    assert free_memory.room() is None


def test_the_pages_of_macos() -> None:
    text = (
        "Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free:         1000.\nPages active:       5000.\n"
        "Pages inactive:     200.\nPages speculative:  30.\nPages throttled:    0.\nPages wired down:   900.\nPages purgeable:    4.\n"
    )
    assert of_vm_stat(text) == 16384 * 1234
    assert of_vm_stat("nothing of the kind") is None
