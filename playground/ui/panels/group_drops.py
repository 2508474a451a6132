"""What is dragged onto the list of parameter groups: layers, which go into one, and groups, which take another place in the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMimeData, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QDropEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from playground.document.edits import MoveGroup
from playground.document.edits.base import names_of
from playground.ui.carrying import carried, drag_with_words
from playground.ui.inspector.grouping import NEW, put_into, takes
from playground.ui.painting import Painted, box, stamp
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.panels.groups import GroupCard, GroupsEditor

GROUP = "application/x-playground-group"


class Grip(Painted):
    """Takes hold of a group. carried: it was dragged away from here.  stepped(by): a key moves it, -1 towards the first."""

    carried = Signal()
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(26, 14, parent=parent)
        self._pressed: QPoint | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName(say("Place of the group"))
        self.setToolTip(say("Drag to ask this group's rule earlier or later; with the keyboard Up and Down"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None:
            way = event.position().toPoint() - self._pressed
            if way.manhattanLength() >= QApplication.startDragDistance():
                self._pressed = None
                self.carried.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        if self.hasFocus():
            box(p, r, 3, None, theme().color("accent"), 1.5)
        stamp(p, r.center().x(), r.center().y(), "grip", "text3", 14)


class DropLine(QWidget):
    """Lies where a group would be put."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_at(self, y: int, width: int) -> None:
        """Across a list of this width, over the gap at y."""
        self.setGeometry(0, max(0, y - 2), width, 3)
        self.raise_()
        self.show()

    def paintEvent(self, event: object) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), theme().color("accent"))
        p.end()


class GroupDrops:
    """Reads drags for the editor of the groups. over: the card that would take what is dragged."""

    def __init__(self, editor: GroupsEditor) -> None:
        self.editor = editor
        self.over: GroupCard | None = None
        self.line = DropLine(editor)
        self._invited = False  # whether the panel says that it may be let go

    def carry(self, group: str) -> None:
        """Drag a group by its grip."""
        card = self.editor.cards[group]
        mime = QMimeData()
        mime.setData(GROUP, QByteArray(group.encode()))
        drag_with_words(card.grip, mime, card.group.name)

    def enter(self, event: QDropEvent) -> None:
        """A drag came over the list: it is ours to judge at each place."""
        if _group_of(event) in self.editor.cards or carried(event.mimeData()):
            event.acceptProposedAction()

    def move(self, event: QDropEvent) -> None:
        """Show where it would go, or say why it would go nowhere."""
        if _group_of(event) in self.editor.cards:
            self.line.show_at(self._edge(self._gap(event)), self.editor.width())
            event.accept()
            return
        card = self._card(event)
        nodes, why = takes(self.editor.session, carried(event.mimeData()), card.group if card is not None else None)
        self._invited = bool(nodes)
        event.setAccepted(self._invited)
        self._mark(card, "target" if nodes else "refused")
        name = card.group.name if card is not None else say(NEW)
        names = say(names_of(self.editor.session.project, [node.id for node in nodes])) if nodes else ""
        self.editor.helped.emit(name, why or say("Let go to put {names} into {group_of}", names=names, group_of=name))

    def leave(self) -> None:
        """It went away again, or was let go. Why it was refused stays to be read."""
        self._mark(None, "")
        self.line.hide()
        if self._invited:
            self._invited = False
            self.editor.helped.emit("", "")

    def drop(self, event: QDropEvent) -> None:
        """One step of undo: layers into the group under the pointer, into a new one beside them, or a group to its place."""
        session, group = self.editor.session, _group_of(event)
        self.leave()
        if group in self.editor.cards:
            self.place(group, self._gap(event))
            event.acceptProposedAction()
            return
        card = self._card(event)
        nodes, _ = takes(session, carried(event.mimeData()), card.group if card is not None else None)
        event.setAccepted(bool(nodes))
        if nodes:
            put_into(session, nodes, card.group.id if card is not None else None)

    def place(self, group: str, gap: int) -> None:
        """A group to a gap of the list: 0 before the first card."""
        at = list(self.editor.cards).index(group)
        to = gap - (gap > at)
        if to != at and 0 <= to < len(self.editor.cards):
            self.editor.session.do(MoveGroup(group, to), whole=True)

    def _card(self, event: QDropEvent) -> GroupCard | None:
        at = event.position().toPoint()
        return next((card for card in self.editor.cards.values() if card.geometry().contains(at)), None)

    def _gap(self, event: QDropEvent) -> int:
        y = event.position().y()
        return sum(card.geometry().center().y() < y for card in self.editor.cards.values())

    def _edge(self, gap: int) -> int:
        cards = list(self.editor.cards.values())
        return cards[gap].y() if gap < len(cards) else cards[-1].geometry().bottom() + 1

    def _mark(self, card: GroupCard | None, state: str) -> None:
        if self.over is not None and self.over is not card:
            self.over.show_drop("")
        self.over = card
        if card is not None:
            card.show_drop(state)


def _group_of(event: QDropEvent) -> str:
    """The id of the group that a drag carries, "" for anything else."""
    return bytes(event.mimeData().data(GROUP).data()[:1000]).decode(errors="replace")
