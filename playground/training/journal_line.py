"""Which plan every step of a run was done with, read out of its journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from playground.document.patch import patched
from playground.document.project import Project
from playground.training.messages.change import Entry

#: The name under which a change of plan says that it brought other samples.
SAMPLES = "samples_sha256"


def line_of(entries: Iterable[Entry]) -> list[tuple[int, int]]:
    """(first step, serial) of the plans that a journal's run has had on the way to where it stands, the first first.

    A plan holds for the steps after its first one, up to the next plan's.
    """
    found = [(-1, 0)]
    for entry in entries:
        if entry.kind == "plan":
            found.append((entry.step, entry.serial))
        elif entry.kind in ("rewind", "fork"):
            found = [one for one in found if one[0] < int(entry.after)]
        elif entry.kind == "resume" and found[-1][0] > entry.step:  # the run went back to its best epoch
            serial = found[-1][1]
            found = [*(one for one in found if one[0] < entry.step), (entry.step, serial)]
    return found


def plan_at(entries: Iterable[Entry], step: int) -> int:
    """Serial number of the plan that a step was done with."""
    return next(serial for first, serial in reversed(line_of(entries)) if first < step or first < 0)


def ended(project: Project, entries: Sequence[Entry]) -> Project:
    """A run's project after the changes of its plan that hold where it stands. project: with which it began. Raises BadValue."""
    changes = {entry.serial: entry.after for entry in entries if entry.kind == "plan"}
    for _, serial in line_of(entries):
        if serial in changes:
            project = patched(project, {path: value for path, value in changes[serial].items() if path != SAMPLES})
    return project
