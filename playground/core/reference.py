"""The reference page of a catalogue record, derived from the record. Nobody writes it."""

from __future__ import annotations

import inspect
import math

from playground.core.fields import Choice, Field, Flag, Formula, Part, Path, Real, Reals, Size, Text, Whole, Wholes, fields_of
from playground.core.points import Points
from playground.core.spec import Spec


def page(record: type[Spec]) -> str:
    """Title, help, formula, settings with their ranges and source, as Markdown."""
    lines = [f"# {record.title}", "", inspect.getdoc(record) or ""]
    if record.formula:
        lines += ["", "## Formula", "", record.formula]
    fields = fields_of(record)
    if fields:
        start = record()
        lines += ["", "## Settings", ""]
        lines += [_setting(name, field, getattr(start, name)) for name, field in fields.items()]
    if record.source:
        lines += ["", "## Source", "", record.source]
    return "\n".join(lines) + "\n"


def _setting(name: str, field: Field, default: object) -> str:
    live = " Changes while training." if field.live else ""
    only = (
        f" Counts only when {field.when[0].replace('_', ' ')} is {' or '.join(shown(value) for value in field.wanted)}."
        if field.when
        else ""
    )
    return f"- **{field.title(name)}** ({span(field)}; starts as {shown(default, getattr(field, 'between', '×'))}): {field.help}{only}{live}"


def shown(value: object, between: str = "×") -> str:
    """A setting as a person reads it: "on", "3×3", "0.001" or the title of a part. between: the sign between whole numbers."""
    if isinstance(value, Spec):
        return value.title
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple) and any(isinstance(n, tuple) for n in value):
        return ", ".join(f"({shown(n)})" for n in value)
    if isinstance(value, tuple) and any(isinstance(n, float) for n in value):
        return ", ".join(f"{n:g}" for n in value)
    if isinstance(value, tuple):
        return (", " if between == "," else between).join(str(n) for n in value) or "empty"
    return f"{value:g}" if isinstance(value, float) else str(value) or "empty"


def span(field: Field) -> str:
    """What a field accepts, in a few words: "0 to 0.95", "one of same, valid"."""
    unit = f" {field.unit}" if field.unit else ""
    match field:
        case Real(low=low, high=high):
            return _between(low, high, "{:g}") + unit
        case Whole(low=low, high=high):
            return "whole, " + _between(low, high, "{:,}") + unit
        case Size(low=low, high=high):
            return "height and width, " + _between(low, high, "{:,}") + unit
        case Wholes(low=low, high=high, most=most):
            return f"up to {most} whole numbers, " + _between(low, high, "{:,}") + unit
        case Reals(low=low, high=high, least=least, most=most):
            return f"{f'{least} to' if least else 'up to'} {most} numbers, " + _between(low, high, "{:g}") + unit
        case Points(low=low, high=high, least=least, most=most):
            return f"{least} to {most} points, x 0 to 1, y " + _between(low, high, "{:g}") + unit
        case Choice(options=options):
            return "one of " + ", ".join(options)
        case Flag():
            return "on or off"
        case Part(kind=kind):
            return f"one of the {kind}s"
        case Path(folder=folder):
            return "a folder" if folder else "a file"
        case Formula(most=most):
            return f"a formula of at most {most} characters"
        case Text(most=most):
            return f"a line of at most {most} characters"
    return "any"


def _between(low: float, high: float, form: str) -> str:
    if math.isinf(low) and math.isinf(high):
        return "any number"
    if math.isinf(high):
        return f"{form.format(low)} or more"
    return f"up to {form.format(high)}" if math.isinf(low) else f"{form.format(low)} to {form.format(high)}"
