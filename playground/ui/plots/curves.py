"""The plots of a run over its steps: loss, a metric, learning rate, gradient norms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.training.history import Growing, History, LayerNorms, epoch_numbers
from playground.training.messages import EpochRecord
from playground.ui.plots.axis import Axis
from playground.ui.plots.plot import TITLE_ROOM, Plot
from playground.ui.plots.series import Series
from playground.ui.plots.smoothing import Smoother
from playground.ui.plots.thinning import Greatest
from playground.words import say

MOST_LAYERS = 7
#: Up to so many layers have wide lines.
MOST_WIDE = 10
#: The table of an epoch's record that holds the metrics of the training part.
TRAIN = "train_metrics"
#: The key of the whole network's line among those of the layers; no node can be called so.
WHOLE = " all"
#: The norm of all weights together, from those of the layers. Shapes: (n, layers) -> (n,).
TOGETHER: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "weight": lambda norms: np.asarray(np.sqrt(np.square(norms).sum(axis=1))),
    "l1": lambda norms: np.asarray(norms.sum(axis=1)),
    "largest": lambda norms: np.asarray(norms.max(axis=1)),
}


class EpochColumn:
    """One number of every epoch as arrays; of epochs that only grow, only what is new is looked at. what, table: as in `epoch_numbers`."""

    def __init__(self, what: str, table: str = "") -> None:
        self._what, self._table = what, table
        self._known = Growing(np.zeros((0, 2)), 0)
        self._seen = 0
        self._last = ""  # of its words: a number that is not finite equals nothing, not even itself
        self._arrays = np.zeros(0), np.zeros(0)

    def of(self, records: Sequence[EpochRecord]) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values of the epochs that have the number. Shapes: (n,), (n,)."""
        if len(records) < self._seen or (self._seen and repr(records[self._seen - 1]) != self._last):
            self._known, self._seen = Growing(np.zeros((0, 2)), 0), 0
        elif len(records) == self._seen:
            return self._arrays
        self._known.add(np.stack(epoch_numbers(records[self._seen :], self._what, self._table), 1))
        self._seen, self._last = len(records), repr(records[-1]) if records else ""
        self._arrays = self._known.rows[:, 0], self._known.rows[:, 1]
        return self._arrays


class LossPlot(Plot):
    """Each batch's loss as points, its moving average, the mean of every epoch, the validation loss."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("Loss over steps"), log=True, parent=parent)
        self.add(Series("raw", say("each batch"), "points", 1))
        self.add(Series("epoch", say("epoch mean"), "smooth", 5, dashes=(2.0, 2.0)))
        self.add(Series("validation", say("validation"), "smooth", 2))
        self.add(Series("train", say("train"), "smooth", 1, tip=True))
        self.smoother = Smoother(0.97)
        self._judged = EpochColumn("validation_loss")
        self._means = EpochColumn("train_loss")
        self._others: dict[str, tuple[History, Sequence[EpochRecord], bool]] = {}

    def feed(self, history: History, epochs: Sequence[EpochRecord], whole: bool = True) -> None:
        """Show a run's history so far. whole: every step is there; of steps that were chosen for their losses no mean is drawn."""
        steps = history.steps
        self.show_data("raw", steps, history.loss)
        self.show_data("train", *((steps, self.smoother.of(steps, history.loss)) if whole else (steps[:0], history.loss[:0])))
        self.show_data("validation", *self._judged.of(epochs))
        self.show_data("epoch", *self._means.of(epochs))

    def overlay_run(self, label: str, history: History | None, epochs: Sequence[EpochRecord] = (), muted: bool = True) -> None:
        """Lay another run's averaged training loss and its validation loss under this one's; None takes them away."""
        self._others.pop(label, None)
        if history is None:
            self.overlay({}, label)
            return
        self._others[label] = history, epochs, muted
        curves = {"train": (history.steps, Smoother(self.smoother.factor).of(history.steps, history.loss))}
        judged = EpochColumn("validation_loss").of(epochs)
        self.overlay(curves | ({"validation": judged} if len(judged[0]) else {}), label, muted)

    def set_smoothing(self, factor: float) -> None:
        """The share of the past in the moving average, for every run that is shown."""
        self.smoother.set_factor(factor)
        for label, (history, epochs, muted) in list(self._others.items()):
            self.overlay_run(label, history, epochs, muted)

    def clear_overlays(self) -> None:
        self._others.clear()
        super().clear_overlays()

    def legend(self) -> list[Series]:
        """The series with data, in the order of the legend."""
        own = [self.series[key] for key in ("train", "raw", "epoch", "validation") if len(self.series[key].x)]
        return own + [series for run in self.overlays.values() for series in run]


