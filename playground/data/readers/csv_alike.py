"""Words of a column that spaces or the way of writing part or join: what was trimmed, and what is probably the same."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterable

import numpy as np

from playground.words import counted_sentence, joined, sentence

#: A column with more words than this can be neither classes nor inputs.
MOST_COMPARED = 10_000
_SHOWN = 3


@dataclasses.dataclass
class Trimmed:
    """Words that stand with spaces around them. lines: of the first ones.  raw, word: the first as it stands, and as it is read."""

    count: int = 0
    lines: list[int] = dataclasses.field(default_factory=list)
    raw: str = ""
    word: str = ""

    def add(self, lines: list[int], cells: list[str], words: list[str]) -> None:
        """The next piece of a column: its cells, and what is read of them."""
        for line, raw, word in zip(lines, cells, words, strict=True):
            if word and len(raw) != len(word):
                if not self.count:
                    self.raw, self.word = raw, word
                self.count += 1
                if len(self.lines) < _SHOWN:
                    self.lines.append(line)


def trimming_notes(columns: Iterable[tuple[str, Trimmed, int]]) -> list[str]:
    """What is told of trimmed words. columns: name, what was trimmed, how many words there are.

    A column whose words all stand with spaces is written so, and none of its words was joined with another by the trimming.
    """
    some, all_of_them = [], []
    for name, trimmed, words in columns:
        if trimmed.count == words and words:
            all_of_them.append(repr(name))
        elif trimmed.count:
            some.append(_trimming(name, trimmed))
    if all_of_them:
        more = sentence(" and {count} more", count=len(all_of_them) - 5) if len(all_of_them) > 5 else ""
        shown = joined((joined(all_of_them[:5]), more), "")
        some.append(sentence("Every word stands with spaces around it, and is read without them: column {shown}.", shown=shown))
    return some


def _trimming(name: str, trimmed: Trimmed) -> str:
    more = sentence(" and {count} more", count=f"{trimmed.count - _SHOWN:,}") if trimmed.count > _SHOWN else ""
    told = counted_sentence(
        trimmed.count,
        "Column {name}: {n} word stands with spaces around it, in line {lines}.",
        "Column {name}: {n} words stand with spaces around them, in lines {lines}.",
        name=f"{name!r}",
        lines=joined((", ".join(map(str, trimmed.lines)), more), ""),
    )
    return sentence(
        "{told} Spaces around a word are no part of it, in quotes neither, so {raw} is read as {word}. "
        "If they tell words apart, put a letter in their place.",
        told=told,
        raw=f"{trimmed.raw[:40]!r}",
        word=f"{trimmed.word[:40]!r}",
    )


def alike_notes(name: str, words: tuple[str, ...], codes: np.ndarray) -> tuple[str, ...]:
    """What is told of words that differ only in case, in spaces or in their normal form. Shapes: codes (n,), -1 where there is none."""
    if len(words) > MOST_COMPARED:
        return ()
    groups: dict[str, list[int]] = {}
    for code, word in enumerate(words):
        groups.setdefault(_likeness(word), []).append(code)
    alike = [group for group in groups.values() if len(group) > 1]
    if not alike:
        return ()
    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    alike.sort(key=lambda group: -int(counts[group].sum()))
    shown = "; ".join(_listed(words, counts, group) for group in alike[:_SHOWN])
    more = sentence(" and {count} more", count=f"{len(alike) - _SHOWN:,}") if len(alike) > _SHOWN else ""
    return (
        sentence(
            "Column {name} holds words that differ only in case, spaces or the form of a letter and are probably the same: "
            "{groups}. They are kept apart; where they are the same, write them alike in the file.",
            name=f"{name!r}",
            groups=joined((shown, more), ""),
        ),
    )


def _likeness(word: str) -> str:
    """What words have in common that a person takes for the same."""
    if not word.isascii():
        word = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
        word = "".join(letter for letter in word if unicodedata.category(letter) != "Cf")
    return " ".join(word.lower().split())


def _listed(words: tuple[str, ...], counts: np.ndarray, group: list[int]) -> str:
    """Each word with how often it occurs; by the codes of its letters where it looks as another one does."""
    forms = {unicodedata.normalize("NFC", words[code]) for code in group}
    show = repr if len(forms) == len(group) else ascii
    listed = [f"{show(words[code][:40])} ({counts[code]:,})" for code in group[:4]]
    return ", ".join([*listed, *(["…"] if len(group) > 4 else [])])
