"""How a node is drawn: body, ports, badge, preview and states, with less detail when far away."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from playground.ui.canvas.levels import BLOCK, DETAILED, LEGIBLE, NAMED
from playground.ui.canvas.preview import paint_missing, paint_preview
from playground.ui.canvas.still import STILL, alike
from playground.ui.painting import AA, CENTRE, RIGHT, box, chip, middled, put, stamp, width_of
from playground.ui.theme import theme
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.canvas.node_item import NodeItem

PORT_RADIUS, QUIET_RADIUS = 4.5, 3.5
HANDLE = 8  # radius of the handle of the weights
PHASE_INK = {"forward": "s1", "backward": "s2", "update": "ok"}
PHASE_WORDS = {"forward": sentence("forward"), "backward": sentence("backward"), "update": sentence("update")}
BADGE_INK = {"error": "error", "warn": "warn", "frozen": "info", "tied": "c_block"}


def paint_node(p: QPainter, item: NodeItem, on_screen: bool = True) -> None:
    """All of a node, as much as can be made out at the painter's zoom. on_screen: images that were kept may be used."""
    look, zoom = item.look, p.worldTransform().m11()
    if zoom < BLOCK:
        if item.isSelected():
            p.fillRect(item.body().adjusted(-8, -8, 8, 8), theme().color("accent"))
        p.fillRect(item.body(), theme().color(look.group))
        return
    if look.state == "waiting":
        p.setOpacity(0.5)
    if zoom < NAMED:
        _small(p, item, zoom, on_screen)
        p.setOpacity(1.0)
        return
    calm = on_screen and look.state != "waiting" and not (item.open or item.phase or item.fitting or item.hot_port)
    if not (calm and item.still.draw(p, item, lambda inner: _still(inner, item, zoom))):
        _still(p, item, zoom)
    _line(p, item, zoom)
    if look.preview in STILL and look.state == "normal":
        pass
    elif look.preview and look.state != "normal" and look.group != "c_data":  # data is known whatever becomes of it
        paint_missing(p, item.preview_rect())
    elif look.preview:
        paint_preview(p, item.preview_rect(), look, item.data_shown, item.atlas)
    foot = look.height - (5 if item.isSelected() else 3)  # clear of the ring's two pixels
    if item.progress >= 0:
        p.fillRect(QRectF(4, foot, (look.width - 6) * min(item.progress, 1.0), 2), theme().color("accent"))
    elif item.part > 0 and look.state == "normal":  # of a step's time
        p.fillRect(QRectF(4, foot, (look.width - 6) * min(item.part, 1.0), 2), theme().color("text3"))
    if item.phase:
        _phase(p, item)
    if item.look.weighty and item.hover and zoom >= DETAILED:
        grip = QRectF(0, 0, 2 * HANDLE, 2 * HANDLE)
        grip.moveCenter(item.handle())
        box(p, grip, HANDLE, theme().color("node"), theme().color("c_block"))
        stamp(p, grip.center().x(), grip.center().y(), "tied", "c_block", 12)
    p.setOpacity(1.0)


def _still(p: QPainter, item: NodeItem, zoom: float) -> None:
    """All that no new number changes."""
    _body(p, item)
    _head(p, item, zoom)
    if item.look.preview in STILL and item.look.preview and item.look.state == "normal":
        paint_preview(p, item.preview_rect(), item.look, item.data_shown, item.atlas)
    _ports(p, item)


def _small(p: QPainter, item: NodeItem, zoom: float, on_screen: bool) -> None:
    """From afar: straight corners, which nobody can tell from round ones, and a name while it can be read."""
    look, edge = item.look, _edge(item)
    rim = 2 if item.isSelected() or look.state == "error" else 1
    if on_screen:
        key = (look.group, look.icon, look.width, look.height, look.state == "error", edge.rgba(), rim)
        alike().draw(p, item, key, lambda inner: _block(inner, item, zoom, edge, rim / zoom))
    else:
        _block(p, item, zoom, edge, rim / zoom)
    if zoom >= LEGIBLE:
        room = look.width - 44
        put(p, QRectF(42, 0, room, look.height), middled(look.name, room, 24, True), 24, "text", True)


def _block(p: QPainter, item: NodeItem, zoom: float, edge: QColor, rim: float) -> None:
    """A node from afar without its name. rim: of its edge, on the canvas."""
    look, body = item.look, item.body()
    p.fillRect(body, edge)
    p.fillRect(body.adjusted(rim, rim, -rim, -rim), _fill(item))
    p.fillRect(QRectF(0, 0, max(4.0, 2 / zoom), look.height), theme().color(look.group))
    p.fillRect(QRectF(9, look.height / 2 - 14, 28, 28), theme().tint(look.group))
    stamp(p, 23, look.height / 2, look.icon, look.group, 20)


