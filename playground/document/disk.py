"""The few operations that saving needs, as one object, so that tests can make any of them fail."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

#: Bytes written or read at once.
CHUNK = 2**20


class Disk:
    """The real disk. Every method raises OSError when the system refuses."""

    def create(self, path: Path, mode: int) -> int:
        """A new file, opened for writing; the umask takes from its mode. Raises FileExistsError."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)

    def write(self, fd: int, data: memoryview) -> int:
        """How many bytes were taken, which may be fewer than were given."""
        return os.write(fd, data)

    def sync(self, fd: int) -> None:
        os.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def open(self, path: Path) -> int:
        """An existing file, opened for reading."""
        return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def read(self, fd: int) -> bytes:
        """The next bytes; none at the end."""
        return os.read(fd, CHUNK)

    def status(self, path: Path) -> os.stat_result | None:
        """None where there is nothing."""
        try:
            return os.stat(path)
        except FileNotFoundError:
            return None

    def take_after(self, path: Path, old: os.stat_result) -> None:
        """Give a file the mode of another and, where the system allows it, the owner."""
        new = os.stat(path)
        if hasattr(os, "chown") and (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            # Only root may give files away; without that the saver becomes the owner, as with any editor.
            with contextlib.suppress(PermissionError):
                os.chown(path, old.st_uid, old.st_gid)
        if stat.S_IMODE(os.stat(path).st_mode) != stat.S_IMODE(old.st_mode):
            os.chmod(path, stat.S_IMODE(old.st_mode))

    def replace(self, source: Path, target: Path) -> None:
        os.replace(source, target)

    def keep(self, source: Path, target: Path) -> None:
        """A second name for a file, or a copy where the file system has no such thing or is another one."""
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except OSError:
            shutil.copyfile(source, target)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Make a new name in a folder survive a power cut. Systems without it need nothing."""
        if os.name != "posix":
            return
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def free(self, folder: Path) -> int:
        """Bytes that this user may still write there."""
        return shutil.disk_usage(folder).free


DISK = Disk()
