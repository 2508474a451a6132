"""Text tables (CSV, TSV and their kin): a preview to look at before the import, and the import itself.

Every row of the file ends in exactly one of three places: the table, the list of bad rows, or the count of blank lines in the notes.
"""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from playground.data.readers.csv_alike import trimming_notes
from playground.data.readers.csv_columns import Column, Gatherer
from playground.data.readers.csv_rows import BadRow, Rows
from playground.data.readers.csv_text import Form, Options, find_form, open_text
from playground.data.readers.places import require_file
from playground.errors import BadValue, DataError
from playground.words import sentence

MOST_BYTES = 500_000_000
MOST_COLUMNS = 20_000
MOST_CELLS = 1 << 28
#: A preview looks at so many rows; the import looks at all.
PREVIEW_ROWS = 20_000
#: So many notes on columns are given.
MOST_TOLD = 10
_PIECE = 4096
_TARGET_NAMES = frozenset({"target", "label", "labels", "class", "y", "species", "category", "outcome", "result"})
_ID_NAMES = frozenset({"id", "index", "key", "uuid", "unnamed: 0", "rowid", "row_id"})


@dataclasses.dataclass(frozen=True)
class PreviewColumn:
    """A guess, for a person to change. kind: "number" or "text".  role: "input", "target" or "ignore"."""

    name: str
    kind: str
    role: str
    missing: int
    distinct: int
    faults: int


