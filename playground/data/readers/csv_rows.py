"""The rows of a text table, each with its line number; rows that do not fit are handed out as bad, never mended or passed over."""

from __future__ import annotations

import csv
import dataclasses
from collections import deque
from collections.abc import Iterator
from typing import TextIO

from playground.data.readers.csv_text import MOST_LINE, Form, parser
from playground.errors import DataError
from playground.words import sentence

#: A quoted cell may run over so many lines; more means that its quote was never closed.
MOST_LINES_IN_ROW = 1_000
#: After so many broken quotes, the quote character is the wrong one, and trying each costs too much.
MOST_BROKEN_QUOTES = 200
MOST_BAD_ROWS = 100_000


@dataclasses.dataclass(frozen=True)
class BadRow:
    """A row that cannot be used. line: where it begins, counted from 1. text: its beginning, as it stands in the file."""

    line: int
    reason: str
    text: str


class _Lines(Iterator[str]):
    """Physical lines with a count; those of an unfinished row can be given back."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self.stream, self.name = stream, name
        self.number = 0
        self.taken: list[str] = []
        self._returned: deque[str] = deque()

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self.stream.readline(MOST_LINE + 1)
        if not line:
            raise StopIteration
        if len(line) > MOST_LINE:
            raise DataError(
                sentence(
                    "{name}, line {number} is longer than {most_line} characters. A table with shorter rows was expected.",
                    name=self.name,
                    number=self.number + 1,
                    most_line=f"{MOST_LINE:,}",
                )
            )
        self.number += 1
        self.taken.append(line)
        if len(self.taken) > MOST_LINES_IN_ROW:
            raise csv.Error("unexpected end of data")
        return line

    def give_back(self) -> None:
        """All lines of the row but its first."""
        self._returned.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1


class Rows:
    """Iterates over (line, cells) of the good rows of an open table; collects what else it met.

    bad: rows that do not fit, in order.  blank: line numbers of empty lines.  broken: cells with a line break inside.
    """

    def __init__(self, stream: TextIO, form: Form, name: str) -> None:
        self.bad: list[BadRow] = []
        self.blank: list[int] = []
        self.multiline: list[int] = []
        self._lines = _Lines(stream, name)
        self._form, self._name, self._width = form, name, len(form.names)
        self._broken_quotes = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        reader = parser(self._lines, self._form.delimiter, self._form.quote)
        header = self._form.header
        for _ in range(self._form.skip):
            next(self._lines, None)
        while True:
            self._lines.taken.clear()
            start = self._lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                header = False
                self._give_up(start, _reason(str(error)))
                continue
            except UnicodeError as error:
                place = sentence("{name}, near line {number}", name=self._name, number=self._lines.number + 1)
                raise DataError(
                    sentence(
                        "{place}: the text is not in {encoding}. Choose another encoding.",
                        place=place,
                        encoding=self._form.encoding,
                    )
                ) from error
            if self._is_blank(cells, start):
                continue
            if header:
                header = False
                continue
            fault = self._fault(cells)
            if fault:
                self._give_up(start, fault)
            else:
                if len(self._lines.taken) > 1:
                    self.multiline.append(start)
                yield start, self._as_written(cells)

    def _as_written(self, cells: list[str]) -> list[str]:
        """The cells with the spaces before them, which the parser drops to find the quotes behind them."""
        mark, quote, text = self._form.delimiter, self._form.quote, "".join(self._lines.taken)
        if mark == " " or not (text.startswith(" ") or f"{mark} " in text):
            return cells
        written, at = [], 0
        for cell in cells:
            begin = at
            while text.startswith(" ", at):
                at += 1
            if quote and text.startswith(quote, at):
                written.append(cell)  # spaces in front of a quote are outside of the cell
                at += 2 + cell.count(quote)
            else:
                written.append(text[begin:at] + cell)
            at += len(cell) + len(mark)
        return written

    def _is_blank(self, cells: list[str], line: int) -> bool:
        if not cells and self._width == 1:
            cells.append("")
        if self._width > 1 and (not cells or (len(cells) == 1 and not cells[0].strip())):
            self.blank.append(line)
            return True
        return False

    def _fault(self, cells: list[str]) -> str:
        if len(cells) != self._width:
            return sentence("{cells_count} cells, {width} were expected", cells_count=len(cells), width=self._width)
        if any("\0" in line for line in self._lines.taken):
            return sentence("a NUL character")
        return ""

    def _give_up(self, line: int, reason: str) -> None:
        text = self._lines.taken[0].rstrip("\r\n")[:200] if self._lines.taken else ""
        self.bad.append(BadRow(line, reason, text))
        if len(self.bad) > MOST_BAD_ROWS:
            raise DataError(
                sentence(
                    "{name} has more than {most_bad_rows} bad rows; the first is line {line}: {reason}. Check the delimiter.",
                    name=self._name,
                    most_bad_rows=f"{MOST_BAD_ROWS:,}",
                    line=self.bad[0].line,
                    reason=self.bad[0].reason,
                )
            )
        if len(self._lines.taken) > 1:
            self._broken_quotes += 1
            if self._broken_quotes > MOST_BROKEN_QUOTES:
                raise DataError(
                    sentence(
                        "{name} has more than {most_broken_quotes} rows with broken quotes; the first is line {line}. "
                        "Choose another quote, or none.",
                        name=self._name,
                        most_broken_quotes=MOST_BROKEN_QUOTES,
                        line=self.bad[0].line,
                    )
                )
            # The rows that an open quote swallowed are read again on their own.
            self._lines.give_back()


def _reason(error: str) -> str:
    if "expected after" in error:
        return sentence("text after a closing quote")
    if "field larger" in error:
        return sentence("a cell of more than {field_size_limit} characters", field_size_limit=f"{csv.field_size_limit():,}")
    if "end of data" in error:
        return sentence("a quote that is never closed")
    return error
