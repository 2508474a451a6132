"""Columns of the table of runs: what stands in a cell, what it is sorted and filtered by."""

from __future__ import annotations

import dataclasses
import math
import operator
import re
from collections.abc import Callable

from PySide6.QtCore import QDateTime, QLocale

from playground.core import registry
from playground.core.spec import Metric
from playground.training.runs import Kept, rate_of
from playground.ui.plots.axis import short
from playground.words import language, say, sentence

Value = float | str | None
STATES = {
    "done": sentence("done"), "stopped": sentence("stopped"), "early": sentence("stopped early"), "fault": sentence("diverged"),
    "open": sentence("not ended"),
}  # fmt: skip
_OPERATORS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "=": operator.eq, "!=": operator.ne}
_CLAUSE = re.compile(r"\s*(?P<name>[^<>=!]+?)\s*(?P<op><=|>=|!=|<|>|=)\s*(?P<value>\S+)\s*")


@dataclasses.dataclass(frozen=True)
class Column:
    """title: an English text. value: what sorting and filters see.  text: what the cell shows; None: the value."""

    key: str
    title: str
    value: Callable[[Kept], Value]
    text: Callable[[Kept], str] | None = None

    def shown(self, run: Kept) -> str:
        if self.text is not None:
            return self.text(run)
        value = self.value(run)
        return "–" if value is None else value if isinstance(value, str) else short(value)


def network_text(run: Kept) -> str:
    """The layers with weights by their units: "8·8·2"; else how many layers there are."""
    layers = run.project.network.of_kind("layer")
    sizes = [getattr(node.spec, "units", 0) or getattr(node.spec, "filters", 0) for node in layers]
    told = "·".join(str(size) for size in sizes if size)
    return told or say("{count} layers", count=len(layers))


def parent_text(run: Kept) -> str:
    """Which run it left, and at which step."""
    return say("{run}, step {step}", run=run.parent, step=f"{run.fork:,}") if run.parent else "–"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def age(run: Kept) -> str:
    """When it began."""
    return QLocale(language()).toString(QDateTime.fromSecsSinceEpoch(int(run.began)), say("dd MMM, HH:mm"))


def metrics_of(runs: list[Kept]) -> list[str]:
    """Names of the metrics that any of the runs has, in their order."""
    return list(dict.fromkeys(name for run in runs if run.last for name in run.last.metrics))


def is_figure(name: str) -> bool:
    """Whether a metric says how good the answers are; a readout says something else of them."""
    id = name.rpartition(": ")[2]
    record = next((record for record in registry.entries("metric") if record.id == id), None)
    return not (isinstance(record, type) and issubclass(record, Metric) and record.readout)


def metric_title(name: str) -> str:
    """ "accuracy" as its record calls it; "class_loss: accuracy" with the loss before it."""
    head, _, id = name.rpartition(": ")
    title = next((say(record.title) for record in registry.entries("metric") if record.id == id), id)
    return f"{head}: {title}" if head else title


def columns_for(runs: list[Kept]) -> list[Column]:
    """The columns that these runs fill."""
    found = [
        Column("run", sentence("Run"), lambda run: float(run.number), lambda run: str(run.number)),
        Column("state", sentence("State"), lambda run: say(STATES.get(run.state, run.state))),
        Column("network", sentence("Network"), network_text),
        Column("optimizer", sentence("Optimizer"), lambda run: say(run.project.training.optimizer.title)),
        Column("rate", sentence("Rate"), lambda run: rate_of(run.project)),
        Column("batch", sentence("Batch"), lambda run: float(run.project.training.batch)),
        Column("seed", sentence("Seed"), lambda run: float(run.project.training.seed)),
        Column("epochs", sentence("Epochs"), lambda run: float(len(run.epochs))),
        Column("train", sentence("Train loss"), lambda run: run.last.train_loss if run.last else None),
        Column("validation", sentence("Validation loss"), lambda run: run.last.validation_loss if run.last else None),
    ]
    if any(run.parent for run in runs):
        found.insert(1, Column("parent", sentence("Fork of"), lambda run: float(run.parent) if run.parent else None, parent_text))
    for name in [name for name in metrics_of(runs) if is_figure(name)][:4]:
        found.append(Column(name, metric_title(name), lambda run, name=name: run.last.metrics.get(name) if run.last else None))  # type: ignore[misc]
    return [
        *found,
        Column("steps", sentence("Steps"), lambda run: float(run.steps)),
        Column("time", sentence("Time"), lambda run: run.seconds, lambda run: duration(run.seconds)),
        Column("began", sentence("Began"), lambda run: run.began, age),
        Column("note", sentence("Note"), lambda run: run.note),
    ]


def order_of(value: Value) -> tuple[int, float, str]:
    """A key to sort by: numbers, then words, then what is missing or not a number."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return 2, 0.0, ""
    return (0, value, "") if isinstance(value, float) else (1, 0.0, value.casefold())


def fits(run: Kept, columns: list[Column], wanted: str) -> bool:
    """Whether a run fits a filter: words that stand anywhere in its row, and clauses such as "rate < 0.02", with commas between."""
    return all(_fits(run, columns, part) for part in wanted.split(",") if part.strip())


def _fits(run: Kept, columns: list[Column], part: str) -> bool:
    clause = _CLAUSE.fullmatch(part)
    if clause is not None:
        name = clause["name"].casefold()
        for column in columns:
            if name in (column.key.casefold(), say(column.title).casefold()):
                return _compared(column.value(run), clause["op"], clause["value"])
        return False
    row = " ".join([*(column.shown(run) for column in columns), *(("★",) if run.star else ())]).casefold()
    return all(word in row for word in part.casefold().split())


def _compared(value: Value, op: str, limit: str) -> bool:
    if isinstance(value, str):
        return _OPERATORS[op](value.casefold(), limit.casefold()) if op in ("=", "!=") else False
    try:
        return value is not None and bool(_OPERATORS[op](value, float(limit)))
    except ValueError:
        return False
