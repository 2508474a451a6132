"""Opening and saving with a person: file dialogs, the question before edits are lost, what was found after a crash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from playground.document.edits.plans import MOST_NAME
from playground.document.recent import note_recent
from playground.document.recovery import Autosaver, Recovery, opened_elsewhere, recoverable
from playground.errors import PlaygroundError
from playground.paths import assets_dir
from playground.ui.dialogs.import_data import source_for, start_from
from playground.ui.dialogs.import_weights import is_weights, offer_weights
from playground.ui.dialogs.recovery_card import BOTH, DISCARD, RESTORE
from playground.ui.next_steps import again
from playground.ui.recent_faces import face_of, keep_face
from playground.ui.replacing import as_file, ask_save
from playground.ui.session import Session
from playground.ui.theme import theme
from playground.words import say, sentence

Adopt = Callable[[Autosaver], None]


def kinds() -> str:
    """What Qt's file dialog offers, in the language of the window."""
    return say("Playground projects") + " (*.play)"


def _may_be_data(path: Path) -> bool:
    """A file, or a folder that holds others, as one of images by their classes does."""
    try:
        return path.is_file() or any(child.is_dir() for child in path.iterdir())
    except OSError:
        return False


def _is_picture(path: Path) -> bool:
    from playground.data.readers.images import ENDINGS  # brings NumPy, which the first paint need not wait for

    return path.suffix.lower() in ENDINGS and path.is_file()


def _holds_classes(folder: Path) -> bool:
    """Whether a folder holds two folders or more, each with pictures."""
    try:
        inner = [child for child in folder.iterdir() if child.is_dir()]
        return len(inner) > 1 and all(any(map(_is_picture, child.iterdir())) for child in inner)
    except OSError:
        return False


