"""Every English text that the program may say: those that the code names, and those of records, which are said where they are shown."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from playground.core import registry
from playground.core.fields import Choice, Field, fields_of
from playground.document.options import NODE_OPTIONS
from playground.words import has_words

PRODUCT = Path(__file__).resolve().parents[2] / "playground"
_SAY = {"say", "sentence"}
_COUNT = {"counted", "counted_sentence"}
_KINDS = ("dataset", "layer", "loss", "optimizer", "schedule", "initializer", "metric", "penalty")


def named() -> dict[str, str]:
    """Texts in calls of `say` and its like -> the first place that says each."""
    found: dict[str, str] = {}
    for path in sorted(PRODUCT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for text in _of_call(node):
                    found.setdefault(text, f"{path.relative_to(PRODUCT)}:{node.lineno}")
    return {text: place for text, place in found.items() if has_words(text)}


def _of_call(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in _SAY and call.args:
        yield from _literals(call.args[0])
    if name in _COUNT and len(call.args) > 2:
        yield from (text if "{n}" in text else f"{{n}} {text}" for arg in call.args[1:3] for text in _literals(arg))


def _literals(node: ast.expr) -> Iterator[str]:
    """What an argument may be, as far as it stands there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_literals(node.body), *_literals(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _literals(value)


def records() -> dict[str, str]:
    """Texts of the catalogue, of the plans and of the options of nodes -> whose they are."""
    found: dict[str, str] = {}

    def add(place: str, *texts: object) -> None:
        for text in texts:
            if isinstance(text, str) and has_words(text):
                found.setdefault(text, place)

    for kind in _KINDS:
        for record in registry.entries(kind):
            add(f"{kind} {record.id}", record.title, record.summary(), record.tail, record.group, getattr(record, "unit", ""))
            add(f"{kind} {record.id}", *page(record))
            _fields(f"{kind} {record.id}", fields_of(record()).items(), add)
    _fields("option of a node", NODE_OPTIONS.items(), add)
    return found


def page(record: Any) -> list[str]:
    """The paragraphs of a record's reference page behind its first line."""
    from playground.core.reference import paragraphs

    return paragraphs(record)


def _fields(place: str, fields: Iterable[tuple[str, Field]], add: Any) -> None:
    for name, field in fields:
        add(f"{place}.{name}", str(field.title(name)), field.help, field.unit, getattr(field, "off", ""))
        if isinstance(field, Choice):
            for word, meaning in field.options.items():
                add(f"{place}.{name}", shown_choice(word), meaning)


def shown_choice(word: str) -> str:
    """A choice as the form shows it."""
    return word.replace("_", " ").capitalize() if word.islower() else word
