"""What a session asks of the run: start, pause, stop, steps, searches and changes of numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playground.paths import user_data_dir
from playground.ui.session_core import SessionCore


class RunPart(SessionCore):
    """Commands to the run. They return at once; what became of them is told by the session's signals."""

    @property
    def run_folder(self) -> Path:
        """Where checkpoints and run records of this project go."""
        return user_data_dir() / "runs" / (self.path.stem if self.path else "untitled")

    def train(self) -> None:
        """Start a run, or go on with a paused one."""
        if self.run.state == "paused":
            self.resume()
        elif self.ready and not self.run.going:
            self._start(None)

    def pause(self) -> None:
        self.run.ask(self.client.pause)

    def resume(self) -> None:
        """Go on after a pause, a stop, a fault, or the death of the worker."""
        self.run.ask(self.client.resume)

    def stop(self) -> None:
        """End the run after the present step; its results stay."""
        self.run.ask(self.client.stop)

    def reset(self) -> None:
        """Back to the start weights and an empty curve."""
        self.run.ask(self.client.reset)

    def step_batch(self) -> None:
        """Train one batch, from the start if there is no run yet."""
        self._step(lambda: self.client.step_batch())

    def step_epoch(self) -> None:
        """Train to the end of the epoch, from the start if there is no run yet."""
        self._step(lambda: self.client.step_epoch())

    def find_rate(self, **options: Any) -> None:
        """Search for a learning rate from the present state, or from the start; it is told by `heard(FinderDone)`."""
        self._step(lambda: self.client.find_rate(**options))

    def set_knob(self, name: str, value: float) -> None:
        """Change a number of the run at its next step. The document does not change: ask for that with `do`."""
        self.run.ask(lambda: self.client.set_knob(name, value))

    @property
    def ready(self) -> bool:
        """Whether a run could start now."""
        return self.samples is not None and not self.inspection.errors

    def _start(self, then: Callable[[], None] | None) -> None:
        if self.samples is not None:
            self.run.start(self.project, self.samples, self.run_folder, then)

    def _step(self, command: Callable[[], None]) -> None:
        if self.run.state in ("idle", "finished", "failed"):
            if self.ready:
                self._start(command)
        else:
            self.run.ask(command)
