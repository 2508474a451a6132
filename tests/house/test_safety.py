"""No network, no code from files, no names of machines: what a grep can promise, a grep checks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "playground").rglob("*.py"))
EXECUTE = {"pickle", "marshal", "shelve", "joblib", "dill", "cloudpickle"}
CONNECT = {"socket", "http", "urllib", "ftplib", "smtplib", "requests"}
FORBIDDEN_CALLS = {"eval", "exec"}

#: File -> why it may call one of the forbidden builtins on text that the program itself wrote.
GENERATES_CODE: dict[str, str] = {}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_pickle_no_network_no_eval(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not set(imported(tree)) & (EXECUTE | CONNECT)
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    if path.relative_to(ROOT).as_posix() not in GENERATES_CODE:
        assert not calls & FORBIDDEN_CALLS


def test_no_swallowed_exceptions() -> None:
    """`except: pass` hides what a person should have been told; contextlib.suppress names what is expected."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not found


def test_fixed_waits_are_not_used() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__).resolve()]
    assert not [path.name for path in tests if re.search(r"qtbot\.wait\(", path.read_text(encoding="utf-8"))]


def test_no_drawer_for_odds_and_ends() -> None:
    names = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert not [path for path in SOURCES if path.stem in names or path.parent.name in names]
