"""Writing a file so that at every moment the old one or the new one is there, whole.

Temporary file in the same folder, every write checked, flushed to the disk, read again and compared, the old one kept as a
backup, renamed over the old one, the folder flushed. Whatever fails, the old file is untouched and the text says why.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import io
import os
import re
import secrets
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

from playground.document import backup_files
from playground.document.disk import CHUNK, DISK, Disk
from playground.document.processes import alive, host
from playground.errors import FileError, PlaygroundError
from playground.words import sentence

Write = Callable[[BinaryIO], object]


@dataclasses.dataclass(frozen=True)
class Saved:
    """What was written. notes: sentences about what did not work and cost nothing, such as the backup."""

    path: Path
    size: int
    sha256: str
    backup: Path | None = None
    notes: tuple[str, ...] = ()


class _Stream(io.RawIOBase):
    """Writes to a file descriptor, all of what it is given, and hashes it. It cannot seek: what is hashed is what is there."""

    def __init__(self, disk: Disk, fd: int) -> None:
        self.disk, self.fd, self.size, self.hash = disk, fd, 0, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        at = 0
        while at < len(view):
            taken = self.disk.write(self.fd, view[at : at + CHUNK])
            if taken <= 0:
                raise OSError(errno.EIO, "the disk took no more bytes")
            self.hash.update(view[at : at + taken])
            at += taken
        self.size += at
        return at


def save_atomically(
    path: Path | str,
    write: Write | bytes,
    *,
    backups: Path | bool = False,
    expect_sha256: str | None = None,
    disk: Disk = DISK,
) -> Saved:
    """Write a file. Raises FileError with a sentence; the file that was there is then unchanged.

    write: the bytes, or a function that writes them to a binary stream that cannot seek.
    backups: the folder in which the old file is kept, the oldest of them going first; True is the user's own.
    expect_sha256: what the file there must hold, when another program may have changed it meanwhile.
    """
    path = Path(path)
    target, old = _target(path, disk)
    if expect_sha256 is not None and old is not None and _hash_of(target, disk) != expect_sha256:
        raise FileError(
            sentence(
                "{path} was changed by another program since it was opened. Save under another name, or open it again.", path=path
            )
        )
    remove_leftovers(target.parent, disk)
    needed = len(write) if isinstance(write, bytes) else 0
    temporary = target.parent / f".playground-{_host_mark()}-{os.getpid()}-{secrets.token_hex(6)}.tmp"
    try:
        if needed > disk.free(target.parent):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        size, sha256 = _write_whole(temporary, write, disk, 0o666 if old is None else stat.S_IMODE(old.st_mode))
        needed = max(needed, size)
        if old is not None:
            disk.take_after(temporary, old)
        if _hash_of(temporary, disk) != sha256:
            raise OSError(errno.EIO, "what was read again differs from what was written")
        backup, notes = backup_files.keep(target, backups, disk) if backups is not False and old is not None else (None, ())
        disk.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):  # the first error is the one to tell; what is left goes with the next save
            disk.remove(temporary)
        if isinstance(error, OSError) and not isinstance(error, PlaygroundError):
            raise _refusal(path, error, needed, disk) from error
        raise
    try:
        disk.sync_folder(target.parent)
    except OSError as error:
        text = sentence(
            "{path} was written, but the disk did not confirm it: {strerror}. Save again, or save elsewhere.",
            path=path,
            strerror=error.strerror or error,
        )
        raise FileError(text) from error
    return Saved(path=path, size=size, sha256=sha256, backup=backup, notes=notes)


def _target(path: Path, disk: Disk) -> tuple[Path, os.stat_result | None]:
    """The file that a path or a symbolic link means, and what is there. Raises FileError where nothing can be written."""
    try:
        target = path.resolve()
        old = disk.status(target)
        folder = disk.status(target.parent)
    except (OSError, ValueError, RuntimeError) as error:
        raise FileError(
            sentence(
                "{path} cannot be written: {getattr}. Choose another place.",
                path=path,
                getattr=getattr(error, "strerror", None) or error,
            )
        ) from error
    if folder is None:
        raise FileError(sentence("{path} cannot be written: its folder is not there. Choose another place.", path=path))
    if old is not None and not os.path.isfile(target):
        raise FileError(sentence("{path} cannot be written: it is not a file. Choose another name.", path=path))
    if old is not None and not os.access(target, os.W_OK):
        raise FileError(sentence("{path} is read-only. Choose another name, or allow writing to it.", path=path))
    return target, old


def _write_whole(temporary: Path, write: Write | bytes, disk: Disk, mode: int) -> tuple[int, str]:
    """Size and SHA-256 of what was written and flushed."""
    fd = disk.create(temporary, mode)
    try:
        stream = _Stream(disk, fd)
        if isinstance(write, bytes):
            stream.write(write)
        else:
            write(cast(BinaryIO, stream))
        disk.sync(fd)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.close(fd)
        raise
    disk.close(fd)
    return stream.size, stream.hash.hexdigest()


def _hash_of(file: Path, disk: Disk) -> str:
    found = hashlib.sha256()
    fd = disk.open(file)
    try:
        while data := disk.read(fd):
            found.update(data)
    finally:
        disk.close(fd)
    return found.hexdigest()


def _refusal(path: Path, error: OSError, needed: int, disk: Disk) -> FileError:
    unchanged = sentence("The file there is unchanged.") if os.path.lexists(path) else sentence("Nothing was written.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        try:
            free = sentence("{megabytes} are free", megabytes=megabytes(disk.free(path.resolve().parent)))
        except OSError:
            free = sentence("no more is free")
        need = (
            sentence("It needs {megabytes} and {free}", megabytes=megabytes(needed), free=free)
            if needed
            else sentence("No more is free")
        )
        return FileError(
            sentence(
                "{path} was not saved: the disk is full. {need}. {unchanged} Free some space or save elsewhere.",
                path=path,
                need=need,
                unchanged=unchanged,
            )
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return FileError(
            sentence(
                "{path} was not saved: its folder may not be written to. {unchanged} Choose another place.",
                path=path,
                unchanged=unchanged,
            )
        )
    return FileError(
        sentence(
            "{path} was not saved: {strerror}. {unchanged} Save again, or save elsewhere.",
            path=path,
            strerror=error.strerror or error,
            unchanged=unchanged,
        )
    )


def megabytes(count: int) -> str:
    """A size as a person reads it."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


_LEFTOVER = re.compile(r"\.playground-([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.tmp")
_FORGOTTEN_SECONDS = 86_400


def remove_leftovers(folder: Path, disk: Disk = DISK) -> None:
    """Delete temporary files of saves whose process has died; those of other machines after a day."""
    try:
        names = [(name, match) for name in os.listdir(folder) if (match := _LEFTOVER.fullmatch(name))]
    except OSError:
        return  # a folder that may be written to but not listed
    for name, match in names:
        ours = match[1] == _host_mark()
        with contextlib.suppress(OSError):  # somebody else's or gone by now: nothing of ours is lost
            if (ours and not alive(int(match[2]), "")) or time.time() - os.stat(folder / name).st_mtime > _FORGOTTEN_SECONDS:
                disk.remove(folder / name)


def _host_mark() -> str:
    return hashlib.sha256(host().encode()).hexdigest()[:8]
