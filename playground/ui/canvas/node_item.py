"""A node on the canvas: its state, its geometry and how it follows the pointer; `node_paint` draws it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent, QStyleOptionGraphicsItem, QWidget

from playground.document.node_size import HEAD, WIDEST
from playground.ui.canvas.look import NodeLook
from playground.ui.canvas.node_paint import HANDLE, paint_node
from playground.ui.canvas.ports import places
from playground.ui.canvas.preview import Atlas, PreviewData, make_atlas
from playground.ui.canvas.still import Still
from playground.ui.plots.hatching import holes_text
from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.ui.canvas.tie_item import TieItem
    from playground.ui.canvas.wire_item import WireItem

REACH, QUIET_REACH = 12, 7


class NodeItem(QGraphicsItem):
    """Shows a NodeLook; wires register here and follow it."""

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
        self.phase = ""
        self.alarm, self.fares, self.cost, self.share, self.part = "", "", "", "", 0.0
        self.first, self.holes = 0, ""
        self.on_page: Callable[[str], None] | None = None
        self.still = Still()
        self.hover = False
        flag = QGraphicsItem.GraphicsItemFlag
        self.setFlags(flag.ItemIsMovable | flag.ItemIsSelectable | flag.ItemSendsGeometryChanges)
        self.setAcceptHoverEvents(True)
        self._tell()

    def show_look(self, look: NodeLook) -> None:
        """Take a new look; wires follow where ports moved."""
        if look == self.look:
            return
        self.prepareGeometryChange()
        old, self.look = self.look, look
        if (old.preview, old.units, old.width) != (look.preview, look.units, look.width):
            self.atlas = make_atlas(look)
            self._compose()
        self._tell()
        self._lead_wires()
        self.update()

    def show_data(self, data: PreviewData | None) -> None:
        """Take new preview values and repaint only the preview."""
        if data is self.data_shown and data is not None:
            return
        self.data_shown = data
        holes = holes_text(0.0 if data is None else data.void())
        if holes != self.holes:
            self.holes = holes
            self._tell()
        self._compose()
        self.update(self.preview_rect())

    def _compose(self) -> None:
        if self.atlas is not None and self.data_shown is not None and self.data_shown.maps is not None:
            self.atlas.classes = self.data_shown.many > 0
            framed = self.look.preview in ("tiles", "image", "field")
            self.atlas.compose(self.data_shown.maps, theme().color("border").rgba() if framed else None)

    def show_progress(self, share: float, line: str) -> None:
        """While training: the share of the run done (below 0 for none) and what the shape line says instead."""
        if (share, line) != (self.progress, self.live_line):
            self.progress, self.live_line = share, line
            self.update()

    def show_faring(self, alarm: str, fares: str, cost: str, share: str = "", part: float = 0.0) -> None:
        """How it fares while a run goes on: the colour of its edge ("warn", "error" or "" for none), in words, and what it costs.

        share: of a step's time, for the end of the shape line.  part: the same, 0 to 1.
        """
        if (alarm, fares, cost, share, part) != (self.alarm, self.fares, self.cost, self.share, self.part):
            self.alarm, self.fares, self.cost, self.share, self.part = alarm, fares, cost, share, part
            self._tell()
            self.update()

    def show_phase(self, direction: str) -> None:
        """The direction in which it has just worked in slow motion: "forward", "backward", "update", or "" for none."""
        if direction != self.phase:
            self.phase = direction
            self.update()

    def _tell(self) -> None:
        name = self.look.name if self.look.width < self.look.most or self.look.most == WIDEST else ""  # it may be cut
        self.setToolTip("\n".join(filter(None, (name, self.look.detail, self.holes, self.fares, self.cost))))

    def show_page(self, first: int) -> None:
        """The first unit that the picture shows."""
        if first != self.first:
            self.first = first
            self.update()

    def more_rect(self) -> QRectF:
        """Where the further units are told, to be clicked for the next of them; empty where all show."""
        return QRectF(self.look.width - 50, 4, 46, 22) if self.look.more and not self.look.badge else QRectF()

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self.on_page is not None and event.button() == Qt.MouseButton.LeftButton and self.more_rect().contains(event.pos()):
            self.on_page(self.id)
            event.accept()
            return
        super().mousePressEvent(event)

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
        for side, count, quiet in self.sides():
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

    def sides(self) -> tuple[tuple[str, int, frozenset[int]], ...]:
        """(side, ports that there are, those of them that nobody needs) of both sides."""
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

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        paint_node(p, self, widget is not None)
