"""Every English text that the program may say: those that the code names, and those of records, which are said where they are shown.

`python -m tests.ui.keys` prints what still has no translation.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from playground.core import registry
from playground.core.fields import Choice, Field, fields_of
from playground.document.blocks import BlockUse
from playground.document.file import load
from playground.document.options import NODE_OPTIONS
from playground.document.plans import DataPlan, TrainingPlan
from playground.document.project import Project
from playground.paths import assets_dir
from playground.ui.inspector.editors import SPELT
from playground.words import MARKS, has_words, read

PRODUCT = Path(__file__).resolve().parents[2] / "playground"
_SAY = {"say", "sentence"}
_COUNT = {"counted", "counted_sentence"}
_MEANT = "meant"
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
    return {text: place for text, place in found.items() if has_words(text)} | dict.fromkeys(MARKS, "words.py")


def _of_call(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in _SAY and call.args:
        yield from _literals(call.args[0])
    if name == _MEANT and len(call.args) == 2:
        yield from (f"{text} ({sense})" for text in _literals(call.args[0]) for sense in _literals(call.args[1]))
    if name in _COUNT and len(call.args) > 2:
        both = [text for arg in call.args[1:3] for text in _literals(arg)]
        yield from both if any("{n}" in text for text in both) else (f"{{n}} {text}" for text in both)


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
                found.setdefault(getattr(text, "key", text), place)

    for kind in _KINDS:
        for record in registry.entries(kind):
            add(f"{kind} {record.id}", record.title, record.summary(), record.tail, record.group, getattr(record, "unit", ""))
            add(f"{kind} {record.id}", *page(record))
            _fields(f"{kind} {record.id}", fields_of(record()).items(), add)
    _fields("block", fields_of(BlockUse()).items(), add)
    _fields("option of a node", NODE_OPTIONS.items(), add)
    for plan in (TrainingPlan(), DataPlan()):
        _fields(type(plan).__name__, fields_of(plan).items(), add)
    return found


def page(record: Any) -> list[str]:
    """The paragraphs of a record's reference page behind its first line, and its formula if it has words."""
    from playground.ui.dialogs.reference import has_prose, paragraphs

    return [*paragraphs(record), *([record.formula] if has_prose(record.formula) else [])]


def _fields(place: str, fields: Iterable[tuple[str, Field]], add: Any) -> None:
    for name, field in fields:
        add(f"{place}.{name}", str(field.title(name)), field.help, field.unit)
        add(f"{place}.{name}", *(getattr(field, word, "") for word in ("off", "x_title", "y_title")))
        if isinstance(field, Choice):
            for word, meaning in field.options.items():
                add(f"{place}.{name}", shown_choice(word), meaning)


def shown_choice(word: str) -> str:
    """A choice as the form shows it."""
    return SPELT.get(word, word.replace("_", " ").capitalize())


