"""The project file: a zip of strict JSON, safetensors and a SHA-256 for every member.

    mimetype              first and stored, so that other programs know what it is
    project.json          network, plans, words
    weights.safetensors   if there are weights, stored; further sets of them in weights/, see `weight_sets`
    runs/NAME.json        records of runs
    history.json          steps of undo, only in recovery files
    manifest.json         SHA-256 and size of every other member

The same project gives the same bytes. A damaged member is named, and the others are still given.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from playground.document import strict_json, weight_sets
from playground.document.archive import LOCAL, MOST_BYTES, Archive, may_be_read, packed
from playground.document.backup_files import backups_of
from playground.document.disk import DISK, Disk
from playground.document.problems import Problem
from playground.document.project import Project
from playground.document.salvage import Salvage
from playground.document.saver import Saved, save_atomically
from playground.document.weight_sets import WeightSets
from playground.errors import BadValue, FileError
from playground.words import joined, sentence

MIMETYPE = b"application/x-neural-playground"
PROJECT, HISTORY, MANIFEST = "project.json", "history.json", "manifest.json"
MOST_UNKNOWN = 64 * 2**20
#: The first bytes of every project file.
_BEGIN = packed([("mimetype", MIMETYPE, False)])[: LOCAL.size + len("mimetype") + len(MIMETYPE)]
#: Of the checksum over the whole, at its very end.
_SEAL = re.compile(rb"sha256:[0-9a-f]{64}\Z")
_RUN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclasses.dataclass(frozen=True)
class Loaded:
    """What a file held. problems: what is damaged or unknown; `field` is the member or the place in project.json.

    sha256: of the whole file, to notice later that another program changed it.  history: steps of undo, for `undo_steps`.
    """

    project: Project
    sets: WeightSets = dataclasses.field(default_factory=WeightSets)
    runs: dict[str, Any] = dataclasses.field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    path: Path | None = None
    sha256: str = ""
    history: bytes | None = None

    @property
    def weights(self) -> dict[str, np.ndarray] | None:
        """Those that the project's plan evaluates with."""
        return self.sets.chosen(self.project.training.judges_averaged)


class BadProject(FileError):
    """A file that is not opened. problems: everything that is wrong with it; the text tells the first."""

    def __init__(self, text: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(text)
        self.problems = problems


def save(
    project: Project,
    path: Path | str,
    weights: WeightSets | Mapping[str, np.ndarray] | None = None,
    runs: Mapping[str, Any] | None = None,
    *,
    expect_sha256: str | None = None,
    disk: Disk = DISK,
) -> Saved:
    """Write a project file and keep the one before as a backup. Raises FileError; the file that was there is then unchanged."""
    path = Path(path)
    try:
        data = to_bytes(project, weights, runs)
    except BadValue as error:
        raise FileError(sentence("{path} was not saved: {error}", path=path, error=error)) from error
    return save_atomically(path, data, backups=True, expect_sha256=expect_sha256, disk=disk)


def load(path: Path | str) -> Loaded:
    """Read a project file. Raises FileError with a sentence that names the file and the place in it."""
    path = Path(path)
    try:
        if not path.is_file():
            raise FileError(
                sentence(
                    "{path} {why}. Choose another one.",
                    path=path,
                    why=sentence("is not a file") if path.exists() else sentence("is not there"),
                )
            )
        if path.stat().st_size > MOST_BYTES:
            raise FileError(sentence("{path} has more than 4 GB, which no project has. Choose another one.", path=path))
        data = path.read_bytes() if may_be_read(path, _BEGIN) else b""
    except FileError:
        raise
    except (OSError, ValueError) as error:
        raise FileError(
            sentence("{path} cannot be read: {getattr}.", path=path, getattr=getattr(error, "strerror", None) or error)
        ) from error
    try:
        return dataclasses.replace(from_bytes(data, path.name), path=path)
    except BadProject as error:
        try:
            earlier = backups_of(path)
        except OSError:  # a home that cannot be read takes nothing from what is wrong with the file
            earlier = []
        if not earlier:
            advice = sentence(" Choose another file.")
            room = len(str(error)) + len(advice) <= 300
            raise BadProject(joined((error, advice), "") if room else str(error), error.problems) from error
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(earlier[0].written))
        raise BadProject(
            sentence(
                "{error} The save before it, replaced on {when}, is in {path}.", error=error, when=when, path=earlier[0].path
            ),
            error.problems,
        ) from error


