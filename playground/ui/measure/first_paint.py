"""The program itself, until its window is painted and its event loop idle: `python -m playground.ui.measure.first_paint [FILE]`.

Prints when that was, by the system's monotonic clock, and ends.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

#: Turns of the event loop without anything to do, each shorter than this, that count as idle.
IDLE_TURNS, SHORT = 5, 0.004
GIVE_UP = 20.0


class Watch(QObject):
    """Waits for the main window's first paint, then for idle turns, then quits."""

    def __init__(self, with_file: bool) -> None:
        super().__init__()
        self.with_file = with_file
        self.painted = 0.0
        self.begun = self.last = time.monotonic()
        self.turns = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._stands():
            QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
            QTimer.singleShot(0, self, self._turn)
        return False

    def _stands(self) -> bool:
        return any(isinstance(w, QMainWindow) and w.isVisible() for w in QApplication.topLevelWidgets())

    def _turn(self) -> None:
        now = time.monotonic()
        self.painted = self.painted or now
        self.turns = self.turns + 1 if now - self.last < SHORT and self._loaded() else 0
        self.last = now
        if self.turns >= IDLE_TURNS or now - self.begun > GIVE_UP:
            print(json.dumps({"painted": self.painted, "idle": now}), flush=True)
            QApplication.exit(0 if self.turns >= IDLE_TURNS else 1)
        else:
            QTimer.singleShot(0, self, self._turn)

    def _loaded(self) -> bool:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow)]
        return not self.with_file or all(w.session.project.network.nodes for w in windows)  # type: ignore[attr-defined]


def main() -> None:
    from playground import cli
    from playground.__main__ import open_window

    def watched(file: Path | None) -> int:
        from playground.ui.app import make_application

        app, watch = make_application(), Watch(file is not None)
        app.installEventFilter(watch)
        return open_window(file)

    sys.exit(cli.main(window=watched))


if __name__ == "__main__":
    main()
