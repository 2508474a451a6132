"""What the network answers over its inputs: a map for two inputs, a curve for one, with the samples on top."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.ui.painting import AA, CENTRE, LEFT, RIGHT, put
from playground.ui.plots.axis import Axis, short
from playground.ui.plots.hatching import hatch, holes_text
from playground.ui.plots.series import polygon
from playground.ui.theme import theme
from playground.words import say

#: Colours of the samples by class; the first two are those of the diverging map's ends.
POINT_INKS = ("#0A4A8C", "#8A3D00")
MOST_POINTS = 1500


def classes_image(response: np.ndarray, colors: list[QColor], ground: QColor) -> np.ndarray:
    """Each place in the colour of the likeliest class, paler where it is less sure. Shapes: (h, w, classes), finite -> (h, w) ARGB."""
    best = response.argmax(2)
    chance = 1 / response.shape[2]
    sure = np.clip((np.take_along_axis(response, best[..., None], 2)[..., 0] - chance) / (1 - chance), 0, 1)
    table = np.array([[c.red(), c.green(), c.blue()] for c in colors], float)[best % len(colors)]
    base = np.array([ground.red(), ground.green(), ground.blue()], float)
    rgb = (base + (0.15 + 0.6 * sure[..., None]) * (table - base)).astype(np.uint32)
    return (0xFF000000 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2]).astype(np.uint32)


def diverging_image(values: np.ndarray, limit: float, lut: np.ndarray) -> np.ndarray:
    """Values from −limit to limit on the diverging map. Shapes: (h, w), finite -> (h, w) ARGB."""
    return np.asarray(lut)[np.clip((values / max(limit, 1e-12) + 1) * 127.5, 0, 255).astype(np.uint8)]


class SurfacePlot(QWidget):
    """The decision boundary or regression surface over two inputs.

    Response maps are drawn with the second input upwards. Classes: two are blue and orange, more take the series' colours.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(say("Output over the two inputs"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(140, 140)
        self.low, self.high = (-1.0, -1.0), (1.0, 1.0)
        self.framed = False  # whether low and high stay, whatever part of them the map covers
        self._map = self.low, self.high
        self.names = ("x", "y")
        self.classes: tuple[str, ...] = ()
        self.response: np.ndarray | None = None
        self.limit, self.middle = 1.0, 0.0
        self.points = np.zeros((0, 2))
        self.targets = np.zeros(0)
        self.empty = say("No run yet. Press Train.")
        self._image: QImage | None = None
        self._over: QPixmap | None = None
        self._over_key: tuple[object, ...] = ()
        theme().changed.connect(self._recolor)

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def show_samples(self, points: np.ndarray, targets: np.ndarray, names: tuple[str, ...], classes: tuple[str, ...]) -> None:
        """Samples on top of the map, at most 1,500 of them at equal distances. Shapes: (n, 2), (n,)."""
        step = -(-len(points) // MOST_POINTS)
        self.points, self.targets = np.asarray(points[:: max(step, 1)], float), np.asarray(targets[:: max(step, 1)])
        self.names = (names[0], names[1]) if len(names) >= 2 else ("x", "y")
        self.classes, self._over = classes, None
        if self.response is None and len(self.points) and not self.framed:
            span = np.ptp(self.points, axis=0) * 0.1 + 1e-9
            self.low = tuple(self.points.min(0) - span)
            self.high = tuple(self.points.max(0) + span)
        self.update()

    def show_response(self, response: np.ndarray | None, low: tuple[float, float], high: tuple[float, float]) -> None:
        """The answers over the rectangle, or None for none. Shapes: (size, size, outputs), rows from low[1] to high[1]."""
        self.response = response
        self.setToolTip("" if response is None else holes_text(1 - float(np.mean(np.isfinite(response).all(2)))))
        if response is not None:
            self._map = low, high
            if not self.framed:
                self.low, self.high = low, high
        self._recolor()

    def _recolor(self) -> None:
        self._image = None if self.response is None else self._painted(self.response)
        self.update()

    def _painted(self, given: np.ndarray) -> QImage:
        known = np.isfinite(given).all(2)
        response = given if known.all() else np.where(known[..., None], given, 0)
        if len(self.classes) == 2 and response.shape[2] in (1, 2):
            values = 2 * response[..., -1] - 1
            self.limit, self.middle = 1.0, 0.5
            words = diverging_image(values, 1.0, theme().lut)
        elif response.shape[2] > 1 and self.classes:
            words = classes_image(response, [theme().series(k + 1)[0] for k in range(8)], theme().color("plot"))
        else:
            values = response[..., 0]
            self.middle = 0.0
            self.limit = float(np.abs(values).max()) if known.any() else 1.0
            words = diverging_image(values, self.limit, theme().lut)
        if response is not given:
            height, width = known.shape
            words = np.where(known, words, hatch(max(height, width), self.area.width() / width)[:height, :width])
        flipped = np.ascontiguousarray(words[::-1])
        height, width = flipped.shape
        return QImage(flipped.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()

    @property
    def area(self) -> QRectF:
        """The map: as large as fits in its own proportions, between labels left and below and the bar under them."""
        room = QRectF(44, 8, max(1, self.width() - 60), max(1, self.height() - 62))
        wide, tall = self.high[0] - self.low[0], self.high[1] - self.low[1]
        scale = min(room.width() / max(wide, 1e-12), room.height() / max(tall, 1e-12))
        if not 0.33 < wide / max(tall, 1e-12) < 3:  # inputs of unlike units need not share a scale
            return room
        return QRectF(room.x() + (room.width() - wide * scale) / 2, room.y(), wide * scale, tall * scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), self.area
        p.fillRect(self.rect(), theme().color("plot"))
        if self._image is None and not len(self.points):
            put(p, QRectF(self.rect()), say(self.empty), 12, "text3", how=CENTRE)
            p.end()
            return
        if self._image is not None:
            p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            p.save()
            p.setClipRect(r)
            p.drawImage(self._map_area(r), self._image)
            p.restore()
        p.setPen(QPen(theme().color("strong"), 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(r)
        self._draw_axes(p, r)
        p.drawPixmap(QPointF(0, 0), self._points_over(r))
        self._draw_bar(p, r)
        p.end()

    def _map_area(self, r: QRectF) -> QRectF:
        """The part of the axes' rectangle that the map covers."""
        (x0, y0), (x1, y1) = self._map
        wide, tall = r.width() / (self.high[0] - self.low[0] or 1.0), r.height() / (self.high[1] - self.low[1] or 1.0)
        return QRectF(
            r.x() + (x0 - self.low[0]) * wide, r.bottom() - (y1 - self.low[1]) * tall, (x1 - x0) * wide, (y1 - y0) * tall
        )

    def _draw_axes(self, p: QPainter, r: QRectF) -> None:
        across, up = Axis(self.low[0], self.high[0]), Axis(self.low[1], self.high[1])
        for v in across.ticks(max(2, int(r.width() / 60))):
            x = r.x() + across.place_one(v) * r.width()
            put(p, QRectF(x - 30, r.bottom() + 3, 60, 13), short(v), 10, "text3", how=CENTRE)
        for v in up.ticks(max(2, int(r.height() / 40))):
            y = r.bottom() - up.place_one(v) * r.height()
            put(p, QRectF(0, y - 7, r.x() - 6, 14), short(v), 10, "text3", how=RIGHT)
        put(p, QRectF(r.x(), r.bottom() + 15, r.width(), 14), self.names[0], 10, "text2", how=CENTRE)
        put(p, QRectF(2, r.y(), r.x() - 6, 14), self.names[1], 10, "text2", how=LEFT)

    def _points_over(self, r: QRectF) -> QPixmap:
        """The samples as a picture that is kept while they and the map's place stay the same: ringed points take most of a frame."""
        key = (r.getRect(), self.low, self.high, self.size().toTuple(), self.devicePixelRatio(), theme().mode)
        if self._over is None or self._over_key != key:
            ratio = self.devicePixelRatio()
            made = QPixmap(self.size() * ratio)
            made.setDevicePixelRatio(ratio)
            made.fill(Qt.GlobalColor.transparent)
            p = QPainter(made)
            p.setClipRect(r)
            self._draw_points(p, r)
            p.end()
            self._over, self._over_key = made, key
        return self._over

    def _draw_points(self, p: QPainter, r: QRectF) -> None:
        if not len(self.points):
            return
        span = np.array([self.high[0] - self.low[0], self.high[1] - self.low[1]])
        part = (self.points - np.array(self.low)) / np.where(span == 0, 1, span)
        pixels = np.stack([r.x() + part[:, 0] * r.width(), r.bottom() - part[:, 1] * r.height()], 1)
        size = 7.0 if len(self.points) < 200 else 5.0 if len(self.points) < 600 else 3.5
        p.setRenderHint(AA)
        ring = QColor("#FFFFFF")
        for ink, chosen in self._inks():
            spots = polygon(pixels[chosen])
            for color, wide in ((ring, size + 2), (ink, size)):
                p.setPen(QPen(color, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                p.drawPoints(spots)

    def _inks(self) -> list[tuple[QColor, np.ndarray]]:
        """Colour and mask of every group of samples."""
        if self.classes:
            inks = [QColor(ink) for ink in POINT_INKS] if len(self.classes) == 2 else [theme().series(k + 1)[0] for k in range(8)]
            return [(inks[k % len(inks)], self.targets == k) for k in range(len(self.classes))]
        top = float(np.abs(self.targets).max(initial=0.0)) or 1.0
        bins = np.clip(((self.targets / top + 1) * 3.5).astype(int), 0, 6)
        return [(QColor(int(theme().lut[int(k * 255 / 6)])), bins == k) for k in range(7) if (bins == k).any()]

    def _draw_bar(self, p: QPainter, r: QRectF) -> None:
        y = min(r.bottom() + 36, self.height() - 16.0)
        if len(self.classes) > 2:
            x = r.x()
            for k, name in enumerate(self.classes[:8]):
                p.fillRect(QRectF(x, y + 2, 10, 10), theme().series(k + 1)[0])
                put(p, QRectF(x + 14, y, 80, 14), name, 10, "text2")
                x += 24 + min(80.0, 6.2 * len(name) + 8)
            return
        words = self.classes if self.classes else (short(-self.limit), short(self.limit))
        bar = QRectF(r.x() + r.width() * 0.25, y + 4, r.width() * 0.5, 6)
        table = np.ascontiguousarray(theme().lut[None, :])
        p.drawImage(bar, QImage(table.data, 256, 1, 1024, QImage.Format.Format_RGB32).copy())
        put(p, QRectF(r.x(), y, r.width() * 0.25 - 6, 14), words[0], 10, "text2", how=RIGHT)
        put(p, QRectF(bar.right() + 6, y, r.width() * 0.25, 14), words[1], 10, "text2")


def nice_bounds(points: np.ndarray, pad: float = 0.15) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Corners around samples with some room. Shapes: (n, inputs)."""
    low, high = points.min(0), points.max(0)
    room = pad * np.where(high > low, high - low, 1.0)
    return tuple(float(v) for v in low - room), tuple(float(v) for v in high + room)
