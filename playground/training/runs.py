"""The runs of a project that are kept: a folder for each, with its record and its checkpoints, and what a table of them shows.

    folder = new_folder(shelf)         # of the next run
    runs = kept(shelf)                 # newest first

A shelf is the folder of one project's runs. What a person says of a run, a note and a star, lies beside its record.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playground.core.fields import Real, fields_of
from playground.document import strict_json
from playground.document.project import Project
from playground.document.saver import save_atomically
from playground.errors import BadValue, FileError
from playground.paths import user_data_dir
from playground.training import run_record
from playground.training.journal_line import ended
from playground.training.messages import EpochRecord
from playground.training.messages.change import Entry
from playground.training.run_record import BEST, LAST
from playground.training.wire import record_of
from playground.words import sentence

#: What all runs together may take; the oldest without a star go first.
MOST_BYTES = 2 * 2**30
MOST_NOTE = 500
#: No run takes longer, and a calendar knows when it began.
MOST_SECONDS = 1e9
SAID = "said.json"
_NUMBER = re.compile(r"\d{4,}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kept:
    """A run on the shelf.

    number: counts the project's runs.  began: seconds since 1970.  project: with which it began.  epochs: their figures.
    state: "done", "stopped", "early", "fault", or "open" where it neither ended nor stopped.  steps: how far it ran.
    seconds: of training, None where it was not over.  sha256: of the state at its end, or "".
    star, note: of the person.  parent: number of the run that it forked from, 0 for none, and fork the step.
    """

    folder: Path
    number: int
    began: float
    project: Project
    epochs: tuple[EpochRecord, ...]
    state: str
    steps: int
    seconds: float | None
    sha256: str
    star: bool = False
    note: str = ""
    parent: int = 0
    fork: int = 0
    journal: tuple[Entry, ...] = dataclasses.field(default=(), repr=False)

    @functools.cached_property
    def ended(self) -> Project:
        """The project as the run has it at its end: its plan may have changed on the way."""
        return ended(self.project, self.journal)

    @property
    def last(self) -> EpochRecord | None:
        return self.epochs[-1] if self.epochs else None

    @property
    def weights(self) -> Path | None:
        """The checkpoint that holds the weights of its end, None where none was written."""
        return next((self.folder / name for name in (LAST, BEST) if (self.folder / name).is_file()), None)


def shelf_of(path: Path | None, name: str = "") -> Path:
    """Where the runs of a project lie. path: its file, None while it has none; then it goes by its name."""
    root = user_data_dir() / "runs"
    if path is None:
        return root / f"untitled-{re.sub(r'[^0-9A-Za-z]+', '-', name)[:40].strip('-') or 'project'}"
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]
    return root / f"{path.stem[:60]}-{place}"


def new_folder(shelf: Path, most: int = MOST_BYTES) -> Path:
    """An empty folder for the next run; older ones go where all together take more than `most` bytes. Raises FileError."""
    try:
        shelf.mkdir(parents=True, exist_ok=True)
        _thin(shelf.parent, most)
        first = max((int(folder.name) for folder in _folders(shelf)), default=0) + 1
        for number in itertools.count(first):
            folder = shelf / f"{number:04}"
            try:
                folder.mkdir()
            except FileExistsError:
                continue  # another window was quicker
            return folder
    except OSError as error:
        raise FileError(
            sentence(
                "Runs cannot be kept in {shelf}: {error}. Free some space, or allow writing there.", shelf=shelf, error=error
            )
        ) from error
    raise AssertionError("numbers do not end")


def kept(shelf: Path) -> list[Kept]:
    """All runs on a shelf whose record can be read, the newest first."""
    return [run for run, _ in reading(shelf) if run is not None]


def reading(shelf: Path) -> Iterator[tuple[Kept | None, bool]]:
    """Every folder of a shelf, the newest first: its run, None where its record cannot be read, and whether its file had to be opened.

    For whoever must not wait for hundreds of files.
    """
    for folder in sorted(_folders(shelf), key=lambda folder: -int(folder.name)):
        before = _cache.get(folder)
        run = _read(folder)
        yield run, run is None or before is None or before[1] is not run


def say_of(run: Kept, *, star: bool | None = None, note: str | None = None) -> Kept:
    """Keep a star or a note. Raises FileError."""
    said = dataclasses.replace(
        run, star=run.star if star is None else star, note=run.note if note is None else " ".join(note.split())[:MOST_NOTE]
    )
    save_atomically(run.folder / SAID, strict_json.encode({"star": said.star, "note": said.note}))
    return said


def delete(run: Kept) -> None:
    """Throw a run away. Raises FileError."""
    try:
        shutil.rmtree(run.folder)
    except OSError as error:
        raise FileError(sentence("Run {number} cannot be deleted: {error}.", number=run.number, error=error)) from error


def take_along(before: Path, now: Path, going: Path | None = None) -> Path | None:
    """Let a project that gets another place, as when it is saved for the first time, see its runs there too. Runs that are there stay,

    and only the one that goes on comes to them. Gives the folder where that one is seen; what it still writes goes there by `keep_also`.
    The files are linked, not copied, and every writer of ours replaces files whole, so a run that goes on disturbs nothing.
    going: folder of the present run. Raises FileError.
    """
    if before == now:
        return None
    there = bool(_folders(now))
    for folder in _folders(before):
        if folder != going and not there and (folder / run_record.NAME).is_file():
            shutil.copytree(folder, now / folder.name, copy_function=_link)
    if going is None or not going.is_dir():
        return None
    copy = new_folder(now) if there else now / going.name
    shutil.copytree(going, copy, copy_function=_link, dirs_exist_ok=True)
    return copy


def keep_also(file: Path, folder: Path) -> None:
    """See a file that a run has written in another folder too, in place of what it wrote before. Raises FileError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / f".{file.name}.new"
        made.unlink(missing_ok=True)
        _link(str(file), str(made))
        made.replace(folder / file.name)
    except OSError as error:
        raise FileError(
            sentence("{file} cannot be kept in {folder}: {error}.", file=file.name, folder=folder, error=error)
        ) from error


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def settings_of(project: Project) -> dict[str, Any]:
    """Every setting that numbers depend on, by its path: "optimizer.rate", "dense1.units", "data.seed"."""
    found: dict[str, Any] = {}
    for owner, record in (("", project.training), ("data", project.data)):
        _collect(found, owner, record)
    for node in project.network.nodes:
        if dataclasses.is_dataclass(node.spec):
            found[node.name] = getattr(node.spec, "title", node.spec.id)
            _collect(found, node.name, node.spec)
        for option, usual in (("frozen", False), ("rate_factor", 1.0), ("decay_factor", 1.0)):
            if getattr(node, option) != usual:
                found[f"{node.name}.{option}"] = getattr(node, option)
    names = {node.id: node.name for node in project.network.nodes}
    found["wires"] = ", ".join(sorted(f"{names.get(k.source)} → {names.get(k.target)}" for k in project.network.links))
    return found


