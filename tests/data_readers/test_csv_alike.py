"""Words that trimming joins, and words that look alike and stay apart: both are told, with their counts, and no word is changed."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from pathlib import Path

import pytest

from playground.data.readers.csv_table import Table, preview, read
from playground.data.readers.csv_text import Options
from playground.data.table_samples import Wish, samples_of

TRIMMED, ALIKE = "stand", "probably the same"


def table(folder: Path, text: str, **options: object) -> Table:
    path = folder / "t.csv"
    path.write_bytes(text.encode())
    return read(path, Options(**options))


def told(found: Table, about: str) -> list[str]:
    return [note for note in found.notes if about in note]


def read_words(found: Table, name: str = "kind") -> list[str]:
    column = found.column(name)
    return [column.words[code] if code >= 0 else "" for code in column.values]


def test_spaces_around_words_are_counted_and_told(tmp_path: Path) -> None:
    found = table(tmp_path, 'x,kind\n1,cat\n2, cat\n3,"  cat"\n4,dog\n5,dog\u00a0\n6, "dog"\n7,dog \n')
    assert found.column("kind").words == ("cat", "dog")
    assert told(found, TRIMMED) == [
        "Column 'kind': 4 words stand with spaces around them, in lines 3, 4, 6 and 1 more. Spaces around a word are no part of it, in "
        "quotes neither, so ' cat' is read as 'cat'. If they tell words apart, put a letter in their place."
    ]
    assert set(told(found, TRIMMED)) <= set(samples_of(found, Wish(target="kind")).notes)
    assert set(told(found, TRIMMED)) <= set(preview(tmp_path / "t.csv").notes)


def test_one_word_with_spaces_is_told_as_one(tmp_path: Path) -> None:
    (note,) = told(table(tmp_path, "x,kind\n1,cat\n2, cat\n3,dog\n"), TRIMMED)
    assert note.startswith("Column 'kind': 1 word stands with spaces around it, in line 3.")


def test_a_space_behind_every_delimiter_is_told_once(tmp_path: Path) -> None:
    found = table(tmp_path, "x, " + ", ".join("abcdefg") + "\n" + "".join(f"{i}" + ", u" * 7 + "\n" for i in range(3)))
    assert told(found, TRIMMED) == [
        "Every word stands with spaces around it, and is read without them: column 'a', 'b', 'c', 'd', 'e' and 2 more."
    ]
    assert found.column("x").values.tolist() == [0, 1, 2]


def test_spaces_before_numbers_are_no_words(tmp_path: Path) -> None:
    found = table(tmp_path, "x,y,kind\n 1, 2,a\n3,4,b\n5 , 6 ,a\n")
    assert found.column("x").values.tolist() == [1, 3, 5]
    assert found.column("y").values.tolist() == [2, 4, 6]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        (["Cat", "cat", "cat", "dog"], "'cat' (2), 'Cat' (1)"),
        (["ice cream", "ice\u00a0cream", "ice  cream"], r"'ice cream' (1), 'ice\xa0cream' (1), 'ice  cream' (1)"),
        (["caf\u00e9", "cafe\u0301", "tea"], r"'caf\xe9' (1), 'cafe\u0301' (1)"),
        (["STRASSE", "straße"], "'STRASSE' (1), 'straße' (1)"),
        (["ab", "a\u200bb"], r"'ab' (1), 'a\u200bb' (1)"),
        (["\uff21\uff22", "ab"], "'\uff21\uff22' (1), 'ab' (1)"),
    ],
)
def test_words_that_look_alike_are_told_and_kept(tmp_path: Path, words: list[str], groups: str) -> None:
    found = table(tmp_path, "x,kind\n" + "".join(f"{i},{word}\n" for i, word in enumerate(words)), header="yes")
    assert read_words(found) == words
    (note,) = told(found, ALIKE)
    assert set(groups.split(", ")) == set(
        note.split(": ")[1]
        .removesuffix(". They are kept apart; where they are the same, write them alike in the file.")
        .split(", ")
    )
    samples = samples_of(found, Wish(target="kind"))
    assert sorted(samples.class_names) == sorted(set(words))
    assert note in samples.notes


def test_words_that_differ_are_not_told(tmp_path: Path) -> None:
    found = table(tmp_path, "x,kind\n1,cat\n2,cart\n3,ca-t\n4,c a t\n5,kat\n")
    assert found.notes == ()


def test_many_alike_words_are_counted(tmp_path: Path) -> None:
    rows = [f"{word}{mark}" for mark in ("a", "b", "c", "d", "e") for word in ("X", "x")]
    (note,) = told(table(tmp_path, "x,kind\n" + "".join(f"{i},{word}\n" for i, word in enumerate(rows))), ALIKE)
    assert "'Xa' (1), 'xa' (1); 'Xb' (1), 'xb' (1); 'Xc' (1), 'xc' (1) and 2 more. They" in note


def test_notes_beyond_ten_are_counted(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(14)]
    found = table(tmp_path, ",".join(("x", *names)) + "\n1" + ",cat" * 14 + "\n2" + ",Cat" * 14 + "\n")
    assert len(told(found, ALIKE)) == 10
    assert found.notes[-1] == "4 more notes on columns are not shown."


DIALECTS = {
    "excel": {"dialect": "excel"},
    "excel-tab": {"dialect": "excel-tab"},
    "unix": {"dialect": "unix"},
    "semicolons": {"dialect": "excel", "delimiter": ";"},
    "everything in quotes": {"dialect": "excel", "quoting": csv.QUOTE_ALL},
    "words in quotes": {"dialect": "excel", "quoting": csv.QUOTE_NONNUMERIC},
    "pandas": {"dialect": "excel", "lineterminator": "\n"},  # what DataFrame.to_csv hands to the same writer
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("seed", range(8))
def test_every_dialect_gives_the_same_words_and_counts(tmp_path: Path, dialect: str, seed: int) -> None:
    """The writer is that of the standard library; what was given to it is the oracle."""
    rng = random.Random(seed)
    stems = ["cat", "Cat", 'c"at', "c;a,t", "c\u00a0at", "c at", "two\nlines", "d\tog"]
    spaces = ["", "", "", " ", "  ", "\u00a0"]
    words = [rng.choice(spaces) + rng.choice(stems) + rng.choice(spaces) for _ in range(200)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, **DIALECTS[dialect])  # type: ignore[arg-type]
    writer.writerow(["x", "kind", "y"])
    writer.writerows([i / 2, word, i] for i, word in enumerate(words))
    mark = csv.get_dialect(str(DIALECTS[dialect]["dialect"])).delimiter
    found = table(tmp_path, text.getvalue(), delimiter=str(DIALECTS[dialect].get("delimiter", mark)))
    assert found.bad == ()
    assert read_words(found) == [word.strip() for word in words]
    trimmed = [word for word in words if word != word.strip()]
    assert found.column("kind").trimmed.count == len(trimmed)
    assert found.column("kind").trimmed.raw == trimmed[0]
    (note,) = told(found, ALIKE)
    counts = Counter(map(str.strip, words))
    for word in ("cat", "Cat"):
        assert f"{word!r} ({counts[word]:,})" in note
