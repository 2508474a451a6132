"""The user's own layers in the window: judged in a process of its own, since the engine never enters the window's process."""

from __future__ import annotations

import json
import sys
from functools import cache

from PySide6.QtCore import QCoreApplication, QObject, QProcess, Signal

from playground.document.block_files import remove_personal, save_personal
from playground.document.own_layers import checked_name, remove_own_layer
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.ui.dialogs.aside import tied_process
from playground.words import say, unpacked


class Library(QObject):
    """changed: the palette shows others now.  judged(name, good, text): how an `add` ended."""

    changed = Signal()
    judged = Signal(str, bool, str)

    def __init__(self) -> None:
        super().__init__()
        self._process: QProcess | None = None
        self._name = ""
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.stop)

    @property
    def busy(self) -> bool:
        return self._process is not None

    def add(self, name: str, formula: str) -> None:
        """Put a formula through the gate and keep it under a name; one at a time. Ends in `judged`."""
        if self.busy:
            return
        try:
            self._name = checked_name(name)
        except PlaygroundError as error:
            self.judged.emit(name, False, say(str(error)))
            return
        self._process = tied_process(self)
        self._process.finished.connect(self._done)
        self._process.errorOccurred.connect(self._broken)
        self._process.start(sys.executable, ["-m", "playground.ui.gate_process", self._name, formula])

    def remove(self, name: str) -> None:
        """Take one out of the palette."""
        remove_own_layer(name)
        self.changed.emit()

    def save_block(self, project: Project, block: str) -> None:
        """Keep a block of a project for all others. Raises FileError."""
        save_personal(project, block)
        self.changed.emit()

    def remove_block(self, block: str) -> None:
        """Take a block out of the personal library."""
        remove_personal(block)
        self.changed.emit()

    def stop(self) -> None:
        """End a judgement that still runs; nothing is kept."""
        if self._process is not None:
            self._process.finished.disconnect(self._done)
            self._process.kill()
            self._process.waitForFinished(2000)
            self._end(False, say("Stopped. Nothing was kept."))

    def _done(self, code: int, _status: object) -> None:
        assert self._process is not None
        lines = bytes(self._process.readAllStandardOutput().data()).decode(errors="replace").splitlines()
        try:
            told = json.loads(lines[-1])
            good, text = bool(told["good"]), say(unpacked(told["text"]))
        except (IndexError, ValueError, KeyError, TypeError):
            good, text = False, say("The check ended with code {code} and gave no reason. Try again.", code=code)
        self._end(good, text)

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(False, say("The check could not be started. Free some memory and try again."))

    def _end(self, good: bool, text: str) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        if good:
            self.changed.emit()
        self.judged.emit(self._name, good, text)


@cache
def library() -> Library:
    """The only one."""
    return Library()