def tables() -> dict[str, str]:
    """Texts of the window's own tables, of the examples and of the blocks that ship -> where they stand."""
    from playground.ui import layout_table, painting, pickers, shortcuts
    from playground.ui.actions import ACTIONS, MENUS
    from playground.ui.canvas import bar, empty, starters
    from playground.ui.dialogs import reference
    from playground.ui.discover import modules
    from playground.ui.inspector import asking, panel, tensors
    from playground.ui.panel import panels
    from playground.ui.panels import data_facts, loss, preflight, table_import, training
    from playground.ui.plots import finder

    found: dict[str, str] = {}

    def add(place: str, *texts: object) -> None:
        for text in texts:
            if isinstance(text, str) and has_words(text):
                found.setdefault(getattr(text, "key", text), place)

    add("actions", *MENUS, *(text for action in ACTIONS for text in (action.text, action.why)))
    add("shortcuts", *(text for row in shortcuts.BY_HAND for text in row))
    add("layouts", *(layout.title for layout in layout_table.LAYOUT_TABLE), *(one.title for one in panels()))
    add("palette", *painting.GROUP_COLORS)
    add("toolbar", pickers.NOTHING, *(text for one in pickers.PICKERS for text in (one.caption, one.help)))
    add("canvas", *bar.CHOICES.values(), *(text for text, *_ in empty.STEPS), *(text for _, text in empty.HINTS))
    add("starters", *(text for one in starters.STARTERS for text in (one.title, one.tail, one.help)))
    add("reference", *reference.KINDS.values())
    for module in modules("playground.ui.dialogs"):
        place = module.__name__.rpartition(".")[2]
        add(
            place,
            *(text for pair in getattr(module, "WORDS", {}).values() for text in pair),
            *getattr(module, "STOPS", {}).values(),
        )
        _fields(place, getattr(module, "FIELDS", {}).items(), add)
    add("rate finder", *finder.WORDS.values())
    add("loss panel", loss.SMOOTHING.help, loss.SMOOTHING.label)
    add(
        "pre-flight",
        *(text for pair in preflight.QUESTIONS.values() for text in pair),
        *(text for _, text in preflight.HELPS.values()),
    )
    add("block", "In", "Out", "Used", "Name", "Help", *tensors.COLUMNS, *tensors.LABELS)
    add("metrics", *(record.id.replace("_", " ") for record in registry.entries("metric")))
    add(
        "inspector",
        asking.LOCKED,
        *(text for pair in panel._KINDS.values() for text in pair),
        *training.HEADINGS.values(),
        training.LISTENS,
    )
    add(
        "data panel",
        *table_import.ROLES.values(),
        *(name for name, *_ in data_facts._PARTS),
        "number",
        "text",
        "error",
        "warning",
    )
    return found


def contents() -> dict[str, str]:
    """Texts of the examples, lessons and blocks that ship, and of ports -> where they stand."""
    from playground.core.spec import Dataset, Loss
    from playground.document.block_files import shipped
    from playground.formats.export import formats
    from playground.ui.dialogs import example_cards, start, start_foot
    from playground.ui.lessons.coach import tip_of

    found: dict[str, str] = {}

    def add(place: str, *texts: object) -> None:
        for text in texts:
            if isinstance(text, str) and has_words(text):
                found.setdefault(getattr(text, "key", text), place)

    add("formats", *(text for one in formats() for text in (one.title, one.help)))
    add(
        "start page",
        *start.FILTERS,
        *start_foot.THEMES.values(),
        *(text for word in ("week", "day", "hour", "minute") for text in (f"{{n}} {word} ago", f"{{n}} {word}s ago")),
    )
    for path in sorted((assets_dir() / "examples").glob("*.play")):
        project = load(path).project
        one = example_cards.example_of(path, project)
        add(f"example {path.stem}", one.title, one.about, one.group, tip_of(project), *(block.name for block in project.blocks))
    for lesson in registry.entries("lesson"):
        add(f"lesson {lesson.id}", lesson.title, lesson.summary(), *(step.text for step in lesson.steps))
    for entry in shipped():
        add(f"block {entry.id}", entry.name, entry.help, entry.tail)
    for record in registry.entries("layer"):
        add(f"ports of {record.id}", *(name for name in (*record.ports, *record.outputs) if len(name) > 1))
    add("a new project", Project().name)
    add("kinds", "layer", "loss", "dataset")
    add("ports", *Loss.ports, *Dataset.outputs)
    add("kinds", "optimizer", "schedule", "initializer", "penalty", "metric")
    return found


def everything() -> dict[str, str]:
    """All of it."""
    return {**tables(), **contents(), **records(), **named()}


def main() -> int:
    """Print what has no Chinese yet, ready to be filled into assets/words/zh_CN.json, and what is said nowhere any more."""
    said, table = everything(), read(assets_dir() / "words" / "zh_CN.json")
    lacking = {text: "" for text in sorted(said) if text not in table}
    print(json.dumps({"lacking": lacking, "stale": sorted(set(table) - set(said))}, ensure_ascii=False, indent=2))
    return 1 if lacking else 0


if __name__ == "__main__":
    raise SystemExit(main())
