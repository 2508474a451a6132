"""Exports in a process of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from playground.document.project import Project
from playground.engine.optimizer_state import OptimizerState
from playground.formats.optimizer_state import ABOUT, arrays_of, description_of
from playground.ui.dialogs.aside import Aside, Ended
from playground.words import say


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an export came to. certificate: the "exported" event of the command line, None when it was refused with `text`."""

    path: Path
    certificate: Mapping[str, Any] | None = None
    text: str = ""


class Exporter(QObject):
    """One export at a time. finished(Outcome)."""

    finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._aside = Aside("playground.ui.dialogs.export_process", self)
        self._aside.ended.connect(self._done)
        #: Of the export that goes on, or of the last one.
        self.path, self.format = Path(), ""

    @property
    def busy(self) -> bool:
        return self._aside.busy

    def export(
        self,
        project: Project,
        weights: Mapping[str, np.ndarray],
        folder: Path,
        to: Path,
        format: str,
        optimizer: OptimizerState | None = None,
    ) -> None:
        """Write the project aside and let the command line export it. Ends in `finished`. optimizer: goes into the file too."""

        def words(source: Path) -> list[str]:
            return [str(source), str(to), "--format", format, "--json", *(_state_beside(source, optimizer) if optimizer else [])]

        if not self.busy:
            self.path, self.format = to, format
            self._aside.start(project, weights, folder, words)

    def cancel(self) -> None:
        """End a running export; nothing is written, since a file is put in place only when it is whole."""
        self._aside.cancel(say("Stopped. Nothing was written."))

    def _done(self, ended: Ended) -> None:
        self.finished.emit(outcome_of(self.path, ended))


def _state_beside(source: Path, state: OptimizerState) -> list[str]:
    """Write the optimizer's state beside the project's copy; the words that name it."""
    from playground.formats.safetensors_file import pack

    path = source.with_name("optimizer.safetensors")
    path.write_bytes(pack(arrays_of(state), {ABOUT: description_of(state)}))
    return ["--optimizer-from", str(path)]


def outcome_of(path: Path, ended: Ended) -> Outcome:
    """What the events of `playground export --json` say."""
    done = [event for event in ended.events if event.get("event") == "exported"]
    if ended.code == 0 and done:
        return Outcome(path=path, certificate=done[-1])
    return Outcome(path=path, text=ended.reason(say("export")))
