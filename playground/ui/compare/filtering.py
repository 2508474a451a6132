"""What a filter of the table of runs means: words that stand anywhere in a row, and clauses such as "rate < 0.02"."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence

from playground.ui.compare.columns import Column, Value
from playground.ui.compare.lines import Line, alone
from playground.words import say

_OPERATORS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "=": operator.eq, "!=": operator.ne}
_CLAUSE = re.compile(r"\s*(?P<name>[^<>=!]+?)\s*(?P<op><=|>=|!=|<|>|=)\s*(?P<value>\S+)\s*(?P<unit>%?)\s*")


def fits(line: Line, columns: Sequence[Column], wanted: str) -> bool:
    """Whether a row fits a filter: its parts, with commas between, must all hold.

    What has a mean over seeds is judged by it: a setting is not better for its luckiest seed. Anything else holds where it does for any of
    a group's runs.
    """
    return all(_fits(line, columns, part) for part in wanted.split(",") if part.strip())


def unknown_names(columns: Sequence[Column], wanted: str) -> list[str]:
    """Names of clauses that no column has."""
    clauses = [clause for part in wanted.split(",") if (clause := _CLAUSE.fullmatch(part)) is not None]
    return [clause["name"] for clause in clauses if _column(columns, clause["name"]) is None]


def _column(columns: Sequence[Column], name: str) -> Column | None:
    name = name.casefold()
    return next(
        (one for one in columns if name in (one.key.casefold(), say(one.title).casefold(), say(one.head).casefold())), None
    )


def _fits(line: Line, columns: Sequence[Column], part: str) -> bool:
    clause = _CLAUSE.fullmatch(part)
    if clause is not None:
        column = _column(columns, clause["name"])
        if column is None:
            return False
        values = [column.of(line)] if column.mean else [column.of(line), *(column.value(run) for run in line.runs)]
        return any(_compared(value, clause["op"], clause["value"], clause["unit"], column.share) for value in values)
    words = part.casefold().split()
    return any(_has(one, columns, words) for one in ([line, *map(alone, line.runs)] if line.grouped else [line]))


def _has(line: Line, columns: Sequence[Column], words: Sequence[str]) -> bool:
    row = " ".join([*(column.words(line) for column in columns), *(("★",) if line.run.star else ())]).casefold()
    return all(word in row for word in words)


def _compared(value: Value, op: str, limit: str, unit: str, share: bool) -> bool:
    if isinstance(value, str):
        return _OPERATORS[op](value.casefold(), limit.casefold()) if op in ("=", "!=") else False
    try:
        number = float(limit.removesuffix("%"))
    except ValueError:
        return False
    if unit or limit.endswith("%") or (share and number > 1):  # accuracy > 90 can only mean per cent
        number /= 100
    return value is not None and bool(_OPERATORS[op](value, number))
