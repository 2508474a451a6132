"""What of a node does not change from one picture to the next, kept as an image: drawing it anew takes most of a node's time."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPaintEngine, QPainter, QPixmap, QTransform

from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.ui.canvas.node_item import NodeItem

#: Images of nodes that look alike, of which so many are kept.
MOST_ALIKE = 512
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
        if not _plain(p, now):
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
            self._image = _made(bounds, scale, ratio, off, paint)
        p.resetTransform()
        p.drawPixmap(QPointF(math.floor(left) / ratio, math.floor(top) / ratio), self._image)
        p.setWorldTransform(now)
        return True


class Alike:
    """Images that nodes share which look alike from afar, at the scale of the moment; each stands on whole pixels."""

    def __init__(self) -> None:
        self._scale: tuple[object, ...] = ()
        self._images: dict[Hashable, QPixmap] = {}

    def draw(self, p: QPainter, item: NodeItem, key: Hashable, paint: Callable[[QPainter], None]) -> None:
        """Draw the image of a key, which `paint` fills when it is new."""
        now = p.worldTransform()
        if not _plain(p, now):
            paint(p)
            return
        ratio, zoom = p.device().devicePixelRatio(), now.m11()
        scale = zoom, ratio, theme().mode
        if scale != self._scale or len(self._images) > MOST_ALIKE:
            self._scale, self._images = scale, {}
        image = self._images.get(key)
        if image is None:
            image = self._images[key] = _made(item.body(), zoom, ratio, (0.0, 0.0), paint)
        p.resetTransform()
        p.drawPixmap(QPointF(round(now.dx() * ratio) / ratio, round(now.dy() * ratio) / ratio), image)
        p.setWorldTransform(now)


@cache
def alike() -> Alike:
    """Those of the program."""
    return Alike()


def _plain(p: QPainter, now: QTransform) -> bool:
    """Whether it paints pixels, straight."""
    return not now.isRotating() and p.paintEngine().type() == QPaintEngine.Type.Raster


def _made(bounds: QRectF, scale: float, ratio: float, off: tuple[float, float], paint: Callable[[QPainter], None]) -> QPixmap:
    """An image of what is painted within bounds. off: the part of a pixel by which it lies further right and down."""
    wide, high = (math.ceil(length * scale * ratio) + 1 for length in (bounds.width(), bounds.height()))
    made = QPixmap(wide, high)
    made.fill(Qt.GlobalColor.transparent)
    made.setDevicePixelRatio(ratio)
    p = QPainter(made)
    p.translate(off[0] / ratio - bounds.x() * scale, off[1] / ratio - bounds.y() * scale)
    p.scale(scale, scale)
    paint(p)
    p.end()
    return made
