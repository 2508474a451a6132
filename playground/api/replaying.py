"""A run done again from its record, to see that the same comes out."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

from playground.api.project import Project
from playground.api.run import Compiling, Run, Watch
from playground.training import checkpoints, run_record
from playground.training.assembly import assemble
from playground.training.journal import Entry, Journal
from playground.training.replay import ReplayError
from playground.words import sentence


@dataclasses.dataclass(frozen=True)
class Replayed:
    """What came of doing a run again. expected: hash of its state as recorded.  notes: sentences on what else may matter."""

    run: Run
    expected: str
    notes: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """The same state, bit for bit."""
        return self.run.finished.state_sha256 == self.expected

    def __str__(self) -> str:
        steps = f"{self.run.finished.last_step:,} steps"
        if self.equal:
            return f"The same, bit for bit, after {steps}."
        return f"Not the same after {steps}: the state's hash is {self.run.finished.state_sha256}, {self.expected} was recorded."


def replay(
    path: str | Path, *, folder: str | Path | None = None, watch: Watch | None = None, compiling: Compiling | None = None
) -> Replayed:
    """Do a run again. path: its folder, or the record in it.  folder: what relative paths of its data are relative to; None: here.

    A run that was not finished is done up to its last checkpoint. Raises FileError, ReplayError where it cannot be done again.
    """
    found = run_record.read(Path(path))
    project = Project(found.project, folder=Path(folder) if folder is not None else None)
    samples = project.samples()
    now = run_record.fingerprint(found.project, samples, int(found.fingerprint.get("chains", 0)))
    for name, what in (("project_sha256", "project"), ("samples_sha256", "data")):
        if now[name] != found.fingerprint.get(name):
            raise ReplayError(
                sentence("The {what} is not what the run was made with. Look for the right file.", what=sentence(what))
            )
    entries, expected = found.journal, str((found.finished or {}).get("state_sha256", ""))
    if found.finished is None:
        entries = up_to_checkpoint(found)
    run = project.train(journal=entries, watch=watch, compiling=compiling)
    if found.finished is None:
        layout = assemble(run.project, project.samples()).plan.layout
        last = found.path.with_name(run_record.LAST)
        expected = hashlib.sha256(checkpoints.read(last, layout).state.tobytes()).hexdigest()
    return Replayed(run, expected, tuple(run_record.differences(found.fingerprint, now)))


def up_to_checkpoint(found: run_record.Found) -> tuple[Entry, ...]:
    """The journal of a run that was not over, to where its last checkpoint stands. Raises ReplayError where there is none."""
    memory = checkpoints.memory_of(found.path.with_name(run_record.LAST))
    if memory is None:
        raise ReplayError(sentence("The run in {folder} was not finished and left no checkpoint.", folder=found.path.parent))
    step = int(memory["last_step"])
    kept = Journal(entry for entry in found.journal if entry.step <= step)
    if not kept.entries or kept.entries[-1].kind != "end":
        kept.add("end", step, "stopped", step, step)
    return tuple(kept)
