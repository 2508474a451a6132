"""Opening and saving with a person: file dialogs, the question before edits are lost, the question after a crash."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QWidget

from playground.document.edits import SetProject
from playground.document.project import Project
from playground.document.recovery import Recovery, opened_elsewhere, recoverable
from playground.errors import PlaygroundError
from playground.paths import assets_dir
from playground.ui import settings
from playground.ui.session import Session

PATTERN = "Playground projects (*.play)"


class Documents(QObject):
    """Asks; the session acts."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self.session, self.window_shown = session, window

    def ask_open(self) -> None:
        """Choose a project and open it."""
        folder = str(self.session.folder)
        name, _ = QFileDialog.getOpenFileName(self.window_shown, "Open project", folder, PATTERN)
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> bool:
        """Open a project, after asking about unsaved edits. One of the assets is opened as an untitled copy."""
        if not self.may_leave() or not self.session.open(path):
            return False
        if opened_elsewhere(path) is not None:
            self.session.message.emit(f"{path.name} is open in another window too. Saving here would replace what is saved there.", "warning")
        if path.resolve().is_relative_to(assets_dir().resolve()):
            self.session.detach()
        else:
            settings.add_recent(path)
        return True

    def save(self) -> bool:
        """Save where the project lies, or ask where."""
        return self.session.save(self.session.path) if self.session.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask where, and save there."""
        proposed = self.session.folder / f"{self.session.project.name}.play"
        name, _ = QFileDialog.getSaveFileName(self.window_shown, "Save project", str(proposed), PATTERN)
        if not name:
            return False
        path = Path(name)
        path = path if path.suffix == ".play" else path.with_name(path.name + ".play")
        if self.session.project.name == Project().name:
            self.session.do(SetProject(name=path.stem[:100]))
        if not self.session.save(path):
            return False
        settings.add_recent(path)
        return True

    def may_leave(self) -> bool:
        """Whether the present project may be closed; unsaved edits are asked about first."""
        if not self.session.modified:
            return True
        box = self._box(f"Save changes to {self.session.project.name}?", "Without saving, the edits since the last save are lost.")
        keep = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
        drop = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.exec()
        chosen = box.clickedButton()
        box.deleteLater()
        return self.save() if chosen is keep else chosen is drop

    def offer_recovery(self, adopt: object) -> None:
        """After a crash: restore, keep the saved file, or keep both. adopt: takes the autosaver of a restored project."""
        for found in recoverable():
            if found.status == "same" and not found.owner:
                found.keep_saved()
            elif found.status in ("changed", "unsaved"):
                self._offer(found, adopt)
                return

    def _offer(self, found: Recovery, adopt: object) -> None:
        what = "was never saved" if found.status == "unsaved" else "has edits that are newer than its file"
        where = f" It was open on {found.owner}." if found.owner else ""
        box = self._box("Unsaved work found", f"{found.name} was open when the program ended and {what}.{where}")
        restore = box.addButton("Restore", QMessageBox.ButtonRole.AcceptRole)
        saved = box.addButton("Keep saved" if found.path else "Discard", QMessageBox.ButtonRole.DestructiveRole)
        both = box.addButton("Keep both", QMessageBox.ButtonRole.ActionRole)
        box.addButton("Decide later", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(restore)
        box.exec()
        chosen = box.clickedButton()
        box.deleteLater()
        try:
            self._act(found, chosen, (restore, saved, both), adopt)
        except PlaygroundError as error:
            self.session.message.emit(str(error), "error")

    def _act(self, found: Recovery, chosen: object, buttons: tuple[QPushButton, ...], adopt: object) -> None:
        restore, saved, both = buttons
        if chosen is restore and callable(adopt):
            loaded, autosaver = found.restore()
            self.session.restore(loaded)
            adopt(autosaver)
        elif chosen is saved:
            found.keep_saved()
        elif chosen is both:
            path = found.keep_both()
            self.session.message.emit(f"The recovered project was written to {path}.", "info")

    def _box(self, title: str, text: str) -> QMessageBox:
        box = QMessageBox(self.window_shown)
        box.setWindowTitle("Playground")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(title)
        box.setInformativeText(text)
        return box
