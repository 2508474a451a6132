"""The right side of the data panel: the first rows as a table, or the first images as pictures."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from playground.core.samples import Samples
from playground.ui.canvas.sequences import MOST_CURVES, Strip, class_words, paint_curves, strip_of
from playground.ui.painting import LEFT, RIGHT, put, width_of
from playground.ui.plots.axis import short
from playground.ui.theme import theme
from playground.words import named, say

_NUMBER = re.compile(r"[−-]?[\d,]*\.?\d+(e-?\d+)?")
ROWS, COLUMNS, IMAGES = 200, 60, 240
STEPS, SEQUENCES = 120, 60  # of a sequence, and of these, that are shown
Index = QModelIndex | QPersistentModelIndex


class RowsModel(QAbstractTableModel):
    """Cells of text under headers; a cell may have an ink of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: Sequence[str] = ()
        self.side: Sequence[str] = ()
        self.rows: Sequence[Sequence[str]] = ()
        self.inks: dict[int, str] = {}

    def show_rows(
        self, headers: Sequence[str], rows: Sequence[Sequence[str]], side: Sequence[str] = (), inks: dict[int, str] | None = None
    ) -> None:
        """side: what stands before each row.  inks: column -> token."""
        self.beginResetModel()
        self.headers, self.rows, self.side, self.inks = headers, rows, side, inks or {}
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return len(self.headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        text = row[index.column()] if index.column() < len(row) else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole:
            return text if len(text) > 18 else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().color(self.inks.get(index.column(), "text"))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if _NUMBER.fullmatch(text) else Qt.AlignmentFlag.AlignLeft
            return int(Qt.AlignmentFlag.AlignVCenter | side)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            if orientation == Qt.Orientation.Horizontal:
                return self.headers[section]
            return self.side[section] if section < len(self.side) else f"{section + 1}"
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().color("text2")
        return None


class FlatHeader(QHeaderView):
    """A head without bevels: text, and a hairline under it. Lines after the first are smaller news, such as a column's role."""

    def paintSection(self, painter: QPainter, rect: QRect, at: int) -> None:
        painter.save()
        painter.fillRect(rect, theme().color("panel"))
        words = str(self.model().headerData(at, self.orientation(), Qt.ItemDataRole.DisplayRole) or "").split("\n")
        across = self.orientation() == Qt.Orientation.Horizontal
        room = QRectF(rect).adjusted(6, 0, -6, 0)
        tall = room.height() / len(words)
        cell = self.model().index(0, at).data(Qt.ItemDataRole.TextAlignmentRole) if across else None
        how = RIGHT if not across or (cell and cell & int(Qt.AlignmentFlag.AlignRight)) else LEFT
        for k, text in enumerate(words):
            ink = "text2" if not k else "accent" if text.startswith(say("Target")) else "text3"
            line = QRectF(room.x(), room.y() + k * tall, room.width(), tall)
            put(painter, line, text, 10 if k else 11, ink, across and not k, how)
        edge = QRect(rect.left(), rect.bottom(), rect.width(), 1) if across else QRect(rect.right(), rect.top(), 1, rect.height())
        painter.fillRect(edge, theme().color("border"))
        painter.restore()


class PaddedCells(QStyledItemDelegate):
    """Cells with 6 px at either side, as in the heads."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        inner = QStyleOptionViewItem(option)
        inner.rect = option.rect.adjusted(3, 0, -3, 0)
        super().paint(painter, inner, index)


class RowsTable(QTableView):
    """A read-only table with rows of 24 px."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = RowsModel()
        self.setHorizontalHeader(FlatHeader(Qt.Orientation.Horizontal, self))
        self.setVerticalHeader(FlatHeader(Qt.Orientation.Vertical, self))
        self.setModel(self.rows)
        self.setItemDelegate(PaddedCells(self))
        self.setAccessibleName(name)
        self.setFont(theme().font(11))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().setDefaultSectionSize(24)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultSectionSize(96)
        for header in (self.verticalHeader(), self.horizontalHeader()):
            header.setFont(theme().font(11))

    def fit(self) -> None:
        """Columns as wide as what they hold, within reason."""
        for column in range(self.rows.columnCount()):
            texts = [self.rows.headers[column], *(row[column] for row in self.rows.rows[:40] if column < len(row))]
            widest = max((max((len(line) for line in text.split("\n")), default=0) for text in texts), default=4)
            self.setColumnWidth(column, int(min(280, max(56, 18 + 7.2 * widest))))
        if self.rows.rows:
            last = len(self.rows.rows) - 1
            sides = self.rows.side or [self.rows.headerData(last, Qt.Orientation.Vertical)]
            self.verticalHeader().setFixedWidth(math.ceil(max(width_of(text, 11) for text in sides)) + 14)


def sample_rows(samples: Samples) -> tuple[list[str], list[list[str]], dict[int, str]]:
    """Headers, cells and inks of the first samples of a table: targets first, in the accent."""
    if samples.tokens:
        return _token_rows(samples)
    inputs = samples.x[:ROWS].reshape(min(samples.count, ROWS), -1)[:, :COLUMNS]
    names = list(samples.feature_names[:COLUMNS]) or [say("input {k}", k=k + 1) for k in range(inputs.shape[1])]
    cells = [[short(float(v)) for v in row] for row in inputs]
    if samples.task == "classification":
        targets = [[answer_text(samples, k)] for k in range(len(inputs))]
        heads = [say("classes") if samples.per_step else say("class")]
    elif len(samples.target_shape) > 1:
        targets, heads = [[answer_text(samples, k)] for k in range(len(inputs))], [say("values")]
    else:
        values = samples.y[:ROWS].reshape(len(inputs), -1)[:, :8]
        targets = [[short(float(v)) for v in row] for row in values]
        heads = list(samples.target_names[:8]) or [say("target {k}", k=k + 1) for k in range(values.shape[1])]
    rows = [target + cell for target, cell in zip(targets, cells, strict=True)]
    return heads + names, rows, dict.fromkeys(range(len(heads)), "accent")


def answer_text(samples: Samples, index: int) -> str:
    """The answer to one sample in words: its class, its first target, or the classes or first targets of its steps."""
    if samples.per_step:
        return " ".join(class_words(samples, index, most=STEPS))
    if samples.task == "classification":
        return named(samples.class_names[int(samples.y[index])])
    if len(samples.target_shape) > 1:
        return " ".join(short(float(step.flat[0])) for step in samples.y[index, : min(samples.length(index), STEPS)])
    return short(float(samples.y[index].reshape(-1)[0]))


def _token_rows(samples: Samples) -> tuple[list[str], list[list[str]], dict[int, str]]:
    """Sequences of tokens, one in each row, without their padding."""
    rows = []
    for k in range(min(samples.count, ROWS)):
        there = samples.x[k].reshape(-1)[: samples.length(k)]
        more = " …" if len(there) > STEPS else ""
        rows.append([answer_text(samples, k), f"{len(there):,}", " ".join(map(samples.token_name, there[:STEPS])) + more])
    return ["classes" if samples.per_step else "answer", "steps", "tokens"], rows, {0: "accent"}


class SequenceGrid(QWidget):
    """The first sequences as small plots with their answer under each, as many as fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strips: list[Strip] = []
        self.words: list[str] = []
        self.names: tuple[str, ...] = ()
        self.setAccessibleName(say("First sequences"))

    def show_samples(self, samples: Samples) -> None:
        """One plot for each sample, a curve for each feature."""
        found = [strip_of(samples, k) for k in range(min(samples.count, SEQUENCES))]
        self.strips = [strip for strip in found if strip is not None]
        self.words = [answer_text(samples, k) for k in range(len(self.strips))]
        self.names = samples.feature_names[:MOST_CURVES]
        self.setAccessibleDescription(
            say("{count} sequences of at most {steps} steps", count=f"{samples.count:,}", steps=f"{samples.steps:,}")
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        wide, high, gap, x = 148.0, 60.0, 10.0, 10.0
        for k, name in enumerate(self.names):
            p.fillRect(QRectF(x, 9, 10, 3), theme().series(k + 1)[0])
            put(p, QRectF(x + 14, 3, width_of(name, 10) + 4, 14), name, 10, "text2")
            x += 28 + width_of(name, 10)
        top = 22.0 if self.names else 8.0
        columns = max(1, int((self.width() - gap) // (wide + gap)))
        for k, (strip, word) in enumerate(zip(self.strips, self.words, strict=True)):
            left, y = gap + k % columns * (wide + gap), top + k // columns * (high + 22)
            if y + high > self.height():
                break
            paint_curves(p, QRectF(left, y, wide, high), strip)
            put(p, QRectF(left, y + high + 1, wide, 14), word, 10, "text2")
        p.end()


class ImageGrid(QWidget):
    """The first images with their class under each, as many as fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images: list[QImage] = []
        self.grey = False
        self.words: list[str] = []
        self.setAccessibleName(say("First images"))

    def show_samples(self, samples: Samples) -> None:
        """Grey for one channel, colour for three; each set spans from its least to its greatest number."""
        x = samples.x[:IMAGES]
        finite = x[np.isfinite(x)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        grey = np.clip((np.nan_to_num(x) - low) / max(high - low, 1e-12) * 255, 0, 255).astype(np.uint8)
        rgb = grey[..., :3] if grey.shape[3] >= 3 else np.repeat(grey[..., :1], 3, axis=3)
        self.grey = grey.shape[3] < 3
        self.images = []
        for picture in rgb:
            whole = np.ascontiguousarray(picture)
            height, width = whole.shape[:2]
            self.images.append(QImage(whole.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy())
        self.words = [answer_text(samples, k) for k in range(len(self.images))]
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        side, gap = 44, 8
        columns = max(1, (self.width() - gap) // (side + gap))
        for k, (image, word) in enumerate(zip(self.images, self.words, strict=True)):
            x, y = gap + (k % columns) * (side + gap), gap + (k // columns) * (side + 22)
            if y + side > self.height():
                break
            if self.grey and not theme().dark:
                image = image.copy()
                image.invertPixels()  # ink on paper, as on the canvas
            p.drawImage(QRectF(x, y, side, side), image)
            put(p, QRectF(x, y + side + 1, side + 4, 14), word, 10, "text2")
        p.end()
