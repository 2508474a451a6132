"""What the monkey does beyond clicks and actions: steering a run, painting, drawing, frames, lists, lessons, layouts, runs, storms."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QInputDialog, QWidget

from playground.document.edits import SetField, SetPlan, Several
from playground.ui.actions import ACTIONS
from playground.ui.canvas.note_item import NoteItem
from playground.ui.compare.table import FIRST, RunsTable
from playground.ui.dialogs.rate_finder import RateFinder
from playground.ui.inspector.editors import LineField
from playground.ui.lessons.coach import coach_of
from playground.ui.lessons.progress import lessons
from playground.ui.panels.knob_rows import JournalList
from playground.ui.panels.outline import NameLine, Outline
from playground.ui.panels.preflight import PreflightPanel
from playground.ui.panels.runs import RunsPanel
from playground.ui.plots.paint import PaintPlot
from playground.ui.plots.pixel_pad import PixelPad
from playground.ui.plots.plot import Plot
from playground.ui.shortcut_editor import ShortcutEditor
from playground.ui.steering.travel import travels_of
from playground.words import say
from tests.ui.conftest import settle
from tests.ui.synthetic import click, double_click, drag, mouse, move, press, release

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

#: Letters for fields that search.
LETTERS = (
    "",
    "re",
    "train",
    "conv 3",
    "set rate 0.1",
    "set batch x",
    "add ",
    "zz{}[]\\(*",
    "漢",
    "<b>&&</b>",
    "%s %d",
    "undo",
    "a" * 300,
)
#: Commands of the command palette that end the window.
ENDING = ("quit",)
RIGHT, LEFT = Qt.MouseButton.RightButton, Qt.MouseButton.LeftButton
ALT, CTRL, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


class Gestures:
    """Half of the monkey. `steering` needs a run; `leaving` puts another project in the place of the present one."""

    window: MainWindow
    rng: random.Random

    def note(self, words: str) -> None:
        raise NotImplementedError

    def place(self) -> QPointF:
        raise NotImplementedError

    def _shown(self, kind: type[Any]) -> list[Any]:
        raise NotImplementedError

    @property
    def steering(self) -> list[Callable[[], object]]:
        return [
            *[self.go_back] * 4,
            *[self.phases] * 2,
            *[self.search] * 2,
            *[self.knobs] * 3,
            self.look_first,
            self.journal,
            *[self.runs] * 2,
        ]

    @property
    def leaving(self) -> list[Callable[[], object]]:
        return [self.lesson, self.command]

    @property
    def gestures(self) -> list[Callable[[], object]]:
        return [
            *[self.resize_note] * 2, self.drag_note, *[self.ghost] * 2, *[self.quick] * 3, *[self.insert] * 2, *[self.arrange] * 2, self.snapped,
            *[self.outline] * 2, self.shortcuts, *[self.paint] * 3, self.brush_keys, *[self.draw] * 2, self.own_layout, *[self.plot] * 3,
            self.storm, self.tiny, self.coached, self.step_through,
        ]  # fmt: skip

    # Steering
    def go_back(self) -> None:
        """Pick a step of the curve, and fork or rewind there, whatever the run does."""
        travels, session = travels_of(self.window.session), self.window.session
        travels.pick(self.rng.choice((None, -5, 0, 1, session.client.step, self.rng.uniform(0, 2 * session.client.step + 1))))
        id = self.rng.choice(("fork", "rewind", "none"))
        self.note(f"{travels.picked} {id}")
        if id == "none":
            remedy = self.rng.choice((travels.halve_rate, travels.clip))
            remedy()
        else:
            self.window.actions_made[id].trigger()

    def phases(self) -> None:
        for _ in range(self.rng.randrange(1, 6)):
            self.window.actions_made[self.rng.choice(("step_into", "step_into", "step_into", "slow_motion", "step"))].trigger()

    def search(self) -> None:
        """A search for the rate or the batch in its dialog, perhaps while it trains; perhaps closed again at once."""
        id = self.rng.choice(("find_rate", "rate_fan", "find_batch"))
        self.note(id)
        self.window.actions_made[id].trigger()
        for dialog in self._tops(RateFinder):
            if self.rng.random() < 0.5:
                dialog.tabs.choose(self.rng.randrange(3))
            if self.rng.random() < 0.3:
                dialog.again.click()
            if self.rng.random() < 0.5:
                dialog.close()

    def knobs(self) -> None:
        """Numbers turned as fast as a hand can, straight at the run and in the project."""
        session = self.window.session
        paths = ("optimizer.rate", "optimizer.momentum", "clip", "batch", "weight_decay", "label_smoothing", "epochs", "seed")
        for _ in range(self.rng.randrange(1, 40)):
            if self.rng.random() < 0.5:
                session.set_knob("rate", 10 ** self.rng.uniform(-6, 1))
            else:
                value = self.rng.choice((10 ** self.rng.uniform(-6, 1), self.rng.randrange(1, 300), None, -1.0))
                session.do(SetPlan("training", self.rng.choice(paths), value))
        nodes = session.project.network.nodes
        for node in self.rng.sample(nodes, min(len(nodes), 3)):
            session.do(SetField(node.id, self.rng.choice(("rate", "units")), self.rng.choice((0.1, 0.9, 3, 17))))

    def look_first(self) -> None:
        self.window.actions_made["preflight"].trigger()
        for panel in self.window.findChildren(PreflightPanel):
            if self.rng.random() < 0.5:
                self._click_some(panel, 2)

    def journal(self) -> None:
        self.window.show_panel("knobs")
        for found in self.window.findChildren(JournalList):
            for key in self.rng.choices((Key.Key_Down, Key.Key_Up, Key.Key_Return), k=4):
                QTest.keyClick(found, key)

    def runs(self) -> None:
        """The table of runs: sorted, filtered, ticked, starred, noted, restored, thrown away."""
        self.window.show_layout("compare")
        settle()
        for panel in self.window.findChildren(RunsPanel):
            table: RunsTable = panel.table
            rows, rng = len(table.runs.rows), self.rng
            for _ in range(rng.randrange(1, 5)):
                act = rng.randrange(6)
                if act == 0:
                    table.horizontalHeader().sectionClicked.emit(rng.randrange(table.runs.columnCount()))
                elif act == 1:
                    panel.filter.setText(rng.choice(("", "rate < 0.02", "run >", "state = done", "((", "zz", "loss<=1 epochs>3")))
                elif act == 2 and rows:
                    table.selectRow(rng.randrange(rows))
                elif act == 3:
                    QTest.keyClick(
                        table,
                        rng.choice((Key.Key_Space, Key.Key_Down, Key.Key_F2, Key.Key_A)),
                        rng.choice((CTRL, SHIFT, Qt.KeyboardModifier(0))),
                    )
                elif act == 4:
                    table.selectAll()
                else:
                    self._click_some(panel, 1)
                rows = len(table.runs.rows)
            if rows and table.runs.columnCount() > FIRST:
                table.runs.setData(
                    table.runs.index(0, table.runs.columnCount() - 1), rng.choice(("", "a note", "<b>", "x" * 500))
                )

    def step_through(self) -> None:
        """Some samples further in the panel that shows steps, and in others that leaf."""
        for button in self._shown(QAbstractButton):
            if button.accessibleName() in (say("Sample before"), say("Next sample"), say("Take a sample")) and button.isEnabled():
                for _ in range(self.rng.randrange(1, 9)):
                    button.click()

    # The canvas
    def resize_note(self) -> None:
        """A note or a frame is made where there is none, selected, and drawn larger or smaller by its corner."""
        view, session = self.window.canvas, self.window.session
        if self.rng.random() < 0.4 or not view.canvas.notes:
            nodes = [node.id for node in session.view.network.nodes]
            session.select(self.rng.sample(nodes, self.rng.randrange(len(nodes) + 1)))
            self.window.actions_made[self.rng.choice(("frame", "frame", "note"))].trigger()
            if view.naming.line.isVisible() or view.naming.text.isVisible():
                QTest.keyClicks(
                    view.naming.line if view.naming.line.isVisible() else view.naming.text,
                    self.rng.choice(("a", "Two words", "")),
                )
        item: NoteItem | None = self.rng.choice([None, *view.canvas.notes.values()])
        if item is None:
            return
        session.select([item.id])
        corner = QPointF(view.mapFromScene(item.mapToScene(item.frame.bottomRight() - QPointF(4, 4))))
        drag(view, corner, corner + QPointF(self.rng.randrange(-400, 400), self.rng.randrange(-400, 400)))

    def drag_note(self) -> None:
        view = self.window.canvas
        if view.canvas.notes:
            item = self.rng.choice(list(view.canvas.notes.values()))
            start = QPointF(view.mapFromScene(item.mapToScene(QPointF(20, 10))))
            drag(view, start, start + QPointF(self.rng.randrange(-300, 300), self.rng.randrange(-300, 300)))

    def ghost(self) -> None:
        """Select one node; what is suggested behind it is clicked, or taken by keys, or left."""
        view, session = self.window.canvas, self.window.session
        nodes = session.view.network.nodes
        if not nodes:
            return
        session.select([self.rng.choice(nodes).id])
        settle()
        item = view.drops.ghost.item
        if item is None:
            return
        self.note(item.kind.title)
        if self.rng.random() < 0.5:
            click(view, QPointF(view.mapFromScene(item.mapToScene(item.body.center()))))
        else:
            for key in (Key.Key_Right, self.rng.choice((Key.Key_Return, Key.Key_Left, Key.Key_Escape))):
                QTest.keyClick(view, key)

    def quick(self) -> None:
        """The quick list by Tab, by a double click or by a wire let go in the open; something typed; taken or left."""
        view, rng = self.window.canvas, self.rng
        open_spot = QPointF(rng.randrange(max(view.viewport().width(), 1)), view.viewport().height() - 12)
        how = rng.randrange(3)
        if how == 0:
            QTest.keyClick(view, Key.Key_Tab)
        elif how == 1:
            double_click(view, open_spot)
        elif view.canvas.nodes:
            item = rng.choice(list(view.canvas.nodes.values()))
            drag(view, QPointF(view.mapFromScene(item.mapToScene(item.port(rng.choice(("in", "out")), 0)))), open_spot)
        if not view.quick.isVisible():
            return
        view.quick.field.setText(rng.choice(("", "", "dense", "re", "lstm", *LETTERS)))
        for _ in range(rng.randrange(4)):
            QTest.keyClick(view.quick.field, rng.choice((Key.Key_Down, Key.Key_Up)))
        QTest.keyClick(view.quick.field, rng.choice((Key.Key_Return, Key.Key_Tab, Key.Key_Escape)))

    def insert(self) -> None:
        """A node, best one without wires, is dragged onto a wire."""
        view, rng = self.window.canvas, self.rng
        wires = [wire for wire in view.canvas.wires.values() if wire.id]
        free = [item for item in view.canvas.nodes.values() if not item.wires] or list(view.canvas.nodes.values())
        if not wires or not free:
            return
        item, wire = rng.choice(free), rng.choice(wires)
        start = QPointF(view.mapFromScene(item.mapToScene(QPointF(item.look.width / 2, 12))))
        end = QPointF(view.mapFromScene(wire.mapToScene(wire.middle)))
        drag(view, start, end)

    def arrange(self) -> None:
        ids = [node.id for node in self.window.session.view.network.nodes]
        self.window.session.select(self.rng.sample(ids, self.rng.randrange(len(ids) + 1)))
        sides = (
            "align_left",
            "align_right",
            "align_top",
            "align_bottom",
            "align_centre",
            "align_middle",
            "distribute_across",
            "distribute_down",
        )
        id = self.rng.choice((*sides, "tidy", "group", "zoom_selection", "duplicate"))
        self.note(id)
        self.window.actions_made[id].trigger()

    def snapped(self) -> None:
        """Several nodes together, near the lines of others, with Alt or without, perhaps let go by Esc."""
        view, rng = self.window.canvas, self.rng
        ids = list(view.canvas.nodes)
        if not ids:
            return
        chosen = rng.sample(ids, rng.randrange(1, len(ids) + 1))
        self.window.session.select(chosen)
        item = view.canvas.nodes[chosen[0]]
        start = QPointF(view.mapFromScene(item.mapToScene(QPointF(item.look.width / 2, 12))))
        modifiers = ALT if rng.random() < 0.3 else Qt.KeyboardModifier.NoModifier
        press(view, start, modifiers)
        for _ in range(rng.randrange(1, 12)):
            move(view, start + QPointF(rng.randrange(-60, 60), rng.randrange(-60, 60)))
        if rng.random() < 0.3:
            QTest.keyClick(view, rng.choice((Key.Key_Escape, Key.Key_Delete)))
        release(view, start + QPointF(rng.randrange(-60, 60), rng.randrange(-60, 60)))

    # Lists and forms
    def outline(self) -> None:
        self.window.show_panel("outline")
        settle()
        for tree in self.window.findChildren(Outline):
            keys = (
                Key.Key_Down,
                Key.Key_Up,
                Key.Key_Right,
                Key.Key_Left,
                Key.Key_Return,
                Key.Key_Delete,
                Key.Key_Insert,
                Key.Key_F2,
                Key.Key_Backspace,
            )
            for key in self.rng.choices(keys, k=self.rng.randrange(1, 8)):
                QTest.keyClick(tree, key, CTRL if self.rng.random() < 0.15 else Qt.KeyboardModifier.NoModifier)
                for line in tree.findChildren(NameLine):
                    if line.isVisible():
                        line.setText(self.rng.choice(("a", "conv", "", "x" * 200, "<b>", "dense1")))
                        QTest.keyClick(line, self.rng.choice((Key.Key_Return, Key.Key_Escape)))
            if self.rng.random() < 0.3:
                QTest.keyClick(tree, Key.Key_L, CTRL)

    def command(self) -> None:
        """Something typed into the command palette, and one of what is found."""
        self.window.open_commands(self.rng.choice(LETTERS))
        palette = self.window._commands
        assert palette is not None
        for _ in range(self.rng.randrange(6)):
            QTest.keyClick(palette.field, self.rng.choice((Key.Key_Down, Key.Key_Up, Key.Key_PageDown, Key.Key_Tab)))
        chosen = palette.current
        self.note(chosen.id if chosen is not None else "nothing")
        ends = chosen is not None and any(chosen.id.endswith(word) for word in ENDING)
        QTest.keyClick(palette.field, Key.Key_Escape if ends or self.rng.random() < 0.2 else Key.Key_Return)

    def shortcuts(self) -> None:
        """Other keys for some actions; all of them as they were afterwards, so that keys mean what the monkey thinks."""
        self.window.show_shortcuts()
        for editor in self._tops(ShortcutEditor):
            for _ in range(self.rng.randrange(1, 6)):
                editor.search.setText(self.rng.choice(("", "", "rate", "Ctrl", "zz", "[", "漢")))
                if editor.table.rowCount():
                    editor.table.setCurrentCell(self.rng.randrange(editor.table.rowCount()), 1)
                QTest.keyClick(
                    editor.field,
                    self.rng.choice((Key.Key_T, Key.Key_F7, Key.Key_Tab, Key.Key_Escape, Key.Key_Shift)),
                    self.rng.choice((CTRL, SHIFT, CTRL | ALT)),
                )
                for button in (editor.use, editor.remove, editor.again):
                    if button.isEnabled() and self.rng.random() < 0.4:
                        button.click()
            editor.mark(self.rng.choice(ACTIONS).id)
            editor.all_again.click()
            editor.close()

    # Painting and plots
    def paint(self) -> None:
        """Strokes over a plane of painted points: sprayed, dragged, rubbed out, broken off, with an undo in between."""
        for plot in self._shown(PaintPlot):
            r, rng = plot.area, self.rng

            def spot(r=r, rng=rng) -> QPointF:
                return QPointF(r.x() + rng.uniform(-0.1, 1.1) * r.width(), r.y() + rng.uniform(-0.1, 1.1) * r.height())

            start = plot.pixel(*rng.choice(plot.spots)[:2]) if plot.spots and rng.random() < 0.4 else spot()
            button = RIGHT if rng.random() < 0.3 else LEFT
            plot.brush_changed.emit(rng.randrange(2))
            mouse(plot, QEvent.Type.MouseButtonPress, start, button)
            for _ in range(rng.randrange(10)):
                move(plot, spot(), held=button)
            again = rng.random()
            if again < 0.15:
                self.window.session.undo()
                settle()
                move(plot, spot(), held=button)
            elif again < 0.25:
                QTest.keyClick(plot, Key.Key_Escape)
                move(plot, spot(), held=button)
            elif again < 0.3:
                mouse(plot, QEvent.Type.MouseButtonPress, spot(), RIGHT if button == LEFT else LEFT)
            release(plot, spot())

    def brush_keys(self) -> None:
        keys = (Key.Key_Left, Key.Key_Up, Key.Key_Space, Key.Key_Delete, Key.Key_1, Key.Key_2, Key.Key_9, Key.Key_Escape)
        for plot in self._shown(PaintPlot):
            for key in self.rng.choices(keys, k=8):
                QTest.keyClick(plot, key)

    def draw(self) -> None:
        for pad in self._shown(PixelPad):
            for _ in range(self.rng.randrange(1, 4)):
                button = self.rng.choice((LEFT, RIGHT))
                spots = [QPointF(self.rng.uniform(-9, pad.width() + 9), self.rng.uniform(-9, pad.height() + 9)) for _ in range(6)]
                mouse(pad, QEvent.Type.MouseButtonPress, spots[0], button)
                for spot in spots:
                    move(pad, spot, held=button)
                release(pad, spots[-1])
            for key in self.rng.choices((Key.Key_Left, Key.Key_Down, Key.Key_Space, Key.Key_Delete), k=4):
                QTest.keyClick(pad, key)

    def plot(self) -> None:
        """Keys, drags and clicks on some plot that is shown."""
        plots = [plot for plot in self._shown(Plot) if plot.width() > 8 and plot.height() > 8]
        if not plots:
            return
        plot, rng = self.rng.choice(plots), self.rng
        self.note(type(plot).__name__)
        spot = lambda: QPointF(rng.randrange(plot.width()), rng.randrange(plot.height()))  # noqa: E731
        how = rng.randrange(4)
        if how == 0:
            drag(plot, spot(), spot())
        elif how == 1:
            double_click(plot, spot())
        elif how == 2:
            QTest.mouseClick(plot, LEFT, pos=spot().toPoint())
        else:
            for key in rng.choices(
                (Key.Key_Left, Key.Key_Right, Key.Key_Plus, Key.Key_Minus, Key.Key_Home, Key.Key_Return, Key.Key_Escape), k=5
            ):
                QTest.keyClick(plot, key)

    # The window
    def lesson(self) -> None:
        """Begin a lesson; later acts go on in it or leave it."""
        lesson = self.rng.choice(lessons())
        self.note(lesson.id)
        coach_of(self.window).begin(lesson)

    def coached(self) -> None:
        """The buttons of the card, if it is shown."""
        card = coach_of(self.window).card
        if card.isVisible():
            button = self.rng.choice((card.next, card.next, card.next, card.earlier, card.leave))
            if button.isVisible():
                button.click()

    def own_layout(self) -> None:
        """A layout of one's own: kept, renamed, thrown away; docks at random in between."""
        id = self.rng.choice(
            ("save_layout", "rename_layout", "delete_layout", "reset_layout", "build_layout", "train_layout", "compare_layout")
        )
        self.note(id)
        self.window.actions_made[id].trigger()
        for dialog in self._tops(QInputDialog):
            dialog.setTextValue(self.rng.choice(("Mine", "mine", "", "Train", "<b>&x</b>", "x" * 300, "漢 2")))
            dialog.accept() if self.rng.random() < 0.8 else dialog.reject()
        own = [name for name, layout in self.window.layouts.known.items() if layout.base]
        if own:
            self.window.show_layout(self.rng.choice(own))

    def storm(self) -> None:
        """Undo and redo as fast as the keys repeat."""
        session = self.window.session
        for _ in range(self.rng.randrange(5, 60)):
            self.rng.choice((session.undo, session.undo, session.redo))()

    def tiny(self) -> None:
        """As small as the window goes, then as it was; a project full of edits in one go in between."""
        size = self.window.size()
        self.window.resize(*self.rng.choice(((1, 1), (400, 200), (200, 1200), (3000, 60), (4000, 3000))))
        settle()
        self.window.grab()
        if self.rng.random() < 0.5:
            self.window.canvas.zoom_to_fit()
            self.window.session.do(Several("Several", (SetPlan("training", "epochs", self.rng.randrange(1, 50)),)))
        if self.rng.random() < 0.7:
            self.window.resize(size)

    # Within
    def _tops(self, kind: type[Any]) -> list[Any]:
        """Dialogs of a kind that are open."""
        return [each for each in self.window.findChildren(kind) if each.isVisible()]

    def _click_some(self, owner: QWidget, most: int) -> None:
        buttons = [each for each in owner.findChildren(QAbstractButton) if each.isVisible() and each.isEnabled()]
        for button in self.rng.sample(buttons, min(len(buttons), most)):
            if not isinstance(button, LineField):
                self.note(button.text() or button.accessibleName())
                button.click()
