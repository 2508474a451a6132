"""The form's editor for points painted by hand."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from playground.core.cloud import Cloud
from playground.ui.inspector.editors import Editor
from playground.ui.plots.paint_tools import PaintPad


class CloudEditor(Editor):
    """The plane and its tools over the whole width of the form."""

    wide = True

    def __init__(self, field: Cloud, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.pad = PaintPad(field)
        self.pad.plot.setFixedHeight(250)
        self.part(self.pad, 1)
        self.pad.painting.connect(self.moved)
        self.pad.painted.connect(self.ask)

    def draw_value(self) -> None:
        self.pad.show_spots(self.value)

    def draw_mark(self) -> None:
        """A refusal is told by the form; the plane cannot be wrong by itself."""
        self.pad.plot.update()
