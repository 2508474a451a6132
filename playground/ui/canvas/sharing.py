"""The gesture that lets one layer use another's weights: drag them onto it, by their handle or with Alt, or aim with keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication

from playground.lowering import Tie, tie_of
from playground.ui.canvas.gesture import Gesture
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.tie_item import TieItem
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

INVITE = sentence("Drag onto a layer to share these weights")


def weights_under(view: CanvasView, at: QPointF, anywhere: bool = False, tell: bool = False) -> NodeItem | None:
    """The node whose weights are taken hold of at a viewport position. anywhere: not at the handle alone.  tell: say what it is for."""
    pos = view.mapToScene(at.toPoint())
    for item in view.canvas.items(
        pos.x() - 10, pos.y() - 10, 20, 20, Qt.ItemSelectionMode.IntersectsItemBoundingRect, Qt.SortOrder.DescendingOrder
    ):
        if isinstance(item, NodeItem):
            own = item.mapFromScene(pos)
            if item.handle_at(own) or (anywhere and item.look.weighty and item.body().contains(own)):
                if tell:
                    view.port_names.write(INVITE, item.mapToScene(item.handle()) + QPointF(14, -2))
                return item
    return None


class ShareGesture(Gesture):
    """Weights that are carried to another layer."""

    def __init__(self, view: CanvasView, source: NodeItem) -> None:
        super().__init__(view)
        self.source, self.turned = source, False
        self.over: NodeItem | None = None
        self._judged: dict[str, Tie] = {}
        self.tie = TieItem(source)
        self.tie.setZValue(2)
        self.tie.loose = source.mapToScene(source.handle())
        view.canvas.addItem(self.tie)

    def judge(self, item: NodeItem) -> Tie:
        """How a node may use the weights."""
        if item.id not in self._judged:
            session = self.view.session
            self._judged[item.id] = tie_of(session.view, session.samples, self.source.id, item.id)
        return self._judged[item.id]

    @property
    def transposed(self) -> bool:
        """Whether the matrices would be read turned round: where they fit so alone, or fit both ways and that is wished."""
        found = self.judge(self.over) if self.over is not None else Tie()
        return found.transposed and (self.turned or not found.plain)

    def move(self, at: QPointF) -> None:
        """The pointer is at a viewport position; Shift wishes them transposed."""
        pos = self.view.mapToScene(at.toPoint())
        nodes = [i for i in self.view.canvas.items(pos) if isinstance(i, NodeItem) and i.body().contains(i.mapFromScene(pos))]
        self.turned = bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.aim(nodes[0] if nodes and nodes[0] is not self.source else None, pos, at.toPoint())

    def aim(self, item: NodeItem | None, loose: QPointF, pointer: QPoint) -> None:
        """Carry the weights to a node, or to a free place."""
        if self.over is not None and self.over is not item:
            self.over.light(False)
        self.over = item
        self.tie.loose = loose
        problem = self.judge(item).problem if item is not None else None
        self.tie.refused = problem is not None
        self.tie.follow()
        self.tie.update()
        self.source.light(True)
        if item is None:
            self.view.port_names.clear()
        elif problem is None:
            item.light(True)
            self.view.port_names.write(self._hint(item), loose + QPointF(14, 14), "c_block")
        else:
            self.view.port_names.clear()
        if problem is not None:
            self.view.refusal.tell(problem, pointer)
        else:
            self.view.refusal.dismiss()

    def _hint(self, item: NodeItem) -> str:
        both = self.judge(item).plain and self.judge(item).transposed
        hint = say("Share transposed") if self.transposed else say("Share weights")
        return (
            say("{hint} (Shift: {value})", hint=hint, value=say("as they are") if self.turned else say("transposed"))
            if both
            else hint
        )

    def cycle(self, step: int) -> None:
        """Carry them to the next node by keys, those that can use them first."""
        items = [item for item in self.view.canvas.nodes.values() if item is not self.source and item.look.weighty]
        items.sort(key=lambda item: (self.judge(item).problem is not None, item.x(), item.y()))
        if not items:
            return
        at = items.index(self.over) if self.over in items else (-1 if step > 0 else 0)
        item = items[(at + step) % len(items)]
        end = item.mapToScene(item.handle())
        self.aim(item, end, self.view.mapFromScene(end))
        self._say()

    def choose(self, step: int) -> bool:
        """The other way of reading them, where both fit."""
        if self.over is None or not (self.judge(self.over).plain and self.judge(self.over).transposed):
            return False
        self.turned = not self.turned
        self.aim(self.over, self.tie.loose, self.view.mapFromScene(self.tie.loose))
        self._say()
        return True

    def _say(self) -> None:
        if self.over is not None:
            problem = self.judge(self.over).problem
            self.view.say(f"{self.over.look.name}, {say(problem.text) if problem is not None else self._hint(self.over)}")

    def finish(self) -> None:
        """Share if the weights fit; else let go."""
        over, transposed = self.over, self.transposed
        fits = over is not None and self.judge(over).problem is None
        self.end()
        if over is not None and fits:
            self.view.commands.tie(self.source.id, over.id, transposed)

    def end(self) -> None:
        """Take the gesture's marks off the canvas."""
        super().end()
        if self.tie.scene() is not None:
            self.view.canvas.removeItem(self.tie)
        for item in (self.source, self.over):
            if item is not None:
                item.light(False)
        self.view.port_names.clear()
        self.view.refusal.dismiss()
