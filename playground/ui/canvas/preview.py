"""What nodes show below their shape line: small pictures composed in one image for each node."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from playground.document.node_size import TILE, TILE_GAP
from playground.training.surfaces import CLASSES, SHADES, SIDE, VOID
from playground.ui.canvas.chances import Kept, Spread, paint_kept, paint_spread
from playground.ui.canvas.look import MAP_GAP, MAP_SIDE, MAPS, NodeLook
from playground.ui.canvas.sequences import Strip, paint_strip
from playground.ui.painting import AA, CENTRE, LEFT, RIGHT, SMOOTH, box, put, width_of
from playground.ui.plots.hatching import hatch
from playground.ui.theme import theme
from playground.words import say

POINT_COLORS = ("#0A4A8C", "#8A3D00")


@dataclass
class PreviewData:
    """Values behind a node's picture.

    maps: (n, h, w) values, scaled to -1 to 1 for tiles, maps and fields, 0 to 1 for an image; or places in the scale of colours, uint8.
    curve: (n, 2) points in the unit square.  bars: (k,) shares in 0 to 1.  number, caption: the loss node's figure and the words under
    it.  points: (n, 2) in the unit square with their classes.  notes: a word under each tile; lines: below them.  flagged: indices of
    saturated or dead units.  strip: one sequence.  kept: what dropout leaves.  spread: a histogram.  many: classes between which the
    maps decide, where they are more than two.
    """

    maps: np.ndarray | None = None
    curve: np.ndarray | None = None
    bars: np.ndarray | None = None
    bar_names: tuple[str, ...] = ()
    number: str = ""
    caption: str = ""
    points: np.ndarray | None = None
    classes: np.ndarray | None = None
    ends: tuple[str, str] = ("", "")
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    flagged: tuple[int, ...] = field(default=())
    strip: Strip | None = None
    kept: Kept | None = None
    spread: Spread | None = None
    many: int = 0

    def void(self) -> float:
        """The share of the places of coded maps where there is no finite number, 0 to 1."""
        if self.maps is None or self.maps.dtype != np.uint8 or self.maps.all():  # `VOID` is 0
            return 0.0
        return float(np.mean(self.maps == VOID))


def class_scale() -> np.ndarray:
    """The colours of a decision between several classes, coded as in `surfaces.decision`. Shapes: (256,) ARGB."""
    ground, *inks = (_numbers_of(color) for color in (theme().color("plot"), *(theme().series(k + 1)[0] for k in range(CLASSES))))
    sure = 0.15 + 0.6 * np.linspace(0.0, 1.0, SHADES)[None, :, None]
    rgb = (ground + sure * (np.stack(inks)[:, None] - ground)).reshape(-1, 3).astype(np.uint32)
    return np.asarray(0xFF000000 | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2], np.uint32)


def _numbers_of(color: QColor) -> np.ndarray:
    return np.array([color.red(), color.green(), color.blue()], float)


class Atlas:
    """Pictures composed in one image that wraps a buffer of its own, so that an update allocates little.

    size, gap: in the image's own pixels; on the canvas all of it is `scale` times as large.  edge: colour of a frame round each picture.
    classes: whether codes are of a decision between several classes.
    """

    def __init__(self, rows: int, cols: int, size: int, gap: int, grey: bool = False, scale: float = 1.0) -> None:
        self.rows, self.cols, self.grey = rows, cols, grey
        self.edge: int | None = None
        self.classes = False
        self._maps: np.ndarray | None = None
        self._lay(size, gap, scale)

    def _lay(self, size: int, gap: int, scale: float) -> None:
        self.size, self.gap, self.scale = size, gap, scale
        height, width = (n * size + (n - 1) * gap for n in (self.rows, self.cols))
        self.words = np.zeros((height, width), np.uint32)
        self.image = QImage(self.words.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)

    def fit(self, size: int, gap: int, pixels: float) -> None:
        """Compose anew so that the image is drawn as it is: size, gap: on the canvas; pixels: of the screen, for each of the canvas."""
        cell, apart = max(2, round(size * pixels)), round(gap * pixels)
        if (cell, apart) != (self.size, self.gap):
            self._lay(cell, apart, 1 / pixels)
            if self._maps is not None:
                self.compose(self._maps, self.edge)

    def compose(self, maps: np.ndarray, edge: int | None = None) -> None:
        """Colour pictures of values. Shapes: maps (n, h, w); only the first rows·cols are drawn."""
        self._maps, self.edge = maps, edge
        if len(maps) < self.rows * self.cols:
            self.words[:] = 0
        maps = maps[: self.rows * self.cols]
        if maps.dtype == np.uint8:
            if maps.shape[1] != self.size:
                to = (np.arange(self.size) * maps.shape[1]) // self.size
                maps = maps[:, to[:, None], to]
            words = (class_scale() if self.classes else theme().lut)[maps]
            if not maps.all():  # `VOID` is 0
                words = np.where(maps == VOID, hatch(maps.shape[1], self.scale), words)
        elif self.grey:
            maps = _numbers(maps)
            shade = np.clip(maps, 0, 1)
            level = ((shade if theme().dark else 1 - shade) * 255).astype(np.uint32)
            words = (0xFF000000 | level * 0x10101).astype(np.uint32)
        else:
            maps = _numbers(maps)
            words = theme().lut[((np.clip(maps, -1, 1) + 1) * 127.5).astype(np.uint8)]
        if words.shape[1:] != (self.size, self.size):
            down = (np.arange(self.size) * words.shape[1]) // self.size
            across = (np.arange(self.size) * words.shape[2]) // self.size
            words = words[:, down][:, :, across]
        if edge is not None:
            words[:, [0, -1], :] = edge
            words[:, :, [0, -1]] = edge
        step = self.size + self.gap
        for k, picture in enumerate(words):
            y, x = k // self.cols * step, k % self.cols * step
            self.words[y : y + self.size, x : x + self.size] = picture


def _numbers(maps: np.ndarray) -> np.ndarray:
    """The same with 0 for what is not a number; that there is none is seen in their sum, in a tenth of the time."""
    return maps if np.isfinite(maps.sum()) else np.nan_to_num(maps, nan=0.0, posinf=1.0, neginf=-1.0)


def make_atlas(look: NodeLook) -> Atlas | None:
    """The image a preview kind needs, or None for kinds that are drawn with lines and text."""
    if look.preview == "tiles":
        return Atlas(-(-look.units // 2), 2, SIDE, round(SIDE * TILE_GAP / TILE), scale=TILE / SIDE)
    if look.preview == "maps":
        side = next(n for n in range(1, MAP_SIDE + 1) if n * n >= look.units or n == MAP_SIDE) if look.units else MAP_SIDE
        return Atlas(side, side, (MAPS + MAP_GAP) // side - MAP_GAP, MAP_GAP)
    if look.preview == "field":
        return Atlas(1, 1, SIDE, 0, scale=int(look.width - 18) / SIDE)
    return Atlas(1, 1, 88, 0, grey=True) if look.preview == "image" else None


def has_picture(look: NodeLook, data: PreviewData | None) -> bool:
    """Whether there is something to draw for this kind."""
    if data is None:
        return False
    return {
        "glyph": data.curve is not None,
        "bars": data.bars is not None,
        "number": bool(data.number),
        "strip": data.strip is not None,
        "kept": data.kept is not None,
        "spread": data.spread is not None,
    }.get(look.preview, data.maps is not None)


def paint_preview(p: QPainter, r: QRectF, look: NodeLook, data: PreviewData | None, atlas: Atlas | None) -> None:
    """Draw the picture, or a frame that says that there is none yet."""
    if data is None or not has_picture(look, data):
        paint_missing(p, r)
    elif atlas is not None:
        paint_atlas(p, r, look, data, atlas)
    elif look.preview == "glyph" and data.curve is not None:
        paint_curve(p, r, look.group, data.curve)
    elif look.preview == "bars" and data.bars is not None:
        paint_bars(p, r, data.bars, data.bar_names)
    elif look.preview == "strip" and data.strip is not None:
        paint_strip(p, r.adjusted(0, 2, 0, -4), data.strip)
    elif look.preview == "kept" and data.kept is not None:
        paint_kept(p, r, look.group, data.kept)
    elif look.preview == "spread" and data.spread is not None:
        paint_spread(p, r, look.group, data.spread)
    elif look.preview == "number":
        put(p, QRectF(9, 50, r.width(), 30), data.number, 22, "text", True)
        put(p, QRectF(9, 85, r.width(), 16), data.caption, 10, "text2")


def paint_missing(p: QPainter, r: QRectF) -> None:
    """The empty state of a preview."""
    p.setPen(QPen(theme().color("border"), 1, Qt.PenStyle.DashLine))
    p.setBrush(theme().color("base"))
    p.drawRect(r.adjusted(0.5, 0.5, -0.5, -0.5))
    put(p, r.adjusted(3, 0, -3, 0), say("no preview yet"), 10, "text3", how=CENTRE)


def paint_atlas(p: QPainter, r: QRectF, look: NodeLook, data: PreviewData, atlas: Atlas) -> None:
    """Tiles, filter maps, one image or one large field."""
    zoom = p.worldTransform().m11()
    pixels = zoom * p.device().devicePixelRatio()
    if look.preview == "tiles":
        atlas.fit(TILE, TILE_GAP, pixels)
    elif look.preview == "maps":  # else the gaps between filters go under where the canvas is small
        atlas.fit((MAPS + MAP_GAP) // atlas.cols - MAP_GAP, MAP_GAP, pixels)
    p.setRenderHint(SMOOTH, (zoom != 1 or atlas.scale != 1) and look.preview not in ("maps", "image", "tiles"))
    wide, high = atlas.image.width() * atlas.scale, atlas.image.height() * atlas.scale
    y = r.y() + (2 if look.preview == "image" else 0)
    x = float(round(r.center().x() - wide / 2))
    p.setRenderHint(AA, False)
    p.drawImage(QRectF(x, y, wide, high), atlas.image)
    if look.preview == "field":
        paint_field_foot(p, r, look, data)
        return
    p.setBrush(Qt.BrushStyle.NoBrush)
    for k in data.flagged:
        p.setPen(QPen(theme().color("warn"), 2))
        p.drawRect(QRectF(x + k % 2 * (TILE + TILE_GAP), y + k // 2 * (TILE + TILE_GAP), TILE, TILE))
    below = y + high
    for k, note in enumerate(data.notes):
        put(p, QRectF(x + k * (TILE + TILE_GAP), below + 1, TILE, 14), note, 10, "text2", how=CENTRE)
    for k, line in enumerate(data.lines):
        put(p, QRectF(r.x(), below + 21 + 15 * k, r.width(), 15), say(line), 10, "text2")


def point_ink(kind: int, many: int) -> QColor:
    """The colour of the points of a class; of more than two classes those of the series, as in the Output panel."""
    return theme().series(kind % CLASSES + 1)[0] if many else QColor(POINT_COLORS[kind % 2])


def paint_field_foot(p: QPainter, r: QRectF, look: NodeLook, data: PreviewData) -> None:
    """The scale under a large field, and the points on the loss node's."""
    foot = QRectF(r.x(), look.height - 22, r.width(), 16)
    put(p, foot, data.ends[0], 9, "text2", how=LEFT)
    put(p, foot, data.ends[1], 9, "text2", how=RIGHT)
    if look.group != "c_loss":
        return
    bar = QRectF(r.x() + 44, foot.center().y() - 3, r.width() - 88, 7)
    if data.many:
        wide = bar.width() / data.many
        for k in range(data.many):
            p.fillRect(QRectF(bar.x() + k * wide, bar.y(), wide, bar.height()), point_ink(k, data.many))
    else:
        p.drawImage(bar, QImage(theme().lut.tobytes(), 256, 1, 1024, QImage.Format.Format_RGB32))
    if data.points is None or data.classes is None:
        return
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = r.width()
    for kind in np.unique(data.classes):
        ink = point_ink(int(kind), data.many)
        here = data.points[data.classes == kind]
        dots = QPolygonF([QPointF(r.x() + a * side, r.y() + b * side) for a, b in here])
        for width, color in ((6.5, QColor("white")), (4.5, ink)):
            p.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            p.drawPoints(dots)


