"""The window's hand on the training worker: one client, woken by its messages, and the one timer of all live drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal

from playground.core.samples import Samples
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.training.client import Client

TICK_MS = 33
LIVE = ("starting", "running")


class RunControl(QObject):
    """Owns the client. changed: any event of the run. ticked: 30 Hz while it goes on, and once after. told(text, level).

    heard(event): every message of the worker, as it came.
    """

    changed = Signal()
    ticked = Signal()
    told = Signal(str, str)
    heard = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.client = Client()
        self._notifier: QSocketNotifier | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def state(self) -> str:
        """"idle", "starting", "running", "paused", "finished", "failed" or "dead"."""
        return self.client.state

    @property
    def active(self) -> bool:
        """Whether there is a run that commands can reach."""
        return self.state in ("starting", "running", "paused")

    def start(self, project: Project, samples: Samples, folder: Path) -> None:
        """Begin a new run."""
        self._ask("start", project, samples, folder)

    def command(self, name: str, **options: Any) -> None:
        """Send "pause", "resume", "stop", "reset", "step_batch", "step_epoch" or "find_rate"."""
        self._ask(name, **options)

    def set_knob(self, name: str, value: float) -> None:
        """Change a number of the run at its next step; without a run there is nothing to change."""
        if self.active:
            self._ask("set_knob", name, value)

    def weights(self) -> dict[str, np.ndarray] | None:
        """Copies of the trained weights, or None before any run."""
        return self.client.parameters() if self.state != "idle" else None

    def close(self) -> None:
        """End the worker."""
        self._timer.stop()
        self._listen(None)
        self.client.close()

    def _ask(self, name: str, *arguments: Any, **options: Any) -> None:
        try:
            getattr(self.client, name)(*arguments, **options)
        except PlaygroundError as error:
            self.told.emit(str(error), "error")
        self._attend()
        self.changed.emit()

    def _attend(self) -> None:
        """Listen to the worker's messages, and let the timer run only while there is something to draw."""
        descriptor = self.client.fileno()
        self._listen(descriptor)
        if self.state in LIVE:
            self._timer.start()

    def _listen(self, descriptor: int | None) -> None:
        if self._notifier is not None:
            if descriptor is not None and self._notifier.socket() == descriptor:
                return
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._notifier = None
        if descriptor is not None and descriptor >= 0:
            self._notifier = QSocketNotifier(descriptor, QSocketNotifier.Type.Read, self)
            self._notifier.activated.connect(self._drain)

    def _drain(self) -> None:
        events = self.client.poll(budget_ms=4)
        for event in events:
            self.heard.emit(event)
        if events:
            self._attend()
            self.changed.emit()

    def _tick(self) -> None:
        self.ticked.emit()
        if self.state not in LIVE:
            self._timer.stop()
