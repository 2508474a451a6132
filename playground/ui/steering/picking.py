"""A step is picked on any plot over the steps of the run: a click picks it, a menu there forks or goes back."""

from __future__ import annotations

import functools

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from playground.ui.plots.pointing import Pointing
from playground.ui.steering.travel import Travels


def let_pick(travels: Travels, *plots: Pointing) -> None:
    """Clicks on the plots pick steps from now on."""
    for plot in plots:
        plot.picked.connect(travels.pick)
        plot.near = travels.near
        plot.asked.connect(functools.partial(_offer, travels, plot))


def _offer(travels: Travels, plot: Pointing, x: float, place: QPoint) -> None:
    """What can be done at a place on the curve."""
    travels.pick(x)
    actions = getattr(plot.window(), "actions_made", None)
    if travels.picked is None or actions is None:
        return
    menu = QMenu(plot)
    menu.addActions([actions[id] for id in ("fork", "rewind")])
    menu.popup(place)
