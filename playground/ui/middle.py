"""The window's middle, which keeps its place in a layout without a canvas."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

#: What Qt takes for no limit (QWIDGETSIZE_MAX).
_ANY = 16_777_215


class Middle(QWidget):
    """Holds the pages. Folded it has no height, but it is still there: a window whose central widget is hidden gives its side docks
    some pixels more whenever it lays itself out, and most of what it grows by (Qt 6.11).
    """

    def __init__(self, pages: QWidget) -> None:
        super().__init__()
        self.pages = pages
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(pages)

    def fold(self, folded: bool) -> None:
        """Hide the pages, or show them again."""
        self.pages.setVisible(not folded)
        self.setMaximumHeight(0 if folded else _ANY)
        self.show()  # where it came into a window that is shown already
