"""The curves as the window keeps them: arrays that grow with the run, copied out of shared memory as they come."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from playground.training.board import EPOCH_COLUMNS, NORM_COLUMNS, BoardPlan
from playground.training.messages import EpochRecord

Array = npt.NDArray[Any]

#: Steps and epochs kept one by one; of more, the older half is thinned, keeping the smallest and the largest loss of every four.
MOST_STEPS = 1 << 22
MOST_EPOCHS = 1 << 16
#: Rows of layer norms that are kept, likewise.
MOST_NORMS = 1 << 14


@dataclasses.dataclass(frozen=True)
class History:
    """One row for each step done, ascending. steps count from 1; loss is the batch's mean before the update.

    Shapes: all (n,); steps int64, the others float32. The arrays are read-only views that stay as they are.
    """

    steps: Array
    loss: Array
    rate: Array
    gradient_norm: Array
    rows: Array


@dataclasses.dataclass(frozen=True)
class LayerNorms:
    """Norms of the layers with weights, at some steps. ratio: length of an update over length of the weights.

    gradient, weight: Euclidean (L2); l1, largest: the weights' sum of magnitudes and the greatest of them (L∞).
    frozen: those of the layers that the plan of the run freezes, themselves or through their group.
    Shapes: steps (n,); the others (n, layers); layers: node names in the order of the columns.
    """

    layers: tuple[str, ...]
    steps: Array
    gradient: Array
    weight: Array
    ratio: Array
    l1: Array = dataclasses.field(default_factory=lambda: np.zeros((0, 0)))
    largest: Array = dataclasses.field(default_factory=lambda: np.zeros((0, 0)))
    frozen: frozenset[str] = frozenset()


class Growing:
    """Rows with an ascending step in a growing array. Rows that come again (after a resume or a rewind) replace the old ones."""

    def __init__(self, template: Array, step: str | int, loss: str | int | None = None) -> None:
        """step, loss: the columns by name, or by place in rows of plain numbers."""
        self._loss = loss
        self._rows = np.empty_like(template, shape=(1024, *template.shape[1:]))
        self._step = step
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> Array:
        return self._rows[: self._count]

    def steps(self, rows: Array) -> Array:
        """The step of every row."""
        return column(rows, self._step)

    def add(self, rows: Array) -> None:
        """Append; where the step goes back, forget what was known from there on."""
        steps = self.steps(rows)
        back = np.flatnonzero(steps[1:] <= steps[:-1]) + 1
        if not len(back):
            self._append(rows)
            return
        for piece in np.split(rows, back):
            self._append(piece)

    def comes_again(self, rows: Array) -> int | None:
        """The earliest step that these rows go back to; None where they go on."""
        steps = np.concatenate([self.steps(self.rows)[-1:], self.steps(rows)])
        back = steps[1:][np.diff(steps) <= 0]
        return int(back.min()) if len(back) else None

    def cut(self, step: int) -> None:
        """Forget what came after a step; views that were handed out keep what they showed."""
        kept = int(np.searchsorted(self.steps(self.rows), step, side="right"))
        if kept < self._count:
            self._rows, self._count = self._rows[:kept].copy(), kept

    def _append(self, rows: Array) -> None:
        """Rows whose steps rise."""
        if not len(rows):
            return
        first = self.steps(rows)[0]
        if self._count and first <= self.steps(self.rows)[-1]:
            # A fresh copy: views that were handed out keep what they showed.
            self._count = int(np.searchsorted(self.steps(self.rows), first))
            self._rows = self.rows.copy()
        self._make_room(self._count + len(rows))
        self._rows[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def _make_room(self, needed: int) -> None:
        if needed > len(self._rows):
            larger = np.empty_like(self._rows, shape=(max(needed, 2 * len(self._rows)), *self._rows.shape[1:]))
            larger[: self._count] = self.rows
            self._rows = larger

    def thin(self, most: int) -> bool:
        """Halve the older half when there are more rows than `most`: of every four, those with least and most loss stay."""
        if self._count <= most or self._loss is None:
            return False
        old = self._count // 2 // 4 * 4
        loss = column(self.rows, self._loss)[:old].reshape(-1, 4)
        low, high = np.argmin(loss, axis=1), np.argmax(loss, axis=1)
        high = np.where(high == low, (low + 1) % 4, high)
        kept = np.sort(np.stack([low, high], axis=1), axis=1) + 4 * np.arange(len(loss))[:, None]
        rows = np.concatenate([self.rows[:old][kept.ravel()], self.rows[old:]])
        self._rows, self._count = rows, len(rows)
        return True

    def keep(self, places: Array) -> None:
        """Forget all rows but these. Shapes: (n,), ascending."""
        self._rows, self._count = self.rows[places], len(places)

    def halve(self, most: int) -> None:
        """Where there are more rows than `most`, every second of the older half goes."""
        if self._count > most:
            old = self._count // 2
            rows = np.concatenate([self.rows[:old:2], self.rows[old:]])
            self._rows, self._count = rows, len(rows)


def column(rows: Array, which: str | int) -> Array:
    """One number of every row, by name, or by place in rows of plain numbers."""
    found: Array = rows[which] if isinstance(which, str) else rows[:, which]
    return found


def history_of(steps: Growing) -> History:
    """Columns of the recorded steps."""
    rows = steps.rows.view()
    rows.flags.writeable = False
    return History(rows["step"], rows["loss"], rows["rate"], rows["norm"], rows["rows"])


class Epochs(Sequence[EpochRecord]):
    """Rows of the board's epoch list: records that are made when they are asked for, so that a run of many epochs costs nothing.

    It stays as it is when the run goes on.
    """

    def __init__(self, rows: Array, plan: BoardPlan) -> None:
        self._rows, self._plan = rows, plan

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> EpochRecord: ...

    @overload
    def __getitem__(self, at: slice) -> Epochs: ...

    def __getitem__(self, at: int | slice) -> EpochRecord | Epochs:
        return Epochs(self._rows[at], self._plan) if isinstance(at, slice) else epoch_record(self._rows[at], self._plan)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Epochs({list(self)!r})"

    def numbers(self, what: str, table: str) -> tuple[Array, Array]:
        """As `epoch_numbers`, without making records."""
        columns, first = _columns(self._plan)[table]
        if what not in columns:
            return np.zeros(0), np.zeros(0)
        rows = self._rows
        if what == "validation_loss":
            rows = rows[rows[:, EPOCH_COLUMNS.index("best")] >= 0]
        return rows[:, EPOCH_COLUMNS.index("step")], rows[:, first + columns.index(what)]


def _columns(plan: BoardPlan) -> dict[str, tuple[tuple[str, ...], int]]:
    """Columns of an epoch's row, and the place of the first: of the record itself, under "", and of its tables."""
    first = len(EPOCH_COLUMNS)
    return {
        "": (EPOCH_COLUMNS, 0),
        "metrics": (plan.metrics, first),
        "train_metrics": (plan.train_metrics, first + len(plan.metrics)),
    }


