"""Damaged files of every kind: a sentence or what is usual, never another exception, never a hang, and nothing of the file is run.

`-m campaign` opens thousands of each; a few dozen are opened always.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.attack import LIMIT
from tests.mutants.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
#: The whole window costs a second for each file.
COUNTS = {"window": 200}
#: Those that need no engine, so that a child is there at once.
QUICK = (
    *("run", "said", "points", "layers", "block", "own_layers", "lists", "settings", "words", "clipboard", "project"),
    "painted",
)


def attacked(targets: list[str], count: int, seed: int) -> dict[str, dict[str, Any]]:
    """What came of the mutants of some targets, opened in one process."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.mutants.attack", ",".join(targets), str(count), str(seed)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=3400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def judged(found: dict[str, dict[str, Any]]) -> None:
    assert {name: one["escaped"] for name, one in found.items() if one["escaped"]} == {}
    assert {name: one["seen"] for name, one in found.items() if one["seen"]} == {}
    assert max(one["slowest"] for one in found.values()) < LIMIT
    assert max(one["grown_mb"] for one in found.values()) < 512


def test_some_mutants_of_every_kind_of_text() -> None:
    judged(attacked(list(QUICK), 25, 1))


def test_some_mutants_of_every_kind_of_weights() -> None:
    judged(attacked([name for name in TARGETS if name not in (*QUICK, "window")], 25, 1))


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", TARGETS)
def test_five_thousand_mutants(name: str) -> None:
    judged(attacked([name], COUNTS.get(name, 5_000), 2))
