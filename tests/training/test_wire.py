"""Messages survive the wire exactly, and nothing else is taken for a message."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.training import messages, wire

FLOATS = st.floats(allow_nan=False) | st.just(0.1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return st.none() | st.integers() | TEXT | st.lists(st.integers(), max_size=3)
    if origin in (typing.Union, types.UnionType):
        return st.none() | values(arguments[0])
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values(arguments[0]), max_size=4).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, arguments))
    if origin is dict:
        return st.dictionaries(TEXT, values(arguments[1]), max_size=4)
    if dataclasses.is_dataclass(hint):
        return records(hint)
    return {int: st.integers(), float: FLOATS, str: TEXT, bool: st.booleans()}[hint]


def records(cls: Any) -> st.SearchStrategy[Any]:
    return st.builds(cls, **{name: values(hint) for name, hint in typing.get_type_hints(cls).items()})


@pytest.mark.parametrize("cls", [*wire.EVENTS.values(), *wire.COMMANDS.values()], ids=lambda cls: cls.__name__)
def test_every_message_comes_back_equal(cls: type[messages.Message]) -> None:
    @given(records(cls))
    def go(message: messages.Message) -> None:
        line = wire.encode(message)
        assert line.count(b"\n") == 1
        assert line.endswith(b"\n")
        decode = wire.decode_event if cls in wire.EVENTS.values() else wire.decode_command
        assert decode(line[:-1]) == message

    go()


def test_numbers_that_are_not_finite_travel_as_words() -> None:
    line = wire.encode(messages.FinderPoint(done=1, total=2, rate=float("inf"), loss=float("nan"), smoothed=float("-inf")))
    assert {"inf", "nan", "-inf"} <= set(json.loads(line).values())
    point = wire.decode_event(line)
    assert isinstance(point, messages.FinderPoint)
    assert point.loss != point.loss
    assert (point.rate, point.smoothed) == (float("inf"), float("-inf"))


GOOD: dict[str, Any] = {"message": "Paused", "step": 1, "epoch": 0}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        json.dumps(GOOD | {"message": "Nothing"}).encode(),
        json.dumps(GOOD | {"message": ["Paused"]}).encode(),
        json.dumps(GOOD | {"more": 1}).encode(),
        json.dumps(GOOD | {"step": 1.0}).encode(),
        json.dumps(GOOD | {"step": True}).encode(),
        json.dumps(GOOD | {"step": "1"}).encode(),
        json.dumps(GOOD | {"step": None}).encode(),
        b'{"message":"Paused","step":1}',
        b'{"message":"Paused","step":1,"step":2,"epoch":0}',
        b'{"message":"Died","kind":"x","text":NaN,"step":1,"details":""}',
        json.dumps({"message": "Act", "serial": 1, "what": "stop"}).encode(),
    ],
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(wire.BadMessage):
        wire.decode_event(line)
