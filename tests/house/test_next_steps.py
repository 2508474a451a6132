"""Every refusal that a person can reach offers a next step: who tells a warning or an error also says what the button beside it does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

WINDOW = Path(__file__).resolve().parents[2] / "playground" / "ui"
#: Functions that tell and leave the button to another one, by file, with the one that offers it; or reports after which nothing is to do.
ELSEWHERE = {
    ("session_files.py", "open"): "documents.py open",
    ("session_files.py", "save"): "documents.py save and save_as",
    ("session_files.py", "_tell"): "documents.py _offer_saving",
    ("dialogs/import_data.py", "import_path"): "dialogs/import_data.py take",
    ("compare/choice.py", "_weights"): "compare/choice.py restore",
    ("revocable.py", "tell_revocably"): "who keeps it, each of whom is asked as if it told by itself",
    ("app.py", "main"): "what to install stands in the sentence",
}


def tellers() -> dict[tuple[str, str], bool]:
    """By file and function: whether a function that tells a warning, an error or what it was given also offers a button."""
    found: dict[tuple[str, str], bool] = {}
    for path in sorted(WINDOW.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
                if any(refuses(call) for call in calls):
                    offers = any(
                        ends(call.func) in ("offered.emit", "notices.offer") or "offer_a" in ends(call.func) for call in calls
                    )
                    found[path.relative_to(WINDOW).as_posix(), node.name] = offers
    return found


def refuses(call: ast.Call) -> bool:
    level = call.args[1] if tells(call.func) and len(call.args) > 1 else None
    return level is not None and not (isinstance(level, ast.Constant) and level.value == "info")


def tells(of: ast.expr) -> bool:
    """Whether it is what tells: the session, or a keeper of what may be taken back."""
    return ends(of) == "message.emit" or ends(of).endswith(".tell_revocably")


def ends(of: ast.expr) -> str:
    """The last two names of what is called."""
    return ".".join(ast.unparse(of).split(".")[-2:])


def test_every_refusal_offers_a_next_step() -> None:
    found = tellers()
    assert len(found) > 25
    assert sorted(key for key, offers in found.items() if not offers and key not in ELSEWHERE) == []


@pytest.mark.parametrize("key", ELSEWHERE)
def test_exceptions_are_still_needed(key: tuple[str, str]) -> None:
    assert tellers().get(key) is False
