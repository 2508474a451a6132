"""What the canvas can do to the network, as edits asked of the session. Gestures, menus and the palette all end here."""

from playground.ui.canvas.commands.adding import Adding
from playground.ui.canvas.commands.arranging import Arranging
from playground.ui.canvas.commands.blocks import Blocks
from playground.ui.canvas.commands.selection import Selection
from playground.ui.canvas.commands.wiring import Wiring


class CanvasCommands(Adding, Wiring, Selection, Blocks, Arranging):
    """Every command of the canvas; each part has its own file."""


__all__ = ["CanvasCommands"]
