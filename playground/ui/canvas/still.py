"""What of a node does not change from one picture to the next, kept as an image: drawing it anew takes most of a node's time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPaintEngine, QPainter, QPixmap

from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.ui.canvas.node_item import NodeItem

#: Places within a pixel that are told apart, so that the image is the one that the painter would draw there.
PARTS = 64
#: Pictures that stay the same for as long as the node does.
STILL = ("", "glyph")


class Still:
    """The image of one node. It is made when the same is to be drawn for the second time: while someone zooms, that never happens."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._shown: object = None
        self._image: QPixmap | None = None
        self._at = QPointF()

    def draw(self, p: QPainter, item: NodeItem, paint: Callable[[QPainter], None]) -> bool:
        """Draw the image in the place of `paint`, which fills it; False where the painter has to draw the node itself."""
        now = p.worldTransform()
        if now.isRotating() or p.paintEngine().type() != QPaintEngine.Type.Raster:
            return False
        ratio = p.device().devicePixelRatio()
        bounds, scale = item.boundingRect(), now.m11()
        left, top = (now.m11() * bounds.x() + now.dx()) * ratio, (now.m22() * bounds.y() + now.dy()) * ratio
        off = left - math.floor(left), top - math.floor(top)
        shown = item.data_shown if item.look.preview in STILL else None
        key = (item.look, item.isSelected(), item.faulty, item.alarm, item.lit, item.first, theme().mode, scale, ratio,
               *(round(PARTS * part) for part in off))  # fmt: skip
        if key != self._key or shown is not self._shown:  # what is shown holds arrays, which tell no equality
            self._key, self._shown, self._image = key, shown, None
            return False
        if self._image is None:
            wide, high = (math.ceil(length * scale * ratio) + 1 for length in (bounds.width(), bounds.height()))
            self._image = QPixmap(wide, high)
            self._image.fill(Qt.GlobalColor.transparent)
            self._image.setDevicePixelRatio(ratio)
            inner = QPainter(self._image)
            inner.setFont(p.font())
            inner.translate(off[0] / ratio - bounds.x() * scale, off[1] / ratio - bounds.y() * scale)
            inner.scale(scale, scale)
            paint(inner)
            inner.end()
        p.resetTransform()
        p.drawPixmap(QPointF(math.floor(left) / ratio, math.floor(top) / ratio), self._image)
        p.setWorldTransform(now)
        return True