def to_bytes(
    project: Project,
    weights: WeightSets | Mapping[str, np.ndarray] | None = None,
    runs: Mapping[str, Any] | None = None,
    history: bytes | None = None,
) -> bytes:
    """A whole project file. Raises BadValue for what it cannot hold."""
    from playground.document.project_json import MEMBER, to_json

    core = strict_json.encode(to_json(project))
    _check_reads_back(core, project)
    members: dict[str, bytes] = {PROJECT: core}
    members |= weight_sets.to_members(WeightSets.of(weights), project.training.judges_averaged)
    for name in sorted(runs or {}):
        if not _RUN.fullmatch(name):
            raise BadValue(
                sentence(
                    "A run's name must be letters, digits, _, - and ., at most 100; {name} was given.", name=f"{name[:60]!r}"
                )
            )
        members[f"runs/{name}.json"] = strict_json.encode((runs or {})[name])
    if history is not None:
        members[HISTORY] = history
    for place, raw in project.unknown:
        if place.startswith(MEMBER) and place.removeprefix(MEMBER) not in members:
            members[place.removeprefix(MEMBER)] = base64.b64decode(raw)
    sums = {name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)} for name, content in members.items()}
    manifest = strict_json.encode({"members": sums, "version": 1})
    rows = [(name, content, name not in weight_sets.MEMBERS) for name, content in members.items()]
    return packed([("mimetype", MIMETYPE, False), *rows, (MANIFEST, manifest, True)])


def from_bytes(data: bytes, name: str = "The file") -> Loaded:
    """Read a whole project file. Raises FileError; its text begins with `name`."""
    try:
        reading = _Reading(_members(data))
    except BadValue as error:
        raise _bad(name, [("", str(error))]) from error
    if isinstance(reading.archive, Salvage):
        whole = ", ".join(member for member in reading.archive.entries if member not in ("mimetype", MANIFEST))
        reading.problems.insert(0, Problem(text=_salvaged(whole), field="", severity="warning"))
    try:
        project = reading.project()
    except (BadValue, FileError) as error:
        raise _bad(name, [(PROJECT, joined((PROJECT, error), ": "))]) from error
    if project is None:
        raise _bad(name, reading.faults)
    sets, runs, history = reading.weights(), reading.runs(), reading.history()
    project = dataclasses.replace(project, unknown=tuple(sorted((*project.unknown, *reading.unknown()))))
    reading.check_rest()
    sha256 = hashlib.sha256(data).hexdigest()
    return Loaded(project=project, sets=sets, runs=runs, problems=tuple(reading.problems), sha256=sha256, history=history)


def _members(data: bytes) -> Archive:
    """By the directory of the file; by the members' own headers where more of them are whole by those. Raises BadValue.

    Only a file that this program wrote is searched for them: one that another program packed means what its directory says.
    """
    ours = data.startswith(_BEGIN) or _SEAL.search(data, max(0, len(data) - 71)) is not None
    try:
        archive = Archive(data)
    except BadValue:
        rest = Salvage(data if ours else b"")
        if PROJECT in rest:
            return rest
        raise
    if ours and archive.sealed() is not True:
        rest = Salvage(data)
        if PROJECT in rest and _whole(rest) > _whole(archive):
            return rest
    return archive


def _whole(archive: Archive) -> tuple[int, int]:
    """How many members that a project with this manifest has can be read by their names, and how many by any: a name may be what is damaged."""
    found = {member for member in archive.entries if not archive.is_damaged(member)}
    sums: object = None
    if MANIFEST in found:
        try:
            sums = strict_json.decode(archive.read(MANIFEST, strict_json.MOST_BYTES))["members"]
        except (BadValue, KeyError, TypeError):
            sums = None  # what is wrong with it is told where it is read
    listed = set(sums) if isinstance(sums, dict) else set()
    return len(found & {"mimetype", MANIFEST, *listed}), len(found)


def _salvaged(members: str) -> str:
    return sentence(
        "The file is damaged or was cut short. What is whole of it was read: {members}. Save the project to mend the file.",
        members=members,
    )


def no_history(error: BadValue) -> str:
    """What is told of a history that is left out."""
    return sentence("Earlier edits cannot be undone, for their history is damaged: {error} The project is whole.", error=error)


