"""The window assembled: menu bar, toolbar, canvas, docks from the table of panels, status line. It has no behaviour of its own
beyond what the table of actions asks of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragMoveEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QToolBar, QWidget

from playground.document.recovery import Recovery
from playground.ui import focus_order, focus_ring, motion, settings, small_screens, theme
from playground.ui.actions import ActionSet
from playground.ui.actions.view_language import choose as choose_language
from playground.ui.autosave import Autosave
from playground.ui.canvas.bar import CanvasArea
from playground.ui.canvas.clearance import Clearance
from playground.ui.canvas.view import CanvasView
from playground.ui.canvas_menu import show_canvas_menu
from playground.ui.compare.choice import choice_of
from playground.ui.compare.restored import restored_of
from playground.ui.documents import Documents
from playground.ui.file_drops import carried_files
from playground.ui.hidden import hidden
from playground.ui.layout_table import LAYOUT_TABLE
from playground.ui.layouts import Dock, Layouts
from playground.ui.menu_bar import MenuBar
from playground.ui.middle import Middle
from playground.ui.notices import NoticeBar
from playground.ui.palette import Palette
from playground.ui.panel import LAYOUTS, Panel, dialogs, panels, register_panel, start_page
from playground.ui.retelling import tell_again
from playground.ui.session import Session
from playground.ui.shortcuts import about
from playground.ui.status import StatusLine
from playground.ui.steering.travel import travels_of
from playground.ui.toolbar import Toolbar
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.command_palette import CommandPalette

__all__ = ["MainWindow", "Panel", "register_panel"]

#: The size of a window that was never sized, where the screen has room for it below the title bar that the desktop adds.
FRESH = QSize(1440, 900)


class MainWindow(QMainWindow):
    """One project in one window. closed: emitted once, after everything was given back."""

    session: Session
    canvas: CanvasView
    layouts: Layouts
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        motion.follow()
        hidden().follow(session)
        self.setObjectName("main")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        self.documents = Documents(session, self)
        self.autosave = Autosave(session, self)
        self._watch = small_screens.ScreenWatch(self)
        self._watch.changed.connect(self.fit_screen)
        self.build()
        for signal in (
            session.project_changed, session.inspection_changed, session.selection_changed, session.run_changed, session.file_changed,
            session.samples_changed, session.scope_changed, travels_of(session).changed,
            choice_of(session).chosen, restored_of(session).changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        session.file_changed.connect(self.leave_start)
        self._show_first()
        hidden().changed.connect(self._follow_class)
        self._follow_class()

    def build(self) -> None:
        """Make everything that shows words; once at the start, and again in another language."""
        self.canvas = CanvasView(self.session)
        self.middle = QStackedWidget()
        self.middle.addWidget(CanvasArea(self.canvas))
        self.notices = NoticeBar(self, self.canvas, self.session, Clearance(self.canvas))
        self.notices.left.connect(self.leave_panel)
        self.canvas.put_away = self.notices.dismiss
        self.setCentralWidget(Middle(self.middle))
        self.start: QWidget | None = None
        self._commands: CommandPalette | None = None
        self.layouts = Layouts(self, self.session, panels())
        self.layouts.changed.connect(lambda _: self.refresh())
        self.layouts.keyboard_lost.connect(self.take_keyboard)
        for dock in self.layouts.docks.values():
            dock.left.connect(self.leave_panel)
        self.actions_made = ActionSet(self)
        self.bar = MenuBar(self)
        self.layouts.fitted.connect(self.bar.tab_corner.fit)
        self.layouts.fit(small_screens.is_small_for(self))
        self._make_toolbar()
        self.status = StatusLine(self.session)
        self.status.problems_asked.connect(lambda: self.show_panel("problems"))
        self.autosave.told.connect(self.status.show_autosave)
        self.setStatusBar(self.status)
        self.canvas.menu_asked.connect(self._show_context_menu)
        self.canvas.edit_asked.connect(lambda: self.show_panel("inspector"))

    def say_again(self) -> None:
        """Show everything in the language that is spoken now. Session, run, layout and view stay as they are."""
        tell_again(self)

    def _show_first(self) -> None:
        self.resize(FRESH.boundedTo(small_screens.room_of(self)))
        shape = settings.block("window")
        if shape is not None:
            self.restoreGeometry(shape)
        last = settings.word("layout", LAYOUTS[0])
        self.layouts.show(last if last in self.layouts.known else LAYOUTS[0])
        self.join_palette()

    def join_palette(self) -> None:
        """What is chosen in the palette goes onto the canvas."""
        palette = self._palette()
        if palette is not None:
            palette.added.connect(self.canvas.commands.add_kind)
            palette.left.connect(self.leave_panel)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.layouts.fit(small_screens.is_small_for(self), shown=not self.at_start)
            self._watch.follow()
        if self.layouts.remembered is None:
            self.layouts.size()  # dock sizes hold only once the window has its own
        elif not event.spontaneous():
            self.layouts.restore()
        self.canvas.setFocus()

    def fit_screen(self) -> None:
        """The window came to another screen, or its own is another size now."""
        small = small_screens.is_small(small_screens.room_of(self))
        if small == self.layouts.small:
            return
        if not self.at_start:
            self.layouts.remember()
        self.layouts.fit(small, shown=not self.at_start)
        if small and not (self.isMaximized() or self.isFullScreen()):
            self.resize(self.size().boundedTo(small_screens.room_of(self)))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(bool(carried_files(event.mimeData())))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(bool(carried_files(event.mimeData())))

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the file that was dropped, once the drag is over: there may be a question first."""
        paths = carried_files(event.mimeData())
        event.setAccepted(bool(paths))
        if paths:
            QTimer.singleShot(0, self, lambda: self.documents.take(paths))

    def _follow_class(self) -> None:
        self.bar.follow_class()
        self.refresh()

    def _make_toolbar(self) -> None:
        self.tools = Toolbar(self, self.actions_made)
        bar = QToolBar(say("Toolbar"))
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setFixedHeight(48)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.toggleViewAction().setVisible(False)
        bar.addWidget(self.tools)
        bar.setContentsMargins(0, 0, 0, 0)
        self.addToolBar(bar)
        self.tool_bar = bar

    def _show_context_menu(self, at: QPoint) -> None:
        show_canvas_menu(self, at)

    def refresh(self) -> None:
        """Texts and availability of everything in the bars."""
        self.actions_made.refresh()
        self.tools.refresh()
        shown = self.layouts.layout_shown if self.layouts.current and not self.at_start else None
        self.bar.tab_corner.show_own(shown if shown is not None and shown.base else None)
        self.setWindowTitle(say("{name}[*] - Playground", name=self.session.title))
        self.setWindowModified(self.session.modified)

    # What actions ask
    def toggle_training(self) -> None:
        """Train, pause or resume, whichever the button says."""
        state = self.session.run.state
        if state in ("running", "starting"):
            self.session.pause()
        elif state in ("paused", "dead") or self.session.client.at_fault:
            self.session.resume()
        else:
            self.session.train()
            self.show_layout("train")

    def find_rate(self) -> None:
        """Search for a learning rate and show the curve."""
        if "rate_finder" in dialogs():
            self.open_dialog("rate_finder")
        else:
            self.session.find_rate()

    def open_dialog(self, id: str) -> None:
        """Open a registered dialog over the window."""
        found = dialogs().get(id)
        if found is not None:
            found.open(self.session, self)

    def show_layout(self, name: str) -> None:
        self.leave_start()
        whole = self.canvas.shows_all()
        held = QApplication.focusWidget()
        self.layouts.show(name)
        if held is None or not held.isVisible():  # the panel that had the keyboard is gone
            self.take_keyboard()
        if whole:
            QTimer.singleShot(0, self.canvas, lambda: self.canvas.zoom_to_fit(most=1.0))
        self.refresh()

    def show_panel(self, id: str) -> None:
        """Bring a dock to the front and give it the keyboard."""
        dock: Dock | None = self.layouts.docks.get(id)
        if dock is not None and id not in hidden().now("panels"):
            self.leave_start()
            self.layouts.place(dock)
            dock.take_keyboard()

    def take_keyboard(self) -> None:
        """Back to the canvas, from a panel that is left or gone; where the layout has none, to the menu bar."""
        focus_order.give_keyboard(self.canvas if self.canvas.isVisible() else self.menuBar())

    def leave_panel(self) -> None:
        """A key leaves a panel: show where the keyboard is now."""
        self.take_keyboard()
        focus_ring.mark(self.canvas)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes through what can be seen, in the order in which it is read."""
        return focus_order.step(self, next)

    def _palette(self) -> Palette | None:
        dock = self.layouts.docks.get("palette")
        made = dock.make() if dock is not None else None
        return made if isinstance(made, Palette) else None

    def focus_palette(self) -> None:
        """Search the palette; where it is not shown, the quick list."""
        palette, dock = self._palette(), self.layouts.docks.get("palette")
        if palette is not None and dock is not None and dock.isVisible():
            palette.focus_search()
        else:
            self.canvas.open_quick_add()

    def copy(self) -> None:
        self.canvas.commands.copy()

    def use_theme(self, mode: str) -> None:
        """Switch the look and remember it."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, mode)
            settings.set_word("theme", mode)
            self.refresh()

    def show_canvas(self) -> None:
        """The canvas in the middle, in the first layout that has one where the present one has none."""
        self.leave_start()
        if not self.layouts.layout_shown.canvas:
            self.show_layout(next(layout.name for layout in LAYOUT_TABLE if layout.canvas))

    def open_commands(self, text: str = "") -> None:
        """The command palette over the window."""
        if self._commands is None:
            from playground.ui.command_palette import CommandPalette

            self._commands = CommandPalette(self)
        self._commands.ask(text)

    def show_shortcuts(self) -> None:
        """The list of shortcuts, where each can be changed."""
        from playground.ui.shortcut_editor import ShortcutEditor

        ShortcutEditor(self).show()

    def show_about(self) -> None:
        about(self)

    def new(self) -> None:
        if self.documents.may_leave():
            self.session.new()
            self.leave_start()

    def ask_open(self) -> None:
        self.documents.ask_open()

    def save(self) -> bool:
        return self.documents.save()

    def save_as(self) -> bool:
        return self.documents.save_as()

    def quit(self) -> None:
        self.close()

    # Start page
    def show_start(self) -> None:
        """The start page in the middle, without docks, until a project is open."""
        found = start_page()
        if found is None:
            return
        if self.start is None:
            self.start = found.factory(self.session)
            self.middle.addWidget(self.start)
            for name, slot in (
                ("opened", self._open_from_start), ("new_asked", self.new), ("open_asked", self.ask_open),
                ("import_asked", lambda: self.open_dialog("import_data")), ("weights_asked", self._import_weights_from_start),
                ("recovered", self._recover), ("language_asked", lambda choice: choose_language(self, choice)),
                ("theme_asked", self.use_theme),
            ):  # fmt: skip
                getattr(self.start, name).connect(slot)
        self.layouts.remember()
        self.middle.setCurrentWidget(self.start)
        centre = self.centralWidget()
        if isinstance(centre, Middle):
            centre.fold(False)
        for dock in self.layouts.docks.values():
            dock.hide()
        self.tool_bar.hide()
        self.status.setVisible(bool(self.session.project.network.nodes))  # it has nothing to say of an empty project here
        self.refresh()

    @property
    def at_start(self) -> bool:
        """Whether the start page is shown."""
        return self.start is not None and self.middle.currentWidget() is self.start

    def _open_from_start(self, path: Path) -> None:
        self.documents.open(path)

    def _import_weights_from_start(self) -> None:
        """Weights belong to a network: the one behind the start page, else one that is opened first."""
        if not self.session.project.network.nodes:
            self.documents.ask_open()
        if self.session.project.network.nodes:
            self.leave_start()
            self.open_dialog("import_weights")

    def _recover(self, found: Recovery, how: str) -> None:
        if not self.documents.recover(found, how, self.autosave.adopt) and self.start is not None:
            self.start.refresh()  # type: ignore[attr-defined]

    def tell_of_finds(self) -> None:
        """Say that there is unsaved work, which the start page offers."""
        finds = self.documents.finds()
        if finds:
            self.session.message.emit(
                sentence("Unsaved work of {name} was found. The start page offers it.", name=finds[0].name), "warning"
            )
            self.notices.offer((sentence("Start page"), self.show_start))

    def leave_start(self) -> None:
        """Back to the canvas and the docks of the present layout."""
        if not self.at_start:
            return
        self.middle.setCurrentIndex(0)
        self.tool_bar.show()
        self.status.show()
        current, self.layouts.current = self.layouts.current, ""
        self.layouts.show(current)
        self.canvas.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.documents.may_leave():
            event.ignore()
            return
        if self.middle.currentIndex() == 0:
            self.layouts.remember()
        shape: QByteArray = self.saveGeometry()
        settings.set_block("window", shape)
        self.autosave.close()
        self.session.close()
        event.accept()
        self.closed.emit()
