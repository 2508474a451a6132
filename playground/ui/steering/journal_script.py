"""A run written down as a Python script that does it again and checks that the same comes out: the present one or one that is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from playground.core.samples import Samples
from playground.document import file
from playground.document.patch import differences
from playground.document.project import Project
from playground.document.saver import save_atomically
from playground.errors import FileError, PlaygroundError
from playground.formats.journal_script import Recipe, script
from playground.training import run_record
from playground.training.journal import Entry, Journal
from playground.training.journal_line import ended
from playground.training.run_record import project_sha256, samples_sha256
from playground.training.runs import Kept
from playground.ui.compare.choice import choice_of
from playground.ui.compare.restored import restored_of
from playground.ui.replacing import ask_save
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow
    from playground.ui.session import Session


def can_write(session: Session) -> bool:
    """Whether the run that the plots show, the present one or one brought back, has made steps."""
    brought = restored_of(session).run
    return brought.steps > 0 if brought is not None else session.run_root is not None and session.client.step > 0


def chosen_run(session: Session) -> Kept | None:
    """The run that is chosen in the table of runs, None unless it is a single one."""
    runs = choice_of(session).compared_runs()
    return runs[0] if len(runs) == 1 else None


def journal_script(session: Session) -> str:
    """The script of the present run, up to its last whole copy of the state. Raises PlaygroundError where there is none."""
    kept = session.client.state_copy()
    if session.run_root is None or kept is None:
        raise FileError(sentence("There is no run to write down yet. Train first."))
    root, samples = session.run_root
    memory, state = kept
    steps = int(memory["last_step"])
    journal = Journal(session.client.journal())
    while journal.entries and journal.entries[-1].kind in ("knob", "plan", "reinit") and journal.entries[-1].step > steps:
        journal.entries.pop()  # came after the copy
    if not journal.entries or journal.entries[-1].kind not in ("end", "fault"):
        journal.add("end", steps, "stopped", steps, steps)
    hashes = project_sha256(root), samples_sha256(samples), hashlib.sha256(state).hexdigest()
    return _script(session, root, journal, steps, hashes)


def kept_script(session: Session, run: Kept) -> str:
    """The script of a kept run, from its record: to its end, or to its last checkpoint where it has none. Raises PlaygroundError."""
    present = (session.run_folder, *session.run_copies)
    found = run_record.read(run.folder)
    if found.finished is None and run.folder in present and session.run_root is not None and session.client.step:
        return journal_script(session)
    _check_start(run, found)
    entries, end = found.journal, found.finished
    if end is not None:
        steps, state_sha256 = int(end["last_step"]), str(end["state_sha256"])
    else:
        entries, steps, state_sha256 = _to_checkpoint(session, run, found)
    known = found.fingerprint
    hashes = str(known.get("project_sha256")), str(known.get("samples_sha256")), state_sha256
    return _script(session, found.project, entries, steps, hashes)


def _check_start(run: Kept, found: run_record.Found) -> None:
    """Raises FileError for a run whose beginning is gone."""
    start = next((entry for entry in found.journal if entry.kind == "start" and entry.what == "checkpoint"), None)
    if start is not None and not Path(str(start.after)).is_file():
        raise FileError(
            sentence(
                "Run {number} began from {path}, which is gone, so it cannot be done again. Restore it and train it anew.",
                number=run.number,
                path=start.after,
            )
        )


def _to_checkpoint(session: Session, run: Kept, found: run_record.Found) -> tuple[tuple[Entry, ...], int, str]:
    """Journal, steps and hash of the state of a run that was left before its end. Raises PlaygroundError."""
    from playground.api import replaying
    from playground.training import checkpoints
    from playground.training.assembly import assemble

    last = run.folder / run_record.LAST
    if not last.is_file():
        raise FileError(
            sentence(
                "Run {number} was left before its end, without a checkpoint, so what must come out is not known. "
                "Restore it and train it anew.",
                number=run.number,
            )
        )
    entries = replaying.up_to_checkpoint(found)
    project = ended(found.project, entries)
    state = checkpoints.read(last, assemble(project, _samples_of(session, project)).plan.layout).state
    return entries, entries[-1].step, hashlib.sha256(state.tobytes()).hexdigest()


def _samples_of(session: Session, project: Project) -> Samples:
    """Those at hand where they are of the same data, else loaded. Raises DataError or FileError."""
    from playground.api.project import Project as Loading

    spec, present = (next((node.spec for node in one.network.of_kind("dataset")), None) for one in (project, session.project))
    if session.samples is not None and spec == present and not session.loading:
        return session.samples
    return Loading(project, folder=session.folder).samples()


def _script(session: Session, root: Project, journal: Iterable[Entry], steps: int, hashes: tuple[str, str, str]) -> str:
    """root: with which the run began.  hashes: of that project, of its samples, and of the state after so many steps."""
    path = session.path.resolve() if session.path is not None and session.path.is_file() else None
    return script(
        Recipe(
            project=root,
            path=path,
            settings=_settings(path, root) if path is not None else {},
            project_sha256=hashes[0],
            samples_sha256=hashes[1],
            journal=[(entry.step, entry.kind, entry.what, entry.before, entry.after) for entry in journal],
            steps=steps,
            state_sha256=hashes[2],
        )
    )


def _settings(path: Path, root: Project) -> dict[str, object]:
    """Where the file is otherwise than the run began."""
    return {one.path: one.after for one in differences(file.load(path).project, root)}


def export_script(window: MainWindow) -> None:
    """Ask for a file and write the script of the run that the plots show there."""
    brought = restored_of(window.session).run
    if brought is not None:
        export_kept(window, brought)
        return
    try:
        text = journal_script(window.session)
    except PlaygroundError as error:
        window.session.message.emit(str(error), "error")
        window.session.offered.emit((sentence("Train"), window.session.train))
        return
    _write(window, text, ".replay.py")


def export_chosen(window: MainWindow) -> None:
    """The same of the run that is chosen in the table of runs."""
    run = chosen_run(window.session)
    if run is not None:
        export_kept(window, run)


def export_kept(window: MainWindow, run: Kept) -> None:
    """The same of a kept run."""
    session = window.session
    try:
        text = kept_script(session, run)
    except PlaygroundError as error:
        session.message.emit(str(error), "error")
        session.offered.emit((sentence("Restore"), lambda: choice_of(session).restore(run)))
        return
    _write(window, text, f".run-{run.number}.replay.py")


def _write(window: MainWindow, text: str, ending: str) -> None:
    session = window.session
    proposed = (session.path or session.folder / "run").with_suffix(ending)
    path = ask_save(window, say("Export as script"), proposed, say("Python scripts") + " (*.py)", ".py")
    if path is None:
        return
    try:
        save_atomically(path, text.encode())
    except PlaygroundError as error:
        session.message.emit(str(error), "error")
        session.offered.emit((sentence("Choose another place"), lambda: _write(window, text, ending)))
        return
    session.message.emit(sentence("{file} does this run again.", file=path.name), "info")
