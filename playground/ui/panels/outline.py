"""The outline: the network as a tree of text beside the canvas, for a screen reader and for the keyboard.

Nodes stand along the wires; under each are its problems, wires, shapes and settings. What the canvas does by keys is done here too:
Enter edits or follows a wire, Ctrl+L wires, F2 renames, Del deletes, Ins adds, Ctrl+arrows move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from playground.document.edits import RenameNode, SetNote
from playground.document.project import Node
from playground.document.wiring import gives_output, output_names, port_names, port_title, takes_port, variadic
from playground.lowering import fits
from playground.ui.actions import action_set_of
from playground.ui.carrying import carry
from playground.ui.outlining import Line, detail_lines, in_order, node_lines
from playground.ui.painting import put, stamp
from playground.ui.panel import Panel, register_panel
from playground.ui.theme import theme
from playground.words import say, sentence, strung

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow
    from playground.ui.session import Session

ROLE, ROW = Qt.ItemDataRole.UserRole, 24
_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
NUDGE, FINE = 24, 4


class OutlineRow(QStyledItemDelegate):
    """Icon and text."""

    def __init__(self, outline: Outline) -> None:
        super().__init__(outline)
        self.outline = outline

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW)

    def paint(self, p: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        line, r = self.outline.lines.get(index.data(ROLE)), QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            p.fillRect(r, theme().color("accentsoft"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            p.fillRect(r, theme().tint("accentsoft", 0.5, "panel"))
        if line is None:
            return
        stamp(p, r.x() + 10, r.center().y(), line.icon, line.ink, 14)
        ink = line.ink if line.kind == "problem" else "text" if line.kind == "node" else "text2"
        put(p, r.adjusted(24, 0, -6, 0), line.text, 12, ink)


class NameLine(QLineEdit):
    """Lies over a line while its name is edited. Enter takes it, Esc and a click elsewhere do not."""

    def __init__(self, outline: Outline, line: Line, at: QRect) -> None:
        super().__init__(outline.viewport())
        self.outline, self.line = outline, line
        self.setAccessibleName(say("Name"))
        self.setAutoFillBackground(True)
        self.setGeometry(at.adjusted(20, 1, -4, -1))
        self.setText(outline.name_of(line))
        self.selectAll()
        self.show()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER or event.key() == Qt.Key.Key_Escape:
            text = self.text()
            self.outline.setFocus(Qt.FocusReason.OtherFocusReason)
            if event.key() in _ENTER:
                self.outline.rename(self.line, text)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.hide()
        self.deleteLater()


class Outline(QTreeWidget):
    """Follows the session, and selects in it. Lines under a node are made when it is opened."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.lines: dict[str, Line] = {}
        self._quiet = False
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self.refresh)
        self.setAccessibleName(say("Outline of the network"))
        self.setAccessibleDescription(
            say("Enter edits or follows a wire, Ctrl+L wires, F2 renames, Delete deletes, Insert adds, Ctrl with arrows moves.")
        )
        self.setHeaderHidden(True)
        self.setIndentation(18)
        self.setUniformRowHeights(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setItemDelegate(OutlineRow(self))
        self.viewport().setAutoFillBackground(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.itemExpanded.connect(self._fill)
        self.itemSelectionChanged.connect(self._select)
        self.itemDoubleClicked.connect(lambda item, _: self._enter(self.line_of(item)))
        self.customContextMenuRequested.connect(lambda at: self._menu(self.viewport().mapToGlobal(at)))
        for signal in (session.project_changed, session.inspection_changed, session.scope_changed):
            signal.connect(self._later)
        session.selection_changed.connect(self._follow)
        theme().changed.connect(self.viewport().update)
        self.refresh()

    # Session -> outline
    def _later(self) -> None:
        if self.isVisible():
            self._due.start(0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Make the tree equal to the session; what was open stays open, and the current line current."""
        top = node_lines(self.session)
        opened = {line.item for item in self._tops() if item.isExpanded() and (line := self.line_of(item)) is not None}
        wanted = {line.id: line for line in top}
        for line in top:
            if line.item in opened and line.kind == "node":
                wanted |= {each.id: each for each in detail_lines(self.session, line.item)}
        if wanted == self.lines and list(wanted) == list(self.lines):
            return
        current = self.line_of(self.currentItem())
        self._quiet = True
        self.clear()
        self.lines = {}
        for line in top:
            item = self._add(self, line)
            if line.kind == "node":
                item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
                item.setExpanded(line.item in opened)
        self._quiet = False
        self._follow()
        if current is not None and current.id in self.lines:
            found = self.item_of(current.id)
            if found is not None and (current.kind != "node" or current.item in self.session.selection):
                self._quiet = True
                self.setCurrentItem(found)
                self._quiet = False

    def _add(self, parent: QTreeWidget | QTreeWidgetItem, line: Line) -> QTreeWidgetItem:
        item = QTreeWidgetItem(parent, [line.text])
        item.setData(0, ROLE, line.id)
        item.setToolTip(0, line.text)
        dragged = Qt.ItemFlag.ItemIsDragEnabled if line.kind == "node" else Qt.ItemFlag.NoItemFlags
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | dragged)
        self.lines[line.id] = line
        return item

    def _fill(self, item: QTreeWidgetItem) -> None:
        line = self.line_of(item)
        if line is not None and not item.childCount():
            for each in detail_lines(self.session, line.item):
                self._add(item, each)

    def _tops(self) -> list[QTreeWidgetItem]:
        return [item for at in range(self.topLevelItemCount()) if (item := self.topLevelItem(at)) is not None]

    def line_of(self, item: QTreeWidgetItem | None) -> Line | None:
        """The line that an item shows."""
        return self.lines.get(item.data(0, ROLE)) if item is not None else None

    def item_of(self, id: str) -> QTreeWidgetItem | None:
        """The item of a line, if it is there."""
        for top in self._tops():
            for item in (top, *(child for at in range(top.childCount()) if (child := top.child(at)) is not None)):
                if item.data(0, ROLE) == id:
                    return item
        return None

    def _follow(self) -> None:
        """Mark what is selected elsewhere."""
        if self._quiet:
            return
        self._quiet = True
        chosen = set(self.session.selection)
        here = {line.item for item in self.selectedItems() if (line := self.line_of(item)) is not None and not line.link}
        here |= {line.link for item in self.selectedItems() if (line := self.line_of(item)) is not None and line.link}
        if here != chosen:
            self.clearSelection()
            found = [item for item in self._tops() if (line := self.line_of(item)) is not None and line.item in chosen]
            for item in found:
                item.setSelected(True)
            if found:
                self.setCurrentItem(found[-1], 0) if len(found) == 1 else self.scrollToItem(found[-1])
        self._quiet = False

    # Outline -> session
    def _select(self) -> None:
        if self._quiet:
            return
        lines = [line for item in self.selectedItems() if (line := self.line_of(item)) is not None]
        self._quiet = True
        self.session.select(dict.fromkeys(line.link or line.item for line in lines))
        self._quiet = False

    def name_of(self, line: Line) -> str:
        """What F2 edits: the node's name, or the note's text."""
        network = self.session.view.network
        return next(
            (node.name for node in network.nodes if node.id == line.item),
            next((note.text for note in network.notes if note.id == line.item), ""),
        )

    def ask_name(self) -> None:
        """Open the name of the current node, or the text of the current note, for typing."""
        item = self.currentItem()
        line = self.line_of(item)
        if item is not None and line is not None and line.kind in ("node", "note"):
            NameLine(self, line, self.visualItemRect(item))

    def rename(self, line: Line, text: str) -> None:
        """Another name for a node, another text for a note."""
        if text != self.name_of(line):
            self.session.do(RenameNode(line.item, text) if line.kind == "node" else SetNote(line.item, text))

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Carry the selected nodes to a panel that takes them."""
        lines = [line for item in self.selectedItems() if (line := self.line_of(item)) is not None]
        carry(self, self.session, [line.item for line in lines if line.kind == "node"])

    @property
    def window_shown(self) -> MainWindow | None:
        """The window whose dock this is, also while the dock floats."""
        made = action_set_of(self)
        return made.window if made is not None else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._key(event):
            super().keyPressEvent(event)

    def _key(self, event: QKeyEvent) -> bool:
        key, modifiers, window = Qt.Key(event.key()), event.modifiers(), self.window_shown
        line = self.line_of(self.currentItem())
        if key in _ENTER:
            self._enter(line)
        elif key == Qt.Key.Key_Insert and window is not None:
            window.open_commands(f"{say('add')} ")
        elif key == Qt.Key.Key_Delete and window is not None:
            window.canvas.commands.delete()
        elif key in _ARROWS and window is not None and modifiers & (_CTRL | Qt.KeyboardModifier.AltModifier):
            step, (dx, dy) = FINE if modifiers & Qt.KeyboardModifier.AltModifier else NUDGE, _ARROWS[key]
            window.canvas.commands.nudge(dx * step, dy * step)
        elif key == Qt.Key.Key_Backspace:
            self.session.leave()
        elif modifiers & _CTRL and key in (Qt.Key.Key_X, Qt.Key.Key_C, Qt.Key.Key_V, Qt.Key.Key_A) and window is not None:
            ids = {Qt.Key.Key_X: "cut", Qt.Key.Key_C: "copy", Qt.Key.Key_V: "paste", Qt.Key.Key_A: "select_all"}
            window.actions_made[ids[key]].trigger()
        else:
            return False
        return True

    def event(self, event: object) -> bool:
        """Keys that do something else on the canvas belong to the outline while it has the keyboard."""
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.ShortcutOverride:
            key, ctrl = Qt.Key(event.key()), bool(event.modifiers() & _CTRL)
            if key == Qt.Key.Key_F2 or (ctrl and key == Qt.Key.Key_L):
                event.accept()
                return True
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_F2:
                self.ask_name()
                return True
            if event.key() == Qt.Key.Key_L and event.modifiers() & _CTRL:
                self.ask_wire()
                return True
        return super().event(event)  # type: ignore[arg-type]

    def _enter(self, line: Line | None) -> None:
        """Edit a node or a setting, follow a wire, mend a problem."""
        window = self.window_shown
        if line is None:
            return
        if line.other:
            self.session.select((line.other,))
            found = self.item_of(f"node:{line.other}")
            if found is not None:
                self.setCurrentItem(found)
        elif line.kind == "problem":
            found_problems = [problem for problem in self.session.seen.problems if problem.node == line.item]
            at = int(line.path)
            mend = found_problems[at].mend if at < len(found_problems) else None
            if mend is not None:
                self.session.mend(mend)
        elif line.kind == "note":
            self.ask_name()
        elif line.kind == "setting" and window is not None:
            self.session.select((line.item,))
            title = line.text.partition(":")[0]
            window.open_commands(f"{say('set')} {title} ")
        elif not self.session.enter(line.item) and window is not None:
            window.show_panel("inspector")

    def _menu(self, at: QPoint) -> None:
        window = self.window_shown
        if window is not None:
            window.canvas.menu_asked.emit(at)

    # Wiring
    def ask_wire(self) -> QMenu | None:
        """A menu of the ports that the current node could be wired to; those that do not fit say why."""
        line = self.line_of(self.currentItem())
        node = next((n for n in self.session.view.network.nodes if line is not None and n.id == line.item), None)
        if node is None or not gives_output(node.spec):
            self.session.message.emit(sentence("Choose a node that gives an output first."), "info")
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for entry in sorted(self._targets(menu, node), key=lambda entry: not entry.isEnabled()):  # what fits stands first
            menu.addAction(entry)
        if not menu.actions():
            menu.addAction(say("There is no other node yet")).setEnabled(False)
        item = self.currentItem()
        menu.setAccessibleName(say("Wire {node} to", node=node.name))
        menu.popup(self.viewport().mapToGlobal(self.visualItemRect(item).bottomLeft()) if item is not None else QPoint())
        return menu

    def _targets(self, menu: QMenu, node: Node) -> list[QAction]:
        """An entry for each port of another node and each output of this one; of those that do not fit, with the reason."""
        found: list[QAction] = []
        project, samples, names = self.session.view, self.session.samples, output_names(node.spec)
        for output, name in enumerate(names):
            for other in in_order(project.network):
                for port in _free_ports(self.session, other) if other.id != node.id else []:
                    wrong = fits(project, samples, node.id, other.id, port, output)
                    several = len(port_names(other.spec)) > 1
                    title = f"{other.name}, {say(port_title(other.spec, port))}" if several else other.name
                    title = say("{output} to {target}", output=say(name), target=title) if output else title
                    text = title if wrong is None else strung((title, say(wrong.text)), ": ")
                    entry = QAction(text.replace("&", "&&"), menu)
                    entry.setEnabled(wrong is None)
                    entry.triggered.connect(
                        lambda _=False, target=other.id, port=port, output=output: self._wire(node.id, target, port, output)
                    )
                    found.append(entry)
        return found

    def _wire(self, source: str, target: str, port: int, output: int) -> None:
        window = self.window_shown
        if window is not None:
            window.canvas.commands.wire(source, target, port, output)


_CTRL = Qt.KeyboardModifier.ControlModifier


def _free_ports(session: Session, node: Node) -> list[int]:
    """The ports that a wire may end at; of one that takes any number, the next."""
    taken = {link.port for link in session.view.network.into(node.id)}
    ports = [port for port in range(max(1, len(port_names(node.spec)))) if takes_port(node.spec, port)]
    if variadic(node.spec):
        free = next(port for port in range(len(taken) + 1) if port not in taken)
        return [free] if takes_port(node.spec, free) else []
    return ports


register_panel(
    Panel(id="outline", title="Outline", icon="table", places={"build": "bottom"}, factory=Outline, order=45, height=150)
)
