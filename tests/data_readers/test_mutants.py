"""Damaged files: no crash, no hang, no memory, and nothing but sentences. 0 of 2,000 bounds the rate at 0.15 %."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data_readers.mutants import READERS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="memory is limited with setrlimit")
@pytest.mark.parametrize("count", [200, pytest.param(2_000, marks=pytest.mark.campaign)])
@pytest.mark.parametrize("reader", sorted(READERS))
def test_mutants_only_ever_meet_a_sentence(reader: str, count: int) -> None:
    command = [sys.executable, "-m", "tests.data_readers.mutants", reader, str(count), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["escaped"] == []
    assert found["refused"] > count / 20
    assert found["slowest"] < 5
    assert found["grown_mb"] < 256
    assert found["longest"] <= 500
