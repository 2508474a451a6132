"""How a wire and its label are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from playground.ui.canvas.levels import DETAILED, NAMED
from playground.ui.painting import AA, CENTRE, box, put, width_of
from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.ui.canvas.wire_item import WireItem

INK = {"idle": "wire", "fits": "ok", "refused": "error", "waiting": "disabled", "target": "accent", "spoiled": "error"}

BESIDE = 80  # pixels between the heights of two ports up to which nodes stand side by side


def paint_wire(p: QPainter, wire: WireItem) -> None:
    """The line in the colour of its state, and its label from near."""
    zoom = p.worldTransform().m11()
    chosen = wire.isSelected()
    ink = theme().color("accent" if chosen else INK[wire.state])
    p.setBrush(Qt.BrushStyle.NoBrush)
    if zoom < NAMED:
        p.setRenderHint(AA, False)
        p.setPen(QPen(ink, 0))
        p.drawPath(wire.path)
        return
    pen = QPen(ink, 2.5 if chosen or wire.state == "target" else wire.thickness)
    if wire.state in ("refused", "waiting", "spoiled"):
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([3, 2])
    p.setRenderHint(AA)
    p.setPen(pen)
    p.drawPath(wire.path)
    if wire.label and zoom >= DETAILED:
        _label(p, wire)


def _label(p: QPainter, wire: WireItem) -> None:
    token = "accent" if wire.isSelected() else INK[wire.state] if wire.state in ("fits", "refused", "spoiled") else "text2"
    pill = label_room(wire)
    end = wire.path.currentPosition()
    across, down = end.x() - wire.path.elementAt(0).x, abs(end.y() - wire.path.elementAt(0).y)
    if wire.state == "idle" and 0 <= across < pill.width() - 4 and down < BESIDE:
        return  # its nodes stand so close side by side that they would cover both ends of the label
    if wire.short:
        put(p, pill.adjusted(-20, 0, 20, 0), wire.label, 10, token, how=CENTRE)
        return
    box(p, pill, 8, theme().color("canvas"), theme().color(token if token != "text2" else "border"))
    put(p, pill.adjusted(2, 0, -2, 0), wire.label, 10, token, how=CENTRE)


def label_room(wire: WireItem) -> QRectF:
    """Where the label stands: above a short wire, else in a pill on it."""
    if wire.short:
        wide = width_of(wire.label, 10)
        return QRectF(wire.middle.x() - wide / 2, wire.middle.y() - 20, wide, 14)
    pill = QRectF(0, 0, width_of(wire.label, 10) + 14, 16)
    pill.moveCenter(wire.middle)
    return pill
