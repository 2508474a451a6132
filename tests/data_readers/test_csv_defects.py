"""Defects that a common reader of tables takes without a word: every one is reported, with its line, and nothing is changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from playground.data.readers.csv_table import Table, preview, read
from playground.data.readers.csv_text import Options
from playground.data.table_samples import Wish, samples_of
from playground.errors import DataError

GOOD = "length,width,kind\n1.5,2,a\n2.5,3,b\n3.5,4,a\n4.5,5,b\n"


def table(folder: Path, text: str | bytes, **options: object) -> Table:
    path = folder / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, Options(**options))


def numbers(found: Table, name: str) -> list[float]:
    return found.column(name).values.tolist()


def bad_lines(found: Table) -> list[int]:
    return [row.line for row in found.bad]


def refusal(found: Table, **wish: object) -> str:
    with pytest.raises(DataError) as refused:
        samples_of(found, Wish(**wish))
    text = str(refused.value)
    assert len(text) <= 400
    return text


def test_a_good_table_has_nothing_to_report(tmp_path: Path) -> None:
    found = table(tmp_path, GOOD)
    assert found.bad == ()
    assert found.notes == ()
    assert found.lines.tolist() == [2, 3, 4, 5]
    assert numbers(found, "length") == [1.5, 2.5, 3.5, 4.5]
    assert [found.column("kind").words[c] for c in found.column("kind").values] == ["a", "b", "a", "b"]


def test_1_a_short_row_is_not_filled_up(tmp_path: Path) -> None:
    found = table(tmp_path, GOOD + "5.5,6\n")
    assert bad_lines(found) == [6]
    assert found.bad[0].reason == "2 cells, 3 were expected"
    assert "line 6: 2 cells, 3 were expected" in refusal(found)
    assert samples_of(found, Wish(defects="leave_out")).count == 4


def test_2_a_column_too_many_everywhere_shifts_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="header names 3 columns, but all 2 rows have 4 cells"):
        table(tmp_path, "length,width,kind\n1,2,3,a\n4,5,6,b\n")


def test_numbers_with_a_word_for_gaps_are_told(tmp_path: Path) -> None:
    rows = "".join(f"{i},{'n/v' if i % 5 == 0 else i % 7},{'xy'[i % 2]}\n" for i in range(100))
    samples = samples_of(table(tmp_path, "a,b,kind\n" + rows), Wish(target="kind"))
    assert any("'b' holds 80 numbers and words such as 'n/v'" in note for note in samples.notes)
    many = "".join(f"{i},{'k.A.' if i % 5 == 0 else i},{'xy'[i % 2]}\n" for i in range(100))
    with pytest.raises(DataError, match=r"80 numbers and words such as 'k\.A\.'"):
        samples_of(table(tmp_path, "a,b,kind\n" + many), Wish(target="kind", use=("b",)))
    sizes = "".join(f"{i},{['xs', 's', 'm', 'l', 'xl', '38'][i % 6]},{'xy'[i % 2]}\n" for i in range(60))
    assert not samples_of(table(tmp_path, "a,b,kind\n" + sizes), Wish(target="kind")).notes


def test_3_class_names_that_look_missing_stay_names(tmp_path: Path) -> None:
    names = ["NA", "None", "null", "NaN"]
    rows = "".join(f"{i},{names[i % 4]}\n" for i in range(40))
    samples = samples_of(table(tmp_path, "x,country\n" + rows), Wish(target="country"))
    assert set(samples.class_names) == set(names)
    assert samples.count == 40
    assert any("counts as a word" in note for note in samples.notes)


def test_4_without_a_header_the_first_row_is_kept(tmp_path: Path) -> None:
    found = table(tmp_path, "1.5,2,7\n2.5,3,8\n3.5,4,9\n")
    assert numbers(found, "column 1") == [1.5, 2.5, 3.5]
    assert any("first row was read as data" in note for note in found.notes)


@pytest.mark.parametrize("cell", ["1e400", "-1e400", "1e39"])
def test_5_a_number_too_large_is_no_infinity(tmp_path: Path, cell: str) -> None:
    found = table(tmp_path, GOOD.replace("3.5", cell) + "".join(f"{i},1,a\n" for i in range(40)))
    fault = found.column("length").faults[0]
    assert (fault.line, fault.text) == (4, cell)
    assert "larger than" in fault.reason
    assert f"line 4: column 'length': '{cell}' is larger than" in refusal(found)


def test_6_thousands_are_not_taken_for_words_unnoticed(tmp_path: Path) -> None:
    text = 'price,kind\n"1,234",a\n"2,500",b\n"3,000",a\n"4,100",b\n'
    found = table(tmp_path, text)
    assert any("thousands" in note for note in found.notes)
    marked = table(tmp_path, text, thousands=",", decimal=".")
    assert numbers(marked, "price") == [1234, 2500, 3000, 4100]


def test_7_semicolons_are_seen(tmp_path: Path) -> None:
    found = table(tmp_path, GOOD.replace(",", ";"))
    assert found.form.delimiter == ";"
    assert numbers(found, "length") == [1.5, 2.5, 3.5, 4.5]


def test_8_a_nul_in_a_cell_is_reported(tmp_path: Path) -> None:
    found = table(tmp_path, GOOD + "1,2,a\0b\n")
    assert [(row.line, row.reason) for row in found.bad] == [(6, "a NUL character")]


def test_9_a_row_too_long_is_reported(tmp_path: Path) -> None:
    found = table(tmp_path, GOOD + "1,2,a,9\n7,8,b\n")
    assert [(row.line, row.reason) for row in found.bad] == [(6, "4 cells, 3 were expected")]
    assert found.lines[-1] == 7


def test_10_an_open_quote_costs_its_own_row_only(tmp_path: Path) -> None:
    found = table(tmp_path, GOOD + '6,7,"a\n7,8,b\n8,9,a\n')
    assert [(row.line, row.reason) for row in found.bad] == [(6, "a quote that is never closed")]
    assert found.lines.tolist() == [2, 3, 4, 5, 7, 8]


def test_11_text_after_a_quote_is_reported(tmp_path: Path) -> None:
    found = table(tmp_path, GOOD + '6,7,"a"b\n')
    assert [(row.line, row.reason) for row in found.bad] == [(6, "text after a closing quote")]


def test_12_latin_1_is_read_and_told(tmp_path: Path) -> None:
    found = table(tmp_path, "x,Preis (€)\n1,grün\n2,weiß\n".encode("cp1252"))
    assert (found.columns[1].name, "Windows-1252" in found.notes[0]) == ("Preis (€)", True)
    found = table(tmp_path, "x,wort\n1,grün\n2,weiß\n3,grün\n4,weiß\n".encode("latin-1"))
    assert set(found.column("wort").words) == {"grün", "weiß"}
    assert any("Line 2 is not UTF-8" in note for note in found.notes)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_13_wide_encodings_and_marks_are_read(tmp_path: Path, encoding: str) -> None:
    found = table(tmp_path, GOOD.encode(encoding))
    assert [column.name for column in found.columns] == ["length", "width", "kind"]
    assert numbers(found, "width") == [2, 3, 4, 5]


def test_14_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    found = table(tmp_path, "a,a,,kind\n1,2,3,u\n4,5,6,v\n")
    assert [column.name for column in found.columns] == ["a", "a (2)", "column 3", "kind"]
    assert len(found.notes) == 2


def test_15_long_ids_are_not_rounded(tmp_path: Path) -> None:
    ids = [9007199254740993 + 2 * i for i in range(4)]
    found = table(tmp_path, "account,x,kind\n" + "".join(f"{n},{i},{'ab'[i % 2]}\n" for i, n in enumerate(ids)))
    assert found.column("account").words == tuple(map(str, ids))
    assert any("too long to be exact" in note for note in found.notes)


def test_a_decimal_comma_is_seen(tmp_path: Path) -> None:
    found = table(tmp_path, "x;kind\n1,5;a\n-2,25;b\n1.234,5;a\n", thousands=".")
    assert numbers(found, "x") == [1.5, -2.25, 1234.5]
    assert "The decimal mark is a comma." in found.notes


@pytest.mark.parametrize("cell", ["1_000", "inf", "-Infinity", "0x10", "١٢", "--1", "1e", "1,5x", "1 2"])
def test_what_python_calls_a_number_is_not_enough(tmp_path: Path, cell: str) -> None:
    rows = [f"{i}.5" for i in range(60)]
    rows[30] = f'"{cell}"'
    found = table(tmp_path, "x,kind\n" + "".join(f"{row},{'ab'[i % 2]}\n" for i, row in enumerate(rows)))
    assert [(fault.line, fault.text) for fault in found.column("x").faults] == [(32, cell)]
    assert np.isnan(found.column("x").values[30])


def test_missing_words_are_listed_by_row(tmp_path: Path) -> None:
    found = table(tmp_path, "age,kind\n1,a\n,b\n3,a\nNA,b\n?,a\n6,b\n")
    assert found.column("age").missing.tolist() == [False, True, False, True, True, False]
    text = refusal(found)
    assert "3 of 6 rows" in text
    assert "line 3: column 'age' holds no value" in text
    left = samples_of(found, Wish(defects="leave_out"))
    assert left.x[:, 0].tolist() == [1, 3, 6]
    assert any("3 of 6 rows were left out" in note for note in left.notes)


def test_blank_lines_are_counted(tmp_path: Path) -> None:
    found = table(tmp_path, GOOD + "\n\n6,7,a\n")
    assert found.bad == ()
    assert "2 blank lines were passed over, the first is line 6." in found.notes


def test_a_line_break_inside_quotes_is_one_cell_and_told(tmp_path: Path) -> None:
    found = table(tmp_path, 'x,y,words\n1,2,"a\nb"\n3,4,c\n')
    assert found.column("words").words == ("a\nb", "c")
    assert found.lines.tolist() == [2, 4]
    assert any("line break" in note for note in found.notes)


def test_words_late_in_a_column_of_numbers(tmp_path: Path) -> None:
    """Beyond the first piece: a few are faults, many make the column one of words, and no cell is lost either way."""
    rows = [f"{i},{i}" for i in range(9000)]
    few = table(tmp_path, "a,b\n" + "\n".join([*rows, "oops,1"]))
    assert [(fault.line, fault.text) for fault in few.column("a").faults] == [(9002, "oops")]
    many = table(tmp_path, "a,b\n" + "\n".join([*rows, *[f"w{i % 7},1" for i in range(2000)]]))
    column = many.column("a")
    assert column.kind == "text"
    assert [column.words[code] for code in column.values[[0, 8999, 9000]]] == ["0", "8999", "w0"]


def test_the_kind_of_a_column_can_be_told(tmp_path: Path) -> None:
    found = table(tmp_path, "a,b\n1,u\n2,v\n", types={"a": "text", "b": "number"})
    assert found.column("a").kind == "text"
    assert [fault.line for fault in found.column("b").faults] == [2, 3]


@pytest.mark.parametrize(
    ("mark", "line"), [("\t", "1.5\t2\ta"), ("|", "1.5|2|a"), (";", "1.5;2;a"), (" ", "1.5   2  a "), (",", "1.5, 2, a")]
)
def test_delimiters_are_found(tmp_path: Path, mark: str, line: str) -> None:
    found = table(tmp_path, "\n".join([line, line.replace("1.5", "2.5").replace("a", "b")] * 3))
    assert found.form.delimiter == mark
    assert numbers(found, "column 2") == [2] * 6
    assert found.column("column 3").words == ("a", "b")


def test_the_first_line_of_a_spreadsheet(tmp_path: Path) -> None:
    found = table(tmp_path, "sep=;\n" + GOOD.replace(",", ";"))
    assert found.lines.tolist() == [3, 4, 5, 6]
    assert numbers(found, "length") == [1.5, 2.5, 3.5, 4.5]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    found = table(tmp_path, GOOD.replace("\n", end))
    assert found.lines.tolist() == [2, 3, 4, 5]
    assert numbers(found, "width") == [2, 3, 4, 5]


def test_a_broken_header_does_not_eat_the_next_row(tmp_path: Path) -> None:
    found = table(tmp_path, '"a"x,b\n1,2\n3,4\n', header="yes")
    assert 1 in bad_lines(found)
    assert found.lines.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "empty"),
        ("\n\n\n", "no row"),
        ("a,b,c\n", "no row under them"),
        ("x" * 2_000_000, "longer than"),
        ('"' * 999, "never closed"),
    ],
)
def test_files_without_a_table_are_refused(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    with pytest.raises((DataError, OSError), match=told):
        samples_of(read(path), Wish())


def test_a_preview_tells_what_the_import_gives(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,age,species\n7,1.5,a\n8,,b\n9,2.5\n10,x,a\n" + "".join(f"{i},2.5,a\n" for i in range(11, 60)))
    seen = preview(path, rows=3)
    assert [(c.name, c.kind, c.role) for c in seen.columns] == [
        ("id", "number", "ignore"),
        ("age", "number", "input"),
        ("species", "text", "target"),
    ]
    assert [c.missing for c in seen.columns] == [0, 1, 0]
    assert [c.distinct for c in seen.columns][1:] == [2, 2]
    assert seen.rows[:2] == ((2, ("7", "1.5", "a")), (3, ("8", "", "b")))
    assert [(row.line, row.reason) for row in seen.bad] == [(4, "2 cells, 3 were expected"), (5, "column 'age': not a number")]
    assert seen.complete
    assert seen.count == 52


def test_every_row_ends_in_exactly_one_place(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(["1,2\n", "3\n", "\n", "4,5,6\n", '7,"8\n', "9,x\n"][i % 6] for i in range(60))
    found = table(tmp_path, text)
    blank = int(next(note for note in found.notes if "blank" in note).split()[0])
    assert len(found.lines) + len(found.bad) + blank == 60
    assert not set(found.lines.tolist()) & set(bad_lines(found))