class MetricPlot(Plot):
    """One metric after every epoch, of the validation part and of the training part; of several losses a line for each.

    heads: the name of a loss -> what the run calls the metric for it.
    """

    def __init__(self, metric: str, title: str, heads: Mapping[str, str] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(say("{title} over steps", title=title), right=78, top=TITLE_ROOM, parent=parent)
        self.metric_id, self.ends = metric, True
        self._columns: dict[str, EpochColumn] = {}
        for color, (head, name) in enumerate((heads or {"": metric}).items(), start=2):
            if head:
                self._line(Series(f"{head} train", say("{head}, train", head=head), color=color, dashes=(2.0, 2.0)), name, TRAIN)
                self._line(Series(head, head, color=color), name)
            else:
                self._line(Series("train", say("train"), color=1), name, TRAIN)
                self._line(Series("metric", say("validation"), color=2), name)

    def _line(self, series: Series, name: str, table: str = "metrics") -> None:
        series.color = (series.color - 1) % 8 + 1
        self.add(series)
        self._columns[series.key] = EpochColumn(name, table)

    def feed(self, epochs: Sequence[EpochRecord]) -> None:
        """Show every finished epoch."""
        if "metric" in self.series and epochs:
            self.series["metric"].label = say("train") if epochs[-1].validation_loss is None else say("validation")
        for key, column in self._columns.items():
            self.show_data(key, *column.of(epochs))


class RatePlot(Plot):
    """The learning rate of every step, and the schedule's plan for the steps to come, dotted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("Learning rate over steps"), top=6, parent=parent)
        self.title, self.flags = say("Learning rate"), False
        #: The greatest rate of every run that is laid under, by its name.
        self._others: dict[str, float] = {}
        self._epochs, self._greatest = EpochColumn("rate"), {key: Greatest() for key in ("plan", "rate")}
        self.add(Series("plan", say("planned"), "smooth", 3, dashes=(2.0, 3.0)))
        self.add(Series("rate", say("rate"), "smooth", 3, dashes=()))

    def _whole_range(self, shown: Sequence[Series]) -> Axis:
        """The plan may go on beyond what the loss above shows."""
        return super()._whole_range([series for series in shown if series.key == "rate"])

    def feed(self, history: History, epochs: Sequence[EpochRecord] = ()) -> None:
        """Show the rates that were used. epochs: of a run of which no steps are kept."""
        if epochs:
            self.show_data("rate", *self._epochs.of(epochs))
        else:
            self.show_data("rate", history.steps, history.rate)

    def overlay_run(self, label: str, history: History | None) -> None:
        """Lay another run's rates under this one's; None takes them away."""
        self._others.pop(label, None)
        if history is not None:
            self._others[label] = Greatest().of(history.rate)
        self.overlay({} if history is None else {"rate": (history.steps, history.rate)}, label)

    def clear_overlays(self) -> None:
        self._others.clear()
        super().clear_overlays()

    def show_plan(self, steps: np.ndarray, rates: np.ndarray) -> None:
        """Show what the schedule has in mind from here on, with room for the title over both."""
        self.show_data("plan", steps, rates)
        highest = max([*(self._greatest[key].of(series.y) for key, series in self.series.items()), *self._others.values()])
        self.fixed_up = Axis(0.0, 1.6 * highest) if highest > 0 else None


class NormPlot(Plot):
    """One number of every layer over the steps, named at the line's end. what: a column of `LayerNorms`, such as "gradient".

    Below those of the layers lies that of the whole network; of the gradients every step has it.
    """

    def __init__(self, title: str, what: str, parent: QWidget | None = None) -> None:
        super().__init__(say("{title} over steps", title=title), log=True, right=78, parent=parent)
        self.what, self.ends, self.flags = what, True, False
        self._layers: tuple[tuple[str, ...], tuple[str, ...]] = (), ()

    def feed(self, norms: LayerNorms | None, history: History | None = None, drawn: Sequence[str] | None = None) -> None:
        """Show the layers' norms. drawn: of these; None for seven from first to last."""
        layers = norms.layers if norms else ()
        names = tuple(shown_layers(layers) if drawn is None else drawn)
        if (layers, names) != self._layers:
            self._layers = layers, names
            self.series.clear()
            if layers and (self.what == "gradient" or self.what in TOGETHER):
                self.add(
                    Series(WHOLE, say("all"), "points" if self.what == "gradient" else "smooth", muted=True, dashes=(1.0, 3.0))
                )
            for series in lines_of(names):
                self.add(series)
        if norms is None:
            self.update()
            return
        table = getattr(norms, self.what)
        for layer in self.series:
            if layer != WHOLE:
                self.show_data(layer, norms.steps, table[:, layers.index(layer)])
        if self.what in TOGETHER and layers:
            self.show_data(WHOLE, norms.steps, TOGETHER[self.what](np.asarray(table, float)))
        elif history is not None and WHOLE in self.series:
            self.show_data(WHOLE, history.steps, history.gradient_norm)

    def show_what(self, what: str) -> None:
        """Another column, from the next `feed` on."""
        self.what, self._layers, self.chosen_up = what, ((), ()), None


def reach(steps: np.ndarray, total: int) -> float:
    """How far a run's axis goes: to the end of the run, but in its first half no further than twice what there is."""
    return float(min(total, 2 * int(steps[-1]))) if len(steps) else 0.0


def lines_of(names: Sequence[str]) -> list[Series]:
    """A line for each layer, thin ones where there are many."""
    kind = "smooth" if len(names) <= MOST_WIDE else "line"
    return [Series(name, name, kind, color) for color, name in enumerate(names, 3)]


def shown_layers(layers: Sequence[str]) -> list[str]:
    """At most seven of the layers, the first and the last among them."""
    if len(layers) <= MOST_LAYERS:
        return list(layers)
    return [layers[int(at)] for at in np.linspace(0, len(layers) - 1, MOST_LAYERS).round()]
