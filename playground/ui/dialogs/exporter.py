"""Exports in a process of their own: the engine that answers the probe never enters the window's process."""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QProcess, Signal

from playground.core.fields import Path as PathField
from playground.core.fields import fields_of
from playground.core.spec import Spec
from playground.document.edits import SetField
from playground.document.project import Project
from playground.errors import PlaygroundError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an export came to. certificate: the "exported" event of the command line, None when it was refused with `text`."""

    path: Path
    certificate: Mapping[str, Any] | None = None
    text: str = ""


def movable(project: Project, folder: Path) -> tuple[Project, list[str]]:
    """The project with whole paths to its data, so that it can be read from another folder; and these paths."""
    paths: list[str] = []
    for node in project.network.of_kind("dataset"):
        if not isinstance(node.spec, Spec):
            continue
        for name, field in fields_of(node.spec).items():
            value = getattr(node.spec, name)
            if isinstance(field, PathField) and value:
                paths.append(str((folder / value).resolve()))
                project = SetField(node.id, name, paths[-1]).apply(project)
    return project, paths


class Exporter(QObject):
    """One export at a time. finished(Outcome)."""

    finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._path = Path()

    @property
    def busy(self) -> bool:
        return self._process is not None

    def export(self, project: Project, weights: Mapping[str, np.ndarray], folder: Path, to: Path, format: str) -> None:
        """Write the project aside and let the command line export it. Ends in `finished`."""
        from playground.document.file import save

        if self.busy:
            return
        self._path = to
        self._folder = tempfile.TemporaryDirectory(prefix="playground-export-")
        source = Path(self._folder.name) / f"{project.name}.play".replace("/", "_")
        whole, paths = movable(project, folder)
        try:
            save(whole, source, weights=weights)
        except PlaygroundError as error:
            self._end(Outcome(path=to, text=str(error)))
            return
        process = QProcess(self)
        self._process = process
        process.finished.connect(self._done)
        process.errorOccurred.connect(self._broken)
        allowed = ["-m", "playground.ui.dialogs.export_process", str(len(paths)), *paths]
        process.start(sys.executable, [*allowed, str(source), str(to), "--format", format, "--json"])

    def cancel(self) -> None:
        """End a running export; nothing is written, since a file is put in place only when it is whole."""
        if self._process is not None:
            self._process.finished.disconnect(self._done)
            self._process.kill()
            self._process.waitForFinished(2000)
            self._end(Outcome(path=self._path, text="Stopped. Nothing was written."))

    def _done(self, code: int, _status: object) -> None:
        assert self._process is not None
        lines = bytes(self._process.readAllStandardOutput().data()).decode(errors="replace").splitlines()
        errors = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        self._end(outcome_of(self._path, code, lines, errors))

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(Outcome(path=self._path, text="The export could not be started. Free some memory and export again."))

    def _end(self, outcome: Outcome) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        self.finished.emit(outcome)


def outcome_of(path: Path, code: int, lines: list[str], errors: str) -> Outcome:
    """Read the lines of `playground export --json`."""
    events = [event for line in lines if isinstance(event := _decoded(line), dict)]
    done = [event for event in events if event.get("event") == "exported"]
    if code == 0 and done:
        return Outcome(path=path, certificate=done[-1])
    told = [str(event["text"]) for event in events if event.get("text")]
    last = errors.splitlines()[-1] if errors else ""
    return Outcome(path=path, text=" ".join(told) or last or f"The export ended with code {code} and gave no reason.")


def _decoded(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