def _phase(p: QPainter, item: NodeItem) -> None:
    """The light of a node at work in slow motion, with the direction in words above it."""
    ink = theme().color(PHASE_INK[item.phase])
    glow = QColor(ink)
    for wide, alpha in ((6, 0.2), (4, 0.4)):
        glow.setAlphaF(alpha)
        box(p, item.body().adjusted(-wide, -wide, wide, wide), 6 + wide, None, glow, 2)
    box(p, item.body(), 6, None, ink, 2)
    words = say(PHASE_WORDS[item.phase])
    pill = QRectF(item.look.width - width_of(words, 10, True) - 20, 27, width_of(words, 10, True) + 12, 17)
    box(p, pill, 8, theme().color("node"), ink)
    put(p, pill, words, 10, PHASE_INK[item.phase], True, CENTRE)


def _edge(item: NodeItem) -> QColor:
    bad = item.look.state == "error" or item.faulty or item.alarm == "error"
    return theme().color(
        "accent"
        if item.isSelected()
        else "error"
        if bad
        else "warn"
        if item.alarm
        else "c_block"
        if item.lit
        else "strong"
        if item.hover
        else "border"
    )


def _fill(item: NodeItem) -> QColor:
    return theme().tint("error", 0.06) if item.look.state == "error" else theme().color("node")


@lru_cache(maxsize=512)
def _bar(width: float, height: float) -> QPainterPath:
    """The left edge of a node, as the corners leave it; a path, because a clip is lost in an SVG."""
    whole, edge = QPainterPath(), QPainterPath()
    whole.addRoundedRect(QRectF(0, 0, width, height), 6, 6)
    edge.addRect(QRectF(0, 0, 4, height))
    return whole.intersected(edge)


def _body(p: QPainter, item: NodeItem) -> None:
    look, chosen, bad = item.look, item.isSelected(), item.look.state == "error" or item.faulty or bool(item.alarm)
    body = item.body()
    if chosen:
        ring = QColor(theme().color("accent"))
        ring.setAlphaF(0.35)
        box(p, body.adjusted(-4, -4, 4, 4), 9, None, ring, 2)
    box(p, body, 6, _fill(item), _edge(item), 2 if chosen or bad or item.lit else 1)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(theme().color(look.group))
    p.drawPath(_bar(look.width, look.height))


def _head(p: QPainter, item: NodeItem, zoom: float) -> None:
    look = item.look
    chip(p, 9, 6, 18, look.icon, look.group)
    # An amber edge alone would speak by its colour only.
    badge = "error" if item.faulty or item.alarm == "error" else "warn" if item.alarm else look.badge
    further = further_text(look.more, item.first, look.units) if look.more and not badge and zoom >= DETAILED else ""
    beside = 20 if badge else 7 + width_of(further, 9) if further else 0
    room = look.width - (36 if beside else 39) - beside
    put(p, QRectF(33, 6, room, 18), middled(look.name, room, 12, True), 12, "text", True)
    if badge:
        stamp(p, look.width - 14, 15, badge, BADGE_INK.get(badge, "accent"), 13)
    if further:
        put(p, QRectF(look.width - 50, 6, 44, 18), further, 9, "text3", how=RIGHT)


def _line(p: QPainter, item: NodeItem, zoom: float) -> None:
    """The shape, or what the node does now."""
    look = item.look
    if zoom >= DETAILED and not item.phase:  # in slow motion the direction stands there
        line = item.live_line if item.live_line and look.state == "normal" else look.line
        put(p, QRectF(9, 28, look.width - 15, 16), line, 10, "error" if look.state == "error" else "text2")
        wide = width_of(item.share, 9)
        if item.share and look.state == "normal" and 9 + width_of(line, 10) + 20 + wide + 8 <= look.width:
            put(p, QRectF(9, 28, look.width - 17, 16), item.share, 9, "text3", how=RIGHT)
            stamp(p, look.width - 8 - wide - 8, 36, "clock", "text3", 9)


def further_text(more: int, first: int, units: int) -> str:
    """How many further units there are, or which of them show."""
    return f"{first + 1}–{min(first + units, more + units)}" if first else f"+{more:,}"


def _ports(p: QPainter, item: NodeItem) -> None:
    p.setRenderHint(AA)
    for side, count, quiet in item.sides():
        for k in range(count):
            if k in quiet and not item.open:
                continue
            at, hot = item.port(side, k), item.hot_port == (side, k)
            fits = side == "in" and k in item.fitting
            dim = k in quiet and not hot and not fits
            p.setPen(QPen(theme().color("accent" if hot else "ok" if fits else "disabled" if dim else "wire"), 1.5 if dim else 2))
            p.setBrush(theme().color("ok" if fits else "canvas" if dim else "node"))
            radius = QUIET_RADIUS if k in quiet else PORT_RADIUS
            p.drawEllipse(at, radius, radius)
            if hot:
                p.setBrush(Qt.BrushStyle.NoBrush)
                p.drawEllipse(at, 7.5, 7.5)
