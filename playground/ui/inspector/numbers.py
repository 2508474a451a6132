"""Numbers as a person types and reads them, and where they lie on a slider. No Qt."""

from __future__ import annotations

import math
import re

from playground.core.fields import Real, Whole, in_short
from playground.errors import BadValue
from playground.words import say, sentence

#: Sliders have this many positions.
TICKS = 1000
_DECADES = 8
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


def shown(field: Real | Whole, value: float) -> str:
    """The value as the field shows it: the word for "not used", 1e-4 rather than 0.0001, two decimals on plain scales, none far up a logarithmic one."""
    if field.off and value == field.low:
        return say(field.off)
    if isinstance(field, Whole):
        return f"{value:.0f}"
    if not math.isfinite(value):
        return str(value)
    if value and not 1e-3 <= abs(value) < 1e5:
        return scientific(value)
    plain = (f"{value:.0f}" if abs(value) >= 1000 else f"{value:.1f}") if field.log else f"{value:.2f}"
    return plain if float(plain) == value else f"{value:.6g}"


def scientific(value: float) -> str:
    """1e-4, 3.25e-7, 2e6: no more digits than there are."""
    mantissa, power = f"{value:.5e}".split("e")
    return tidy(f"{mantissa.rstrip('0').rstrip('.')}e{power}")


def tidy(text: str) -> str:
    """1e-04 as 1e-4."""
    return re.sub(r"e([+-])0*(\d)", lambda m: f"e{'-' if m[1] == '-' else ''}{m[2]}", text)


def read(field: Real | Whole, name: str, text: str) -> float | int:
    """What was typed, checked. Raises BadValue with the range."""
    text = pointed(field, text.strip().replace("−", "-"))
    if field.off and text.casefold() in (field.off.casefold(), say(field.off).casefold(), "off"):
        return field.low
    try:
        value: float | int = int(text) if isinstance(field, Whole) else float(text)
    except ValueError:
        raise BadValue(
            sentence(
                "{title} must be a number in {bounds}; {what} was given.",
                title=field.title(name),
                bounds=bounds(field),
                what=in_short(text) if text else sentence("nothing"),
            )
        ) from None
    return field.check(name, value)


def pointed(field: Real | Whole, text: str) -> str:
    """Without the commas between the thousands of a whole number; any other comma is a decimal one, which whole numbers have not."""
    return text.replace(",", "" if isinstance(field, Whole) and _GROUPED.fullmatch(text) else ".")


def bounds(field: Real | Whole) -> str:
    """The range in a few characters: "0 to 0.95", "at least 1"."""
    low, high = math.isfinite(field.low), math.isfinite(field.high) and field.high < 2**31 - 1
    if low and high:
        return say("{low} to {high}", low=plain(field.low), high=plain(field.high))
    if low:
        return say("at least {plain}", plain=plain(field.low))
    return say("at most {plain}", plain=plain(field.high)) if high else say("any number")


def plain(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e6 else tidy(f"{value:g}")


def slides(field: Real | Whole) -> bool:
    """Whether a slider can cover the range: finite ends, and geometric or at most some thousand steps of one."""
    if not (math.isfinite(field.low) and math.isfinite(field.high)) or field.low >= field.high:
        return False
    return field.log or (field.high - field.low <= 4096 if isinstance(field, Whole) else field.high - field.low <= 1e4)


def _floor(field: Real | Whole) -> float:
    """The smallest value above zero that a geometric slider reaches."""
    if field.low > 0:
        return float(field.low)
    return 1.0 if isinstance(field, Whole) else min(field.high * 1e-2, 10.0**-_DECADES if field.high <= 1 else 1e-4)


def place(field: Real | Whole, value: float) -> int:
    """Slider position of a value, 0 to TICKS."""
    if field.log:
        floor = _floor(field)
        if value < floor:
            return 0
        part = math.log(min(value, field.high) / floor) / math.log(field.high / floor)
        first = 0 if field.low > 0 else 1
        return first + round(part * (TICKS - first))
    return round(TICKS * (min(max(value, field.low), field.high) - field.low) / (field.high - field.low))


def value_at(field: Real | Whole, position: float) -> float | int:
    """The round value at a slider position. A whole number stays whole; a real one keeps three digits."""
    if field.log and field.low <= 0 and position < 1:
        return field.low if isinstance(field, Whole) else float(field.low)
    if field.log:
        first, floor = 0 if field.low > 0 else 1, _floor(field)
        value = floor * (field.high / floor) ** ((position - first) / (TICKS - first))
    else:
        value = field.low + position / TICKS * (field.high - field.low)
    if isinstance(field, Whole):
        return min(max(round(value), field.low), field.high)
    grain = (field.high - field.low) / TICKS
    value = float(f"{value:.3g}") if field.log else round(value, max(0, math.ceil(-math.log10(grain) - 1e-9)))
    return min(max(value, field.low), field.high)
