"""A node on the canvas: one item paints body, ports, badge, preview and states, with less detail when far away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from playground.document.node_size import HEAD
from playground.ui.canvas.look import NodeLook
from playground.ui.canvas.ports import places
from playground.ui.canvas.preview import Atlas, PreviewData, make_atlas, paint_missing, paint_preview
from playground.ui.painting import AA, RIGHT, box, chip, put, stamp, width_of
from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.ui.canvas.tie_item import TieItem
    from playground.ui.canvas.wire_item import WireItem

PORT_RADIUS, QUIET_RADIUS, REACH, QUIET_REACH = 4.5, 3.5, 12, 7
HANDLE = 8  # radius of the handle of the weights
BLOCK, LEGIBLE, NAMED, DETAILED = 0.2, 0.25, 0.35, 0.6  # zoom below which less is drawn
BADGE_INK = {"error": "error", "warn": "warn", "frozen": "info", "tied": "c_block"}


class NodeItem(QGraphicsItem):
    """Paints a NodeLook; wires register here and follow it."""

    def __init__(self, id: str, look: NodeLook) -> None:
        super().__init__()
        self.id, self.look = id, look
        self.wires: list[WireItem] = []
        self.ties: list[TieItem] = []
        self.lit = False
        self.data_shown: PreviewData | None = None
        self.atlas: Atlas | None = make_atlas(look)
        self.hot_port: tuple[str, int] | None = None
        self.fitting: frozenset[int] = frozenset()
        self.offering = False
        self.source = False
        self.progress = -1.0
        self.live_line = ""
        self.faulty = False
        self.hover = False
        flag = QGraphicsItem.GraphicsItemFlag
        self.setFlags(flag.ItemIsMovable | flag.ItemIsSelectable | flag.ItemSendsGeometryChanges)
        self.setAcceptHoverEvents(True)
        self.setToolTip(look.detail)

    def show_look(self, look: NodeLook) -> None:
        """Take a new look; wires follow where ports moved."""
        if look == self.look:
            return
        self.prepareGeometryChange()
        old, self.look = self.look, look
        if (old.preview, old.units, old.width) != (look.preview, look.units, look.width):
            self.atlas = make_atlas(look)
            self._compose()
        self.setToolTip(look.detail)
        self._lead_wires()
        self.update()

    def show_data(self, data: PreviewData | None) -> None:
        """Take new preview values and repaint only the preview."""
        self.data_shown = data
        self._compose()
        self.update(self.preview_rect())

    def _compose(self) -> None:
        if self.atlas is not None and self.data_shown is not None and self.data_shown.maps is not None:
            framed = self.look.preview in ("tiles", "image", "field")
            self.atlas.compose(self.data_shown.maps, theme().color("border").rgba() if framed else None)

    def show_progress(self, share: float, line: str) -> None:
        """While training: the share of the run done (below 0 for none) and what the shape line says instead."""
        if (share, line) != (self.progress, self.live_line):
            self.progress, self.live_line = share, line
            self.update()

    def show_fault(self, on: bool) -> None:
        """Whether the run stopped at this node, because a number was not finite."""
        if on != self.faulty:
            self.faulty = on
            self.update()

    def recolor(self) -> None:
        """The theme changed."""
        self._compose()
        self.update()

    # Geometry
    def body(self) -> QRectF:
        return QRectF(0, 0, self.look.width, self.look.height)

    def preview_rect(self) -> QRectF:
        """The area below the shape line."""
        return QRectF(9, HEAD, self.look.width - 18, self.look.height - HEAD - 8)

    def boundingRect(self) -> QRectF:
        return QRectF(-8, -8, self.look.width + 16, self.look.height + 16)

    @property
    def ports_in(self) -> int:
        """Input ports shown now; a layer that takes any number offers one more while a wire is drawn."""
        return self.look.ins + (1 if self.offering and self.look.variadic else 0)

    def port(self, side: str, k: int = 0) -> QPointF:
        """Centre of a port in item coordinates, whether it shows now or not."""
        look = self.look
        if side == "in":
            return QPointF(0, places(max(self.ports_in, k + 1), look.quiet_in, look.height)[k])
        return QPointF(look.width, places(max(look.outs, k + 1), look.quiet_out, look.height)[k])

    def port_at(self, pos: QPointF) -> tuple[str, int] | None:
        """The nearest port within reach of an item position; one that does not show has to be hit."""
        best, found = float("inf"), None
        for side, count, quiet in self._sides():
            for k in range(count):
                gap = self.port(side, k) - pos
                far = max(abs(gap.x()), abs(gap.y()))
                if far < best and far <= (QUIET_REACH if k in quiet and not self.open else REACH):
                    best, found = far, (side, k)
        return found

    @property
    def open(self) -> bool:
        """Whether ports that nobody needs show too."""
        return self.hover or self.offering or self.source

    def _sides(self) -> tuple[tuple[str, int, frozenset[int]], ...]:
        return ("in", self.ports_in, self.look.quiet_in), ("out", self.look.outs, self.look.quiet_out)

    def port_name(self, side: str, k: int) -> str:
        """What a port is called, with what it gives; "" where it is the only one of its side."""
        names = self.look.in_names if side == "in" else self.look.out_names
        return names[k] if k < len(names) else ""

    def handle(self) -> QPointF:
        """Where the weights are taken hold of, to share them: in the middle of the lower edge."""
        return QPointF(self.look.width / 2, self.look.height)

    def handle_at(self, pos: QPointF) -> bool:
        """Whether an item position is on the handle, while that shows."""
        gap = self.handle() - pos
        return self.look.weighty and self.hover and max(abs(gap.x()), abs(gap.y())) <= HANDLE + 2

    def light(self, on: bool) -> None:
        """Whether a node that it shares weights with is under the pointer, or a tie ends here."""
        if on != self.lit:
            self.lit = on
            self.update()

    def start(self, on: bool) -> None:
        """Whether a wire under construction starts here."""
        if on != self.source:
            self.source = on
            self.update()

    def offer(self, fitting: frozenset[int], offering: bool) -> None:
        """Mark the inputs that a dragged wire fits, or end that."""
        if (fitting, offering) != (self.fitting, self.offering):
            self.fitting, self.offering = fitting, offering
            self._lead_wires()
            self.update()

    def _lead_wires(self) -> None:
        for wire in self.wires:
            wire.follow()
        for tie in self.ties:
            tie.follow()

    def itemChange(self, change: QGraphicsItem.GraphicsItemChange, value: Any) -> Any:
        if change == QGraphicsItem.GraphicsItemChange.ItemPositionHasChanged:
            self._lead_wires()
        elif change == QGraphicsItem.GraphicsItemChange.ItemSelectedHasChanged:
            self.setZValue(1 if value else 0)
        return super().itemChange(change, value)

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        hot = self.port_at(event.pos())
        if hot != self.hot_port or not self.hover:
            self.hot_port, self.hover = hot, True
            self.update()
            self._light_ties()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self.hot_port, self.hover = None, False
        self.update()
        self._light_ties()

    def _light_ties(self) -> None:
        """Ties light up with both of their nodes."""
        for tie in self.ties:
            tie.light(self.hover)

    # Painting
    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look, zoom = self.look, p.worldTransform().m11()
        if zoom < BLOCK:
            if self.isSelected():
                p.fillRect(self.body().adjusted(-8, -8, 8, 8), theme().color("accent"))
            p.fillRect(self.body(), theme().color(look.group))
            return
        if look.state == "waiting":
            p.setOpacity(0.5)
        if zoom < NAMED:
            self._paint_small(p, zoom)
            p.setOpacity(1.0)
            return
        self._paint_body(p)
        self._paint_head(p, zoom)
        if look.preview and look.state != "normal" and look.group != "c_data":  # data is known whatever becomes of it
            paint_missing(p, self.preview_rect())
        elif look.preview:
            paint_preview(p, self.preview_rect(), look, self.data_shown, self.atlas)
        if self.progress >= 0:
            p.fillRect(QRectF(4, look.height - 3, (look.width - 6) * min(self.progress, 1.0), 2), theme().color("accent"))
        self._paint_ports(p)
        if self.look.weighty and self.hover and zoom >= DETAILED:
            grip = QRectF(0, 0, 2 * HANDLE, 2 * HANDLE)
            grip.moveCenter(self.handle())
            box(p, grip, HANDLE, theme().color("node"), theme().color("c_block"))
            stamp(p, grip.center().x(), grip.center().y(), "tied", "c_block", 12)
        p.setOpacity(1.0)

    def _paint_small(self, p: QPainter, zoom: float) -> None:
        """From afar: straight corners, which nobody can tell from round ones, and a name while it can be read."""
        look, body, pixel = self.look, self.body(), 1 / zoom
        p.fillRect(body, self._edge())
        rim = 2 * pixel if self.isSelected() or look.state == "error" else pixel
        p.fillRect(body.adjusted(rim, rim, -rim, -rim), self._fill())
        p.fillRect(QRectF(0, 0, max(4.0, 2 * pixel), look.height), theme().color(look.group))
        p.fillRect(QRectF(9, look.height / 2 - 14, 28, 28), theme().tint(look.group))
        stamp(p, 23, look.height / 2, look.icon, look.group, 20)
        if zoom >= LEGIBLE:
            put(p, QRectF(42, 0, look.width - 44, look.height), look.name, 24, "text", True)

    def _edge(self) -> QColor:
        bad = self.look.state == "error" or self.faulty
        return theme().color(
            "accent" if self.isSelected() else "error" if bad else "c_block" if self.lit else "strong" if self.hover else "border"
        )

    def _fill(self) -> QColor:
        return theme().tint("error", 0.06) if self.look.state == "error" else theme().color("node")

    def _paint_body(self, p: QPainter) -> None:
        look, chosen, bad = self.look, self.isSelected(), self.look.state == "error" or self.faulty
        body = self.body()
        if chosen:
            ring = QColor(theme().color("accent"))
            ring.setAlphaF(0.35)
            box(p, body.adjusted(-4, -4, 4, 4), 9, None, ring, 2)
        box(p, body, 6, self._fill(), self._edge(), 2 if chosen or bad or self.lit else 1)
        p.save()
        p.setClipRect(QRectF(0, 0, 4, look.height), Qt.ClipOperation.IntersectClip)
        box(p, body, 6, theme().color(look.group), None)
        p.restore()

    def _paint_head(self, p: QPainter, zoom: float) -> None:
        look = self.look
        chip(p, 9, 6, 18, look.icon, look.group)
        badge = "error" if self.faulty else look.badge
        further = f"+{look.more:,}" if look.more and not badge and zoom >= DETAILED else ""
        beside = 20 if badge else 7 + width_of(further, 9) if further else 0
        put(p, QRectF(33, 6, look.width - 36 - beside, 18), look.name, 12, "text", True)
        if badge:
            stamp(p, look.width - 14, 15, badge, BADGE_INK.get(badge, "accent"), 13)
        if zoom >= DETAILED:
            line = self.live_line if self.live_line and look.state == "normal" else look.line
            put(p, QRectF(9, 28, look.width - 15, 16), line, 10, "error" if look.state == "error" else "text2")
        if further:
            put(p, QRectF(look.width - 50, 6, 44, 18), further, 9, "text3", how=RIGHT)

    def _paint_ports(self, p: QPainter) -> None:
        p.setRenderHint(AA)
        for side, count, quiet in self._sides():
            for k in range(count):
                if k in quiet and not self.open:
                    continue
                at, hot = self.port(side, k), self.hot_port == (side, k)
                fits = side == "in" and k in self.fitting
                dim = k in quiet and not hot and not fits
                p.setPen(
                    QPen(theme().color("accent" if hot else "ok" if fits else "disabled" if dim else "wire"), 1.5 if dim else 2)
                )
                p.setBrush(theme().color("ok" if fits else "canvas" if dim else "node"))
                radius = QUIET_RADIUS if k in quiet else PORT_RADIUS
                p.drawEllipse(at, radius, radius)
                if hot:
                    p.setBrush(Qt.BrushStyle.NoBrush)
                    p.drawEllipse(at, 7.5, 7.5)
