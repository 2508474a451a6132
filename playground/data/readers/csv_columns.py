"""One column of a text table: is it numbers or words, and what are they; cells that fit neither are remembered with their line."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np

from playground.data.readers.csv_alike import Trimmed, alike_notes
from playground.data.readers.csv_text import Form
from playground.words import sentence

#: A column with more words than this share is one of words; with fewer, the words are faults to be listed.
MOST_WORDS = 0.05
MOST_LISTED = 1_000
LARGEST = float(np.finfo(np.float32).max)
#: Above it, neighbouring whole numbers are the same float64: such cells are names, not quantities.
_LARGEST_EXACT = 2**53
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclasses.dataclass(frozen=True)
class Fault:
    """A cell that cannot be used where it stands."""

    line: int
    text: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of the good rows.

    kind: "number" or "text".  values: float64, NaN where there is no number (n,), or indices into words, -1 where the cell is empty.
    missing: which cells hold a missing word (n,) bool.  faults: cells of a number column that are none, at most 1,000 of fault_count.
    trimmed: the words of a text column that stand with spaces around them.
    """

    name: str
    kind: str
    values: np.ndarray
    missing: np.ndarray
    words: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    notes: tuple[str, ...] = ()
    trimmed: Trimmed = dataclasses.field(default_factory=Trimmed)

    @property
    def usable(self) -> np.ndarray:
        """Which cells hold a value. Shapes: (n,) bool."""
        return ~np.isnan(self.values) if self.kind == "number" else ~self.missing


class Gatherer:
    """Takes a column's cells piece by piece."""

    def __init__(self, name: str, form: Form, missing: tuple[str, ...], kind: str = "") -> None:
        self.name, self.kind, self._turned = name, kind, False
        self._decided = bool(kind)
        self._form, self._missing_words = form, frozenset(missing)
        self._values: list[np.ndarray] = []
        self._missing: list[np.ndarray] = []
        self._codes: dict[str, int] = {}
        self._trimmed = Trimmed()
        self._faults: list[Fault] = []
        self._fault_count = self._numbers = 0
        self._long_id = ""
        self._met: set[str] = set()

    def add(self, lines: list[int], cells: list[str]) -> None:
        """The next piece. The first one decides the kind, unless it was given."""
        if self._turned:
            return
        if self.kind == "text":
            self._add_words(lines, cells)
            return
        self._add_numbers(lines, cells)
        if self._decided and self.kind == "number":
            return
        if self._long_id or self._fault_count > MOST_WORDS * (self._fault_count + self._numbers):
            if len(self._values) == 1:
                self.kind = "text"
                self._values.clear()
                self._missing.clear()
                self._add_words(lines, cells)
            else:
                self._turned = True

    @property
    def turned(self) -> bool:
        """What came after the first piece shows that these are words, so the column must be gathered again as such."""
        # Two or more missing words and not one number: classes called NA and None, not gaps.
        return self._turned or (not self._decided and self.kind != "text" and not self._numbers and len(self._met - {""}) > 1)

    def done(self) -> Column:
        values = np.concatenate(self._values) if self._values else np.empty(0)
        missing = np.concatenate(self._missing) if self._missing else np.empty(0, bool)
        if self.kind != "text":
            return Column(self.name, "number", values, missing, (), tuple(self._faults), self._fault_count)
        words = tuple(self._codes)
        notes = [
            sentence(
                "Column {name} holds whole numbers too long to be exact, such as {long_id}; it is kept as words.",
                name=f"{self.name!r}",
                long_id=self._long_id,
            )
        ]
        odd = [word for word in words if word in self._missing_words]
        kept = sentence(
            "Column {name} holds words, so {map} in it counts as a word, not as missing.",
            name=f"{self.name!r}",
            map=", ".join(map(repr, odd[:4])),
        )
        alike = alike_notes(self.name, words, values)
        told = (*(notes if self._long_id else self._mixed(values)), *((kept,) if odd else ()), *alike)
        return Column(self.name, "text", values, missing, words, (), 0, told, self._trimmed)

    def _mixed(self, codes: np.ndarray) -> tuple[str, ...]:
        """What is told of words where most cells are numbers: a word for a gap would else make every number a word."""
        counts = np.bincount(codes[codes >= 0], minlength=len(self._codes))
        odd = [code for code, word in enumerate(self._codes) if not isinstance(self._number(word), float)]
        gaps = int(counts[odd].sum())
        if not odd or 2 * gaps > counts.sum():
            return ()
        words = tuple(self._codes)
        return (
            sentence(
                "Column {name} holds {numbers} numbers and words such as {words}, so all of them count as words. "
                "If these stand for a gap, add them to the missing words.",
                name=f"{self.name!r}",
                numbers=f"{int(counts.sum()) - gaps:,}",
                words=", ".join(repr(words[code]) for code in sorted(odd, key=lambda code: -counts[code])[:3]),
            ),
        )

    def _add_words(self, lines: list[int], cells: list[str]) -> None:
        codes = self._codes
        words = list(map(str.strip, cells))
        if words != cells:
            self._trimmed.add(lines, cells, words)
        found = np.fromiter((codes.setdefault(word, len(codes)) if word else -1 for word in words), np.int64, len(words))
        self._values.append(found)
        self._missing.append(found < 0)

    def _add_numbers(self, lines: list[int], cells: list[str]) -> None:
        plain = _plain_numbers(cells) if self._form.decimal == "." else None
        if plain is not None:
            self._numbers += len(cells)
            self._values.append(plain)
            self._missing.append(np.zeros(len(cells), bool))
            return
        values, missing = np.full(len(cells), np.nan), np.zeros(len(cells), bool)
        for place, cell in enumerate(cells):
            text = cell.strip()
            if text in self._missing_words:
                missing[place] = True
                self._met.add(text)
                continue
            number = self._number(text)
            if isinstance(number, float):
                values[place] = number
                self._numbers += 1
            elif number:
                self._fault_count += 1
                if len(self._faults) < MOST_LISTED:
                    self._faults.append(Fault(lines[place], text[:60], number))
        self._values.append(values)
        self._missing.append(missing)

    def _number(self, text: str) -> float | str:
        """The number of a cell, or why it is none."""
        plain = text
        if self._form.thousands:
            head, mark, tail = text.partition(self._form.decimal)
            groups = head.lstrip("+-").split(self._form.thousands)
            if len(groups) > 1 and len(groups[0]) in (1, 2, 3) and all(len(group) == 3 for group in groups[1:]):
                plain = head.replace(self._form.thousands, "") + mark + tail
        if self._form.decimal == ",":
            if "." in plain:
                return sentence("not a number with a decimal comma")
            plain = plain.replace(",", ".")
        if not _NUMBER.fullmatch(plain):
            return sentence("not a number")
        value = float(plain)
        if not math.isfinite(value) or abs(value) > LARGEST:
            return sentence("larger than {largest}, the largest number of the network", largest=f"{LARGEST:.3g}")
        if abs(value) > _LARGEST_EXACT and plain.lstrip("+-").isdigit():
            if self._decided and self.kind == "number":
                return value
            self._long_id = self._long_id or text[:40]
        return value


def _plain_numbers(cells: list[str]) -> np.ndarray | None:
    """All cells at once, when every one is an ordinary number; None when they need a closer look. Shapes: (n,) float64."""
    if "\n".join(cells).strip("0123456789+-.eE \n"):
        return None
    try:
        values = np.array(list(map(float, cells)))
    except ValueError:
        return None
    # Too large for a float32, or too long to be exact.
    return values if values.size and np.abs(values).max() <= _LARGEST_EXACT else None
