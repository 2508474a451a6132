"""Files and functions stay small enough to read in one go; the exceptions are listed with their reasons."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 500
FUNCTION_LINES = 60

#: "path" or "path::function" -> why it may be longer.
EXCEPTIONS: dict[str, str] = {}


def sources() -> Iterator[Path]:
    yield from (ROOT / "playground").rglob("*.py")
    yield from (ROOT / "tests").rglob("*.py")


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """(name, lines without the docstring) of every function of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node, clean=False) is not None and first.end_lineno is not None:
                lines -= first.end_lineno - first.lineno + 1
            yield node.name, lines


def too_long() -> dict[str, int]:
    found = {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > FILE_LINES:
            found[name] = lines
        for function, length in functions(path):
            if length > FUNCTION_LINES:
                found[f"{name}::{function}"] = length
    return found


def test_no_file_or_function_is_too_long() -> None:
    found = {name: lines for name, lines in too_long().items() if name not in EXCEPTIONS}
    assert not found, f"Over {FILE_LINES} lines a file or {FUNCTION_LINES} a function: {found}"


def test_every_exception_is_still_needed() -> None:
    assert set(EXCEPTIONS) <= set(too_long())
