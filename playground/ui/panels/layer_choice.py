"""Which layers the plots over the layers draw: seven, all, or those that a person ticks; always those selected on the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QMenu

from playground.ui.inspector.controls import Button
from playground.ui.plots.curves import MOST_LAYERS, shown_layers
from playground.words import counted, say

if TYPE_CHECKING:
    from playground.ui.session import Session


class LayerChoice(QObject):
    """Of a session, so that it outlasts panels.  changed: others are drawn, by choice or since others are selected.

    ticked: names of the layers that are drawn; () for seven from first to last.  all: every layer.
    """

    changed = Signal()

    def __init__(self, session: Session, kind: str) -> None:
        super().__init__(session)
        self.setObjectName(kind)
        self.session = session
        self.ticked: tuple[str, ...] = ()
        self.all = False
        session.selection_changed.connect(self.changed)
        session.replaced.connect(self.forget)

    def forget(self) -> None:
        """Seven from first to last."""
        self.choose(())

    def choose(self, ticked: Sequence[str], *, all: bool = False) -> None:
        """Draw these, or all."""
        if (tuple(ticked), all) != (self.ticked, self.all):
            self.ticked, self.all = tuple(ticked), all
            self.changed.emit()

    def drawn(self, layers: Sequence[str]) -> list[str]:
        """Those of some layers that are to be drawn, in their order."""
        if self.all:
            return list(layers)
        ticked = [layer for layer in layers if layer in self.ticked]
        wanted = {*(ticked or shown_layers(layers)), *self._selected(layers)}
        return [layer for layer in layers if layer in wanted]

    def turn(self, layer: str, on: bool, layers: Sequence[str]) -> None:
        """Draw one more, or one less; the last one goes only for the seven."""
        before = {layer for layer in layers if layer in self.drawn(layers)}
        wanted = before | {layer} if on else before - {layer}
        self.choose([one for one in layers if one in wanted])

    def _selected(self, layers: Sequence[str]) -> list[str]:
        """Layers of the selected nodes; of a block as many as fit."""
        session = self.session
        if not session.selection:
            return []
        prefix, path = session.scope.prefix(session.project), session.scope.path
        found: list[str] = []
        for node in session.view.network.nodes:
            if node.id in session.selection:
                name = session.run.names.get("/".join((*path, node.id)), prefix + node.name)
                found += [layer for layer in layers if layer == name] or shown_layers(
                    [layer for layer in layers if layer.startswith(f"{name}/")]
                )
        return found


def layer_choice_of(session: Session, kind: str) -> LayerChoice:
    """The session's choice for one kind of plots, made on first use."""
    return session.findChild(LayerChoice, kind) or LayerChoice(session, kind)


class LayersMenu(QMenu):
    """Stays open while layers are ticked."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.activeAction()
        if action is not None and action.isCheckable():
            action.trigger()
            return
        super().mouseReleaseEvent(event)


class LayersButton(Button):
    """Says how many layers are drawn, and opens the choice. Not there where all have room."""

    def __init__(self, choice: LayerChoice) -> None:
        super().__init__("", "secondary", "eye", small=True)
        self.choice, self.menu = choice, LayersMenu()
        self.layers: tuple[str, ...] = ()
        self.setToolTip(say("Which layers are drawn; those selected on the canvas always are"))
        self.menu.aboutToShow.connect(self.fill)
        self.clicked.connect(lambda: self.menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2))))
        self.hide()

    def offer(self, layers: Sequence[str]) -> list[str]:
        """Take over which layers there are. Gives those to draw."""
        self.layers = tuple(layers)
        drawn = self.choice.drawn(layers)
        self.setVisible(len(layers) > MOST_LAYERS)
        text = (
            say("{shown} of {layers}", shown=len(drawn), layers=counted(len(layers), "{n} layer", "{n} layers"))
            if len(drawn) < len(layers)
            else say("All layers")
        )
        if text != self.text():
            self.show_text(text)
        return drawn

    def fill(self) -> None:
        """What can be chosen now."""
        self.menu.clear()
        drawn = self.choice.drawn(self.layers)
        self._check(say("All layers"), self.choice.all).triggered.connect(lambda on: self._chose(all=on))
        usual = self._check(say("Seven from first to last"), not self.choice.all and not self.choice.ticked)
        usual.triggered.connect(lambda: self._chose(all=False))
        self.menu.addSeparator()
        for layer in self.layers:
            made = self._check(layer.replace("&", "&&"), layer in drawn)
            made.setData(layer)
            made.triggered.connect(lambda on, layer=layer: self._turned(layer, on))

    def _check(self, text: str, on: bool) -> QAction:
        made = QAction(text, self.menu, checkable=True, checked=on)
        self.menu.addAction(made)
        return made

    def _chose(self, *, all: bool) -> None:
        self.choice.choose((), all=all)
        self._tick()

    def _turned(self, layer: str, on: bool) -> None:
        self.choice.turn(layer, on, self.layers)
        self._tick()

    def _tick(self) -> None:
        """The check boxes as the choice is now, without making them anew under the pointer."""
        drawn = self.choice.drawn(self.layers)
        whole, usual, *_ = self.menu.actions()
        whole.setChecked(self.choice.all)
        usual.setChecked(not self.choice.all and not self.choice.ticked)
        for action in self.menu.actions():
            if action.data() is not None:
                action.setChecked(action.data() in drawn)
