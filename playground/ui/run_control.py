"""The window's hand on the training worker: one client, woken by its messages, and the one timer of all live drawing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal

from playground.core.samples import Samples
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.lowering.folding import names
from playground.training.client import Client
from playground.training.messages import (
    Compiling,
    Died,
    Done,
    EpochDone,
    Event,
    Failed,
    Fault,
    Grid,
    Progress,
    Saved,
    Silent,
    Started,
    Warned,
)
from playground.training.messages.tiles import Pictured
from playground.training.messages.travel import Stayed, Travelling
from playground.ui import settings
from playground.ui.canvas.plane import plane_of
from playground.ui.turns import CORES

#: Milliseconds between two ticks, and where the run wants every core.
TICK_MS, CROWDED_MS = 33, 100
POLL_MS = 4
SURFACE = 96
LIVE = ("starting", "running")
#: News that come many times a second while a run goes on; the next tick shows them.
NEWS = (Compiling, Done, EpochDone, Grid, Pictured, Progress, Saved, Travelling)


def names_of(project: Project) -> dict[str, str]:
    """Node id -> name; of nodes in blocks "use/inner" -> "block1/inner"."""
    return names(project)


def checkpoints_every() -> int:
    """Epochs between checkpoints that are kept; 0 for none."""
    word = settings.word("checkpoint_every", "0")
    return int(word) if word.isdecimal() and len(word) <= 9 else 0


class RunControl(QObject):
    """Owns the client.

    changed: the run's state, or its figures while no tick shows them. heard(event): every event. ticked: 30 Hz while it goes on,
    and once after; who draws then takes turns (`turns`).
    told(text, level): what a person should know.
    number: counts the runs.  project: that the present run began with.  names: node id -> name, as the present run knows them.
    """

    changed = Signal()
    heard = Signal(object)
    ticked = Signal()
    told = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.client = Client()
        self.speed = 0.0
        self.number = 0
        self.project: Project | None = None
        self.names: dict[str, str] = {}
        #: What the next run goes on from.
        self.checkpoint: Path | None = None
        self._then: Callable[[], None] | None = None
        self._closed = False
        self._notifier = self._listening()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def _listening(self) -> QSocketNotifier:
        made = QSocketNotifier(self.client.fileno(), QSocketNotifier.Type.Read, self)
        made.activated.connect(self._drain)
        return made

    @property
    def state(self) -> str:
        """ "idle", "starting", "running", "paused", "finished", "failed" or "dead"."""
        return self.client.state

    @property
    def going(self) -> bool:
        """Whether numbers may change by themselves."""
        return self.state in LIVE

    @property
    def crowded(self) -> bool:
        """Whether the run can use every core there is, so that a step waits for whatever the window does.

        Not whether it does so now: a window that draws much would make fewer threads look better, and then be free to draw much.
        """
        return self.client.started is None or self.client.started.chains >= CORES

    def start(self, project: Project, samples: Samples, folder: Path | None, then: Callable[[], None] | None = None) -> None:
        """Begin a new run. then: what to do once it is set up, instead of training."""
        self._then = then
        self.number += 1
        self.project = project
        self.names = names_of(project)
        resume, self.checkpoint = self.checkpoint, None
        self.ask(lambda: self.client.start(project, samples, folder, resume, every=checkpoints_every(), paused=then is not None))
        if samples.shape == (2,):
            self.client.predict_grid(*plane_of(samples), SURFACE)

    def ask(self, command: Callable[[], None]) -> None:
        """Give the client a command; a refusal is told."""
        try:
            command()
        except PlaygroundError as error:
            self.told.emit(str(error), "error")
        self._drain()
        self.changed.emit()

    def weights(self) -> dict[str, np.ndarray] | None:
        """Copies of the trained weights and statistics, or None before the first step."""
        return self.client.export_weights() or None if self.client.step else None

    def warm(self) -> None:
        """Start a worker ahead of need, so that Train need not wait for one."""
        if self.state == "idle" and not self._closed:
            self.client.launch()

    def set_speed(self, steps_per_second: float) -> None:
        """Do at most so many steps a second, in this run and those to come; 0 is full speed. Changes no number."""
        self.speed = steps_per_second
        self.ask(lambda: self.client.set_speed(steps_per_second))

    def forget(self) -> None:
        """End the worker and its results, for another project."""
        self.close()
        self._closed = False
        self.client = Client()
        self.client.set_speed(self.speed)
        self._notifier = self._listening()
        self.changed.emit()

    def close(self) -> None:
        """End the worker; nothing may be asked afterwards."""
        self._closed = True
        self._timer.stop()
        self._then = None
        self._notifier.setEnabled(False)
        self._notifier.deleteLater()
        self.client.close()

    def _drain(self) -> None:
        events = self.client.poll(budget_ms=POLL_MS)
        for event in events:
            self._heed(event)
            self.heard.emit(event)
        self._notifier.setEnabled(self.state != "running")  # then the ticks listen: waking up for every message costs far more
        if self.going and not self._timer.isActive():
            self._timer.start()
        if any(not (self.going and isinstance(event, NEWS)) for event in events):
            self.changed.emit()

    def _heed(self, event: Event) -> None:
        if isinstance(event, Started) and self._then is not None:
            then, self._then = self._then, None
            then()
        elif isinstance(event, Fault):
            self._then = None  # the banner over the canvas says it
        elif isinstance(event, Failed | Died):
            self._then = None
            self.told.emit(event.text, "error")
        elif isinstance(event, Stayed):
            if event.text:
                self.told.emit(event.text, "warning")
        elif isinstance(event, Warned) or (isinstance(event, Silent) and event.seconds):
            self.told.emit(event.text, "warning")

    def _tick(self) -> None:
        self._drain()
        self.ticked.emit()
        if not self.going:
            self._timer.stop()
            return
        self._timer.setInterval(CROWDED_MS if self.crowded else TICK_MS)
