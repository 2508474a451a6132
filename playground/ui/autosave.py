"""Keeps the recovery file: half a second after the first change, in a thread that keeps the time itself.

Neither does the disk ever stall the window, nor does a window that is busy put off what is to be written.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Signal

from playground.document.recovery import Autosaver
from playground.document.undo_steps import MOST_STEPS
from playground.errors import PlaygroundError
from playground.ui.next_steps import again
from playground.ui.revocable import Revocable
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
        self._at: float | None = None
        self._failed = Revocable(session)
        self._turn = threading.Condition()
        self._writing = self._over = False
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(500)
        self._timer.timeout.connect(self._tell_age)
        self._timer.start()
        self._written.connect(self._take)
        session.project_changed.connect(self._on_project)
        session.file_changed.connect(self._on_file)

    def adopt(self, saver: Autosaver) -> None:
        """Go on with the recovery file of a restored project."""
        with self._still():
            self.saver.close()
            self.saver = saver

    def _on_project(self) -> None:
        if self.session.history.dirty:
            self.saver.changed(self.session.project, *self.session.history.steps(MOST_STEPS))
            with self._turn:  # which is never held while something is written
                self._turn.notify_all()
            if self._thread is None or not self._thread.is_alive():  # a mistake in writing ends a thread, not all writing
                self._thread = threading.Thread(target=self._write_when_due, name="autosave", daemon=True)
                self._thread.start()

    def _on_file(self) -> None:
        """Saved, or another project."""
        with self._still():
            if self.session.path is not None and not self.session.history.dirty:
                try:
                    self.saver.saved(self.session.path)
                except PlaygroundError as error:
                    self.session.message.emit(str(error), "warning")
                    self.session.offered.emit(again(self._on_file))
            elif not self.session.history.dirty:
                self.saver.close()
                self.saver = Autosaver()
        self._at = None
        self.told.emit("")

    def _tell_age(self) -> None:
        if self._at is not None:
            self.told.emit(age_text(time.monotonic() - self._at))

    # The thread
    def _write_when_due(self) -> None:
        while True:
            with self._turn:
                while not self._over and self.saver.due_in != 0:
                    self._turn.wait(self.saver.due_in)
                if self._over:
                    return
                saver, self._writing = self.saver, True
            try:
                self._write(saver)
            finally:
                with self._turn:
                    self._writing = False
                    self._turn.notify_all()

    def _write(self, saver: Autosaver) -> None:
        try:
            saver.write()
        except PlaygroundError as error:
            self._written.emit(error)
        else:
            self._written.emit(None)

    @contextlib.contextmanager
    def _still(self) -> Iterator[None]:
        """While nothing is being written, and nothing begins to be."""
        with self._turn:
            self._turn.wait_for(lambda: not self._writing)
            yield

    # The window's thread
    def _take(self, error: PlaygroundError | None) -> None:
        if error is None:
            self._at = time.monotonic()
            self._failed.take_back()
        else:
            self._at = None  # what was written before is older than what stands here
            self.told.emit(say("Not autosaved"))
            self._failed.tell_revocably(sentence("The copy for recovery could not be written. {why}", why=str(error)), "warning")
            save_as = getattr(self.parent(), "save_as", None)
            if save_as is not None:  # another disk may have room, or may be written to
                self.session.offered.emit((sentence("Save as…"), save_as))

    def try_flush(self) -> bool:
        """Write what waits now, before something else can go wrong; whether everything is written."""
        with self._still():
            try:
                self.saver.write()
            except PlaygroundError as error:
                self._take(error)
                return False
        return True

    def close(self) -> None:
        """The project was closed with its owner's consent: nothing stays to recover."""
        self._timer.stop()
        with self._still():
            self._over = True
            self._turn.notify_all()
        if self._thread is not None:
            self._thread.join()
        self.saver.close()
