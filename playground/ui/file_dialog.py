"""Qt's own file dialog, where the system has none, in the look of the window: our icons, and room for names."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFileDialog, QHeaderView, QSplitter, QToolButton, QTreeView

from playground.ui import small_screens
from playground.ui.theme import theme

#: Least size of the dialog where the screen has room for it, and width of the places at its left.
LEAST, PLACES = QSize(820, 500), 160
#: Names of its buttons -> icons.
ICONS = {
    "backButton": "left", "forwardButton": "right", "toParentButton": "up", "newFolderButton": "plus", "listModeButton": "pool",
    "detailModeButton": "table",
}  # fmt: skip


def dress(dialog: QFileDialog) -> None:
    """Give the dialog our look as it is shown. What a person widened stays; a dialog of the system is left alone."""
    splitter, tree = dialog.findChild(QSplitter, "splitter"), dialog.findChild(QTreeView, "treeView")
    if splitter is None or tree is None:
        return
    recolor(dialog)
    dialog.resize(dialog.size().expandedTo(LEAST).boundedTo(small_screens.room_of(dialog)))
    sizes = splitter.sizes()
    if sizes and sizes[0] < PLACES:
        splitter.setSizes([PLACES, sum(sizes) - PLACES])
    for column in range(1, tree.header().count()):
        tree.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)


def recolor(dialog: QFileDialog) -> None:
    """Its icons in the colours of the theme."""
    for name, icon in ICONS.items():
        button = dialog.findChild(QToolButton, name)
        if button is not None:
            button.setIcon(theme().icon(icon))
