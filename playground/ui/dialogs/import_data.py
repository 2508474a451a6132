"""Start from my data: a file or folder becomes the project's data source, read by whichever source takes its ending."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from playground.core import registry
from playground.core.fields import Path as PathField
from playground.core.fields import fields_of
from playground.core.spec import Spec
from playground.document.edits import AddNode, Edit, ReplaceSpec
from playground.document.picks import remember
from playground.ui.dialogs.import_weights import is_weights, offer_weights
from playground.ui.panel import Dialog, register_dialog
from playground.ui.panels.data import relative
from playground.words import say, sentence, strung

if TYPE_CHECKING:
    from playground.ui.session import Session


def readers() -> list[tuple[type[Spec], str, PathField]]:
    """Data sources that read files or folders: record, field's name, field."""
    return [
        (record, name, field)
        for record in registry.entries("dataset")
        for name, field in fields_of(record).items()
        if isinstance(field, PathField)
    ]


def source_for(path: Path, folder: Path) -> Spec | None:
    """The data source that takes this file or folder, or None."""
    for record, name, field in readers():
        fits = path.is_dir() if field.folder else any(fnmatch(path.name.lower(), pattern) for pattern in field.patterns)
        if fits:
            return record(**{name: relative(path, folder)})
    return None


def import_path(session: Session, path: Path) -> bool:
    """Make a file or folder that a person picked the project's data source: one undoable edit. False with a message when nothing reads it."""
    spec = source_for(path, session.folder)
    if spec is None:
        endings = sorted({pattern for _, _, field in readers() for pattern in field.patterns})
        session.message.emit(
            sentence(
                "{path} is of no kind that can be read. Choose one of {endings}, or a folder of images.",
                path=path.name,
                endings=strung(endings),
            ),
            "error",
        )
        return False
    remember(path)
    old = session.project.network.of_kind("dataset")
    edit: Edit = ReplaceSpec(old[0].id, spec) if old else AddNode(spec, position=(40.0, 120.0))
    return session.do(edit)


def open_import(session: Session, window: QWidget) -> None:
    """Ask for a file without blocking the window, then show the data."""
    patterns = " ".join(sorted({pattern for _, _, field in readers() for pattern in field.patterns}))
    dialog = QFileDialog(
        window, say("Start from my data"), str(session.folder), say("Data ({patterns});;All files (*)", patterns=patterns)
    )
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda chosen: start_from(session, window, Path(chosen)))
    dialog.open()


def start_from(session: Session, window: QWidget, path: Path) -> None:
    """Import a file or folder and show it; where nothing reads it, offer to choose another. Weights are offered to the network."""
    if is_weights(session, path):
        session.message.emit(
            sentence("{path} holds weights and no data. They can go into the network that is open.", path=path.name), "warning"
        )
        if not offer_weights(session, window, path):
            session.offered.emit((sentence("Choose another file"), lambda: open_import(session, window)))
        return
    if not import_path(session, path):
        session.offered.emit((sentence("Choose another file"), lambda: open_import(session, window)))
        return
    show = getattr(window, "show_panel", None)
    if show is not None:
        show("data")


register_dialog(Dialog(id="import_data", open=open_import))