def paint_bars(p: QPainter, r: QRectF, bars: np.ndarray, names: tuple[str, ...]) -> None:
    """Class shares as labelled bars."""
    step = r.height() / max(len(bars), 1)
    wide = min(max([12.0, *(width_of(name, 9) + 1 for name in names)]), 0.55 * r.width())
    for k, share in enumerate(bars):
        y = r.y() + k * step
        put(p, QRectF(r.x(), y, wide, step), names[k] if k < len(names) else str(k), 9, "text2")
        ground = QRectF(r.x() + wide + 4, y + 1, r.width() - wide - 4, max(2.0, step - 3))
        p.fillRect(ground, theme().color("plotgrid"))
        p.fillRect(
            QRectF(ground.x(), ground.y(), ground.width() * float(np.clip(share, 0, 1)), ground.height()), theme().color("s1")
        )


def paint_curve(p: QPainter, r: QRectF, group: str, curve: np.ndarray) -> None:
    """The layer's function as a curve in a small frame."""
    box(p, r.adjusted(0, 2, 0, -4), 3, theme().color("base"), theme().color("border"))
    p.setPen(QPen(theme().color(group), 2))
    points = [QPointF(r.x() + 6 + a * (r.width() - 12), r.bottom() - 12 - b * (r.height() - 20)) for a, b in curve]
    p.drawPolyline(QPolygonF(points))
