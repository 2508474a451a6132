"""What the monkey does in places that a person visits: the start page, blocks, ties, palettes, exports, brushes, the map, the keyboard alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QTabBar, QWidget

from playground.ui.canvas.minimap import Minimap
from playground.ui.carrying import NodeTaker
from playground.ui.compare.parallel import ParallelPlot
from playground.ui.compare.table import RunsTable
from playground.ui.dialogs.export import ExportDialog, FormatRow
from playground.ui.dialogs.start import Start
from playground.ui.palette import Palette
from playground.ui.panels.groups import GroupsEditor
from playground.words import say
from tests.ui.conftest import settle
from tests.ui.synthetic import deliver, drag, mouse, move, release

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

#: What is typed into fields that search among layers and examples.
SEARCHED = ("", "", "conv", "dense", "moons", "norm", "zz", "[", "漢", "<b>", "a" * 300)
CTRL, SHIFT, PLAIN = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
Key = Qt.Key


class Visits:
    """A third of the monkey. `openings` puts another project in the place of the present one."""

    window: MainWindow
    rng: random.Random

    def note(self, words: str) -> None:
        raise NotImplementedError

    def _shown(self, kind: type[Any]) -> list[Any]:
        raise NotImplementedError

    @property
    def visits(self) -> list[Callable[[], object]]:
        return [
            *[self.block] * 3, self.tie, self.typed_wire, *[self.palette] * 2, self.export_as, *[self.brush_runs] * 2, self.tick_runs,
            self.map, self.tab, self.walk, *[self.keyboard] * 2, *[self.carry] * 2,
        ]  # fmt: skip

    @property
    def openings(self) -> list[Callable[[], object]]:
        return [*[self.at_start] * 2]

    def _some_nodes(self, least: int = 0) -> list[str]:
        ids = [node.id for node in self.window.session.view.network.nodes]
        return self.rng.sample(ids, self.rng.randrange(min(least, len(ids)), len(ids) + 1))

    # What is dragged from one widget to another
    def let_go(self, drag: QDrag) -> Qt.DropAction:
        """Where a drag of the system's ends: over a widget that takes drags, often one of the parameter groups."""
        takers = [each for each in self._shown(QWidget) if each.acceptDrops()]
        target = self.rng.choice([*takers, *[each for each in takers if isinstance(each, NodeTaker)] * 5])
        taken = deliver(target, drag.mimeData(), _somewhere(target, self.rng))
        self.note(f"{type(target).__name__} {taken}")
        return Qt.DropAction.CopyAction if taken else Qt.DropAction.IgnoreAction

    def carry(self) -> None:
        """A node is dragged out of the canvas over a panel, or a parameter group by its grip; groups come and go."""
        window, rng = self.window, self.rng
        window.show_panel("training")
        groups = window.findChild(GroupsEditor)
        if groups is None or not groups.isVisible():
            return
        how = rng.choice(("add", "grip", "node", "node"))
        self.note(how)
        if how == "add":
            groups.add.click()
        elif how == "grip" and groups.cards:
            grip = rng.choice(list(groups.cards.values())).grip
            drag(grip, QPointF(4, 4), QPointF(4, 40))
        elif how == "node" and window.canvas.canvas.nodes:
            view, item = window.canvas, rng.choice(list(window.canvas.canvas.nodes.values()))
            docked = window.layouts.docks["training"]
            outside = view.viewport().mapFromGlobal(docked.mapToGlobal(_somewhere(docked, rng)))
            drag(view, QPointF(view.mapFromScene(item.mapToScene(QPointF(item.look.width / 2, 12)))), outside)

    # The canvas
    def block(self) -> None:
        """Nodes become a block; a block is opened, left or taken apart; one that ships is put in."""
        session, rng = self.window.session, self.rng
        how = rng.choice(("group", "open", "open", "leave", "ungroup", "shipped"))
        self.note(how)
        uses = [node.id for node in session.view.network.nodes if hasattr(node.spec, "block")]
        if how == "group":
            session.select(self._some_nodes(2))
            self.window.actions_made["group"].trigger()
        elif how == "leave":
            session.leave(rng.choice((-1, 0)))
        elif how == "shipped":
            view = self.window.canvas
            QTest.keyClick(view, Key.Key_Tab)
            if view.quick.isVisible():
                view.quick.field.setText(rng.choice(("block", "residual", "inception", "encoder")))
                QTest.keyClick(view.quick.field, Key.Key_Return)
        elif uses:
            session.select([rng.choice(uses)])
            self.window.actions_made["open_block" if how == "open" else "ungroup"].trigger()

    def tie(self) -> None:
        """Weights shared from one layer to another, by clicks on the canvas, perhaps broken off."""
        view, rng = self.window.canvas, self.rng
        nodes = [node.id for node in self.window.session.view.network.of_kind("layer")]
        if len(nodes) < 2:
            return
        source, target = rng.sample(nodes, 2)
        self.window.session.select([source])
        self.window.actions_made["share"].trigger()
        item = view.canvas.nodes.get(target)
        if item is None:
            return
        at = QPointF(view.mapFromScene(item.mapToScene(QPointF(item.look.width / 2, 12))))
        move(view, at, Qt.MouseButton.NoButton)
        QTest.keyClick(view, rng.choice((Key.Key_Return, Key.Key_Right, Key.Key_Down, Key.Key_Escape, Key.Key_T)))
        mouse(view, QEvent.Type.MouseButtonPress, at)
        release(view, at)

    def typed_wire(self) -> None:
        """A wire by keys alone."""
        self.window.session.select(self._some_nodes(1)[:1])
        self.window.actions_made["wire"].trigger()
        for _ in range(self.rng.randrange(6)):
            QTest.keyClick(
                self.window.canvas, self.rng.choice((Key.Key_Right, Key.Key_Down, Key.Key_Left, Key.Key_Up, Key.Key_1))
            )
        QTest.keyClick(self.window.canvas, self.rng.choice((Key.Key_Return, Key.Key_Return, Key.Key_Escape)))

    def map(self) -> None:
        """The small map: a click and a drag carry the view."""
        for small in self._shown(Minimap):
            spot = lambda small=small: QPointF(  # noqa: E731
                self.rng.randrange(-5, small.width() + 5), self.rng.randrange(-5, small.height() + 5)
            )
            drag(small, spot(), spot())

    def palette(self) -> None:
        """Something searched in the palette, walked to by keys, and put in."""
        self.window.focus_palette()
        for found in self._shown(Palette):
            found.search.setText(self.rng.choice(SEARCHED))
            for _ in range(self.rng.randrange(5)):
                QTest.keyClick(found.tree, self.rng.choice((Key.Key_Down, Key.Key_Up, Key.Key_Left, Key.Key_Right)))
            QTest.keyClick(found.tree, self.rng.choice((Key.Key_Return, Key.Key_Escape, Key.Key_Delete)))
            if self.rng.random() < 0.7:
                found.search.setText("")

    # Places beside it
    def export_as(self) -> None:
        """The export dialog: some formats looked at, some weights chosen, one written, perhaps closed meanwhile."""
        self.window.actions_made["export"].trigger()
        for dialog in self._shown(ExportDialog):
            rows = [row for row in dialog.findChildren(FormatRow) if row.isEnabled()]
            for row in self.rng.choices(rows, k=2):
                self.note(row.format.id)
                row.click()
            for box in dialog.findChildren(QComboBox):
                if box.isEnabled() and box.count():
                    box.setCurrentIndex(self.rng.randrange(box.count()))
            if self.rng.random() < 0.3:
                dialog.go.click()
            dialog.close()

    def brush_runs(self) -> None:
        """Axes of the settings of runs brushed with the mouse and by keys."""
        self.window.show_layout("compare")
        settle()
        rng = self.rng
        for plot in self._shown(ParallelPlot):
            if plot.width() > 8 and plot.height() > 8:
                x = rng.randrange(plot.width())
                drag(
                    plot,
                    QPointF(x, rng.randrange(plot.height())),
                    QPointF(x + rng.randrange(-9, 9), rng.randrange(plot.height())),
                )
            keys = (Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down, Key.Key_Escape, Key.Key_Delete, Key.Key_Home)
            for key in rng.choices(keys, k=5):
                QTest.keyClick(plot, key, rng.choice((PLAIN, SHIFT)))

    def tick_runs(self) -> None:
        """Cells of the table of runs clicked: which runs are drawn, starred, chosen."""
        self.window.show_layout("compare")
        settle()
        for table in self._shown(RunsTable):
            for _ in range(4):
                rows, columns = table.model().rowCount(), table.model().columnCount()
                if not rows or not columns:
                    break
                cell = table.cell(self.rng.randrange(rows), self.rng.randrange(min(columns, 4))).center()
                QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, self.rng.choice((PLAIN, PLAIN, CTRL, SHIFT)), cell)
                settle()

    def tab(self) -> None:
        """Another tab of some bar in front, or a tab dragged along its bar or away from it."""
        bars = [bar for bar in self._shown(QTabBar) if bar.count() > 1]
        if not bars:
            return
        bar = self.rng.choice(bars)
        first, second = (QPointF(bar.tabRect(self.rng.randrange(bar.count())).center()) for _ in range(2))
        if self.rng.random() < 0.6:
            QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=first.toPoint())
        else:
            drag(bar, first, second + QPointF(0, self.rng.choice((0, 0, -90, 90))))

    def walk(self) -> None:
        """From control to control by Tab, wherever that leads."""
        key, modifiers = self.rng.choice(((Key.Key_Tab, PLAIN), (Key.Key_Backtab, SHIFT)))
        for _ in range(self.rng.randrange(1, 9)):
            QTest.keyClick(self._held(), key, modifiers)

    def keyboard(self) -> None:
        """Any key to whatever has the keyboard."""
        held = self._held()
        keys = (Key.Key_Space, Key.Key_Down, Key.Key_Up, Key.Key_Left, Key.Key_Right, Key.Key_Home, Key.Key_End, Key.Key_PageDown)
        keys += (Key.Key_Delete, Key.Key_Escape, Key.Key_F2, Key.Key_A, Key.Key_5, Key.Key_Z)
        for key in self.rng.choices(keys, k=self.rng.randrange(1, 6)):
            ending = isinstance(held, QAbstractButton) and key == Key.Key_Space and held.text() == say("Quit")
            if not ending:
                QTest.keyClick(held, key, self.rng.choice((PLAIN, PLAIN, PLAIN, CTRL, SHIFT)))
            held = self._held()
        self.note(type(held).__name__)

    def _held(self) -> Any:
        held = self.window.focusWidget() or QApplication.focusWidget()
        return held if held is not None and held.isVisible() else self.window

    # Leaving
    def at_start(self) -> None:
        """The start page: examples searched and filtered, then something on it pressed, or back to the work."""
        self.window.show_start()
        settle()
        start = self.window.start
        if not isinstance(start, Start):
            return
        rng = self.rng
        start.search.setText(rng.choice(SEARCHED))
        rng.choice(start.chips).click()
        if rng.random() < 0.3:
            self.window.leave_start()
            return
        if rng.random() < 0.5:
            start.search.setText("")
        buttons = [
            each
            for each in start.findChildren(QAbstractButton)
            if each.isVisible() and each.isEnabled() and each not in start.chips
        ]
        if buttons:
            chosen = rng.choice(buttons)
            self.note(f"{type(chosen).__name__} {chosen.text() or chosen.accessibleName()}")
            chosen.click()


def _somewhere(widget: QWidget, rng: random.Random) -> QPointF:
    return QPointF(rng.randrange(max(1, widget.width())), rng.randrange(max(1, widget.height())))
