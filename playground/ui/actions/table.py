"""The table of actions, put together from the files beside this one. Menus, toolbar, tooltips and the list of shortcuts derive from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from playground.ui.actions.base import MENUS, Action, obstacle
from playground.ui.discover import entries
from playground.ui.keymap import chosen, keys_of
from playground.ui.plain_text import for_menu
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def _table() -> tuple[Action, ...]:
    """Every action as the menus show them: a menu's by group, then by order, then as in the files."""
    found = sorted(
        entries("playground.ui.actions", "ACTIONS", Action), key=lambda a: ((*MENUS, "").index(a.menu), a.group, a.order)
    )
    twice = [id for id, count in Counter(action.id for action in found).items() if count > 1]
    if twice:
        raise RuntimeError(f"action ids used twice: {', '.join(twice)}")
    return tuple(found)


ACTIONS = _table()


class ActionSet(QObject):
    """The table as Qt's actions of one window, kept in step with the session."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.made: dict[str, QAction] = {}
        for action in ACTIONS:
            made = self.made[action.id] = QAction(say(action.text), window)
            made.setObjectName(action.id)
            local, wide = Qt.ShortcutContext.WidgetWithChildrenShortcut, Qt.ShortcutContext.WindowShortcut
            made.setShortcutContext(local if action.local else wide)
            made.setCheckable(action.checked is not None)
            made.triggered.connect(lambda _=False, chosen=action: self._run(chosen))
            (window.canvas if action.local else window).addAction(made)
        theme().changed.connect(self.recolor)
        self.bind()
        self.recolor()

    def bind(self) -> None:
        """Keys and tool tips as the table and the person's own choice have them now."""
        mine = chosen()
        for action in ACTIONS:
            keys, made = keys_of(action, mine), self.made[action.id]
            made.setShortcut(QKeySequence(keys))
            made.setToolTip(tooltip(action, keys))

    def _run(self, action: Action) -> None:
        """An action may have become impossible since the menu was drawn."""
        if action.enabled(self.window):
            action.run(self.window)
        self.refresh()

    def recolor(self) -> None:
        """Icons in the colours of the theme."""
        for action in ACTIONS:
            if action.icon:
                self.made[action.id].setIcon(theme().icon(action.icon))

    def refresh(self) -> None:
        """Texts, switches and what is possible, as of now."""
        for action in ACTIONS:
            made = self.made[action.id]
            made.setEnabled(action.enabled(self.window))
            if action.tool or action.place:  # its button says why it is grey
                made.setWhatsThis("" if made.isEnabled() else obstacle(action, self.window))
            if action.label is not None:
                made.setText(for_menu(action.label(self.window)))
            if action.checked is not None:
                made.setChecked(action.checked(self.window))

    def add_instead(self, menu: QMenu, id: str, run: Callable[[], object]) -> None:
        """An entry that looks like an action's and does the same at a place of its own."""
        like = self.made[id]
        keys = like.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        entry = menu.addAction(like.icon(), f"{like.text()}\t{keys}" if keys else like.text(), run)
        entry.setEnabled(like.isEnabled())

    def __getitem__(self, id: str) -> QAction:
        return self.made[id]


def tooltip(action: Action, keys: str | None = None) -> str:
    """The text with its shortcut. keys: those it has now, where they are known."""
    text, keys = say(action.text), keys_of(action) if keys is None else keys
    return f"{text} ({keys})" if keys else text


def placed(place: str) -> tuple[Action, ...]:
    """The actions with a button at a place outside the bars, in the order of the table."""
    return tuple(action for action in ACTIONS if action.place == place)


def action_set_of(widget: QWidget) -> ActionSet | None:
    """The actions of the window that a widget stands in, also in a dock that floats; None outside one."""
    at: QWidget | None = widget
    while at is not None:
        found = at.findChild(ActionSet, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if found is not None:
            return found
        at = at.parentWidget()
    return None
