"""The plots of a run over its steps: loss, a metric, learning rate, gradient norms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.training.history import History, LayerNorms
from playground.training.messages import EpochRecord
from playground.ui.plots.axis import Axis
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series
from playground.ui.plots.smoothing import Smoother

MOST_LAYERS = 7


class LossPlot(Plot):
    """Each batch's loss as points, its moving average, the validation loss of every epoch."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Loss over steps", log=True, parent=parent)
        self.add(Series("raw", "each batch", "points", 1))
        self.add(Series("validation", "validation", "smooth", 2))
        self.add(Series("train", "train", "smooth", 1))
        self.smoother = Smoother(0.97)

    def feed(self, history: History, epochs: Sequence[EpochRecord]) -> None:
        """Show a run's history so far."""
        steps = history.steps
        self.show_data("raw", steps, history.loss)
        self.show_data("train", steps, self.smoother.of(steps, history.loss))
        judged = [record for record in epochs if record.validation_loss is not None]
        self.show_data("validation", *_columns(judged, "validation_loss"))

    def legend(self) -> list[Series]:
        """The series with data, in the order of the legend."""
        return [self.series[key] for key in ("train", "raw", "validation") if len(self.series[key].x)]


class MetricPlot(Plot):
    """One metric after every epoch."""

    def __init__(self, metric: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(f"{title} over steps", parent=parent)
        self.metric_id = metric
        self.add(Series("metric", title.lower(), "smooth", 2))

    def feed(self, epochs: Sequence[EpochRecord]) -> None:
        """Show every finished epoch."""
        known = [record for record in epochs if self.metric_id in record.metrics]
        y = np.array([record.metrics[self.metric_id] for record in known], float)
        self.show_data("metric", np.array([record.step for record in known], float), y)


class RatePlot(Plot):
    """The learning rate of every step, and the schedule's plan for the steps to come, dotted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Learning rate over steps", top=6, parent=parent)
        self.title, self.flags = "Learning rate", False
        self.add(Series("plan", "planned", "smooth", 3, dashes=(2.0, 3.0)))
        self.add(Series("rate", "rate", "smooth", 3, dashes=()))

    def feed(self, history: History) -> None:
        """Show the rates that were used."""
        self.show_data("rate", history.steps, history.rate)

    def show_plan(self, steps: np.ndarray, rates: np.ndarray) -> None:
        """Show what the schedule has in mind from here on, with room for the title over both."""
        self.show_data("plan", steps, rates)
        highest = max([float(np.nanmax(s.y)) for s in self.series.values() if len(s.y)], default=0.0)
        self.fixed_up = Axis(0.0, 1.4 * highest) if highest > 0 else None


class NormPlot(Plot):
    """One number of every layer over the steps, named at the line's end. what: "gradient", "weight" or "ratio"."""

    def __init__(self, title: str, what: str, parent: QWidget | None = None) -> None:
        super().__init__(f"{title} over steps", log=True, right=72, parent=parent)
        self.what, self.ends, self.flags = what, True, False
        self._layers: tuple[str, ...] = ()

    def feed(self, norms: LayerNorms | None) -> None:
        """Show the layers' norms; of more than seven layers, seven from first to last."""
        layers = norms.layers if norms else ()
        if layers != self._layers:
            self._layers = layers
            self.series.clear()
            for color, layer in enumerate(shown_layers(layers), 3):
                self.add(Series(layer, layer, "smooth", color))
        if norms is None:
            self.update()
            return
        table = getattr(norms, self.what)
        for layer in self.series:
            self.show_data(layer, norms.steps, table[:, layers.index(layer)])


def reach(steps: np.ndarray, total: int) -> float:
    """How far a run's axis goes: to the end of the run, but in its first half no further than twice what there is."""
    return float(min(total, 2 * int(steps[-1]))) if len(steps) else 0.0


def shown_layers(layers: Sequence[str]) -> list[str]:
    """At most seven of the layers, the first and the last among them."""
    if len(layers) <= MOST_LAYERS:
        return list(layers)
    return [layers[int(at)] for at in np.linspace(0, len(layers) - 1, MOST_LAYERS).round()]


def _columns(records: Sequence[EpochRecord], name: str) -> tuple[np.ndarray, np.ndarray]:
    steps = np.array([record.step for record in records], float)
    return steps, np.array([getattr(record, name) for record in records], float)
