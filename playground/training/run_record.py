"""What was run: settings, seeds, versions, epochs, the journal, and the hash of what came out. One JSON file in a run's folder.

project and fingerprint are those that the run began with; the journal says how it came to others. It is never thinned.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from playground.core.samples import Samples
from playground.document import project_json, strict_json
from playground.document.project import Project
from playground.errors import BadValue, FileError
from playground.training.journal import Entry, Journal, of_json
from playground.training.messages import EpochRecord, Finished
from playground.training.wire import plain
from playground.words import sentence

NAME = "run.json"
#: The checkpoints beside it: where the run stands, and its best epoch.
LAST, BEST = "last.safetensors", "best.safetensors"
FORMAT, VERSION = "playground run", 2
#: Epochs kept; of more, every second one is dropped, again and again.
MOST = 10_000


@functools.cache
def versions() -> dict[str, str]:
    """Versions of what numbers depend on."""
    import importlib.metadata  # brings what reads mail, which the window's first paint need not wait for

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


def fingerprint(project: Project, samples: Samples, chains: int, known: str | None = None) -> dict[str, Any]:
    """What must agree for the same numbers to come out. known: the hash of the samples, where it is."""
    return {
        "project_sha256": project_sha256(project),
        "samples_sha256": known or samples_sha256(samples),
        "seed": project.training.seed,
        "data_seed": project.data.seed,
        "chains": chains,
        "processor": processor(),
        "versions": versions(),
    }


def project_sha256(project: Project) -> str:
    """Hash of all of a project that numbers depend on."""
    return hashlib.sha256(strict_json.encode(_trained(project))).hexdigest()


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
            "format": FORMAT,
            "version": VERSION,
            "project": project_json.to_json(project),
            "fingerprint": fingerprint,
            "notes": list(notes),
            "epochs": [],
            "journal": [],
            "finished": None,
            "parent": None,
        }

    def begin_with(self, project: Any, fingerprint: dict[str, Any]) -> None:
        """What the run began with, where that is not what it has now. project: as JSON."""
        self._body |= {"project": project, "fingerprint": fingerprint}

    def branch(self, folder: Path, parent: str, step: int) -> None:
        """From here on it tells of a run that left another one. parent: name of that one's folder; step: where it was left."""
        self.path = folder / NAME
        self._body = {**self._body, "epochs": list(self._body["epochs"]), "parent": {"run": parent, "step": step}}

    def add_epoch(self, record: EpochRecord) -> None:
        self._add("epochs", plain(record))

    def keep_until(self, step: int) -> None:
        """The run stands at an earlier step again: later epochs, and its end, are no more."""
        self._body["epochs"] = [row for row in self._body["epochs"] if row["step"] <= step]
        self._body["finished"] = None

    def _add(self, name: str, row: dict[str, Any]) -> None:
        rows = self._body[name]
        rows.append(row)
        if len(rows) > MOST:
            del rows[1:-1:2]

    def finish(self, finished: Finished | None) -> None:
        self._body["finished"] = None if finished is None else plain(finished)

    def clear(self) -> None:
        """The run begins anew."""
        self._body |= {"epochs": [], "finished": None, "parent": None}

    def encoded(self, journal: Iterable[Entry] = ()) -> bytes:
        """The file as it would be now."""
        return strict_json.encode(self._body | {"journal": [plain(entry) for entry in journal]})


@dataclasses.dataclass(frozen=True)
class Found:
    """A run's record as it was read. project: with which it began; finished: None while it was not over.

    parent: name of the folder of the run that it forked from, and the step; None for a run from the start.
    """

    path: Path
    project: Project
    fingerprint: dict[str, Any]
    journal: tuple[Entry, ...]
    finished: dict[str, Any] | None
    parent: tuple[str, int] | None = None


def read(path: Path) -> Found:
    """A record of this or an earlier version; path: the file or its folder. Raises FileError."""
    path = path / NAME if path.is_dir() else path
    body = _body(path)
    try:
        project, found = project_json.from_json(body["project"])
        if project is None:
            raise BadValue(found.faults[0][1])
        finished = body["finished"]
        if not isinstance(body["fingerprint"], dict) or not isinstance(finished, dict | None):
            raise BadValue(sentence("fingerprint and finished must be objects."))
        parent = _parent(body.get("parent"))
        journal = tuple(of_json(one) for one in body["journal"]) if body["version"] == VERSION else _of_version_1(body, finished)
    except (KeyError, TypeError, AttributeError, BadValue) as error:
        raise FileError(f"{path} lacks what a record of a run needs: {error}. Choose another file.") from error
    return Found(path, project, body["fingerprint"], journal, finished, parent)


def _parent(given: Any) -> tuple[str, int] | None:
    """Raises BadValue for what is no parent."""
    if given is None:
        return None
    if not isinstance(given, dict) or type(given.get("run")) is not str or type(given.get("step")) is not int:
        raise BadValue(sentence("parent must be an object with a run and a step."))
    return given["run"], given["step"]


def root_of(path: Path) -> tuple[Any, dict[str, Any]] | None:
    """Project as JSON and fingerprint that a run began with, None where that cannot be read."""
    try:
        found = read(path)
    except FileError:
        return None
    return project_json.to_json(found.project), found.fingerprint


def _body(path: Path) -> dict[str, Any]:
    try:
        body = strict_json.decode(path.read_bytes())
    except (OSError, BadValue) as error:
        why = getattr(error, "strerror", None) or error
        raise FileError(f"{path} cannot be read as a record of a run: {why}. Choose another file.") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise FileError(f"{path} is no record of a run. Choose the {NAME} in a run's folder.")
    if body.get("version") not in (1, VERSION):
        raise FileError(f"{path} was written by a newer release (version {body.get('version')!s:.20}). Open it with that one.")
    return body


def _of_version_1(body: dict[str, Any], finished: dict[str, Any] | None) -> tuple[Entry, ...]:
    """Knobs were all that could change; of more than ten thousand changes, some were left out."""
    journal = Journal()
    journal.add("start", 0, "seed", None, body["fingerprint"].get("seed"))
    for change in body["changes"]:
        before, after = float(change["before"]), float(change["value"])
        journal.add("knob", int(change["step"]), str(change["name"]), before, after)
    if finished is not None:
        journal.add("end", int(finished["step"]), str(finished["reason"]), int(finished["step"]), int(finished["last_step"]))
    return tuple(journal)


def _trained(project: Project) -> Any:
    """The project without what no number depends on: names, places and notes."""
    data = project_json.to_json(project)
    for node in data["network"]["nodes"]:
        del node["position"]
    return {"network": {**data["network"], "notes": []}, "data": data["data"], "training": data["training"]}