class _Reading:
    """One pass over the members of an archive that collects what is wrong with them."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.problems: list[Problem] = []
        self.faults: list[tuple[str, str]] = []
        self.done: set[str] = {"mimetype", MANIFEST}
        self.sums = self._manifest()

    def remark(self, member: str, text: str) -> None:
        self.problems.append(Problem(text=text, field=member, severity="warning"))

    def read(self, member: str, most: int = strict_json.MOST_BYTES) -> bytes:
        """A member whose hash is right. Raises BadValue."""
        self.done.add(member)
        content = self.archive.read(member, most)
        said = self.sums.get(member)
        if said is not None and said != hashlib.sha256(content).hexdigest():
            raise BadValue(sentence("{member} is damaged: its content does not match the manifest.", member=member))
        return content

    def project(self) -> Project | None:
        """None where there are faults. Raises BadValue or FileError."""
        from playground.document.project_json import from_json

        if PROJECT not in self.archive:
            raise BadValue(sentence("it is missing, so this is a zip file but not a project."))
        project, found = from_json(strict_json.decode(self.read(PROJECT)))
        self.faults += found.faults
        for place, text in found.remarks:
            self.remark(place, text)
        return project

    def weights(self) -> WeightSets:
        """Every set that can be used; what is wrong with one takes nothing from the others."""
        found: dict[str, dict[str, np.ndarray]] = {}
        lost: list[tuple[str, BadValue]] = []
        for member in weight_sets.MEMBERS:
            if member not in self.archive:
                continue
            try:
                names, arrays, remarks = weight_sets.from_member(member, self.read(member, self.archive.entries[member].size))
                for other in found.values():
                    weight_sets.check_fits(arrays, other)
            except BadValue as error:
                lost.append((member, error))
                continue
            for text in remarks:
                self.remark(member, text)
            found |= {name: arrays for name in names if name not in found}
        for member, why in lost:
            self.remark(
                member,
                sentence("Some of the weights cannot be used: {error} The others are here.", error=why)
                if found
                else sentence(
                    "The weights cannot be used: {error} The network is here; train it again or open a backup.", error=why
                ),
            )
        return WeightSets(found)

    def runs(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for member in self.archive.entries:
            run = member.removeprefix("runs/").removesuffix(".json")
            if member == f"runs/{run}.json" and _RUN.fullmatch(run):
                try:
                    found[run] = strict_json.decode(self.read(member))
                except BadValue as error:
                    self.remark(member, sentence("The run {run} cannot be shown: {error}", run=run, error=error))
        return found

    def history(self) -> bytes | None:
        if HISTORY not in self.archive:
            return None
        try:
            return self.read(HISTORY)
        except BadValue as error:
            self.remark(HISTORY, no_history(error))
            return None

    def unknown(self) -> list[tuple[str, str]]:
        """Members that this version does not know, to be written back as they came."""
        from playground.document.project_json import MEMBER

        found, room = [], MOST_UNKNOWN
        for member in self.archive.entries:
            if member in self.done:
                continue
            if self.archive.entries[member].size > room:
                self.remark(
                    member,
                    sentence(
                        "{member} is unknown to this version and too large to carry along. Save under another name.",
                        member=member,
                    ),
                )
                self.done.add(member)
                continue
            try:
                content = self.read(member)
            except BadValue as error:
                self.remark(member, str(error))
                continue
            room -= len(content)
            found.append((MEMBER + member, base64.b64encode(content).decode("ascii")))
        return found

    def check_rest(self) -> None:
        """What concerns no member alone: the kind of file, lost and added members, the seal over everything."""
        for member in sorted(self.sums.keys() - self.archive.entries.keys()):
            self.remark(member, sentence("{member} is missing, though the manifest lists it.", member=member))
        for member in sorted(self.done - self.sums.keys() - {"mimetype", MANIFEST}):
            if self.sums and member in self.archive:
                self.remark(
                    member, sentence("{member} is not listed in the manifest: another program put it there.", member=member)
                )
        try:
            right = "mimetype" in self.archive and self.archive.read("mimetype", 100) == MIMETYPE
        except BadValue:
            right = False
        if not right:
            self.remark("mimetype", sentence("The mark of a project file is missing or damaged. Save the project to mend it."))
        sealed = self.archive.sealed()
        if sealed is None:
            self.remark("", sentence("Another program packed this file, so damage outside its members cannot be noticed."))
        elif not sealed and not self.problems:
            self.remark(
                "", sentence("The file is damaged between its members; all of them are intact. Save the project to mend it.")
            )

    def _manifest(self) -> dict[str, str]:
        """Member -> SHA-256."""
        try:
            if MANIFEST not in self.archive:
                raise BadValue(sentence("{manifest} is missing", manifest=MANIFEST))
            members = strict_json.decode(self.archive.read(MANIFEST, strict_json.MOST_BYTES))["members"]
            return {str(name): str(row["sha256"]) for name, row in members.items()}
        except (BadValue, KeyError, TypeError, AttributeError) as error:
            why = str(error)
            why = why if len(why) <= 80 else why[:80]  # a piece of a sentence is said in no other language
            self.remark(
                MANIFEST, sentence("The list of checksums cannot be read ({error}), so damage may go unnoticed.", error=why)
            )
            return {}


def _check_reads_back(core: bytes, project: Project) -> None:
    """Refuse to write what could not be opened again. Raises BadValue."""
    from playground.document.project_json import MEMBER, from_json

    again, found = from_json(strict_json.decode(core))
    if again is None:
        raise BadValue(found.faults[0][1])
    members = tuple(pair for pair in project.unknown if pair[0].startswith(MEMBER))
    same = dataclasses.replace(again, unknown=()) == dataclasses.replace(project, unknown=())
    for _, raw in members:
        try:
            base64.b64decode(raw, validate=True)
        except binascii.Error:
            same = False
    if not same:
        raise BadValue(sentence("the project would not come back as it is. Undo the last edit and save again."))


def _bad(name: str, faults: list[tuple[str, str]]) -> BadProject:
    more = sentence(" {faults_count} more of this kind.", faults_count=len(faults) - 1) if len(faults) > 1 else ""
    first = faults[0][1]
    room = 290 - len(more) - len(name[-80:])
    text = sentence(
        "{name} cannot be opened. {why}{more}",
        name=name[-80:],
        why=first if len(first) <= room else first[: room - 1] + "…",
        more=more,
    )
    return BadProject(text, tuple(Problem(text=sentence, field=place) for place, sentence in faults))
