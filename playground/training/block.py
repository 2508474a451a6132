"""Memory that two processes see at once and that outlives the death of either."""

from __future__ import annotations

import math
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.errors import PlaygroundError
from playground.words import sentence


class Block:
    """A nameless piece of shared memory, held by its descriptor and freed by the system with its last holder.

    There is no name, so nothing is left behind after any crash, and a small /dev/shm (containers) does not limit it. Pages cost
    nothing until they are written.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._map: mmap.mmap | None = None

    @classmethod
    def create(cls, nbytes: int = 0) -> Block:
        """A block of zeros. 0 bytes: the other side will say how many."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("playground", os.MFD_CLOEXEC)
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        block = cls(descriptor)
        if nbytes:
            block.resize(nbytes)
        return block

    @classmethod
    def on_disk(cls, folder: Path) -> Block | None:
        """A nameless file on the disk of a folder, which may be still to come; None where nothing can be written."""
        place = next((place for place in (folder, *folder.parents) if place.is_dir()), folder)
        try:
            with tempfile.TemporaryFile(dir=place, buffering=0) as file:
                return cls(os.dup(file.fileno()))
        except OSError:  # whoever asks can do without
            return None

    @classmethod
    def holding(cls, array: npt.NDArray[np.generic] | bytes) -> Block:
        """A block with a copy of an array's or a text's bytes."""
        source = np.frombuffer(array, np.uint8) if isinstance(array, bytes) else np.ascontiguousarray(array)
        block = cls.create(max(source.nbytes, 1))
        if source.nbytes:
            block.array(source.dtype, source.shape)[...] = source
        return block

    @property
    def nbytes(self) -> int:
        return os.fstat(self.descriptor).st_size

    def resize(self, nbytes: int) -> None:
        """Give the block its size, once, before it is first read."""
        try:
            os.ftruncate(self.descriptor, nbytes)
        except OSError as error:
            raise PlaygroundError(
                sentence(
                    "The system gives no {nbytes} bytes of shared memory: {strerror}.",
                    nbytes=f"{nbytes:,}",
                    strerror=error.strerror,
                )
            ) from error

    def buffer(self) -> memoryview:
        """All its bytes, writable."""
        if self._map is None:
            self._map = mmap.mmap(self.descriptor, self.nbytes)
        return memoryview(self._map)

    def array(self, dtype: npt.DTypeLike, shape: tuple[int, ...], offset: int = 0) -> npt.NDArray[np.generic]:
        """A writable view of some of its bytes."""
        return np.frombuffer(self.buffer(), dtype, math.prod(shape), offset).reshape(shape)

    def close(self) -> None:
        """Let go. Views that are still in use keep the memory."""
        self._map = None
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
