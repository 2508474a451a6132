"""A small picture drawn with the mouse, pixel by pixel with a soft brush; or by keys."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.ui.theme import theme
from playground.words import say

#: Width of the brush as a share of the picture.
BRUSH = 0.075
#: Grey that can be read on the white ground (contrast 4.8 to 1, WCAG 2.2, 1.4.3).
HINT = QColor("#6B7480")
_KEYS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class PixelPad(QWidget):
    """drawn(): the picture changed.  picture: (height, width) from 0, ground, to 1, full ink.

    The left button draws, the right one rubs out. Keys: arrows move a frame, Space draws in it, Delete rubs out.
    """

    drawn = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = np.zeros((8, 8))
        self.cell: tuple[int, int] | None = None
        self._last: QPointF | None = None
        self._rubs = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(say("Picture to draw"))
        self.setAccessibleDescription(say("Arrows move a frame, Space draws in it, Delete rubs out."))
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(220, 220)

    def show_picture(self, picture: np.ndarray) -> None:
        """Show a picture, or an empty one of another size. Shapes: (height, width), 0 to 1."""
        self.picture = np.clip(np.array(picture, float), 0.0, 1.0)
        self.cell = None
        self.update()

    def clear(self) -> None:
        self.show_picture(np.zeros_like(self.picture))
        self.drawn.emit()

    @property
    def area(self) -> QRectF:
        """The picture as large as fits."""
        high, wide = self.picture.shape
        scale = min((self.width() - 8) / wide, (self.height() - 8) / high)
        return QRectF((self.width() - wide * scale) / 2, (self.height() - high * scale) / 2, wide * scale, high * scale)

    def place(self, pixel: QPointF) -> QPointF:
        """A pixel of the screen in pixels of the picture."""
        r, (high, wide) = self.area, self.picture.shape
        return QPointF((pixel.x() - r.x()) / r.width() * wide, (pixel.y() - r.y()) / r.height() * high)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            super().mousePressEvent(event)
            return
        self.cell, self._rubs = None, event.button() == Qt.MouseButton.RightButton
        self._last = self.place(event.position())
        self._line(self._last, self._last)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            to = self.place(event.position())
            self._line(self._last, to)
            self._last = to

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    def _line(self, start: QPointF, end: QPointF) -> None:
        """Ink along a line: full in its middle, none from the brush's width on."""
        high, wide = self.picture.shape
        radius = max(BRUSH * max(high, wide), 0.55)
        y, x = np.mgrid[0:high, 0:wide] + 0.5
        dx, dy = end.x() - start.x(), end.y() - start.y()
        length = dx * dx + dy * dy
        part = np.clip(((x - start.x()) * dx + (y - start.y()) * dy) / length, 0, 1) if length else np.zeros_like(x)
        away = np.hypot(x - start.x() - part * dx, y - start.y() - part * dy)
        ink = np.clip(1.6 - away / radius, 0.0, 1.0)
        self.picture = np.minimum(self.picture, 1 - ink) if self._rubs else np.maximum(self.picture, ink)
        self.update()
        self.drawn.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, (high, wide) = Qt.Key(event.key()), self.picture.shape
        if key in _KEYS:
            row, column = self.cell or (high // 2, wide // 2)
            down, right = _KEYS[key]
            self.cell = (min(max(row + down, 0), high - 1), min(max(column + right, 0), wide - 1))
            self.update()
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.cell is not None:
            self.picture[self.cell] = float(key == Qt.Key.Key_Space)
            self.update()
            self.drawn.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r, (high, wide) = QPainter(self), self.area, self.picture.shape
        p.fillRect(self.rect(), theme().color("plot"))
        levels = np.ascontiguousarray(np.round(255 * (1 - self.picture)), np.uint8)
        p.drawImage(r, QImage(levels.data, wide, high, wide, QImage.Format.Format_Grayscale8))
        if not self.picture.any() and not self.hasFocus():  # the ground is white in both themes
            p.setFont(theme().font(13))
            p.setPen(HINT)
            p.drawText(r, int(Qt.AlignmentFlag.AlignCenter), say("Draw here"))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.setPen(QPen(theme().color("accent" if self.hasFocus() else "strong"), 2 if self.hasFocus() else 1))
        p.drawRect(r)
        if self.cell is not None:
            side_x, side_y = r.width() / wide, r.height() / high
            p.setPen(QPen(theme().color("accent"), 2))
            p.drawRect(QRectF(r.x() + self.cell[1] * side_x, r.y() + self.cell[0] * side_y, side_x, side_y))
        p.end()
