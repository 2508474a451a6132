"""Settings that are words: one of a few, on or off, a line of text, a formula, a place on the disk."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

from playground.core.fields.base import Field, in_short
from playground.errors import BadValue
from playground.words import sentence


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of a few words. options: word -> what it means, in the order in which they are shown."""

    options: dict[str, str]

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise BadValue(
                sentence(
                    "{title} must be one of {options}; {shown} was given.",
                    title=self.title(name),
                    options=", ".join(self.options),
                    shown=in_short(value),
                )
            )
        return value

    def wrong(self) -> Iterator[Any]:
        yield from (None, "", sentence("no such option"), 0)

    def some(self, rng: random.Random) -> str:
        return rng.choice(list(self.options))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Flag(Field):
    """On or off."""

    def check(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise BadValue(
                sentence("{title} must be true or false; {shown} was given.", title=self.title(name), shown=in_short(value))
            )
        return value

    def wrong(self) -> Iterator[Any]:
        yield from (None, 0, "true")

    def some(self, rng: random.Random) -> bool:
        return rng.random() < 0.7


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(Field):
    """A short text, shown as plain text."""

    most: int = 200

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or len(value) > self.most or not value.isprintable():
            raise BadValue(
                sentence(
                    "{title} must be a line of at most {most} printable characters; {shown} was given.",
                    title=self.title(name),
                    most=self.most,
                    shown=in_short(value),
                )
            )
        return value

    def wrong(self) -> Iterator[Any]:
        yield from (None, 1, "x" * (self.most + 1), "a\nb", "a\0b")

    def some(self, rng: random.Random) -> str:
        return ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Formula(Text):
    """An elementwise formula in the language of `core.expression`, kept as it was typed."""

    most: int = 500

    def check(self, name: str, value: Any) -> str:
        from playground.core.expression import FormulaError, parse

        text = super().check(name, value)
        try:
            parse(text)
        except FormulaError as error:
            raise BadValue(
                sentence(
                    "{title}, position {position}: {reason}", title=self.title(name), position=error.position, reason=error.reason
                )
            ) from None
        return text

    def some(self, rng: random.Random) -> str:
        return rng.choice(["x * tanh(softplus(x))", "max(x, a * x); a = 0.2", "x^2 / (1 + x^2)"])

    def wrong(self) -> Iterator[Any]:
        yield from super().wrong()
        yield from ("", "y", "x *", "(x", "x.real", "__import__('os')", "k * x", "(" * 250 + "x")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Path(Text):
    """A file or folder that the user picked, relative to the project where it lies beside it. "" is none yet.

    folder: a folder is asked for.  patterns: what the file dialog offers, such as ("*.csv", "*.tsv").
    """

    most: int = 4096
    folder: bool = False
    patterns: tuple[str, ...] = ()
