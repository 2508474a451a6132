"""The outer form of a text table: encoding, delimiter, quotes, decimal mark and header, guessed unless a person says so."""

from __future__ import annotations

import codecs
import csv
import dataclasses
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from playground.errors import DataError, FileError
from playground.words import sentence

ENCODINGS = ("auto", "utf-8", "utf-16", "latin-1", "cp1252")
DELIMITERS = {"auto": "", "comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " "}
MISSING = ("", "?", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")
#: So many characters of the file decide the guesses.
SAMPLE = 1 << 16
MOST_LINE = 1 << 20
#: Control codes in Latin-1; Windows-1252 has letters there, but for five of them.
_NOT_LATIN = frozenset(range(0x80, 0xA0))
_NOT_WINDOWS = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_POINT = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What a person may decide about a table; everything that is "auto" is guessed and told in the notes.

    delimiter, quote: one character; an empty delimiter is guessed, an empty quote means that there are none.
    decimal: "auto", "." or ",".  thousands: the mark between groups of digits, "" for none.  header: "auto", "yes" or "no".
    missing: words that mean "no number" in columns of numbers; in columns of words only the empty cell is missing.
    types: column name -> "number" or "text".
    """

    encoding: str = "auto"
    delimiter: str = ""
    quote: str = '"'
    decimal: str = "auto"
    thousands: str = ""
    header: str = "auto"
    missing: tuple[str, ...] = MISSING
    types: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Form:
    """The outer form that a table is read with. skip: lines before the table, such as Excel's "sep=;"."""

    encoding: str
    delimiter: str
    quote: str
    decimal: str
    thousands: str
    header: bool
    names: tuple[str, ...]
    skip: int
    notes: tuple[str, ...]


def find_form(path: Path, options: Options) -> Form:
    """Guess what the options leave open. Raises FileError or DataError."""
    encoding, notes = (options.encoding, []) if options.encoding != "auto" else find_encoding(path)
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    lines = _first_lines(path, encoding)
    skip, delimiter = 0, options.delimiter
    if lines[0].lower().startswith("sep=") and len(lines[0].strip()) <= 5:
        skip, delimiter = 1, delimiter or (lines[0].strip()[4:] or "\t")
    body = lines[skip:]
    delimiter = delimiter or _find_delimiter(body, options.quote)
    rows = [cells for cells in _parse(body, delimiter, options.quote) if any(cell.strip() for cell in cells)]
    if not rows:
        raise DataError(sentence("{path} holds no row with a value in it. Choose another file.", path=path.name))
    decimal = options.decimal
    if decimal == "auto":
        decimal, told = _find_decimal(rows, delimiter)
        notes += told
    header = options.header == "yes"
    if options.header == "auto":
        header, told = _find_header(rows, options.missing)
        notes += told
    names, told = _names(rows, header)
    return Form(encoding, delimiter, options.quote, decimal, options.thousands, header, names, skip, (*notes, *told))


def find_encoding(path: Path) -> tuple[str, list[str]]:
    """A byte-order mark decides; else UTF-8 where all of the file is; else, with a note that says so, Latin-1, or Windows-1252 where
    bytes occur that are control codes in Latin-1 and letters there, such as the euro sign.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name, []
        for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
            if len(zeros) > 8 and zeros.count(0) > 0.8 * len(zeros) and head.count(0) <= 1.2 * zeros.count(0):
                return name, [sentence("Read as UTF-16, although no byte-order mark says so.")]
        decoder = codecs.getincrementaldecoder("utf-8")()
        line, block = 1, head
        while block:
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line += block[: error.start].count(b"\n")
                if _windows(block, stream):
                    told = sentence(
                        "Line {line} is not UTF-8, so the file was read as Windows-1252. If letters look wrong, choose the encoding.",
                        line=line,
                    )
                    return "cp1252", [told]
                return "latin-1", [
                    sentence(
                        "Line {line} is not UTF-8, so the file was read as Latin-1. If letters look wrong, choose the encoding.",
                        line=line,
                    )
                ]
            line += block.count(b"\n")
            block = stream.read(1 << 20)
    return "utf-8", []


def _windows(block: bytes, stream: BinaryIO) -> bool:
    """Whether what is left of a file holds one of the letters that only Windows-1252 has, and none that it lacks."""
    found = False
    while block:
        marks = set(block) & _NOT_LATIN
        if marks & _NOT_WINDOWS:
            return False
        found, block = found or bool(marks), stream.read(1 << 20)
    return found


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """The file as text, line ends as they are."""
    return path.open(encoding=encoding, newline="")


def _first_lines(path: Path, encoding: str) -> list[str]:
    try:
        with open_text(path, encoding) as stream:
            text = stream.read(SAMPLE)
            # The line that was cut, and a few more, as one line may be longer than the sample.
            text += "".join(stream.readline(MOST_LINE) for _ in range(4))
    except (UnicodeError, LookupError) as error:
        raise FileError(
            sentence(
                "{path} is not text in {encoding}: {error}. Choose another encoding.",
                path=path.name,
                encoding=encoding,
                error=str(error)[:120],
            )
        ) from error
    lines = list(io.StringIO(text, newline=""))
    if not lines:
        raise DataError(sentence("{path} holds no text. Choose another file.", path=path.name))
    return lines


def _parse(lines: list[str], delimiter: str, quote: str) -> list[list[str]]:
    """The rows of the sample, as far as they can be parsed."""
    rows: list[list[str]] = []
    try:
        for cells in parser(lines, delimiter, quote):
            rows.append(cells)
    except csv.Error:
        # An unclosed quote: what came before it is enough to guess from.
        return rows or [line.split(delimiter) for line in lines]
    return rows


def parser(lines: Iterable[str], delimiter: str, quote: str) -> Iterator[list[str]]:
    """The strict reader of the standard library. Raises DataError for marks that cannot work."""
    if len(delimiter) != 1 or delimiter in "\r\n\0" or delimiter == quote or len(quote) > 1 or (quote and quote in "\r\n\0 "):
        raise DataError(
            sentence(
                "Delimiter and quote must be two different single characters; {delimiter} and {quote} were given.",
                delimiter=f"{delimiter!r}",
                quote=f"{quote!r}",
            )
        )
    if delimiter == " ":
        # A blank at the end of a line would be one more empty cell.
        lines = map(str.rstrip, lines)
    if not quote:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, skipinitialspace=True, strict=True)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote, skipinitialspace=True, strict=True)


def _find_delimiter(lines: list[str], quote: str) -> str:
    """The delimiter that gives most rows the same number of clean cells; a comma when nothing splits the lines."""
    best, best_score = ",", 0.0
    for mark in (",", ";", "\t", "|"):
        rows = [cells for cells in _parse(lines, mark, quote) if cells][:200]
        if not rows:
            continue
        width, agreeing = Counter(map(len, rows)).most_common(1)[0]
        if width < 2:
            continue
        others = {",", ";", "\t", "|"} - {mark}
        cells = [cell.strip() for row in rows for cell in row]
        clean = sum(_NUMBER.fullmatch(cell) is not None or not others & set(cell) for cell in cells)
        score = agreeing / len(rows) * clean / len(cells)
        if score > best_score:
            best, best_score = mark, score
    if best_score:
        return best
    widths = Counter(len(line.split()) for line in lines if line.strip())
    width, agreeing = widths.most_common(1)[0] if widths else (0, 0)
    return " " if width > 1 and agreeing >= 0.9 * widths.total() else ","


def _find_decimal(rows: list[list[str]], delimiter: str) -> tuple[str, list[str]]:
    cells = [cell.strip() for row in rows for cell in row]
    points = sum(_POINT.fullmatch(cell) is not None for cell in cells)
    commas = [cell for cell in cells if _COMMA.fullmatch(cell)]
    if points >= len(commas) or not commas:
        return ".", []
    if all(_GROUPED.fullmatch(cell) for cell in commas):
        if delimiter == ",":
            return ".", [
                sentence(
                    "Cells such as {commas} may hold a mark for thousands. If so, choose it; if it is a decimal comma, choose that.",
                    commas=commas[0],
                )
            ]
        return ",", [
            sentence(
                "The comma in cells such as {commas} was read as a decimal mark. If it groups thousands, choose that.",
                commas=commas[0],
            )
        ]
    return ",", [sentence("The decimal mark is a comma.")]


def _find_header(rows: list[list[str]], missing: tuple[str, ...]) -> tuple[bool, list[str]]:
    first, rest = rows[0], rows[1:]
    numbers = any(_NUMBER.fullmatch(cell.strip()) for cell in first)
    for place, cell in enumerate(first):
        column = [row[place].strip() for row in rest if len(row) > place and row[place].strip() not in missing]
        share = sum(_NUMBER.fullmatch(value) is not None for value in column) / max(1, len(column))
        if column and cell.strip() and not _NUMBER.fullmatch(cell.strip()) and cell.strip() not in missing and share >= 0.8:
            return True, []
    if numbers:
        return False, [
            sentence("The first row was read as data, because it holds numbers. If it names the columns, choose that.")
        ]
    distinct = len(set(first)) == len(first) and all(cell.strip() for cell in first)
    repeated = any(row[place] == cell for place, cell in enumerate(first) for row in rest if len(row) > place)
    if distinct and not repeated:
        return True, [sentence("The first row was read as the names of the columns. If it is data, choose that.")]
    return False, [sentence("The first row was read as data. If it names the columns, choose that.")]


def _names(rows: list[list[str]], header: bool) -> tuple[tuple[str, ...], list[str]]:
    """One name for each column; empty and repeated ones are made distinct, and told."""
    if not header:
        width = Counter(map(len, rows)).most_common(1)[0][0]
        return tuple(sentence("column {place}", place=place + 1) for place in range(width)), []
    names: list[str] = []
    notes = []
    for place, cell in enumerate(rows[0]):
        name = "".join(c if c.isprintable() else " " for c in cell).strip()[:200]
        if not name:
            name = sentence("column {place}", place=place + 1)
            notes.append(sentence("Column {place} has no name; it is called {name} here.", place=place + 1, name=f"{name!r}"))
        if name in names:
            number = 2
            while f"{name} ({number})" in names:
                number += 1
            notes.append(
                sentence(
                    "Two columns are called {name}; column {place} is called {value} here.",
                    name=f"{name!r}",
                    place=place + 1,
                    value=f"{f'{name} ({number})'!r}",
                )
            )
            name = f"{name} ({number})"
        names.append(name)
    if len(notes) > 5:
        notes = [*notes[:5], sentence("{notes_count} more columns were renamed in the same way.", notes_count=len(notes) - 5)]
    return tuple(names), notes
