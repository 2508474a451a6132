"""One number of every layer over the steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.ui.plots.axis import Axis
from playground.ui.plots.curves import lines_of, shown_layers
from playground.ui.plots.plot import Plot
from playground.words import say

#: What an axis of shares shows: all of it.
SHARES = Axis(0.0, 1.0)


class LayersPlot(Plot):
    """A line for each layer, named at its end."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, right=78, parent=parent)
        self.ends, self.flags = True, False

    def show_layers(
        self,
        names: Sequence[str],
        steps: np.ndarray,
        table: np.ndarray,
        *,
        log: bool = False,
        share: bool = False,
        choose: Callable[[Sequence[str]], list[str]] = shown_layers,
    ) -> None:
        """Layers for which the number is not known at any step are left out. Shapes: steps (n,), table (n, names).

        choose: which of the others are drawn.
        """
        known = [k for k in range(len(names)) if not np.isnan(table[:, k]).all()] if len(steps) else []
        shown = choose([names[k] for k in known])
        if list(self.series) != shown:
            self.series.clear()
            for series in lines_of(shown):
                self.add(series)
        if log != self.log:
            self.set_log(log)
        self.fixed_up = SHARES if share else None
        self.empty = say("No layer here can be stuck.") if len(steps) and not shown else self.empty
        for name in shown:
            self.show_data(name, steps, table[:, list(names).index(name)])
        self.update()
