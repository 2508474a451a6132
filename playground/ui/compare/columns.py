"""Columns of the table of runs: what stands in a cell, and what it is sorted by."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale

from playground.core import registry
from playground.core.spec import Metric
from playground.document.project import Project
from playground.training.runs import Kept, end_of, rate_of
from playground.ui.compare.lines import Line
from playground.ui.compare.naming import ways
from playground.ui.plots.axis import measured, short
from playground.words import joined, language, say, sentence
from playground.words import percent as said_percent

Value = float | str | None
STATES = {
    "done": sentence("done"), "stopped": sentence("stopped"), "early": sentence("stopped early"), "fault": sentence("diverged"),
    "open": sentence("not ended"), "training": sentence("training"), "paused": sentence("paused"),
}  # fmt: skip
#: Heads of columns whose title would be wider than all their cells.
_HEADS = {"class_divergence": sentence("Divergence"), "entropy": sentence("Entropy")}
#: Columns that are shown only when a person wants them.
ASIDE = ("seed", "train", "epochs", "began")


@dataclasses.dataclass(frozen=True)
class Column:
    """title: an English text.  value: what sorting and filters see of a run.  text: what its cell shows; None: the value.

    head: a shorter title for the head.  mean: of a group of seeds it has mean and standard deviation; else it is that of the run after
    which the group is named, or `group` gives it.  share: of 1, shown as per cent.  aside: not shown unless it is asked for.
    """

    key: str
    title: str
    value: Callable[[Kept], Value]
    text: Callable[[Kept], str] | None = None
    head: str = ""
    mean: bool = False
    spread: bool = False
    share: bool = False
    aside: bool = False
    group: Callable[[Line], Value] | None = None

    def shown(self, run: Kept) -> str:
        """What stands in the cell of a run."""
        return self.text(run) if self.text is not None else self.number(self.value(run))

    def number(self, value: Value) -> str:
        """A value of this column as text."""
        if value is None or isinstance(value, str):
            return "—" if value is None else value
        return percent(value) if self.share else measured(value) if self.spread else short(value)

    def of(self, line: Line) -> Value:
        """What sorting and filters see of a row."""
        if self.mean and line.grouped:
            return line.mean_of(self._number)[0]
        return self.group(line) if self.group is not None else self.value(line.run)

    def told(self, line: Line) -> tuple[str, str]:
        """What stands in a cell of a row, and the spread after it, "" for none."""
        if not (self.mean and line.grouped):
            return (self.number(self.group(line)) if self.group is not None else self.shown(line.run)), ""
        mean, apart = line.mean_of(self._number)
        if mean is None:
            return "—", ""
        text = duration(mean) if self.key == "time" else self.number(mean)
        return text, f"± {spread_text(100 * apart if self.share else apart)}" if self.spread and line.seeds > 1 else ""

    def words(self, line: Line) -> str:
        """The cell as one text."""
        return " ".join(filter(None, self.told(line)))

    def _number(self, run: Kept) -> float | None:
        found = self.value(run)
        return found if isinstance(found, float) else None


def spread_text(apart: float) -> str:
    """A standard deviation, with no more figures than it has."""
    return short(float(f"{apart:.2g}"))


def percent(value: float) -> str:
    """A share of 1 as a person reads it: "98.3 %"; only what is all is "100 %"."""
    if not math.isfinite(value):
        return short(value)
    text = f"{100 * value:.1f}"
    if text in ("100.0", "0.0") and value not in (0.0, 1.0):
        text = f"{100 * value:.3f}".rstrip("0").rstrip(".")
    return said_percent(text.removesuffix(".0"))


def network_text(run: Kept) -> str:
    """The layers with weights by their units: "8·8·2"; else how many layers there are."""
    layers = run.project.network.of_kind("layer")
    sizes = [getattr(node.spec, "units", 0) or getattr(node.spec, "filters", 0) for node in layers]
    told = "·".join(str(size) for size in sizes if size)
    return told or say("{count} layers", count=len(layers))


def parent_text(run: Kept) -> str:
    """Which run it left, and at which step."""
    return say("{run}, step {step}", run=run.parent, step=f"{run.fork:,}") if run.parent else "—"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "—"
    if seconds < 10:
        return f"{seconds:.{2 if seconds >= 0.01 else 3}f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def age(run: Kept) -> str:
    """When it began."""
    return QLocale(language()).toString(QDateTime.fromSecsSinceEpoch(int(run.began)), say("dd MMM, HH:mm"))


def metrics_of(runs: list[Kept]) -> list[str]:
    """Names of the metrics that any of the runs has, in their order."""
    return list(dict.fromkeys(name for run in runs if run.last for name in run.last.metrics))


def _metric(name: str) -> type[Metric] | None:
    id = name.rpartition(": ")[2]
    record = next((record for record in registry.entries("metric") if record.id == id), None)
    return record if isinstance(record, type) and issubclass(record, Metric) else None


def is_figure(name: str) -> bool:
    """Whether a metric says how good the answers are; a readout says something else of them."""
    record = _metric(name)
    return record is None or not record.readout


def is_share(name: str) -> bool:
    """Whether a metric is a share of 1."""
    record = _metric(name)
    return record is not None and record.share


def metric_text(name: str, value: float) -> str:
    """The value of a metric as a person reads it."""
    return percent(value) if is_share(name) else short(value)


def metric_title(name: str) -> str:
    """ "accuracy" as its record calls it; "class_loss: accuracy" with the loss before it."""
    head, _, id = name.rpartition(": ")
    record = _metric(name)
    title = say(record.title) if record is not None else id
    return f"{head}: {title}" if head else title


def state_of(run: Kept, going: Mapping[Path, str] | None = None) -> str:
    """A word of STATES. going: those of runs that are under way."""
    return (going or {}).get(run.folder, run.state)


def _way(run: Kept, text: Callable[[Project], str]) -> str:
    """A setting at the beginning, and at the end where it was changed on the way."""
    return ways(text(run.project), text(end_of(run)))


def _rate_text(project: Project) -> str:
    rate = rate_of(project)
    return "—" if rate is None else short(rate)


def _states(line: Line, going: Mapping[Path, str]) -> str:
    """Of a group how many there are of each; of all the same only the word."""
    states = [state_of(run, going) for run in line.runs]
    counts = {state: states.count(state) for state in dict.fromkeys(states)}
    if len(counts) == 1:
        return say(STATES.get(states[0], states[0]))
    return say(joined(f"{count} {say(STATES.get(state, state))}" for state, count in counts.items()))


def columns_for(runs: list[Kept], going: Mapping[Path, str] | None = None) -> list[Column]:
    """The columns that these runs fill. going: states of those that are under way, by folder."""
    under = going or {}

    def seed(run: Kept) -> float:
        return float(run.project.training.seed)

    found = [
        Column("run", sentence("Run"), lambda run: float(run.number), lambda run: str(run.number)),
        Column("state", sentence("State"), lambda run: say(STATES.get(state_of(run, under), run.state)),
               group=lambda line: _states(line, under)),
        Column("network", sentence("Network"), network_text),
        Column("optimizer", sentence("Optimizer"), lambda run: say(run.project.training.optimizer.title),
               lambda run: _way(run, lambda made: say(made.training.optimizer.title))),
        Column("rate", sentence("Rate"), lambda run: rate_of(run.project), lambda run: _way(run, _rate_text)),
        Column("batch", sentence("Batch"), lambda run: float(run.project.training.batch),
               lambda run: _way(run, lambda made: short(float(made.training.batch)))),
        Column("seeds", sentence("Seeds"), lambda run: 1.0, group=lambda line: float(line.seeds)),
        Column("seed", sentence("Seed"), seed, aside=True, group=lambda line: seed(line.run) if not line.grouped else None),
        Column("epochs", sentence("Epochs"), lambda run: float(len(run.epochs)), mean=True, aside=True),
        Column("train", sentence("Train loss"), lambda run: run.last.train_loss if run.last else None, mean=True, spread=True, aside=True),
        Column("validation", sentence("Validation loss"), lambda run: run.last.validation_loss if run.last else None, mean=True,
               spread=True),
    ]  # fmt: skip
    if any(run.parent for run in runs):
        found.insert(1, Column("parent", sentence("Fork of"), lambda run: float(run.parent) if run.parent else None, parent_text))
    for at, name in enumerate([name for name in metrics_of(runs) if is_figure(name)][:4]):
        head = _HEADS.get(name.rpartition(": ")[2], "")
        found.append(
            Column(
                name, metric_title(name), lambda run, name=name: run.last.metrics.get(name) if run.last else None,  # type: ignore[misc]
                head=head, mean=True, spread=True, share=is_share(name), aside=at > 0,
            )
        )  # fmt: skip
    return [
        *found,
        Column("steps", sentence("Steps"), lambda run: float(run.steps), mean=True),
        Column("time", sentence("Time"), lambda run: run.seconds, lambda run: duration(run.seconds), mean=True),
        Column("began", sentence("Began"), lambda run: run.began, age, aside=True),
        Column("note", sentence("Note"), lambda run: run.note),
    ]


def order_of(value: Value) -> tuple[int, float, str]:
    """A key to sort by: numbers, then words, then what is missing or not a number."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return 2, 0.0, ""
    return (0, value, "") if isinstance(value, float) else (1, 0.0, value.casefold())
