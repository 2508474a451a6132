"""Docks and where they stand: the layouts of one window, each remembered, all made from the tables of layouts and of panels."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QChildEvent, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QStyle, QTabBar, QTabWidget, QWidget

from playground.ui import focus_order, settings
from playground.ui.hidden import hidden
from playground.ui.layout_table import AREAS, LAYOUT_TABLE, Layout
from playground.ui.middle import Middle
from playground.ui.named_layouts import BadLayout, keep, made_layout, own_layouts, renamed
from playground.ui.panel import Panel
from playground.ui.session import Session
from playground.ui.small_screens import DOCK_LEAST, Scrolling
from playground.ui.tab_menu import TabMenu
from playground.ui.tab_tearing import TabTearing
from playground.ui.theme import theme
from playground.ui.title_bar import TitleBar
from playground.words import say, sentence

VERSION = 5  # raised when docks change so much that a remembered state would mislead
DOCK_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "centre": Qt.DockWidgetArea.TopDockWidgetArea,  # nothing stands below it where the canvas is not shown
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
    "bottom-right": Qt.DockWidgetArea.BottomDockWidgetArea,
}
BARS = 124  # pixels of the window that are no canvas and no dock: menu bar, toolbar, titles, status line
DESIGNED = 900


class Dock(QDockWidget):
    """A dock whose panel is made when it is first shown. left: Escape, of which nothing in it made use."""

    left = Signal()

    def __init__(self, panel: Panel, session: Session, window: QMainWindow) -> None:
        super().__init__(say(panel.title), window)
        self.panel, self.session = panel, session
        self.setObjectName(panel.id)
        self.title = TitleBar(self, panel.icon)
        self.setTitleBarWidget(self.title)
        self.made: QWidget | None = None
        self.yields = False
        self.visibilityChanged.connect(self._on_visible)
        self.topLevelChanged.connect(lambda floats: self.setContentsMargins(*([1 if floats else 0] * 4)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Floating over the window, whose colour it has, it is told from it by an edge."""
        super().paintEvent(event)
        if self.isFloating():
            p = QPainter(self)
            p.setPen(theme().color("strong"))
            p.drawRect(self.rect().adjusted(0, 0, -1, -1))
            p.end()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Torn off it is a window, and Tab stays in it."""
        return focus_order.step(self, next) if self.isFloating() else super().focusNextPrevChild(next)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def take_keyboard(self) -> None:
        """Give the keyboard to what the panel names, else to where Tab would stop first in it; without that it stays where it is."""
        made = self.make()
        target = getattr(made, "focus_target", lambda: None)() or next(iter(focus_order.stops(made)), None)
        if target is not None:
            focus_order.give_keyboard(target)
            focus_order.reveal(target)

    def _on_visible(self, visible: bool) -> None:
        if visible:
            self.make()

    def make(self) -> QWidget:
        """The panel's widget."""
        if self.made is None:
            made = self.made = self.panel.factory(self.session)
            made.setAutoFillBackground(True)
            made.setMinimumSize(max(made.minimumWidth(), self.panel.least[0]), max(made.minimumHeight(), self.panel.least[1]))
            self._hold()
            self.title.note = getattr(made, "title_note", "")
            changed = getattr(made, "title_changed", None)
            if changed is not None:
                changed.connect(self.setWindowTitle)
            if title := getattr(made, "title_now", ""):
                self.setWindowTitle(title)
        return self.made

    def yield_room(self, on: bool) -> None:
        """Let the panel scroll in a dock that is smaller than its least size, or let no dock be so small."""
        if on != self.yields:
            self.yields = on
            self._hold()

    def _hold(self) -> None:
        around, made = self.widget(), self.made
        if made is None:
            return
        if isinstance(around, Scrolling):
            around.takeWidget()
        self.setWidget(Scrolling(made, DOCK_LEAST.boundedTo(made.minimumSize())) if self.yields else made)
        made.show()
        if isinstance(around, Scrolling):
            around.deleteLater()


