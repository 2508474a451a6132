"""Rows of a text table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from playground.core.fields import choice, path, text
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.readers.csv_table import read
from playground.data.readers.csv_text import DELIMITERS, MISSING, Options
from playground.data.readers.places import resolve
from playground.data.table_samples import Wish, refused_for_rows, samples_of
from playground.words import sentence

_THOUSANDS = {"none": "", "comma": ",", "point": ".", "blank": " ", "apostrophe": "'"}


def named(text: str) -> tuple[str, ...]:
    """The column names of a field, split at commas outside quotes."""
    return tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []) if name.strip())


@register("table", title="Table", group="Data", icon="table", version=2, tail="CSV or TSV file")
class TableFile(Dataset):
    """A file of rows and columns in text, one sample in each row.

    Shapes: inputs (rows, columns), where a column of words makes one of 0 and 1 for each word; targets (rows,) class numbers, or
    (rows, 1) values.
    Rows that do not fit are listed with their line; nothing is mended, shifted or dropped unless you say so.
    """

    samples_are = "table"
    source = "Shafranovich: Common format and MIME type for comma-separated values (CSV) files (2005), RFC 4180"

    path: str = path(patterns=("*.csv", "*.tsv", "*.txt", "*.dat"), help="The file.")
    target: str = text(help="Name of the column to be predicted; empty takes the likeliest one.", label="Target column")
    task: str = choice(
        "auto",
        {
            "auto": "Classes for words and a few whole numbers, else values.",
            "classification": "The target column names classes.",
            "regression": "The target column holds values.",
        },
        help="What is to be predicted.",
    )
    ignore: str = text(
        help="Names of columns that are not used, separated by commas; one with a comma in it stands in quotes.",
        label="Ignored columns",
        most=4000,
    )
    weights: str = text(
        help="Name of a column that says what each sample counts in the loss, numbers of at least 0; empty counts all alike.",
        label="Weights column",
        advanced=True,
    )
    use: str = text(
        help="Names of columns that are used although they look like row numbers or free text, separated by commas.",
        label="Used columns",
        most=4000,
        advanced=True,
    )
    defects: str = choice(
        "refuse",
        {"refuse": "Stop and list them.", "leave_out": "Leave them out and say how many."},
        label="Unusable rows",
        help="What happens to rows with missing, superfluous or unreadable cells.",
    )
    missing: str = text(
        "|".join(MISSING),
        label="Missing words",
        advanced=True,
        help="Words that mean no number, separated by bars; an empty one means an empty cell.",
    )
    delimiter: str = choice(
        "auto",
        {
            "auto": "Guessed from the file.",
            "comma": "A comma.",
            "semicolon": "A semicolon.",
            "tab": "A tabulator.",
            "bar": "A vertical bar.",
            "space": "One or more blanks.",
        },
        advanced=True,
        help="What stands between two cells.",
    )
    decimal: str = choice(
        "auto",
        {"auto": "Guessed from the file.", "point": "A point, as in 1.5.", "comma": "A comma, as in 1,5."},
        label="Decimal mark",
        advanced=True,
        help="How fractions are written.",
    )
    thousands: str = choice(
        "none",
        {
            "none": "Nothing.",
            "comma": "As in 1,000.",
            "point": "As in 1.000.",
            "blank": "As in 1 000.",
            "apostrophe": "As in 1'000.",
        },
        advanced=True,
        help="What stands between groups of three digits.",
    )
    header: str = choice(
        "auto",
        {"auto": "Guessed from the file.", "yes": "The first row names the columns.", "no": "The first row is data."},
        advanced=True,
        help="Whether the first row names the columns.",
    )
    quote: str = choice(
        "double",
        {
            "double": "A cell may stand in double quotes.",
            "single": "A cell may stand in single quotes.",
            "none": "Quotes are ordinary letters.",
        },
        advanced=True,
        help="What encloses cells that hold a delimiter.",
    )
    encoding: str = choice(
        "auto",
        {
            "auto": "Guessed from the file.",
            "utf-8": "The usual one.",
            "utf-16": "Text from some Windows programs.",
            "latin-1": "Old Western European text.",
            "cp1252": "Old Windows text.",
        },
        advanced=True,
        help="How letters are stored.",
    )

    def load(self, folder: Path | None = None) -> Samples:
        wish = Wish(
            target=self.target.strip(),
            ignore=named(self.ignore),
            use=named(self.use),
            task=self.task,
            defects=self.defects,
            weights=self.weights.strip(),
        )
        return samples_of(read(resolve(self.path, folder), self.options()), wish)

    def remedies(self, error: str) -> tuple[tuple[str, str, Any], ...]:
        return ((sentence("Leave the rows out"), "defects", "leave_out"),) if refused_for_rows(error) else ()

    def options(self) -> Options:
        """How the file is read, for a preview."""
        as_words = {self.target.strip(): "text"} if self.task == "classification" and self.target.strip() else {}
        return Options(
            encoding=self.encoding,
            delimiter=DELIMITERS[self.delimiter],
            quote={"double": '"', "single": "'", "none": ""}[self.quote],
            decimal={"auto": "auto", "point": ".", "comma": ","}[self.decimal],
            thousands=_THOUSANDS[self.thousands],
            header=self.header,
            missing=tuple(self.missing.split("|")),
            types=as_words,
        )
