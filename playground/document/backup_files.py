"""Earlier saves of a file: the last ten, one a day before that, bounded in number and in bytes."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import time
from pathlib import Path

from playground.document.disk import Disk
from playground.paths import user_data_dir
from playground.words import sentence

LAST = 10
DAYS = 15
MOST_BYTES = 200_000_000

_NAME = re.compile(r"(\d{8})-\d{6}-\d{6}(\..*)?")


@dataclasses.dataclass(frozen=True)
class Backup:
    """One earlier save. written: seconds since 1970, when it was replaced."""

    path: Path
    size: int
    written: float


def backups_folder(file: Path) -> Path:
    """Where the earlier saves of a file lie: not beside it, so that sharing a folder does not share them."""
    mark = hashlib.sha256(str(file.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return user_data_dir() / "backups" / mark


def backups_of(file: Path, folder: Path | None = None) -> list[Backup]:
    """The earlier saves that there are, newest first."""
    folder = backups_folder(file) if folder is None else folder
    found = []
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                seen = entry.stat(follow_symlinks=False)
                found.append(Backup(Path(entry.path), seen.st_size, seen.st_ctime))
    return sorted(found, key=lambda backup: backup.path.name, reverse=True)


def keep(file: Path, folder: Path | bool, disk: Disk) -> tuple[Path | None, tuple[str, ...]]:
    """Keep the file under a new name and let the oldest go. A failure costs the backup only, and is told.

    folder: True is `backups_folder(file)`.
    """
    now = time.time()
    name = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now)) + f"-{int(now % 1 * 1e6):06d}{file.suffix}"
    try:
        folder = folder if isinstance(folder, Path) else backups_folder(file)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk.keep(file, folder / name)
        for old in _superfluous(backups_of(file, folder)):
            disk.remove(old.path)
    except OSError as error:
        return None, (
            sentence("The save before this one could not be kept as a backup: {strerror}.", strerror=error.strerror or error),
        )
    return folder / name, ()


def _superfluous(newest_first: list[Backup]) -> list[Backup]:
    """All but the last ten and the last of each of fifteen days, within the bytes allowed; the newest always stays."""
    days: set[str] = set()
    gone, total = [], 0
    for at, backup in enumerate(newest_first):
        day = backup.path.name[:8]
        wanted = at < LAST or (day not in days and len(days) < DAYS)
        if at >= LAST and wanted:
            days.add(day)
        if at and (not wanted or total + backup.size > MOST_BYTES):
            gone.append(backup)
        else:
            total += backup.size
    return gone
