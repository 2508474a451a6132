"""The import preview of a text table: first rows with each column's role, and the rows that cannot be used."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget
from shiboken6 import isValid

from playground.catalog.datasets.table import TableFile
from playground.data.readers.csv_table import Preview, preview
from playground.data.readers.places import resolve
from playground.document.edits import SetField, Several
from playground.document.project import Node
from playground.errors import PlaygroundError
from playground.ui.panels.data_rows import RowsTable
from playground.words import say, sentence, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

ROLES = {"input": "Input", "target": "Target", "ignore": "Ignored"}
_INKS = {"target": "accent", "ignore": "disabled"}


class PreviewReader(QObject):
    """Reads previews beside the event loop; the newest wish counts. ready(spec, Preview or None, error)."""

    ready = Signal(object, object, str)
    _read = Signal(object, object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="preview")
        self._wanted: TableFile | None = None
        self._read.connect(self._take)
        self.destroyed.connect(lambda: self._pool.shutdown(wait=False, cancel_futures=True))

    def want(self, spec: TableFile, folder: Path) -> None:
        """Ask for a preview; the same wish twice is one."""
        if spec != self._wanted:
            self._wanted = spec
            self._pool.submit(self._work, spec, folder)

    def close(self) -> None:
        """Wait for a reading in progress and end the thread."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, spec: TableFile, folder: Path) -> None:
        found, error = None, ""
        try:
            found = preview(resolve(spec.path, folder), spec.options())
        except (PlaygroundError, OSError) as refused:
            error = say(str(refused))
        if isValid(self):
            with contextlib.suppress(RuntimeError):  # the panel may go away between the check and the call
                self._read.emit(spec, found, error)

    def _take(self, spec: TableFile, found: Preview | None, error: str) -> None:
        if spec == self._wanted:
            self.ready.emit(spec, found, error)


def role_of(column: str, guessed: str, spec: TableFile) -> str:
    """The role that a column has: what the settings say, else the guess."""
    ignored = {name.strip() for name in spec.ignore.split(",") if name.strip()}
    if column in ignored:
        return "ignore"
    if spec.target.strip():
        return "target" if column == spec.target.strip() else "input" if guessed == "target" else guessed
    return guessed


class ImportTable(RowsTable):
    """The first rows of the file. A click on a column's head offers its roles."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(say("First rows of the file"), parent)
        self.session = session
        self.node: Node | None = None
        self.preview: Preview | None = None
        self.horizontalHeader().setSectionsClickable(True)
        self.horizontalHeader().setToolTip(say("Click to choose what the column is used for"))
        self.horizontalHeader().sectionClicked.connect(self._offer)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def show_preview(self, node: Node, spec: TableFile, found: Preview) -> None:
        """Rows with names and roles over them."""
        self.node, self.preview = node, found
        roles = [role_of(column.name, column.role, spec) for column in found.columns]
        heads = [
            f"{column.name}\n{strung((say(ROLES[role]), say(column.kind)))}"
            for column, role in zip(found.columns, roles, strict=True)
        ]
        inks = {at: _INKS[role] for at, role in enumerate(roles) if role in _INKS}
        self.rows.show_rows(heads, [list(cells) for _, cells in found.rows], [f"{line}" for line, _ in found.rows], inks)
        self.horizontalHeader().setFixedHeight(38)
        self.fit()

    def _offer(self, at: int) -> None:
        if self.preview is None:
            return
        menu = QMenu(self)
        for role, word in ROLES.items():
            menu.addAction(word).triggered.connect(lambda _=False, role=role: self.choose(at, role))
        head = self.horizontalHeader()
        menu.popup(self.mapToGlobal(QPoint(head.sectionViewportPosition(at), head.height())))

    def choose(self, at: int, role: str) -> None:
        """Give a column a role: one undoable edit of the data source's settings."""
        nodes = {node.id: node for node in self.session.project.network.nodes}
        node = nodes.get(self.node.id) if self.node else None  # as it is now: the preview may be older than the last edit
        if node is None or self.preview is None or not isinstance(node.spec, TableFile):
            return
        spec, name = node.spec, self.preview.columns[at].name
        ignored = [word.strip() for word in spec.ignore.split(",") if word.strip() and word.strip() != name]
        target = spec.target.strip()
        if role == "ignore":
            ignored.append(name)
            target = "" if target == name else target
        elif role == "target":
            target = name
        elif target == name:
            target = ""
        edits = (SetField(node.id, "ignore", ", ".join(ignored)), SetField(node.id, "target", target))
        self.session.do(Several(sentence("Use {name} as {roles}", name=name, roles=ROLES[role].lower()), edits))
