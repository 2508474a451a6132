"""Finds what a window shows without having said it: under the pseudo-language every text that was said is written in other letters.

Looked at are texts, tool tips and names for screen readers of widgets and actions, tool tips of what stands on a canvas, what models
give to views, and what is painted.
`python -m tests.ui.escapes` prints what is found, with the place in the code that painted it.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt
from PySide6.QtGui import QAction, QPainter
from PySide6.QtWidgets import QAbstractItemView, QApplication, QGraphicsView, QHeaderView, QListView, QTreeView, QWidget

from playground.core import registry
from playground.document.project import Project
from playground.words import CLOSE, OPEN

#: Words that are the same in every language: units, names of keys, people, formats, symbols and functions.
PROPER = frozenset(
    name
    for line in (
        "Playground Python Qt ONNX NumPy NPZ PyTorch JAX CSV IDX PNG JSON SHA px ms kB MB GB KB max min log exp tanh sin cos sigmoid softplus",
        "Ctrl Shift Alt Esc Del Tab Enter Space Ins Home End PgUp PgDown",
        "untitled",  # the name that a project has before it is saved
    )
    for name in line.split()
)
#: Of widgets that Qt makes; its own translations say them.
QT_OWN = frozenset(
    {"OK", "Close", "Float", "Closes the dock widget", "Undocks and re-attaches the dock widget", "Scroll Left", "Scroll Right"}
)
_WORD = re.compile(r"[A-Za-z]{2,}")
_CUT = re.compile(r"(\S*)…(\S*)")
_LEFT_OUT = str.maketrans("", "", f"{OPEN}{CLOSE}\u200b")  # marks, and places where a long name may break
_HASH = re.compile(r"\b[0-9a-f]{4} [0-9a-f]{4}\b")
_PLACES = ("text", "toolTip", "windowTitle", "accessibleName", "accessibleDescription", "placeholderText", "title", "statusTip")
_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)


def unsaid(text: str, own: frozenset[str] = frozenset()) -> str:
    """What of a text was not said and is neither a number, a proper name nor the user's own; "" where nothing is left.

    A value that was not said is found inside a text that was.
    """
    rest = _HASH.sub("", text.translate(_LEFT_OUT))
    for head, tail in [rest.partition("…")[::2], *_CUT.findall(rest)]:  # a name of several words, alone, and one of a single word
        if "…" in rest and any(name.startswith(head) and name.endswith(tail) for name in own):
            rest = rest.replace(f"{head}…{tail}", "…")
    for name in sorted(own, key=len, reverse=True):
        rest = rest.replace(name, " ")
    words = [word for word in _WORD.findall(rest) if word not in PROPER]
    return rest.strip() if words else ""


def own_words(project: Project) -> frozenset[str]:
    """What the user wrote: names of the project, its nodes, blocks and groups, what the blocks are for, and notes."""
    networks = [project.network, *(block.network for block in project.blocks)]
    found = {project.name, *(group.name for group in project.groups)}
    found |= {text for block in project.blocks for text in (block.name, block.help)}
    for network in networks:
        found |= {node.name for node in network.nodes} | {note.text for note in network.notes}
    return frozenset(name for name in found if name)


class Painted:
    """Texts that painters drew while it was on, with the function that asked for it."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    @contextmanager
    def on(self) -> Iterator[Painted]:
        """Record everything drawn by Python code."""
        real = QPainter.drawText

        def record(painter: QPainter, *args: Any) -> Any:
            for arg in args:
                if isinstance(arg, str):
                    self.texts.setdefault(arg, _caller())
            return real(painter, *args)

        QPainter.drawText = record  # type: ignore[method-assign,assignment]
        try:
            yield self
        finally:
            QPainter.drawText = real  # type: ignore[method-assign]


def _caller() -> str:
    for frame in reversed(traceback.extract_stack(limit=12)[:-2]):
        if "/playground/" in frame.filename and frame.name not in ("put", "row"):
            return f"{frame.filename.rpartition('/playground/')[2]}:{frame.lineno}"
    return "?"


def texts_of(top: QObject) -> Iterator[tuple[str, str]]:
    """(where, text) of a window and all that is in it, models of views included."""
    for found in [top, *top.findChildren(QObject)]:
        if isinstance(found, QWidget | QAction):
            where = f"{type(found).__name__}({found.objectName()})"
            for place in _PLACES:
                get: Callable[[], object] | None = getattr(found, place, None)
                text = get() if (callable(get) and not isinstance(found, QWidget)) or place in _readable(found) else None
                if isinstance(text, str) and text:
                    yield f"{where}.{place}", text.replace("&", "")
        if isinstance(found, QAbstractItemView) and not isinstance(found, QHeaderView) and found.model() is not None:
            yield from _cells(found)


def _readable(widget: QObject) -> set[str]:
    from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QTextEdit

    typed = isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit)  # what a person typed is hers
    return {place for place in _PLACES if callable(getattr(widget, place, None)) and not (typed and place == "text")}


def _cells(view: QAbstractItemView) -> Iterator[tuple[str, str]]:
    model = view.model()

    def walk(parent: QModelIndex, depth: int) -> Iterator[tuple[str, str]]:
        for row in range(min(model.rowCount(parent), 60)):
            for column in range(1 if isinstance(view, QListView) else min(model.columnCount(parent), 12)):
                at = model.index(row, column, parent)
                for role in _ROLES:
                    text = model.data(at, role)
                    if isinstance(text, str) and text:
                        yield f"{type(view).__name__} cell", text
            if isinstance(view, QTreeView) and depth < 3:
                yield from walk(model.index(row, 0, parent), depth + 1)

    yield from walk(QModelIndex(), 0)


class Hunt:
    """Collects what escapes over several looks at a program."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.own: frozenset[str] = frozenset()

    def look(self, painted: Painted | None = None) -> None:
        """All windows as they are now, drawn once. painted: of a recording that goes on."""
        for top in QApplication.topLevelWidgets():
            if top.isVisible():
                self._see(texts_of(top))
                with (painted or Painted()).on() as drawn:
                    top.grab()
                    for view in top.findChildren(QGraphicsView):
                        view.viewport().repaint()
                self._see((where, text) for text, where in drawn.texts.items())
                for view in top.findChildren(QGraphicsView):
                    self._see((f"{type(item).__name__}.toolTip", item.toolTip()) for item in view.items() if item.toolTip())

    def _see(self, texts: Any) -> None:
        for where, text in texts:
            if text not in QT_OWN and unsaid(text, self.own):
                self.found.setdefault(text, where)

    def lines(self) -> list[str]:
        """Every escape with its place, sorted by place."""
        return [f"{where}: {text!r}" for text, where in sorted(self.found.items(), key=lambda pair: (pair[1], pair[0]))]


def data_words(samples: Any) -> frozenset[str]:
    """Names of classes and columns, which belong to the data."""
    if samples is None:
        return frozenset()
    return frozenset(map(str, (*samples.class_names, *samples.feature_names, *samples.target_names)))


def record_ids() -> frozenset[str]:
    """Ids of the catalogue, which stand for names of nodes and in files."""
    kinds = ("dataset", "layer", "loss", "optimizer", "schedule", "initializer", "metric", "penalty")
    return frozenset(record.id for kind in kinds for record in registry.entries(kind) if "_" in record.id)


def main() -> int:
    """Print every escape of the tour of `test_words`."""
    import pytest

    return int(pytest.main(["-q", "-s", str(Path(__file__).with_name("test_words.py")), "-k", "escape", *sys.argv[1:]]))


if __name__ == "__main__":
    raise SystemExit(main())
