"""Weights from a file into the project that is open: read, tried and compared in a process of its own, then taken over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from playground.errors import PlaygroundError
from playground.ui.dialogs.aside import Aside, Ended, text_of
from playground.ui.panel import Dialog, register_dialog
from playground.ui.replacing import may_replace
from playground.ui.run_control import names_of
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session


#: Endings of files that hold nothing but weights.
WEIGHTS = (".safetensors", ".onnx")


class WeightImporter(QObject):
    """One import at a time; what came of it is a message of the session."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._aside = Aside("playground.ui.dialogs.import_process", self)
        self._aside.ended.connect(self._done)
        session.replaced.connect(self.cancel)  # what is read is meant for the project that asked for it
        session.closing.connect(self.cancel)
        self._path = Path()
        self._names: dict[str, str] = {}

    @property
    def busy(self) -> bool:
        return self._aside.busy

    def take(self, path: Path) -> None:
        """Start to read a file. The names of nodes are those of now, should they change meanwhile."""
        if self.busy:
            self.session.message.emit(
                sentence("{path} is still being read. Import {path2} after that.", path=self._path.name, path2=path.name),
                "warning",
            )
            self.session.offered.emit((sentence("Stop"), self.cancel))
            return
        self._path, self._names = path, names_of(self.session.project)
        self.session.message.emit(sentence("{path} is read and run on a probe of the data.", path=path.name), "info")
        weights = self.session.weights() or {}
        self._aside.start(self.session.project, weights, self.session.folder, lambda source: [str(source), str(path)])

    def cancel(self) -> None:
        """End a running import; nothing is changed."""
        self._aside.cancel(say("Stopped. Nothing was changed."))

    def _done(self, ended: Ended) -> None:
        from playground.document.file import load

        imported = [event for event in ended.events if event.get("event") == "imported"]
        if ended.code != 0 or not imported:
            self.session.message.emit(ended.reason(say("import")), "error")
            self._offer_another()
            return
        try:
            weights = load(ended.source).sets
        except PlaygroundError as error:
            self.session.message.emit(str(error), "error")
            self._offer_another()
            return
        self.session.take_weights(weights, self._names)
        found = imported[-1]
        self.session.message.emit(
            sentence(
                "Weights of {file} taken. {interpreter} ran the file on {samples} samples; the largest difference from this network is {error}.",
                file=self._path.name,
                interpreter=found["interpreter"],
                samples=found["probe_rows"],
                error=f"{found['error']:.1e}",
            ),
            "info",
        )
        for event in ended.events:
            if event.get("event") == "warning":
                self.session.message.emit(text_of(event), "warning")
                self._offer_another()

    def _offer_another(self) -> None:
        window = self.parent()
        if isinstance(window, QWidget):
            self.session.offered.emit((sentence("Choose another file"), lambda: open_import_weights(self.session, window)))


def importer_of(session: Session, window: QWidget) -> WeightImporter:
    """The one importer of a window."""
    found = window.findChild(WeightImporter)
    return found if found is not None else WeightImporter(session, window)


def open_import_weights(session: Session, window: QWidget) -> None:
    """Ask for a file, and before the weights of a run are lost."""
    if session.trained and not _may_replace(session, window):
        return
    _choose(session, window)


def import_weights_of(session: Session, window: QWidget, path: Path) -> None:
    """Take the weights of a file, after asking before those of a run are lost."""
    if not session.trained or _may_replace(session, window):
        importer_of(session, window).take(path)


def offer_weights(session: Session, window: QWidget, path: Path) -> bool:
    """A button that takes the weights of a file; False where no network is open that they could go into."""
    if not session.project.network.nodes:
        return False
    session.offered.emit((sentence("Import weights…"), lambda: import_weights_of(session, window, path)))
    return True


def is_weights(session: Session, path: Path) -> bool:
    """Whether a file is one of weights: by its ending, or, of arrays, by what they are called."""
    if not path.is_file():
        return False
    if path.suffix.lower() != ".npz":
        return path.suffix.lower() in WEIGHTS
    from playground.formats.npz_file import holds_weights  # brings the engine's graphs, which the first paint need not wait for

    return holds_weights(path, names_of(session.project).values())


def _choose(session: Session, window: QWidget) -> None:
    kinds = say("Weights") + " (*.safetensors *.npz *.onnx)"
    name, _ = QFileDialog.getOpenFileName(window, say("Import weights"), str(session.folder), kinds)
    if name:
        importer_of(session, window).take(Path(name))


def _may_replace(session: Session, window: QWidget) -> bool:
    text = say(
        "The run ends, and its weights of step {step} are not saved. Save or export them first to keep them.",
        step=f"{session.client.step:,}",
    )
    return may_replace(window, say("Replace the weights of the run?"), text)


register_dialog(Dialog(id="import_weights", open=open_import_weights))
