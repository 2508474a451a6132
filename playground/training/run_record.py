"""What was run: settings, seeds, versions, epochs, changes on the way, and the hash of what came out. One JSON file in a run's folder."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np

from playground.core.samples import Samples
from playground.document import project_json, strict_json
from playground.document.project import Project
from playground.training.messages import EpochRecord, Finished, KnobChanged
from playground.training.wire import plain
from playground.words import sentence

NAME = "run.json"
#: Epochs and changes kept; of more, every second one is dropped, again and again.
MOST = 10_000


@functools.cache
def versions() -> dict[str, str]:
    """Versions of what numbers depend on."""
    found = {"python": platform.python_version()}
    for package in ("neural-playground", "numpy", "numba"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "source"
    return found


def processor() -> str:
    """The processor's name, on which the last bits may depend."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def samples_sha256(samples: Samples) -> str:
    """Hash of all that a run reads of the samples: inputs, targets, and weights, lengths and the size of a vocabulary if any."""
    found = hashlib.sha256()
    for name in ("x", "y", "weights", "lengths"):
        array = getattr(samples, name)
        if array is None:
            continue
        found.update(name.encode() if name in ("weights", "lengths") else b"")
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    found.update(f"tokens{samples.tokens}".encode() if samples.tokens else b"")
    return found.hexdigest()


def fingerprint(project: Project, samples: Samples, chains: int) -> dict[str, Any]:
    """What must agree for the same numbers to come out."""
    return {
        "project_sha256": hashlib.sha256(strict_json.encode(_trained(project))).hexdigest(),
        "samples_sha256": samples_sha256(samples),
        "seed": project.training.seed,
        "data_seed": project.data.seed,
        "chains": chains,
        "processor": processor(),
        "versions": versions(),
    }


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Sentences on what differs between two fingerprints; empty when a resumed run gives the same bits."""
    words = {
        "project_sha256": sentence("the network or its settings"),
        "samples_sha256": sentence("the data"),
        "seed": sentence("the seed"),
        "data_seed": sentence("the seed of the split"),
        "chains": sentence("the number of chains"),
        "processor": sentence("the processor"),
        "versions": sentence("the versions of the libraries"),
    }
    changed = [word for key, word in words.items() if before.get(key) != now.get(key)]
    return [sentence("It goes on, but not bit for bit: {word} changed since the checkpoint.", word=word) for word in changed]


class RunRecord:
    """Collected while a run goes on, written at its start, at every checkpoint and at its end."""

    def __init__(self, folder: Path, project: Project, fingerprint: dict[str, Any], notes: tuple[str, ...]) -> None:
        self.path = folder / NAME
        self._body: dict[str, Any] = {
            "format": "playground run",
            "version": 1,
            "project": project_json.to_json(project),
            "fingerprint": fingerprint,
            "notes": list(notes),
            "epochs": [],
            "changes": [],
            "finished": None,
        }

    def add_epoch(self, record: EpochRecord) -> None:
        self._add("epochs", plain(record))

    def add_change(self, change: KnobChanged) -> None:
        self._add("changes", plain(change))

    def _add(self, name: str, row: dict[str, Any]) -> None:
        rows = self._body[name]
        rows.append(row)
        if len(rows) > MOST:
            del rows[1:-1:2]

    def finish(self, finished: Finished | None) -> None:
        self._body["finished"] = None if finished is None else plain(finished)

    def clear(self) -> None:
        """The run begins anew."""
        self._body |= {"epochs": [], "changes": [], "finished": None}

    def encoded(self) -> bytes:
        """The file as it would be now."""
        return strict_json.encode(self._body)


def _trained(project: Project) -> Any:
    """The project without what no number depends on: names, places and notes."""
    data = project_json.to_json(project)
    for node in data["network"]["nodes"]:
        del node["position"]
    return {"network": {**data["network"], "notes": []}, "data": data["data"], "training": data["training"]}
