"""A job on a copy of the project in a process of its own: the engine never enters the window's process."""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from playground.core.fields import Path as PathField
from playground.core.fields import fields_of
from playground.core.spec import Spec
from playground.document.edits import SetField
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.ui import lifeline
from playground.words import say, unpacked


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


@dataclasses.dataclass(frozen=True)
class Ended:
    """code: of the process, minus the number of the signal that ended it, None where there was none.  events: the JSON objects that it
    printed.  errors: its stderr.

    source: the copy of the project, until the next turn of the event loop.
    """

    code: int | None
    events: tuple[Mapping[str, Any], ...] = ()
    errors: str = ""
    source: Path = Path()

    def reason(self, job: str) -> str:
        """Why it came to nothing. job: what it is called, in the language of the window."""
        if self.code is not None and self.code < 0:
            return say(
                "The system or another program ended the {job} (signal {number}). Free some memory and try again.",
                job=job,
                number=-self.code,
            )
        told = [text_of(event) for event in self.events if event.get("text") and event.get("event") != "warning"]
        last = self.errors.splitlines()[-1] if self.errors else ""
        return (
            " ".join(told)
            or last
            or say("The {job} ended with code {code} and gave no reason. Try again.", job=job, code=self.code)
        )


class Aside(QObject):
    """One job at a time. ended(Ended)."""

    ended = Signal(object)

    def __init__(self, module: str, parent: QObject | None = None) -> None:
        """module: run with the count of picked data paths, these paths, and the words of `start`."""
        super().__init__(parent)
        self._module = module
        self._process: QProcess | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._source = Path()

    @property
    def busy(self) -> bool:
        return self._process is not None

    def start(
        self, project: Project, weights: Mapping[str, np.ndarray], folder: Path, words: Callable[[Path], list[str]]
    ) -> None:
        """Write the project aside and start the process on it. words: its arguments, for the path of that copy."""
        from playground.document.file import save

        if self.busy:
            return
        self._folder = tempfile.TemporaryDirectory(prefix="playground-aside-")
        self._source = Path(self._folder.name) / f"{project.name}.play".replace("/", "_")
        whole, paths = movable(project, folder)
        try:
            save(whole, self._source, weights=weights)
        except PlaygroundError as error:
            self._end(Ended(None, ({"event": "error", "text": say(str(error))},)))
            return
        process = self._process = tied_process(self)
        process.finished.connect(self._done)
        process.errorOccurred.connect(self._broken)
        process.start(sys.executable, ["-m", self._module, str(len(paths)), *paths, *words(self._source)])

    def cancel(self, text: str) -> None:
        """End a running job."""
        if self._process is not None:
            self._process.finished.disconnect(self._done)
            self._process.kill()
            self._process.waitForFinished(2000)
            self._end(Ended(None, ({"event": "error", "text": text},)))

    def _done(self, code: int, status: QProcess.ExitStatus) -> None:
        assert self._process is not None
        lines = bytes(self._process.readAllStandardOutput().data()).decode(errors="replace").splitlines()
        errors = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        code = -code if status == QProcess.ExitStatus.CrashExit else code
        self._end(Ended(code, events_of(lines), errors, self._source))

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            text = say("The process for it could not be started. Free some memory and try again.")
            self._end(Ended(None, ({"event": "error", "text": text},)))

    def _end(self, ended: Ended) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        self.ended.emit(ended)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def tied_process(parent: QObject) -> QProcess:
    """A process, not started yet, that ends with this one when it calls `lifeline.hold`."""
    process, environment = QProcess(parent), QProcessEnvironment.systemEnvironment()
    for name, value in lifeline.tied().items():
        environment.insert(name, value)
    process.setProcessEnvironment(environment)
    return process


def text_of(event: Mapping[str, Any]) -> str:
    """What an event says, in the language of the window."""
    try:
        return say(unpacked(event["text"]))
    except ValueError:
        return str(event["text"])


def events_of(lines: list[str]) -> tuple[Mapping[str, Any], ...]:
    """The JSON objects among the lines of a process."""
    return tuple(event for line in lines if isinstance(event := _decoded(line), dict))


def _decoded(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
