"""How much memory could be had now: the one place that asks the system.

Linux: what the kernel calls available, or less where a control group of either version allows less. macOS: free, inactive, speculative and
purgeable pages. Windows: the free physical memory. Elsewhere it is not known, and nothing is refused for want of it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

#: Left to everything else on the machine.
RESERVE = 256 << 20
_PROC, _GROUPS = Path("/proc"), Path("/sys/fs/cgroup")
_VM_STAT = "/usr/bin/vm_stat"


def free_bytes() -> int | None:
    """Bytes that could be had without swapping; None where the system does not say."""
    if sys.platform == "win32":
        return _of_windows()
    if sys.platform == "darwin":
        return of_vm_stat(subprocess.run([_VM_STAT], capture_output=True, text=True, check=True, timeout=10).stdout)
    return of_linux(_PROC, _GROUPS)


def room() -> int | None:
    """What a run may take: all that is free but a reserve, 0 at least; None where it is not known."""
    free = free_bytes()
    return None if free is None else max(0, free - RESERVE)


def of_linux(proc: Path, groups: Path) -> int | None:
    """proc, groups: where the kernel's files and the control groups are."""
    try:
        known = (proc / "meminfo").read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    available = re.search(r"^MemAvailable:\s+(\d+) kB", known, re.MULTILINE)
    figures = [] if available is None else [int(available[1]) * 1024]
    return min([*figures, *_of_groups(proc, groups)], default=None)


def _of_groups(proc: Path, groups: Path) -> list[int]:
    """What is left of the limit of the process's control group and of each above it, as far as they have one."""
    try:
        lines = (proc / "self/cgroup").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for _, controllers, place in (line.split(":", 2) for line in lines):
        if not controllers:
            root, names = groups, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            root, names = groups / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        here = root / place.strip("/")
        # Inside a container the place may be one that only the host sees; its own group is then the root.
        for folder in dict.fromkeys((here, *(above for above in here.parents if above.is_relative_to(root)), root)):
            left = _left(folder, *names)
            if left is not None:
                found.append(left)
    return found


def _left(folder: Path, limit_name: str, used_name: str, cache_name: str) -> int | None:
    """Of a group's limit, counting as free what it holds of files that nobody uses: the kernel gives that back first."""
    limit, used, stat = folder / limit_name, folder / used_name, folder / "memory.stat"
    if not (limit.is_file() and used.is_file()) or (word := limit.read_text(encoding="ascii").strip()) == "max":
        return None
    cached = re.search(rf"^{cache_name} (\d+)$", stat.read_text(encoding="ascii"), re.MULTILINE) if stat.is_file() else None
    return max(0, int(word) - int(used.read_text(encoding="ascii")) + (int(cached[1]) if cached else 0))


def of_vm_stat(text: str) -> int | None:
    """text: what `vm_stat` of macOS prints."""
    size = re.search(r"page size of (\d+) bytes", text)
    pages = re.findall(r"^Pages (?:free|inactive|speculative|purgeable):\s+(\d+)\.", text, re.MULTILINE)
    return int(size[1]) * sum(map(int, pages)) if size and pages else None


def _of_windows() -> int | None:
    if sys.platform == "win32":
        import ctypes

        class Status(ctypes.Structure):
            """MEMORYSTATUSEX of the Windows API."""

            _fields_ = [
                ("length", ctypes.c_uint32),
                ("load", ctypes.c_uint32),
                ("total", ctypes.c_uint64),
                ("free", ctypes.c_uint64),
                ("rest", ctypes.c_uint64 * 5),
            ]

        status = Status(length=ctypes.sizeof(Status))
        if ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
            return int(status.free)
    return None
