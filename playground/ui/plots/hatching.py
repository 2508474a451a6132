"""What stands in a picture where there is no finite number."""

from __future__ import annotations

import numpy as np

from playground.ui.theme import theme
from playground.words import percent, say

#: Points of the screen, or of the canvas, from one line to the next.
APART = 6


def hatch(size: int, scale: float) -> np.ndarray:
    """Slanted lines in the colours of an error. scale: points in one pixel of the picture. Shapes: (size, size) ARGB."""
    every = max(3, round(APART / scale))
    line = np.add.outer(np.arange(size), np.arange(size)) % every < max(1, every // 4)
    ground, ink = theme().color("errorsoft"), theme().tint("error", 0.5, "errorsoft")
    return np.where(line, ink.rgba(), ground.rgba()).astype(np.uint32)


def holes_text(share: float) -> str:
    """What the hatched part of a picture means, "" where there is none. share: of its places, 0 to 1."""
    if not share:
        return ""
    return say(
        "Hatched: no finite number there, {share} of the picture", share=percent(f"{100 * share:.0f}" if share >= 0.01 else "< 1")
    )
