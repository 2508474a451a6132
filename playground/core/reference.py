"""The reference page of a catalogue record, derived from the record. Nobody writes it."""

from __future__ import annotations

import inspect
import math

from playground.core.fields import Choice, Field, Flag, Formula, Part, Path, Real, Reals, Size, Text, Whole, Wholes, fields_of
from playground.core.points import Points
from playground.core.spec import Spec
from playground.words import joined, sentence


def page(record: type[Spec]) -> str:
    """Title, help, formula, settings with their ranges and source, as Markdown."""
    lines = [f"# {record.title}", "", inspect.getdoc(record) or ""]
    if record.formula:
        lines += ["", "## Formula", "", record.formula]
    fields = fields_of(record)
    if fields:
        start = record()
        lines += ["", "## Settings", ""]
        for name, field in fields.items():
            lines.append(_setting(name, fields, getattr(start, name)))
            lines += [f"  - {word}: {meaning}" for word, meaning in options_of(field)]
    if record.source:
        lines += ["", "## Source", "", record.source]
    return "\n".join(lines) + "\n"


def _setting(name: str, fields: dict[str, Field], default: object) -> str:
    field = fields[name]
    live = " Changes while training." if field.live else ""
    unused = f" At {shown(field.low)}: {field.off}." if isinstance(field, Real | Whole) and field.off else ""
    only = ""
    if field.when:
        other = fields[field.when[0]].title(field.when[0])
        only = f" Counts only when {other} is {' or '.join(wanted_of(field))}."
    start = shown(default, getattr(field, "between", "×"))
    return f"- **{field.title(name)}** ({span(field)}; starts as {start}): {field.help}{unused}{only}{live}"


def wanted_of(field: Field) -> list[str]:
    """The values that the field named in `when` must have, as a person reads them; three whole numbers or more in a row as "2–16"."""
    values = field.wanted
    whole = len(values) > 2 and all(isinstance(value, int) for value in values)
    row = whole and values == tuple(range(values[0], values[0] + len(values)))
    return [f"{values[0]}–{values[-1]}"] if row else [shown(value) for value in values]


def options_of(field: Field) -> list[tuple[str, str]]:
    """(word, what it means) of a choice; nothing of any other setting."""
    return list(field.options.items()) if isinstance(field, Choice) else []


def shown(value: object, between: str = "×") -> str:
    """A setting as a person reads it: "on", "3×3", "0.001" or the title of a part with its own settings. between: the sign between whole numbers."""
    if isinstance(value, Spec):
        return _record(value)
    if isinstance(value, bool):
        return sentence("on") if value else sentence("off")
    if isinstance(value, tuple) and any(isinstance(n, tuple) for n in value):
        return ", ".join(f"({shown(n)})" for n in value)
    if isinstance(value, tuple) and any(isinstance(n, float) for n in value):
        return ", ".join(f"{n:g}" for n in value)
    if isinstance(value, tuple):
        return (", " if between == "," else between).join(str(n) for n in value) or sentence("empty")
    return f"{value:g}" if isinstance(value, float) else str(value) or sentence("empty")


def _record(value: Spec) -> str:
    """Its title, and the settings that are not as they start: "Constant (Value 1)"."""
    usual, title = type(value)(), sentence(value.title)
    own = [
        sentence("{name} {value}", name=field.title(name), value=shown(getattr(value, name), getattr(field, "between", "×")))
        for name, field in fields_of(value).items()
        if getattr(value, name) != getattr(usual, name)
    ]
    return sentence("{title} ({settings})", title=title, settings=joined(own)) if own else title


def span(field: Field) -> str:
    """What a field accepts, in a few words: "0 to 0.95", "one of same, valid"."""
    found = _span(field)
    return joined((found, sentence(field.unit)), " ") if field.unit else found


def _span(field: Field) -> str:
    match field:
        case Real(low=low, high=high):
            return _between(low, high, "{:g}")
        case Whole(low=low, high=high):
            return sentence("whole, {range}", range=_between(low, high, "{:,}"))
        case Size(low=low, high=high):
            return sentence("height and width, {range}", range=_between(low, high, "{:,}"))
        case Wholes(low=low, high=high, most=most):
            return sentence("up to {most} whole numbers, {range}", most=most, range=_between(low, high, "{:,}"))
        case Reals(low=low, high=high, least=least, most=most):
            range = _between(low, high, "{:g}")
            if least:
                return sentence("{least} to {most} numbers, {range}", least=least, most=most, range=range)
            return sentence("up to {most} numbers, {range}", most=most, range=range)
        case Points(low=low, high=high, least=least, most=most):
            range = _between(low, high, "{:g}")
            return sentence("{least} to {most} points, x 0 to 1, y {range}", least=least, most=most, range=range)
        case Choice(options=options):
            return sentence("one of {options}", options=", ".join(options))
        case Flag():
            return sentence("on or off")
        case Part(kind=kind):
            return sentence("one of the {kind}s", kind=sentence(kind))
        case Path(folder=folder):
            return sentence("a folder") if folder else sentence("a file")
        case Formula(most=most):
            return sentence("a formula of at most {most} characters", most=most)
        case Text(most=most):
            return sentence("a line of at most {most} characters", most=most)
    return sentence("any")


def _between(low: float, high: float, form: str) -> str:
    if math.isinf(low) and math.isinf(high):
        return sentence("any number")
    if math.isinf(high):
        return sentence("{low} or more", low=form.format(low))
    if math.isinf(low):
        return sentence("up to {high}", high=form.format(high))
    return sentence("{low} to {high}", low=form.format(low), high=form.format(high))
