"""What every part of the canvas commands stands on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from playground.document.edits import Edit
from playground.ui.canvas.scene import CanvasScene
from playground.ui.session import Session


class Part(QObject):
    """shown(ids): these were just made, bring them into view.  layer_wanted: one is to be chosen.  weights_wanted: the selected node's are
    to be given to another layer, which is to be chosen.
    """

    shown = Signal(object)
    layer_wanted = Signal()
    weights_wanted = Signal()

    def __init__(self, session: Session, scene: CanvasScene, parent: QObject) -> None:
        super().__init__(parent)
        self.session, self.scene = session, scene

    def finish(self, edit: Edit, id: str) -> str:
        """Do an edit that makes the node or note `id`, select that and show it. Gives the id, or "" where it was refused."""
        if not self.session.do(edit):
            return ""
        self.session.select((id,))
        self.shown.emit((id,))
        return id
