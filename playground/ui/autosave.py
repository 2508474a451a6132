"""Keeps the recovery file: a second after the first change, in a thread of its own, so that the disk never stalls the window."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, QTimer, Signal

from playground.document.recovery import Autosaver
from playground.errors import PlaygroundError
from playground.ui.session import Session
from playground.words import say, sentence


def age_text(seconds: float) -> str:
    """How long ago, without counting every second."""
    if seconds < 5:
        return say("Autosaved just now")
    return (
        say("Autosaved {seconds} s ago", seconds=f"{seconds // 5 * 5:.0f}")
        if seconds < 60
        else say("Autosaved {seconds} m ago", seconds=f"{seconds // 60:.0f}")
    )


class Autosave(QObject):
    """told(text): "Autosaved 2 s ago", or why not."""

    told = Signal(str)
    _written = Signal(object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self.saver = Autosaver(session.path)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="autosave")
        self._busy: Future[None] | None = None
        self._at: float | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(500)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._written.connect(self._take)
        session.project_changed.connect(self._on_project)
        session.file_changed.connect(self._on_file)

    def adopt(self, saver: Autosaver) -> None:
        """Go on with the recovery file of a restored project."""
        self._wait()
        self.saver.close()
        self.saver = saver

    def _on_project(self) -> None:
        if self.session.history.dirty:
            self.saver.changed(self.session.project)

    def _on_file(self) -> None:
        """Saved, or another project."""
        self._wait()
        if self.session.path is not None and not self.session.history.dirty:
            try:
                self.saver.saved(self.session.path)
            except PlaygroundError as error:
                self.session.message.emit(str(error), "warning")
        elif not self.session.history.dirty:
            self.saver.close()
            self.saver = Autosaver()
        self._at = None
        self.told.emit("")

    def _look(self) -> None:
        if self.saver.due_in == 0 and (self._busy is None or self._busy.done()):
            self._busy = self._pool.submit(self._write, self.saver)
        if self._at is not None:
            age = time.monotonic() - self._at
            self.told.emit(age_text(age))

    def _write(self, saver: Autosaver) -> None:
        try:
            saver.write()
        except PlaygroundError as error:
            self._written.emit(error)
        else:
            self._written.emit(None)

    def _take(self, error: PlaygroundError | None) -> None:
        if error is None:
            self._at = time.monotonic()
        else:
            self.told.emit(say("Not autosaved"))
            self.session.message.emit(str(error), "warning")
            save_as = getattr(self.parent(), "save_as", None)
            if save_as is not None:  # another disk may have room, or may be written to
                self.session.offered.emit((sentence("Save as…"), save_as))

    def _wait(self) -> None:
        if self._busy is not None:
            self._busy.result()

    def try_flush(self) -> bool:
        """Write what waits now, before something else can go wrong; whether everything is written."""
        self._wait()
        try:
            self.saver.write()
        except PlaygroundError as error:
            self._take(error)
            return False
        return True

    def close(self) -> None:
        """The project was closed with its owner's consent: nothing stays to recover."""
        self._timer.stop()
        self._pool.shutdown(wait=True)
        self.saver.close()
