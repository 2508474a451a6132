"""What every painted widget draws with: boxes, group chips, stamped icons, one line of text."""

from __future__ import annotations

import math
from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPaintEngine, QPainter, QPaintEvent, QPen
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from playground.paths import assets_dir
from playground.ui.theme import DRAWN_IN, icon_names, theme
from playground.words import say

AA = QPainter.RenderHint.Antialiasing
SMOOTH = QPainter.RenderHint.SmoothPixmapTransform
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
LEFT = _MIDDLE | Qt.AlignmentFlag.AlignLeft
RIGHT = _MIDDLE | Qt.AlignmentFlag.AlignRight
CENTRE = _MIDDLE | Qt.AlignmentFlag.AlignHCenter

#: Palette group of a catalogue record -> colour token; a group that is not listed is drawn as a block.
GROUP_COLORS = {
    "Data": "c_data",
    "Dense and convolution": "c_linear",
    "Activation": "c_act",
    "Normalise, regularise": "c_norm",
    "Pool and shape": "c_shape",
    "Sequence": "c_seq",
    "Attention": "c_attn",
    "Merge": "c_merge",
    "Blocks": "c_block",
    "Loss": "c_loss",
}


def group_color(kind: str, group: str) -> str:
    """The colour token of a record: by kind for data and losses, else by its palette group."""
    by_kind = {"dataset": "c_data", "loss": "c_loss"}.get(kind)
    return by_kind or GROUP_COLORS.get(group, "c_block")


def ink_on(ground: QColor) -> QColor:
    """Black or white, whichever is read more easily on a ground: the better of both is never below 4.5:1.

    Source: WCAG 2.2, relative luminance and contrast ratio.
    """
    parts = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (ground.redF(), ground.greenF(), ground.blueF())
    )
    light = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
    return QColor("white") if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else QColor("black")


@lru_cache(None)
def metrics(px: int, bold: bool = False) -> QFontMetricsF:
    """Measures of the interface font."""
    return QFontMetricsF(theme().font(px, bold))


def width_of(text: str, px: int = 12, bold: bool = False) -> float:
    """How wide a line of text is."""
    return metrics(px, bold).horizontalAdvance(text)


def forget_widths() -> None:
    """Measure anew: another language brings another font."""
    metrics.cache_clear()
    elided.cache_clear()
    middled.cache_clear()


@lru_cache(4096)
def elided(text: str, room: float, px: int = 12, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it does not fit."""
    return metrics(px, bold).elidedText(text, Qt.TextElideMode.ElideRight, room)


@lru_cache(4096)
def middled(name: str, room: float, px: int = 12, bold: bool = False) -> str:
    """A name, cut in its middle where it does not fit: names often differ at their ends only."""
    return metrics(px, bold).elidedText(name, Qt.TextElideMode.ElideMiddle, room)


def put(
    p: QPainter, r: QRectF, text: str, px: int = 12, ink: str = "text", bold: bool = False, how: Qt.AlignmentFlag = LEFT
) -> None:
    """Draw one line of text in a token's colour, cut with an ellipsis where the rectangle is too narrow."""
    p.setFont(theme().font(px, bold))
    p.setPen(theme().color(ink))
    p.drawText(r, int(how), elided(text, r.width() + 0.5, px, bold))


def box(p: QPainter, r: QRectF, radius: float, fill: QColor | None, edge: QColor | None, width: float = 1) -> None:
    """A rounded box whose edge lies inside the rectangle and stays sharp."""
    p.setRenderHint(AA)
    p.setPen(QPen(edge, width) if edge else Qt.PenStyle.NoPen)
    p.setBrush(fill if fill else Qt.BrushStyle.NoBrush)
    h = width / 2 if edge else 0
    p.drawRoundedRect(QRectF(r).adjusted(h, h, -h, -h), radius, radius)


def chip(p: QPainter, x: float, y: float, size: int, icon: str, group: str, over: str = "node") -> None:
    """A group chip: soft fill in the group's colour and the record's icon."""
    box(p, QRectF(x, y, size, size), 3, theme().tint(group, 0.16, over), None)
    stamp(p, x + size / 2, y + size / 2, icon, group, 13 if size < 24 else 20)


def stamp(p: QPainter, x: float, y: float, icon: str, ink: str, px: int = 16) -> None:
    """Draw an icon centred on a point, rasterised for the zoom in half steps so that its lines stay whole; into an SVG as lines."""
    if p.paintEngine().type() == QPaintEngine.Type.SVG:
        drawing(theme().mode, icon, ink).render(p, QRectF(x - px / 2, y - px / 2, px, px))
        return
    scale = p.device().devicePixelRatio() * p.worldTransform().m11()
    at = max(1.0, math.ceil(scale * 2) / 2) if scale > 0.6 else 1.0
    image = theme().pixmap(icon, px, ink, at)
    p.setRenderHint(SMOOTH, scale != at)
    r = QRectF(x - px / 2, y - px / 2, px, px)
    if scale == at:
        r.moveTo(round(r.x() * at) / at, round(r.y() * at) / at)
    p.drawPixmap(r, image, QRectF(image.rect()))


@cache
def drawing(mode: str, icon: str, ink: str) -> QSvgRenderer:
    """An icon as lines, in a token's colour."""
    name = icon if icon in icon_names() else "block"
    text = (assets_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(text.replace(DRAWN_IN, theme().color(ink).name()).encode()))


def rule(p: QPainter, x: float, y: float, width: float, height: float = 1) -> None:
    """A hairline."""
    p.fillRect(QRectF(x, y, width, height), theme().color("border"))


class Painted(QWidget):
    """A widget that paints itself in `draw`; its size hint is its fixed size, which title bars and menu corners ask for."""

    def __init__(self, height: int = 0, width: int = 0, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setAccessibleName(say(name))
        if height:
            self.setFixedHeight(height)
        if width:
            self.setFixedWidth(width)

    def draw(self, p: QPainter, r: QRectF) -> None:
        """Paint the whole rectangle."""
        raise NotImplementedError

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        self.draw(p, QRectF(self.rect()))
        p.end()
