"""Messages as lines of strict JSON: exact names, exact types, nothing more and nothing less."""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from typing import Any

from playground import words
from playground.core.registry import scan
from playground.errors import PlaygroundError
from playground.training import messages
from playground.training.messages import PROTOCOL, Command, Event, Message

Kind = typing.TypeVar("Kind", bound=Message)


class BadMessage(PlaygroundError, ValueError):
    """A line that is no message of this protocol."""


def _kinds(base: type[Message]) -> dict[str, type[Message]]:
    """Every message of a kind, from whichever file of `messages`. Raises RuntimeError when a name is used twice."""
    scan(messages.__name__)
    found: list[type[Message]] = base.__subclasses__()
    by_name = {cls.__name__: cls for cls in found}
    if len(by_name) != len(found):
        raise RuntimeError(f"a name of a message is used twice: {sorted(cls.__name__ for cls in found)}")
    return by_name


EVENTS: dict[str, type[Message]] = _kinds(Event)
COMMANDS: dict[str, type[Message]] = _kinds(Command)

_WORDS: dict[str, float] = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(message: Message) -> bytes:
    """One line of JSON with a newline at the end; numbers that are not finite become words."""
    body = {"message": type(message).__name__, **plain(message)}
    return json.dumps(body, allow_nan=False, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def decode_event(line: bytes) -> Event:
    """Raises BadMessage for anything but an event of this protocol."""
    return typing.cast(Event, _decode(line, EVENTS))


def decode_command(line: bytes) -> Command:
    """Raises BadMessage for anything but a command of this protocol."""
    return typing.cast(Command, _decode(line, COMMANDS))


def record_of(cls: type[Kind], body: Any) -> Kind:
    """A record out of what `plain` made of it; what an earlier version did not have is as usual. Raises BadMessage."""
    usual = {each.name: plain(each.default) for each in dataclasses.fields(cls) if each.default is not dataclasses.MISSING}
    usual |= {
        each.name: plain(each.default_factory())
        for each in dataclasses.fields(cls)
        if each.default_factory is not dataclasses.MISSING
    }
    return typing.cast(Kind, _record(cls, {**usual, **body} if isinstance(body, dict) else body, cls.__name__))


def plain(value: Any) -> Any:
    """Messages and what is in them as strict JSON."""
    if isinstance(value, Message):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, words.Sentence):
        return words.packed(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def _decode(line: bytes, known: dict[str, type[Message]]) -> Message:
    try:
        body = json.loads(line, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"A message must be a line of JSON: {error}.") from error
    if not isinstance(body, dict):
        raise BadMessage(f"A message must be an object; {type(body).__name__} was given.")
    name = body.pop("message", None)
    cls = known.get(name) if isinstance(name, str) else None
    if cls is None:
        raise BadMessage(f"There is no message called {name!r} in protocol {PROTOCOL}.")
    return _record(cls, body, cls.__name__)


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(cls: type[Message]) -> dict[str, Any]:
    if cls not in _HINTS:
        hints = typing.get_type_hints(cls)
        _HINTS[cls] = {field.name: hints[field.name] for field in dataclasses.fields(cls)}
    return _HINTS[cls]


def _record(cls: type[Message], body: Any, where: str) -> Message:
    hints = _hints(cls)
    if not isinstance(body, dict) or body.keys() != hints.keys():
        given = sorted(body) if isinstance(body, dict) else type(body).__name__
        raise BadMessage(f"{where} has the fields {sorted(hints)}; {given} were given.")
    return cls(**{name: _typed(hint, body[name], f"{where}.{name}") for name, hint in hints.items()})


def _typed(hint: Any, value: Any, where: str) -> Any:
    """The value as the annotation wants it. Raises BadMessage."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _typed(arguments[0], value, where)
    if origin is tuple and isinstance(value, list):
        if arguments[-1] is Ellipsis:
            return tuple(_typed(arguments[0], v, where) for v in value)
        if len(arguments) == len(value):
            return tuple(_typed(a, v, where) for a, v in zip(arguments, value, strict=True))
    if origin is dict and isinstance(value, dict):
        return {k: _typed(arguments[1], v, where) for k, v in value.items()}
    if isinstance(hint, type) and issubclass(hint, Message):
        return _record(hint, value, where)
    if hint is str and isinstance(value, dict):
        try:
            return words.unpacked(value)
        except (ValueError, RecursionError) as error:
            raise BadMessage(f"{where} must be a text: {error}.") from error
    if hint is float:
        if isinstance(value, str) and value in _WORDS:
            return _WORDS[value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif origin is None and type(value) is hint:
        return value
    raise BadMessage(f"{where} must be {getattr(hint, '__name__', hint)}; {value!r:.60} was given.")
