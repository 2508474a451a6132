"""A run written down as a Python script that does it again and checks that the same comes out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from playground.document import file
from playground.document.patch import differences
from playground.document.project import Project
from playground.document.saver import save_atomically
from playground.errors import FileError, PlaygroundError
from playground.formats.journal_script import Recipe, script
from playground.training.journal import Journal
from playground.training.run_record import project_sha256, samples_sha256
from playground.ui.replacing import ask_save
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow
    from playground.ui.session import Session


def can_write(session: Session) -> bool:
    """Whether there is a run that has made steps."""
    return session.run_root is not None and session.client.step > 0


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
    path = session.path.resolve() if session.path is not None and session.path.is_file() else None
    return script(
        Recipe(
            project=root,
            path=path,
            settings=_settings(path, root) if path is not None else {},
            project_sha256=project_sha256(root),
            samples_sha256=samples_sha256(samples),
            journal=[(entry.step, entry.kind, entry.what, entry.before, entry.after) for entry in journal],
            steps=steps,
            state_sha256=hashlib.sha256(state).hexdigest(),
        )
    )


def _settings(path: Path, root: Project) -> dict[str, object]:
    """Where the file is otherwise than the run began."""
    return {one.path: one.after for one in differences(file.load(path).project, root)}


def export_script(window: MainWindow) -> None:
    """Ask for a file and write the script there."""
    session = window.session
    proposed = (session.path or session.folder / "run").with_suffix(".replay.py")
    path = ask_save(window, say("Export as script"), proposed, say("Python scripts") + " (*.py)", ".py")
    if path is None:
        return
    try:
        save_atomically(path, journal_script(session).encode())
    except PlaygroundError as error:
        session.message.emit(str(error), "error")
        session.offered.emit((sentence("Choose another place"), lambda: export_script(window)))
        return
    session.message.emit(sentence("{file} does this run again.", file=path.name), "info")