class Layouts(QObject):
    """changed(layout name). It owns every dock of the window. keyboard_lost: what had the keyboard went behind another tab, or away.

    fitted(small): it stands for another kind of screen now.
    """

    changed = Signal(str)
    keyboard_lost = Signal()
    fitted = Signal(bool)

    def __init__(
        self, window: QMainWindow, session: Session, table: tuple[Panel, ...], layouts: tuple[Layout, ...] = LAYOUT_TABLE
    ) -> None:
        super().__init__(window)
        self.window_shown = window
        self.current = ""
        self.small = False
        self.known = {layout.name: layout for layout in (*layouts, *own_layouts({each.name: each for each in layouts}))}
        #: The state of a window that never had a dock: Qt keeps the places of docks that are gone and gives them to others of their name.
        self.bare: QByteArray | None = None
        self.docks = {panel.id: Dock(panel, session, window) for panel in table}
        window.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for corner, area in (
            (Qt.Corner.TopLeftCorner, "left"), (Qt.Corner.BottomLeftCorner, "left"),
            (Qt.Corner.TopRightCorner, "right"), (Qt.Corner.BottomRightCorner, "right"),
        ):  # fmt: skip
            window.setCorner(corner, DOCK_AREAS[area])
        self._off = hidden().now("panels")
        hidden().changed.connect(self._follow_class)
        self._front: Dock | None = None  # what was docked last, until it is in front
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._after_change)
        self._tearing = TabTearing(self.docks.values(), self._settle.isActive, self)
        window.installEventFilter(self)
        for dock in self.docks.values():
            dock.dockLocationChanged.connect(lambda _: self._settle.start(0))
            dock.topLevelChanged.connect(lambda floats, dock=dock: self._landed(dock, floats))
            dock.visibilityChanged.connect(lambda _: self._settle.start(0))
            dock.toggleViewAction().triggered.connect(lambda on, dock=dock: self.place(dock) if on else None)

    @property
    def layout_shown(self) -> Layout:
        """The record of the present layout."""
        return self.known[self.current]

    def show(self, name: str) -> None:
        """Switch to a layout of the table, as it was left."""
        if name not in self.known or name == self.current:
            return
        self.remember()
        self.current = name
        self._arrange(name)
        self.restore()
        self._collapse_titles()  # before the first paint, which the timer comes behind
        settings.set_word("layout", name)
        self._settle.start(0)
        self.changed.emit(name)

    def fit(self, small: bool, *, shown: bool = True) -> None:
        """Stand as a small screen or a larger one asks, each as it was left. shown: the docks are, and not a page in their place."""
        if small == self.small:
            return
        self.small = small
        for dock in self.docks.values():
            dock.yield_room(small)
        self.fitted.emit(small)
        if self.current and shown:
            self._arrange(self.current)
            self.restore()
            self._collapse_titles()
            self._settle.start(0)

    @property
    def remembered(self) -> QByteArray | None:
        """How the present layout was left on a screen of this kind; None where it never was."""
        return settings.block(self._key(self.current, self.small))

    @staticmethod
    def _key(name: str, small: bool) -> str:
        return f"{'small_docks' if small else 'docks'}/{name}"

    def restore(self) -> None:
        """The present layout as it was left. Before the window is shown Qt would lose track of tab bars: call it again then."""
        state = self.remembered
        if state is not None and self.window_shown.isVisible():
            self.window_shown.restoreState(state, VERSION)
        self._hide_for_class()

    def remember(self) -> None:
        """Keep how the present layout stands."""
        if self.current:
            settings.set_block(self._key(self.current, self.small), self.window_shown.saveState(VERSION))

    def place(self, dock: Dock) -> None:
        """Show a dock, in front. One that the present layout has no place for becomes a tab among its kin, else it would lie over them.

        Kin are the docks of the area in which another layout has it; where none is shown it opens that area if it is a side, else it
        goes below.
        """
        window = self.window_shown
        if not dock.isFloating() and window.dockWidgetArea(dock) == Qt.DockWidgetArea.NoDockWidgetArea:
            wanted = self._folded(next(iter(dock.panel.places.values()), "bottom"))
            areas = [wanted] if wanted in ("left", "right") else [wanted, "bottom", "bottom-right", "centre", "right"]
            kin = next((first for area in areas if (first := self._shown_in(area)) is not None), None)
            if kin is not None:
                window.tabifyDockWidget(kin, dock)
            else:
                window.addDockWidget(DOCK_AREAS[areas[0]], dock)
        dock.show()
        dock.raise_()

    def _folded(self, area: str) -> str:
        """Where an area is: at the right, if it is one of those that the present layout folds on a small screen."""
        return "right" if self.small and area in self.layout_shown.folded else area

    def _placed(self) -> list[tuple[Dock, str]]:
        """Docks of the present layout that are not hidden for a class, each with its area, in the order of their tabs."""
        base, folded = self.layout_shown.base or self.current, self.layout_shown.folded
        found = [(dock, dock.panel.places[base]) for dock in self.docks.values() if base in dock.panel.places]
        found = [(dock, area) for dock, area in found if dock.panel.id not in self._off]
        if self.small:
            found.sort(key=lambda one: folded.index(one[1]) if one[1] in folded else -1)
        return [(dock, self._folded(area)) for dock, area in found]

    def _shown_in(self, area: str) -> Dock | None:
        """The first dock that stands in an area of the present layout."""
        for dock, place in self._placed():
            if place == area and not dock.isHidden() and not dock.isFloating():
                return dock
        return None

    def _hide_for_class(self) -> None:
        """Panels that are hidden for a class are neither shown nor offered."""
        for id, dock in self.docks.items():
            dock.toggleViewAction().setVisible(id not in self._off)
            if id in self._off:
                dock.hide()

    def _follow_class(self) -> None:
        """Hide what is hidden now, and bring back what no longer is, where the present layout has it."""
        before, self._off = self._off, hidden().now("panels")
        self._hide_for_class()
        if self.current and before - self._off:
            base = self.layout_shown.base or self.current
            back = [id for id in before - self._off if base in self.docks[id].panel.places] if before else []
            if back and self.window_shown.isVisible():
                self._arrange(self.current)
        self._settle.start(0)

    def reset(self) -> None:
        """The present layout as it was designed."""
        settings.set_block(self._key(self.current, self.small), None)
        self._arrange(self.current)
        self._collapse_titles()
        self._settle.start(0)

    def save_as(self, title: str) -> Layout:
        """Keep the present arrangement under a name, which is then the present layout. Raises BadLayout."""
        made = made_layout(title, self.layout_shown, self.known)
        self.remember()
        self.known[made.name] = made
        keep(self.known)
        self.current = made.name
        self.remember()
        settings.set_word("layout", made.name)
        self.changed.emit(made.name)
        return made

    def rename(self, name: str, title: str) -> None:
        """Another name for a layout of one's own. Raises BadLayout."""
        self.known[name] = renamed(self.known[name], title, self.known)
        keep(self.known)
        self.changed.emit(self.current)

    def delete(self, name: str) -> None:
        """Forget a layout of one's own; where it is the present one, that from which it was made is shown."""
        gone = self.known[name]
        if not gone.base:
            raise BadLayout(sentence("Only a layout of your own can be deleted."))
        if self.current == name:
            self.show(gone.base)
        del self.known[name]
        keep(self.known)
        for small in (False, True):
            settings.set_block(self._key(name, small), None)
        self.changed.emit(self.current)

    def _arrange(self, name: str) -> None:
        window = self.window_shown
        window.setUpdatesEnabled(False)
        for dock in self.docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)
        self._front = None
        if self.bare is None:
            self.bare = window.saveState(VERSION)
        centre = window.centralWidget()
        if isinstance(centre, Middle):
            centre.fold(not self.layout_shown.canvas)
        window.restoreState(self.bare, VERSION)  # Qt keeps the places of removed docks; a remembered state would bring them back
        placed, first = self._placed(), self._first()
        for place in (place for place in AREAS if place in first):  # neighbours first: beside tabs Qt would only add a tab
            if place == "bottom-right" and "bottom" in first:
                window.splitDockWidget(first["bottom"], first[place], Qt.Orientation.Horizontal)
            else:
                window.addDockWidget(DOCK_AREAS[place], first[place])
        for dock, place in placed:
            if dock is not first[place]:
                window.tabifyDockWidget(first[place], dock)
            dock.show()
            dock.make()
        for dock in first.values():
            dock.raise_()
        self.size(first)
        window.setUpdatesEnabled(True)

    def size(self, first: dict[str, Dock] | None = None) -> None:
        """Give each area its designed size, in proportion to the window."""
        window, shown = self.window_shown, self.layout_shown
        first = first if first is not None else self._first()
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        edges: tuple[str, ...] = ("left", "right")
        wide_of = shown.small_sizes if self.small else shown.sizes
        asked = {area: 0 if self.small else first[area].panel.width for area in edges if area in first}
        sides = {area: wide or wide_of.get(area, 260) for area, wide in asked.items()}
        for area, wide in sides.items():
            window.resizeDocks([first[area]], [wide], across)
        part = max(window.height() - BARS, 200) / (DESIGNED - BARS) if shown.grows else 1.0
        levels: tuple[str, ...] = ("centre", "bottom")
        high = {area: round(shown.sizes[area] * part) for area in levels if area in first}
        if high:
            window.resizeDocks([first[area] for area in high], list(high.values()), down)
        if "bottom-right" in first and "bottom" in first:
            pair = [shown.sizes["bottom-left"], shown.sizes["bottom-right"]]
            if not shown.canvas:
                pair = [round(wide * (self._between(sides) - self._splitter) / sum(pair)) for wide in pair]
            window.resizeDocks([first["bottom"], first["bottom-right"]], pair, across)
        if "centre" in first:  # without a canvas Qt gives the sides their width only where all widths of a row are asked for
            row = {**sides, "centre": self._between(sides)}
            window.resizeDocks([first[area] for area in row], list(row.values()), across)

    def _between(self, sides: dict[str, int]) -> int:
        """Pixels of width that the sides leave."""
        return max(self.window_shown.width() - sum(sides.values()) - self._splitter * len(sides), 200)

    @property
    def _splitter(self) -> int:
        window = self.window_shown
        return window.style().pixelMetric(QStyle.PixelMetric.PM_DockWidgetSeparatorExtent, None, window)

    def _first(self) -> dict[str, Dock]:
        """The dock of each area that comes first in it."""
        found: dict[str, Dock] = {}
        for dock, place in self._placed():
            found.setdefault(place, dock)
        return found

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A tab bar that Qt has made is watched before it is shown."""
        if event.type() == QEvent.Type.ChildPolished and isinstance(event, QChildEvent):
            child = event.child()
            if isinstance(child, QTabBar):
                self._tearing.watch(child)
        return super().eventFilter(watched, event)

    def _landed(self, dock: Dock, floats: bool) -> None:
        """A dock was torn off, or put back: then it is to be seen, also among tabs."""
        self._front = None if floats else dock
        self._settle.start(0)

    def _collapse_titles(self) -> None:
        """Among tabs a title takes no room."""
        for dock in self.docks.values():
            others = [other for other in self.window_shown.tabifiedDockWidgets(dock) if not other.isFloating()]
            dock.title.collapse(bool(others) and not dock.isFloating())

    def _after_change(self) -> None:
        """Tabs speak for their docks: hide those titles, and let the tab bars be ours."""
        window, front = self.window_shown, self._front
        self._front = None
        if front is not None and not front.isHidden():
            front.raise_()
        self._collapse_titles()
        dock = focus_order.dock_of(QApplication.focusWidget())
        if dock is not None and not dock.isHidden() and focus_order.is_behind(dock):
            self.keyboard_lost.emit()
        for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setExpanding(False)
            bar.setUsesScrollButtons(True)
            bar.setDrawBase(False)
            bar.setChangeCurrentOnDrag(True)
            menu = bar.findChild(TabMenu)
            menu.follow() if menu is not None else TabMenu(bar)
