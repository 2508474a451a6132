"""What was not saved survives a crash: a recovery file for every open document, written half a second after the first change.

Files lie in the user's own folder, never beside the project, and are read by the same strict loader. Beside each lies a lock
that says which process keeps it. A recovery file goes when its document is saved or closed, or when a person has chosen:

    for found in recoverable():
        loaded, autosaver = found.restore()     # or found.keep_saved(), or found.keep_both()
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playground.document import strict_json
from playground.document.disk import DISK, Disk
from playground.document.edits.history import Step
from playground.document.file import Loaded, load, save, to_bytes
from playground.document.processes import alive, host, started
from playground.document.project import Project, new_id
from playground.document.saver import save_atomically
from playground.document.undo_steps import StepsWriter
from playground.errors import BadValue, FileError
from playground.paths import user_data_dir
from playground.words import sentence

Steps = tuple[Step, ...]

DELAY_SECONDS = 0.5
RETRY_SECONDS = 10.0


def recovery_folder() -> Path:
    """Where recovery files lie; readable by the user alone."""
    return user_data_dir() / "recovery"


class Autosaver:
    """Keeps the recovery file of one open document. It owns no timer: ask `due_in` and call `write` then.

    `write` may run in another thread, one at a time: projects never change once they exist.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        id: str = "",
        folder: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        delay: float = DELAY_SECONDS,
        disk: Disk = DISK,
    ) -> None:
        self.folder = recovery_folder() if folder is None else folder
        self.id = id or new_id()
        self._path, self._clock, self._delay, self._disk = path, clock, delay, disk
        self._pending: tuple[Project, Steps, Steps] | None = None
        self._steps = StepsWriter()
        self._due: float | None = None
        self._locked = False
        self._state = threading.Lock()  # of what waits, and since when
        if path is not None:
            self.lock()

    @property
    def file(self) -> Path:
        return self.folder / f"{self.id}.play"

    @property
    def due_in(self) -> float | None:
        """Seconds until `write` is due, 0 when it is; None while there is nothing to write."""
        due = self._due
        return None if due is None else max(0.0, due - self._clock())

    def changed(self, project: Project, done: Steps = (), undone: Steps = ()) -> None:
        """The document is now this. Counted from the first change, so that steady editing does not put it off.

        done, undone: steps that undo takes back and redo does again, next ones first.
        """
        with self._state:
            self._pending = project, done, undone
            if self._due is None:
                self._due = self._clock() + self._delay

    def write(self) -> bool:
        """Write what changed; False where nothing did. Raises FileError, and is then due again a little later."""
        with self._state:
            pending, self._pending, self._due = self._pending, None, None
        if pending is None:
            return False
        try:
            if not self._locked or not self.folder.is_dir():
                self.lock()
            save_atomically(self.file, self._bytes_of(*pending), disk=self._disk)
        except BaseException:
            with self._state:
                self._pending = pending if self._pending is None else self._pending
                self._due = self._clock() + RETRY_SECONDS
            raise
        return True

    def _bytes_of(self, project: Project, done: Steps, undone: Steps) -> bytes:
        try:
            return to_bytes(project, history=self._steps.write(project, done, undone) if done or undone else None)
        except BadValue as error:
            raise FileError(sentence("The recovery file was not written: {error}", error=error)) from error

    def saved(self, path: Path) -> None:
        """The document lies in this file now, whole: the recovery file goes."""
        self._pending = self._due = None
        self._path = path
        self.lock()
        self._disk.remove(self.file)

    def close(self) -> None:
        """The document was closed, after saving or on a person's word: nothing stays."""
        self._pending = self._due = None
        self._locked = False
        self._disk.remove(self.file)
        self._disk.remove(_lock_of(self.file))

    def lock(self) -> None:
        """Say that this process keeps the document. Raises FileError."""
        lock = {"pid": os.getpid(), "started": started(os.getpid()), "host": host(), "path": str(self._path or "")}
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(
                sentence(
                    "Unsaved work cannot be kept in {folder}: {strerror}. Save often.",
                    folder=self.folder,
                    strerror=error.strerror or error,
                )
            ) from error
        save_atomically(_lock_of(self.file), strict_json.encode(lock), disk=self._disk)
        self._locked = True