class Documents(QObject):
    """Asks; the session acts."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self.session, self.window_shown = session, window
        session.flawed.connect(self._offer_saving)

    def ask_open(self) -> None:
        """Choose a project and open it."""
        folder = str(self.session.folder)
        name, _ = QFileDialog.getOpenFileName(self.window_shown, say("Open project"), folder, kinds())
        if name:
            self.open(Path(name))

    def take(self, paths: Sequence[Path]) -> None:
        """Open the file that was dropped. Several are refused: each would take the place of the one before."""
        if len(paths) == 1:
            self.open(paths[0])
        else:
            self.session.message.emit(say("Drop one file at a time; of pictures, the folder that they are in."), "warning")
            self.session.offered.emit((sentence("Choose a file"), self.ask_open))

    def open(self, path: Path) -> bool:
        """Open a project, after asking about unsaved edits. One of the assets is opened as an untitled copy.

        Data is no project: what is offered beside the refusal makes it the data of the present one.
        """
        if is_weights(self.session, path):
            self._refuse_weights(path)
            return False
        if _may_be_data(path) and source_for(path, self.session.folder) is not None:
            self.session.message.emit(sentence("{path} is no project. It can be the data of one.", path=path.name), "warning")
            start = sentence("Start from this data"), lambda: start_from(self.session, self.window_shown, path)
            self.session.offered.emit(start)
            return False
        if _is_picture(path):
            self._refuse_picture(path)
            return False
        if not self.may_leave():
            return False
        if not self.session.open(path):
            self.session.offered.emit((sentence("Choose another file"), self.ask_open))
            return False
        if path.resolve().is_relative_to(assets_dir().resolve()):
            self.session.detach(ours=True)
            return True
        self._note(path)
        if opened_elsewhere(path) is not None:
            self.session.detach()
            text = sentence(
                "{path} is open in another window, so this is a copy of it: Save asks for a name. Close it there to work on the file itself.",
                path=path.name,
            )
            self.session.message.emit(text, "warning")
            self.session.offered.emit((sentence("Save as…"), self.save_as))
        return True

    def _refuse_weights(self, path: Path) -> None:
        """Weights belong into a network; where one is open they are offered to it."""
        text = sentence("{path} holds weights and is no project. They can go into the network that is open.", path=path.name)
        self.session.message.emit(text, "warning")
        if not offer_weights(self.session, self.window_shown, path):
            self.session.offered.emit((sentence("Choose another file"), self.ask_open))

    def _refuse_picture(self, path: Path) -> None:
        """One picture is no data; the folder of classes that it lies in is offered, where it lies in one."""
        text = sentence(
            "{path} is one picture. A folder that holds a folder of pictures for each class can be data.", path=path.name
        )
        self.session.message.emit(text, "warning")
        classes = path.parent.parent
        if _holds_classes(classes):
            start = lambda: start_from(self.session, self.window_shown, classes)  # noqa: E731
            self.session.offered.emit((sentence("Start from {folder}", folder=classes.name), start))
        else:
            self.session.offered.emit((sentence("Choose another file"), self.ask_open))

    def _offer_saving(self) -> None:
        """What is left of a damaged file into a whole one, beside the words that tell of the damage."""
        self.session.offered.emit((sentence("Save as…"), self.save_as))

    def _note(self, path: Path) -> None:
        """Put a file in front of the recent ones; a list that cannot be written costs nothing else."""
        try:
            note_recent(path)
        except PlaygroundError as error:
            self.session.message.emit(str(error), "warning")
            self.session.offered.emit(again(lambda: self._note(path)))

    def save(self) -> bool:
        """Save where the project lies, or ask where."""
        path = self.session.path
        if path is None:
            return self.save_as()
        if not self.session.save(path):
            self.session.offered.emit((sentence("Save as…"), self.save_as))
            return False
        self._keep_face(path)
        return True

    def _keep_face(self, path: Path) -> None:
        epochs = self.session.client.epochs
        keep_face(path, self.session.samples, epochs[-1].metrics if epochs else face_of(path).metrics)

    def save_as(self) -> bool:
        """Ask where, and save there."""
        old, title = self.session.path, as_file(self.session.title)
        proposed = self.session.folder / (f"{title}.play" if old is None else old.name)
        path = ask_save(self.window_shown, say("Save project"), proposed, kinds(), ".play")
        if path is None:
            return False
        called_after_file = self.session.nameless or (old is not None and title == old.stem)
        if not self.session.save(path, path.stem[:MOST_NAME] if called_after_file else ""):
            self.session.offered.emit((sentence("Choose another place"), self.save_as))
            return False
        self._note(path)
        self._keep_face(path)
        return True

    def may_leave(self) -> bool:
        """Whether the present project may be closed; unsaved edits are asked about first."""
        if not self.session.modified:
            return True
        box = self._box(say("Save changes to {project}?", project=self.session.title), self._at_stake())
        keep = box.addButton(say("Save"), QMessageBox.ButtonRole.AcceptRole)
        drop = box.addButton(say("Discard"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(say("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.exec()
        chosen = box.clickedButton()
        box.deleteLater()
        return self.save() if chosen is keep else chosen is drop

    def _at_stake(self) -> str:
        """What is lost without saving."""
        words = say("Training is still going on; it ends here. ") if self.session.run.going else ""
        if not self.session.trained:
            what = (
                say("weights that were imported")
                if self.session.weights_taken and not self.session.history.dirty
                else say("edits since the last save")
            )
            return say("{words}Without saving, the {what} are lost.", words=words, what=what)
        step = f"{self.session.client.step:,}"
        more = say(" and the edits since the last save") if self.session.history.dirty else ""
        return say("{words}Without saving, the weights trained to step {step}{more} are lost.", words=words, step=step, more=more)

    def finds(self) -> list[Recovery]:
        """Work that was open when the program ended, newest first. What equals its file is no work, and goes."""
        left = []
        for found in recoverable():
            if found.status == "same" and not found.owner:
                try:
                    found.keep_saved()
                except PlaygroundError as error:
                    self.session.message.emit(str(error), "error")
                    self.session.offered.emit(again(self.finds))
            else:
                left.append(found)
        return left

    def recover(self, found: Recovery, how: str, adopt: Adopt) -> bool:
        """Do with a find what a person chose: "restore", "discard" or "both". Whether it is open now.

        adopt: takes the autosaver of a restored project.
        """
        try:
            if how == RESTORE and self.may_leave():
                loaded, autosaver = found.restore()
                self.session.restore(loaded)
                adopt(autosaver)
                return True
            if how == DISCARD:
                found.keep_saved()
            elif how == BOTH:
                path = found.keep_both()
                self._note(path)
                self.session.message.emit(sentence("The recovered project was written to {path}.", path=path), "info")
                self.session.offered.emit((sentence("Open it"), lambda: self.open(path)))
        except PlaygroundError as error:
            self.session.message.emit(str(error), "error")
            self.session.offered.emit(again(lambda: self.recover(found, how, adopt)))
        return False

    def _box(self, title: str, text: str) -> QMessageBox:
        box = QMessageBox(self.window_shown)
        box.setWindowTitle(say("Playground"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setIconPixmap(theme().pixmap("warn", 32, "warn"))
        box.setText(title)
        box.setInformativeText(text)
        return box
