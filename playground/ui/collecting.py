"""Python's cycles are collected in the window's thread alone.

By itself Python collects in whatever thread happens to allocate, such as the one that writes the recovery file. What is collected may
be an item of the canvas or a widget, and Qt allows those to end only in the thread of the window: anything else ends it with a crash.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 200
#: Seconds between two collections of everything, which walk all that is not frozen.
WHOLE_EVERY_S = 10.0


class Collector(QObject):
    """Takes the place of Python's own timing, by the same counts, for as long as it lives or until `stop`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._limits = gc.get_threshold()
        self._whole_at = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self.destroyed.connect(lambda: gc.enable())
        gc.disable()
        self._timer.start()

    def look(self) -> None:
        """Collect the oldest generation that is due."""
        counts = gc.get_count()
        if counts[2] > self._limits[2] and time.monotonic() - self._whole_at > WHOLE_EVERY_S:
            self._whole_at = time.monotonic()
            gc.collect(2)
        elif counts[1] > self._limits[1]:
            gc.collect(1)
        elif counts[0] > self._limits[0]:
            gc.collect(0)

    def stop(self) -> None:
        """Python collects by itself again."""
        self._timer.stop()
        gc.enable()
