"""The submenu with the layouts of one's own, and the small dialogs that ask for their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu

from playground.errors import PlaygroundError
from playground.ui.named_layouts import TooManyLayouts
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


class LayoutMenu(QObject):
    """Filled anew whenever it opens."""

    def __init__(self, window: MainWindow, view: QMenu, before: QAction) -> None:
        super().__init__(window)
        self.window_shown = window
        self.menu = QMenu(say("My layouts"), view)
        view.insertMenu(before, self.menu)
        self.menu.aboutToShow.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """List the layouts that there are."""
        self.menu.clear()
        layouts = self.window_shown.layouts
        for layout in [each for each in layouts.known.values() if each.base]:
            entry = self.menu.addAction(layout.title.replace("&", "&&"))
            entry.setCheckable(True)
            entry.setChecked(layouts.current == layout.name)
            entry.triggered.connect(lambda _=False, name=layout.name: self.window_shown.show_layout(name))
        if not self.menu.actions():
            self.menu.addAction(say("None yet")).setEnabled(False)


def ask_save(window: MainWindow) -> None:
    """Ask for a name and keep the present arrangement under it."""
    _ask(window, say("Save layout as"), "", lambda title: window.layouts.save_as(title))


def ask_rename(window: MainWindow) -> None:
    """Ask for another name of the present layout."""
    shown = window.layouts.layout_shown
    _ask(window, say("Rename layout"), shown.title, lambda title: window.layouts.rename(shown.name, title))


def delete(window: MainWindow) -> None:
    """Forget the present layout, and say so."""
    shown = window.layouts.layout_shown
    window.layouts.delete(shown.name)
    window.session.message.emit(sentence("The layout {title} is deleted.", title=shown.title), "info")


def _ask(window: MainWindow, title: str, text: str, take: Callable[[str], object]) -> None:
    """A field in a dialog that does not block; a name that cannot be is told, and nothing changes."""
    dialog = QInputDialog(window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setLabelText(say("Name"))
    dialog.setTextValue(text)

    def accept(name: str) -> None:
        try:
            take(name)
        except PlaygroundError as error:
            window.session.message.emit(str(error), "error")
            if not isinstance(error, TooManyLayouts):
                window.session.offered.emit((sentence("Change the name"), lambda: _ask(window, title, name, take)))
            elif window.layouts.layout_shown.base:
                words = sentence("Delete {title}", title=window.layouts.layout_shown.title)
                window.session.offered.emit((words, lambda: delete(window)))

    dialog.textValueSelected.connect(accept)
    dialog.open()
