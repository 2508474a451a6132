"""The menu bar of the window: menus from the table of actions, the logo on the left and the tabs of the layouts on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from playground.document.project import Project
from playground.document.recent import recent_files, written_at
from playground.ui.actions import ACTIONS, MENUS, Action
from playground.ui.hidden import hidden
from playground.ui.kinds import all_groups
from playground.ui.layout_menu import LayoutMenu
from playground.ui.layout_table import LAYOUT_TABLE
from playground.ui.plain_text import for_menu
from playground.ui.tabs import Corner, LayoutTab, Logo
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

MOST_RECENT = 8
THEMES = ("light", "dark", "system")


class MenuBar:
    """Fills the bar of a window whose actions and docks are made.

    menus: by their names in the table of actions.  insert: submenus of Insert by group.  recent: filled whenever it opens.
    """

    def __init__(self, window: MainWindow) -> None:
        self.window_shown = window
        bar = window.menuBar()
        bar.setNativeMenuBar(False)  # a native bar has no corner for the tabs
        bar.setFixedHeight(28)
        filled = {action.menu for action in ACTIONS}
        self.menus = {name: bar.addMenu(say(name)) for name in MENUS if name in filled}
        self._list_actions()
        self.insert: dict[str, QMenu] = {}
        self._fill_insert()
        actions = window.actions_made
        self.own_layouts = LayoutMenu(window, self.menus["View"], actions["reset_layout"])
        view = self.menus["View"].addMenu(say("Panels"))
        for dock in window.layouts.docks.values():
            view.addAction(dock.toggleViewAction())
        self.recent = QMenu(say("Open recent"), window)
        self.menus["File"].insertMenu(actions["save"], self.recent)
        self.recent.aboutToShow.connect(self._fill_recent)
        bar.setCornerWidget(Logo(bar), Qt.Corner.TopLeftCorner)
        tabs = [LayoutTab(say(layout.title), layout.icon, actions[layout.action]) for layout in LAYOUT_TABLE]
        self.tab_corner = Corner(window.session, tabs, self.own_layouts.menu, bar)
        bar.setCornerWidget(self.tab_corner, Qt.Corner.TopRightCorner)

    def _list_actions(self) -> None:
        made = self.window_shown.actions_made
        group: dict[str, int] = {}
        switches = QActionGroup(self.window_shown)
        for action in ACTIONS:
            if not action.menu:
                continue
            menu = self.menus[action.menu]
            if group.setdefault(action.menu, action.group) != action.group:
                menu.addSeparator()
                group[action.menu] = action.group
            _menu_of(action, menu).addAction(made[action.id])
            if action.id in THEMES:
                switches.addAction(made[action.id])

    def follow_class(self) -> None:
        """The Insert menu without the groups that are hidden for a class."""
        off = hidden().now("groups")
        for name, sub in self.insert.items():
            sub.menuAction().setVisible(name not in off)

    def _fill_insert(self) -> None:
        menu, window = self.menus["Insert"], self.window_shown
        menu.addSeparator()
        for name, kinds in all_groups(Project()).items():
            sub = self.insert[name] = menu.addMenu(say(name))
            sub.setToolTipsVisible(True)
            for kind in kinds:
                entry = QAction(theme().icon(kind.icon, 16, kind.color), kind.title, sub)
                entry.setToolTip(kind.help)
                entry.triggered.connect(lambda _=False, chosen=kind: window.canvas.commands.add_kind(chosen))
                sub.addAction(entry)

    def _fill_recent(self) -> None:
        self.recent.clear()
        for path in [path for path in recent_files() if written_at(path) is not None][:MOST_RECENT]:
            entry = self.recent.addAction(for_menu(path.stem))
            entry.setToolTip(str(path))
            entry.triggered.connect(lambda _=False, chosen=path: self.window_shown.documents.open(chosen))
        if not self.recent.actions():
            self.recent.addAction(say("No projects yet")).setEnabled(False)


def _menu_of(action: Action, menu: QMenu) -> QMenu:
    """The submenu of an action, made for the first of it; the menu itself where it has none."""
    if not action.sub:
        return menu
    found = menu.findChild(QMenu, action.sub, Qt.FindChildOption.FindDirectChildrenOnly)
    if found is None:
        found = menu.addMenu(say(action.sub))
        found.setObjectName(action.sub)
    return found
