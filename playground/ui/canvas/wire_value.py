"""The value that flows along a wire, as a small picture under its label; under the pointer large, with its shape and range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from playground.training.surfaces import coded
from playground.ui.canvas.levels import DETAILED
from playground.ui.canvas.wire_paint import label_room
from playground.ui.painting import AA, SMOOTH, box, put, width_of
from playground.ui.plots.axis import short
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.wire_item import WireItem

Array = npt.NDArray[np.floating]

#: Most cells on a side of a picture, and the size of the small one.
MOST_CELLS = 64
WIDE, HIGH, LEAST_WIDE = 40.0, 24.0, 14.0
#: Cells of a vector in one row, before it goes on in the next.
ROW = 16
VECTOR = 7.0  # height of a vector in one row
PILL = 16.0  # most height beside a pill
LARGE = 152.0


def cells_of(value: Array) -> Array:
    """A value as rows of numbers: an image by the mean of its channels, a sequence with its steps across, a vector in rows.

    Shapes: (h, w, c), (steps, units) or (units,) -> (rows, columns), at most 64 each; what is left over in the last row is NaN.
    """
    if value.ndim == 3:
        found = value.mean(axis=2)
    elif value.ndim == 2:
        found = value.T
    else:
        flat = value.reshape(-1)
        wide = min(len(flat), max(ROW, math.ceil(math.sqrt(4 * len(flat)))))
        rows = -(-len(flat) // max(wide, 1))
        found = np.full(rows * wide, np.nan)
        found[: len(flat)] = flat
        found = found.reshape(rows, wide)
    steps = [max(1, -(-n // MOST_CELLS)) for n in found.shape]
    return np.asarray(found[:: steps[0], :: steps[1]])


def words_of(value: Array, title: str) -> tuple[str, str]:
    """Two lines: what it is with its shape, and its range."""
    shape = "×".join(str(n) for n in value.shape) or "1"
    finite = value[np.isfinite(value)]
    if not finite.size:
        return f"{title} {shape}", say("no number is finite")
    text = say("{low} … {high}, mean {mean}", low=short(float(finite.min())), high=short(float(finite.max())),
               mean=short(float(finite.mean())))  # fmt: skip
    return f"{title} {shape}", text


class WireValue(QGraphicsItem):
    """Hangs under a wire's label. Hidden while there is nothing to show, or from afar."""

    def __init__(self, wire: WireItem) -> None:
        super().__init__(wire)
        self.wire = wire
        self.value: Array | None = None
        self.title, self.image, self.large = "", QImage(), False
        self._words = np.zeros((1, 1), np.uint32)
        self._rect, self._bounds = QRectF(), QRectF()
        self._told = ("", "")
        self.setAcceptHoverEvents(True)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_value(self, value: Array | None, title: str) -> None:
        """Take a new value, None for none. title: what it is, for the large picture."""
        self.setVisible(value is not None and value.size > 0)
        self.value, self.title = value, title
        self._tell()
        if value is None or not value.size:
            self._measure()
            return
        cells = cells_of(np.asarray(value, np.float32))
        most, sound = float(np.abs(cells).max()), True
        if not math.isfinite(most):
            finite = cells[np.isfinite(cells)]
            most, sound = float(np.abs(finite).max()) if finite.size else 0.0, False
        with np.errstate(all="ignore"):
            words = theme().lut[coded(np.clip(cells, -most, most), most)]
        if not sound:
            words[np.isnan(cells)] = 0
        old, self._words = self._words.shape, np.ascontiguousarray(words)
        rows, columns = words.shape
        self.image = QImage(self._words.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)
        if old != words.shape:
            self.place()
        elif self.large:  # its words may be wider now; else it takes the room that it took
            self._measure()
        self.update()

    def place(self) -> None:
        """Follow the wire."""
        self._lay()
        self._measure()

    def _lay(self) -> None:
        wire, rows, columns = self.wire, self.image.height(), self.image.width()
        room = WIDE if not wire.short else min(WIDE, wire.path.boundingRect().width() - 10)
        if not columns or room < LEAST_WIDE:
            self._rect = QRectF()
            return
        cell = min(room / columns, HIGH / rows)
        wide, high = cell * columns, cell * rows
        if rows == 1:  # a vector: cells need not be square
            wide, high = room if columns > 1 else cell, VECTOR
        if wire.short:
            self._rect = QRectF(wire.middle.x() - wide / 2, wire.middle.y() + 5, wide, high)
        else:  # behind the label, on the line: below may run the next wire
            wide, high = wide * min(1.0, PILL / high), min(high, PILL)
            self._rect = QRectF(label_room(wire).right() + 4, wire.middle.y() - high / 2, wide, high)

    def card(self) -> QRectF:
        """Where the large picture stands."""
        if self._rect.isNull():
            return QRectF()
        cell = min(LARGE / self.image.width(), LARGE / self.image.height())
        wide = max(LARGE, *(width_of(line, 10) for line in self._told)) + 16
        card = QRectF(0, 0, wide, cell * self.image.height() + 48)
        card.moveCenter(QPointF(self._rect.center().x(), 0))
        card.moveTop(self._rect.bottom() + 6)
        return card

    def _tell(self) -> None:
        if self.large:  # nobody reads them else, and they take a look at every number
            self._told = words_of(self.value, self.title) if self.value is not None else ("", "")

    def _measure(self) -> None:
        """Keep the room taken. The scene's index holds the item by this rectangle, so that it must not follow from anything that
        changes by itself, as the value does in shared memory, or words with the language."""
        self.prepareGeometryChange()
        self._bounds = (self._rect | self.card() if self.large else self._rect).adjusted(-2, -2, 2, 2)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def _set_large(self, on: bool) -> None:
        self.large = on
        self._tell()
        self._measure()
        self.wire.setZValue(50 if on else -1)
        self.update()

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self._set_large(self._rect.adjusted(-3, -3, 3, 3).contains(event.pos()))

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        on = self._rect.adjusted(-3, -3, 3, 3).contains(event.pos())
        if on != self.large:
            self._set_large(on)

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self._set_large(False)

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if p.worldTransform().m11() < DETAILED or self._rect.isNull():
            return
        p.setRenderHint(AA, False)
        p.setRenderHint(SMOOTH, False)
        p.fillRect(self._rect.adjusted(-1, -1, 1, 1), theme().color("border"))
        p.drawImage(self._rect, self.image)
        if not self.large:
            return
        card, (first, second) = self.card(), self._told
        box(p, card, 6, theme().color("node"), theme().color("strong"))
        put(p, QRectF(card.x() + 8, card.y() + 4, card.width() - 16, 16), first, 10, "text", True)
        put(p, QRectF(card.x() + 8, card.y() + 20, card.width() - 16, 16), second, 10, "text2")
        cell = min(LARGE / self.image.width(), LARGE / self.image.height())
        picture = QRectF(card.x() + 8, card.y() + 40, cell * self.image.width(), cell * self.image.height())
        p.setRenderHint(AA, False)
        p.drawImage(picture, self.image)
