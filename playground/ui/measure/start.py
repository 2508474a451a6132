"""P3: from starting the program to a window that can be used, and from Train to a worker's first step."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground.cli.bench.figures import Figure
from playground.paths import assets_dir
from playground.ui.measure.stage import platform, stage, until, workload_project

TARGET = 1.5
EXAMPLE = "digits_cnn.play"


def first_use(file: Path | None) -> dict[str, float]:
    """Start the program and wait until its window is painted and idle; seconds since the start."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "playground.ui.measure.first_paint", *([str(file)] if file else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"the program did not start: {done.stderr.strip()[-2000:]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {name: at - begun for name, at in told.items()}


@contextmanager
def bytecode(folder: Path) -> Iterator[None]:
    """Processes find every module compiled, as after an installation, whatever the environment says about that."""
    before = {name: os.environ.pop(name, None) for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")}
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    try:
        first_use(None)
        yield
    finally:
        del os.environ["PYTHONPYCACHEPREFIX"]
        os.environ.update({name: value for name, value in before.items() if value is not None})


def usable(folder: Path, repeats: int = 7) -> Iterator[Figure]:
    """The window with its start page, the window with an example; then a worker that is not there yet, every kernel in the cache."""
    with bytecode(folder):
        yield from _measured(folder, repeats)


def _measured(folder: Path, repeats: int) -> Iterator[Figure]:
    for title, file in (("start page", None), ("example open", assets_dir() / "examples" / EXAMPLE)):
        found = [first_use(file) for _ in range(repeats)]
        idle = statistics.median(one["idle"] for one in found)
        painted = statistics.median(one["painted"] for one in found)
        worst = max(one["idle"] for one in found)
        note = f"first paint after {painted:.2f} s; slowest of {repeats}: {worst:.2f} s"
        yield Figure(
            "P3", f"window usable, {title}", idle, TARGET, "s", note, all(0 < one["painted"] <= one["idle"] for one in found)
        )
    took = [first_step(folder) for _ in range(3)]
    note = f"worker started, network compiled from the cache, data loaded, one step done; {platform()}"
    yield Figure("P3", "Train to first step, W5", statistics.median(took[1:]), TARGET, "s", note, True)


def first_step(folder: Path) -> float:
    """Seconds from pressing Train to the first step; the first call fills the cache of kernels."""
    with stage() as made:
        made.open(workload_project("W5", folder, 2048, 10))
        begun = time.monotonic()
        made.session.train()
        until(lambda: made.session.client.step > 0, "the first step")
        return time.monotonic() - begun
