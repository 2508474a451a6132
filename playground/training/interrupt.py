"""Cutting a burst of steps short when somebody wants something."""

from __future__ import annotations

import threading

from playground.engine.machine import Machine


class Interrupt:
    """Halts the machine after its present step, from another thread, but only while it trains.

    Entered around training steps alone: an evaluation that was cut short would give a wrong loss.
    """

    def __init__(self) -> None:
        self.machine: Machine | None = None
        self._lock = threading.Lock()
        self._training = False
        self._wanted = False

    def __enter__(self) -> None:
        with self._lock:
            self._training = True
            if self._wanted and self.machine is not None:
                self.machine.halt()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._training = False
            if self.machine is not None:
                self.machine.halt(False)

    def call(self) -> None:
        """Something waits: end the present burst, and keep bursts to one step until `clear`."""
        with self._lock:
            self._wanted = True
            if self._training and self.machine is not None:
                self.machine.halt()

    def clear(self) -> None:
        """What waits is about to be taken."""
        with self._lock:
            self._wanted = False
