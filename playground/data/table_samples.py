"""From a table of columns to samples: roles, words as one-hot inputs, classes, and what to do with rows that cannot be used."""

from __future__ import annotations

import dataclasses

import numpy as np

from playground.core.samples import Samples
from playground.data.classes import natural_order, number_classes
from playground.data.readers.csv_columns import Column
from playground.data.readers.csv_rows import BadRow
from playground.data.readers.csv_table import Table, guess_roles
from playground.errors import DataError
from playground.words import Sentence, joined, sentence

#: A column of words becomes one input for each word; with more words than this, it is a name rather than a property.
MOST_WORDS = 64
#: A gigabyte of inputs.
MOST_NUMBERS = 1 << 28
#: Whole numbers with at most so many different values are taken for classes when nothing else is said.
MOST_GUESSED_CLASSES = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person wants from a table. target "" is guessed; task is "auto", "classification" or "regression".

    use: columns that are inputs although they look like row numbers or free text.  weights: the column that says what each sample
    counts, "" for none.
    defects: "refuse" raises with the list of unusable rows, "leave_out" drops them and says so in the notes.
    """

    target: str = ""
    ignore: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    task: str = "auto"
    defects: str = "refuse"
    weights: str = ""


def samples_of(table: Table, wish: Wish) -> Samples:
    """Raises DataError with a sentence that names rows and columns."""
    target, inputs, notes = _roles(table, wish)
    heavy = [_weights_column(table, wish, target)] if wish.weights else []
    keep, told = _usable_rows(table, [*inputs, target, *heavy], wish)
    weights = _weights(heavy[0], table, keep) if heavy else None
    task = _task(target, keep, wish.task, notes)
    x, names = _inputs(table, inputs, keep)
    notes = [*table.notes, *notes, *told]
    if task == "regression":
        if target.kind == "text":
            raise DataError(
                sentence(
                    "Column {target} holds words such as {words}; regression needs numbers. Choose classification.",
                    target=f"{target.name!r}",
                    words=f"{target.words[0]!r}",
                )
            )
        y = target.values[keep].astype(np.float32)[:, None]
        return Samples(x, y, task, (), names, (target.name,), tuple(notes), weights)
    labels, classes = _classes(target, keep)
    return Samples(x, labels, task, classes, names, (), tuple(notes), weights)


def _weights_column(table: Table, wish: Wish, target: Column) -> Column:
    column = table.column(wish.weights)
    if column is target or column.name in wish.ignore:
        raise DataError(
            sentence(
                "{table}: column {column} holds the weights and is also the target or ignored. Choose one.",
                table=table.name,
                column=f"{column.name!r}",
            )
        )
    if column.kind == "text":
        raise DataError(
            sentence(
                "Column {column} holds words such as {words}; weights are numbers of at least 0.",
                column=f"{column.name!r}",
                words=f"{column.words[0]!r}",
            )
        )
    return column


def _weights(column: Column, table: Table, keep: np.ndarray) -> np.ndarray:
    """What each sample counts. Shapes: -> (n,) float32."""
    weights: np.ndarray = column.values[keep].astype(np.float32)
    if (weights < 0).any():
        line = int(table.lines[keep][weights.argmin()])
        raise DataError(
            sentence(
                "Column {column} holds the weight {weights} in line {line}; weights are numbers of at least 0.",
                column=f"{column.name!r}",
                weights=f"{weights.min():g}",
                line=line,
            )
        )
    if not weights.any():
        raise DataError(
            sentence(
                "Column {column} holds no weight above 0, so no sample counts. Choose another column.", column=f"{column.name!r}"
            )
        )
    return weights


def _roles(table: Table, wish: Wish) -> tuple[Column, list[Column], list[str]]:
    for name in (*wish.ignore, *wish.use):
        table.column(name)
    apart = (*wish.ignore, wish.weights) if wish.weights else wish.ignore
    notes = []
    guessed = guess_roles(table)
    if wish.target:
        target = table.column(wish.target)
    else:
        found = [c for c, role in zip(table.columns, guessed, strict=True) if role == "target" and c.name not in apart]
        rest = [c for c in table.columns if c.name not in apart]
        if not rest:
            raise DataError(
                sentence("{table}: every column is ignored. Leave one as the target and one as an input.", table=table.name)
            )
        target = (found or rest)[-1]
        notes.append(
            sentence("Column {target} was taken as the target. If another one is, choose it.", target=f"{target.name!r}")
        )
    if target.name in wish.ignore:
        raise DataError(
            sentence(
                "{table}: column {target} is both the target and ignored. Choose one.",
                table=table.name,
                target=f"{target.name!r}",
            )
        )
    inputs, passed = [], []
    for column, role in zip(table.columns, guessed, strict=True):
        if column is target or column.name in apart:
            continue
        if role == "ignore" and column.name not in wish.use:
            passed.append(column.name)
        else:
            inputs.append(column)
    if passed:
        more = sentence(" and {count} more", count=len(passed) - 5) if len(passed) > 5 else ""
        shown = joined((joined(passed[:5]), more), "")
        notes.append(sentence("Not used, as it is empty, numbers the rows or holds free text: {shown}.", shown=shown))
    if not inputs:
        raise DataError(
            sentence(
                "{table}: no column is left as an input beside the target {target}. Check delimiter and ignored columns.",
                table=table.name,
                target=f"{target.name!r}",
            )
        )
    return target, inputs, notes


def _usable_rows(table: Table, columns: list[Column], wish: Wish) -> tuple[np.ndarray, list[str]]:
    """Which rows of the table have a value in every used column; the others are refused or told. Shapes: (n,) bool."""
    keep = np.ones(len(table.lines), bool)
    for column in columns:
        keep &= column.usable
    bad = unusable(table, columns)
    count = len(table.bad) + int((~keep).sum())
    if not count:
        return keep, []
    more = sentence("; and {count} more", count=f"{count - 3:,}") if count > 3 else ""
    first = joined((sentence("line {line}: {reason}", line=row.line, reason=row.reason) for row in bad[:3]), "; ")
    listed = joined((first, more), "")
    total = len(table.lines) + len(table.bad)
    if wish.defects == "refuse":
        raise DataError(
            sentence(
                "{table}: {count} of {total} rows cannot be used. {listed}. Mend them or choose to leave them out.",
                table=table.name,
                count=f"{count:,}",
                total=f"{total:,}",
                listed=listed,
            )
        )
    if not keep.any():
        raise DataError(
            sentence(
                "{table}: none of the {total} rows can be used. {listed}. Ignore the columns that are at fault.",
                table=table.name,
                total=f"{total:,}",
                listed=listed,
            )
        )
    return keep, [
        sentence("{count} of {total} rows were left out. {listed}.", count=f"{count:,}", total=f"{total:,}", listed=listed)
    ]


def refused_for_rows(error: str) -> bool:
    """Whether a refusal is for rows that cannot be used, so that a table without them may be."""
    return isinstance(error, Sentence) and error.key.startswith("{table}: {count} of {total} rows cannot be used.")


def unusable(table: Table, columns: list[Column]) -> list[BadRow]:
    """Rows that do not fit, and rows without a value in one of the columns, by line; the first fault of each."""
    found = {row.line: row for row in table.bad}
    for column in columns:
        for fault in column.faults:
            found.setdefault(
                fault.line,
                BadRow(
                    fault.line,
                    sentence(
                        "column {column}: {fault} is {reason}",
                        column=f"{column.name!r}",
                        fault=f"{fault.text!r}",
                        reason=fault.reason,
                    ),
                    "",
                ),
            )
        for place in np.flatnonzero(~column.usable):
            reason = sentence("holds no value") if column.missing[place] else sentence("holds no number")
            line = int(table.lines[place])
            found.setdefault(
                line, BadRow(line, sentence("column {column} {reason}", column=f"{column.name!r}", reason=reason), "")
            )
    return sorted(found.values(), key=lambda row: row.line)


def _task(target: Column, keep: np.ndarray, wanted: str, notes: list[str]) -> str:
    if wanted != "auto":
        return wanted
    if target.kind == "text":
        return "classification"
    values = np.unique(target.values[keep])
    if len(values) <= MOST_GUESSED_CLASSES and np.all(values == np.floor(values)) and 2 * len(values) <= keep.sum():
        notes.append(
            sentence(
                "Column {target} holds {values_count} different whole numbers, read as classes. For values, choose regression.",
                target=f"{target.name!r}",
                values_count=len(values),
            )
        )
        return "classification"
    return "regression"


def _inputs(table: Table, columns: list[Column], keep: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Shapes: (n, inputs) float32, and a name for each."""
    parts: list[np.ndarray] = []
    names: list[str] = []
    for column in columns:
        if (len(names) + MOST_WORDS) * int(keep.sum()) > MOST_NUMBERS:
            raise DataError(
                sentence(
                    "{table}: these columns and words give more than {most_numbers} inputs. Ignore columns or use fewer rows.",
                    table=table.name,
                    most_numbers=f"{MOST_NUMBERS:,}",
                )
            )
        if column.kind == "number":
            parts.append(column.values[keep, None].astype(np.float32))
            names.append(column.name)
            continue
        order = natural_order(column.words)
        if len(order) > MOST_WORDS:
            shown = ", ".join(map(repr, column.words[:3]))
            many = sentence(
                "{table}: column {column} holds {order_count} different words such as {shown}; at most {most_words} "
                "become inputs. Ignore the column, or check decimal mark and thousands.",
                table=table.name,
                column=f"{column.name!r}",
                order_count=f"{len(order):,}",
                shown=shown,
                most_words=MOST_WORDS,
            )
            raise DataError(joined((many, *column.notes), " "))
        codes = column.values[keep]
        parts.append((codes[:, None] == np.array(order)).astype(np.float32))
        names += [f"{column.name}={column.words[code]}" for code in order]
    return np.concatenate(parts, axis=1), tuple(names)


def _classes(target: Column, keep: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    if target.kind == "number":
        return number_classes(target.values[keep], f"column {target.name!r}")
    used = np.unique(target.values[keep])
    order = [code for code in natural_order(target.words) if code in set(used.tolist())]
    if len(order) < 2:
        raise DataError(
            sentence(
                "Column {target} holds only {words}; two or more classes were expected.",
                target=f"{target.name!r}",
                words=f"{target.words[order[0]]!r}",
            )
        )
    if len(order) > 10_000:
        raise DataError(
            sentence(
                "Column {target} holds {order_count} different words; at most 10,000 classes were expected. Choose another target.",
                target=f"{target.name!r}",
                order_count=f"{len(order):,}",
            )
        )
    place = np.empty(len(target.words), np.int64)
    place[order] = np.arange(len(order))
    return place[target.values[keep]], tuple(target.words[code] for code in order)