@dataclasses.dataclass(frozen=True)
class Recovery:
    """A recovery file whose process is gone. path: the document's own file, None if it never had one.

    status: "unsaved" (no file of its own), "changed" (differs from it), "same" (equal to it), "damaged".
    written: seconds since 1970.  owner: the machine that keeps it, where that is another one.
    """

    id: str
    file: Path
    path: Path | None
    name: str
    written: float
    status: str
    owner: str = ""

    def restore(self) -> tuple[Loaded, Autosaver]:
        """The recovered document, with weights and runs of its own file and the history of its edits, and the autosaver that goes on
        keeping it.

        The recovery file stays until the document is saved or closed. Raises FileError.
        """
        loaded = load(self.file)
        autosaver = self._claimed()
        saved = _loaded(self.path)
        if saved is not None:
            loaded = dataclasses.replace(loaded, sets=saved.sets, runs=saved.runs, sha256=saved.sha256)
        return dataclasses.replace(loaded, path=self.path), autosaver

    def keep_saved(self) -> None:
        """A person does not want it: it goes."""
        self._claimed().close()

    def keep_both(self, target: Path | None = None) -> Path:
        """Write it beside the document's file, as "name (recovered).play", and give that path. Raises FileError."""
        loaded = load(self.file)
        autosaver = self._claimed()
        beside = self.path or Path.home() / f"{self.name}.play"
        target = target or _free(beside.with_name(f"{beside.stem} (recovered){beside.suffix or '.play'}"))
        saved = _loaded(self.path)
        save(loaded.project, target, saved.sets if saved else None, saved.runs if saved else None)
        autosaver.close()
        return target

    def _claimed(self) -> Autosaver:
        """The autosaver that owns the file from now on; of two windows that start at once, one gets it. Raises FileError."""
        claim = self.file.with_suffix(".claim")
        lock = _read_lock(self.file)
        if _kept_alive(lock):
            raise FileError(sentence("{name} was opened by another window meanwhile. Look there.", name=self.name))
        try:
            os.close(os.open(claim, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            if time.time() - claim.stat().st_mtime < RETRY_SECONDS:
                raise FileError(sentence("{name} is being recovered by another window. Look there.", name=self.name)) from None
        try:
            if _read_lock(self.file) != lock:
                raise FileError(sentence("{name} was opened by another window meanwhile. Look there.", name=self.name))
            autosaver = Autosaver(self.path, id=self.id, folder=self.file.parent)
            autosaver.lock()
            return autosaver
        finally:
            claim.unlink(missing_ok=True)


def recoverable(folder: Path | None = None) -> list[Recovery]:
    """Recovery files that no running process keeps, newest first. Nothing is deleted but locks without a file."""
    folder = recovery_folder() if folder is None else folder
    found = []
    for lock_file in folder.glob("*.json"):
        if not lock_file.with_suffix(".play").exists() and not _kept_alive(_read_lock(lock_file)):
            lock_file.unlink(missing_ok=True)
    for path in folder.glob("*.play"):
        lock = _read_lock(path)
        if not _kept_alive(lock):
            found.append(_recovery(path, lock))
    return sorted(found, key=lambda recovery: recovery.written, reverse=True)


def opened_elsewhere(path: Path, folder: Path | None = None) -> int | None:
    """The id of another running process that has this file open, or None."""
    folder = recovery_folder() if folder is None else folder
    for lock_file in folder.glob("*.json"):
        lock = _read_lock(lock_file)
        if (
            lock.get("path")
            and Path(lock["path"]).resolve() == path.resolve()
            and lock["pid"] != os.getpid()
            and _kept_alive(lock)
        ):
            return int(lock["pid"])
    return None


def _recovery(path: Path, lock: dict[str, Any]) -> Recovery:
    own = Path(lock["path"]) if lock.get("path") else None
    owner = lock.get("host", "")
    status, name = "unsaved", own.stem if own else "untitled"
    try:
        project = load(path).project
        name = project.name if own is None else name
        saved = _loaded(own)
        if saved is not None:
            status = "same" if saved.project == project else "changed"
    except FileError:
        status = "damaged"
    written = path.stat().st_mtime
    return Recovery(path.stem, path, own, name, written, status, "" if owner in ("", host()) else owner)


def _loaded(path: Path | None) -> Loaded | None:
    """None where there is no such file or it cannot be read: the recovered project then stands alone."""
    with contextlib.suppress(FileError):
        return load(path) if path is not None else None
    return None


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_lock(path: Path) -> dict[str, Any]:
    """The lock of a recovery file; empty where there is none or it is damaged, which frees the file."""
    try:
        lock = strict_json.decode(_lock_of(path).read_bytes()[:65_536])
    except (OSError, BadValue):
        return {}
    words = ("started", "host", "path")
    if (
        not isinstance(lock, dict)
        or not all(isinstance(lock.get(word), str) for word in words)
        or type(lock.get("pid")) is not int
    ):
        return {}
    return lock


def _kept_alive(lock: dict[str, Any]) -> bool:
    return bool(lock) and lock["host"] == host() and alive(lock["pid"], lock["started"])


def _free(path: Path) -> Path:
    number = 2
    found = path
    while found.exists():
        found = path.with_name(f"{path.stem} {number}{path.suffix}")
        number += 1
    return found
