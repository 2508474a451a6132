"""Nodes glide to where a layout put them, so that the eye can follow; the project has its new places at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Slot

from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

MILLISECONDS = 180
Places = dict[str, tuple[float, float]]


class Glide(QObject):
    """One glide at a time. It ends at once when the project changes, when a button or a key goes down, and with reduced motion."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self.before: Places = {}
        self.after: Places = {}
        self.animation = QVariantAnimation(self)
        self.animation.setStartValue(0.0)
        self.animation.setEndValue(1.0)
        self.animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.animation.valueChanged.connect(self._show)
        self.animation.finished.connect(self._arrive)
        view.session.project_changed.connect(self.finish)

    def start(self, before: Places) -> None:
        """Let the items come from these places to where they stand now."""
        self.finish()
        now = self.view.canvas.positions()
        self.before = {id: place for id, place in before.items() if id in now and now[id] != place}
        self.after = {id: now[id] for id in self.before}
        if self.before and theme().duration(MILLISECONDS):
            self.animation.setDuration(theme().duration(MILLISECONDS))
            self.animation.start()

    @property
    def on(self) -> bool:
        """Whether items are on their way."""
        return self.animation.state() == QVariantAnimation.State.Running

    @Slot()
    def finish(self) -> None:
        """Be there at once."""
        if self.on:
            self.animation.stop()
            self._arrive()

    def _show(self, share: float) -> None:
        for id, (x, y) in self.after.items():
            item = self.view.canvas.item_of(id)
            if item is not None:
                u, v = self.before[id]
                item.setPos(u + (x - u) * share, v + (y - v) * share)

    def _arrive(self) -> None:
        self._show(1.0)
        self.view.canvas.reroute()
