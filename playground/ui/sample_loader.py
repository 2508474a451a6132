"""Reads the data source's samples beside the event loop, so that a large file never stalls the window."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from playground.core import fields
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.errors import PlaygroundError
from playground.words import sentence

KEPT = 4  # data sources whose samples stay in memory, so that undo and switching back are instant


class SampleLoader(QObject):
    """Loads one data source at a time; a newer wish replaces an older one.

    loaded(samples or None, error text): emitted in the window's thread; at once when the samples are still in memory.
    """

    # What went wrong is an object, so that it stays a sentence that can be said in the language of the window.
    loaded = Signal(object, object)
    _read = Signal(object, object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="samples")
        self._kept: OrderedDict[tuple[Dataset, Path], Samples] = OrderedDict()
        self._wanted: tuple[Dataset, Path] | None = None
        self._closed = False
        self._read.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether the wanted samples are still being read."""
        return self._wanted is not None and self._wanted not in self._kept

    def want(self, spec: object, folder: Path) -> None:
        """Ask for a data source's samples; anything that is not a data source means none.

        Of one that reads no files the folder says nothing: its samples are the same wherever the project lies.
        """
        key = (spec, folder if _reads_files(spec) else Path()) if isinstance(spec, Dataset) else None
        if key == self._wanted:
            return
        self._wanted = key
        if key is None:
            self.loaded.emit(None, "")
        elif key in self._kept:
            self._kept.move_to_end(key)
            self.loaded.emit(self._kept[key], "")
        elif not self._closed:
            self._pool.submit(self._work, *key)

    def again(self) -> None:
        """Read the wanted source anew, after its file changed on disk."""
        key, self._wanted = self._wanted, None
        if key is not None:
            self._kept.pop(key, None)
            self.want(*key)

    def close(self) -> None:
        """Wait for a reading in progress and end the thread."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, spec: Dataset, folder: Path) -> None:
        samples, error = None, ""
        try:
            samples = spec.load(folder)
        except PlaygroundError as refused:
            error = str(refused)
        except (OSError, ValueError, MemoryError) as refused:
            error = sentence(
                "{spec} cannot be read: {refused}. Check its file and settings.", spec=sentence(spec.title), refused=refused
            )
        if isValid(self):
            with contextlib.suppress(RuntimeError):  # the window may go away between the check and the call
                self._read.emit(spec, folder, samples, error)

    def _take(self, spec: Dataset, folder: Path, samples: Samples | None, error: str) -> None:
        key = (spec, folder)
        if samples is not None:
            self._kept[key] = samples
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        if key == self._wanted:
            self.loaded.emit(samples, error)


def _reads_files(spec: Dataset) -> bool:
    return any(isinstance(field, fields.Path) for field in fields.fields_of(spec).values())
