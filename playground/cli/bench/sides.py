"""The processes of a measurement and how they are spoken to: one JSON object a line, each way."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from playground.errors import PlaygroundError

HERE = Path(__file__).resolve().parent
#: They may be set on a machine and halve NumPy's matrix products.
DISTURBING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class SideFailed(PlaygroundError):
    """A side could not start or stopped answering; the text holds the end of what it wrote."""


@dataclasses.dataclass(frozen=True)
class Side:
    """Who is measured and how. group: "ours", "torch" or "jax"; the best of a group counts."""

    name: str
    group: str
    command: tuple[str, ...]
    setup: dict[str, Any] | None = None


def ours(workload: str, cores: int) -> list[Side]:
    """Our runner on one thread and on all."""
    command = (sys.executable, "-m", "playground.cli.bench.ours", workload)
    return [Side(f"ours, {n} thread{'s' * (n > 1)}", "ours", (*command, str(n))) for n in sorted({1, cores})]


def torch(python: str, setup: dict[str, Any], cores: int) -> list[Side]:
    """PyTorch on one thread and on all, for images in both memory formats, for sequences by samples and by steps."""
    formats: tuple[str, ...] = ("channels_last", "contiguous") if len(setup["workload"]["shape"]) == 3 else ("contiguous",)
    if setup["workload"]["tokens"]:
        formats = ("contiguous", "steps_first")
    command = (python, str(HERE / "torch_side.py"))
    return [
        Side(f"torch {n} {format}", "torch", command, {**setup, "threads": n, "format": format})
        for n in sorted({1, cores})
        for format in formats
    ]


def jax(python: str, setup: dict[str, Any], chunk: int) -> list[Side]:
    """JAX with one compiled step, and with a loop of steps inside one compiled call where there are no convolutions."""
    modes = ("jit",) if len(setup["workload"]["shape"]) == 3 else ("jit", "scan")
    command = (python, str(HERE / "jax_side.py"))
    return [Side(f"jax {mode}", "jax", command, {**setup, "mode": mode, "chunk": chunk}) for mode in modes]


class Running:
    """A side at work; idle between questions."""

    def __init__(self, side: Side) -> None:
        self.side = side
        environment = {name: value for name, value in os.environ.items() if name not in DISTURBING}
        environment["PYTHONPATH"] = os.pathsep.join([str(HERE.parents[2]), environment.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        self._process = subprocess.Popen(
            side.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )

    def __enter__(self) -> Running:
        if self.side.setup is not None:
            self._send(self.side.setup)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def wait_until_ready(self) -> None:
        """Compiled, loaded and waiting. Raises SideFailed."""
        self._receive()

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Raises SideFailed."""
        self._send(question)
        return self._receive()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._failed() from error

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._failed()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _failed(self) -> SideFailed:
        self._process.kill()
        _, error = self._process.communicate()
        return SideFailed(f"{self.side.name} stopped: {error.strip()[-1500:] or 'it said nothing'}")
