"""Nodes dragged out of the canvas or the outline, to a panel that takes them such as the parameter groups."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMimeData, QPoint, QRectF, Qt
from PySide6.QtGui import QDrag, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QTabBar, QWidget

from playground.document.edits.base import names_of
from playground.ui.painting import box, put, width_of
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

NODES = "application/x-playground-nodes"
#: No drag of ours carries more; another program's may hold anything.
MOST_BYTES = 1_000_000


class NodeTaker(QWidget):
    """A widget that nodes can be dragged onto; it reads them from the drag with `carried`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)


def taken_at(source: QWidget, place: QPoint) -> bool:
    """Whether a drag of nodes leads somewhere at a place of the screen: to a taker, or to a tab that may bring one to the front."""
    window = source.window()
    # Of a window that reaches over the edge of the screen, Qt knows nothing there.
    widget = QApplication.widgetAt(place) or window.childAt(window.mapFromGlobal(place))
    while widget is not None:
        if isinstance(widget, NodeTaker | QTabBar):
            return True
        widget = widget.parentWidget()
    return False


def nodes_mime(ids: Iterable[str]) -> QMimeData:
    """What a drag of nodes carries: their ids, which are looked up again."""
    mime = QMimeData()
    mime.setData(NODES, QByteArray(json.dumps(list(ids)).encode()))
    return mime


def carried(mime: QMimeData) -> tuple[str, ...]:
    """The ids that a drag carries; none for any other drag."""
    data = bytes(mime.data(NODES).data())
    try:
        found = json.loads(data) if 0 < len(data) <= MOST_BYTES else []
    except (ValueError, RecursionError):
        return ()
    return tuple(id for id in found if isinstance(id, str)) if isinstance(found, list) else ()


def carry(source: QWidget, session: Session, ids: Iterable[str]) -> None:
    """Drag nodes of what the canvas shows, from a widget that the button went down in; returns when they are let go."""
    there = {node.id for node in session.view.network.nodes}
    known = [id for id in ids if id in there]
    if known:
        drag_with_words(source, nodes_mime(known), say(names_of(session.view, known)))


def drag_with_words(source: QWidget, mime: QMimeData, text: str) -> None:
    """A drag with a small label at the pointer."""
    drag = QDrag(source)
    drag.setMimeData(mime)
    wide, high = round(width_of(text, 12, True)) + 18, 24
    label = QPixmap(2 * wide, 2 * high)
    label.setDevicePixelRatio(2)
    label.fill(Qt.GlobalColor.transparent)
    p = QPainter(label)
    box(p, QRectF(1, 1, wide - 2, high - 2), 6, theme().color("node"), theme().color("accent"), 2)
    put(p, QRectF(9, 0, wide - 12, high), text, 12, "text", True)
    p.end()
    drag.setPixmap(label)
    drag.setHotSpot(QPoint(-10, -6))
    drag.exec(Qt.DropAction.CopyAction)
