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

#: File -> why it may import one of the modules or call one of the builtins above.
ALLOWED = {
    "playground/training/process.py": {"socket"},  # a pair without an address joins window and worker
    "playground/training/channel.py": {"socket"},
    "playground/training/worker.py": {"socket"},
    "playground/engine/jit/compile.py": {"marshal"},  # hashes bytecode for the cache's key, loads none
    "playground/engine/operands.py": {"exec"},  # a kernel's own source, rewritten
}
#: What would give a socket an address or look for one.
ADDRESSES = {"bind", "listen", "connect", "connect_ex", "create_server", "create_connection", "getaddrinfo", "accept"}
LOADERS = {"load", "loads"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_pickle_no_network_no_eval(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    allowed = ALLOWED.get(path.relative_to(ROOT).as_posix(), set())
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    found = (set(imported(tree)) & (EXECUTE | CONNECT)) | (calls & FORBIDDEN_CALLS)
    assert found <= allowed


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_is_used_for_nothing_else(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    methods = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    if "socket" in ALLOWED[name]:
        assert not {method.attr for method in methods} & ADDRESSES
    if "marshal" in ALLOWED[name]:
        assert not [m for m in methods if isinstance(m.value, ast.Name) and m.value.id == "marshal" and m.attr in LOADERS]


def test_no_swallowed_exceptions() -> None:
    """`except Exception: pass` hides what a person should have been told; naming what is expected is another matter."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass):
                broad = node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
                found += [f"{path.relative_to(ROOT)}:{node.lineno}"] if broad else []
    assert not found


def test_fixed_waits_are_not_used() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__).resolve()]
    assert not [path.name for path in tests if re.search(r"qtbot\.wait\(", path.read_text(encoding="utf-8"))]


def test_no_drawer_for_odds_and_ends() -> None:
    names = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert not [path for path in SOURCES if path.stem in names or path.parent.name in names]