@dataclasses.dataclass(frozen=True)
class Preview:
    """What an import would give. rows: (line, cells) of the first rows.  bad: rows and cells that cannot be used, by line.

    complete: all of the file was looked at, so `count` and `bad` are those of the import.
    """

    columns: tuple[PreviewColumn, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    bad: tuple[BadRow, ...]
    notes: tuple[str, ...]
    count: int
    complete: bool
    form: Form


@dataclasses.dataclass(frozen=True)
class Table:
    """The good rows of a file, by column. lines: the line at which each row begins (n,).  bad: the rows that are not in it."""

    name: str
    columns: tuple[Column, ...]
    lines: np.ndarray
    bad: tuple[BadRow, ...]
    notes: tuple[str, ...]
    form: Form

    def column(self, name: str) -> Column:
        """Raises DataError, listing what there is."""
        for column in self.columns:
            if column.name == name:
                return column
        names = ", ".join(column.name for column in self.columns[:20])
        raise DataError(
            sentence(
                "{name} has no column called {name2}. Its columns are: {names}.", name=self.name, name2=f"{name!r}", names=names
            )
        )


def preview(path: Path, options: Options | None = None, rows: int = 20) -> Preview:
    """The first rows, and what the first 20,000 say about the columns. Raises FileError or DataError."""
    options = options or Options()
    form = _form(path, options)
    table, complete = _gather(path, form, options, PREVIEW_ROWS)
    with open_text(path, form.encoding) as stream:
        first = tuple((line, tuple(cell[:200] for cell in cells)) for line, cells in islice(Rows(stream, form, path.name), rows))
    roles = guess_roles(table)
    columns = tuple(
        PreviewColumn(
            column.name,
            column.kind,
            role,
            int(column.missing.sum()),
            len(column.words) if column.kind == "text" else len(np.unique(column.values[column.usable])),
            column.fault_count,
        )
        for column, role in zip(table.columns, roles, strict=True)
    )
    faults = [
        BadRow(fault.line, sentence("column {column}: {reason}", column=f"{column.name!r}", reason=fault.reason), fault.text)
        for column in table.columns
        for fault in column.faults
    ]
    bad = tuple(sorted((*table.bad, *faults), key=lambda row: row.line))
    notes = (
        table.notes
        if complete
        else (*table.notes, sentence("Only the first {preview_rows} rows were looked at.", preview_rows=f"{PREVIEW_ROWS:,}"))
    )
    return Preview(columns, first, bad, notes, len(table.lines), complete, form)


def read(path: Path, options: Options | None = None) -> Table:
    """All good rows, and the list of the others. Raises FileError or DataError."""
    options = options or Options()
    return _gather(path, _form(path, options), options, None)[0]


def guess_roles(table: Table) -> list[str]:
    """A role for each column: the last usable one, or one with a telling name, is the target; row numbers and free text are ignored."""
    roles = []
    for column in table.columns:
        named_id = column.name.strip().lower() in _ID_NAMES
        # What a data frame writes in front of its columns: row numbers without a name.
        numbered = column is table.columns[0] and column.name == "column 1" and _counts_up(column)
        free = column.kind == "text" and len(column.words) > max(20, len(table.lines) // 2)
        empty = not column.usable.any()
        roles.append("ignore" if named_id or numbered or free or empty else "input")
    named = [i for i, c in enumerate(table.columns) if c.name.strip().lower() in _TARGET_NAMES and c.usable.any()]
    usable = [i for i, role in enumerate(roles) if role == "input"]
    if named or usable:
        roles[(named or usable)[-1]] = "target"
    return roles


def _counts_up(column: Column) -> bool:
    return column.kind == "number" and len(column.values) > 2 and bool(np.all(np.diff(column.values) == 1))


def _form(path: Path, options: Options) -> Form:
    require_file(path, MOST_BYTES)
    for name, value, allowed in (
        ("decimal", options.decimal, ("auto", ".", ",")),
        ("header", options.header, ("auto", "yes", "no")),
        ("thousands", options.thousands, ("", ",", ".", " ", "'", "\u00a0", "\u202f", "_")),
    ):
        if value not in allowed:
            raise BadValue(
                sentence(
                    "The {name} of a table must be one of {map}; {value} was given.",
                    name=name,
                    map=", ".join(map(repr, allowed)),
                    value=f"{value!r}",
                )
            )
    form = find_form(path, options)
    if form.thousands and form.thousands == form.decimal:
        raise BadValue(
            sentence(
                "The decimal mark and the mark for thousands are both {decimal}. Choose two different ones.",
                decimal=f"{form.decimal!r}",
            )
        )
    if len(form.names) > MOST_COLUMNS:
        raise DataError(
            sentence(
                "{path} has {names_count} columns; at most {most_columns} are read. Check the delimiter.",
                path=path.name,
                names_count=f"{len(form.names):,}",
                most_columns=f"{MOST_COLUMNS:,}",
            )
        )
    odd = [kind for kind in options.types.values() if kind not in ("number", "text")]
    if odd:
        raise BadValue(sentence("The type of a column must be number or text; {odd} was given.", odd=f"{odd[0]!r}"))
    unknown = [name for name in options.types if name not in form.names]
    if unknown:
        raise DataError(
            sentence(
                "{path} has no column called {unknown}. Its columns are: {names}.",
                path=path.name,
                unknown=f"{unknown[0]!r}",
                names=", ".join(form.names[:20]),
            )
        )
    return form


def _gather(path: Path, form: Form, options: Options, most_rows: int | None) -> tuple[Table, bool]:
    """The table of the first rows, or of all; columns that turn out late to be words are gathered a second time."""
    kinds = dict(options.types)
    while True:
        gatherers = [Gatherer(name, form, options.missing, kinds.get(name, "")) for name in form.names]
        with open_text(path, form.encoding) as stream:
            rows = Rows(stream, form, path.name)
            lines = array("q")
            complete = True
            for piece_lines, cells in _pieces(rows, most_rows):
                lines.extend(piece_lines)
                if len(lines) * len(gatherers) > MOST_CELLS:
                    raise DataError(
                        sentence(
                            "{path} has more than {most_cells} cells. Use fewer rows or columns.",
                            path=path.name,
                            most_cells=f"{MOST_CELLS:,}",
                        )
                    )
                for gatherer, column in zip(gatherers, cells, strict=True):
                    gatherer.add(piece_lines, list(column))
            if most_rows is not None and len(lines) >= most_rows:
                complete = not stream.read(1)
        turned = [gatherer.name for gatherer in gatherers if gatherer.turned]
        if not turned:
            break
        kinds.update(dict.fromkeys(turned, "text"))
    if not lines:
        raise DataError(_no_good_row(path.name, rows, form))
    columns = tuple(gatherer.done() for gatherer in gatherers)
    told = trimming_notes((column.name, column.trimmed, int(column.usable.sum())) for column in columns if column.kind == "text")
    told += [note for column in columns for note in column.notes]
    if len(told) > MOST_TOLD:
        told[MOST_TOLD:] = [sentence("{count} more notes on columns are not shown.", count=len(told) - MOST_TOLD)]
    notes = (*form.notes, *_row_notes(rows), *told)
    return Table(path.name, columns, np.array(lines, np.int64), tuple(rows.bad), notes, form), complete


def _pieces(rows: Rows, most: int | None) -> Iterator[tuple[list[int], list[tuple[str, ...]]]]:
    """Some thousand rows at a time, turned into columns."""
    source = iter(rows) if most is None else islice(rows, most)
    while piece := list(islice(source, _PIECE)):
        yield [line for line, _ in piece], list(zip(*(cells for _, cells in piece), strict=True))


def _row_notes(rows: Rows) -> list[str]:
    notes = []
    if rows.blank:
        notes.append(
            sentence(
                "{blank_count} blank lines were passed over, the first is line {blank}.",
                blank_count=f"{len(rows.blank):,}",
                blank=rows.blank[0],
            )
        )
    if rows.multiline:
        notes.append(
            sentence(
                "{multiline_count} rows hold a line break inside quotes, the first begins at line {multiline}.",
                multiline_count=f"{len(rows.multiline):,}",
                multiline=rows.multiline[0],
            )
        )
    return notes


def _no_good_row(name: str, rows: Rows, form: Form) -> str:
    if not rows.bad:
        return sentence(
            "{name} holds the names of {names_count} columns but no row under them. Choose another file, or say that "
            "there is no header.",
            name=name,
            names_count=len(form.names),
        )
    first = rows.bad[0]
    if form.header and all(row.reason == first.reason for row in rows.bad):
        return sentence(
            "{name}: the header names {names_count} columns, but all {bad_count} rows have {reason}. Mend the header.",
            name=name,
            names_count=len(form.names),
            bad_count=f"{len(rows.bad):,}",
            reason=first.reason,
        )
    return sentence(
        "{name}: no row can be used; line {line} has {reason}. Check delimiter, quote and header.",
        name=name,
        line=first.line,
        reason=first.reason,
    )
