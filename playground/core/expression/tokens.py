"""Splitting a formula into tokens."""

from __future__ import annotations

import dataclasses
import math
import re

from playground.errors import BadValue
from playground.words import sentence

#: Largest number that float32 holds.
LARGEST = 3.4028234e38

_TOKEN = re.compile(
    r"(?P<space>[ \t]+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<mark>\*\*|<=|>=|[-+*/^(),;=<>])"
)


class FormulaError(BadValue):
    """A formula that is none. position: of the character at fault, from 1; reason: the sentence behind the position."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(sentence("Position {position}: {reason}", position=position, reason=reason))
        self.position, self.reason = position, reason


@dataclasses.dataclass(frozen=True)
class Token:
    """kind: "number", "name", "end", or the mark itself. at: position of its first character, from 1."""

    kind: str
    text: str
    at: int

    @property
    def shown(self) -> str:
        """How a sentence names it."""
        if self.kind == "end":
            return sentence("the end")
        return f"'{self.text}'" if len(self.text) <= 20 else f"'{self.text[:17]}...'"


def tokens(text: str) -> list[Token]:
    """The tokens, the last of which is the end. Raises FormulaError for a character that no formula has."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            shown = text[at] if text[at].isprintable() else f"U+{ord(text[at]):04X}"
            raise FormulaError(at + 1, sentence("'{shown}' has no meaning in a formula.", shown=shown))
        kind = str(match.lastgroup)
        if kind == "mark":
            kind = match.group() if match.group() != "**" else "^"
        if kind != "space":
            found.append(Token(kind, match.group(), at + 1))
        at = match.end()
    return [*found, Token("end", "", len(text) + 1)]


def read_number(token: Token) -> float:
    """What a number's token stands for. Raises FormulaError for one that float32 cannot hold."""
    value = float(token.text)
    if not math.isfinite(value) or value > LARGEST:
        raise FormulaError(
            token.at, sentence("a number no larger than 3.4e38 was expected; {token} was found.", token=token.shown)
        )
    return value