def epoch_numbers(epochs: Sequence[EpochRecord], what: str, table: str = "") -> tuple[Array, Array]:
    """Steps and values of the epochs that have a number. Shapes: (n,), (n,).

    what: a field of the record such as "train_loss", or a name in one of its tables, "metrics" or "train_metrics".
    """
    if isinstance(epochs, Epochs):
        return epochs.numbers(what, table)
    values = [getattr(record, table).get(what) if table else getattr(record, what) for record in epochs]
    known = [(record.step, value) for record, value in zip(epochs, values, strict=True) if value is not None]
    pairs = np.array(known, float).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def epoch_at(step: int, epochs: Sequence[EpochRecord], steps_per_epoch: int) -> int:
    """The epoch, from 1, to which a step (from 1) belongs. epochs: those finished, ascending; after them the present batch counts."""
    at = bisect.bisect_left(epochs, step, key=lambda record: record.step)
    if at < len(epochs):
        return epochs[at].epoch
    last = (epochs[-1].epoch, epochs[-1].step) if epochs else (0, 0)
    return last[0] + 1 + max(step - last[1] - 1, 0) // max(steps_per_epoch, 1)


def epoch_record(row: Array, plan: BoardPlan) -> EpochRecord:
    """One row of the board's epoch list."""
    numbers = row.tolist()
    tables = {
        table: dict(zip(names, numbers[first : first + len(names)], strict=True))
        for table, (names, first) in _columns(plan).items()
    }
    named = tables.pop("")
    return EpochRecord(
        epoch=int(named["epoch"]),
        step=int(named["step"]),
        train_loss=named["train_loss"],
        validation_loss=named["validation_loss"] if named["best"] >= 0 else None,
        rate=named["rate"],
        **tables,
    )


def epoch_row(record: EpochRecord, best: bool, plan: BoardPlan) -> Array:
    """The inverse of `epoch_record`; "best" is -1 in a run without a validation part."""
    judged = record.validation_loss is not None
    values = [record.epoch, record.step, record.train_loss, record.validation_loss if judged else 0.0, record.rate]
    metrics = [record.metrics[name] for name in plan.metrics] + [record.train_metrics[name] for name in plan.train_metrics]
    return np.array([[*values, float(best) if judged else -1.0, *metrics]], float)


def norms_of(rows: Array, plan: BoardPlan) -> LayerNorms:
    """Rows of the board's norm list, by layer."""
    by_layer = rows[:, 1:].reshape(len(rows), len(plan.layers), len(NORM_COLUMNS))
    found = {name: by_layer[:, :, i] for i, name in enumerate(NORM_COLUMNS)}
    update, weight = found["update"], found["weight"]
    with np.errstate(invalid="ignore"):
        ratio = np.divide(update, weight, out=np.zeros_like(update), where=weight != 0)
    steps = rows[:, 0].astype(np.int64)
    return LayerNorms(plan.layers, steps, found["gradient"], weight, ratio, found["weight_l1"], found["weight_max"])
