"""The palette: every data source, layer and loss in groups that fold, with search; drag, double-click or Enter adds one."""

from __future__ import annotations

from PySide6.QtCore import (
    QByteArray,
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)  # fmt: skip
from PySide6.QtGui import QDrag, QKeyEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from playground.document.block_files import library_folder
from playground.document.edits import DeleteBlock
from playground.ui.block_library import Offer, damaged
from playground.ui.focus_order import give_keyboard
from playground.ui.hidden import hidden
from playground.ui.inspector.controls import Button, LineField
from playground.ui.kinds import MIME, Kind, block_kinds, groups, search
from playground.ui.library import library
from playground.ui.next_steps import copy_path
from playground.ui.painting import RIGHT, Painted, box, chip, put, rule, stamp, width_of
from playground.ui.session import Session
from playground.ui.theme import theme
from playground.words import say

ROLE = Qt.ItemDataRole.UserRole
ROW = 26


class PaletteRow(QStyledItemDelegate):
    """Chevron, name and count for a group; chip, name and a few words for a kind."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW)

    def paint(self, p: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        r, kind = QRectF(option.rect), index.data(ROLE)
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            p.fillRect(r, theme().color("accentsoft"))
        elif state & QStyle.StateFlag.State_MouseOver:
            p.fillRect(r, theme().tint("accentsoft", 0.5, "panel"))
        if kind is None:
            stamp(p, 15, r.center().y(), "down" if state & QStyle.StateFlag.State_Open else "right", "text2", 13)
            put(p, r.adjusted(27, 0, -30, 0), index.data(), 11, "text2", True)
            put(p, r.adjusted(0, 0, -9, 0), str(index.data(ROLE + 1)), 10, "text3", how=RIGHT)
            return
        chip(p, 11, r.y() + 3, 20, kind.icon, kind.color, "panel")
        room = r.width() - 38 - 9
        name = min(width_of(kind.title), room)
        put(p, QRectF(38, r.y(), room, ROW), kind.title)
        tail = room - name - 10
        words = next((w for w in (kind.tail, kind.tail.split(",")[0]) if width_of(w, 10) <= tail), "")
        put(p, QRectF(38 + name + 10, r.y(), tail, ROW), words, 10, "text3", how=RIGHT)


class PaletteTree(QTreeWidget):
    """A tree whose drag starts in Python, so that tests can drive it. added(kind): double-click or Enter."""

    added = Signal(object)
    session: Session | None = None
    missed = ""  # what was searched for and is nowhere

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(say("Layers"))
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setItemDelegate(PaletteRow(self))
        self.setDragEnabled(True)
        self.setMouseTracking(True)
        self.setExpandsOnDoubleClick(False)
        self.setRootIsDecorated(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.itemClicked.connect(lambda item, _: item.setExpanded(not item.isExpanded()))
        self.itemDoubleClicked.connect(lambda item, _: self._add(item))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.missed:
            p = QPainter(self.viewport())
            room = QRectF(10, 2, self.viewport().width() - 18, ROW)
            put(p, room, say("No layer matches {field}", field=f"{self.missed!r}"), 12, "text2")
            p.end()

    def kind_of(self, item: QTreeWidgetItem | None) -> Kind | None:
        found = item.data(0, ROLE) if item is not None else None
        return found if isinstance(found, Kind) else None

    def _add(self, item: QTreeWidgetItem | None) -> None:
        kind = self.kind_of(item)
        if kind is not None:
            self.added.emit(kind)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if item is not None and self.kind_of(item) is None:
                item.setExpanded(not item.isExpanded())
            self._add(item)
            return
        kind = self.kind_of(item)
        if event.key() == Qt.Key.Key_Delete and kind is not None and kind.own is not None:
            library().remove(kind.own.name)
            return
        if event.key() == Qt.Key.Key_Delete and kind is not None and kind.block is not None:
            self._remove(kind.block)
            return
        super().keyPressEvent(event)

    def _remove(self, block: Offer) -> None:
        """A block out of the project, where nothing uses it, or out of the personal library."""
        if block.origin == "project" and self.session is not None:
            self.session.do(DeleteBlock(block.id))
        elif block.origin == "personal":
            library().remove_block(block.id)

    def startDrag(self, actions: Qt.DropAction) -> None:
        kind = self.kind_of(self.currentItem())
        if kind is None:
            return
        drag, mime = QDrag(self), QMimeData()
        mime.setData(MIME, QByteArray(kind.mime()))
        drag.setMimeData(mime)
        drag.setPixmap(ghost(kind))
        drag.setHotSpot(QPointF(48, 26).toPoint())
        # The pointer may have crossed other rows before the drag began: the help is about what is dragged.
        self.itemEntered.emit(self.currentItem(), 0)
        drag.exec(Qt.DropAction.CopyAction)


def ghost(kind: Kind) -> QPixmap:
    """The outline that follows the pointer during a drag."""
    made = QPixmap(192, 104)
    made.setDevicePixelRatio(2)
    made.fill(Qt.GlobalColor.transparent)
    p = QPainter(made)
    box(p, QRectF(0, 0, 96, 52), 6, theme().color("node"), theme().color("accent"), 2)
    chip(p, 9, 6, 18, kind.icon, kind.color)
    put(p, QRectF(33, 6, 60, 18), kind.title, 12, "text", True)
    p.end()
    return made


class PaletteHelp(Painted):
    """The marked kind and one sentence about it."""

    def __init__(self) -> None:
        super().__init__(84)
        self.kind: Kind | None = None
        self.more = Button(say("Reference"), "link", "book", parent=self)
        self.more.setFixedHeight(20)
        self.more.setToolTip(say("Formula, shapes, settings, source and a picture"))
        self.more.clicked.connect(self._open)
        self.more.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.more.move(self.width() - self.more.width() - 4, 6)

    def _open(self) -> None:
        from playground.ui.dialogs.reference import open_reference

        if self.kind is not None:
            open_reference(self, self.kind.spec)

    def show_kind(self, kind: Kind | None) -> None:
        self.kind = kind
        from playground.ui.dialogs.reference import has_page

        self.setAccessibleName(f"{kind.title}. {kind.help}" if kind else "")
        self.more.setVisible(kind is not None and has_page(kind.spec))
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        rule(p, 0, 0, r.width())
        if self.kind is None:
            return
        put(
            p,
            QRectF(10, 8, r.width() - 18 - (self.more.width() if not self.more.isHidden() else 0), 16),
            self.kind.title,
            11,
            "text",
            True,
        )
        p.setFont(theme().font(11))
        p.setPen(theme().color("text2"))
        p.drawText(QRectF(10, 27, r.width() - 18, 56), int(Qt.TextFlag.TextWordWrap), self.kind.help)


class Palette(QWidget):
    """added(kind): add it after the selected node.  left: Escape in the search, which has nothing to take back."""

    added = Signal(object)
    left = Signal()

    def __init__(self, session: Session | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self._had_data = session, False
        self._blocks: tuple[Kind, ...] = ()
        self._said: set[str] = set()
        self._folded: set[str] | None = None  # the groups that were folded before something was searched for
        self.search = LineField(icon="search", hint=say("Search layers"))
        self.search.setAccessibleName(say("Search layers"))
        self.search.unit = "/"
        self.tree, self.help = PaletteTree(), PaletteHelp()
        self.tree.added.connect(self.added)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(6)
        top = QWidget()
        inner = QVBoxLayout(top)
        inner.setContentsMargins(8, 0, 8, 0)
        inner.addWidget(self.search)
        for part in (top, self.tree, self.help):
            column.addWidget(part)
        self._fill()
        self.search.textChanged.connect(self.filter)
        self.search.returnPressed.connect(self._add_first)
        self.search.installEventFilter(self)
        self.tree.currentItemChanged.connect(lambda item: self.help.show_kind(self.tree.kind_of(item)))
        self.tree.itemEntered.connect(lambda item, _: self._hint(item))
        self._mark_first()
        theme().changed.connect(self.tree.viewport().update)
        library().changed.connect(self._refill)
        hidden().changed.connect(self._refill)
        self.setMinimumWidth(176)
        if session is not None:
            session.project_changed.connect(self._fold_data)
            session.project_changed.connect(self._follow_blocks)
            session.scope_changed.connect(self._follow_blocks)
            self.tree.session = session
            self._fold_data()

    def _fold_data(self) -> None:
        """One data source is enough: once there is one, the room goes to the layers; without one, data is what is needed."""
        has = self.session is not None and bool(self.session.project.network.of_kind("dataset"))
        first = self.tree.topLevelItem(0)
        if has != self._had_data and first is not None:
            if self._folded is None:
                first.setExpanded(not has)
                self._mark_first()
            else:
                self._folded = self._folded | {first.text(0)} if has else self._folded - {first.text(0)}
        self._had_data = has

    def _mark_first(self) -> None:
        """Mark the first row that can be seen, unless the marked one can."""
        now = self.tree.currentItem()
        parent = now.parent() if now is not None else None
        if parent is None or not parent.isExpanded():
            seen = self._in_sight()
            if seen:
                self.tree.setCurrentItem(seen[0])
                self.tree.scrollToTop()

    def _fill(self) -> None:
        if self.session is not None:
            self._blocks = block_kinds(self.session.view)
            for sentence in damaged():
                if sentence not in self._said:
                    self._said.add(sentence)
                    self.session.message.emit(sentence, "warning")
                    self.session.offered.emit(copy_path(library_folder()))
        for name, kinds in groups(self.session.view if self.session is not None else None).items():
            group = QTreeWidgetItem(self.tree, [say(name)])
            group.setData(0, ROLE + 1, len(kinds))
            group.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            for kind in kinds:
                row = QTreeWidgetItem(group, [kind.title])
                row.setData(0, ROLE, kind)
                row.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{kind.title}, {kind.help}")
                row.setToolTip(0, kind.help)
            group.setExpanded(True)

    def _refill(self) -> None:
        """Show the layers of one's own as they are now."""
        folded, bar = self._unseen(), self.tree.verticalScrollBar()
        marked, at = self.tree.kind_of(self.tree.currentItem()), bar.value()
        self.tree.clear()
        self._fill()
        self._fold(folded)
        self.filter(self.search.text())
        again = next((row for row in self._in_sight() if self.tree.kind_of(row) == marked), None)
        if again is not None:
            self.tree.setCurrentItem(again)
        bar.setValue(at)

    def _unseen(self) -> set[str]:
        """The names of the groups that are folded."""
        return {group.text(0) for group, _ in self._groups() if not group.isExpanded()}

    def _fold(self, folded: set[str]) -> None:
        for group, _ in self._groups():
            group.setExpanded(group.text(0) not in folded)

    def _found(self, text: str) -> list[Kind]:
        return search(text, self.session.view if self.session is not None else None)

    def _follow_blocks(self) -> None:
        """The project's blocks are among the rows."""
        assert self.session is not None
        if block_kinds(self.session.view) != self._blocks:
            self._refill()

    def _hint(self, item: QTreeWidgetItem) -> None:
        kind = self.tree.kind_of(item)
        if kind is not None:
            self.help.show_kind(kind)

    def _groups(self) -> list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]]:
        found = []
        for g in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(g)
            if group is not None:
                found.append((group, [row for k in range(group.childCount()) if (row := group.child(k)) is not None]))
        return found

    def rows(self) -> list[QTreeWidgetItem]:
        """The rows that are shown now, groups left out."""
        return [row for _, rows in self._groups() for row in rows if not row.isHidden()]

    def _in_sight(self) -> list[QTreeWidgetItem]:
        """Of these, those whose group is not folded."""
        return [row for group, rows in self._groups() if group.isExpanded() for row in rows if not row.isHidden()]

    def filter(self, text: str) -> None:
        """Show what the letters mean, in place; nothing typed shows all, folded as it was."""
        wanted = set(self._found(text)) if text.strip() else None
        if wanted is not None and self._folded is None:
            self._folded = self._unseen()
        for group, rows in self._groups():
            for row in rows:
                row.setHidden(wanted is not None and self.tree.kind_of(row) not in wanted)
            shown_now = sum(not row.isHidden() for row in rows)
            group.setHidden(not shown_now)
            group.setData(0, ROLE + 1, shown_now)
            if wanted is not None:
                group.setExpanded(True)
        self.tree.missed = text.strip() if wanted is not None and not wanted else ""
        self.tree.viewport().update()
        if wanted is None:
            if self._folded is not None:
                self._fold(self._folded)
                self._folded = None
            self._mark_first()
            return
        best, shown = self._found(text)[:1], self.rows()
        front = next((row for row in shown if best and self.tree.kind_of(row) == best[0]), shown[0] if shown else None)
        if front is not None:
            self.tree.setCurrentItem(front)
        self.help.show_kind(self.tree.kind_of(front))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down go through the rows while letters are typed; Escape that has nothing to take back leaves."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                self._step(step)
                return True
            if event.key() == Qt.Key.Key_Escape and not self.search.text():
                self.left.emit()
                return True
        return super().eventFilter(watched, event)

    def _step(self, step: int) -> None:
        """Mark the next row, or the one before, of those that can be seen."""
        seen, now = self._in_sight(), self.tree.currentItem()
        if seen:
            at = seen.index(now) + step if now in seen else 0
            self.tree.setCurrentItem(seen[max(0, min(len(seen) - 1, at))])

    def _add_first(self) -> None:
        kind = self.tree.kind_of(self.tree.currentItem())
        if kind is not None and self.rows():
            self.search.clear()
            self.added.emit(kind)

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        give_keyboard(self.search)
        self.search.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus():
            self.tree.setFocus()
        elif event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
        else:
            super().keyPressEvent(event)
