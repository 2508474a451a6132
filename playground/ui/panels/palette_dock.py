"""The palette as a dock of the Build layout."""

from __future__ import annotations

from playground.ui.palette import Palette
from playground.ui.panel import Panel, register_panel

register_panel(
    Panel(
        id="palette",
        title="Layers",
        icon="block",
        places={"build": "left"},
        order=10,
        width=216,
        least=(176, 120),
        factory=Palette,
    )
)