def _collect(found: dict[str, Any], owner: str, record: Any) -> None:
    for name in fields_of(record):
        value, path = getattr(record, name), f"{owner}.{name}" if owner else name
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            found[path] = getattr(value, "title", "")
            _collect(found, path, value)
        else:
            found[path] = value


def what_differs(projects: list[Project]) -> list[tuple[str, list[Any]]]:
    """Settings that are not the same in all of some projects, with each one's value; None where a project has no such setting."""
    all_of = [settings_of(project) for project in projects]
    paths = dict.fromkeys(path for one in all_of for path in one)
    rows = [(path, [one.get(path) for one in all_of]) for path in paths]
    return [(path, values) for path, values in rows if any(value != values[0] for value in values[1:])]


def end_of(run: Kept) -> Project:
    """The project as a run had it at its end; where its journal cannot be followed, as at its beginning."""
    try:
        return run.ended
    except BadValue:
        return run.project


def rate_of(project: Project) -> float | None:
    """The optimizer's learning rate."""
    optimizer = project.training.optimizer
    return float(optimizer.rate) if isinstance(fields_of(optimizer).get("rate"), Real) else None  # type: ignore[attr-defined]


def _folders(shelf: Path) -> list[Path]:
    try:
        return [folder for folder in shelf.iterdir() if _NUMBER.fullmatch(folder.name) and folder.is_dir()]
    except OSError:
        return []


_cache: dict[Path, tuple[tuple[int, int, int], Kept]] = {}


def _read(folder: Path) -> Kept | None:
    """The run in a folder; None for one without a sound record. What did not change is not read again."""
    record = folder / run_record.NAME
    try:
        found, said = record.stat(), folder / SAID
        mark = (found.st_mtime_ns, found.st_size, said.stat().st_mtime_ns if said.exists() else 0)
        known = _cache.get(folder)
        if known is not None and known[0] == mark:
            return known[1]
        made = _made(folder, strict_json.decode(record.read_bytes()), found.st_mtime)
    except (OSError, BadValue, FileError, KeyError, TypeError, AttributeError, ValueError):
        return None
    _cache[folder] = (mark, made)
    return made


def _made(folder: Path, body: dict[str, Any], written: float) -> Kept:
    read = run_record.read(folder)
    epochs = tuple(record_of(EpochRecord, row) for row in body["epochs"])
    finished = read.finished
    seconds = float(finished["seconds"]) if finished is not None else None
    if seconds is not None and not 0 <= seconds <= MOST_SECONDS:
        raise BadValue(sentence("A run cannot have taken {seconds} s.", seconds=f"{seconds:g}"))
    fault = any(entry.kind == "fault" for entry in read.journal[-2:])
    state = str(finished["reason"]) if finished is not None else "fault" if fault else "open"
    star, note = _said(folder / SAID)
    return Kept(
        folder=folder,
        number=int(folder.name),
        began=written - (seconds or 0.0),
        project=read.project,
        epochs=epochs,
        state=state,
        steps=int(finished["last_step"]) if finished is not None else epochs[-1].step if epochs else 0,
        seconds=seconds,
        sha256=str(finished["state_sha256"]) if finished is not None else "",
        star=star,
        note=note,
        parent=int(read.parent[0]) if read.parent is not None and _NUMBER.fullmatch(read.parent[0]) else 0,
        fork=read.parent[1] if read.parent is not None else 0,
        journal=read.journal,
    )


def _said(path: Path) -> tuple[bool, str]:
    try:
        found = strict_json.decode(path.read_bytes())
    except (OSError, BadValue):
        return False, ""
    if not isinstance(found, dict):
        return False, ""
    return found.get("star") is True, str(found.get("note", ""))[:MOST_NOTE]


def _thin(root: Path, most: int) -> None:
    """Old runs away, until all take less than `most` bytes."""
    runs = [folder for shelf in root.iterdir() if shelf.is_dir() for folder in _folders(shelf)]
    sizes = {folder: sum(file.stat().st_size for file in folder.glob("*") if file.is_file()) for folder in runs}
    whole = sum(sizes.values())
    for folder in sorted(runs, key=lambda folder: folder.stat().st_mtime):
        if whole <= most:
            return
        if not _said(folder / SAID)[0]:
            shutil.rmtree(folder, ignore_errors=True)
            whole -= sizes[folder]
