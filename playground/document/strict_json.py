"""JSON without its loopholes: no duplicate keys, no NaN, no infinities, no lone surrogates, bounded depth and size."""

from __future__ import annotations

import json
import math
from typing import Any

from playground.errors import BadValue
from playground.words import sentence

MOST_BYTES = 64 * 2**20
MOST_DEPTH = 64
MOST_DIGITS = 30


def encode(value: Any) -> bytes:
    """Canonical bytes: sorted keys, no spaces, UTF-8. Raises BadValue for what strict JSON cannot hold."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadValue(sentence("This cannot be written as JSON: {error}.", error=str(error)[:120])) from error


def decode(data: bytes | str) -> Any:
    """The value. Raises BadValue with the line and column, or the place inside it, of what is wrong."""
    if len(data) > MOST_BYTES:
        raise BadValue(
            sentence(
                "It may have at most {most_bytes} MB; {data_count} MB were found.",
                most_bytes=MOST_BYTES // 2**20,
                data_count=f"{len(data) / 2**20:.1f}",
            )
        )
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite, parse_int=_bounded)
    except UnicodeDecodeError as error:
        raise BadValue(sentence("It must be UTF-8; byte {start} is not.", start=error.start)) from error
    except json.JSONDecodeError as error:
        raise BadValue(
            sentence(
                "It is not JSON at line {lineno}, column {colno}: {msg}.",
                lineno=error.lineno,
                colno=error.colno,
                msg=error.msg.lower(),
            )
        ) from error
    except RecursionError as error:
        raise BadValue(sentence("It may be nested {most_depth} levels deep; it is deeper.", most_depth=MOST_DEPTH)) from error
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise BadValue(sentence("Every key must be used once in an object; {twice} is there twice.", twice=f"{twice[:60]!r}"))
    return found


def _no_constant(word: str) -> Any:
    raise BadValue(sentence("Numbers must be finite; {word} was found.", word=word))


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadValue(sentence("Numbers must be finite; {digits} was found.", digits=digits[:60]))
    return number


def _bounded(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise BadValue(
            sentence(
                "Whole numbers may have {most_digits} digits; one of {digits_count} was found.",
                most_digits=MOST_DIGITS,
                digits_count=len(digits),
            )
        )
    return int(digits)


def _check(value: Any) -> None:
    """Walk level by level: no more than MOST_DEPTH of them, and every text can be written as UTF-8."""
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _encodes(item)
            elif isinstance(item, dict):
                below.extend(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return
        level = below
    raise BadValue(sentence("It may be nested {most_depth} levels deep; it is deeper.", most_depth=MOST_DEPTH))


def _encodes(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadValue(
            sentence("Texts must be whole characters; half of a surrogate pair was found in {what}.", what=f"{text[:40]!a}")
        ) from error
