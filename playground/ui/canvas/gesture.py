"""What a gesture is to the view, which holds the one that is under way, to the pointer and to the keys, which move and end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView


class Gesture:
    """Something that is carried, aimed or pulled on the canvas. sticky: it follows the pointer without a button, until the next click."""

    def __init__(self, view: CanvasView) -> None:
        self.view, self.sticky = view, False

    def move(self, at: QPointF) -> None:
        """The pointer is at a viewport position."""
        raise NotImplementedError

    def cycle(self, step: int) -> None:
        """By keys, left (-1) or right (1)."""
        raise NotImplementedError

    def choose(self, step: int) -> bool:
        """By keys, up (-1) or down (1). False where that does what left and right do."""
        return False

    def ask(self) -> None:
        """By keys: ask what is to be made where it ends. Nothing, for what can only end at what is there."""

    def finish(self) -> None:
        """Do what it has come to."""
        raise NotImplementedError

    def end(self) -> None:
        """Take its marks off the canvas."""
        self.view.gesture = None

    def cancel(self) -> None:
        """Let go, and leave everything as it was."""
        self.end()
        self.view.refusal.dismiss()
