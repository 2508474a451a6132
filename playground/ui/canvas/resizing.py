"""The gesture that resizes a note or a frame by its lower right corner."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from playground.ui.canvas.gesture import Gesture
from playground.ui.canvas.note_item import LEAST_HIGH, LEAST_WIDE, MOST, NoteItem

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

STEP = 24.0


class ResizeGesture(Gesture):
    """A note whose corner follows the pointer."""

    def __init__(self, view: CanvasView, item: NoteItem) -> None:
        super().__init__(view)
        self.item, self.before = item, item.note
        self.size = item.note.size
        view.viewport().setCursor(Qt.CursorShape.SizeFDiagCursor)

    def move(self, at: QPointF) -> None:
        """The pointer is at a viewport position."""
        corner = self.item.mapFromScene(self.view.mapToScene(at.toPoint()))
        self._show(corner.x(), corner.y())

    def _show(self, wide: float, high: float) -> None:
        self.size = min(MOST, max(LEAST_WIDE, round(wide))), min(MOST, max(LEAST_HIGH, round(high)))
        self.item.show_note(dataclasses.replace(self.before, size=self.size))

    def choose(self, step: int) -> bool:
        """By keys: lower or higher."""
        self._show(self.size[0], self.size[1] + step * STEP)
        return True

    def cycle(self, step: int) -> None:
        """By keys: narrower or wider."""
        self._show(self.size[0] + step * STEP, self.size[1])

    def finish(self) -> None:
        """Keep the size."""
        self.end()
        if self.size != self.before.size:
            self.view.commands.resize(self.item.id, *self.size)

    def end(self) -> None:
        """Let the corner go."""
        super().end()
        self.view.viewport().unsetCursor()
        self.item.show_note(self.before)
