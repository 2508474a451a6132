"""Reading a formula. The grammar, where * is any number of repeats and [] may be missing:

    formula  = sum (";" name "=" ["-"] number ["per" "channel"])*
    sum      = product (("+" | "-") product)*
    product  = unary (("*" | "/") unary)*
    unary    = ("-" | "+") unary | power
    power    = atom ["^" unary]                    x^y^z is x^(y^z), -x^2 is -(x^2), ** is ^
    atom     = number | name | name "(" argument ("," argument)* ")" | "(" sum ")"
    argument = sum, and as the first one of `where`: sum ("<" | ">" | "<=" | ">=") sum

Names are x, y and z for the inputs, pi and e, the functions of `nodes.FUNCTIONS`, and those declared behind a semicolon, which
are learned. `min` and `max` take two or more arguments. Nothing else is a formula; every refusal says where and what was expected.
"""

from __future__ import annotations

import dataclasses
import hashlib
from functools import cached_property, lru_cache

from playground.core.expression.nodes import (
    COMPARISONS,
    CONSTANTS,
    FUNCTIONS,
    INPUTS,
    OPERATORS,
    Node,
    make,
    name,
    names_in,
    number,
)
from playground.core.expression.printing import number_text, text_of
from playground.core.expression.tokens import FormulaError, Token, read_number, tokens

#: Bounds: characters, nodes, how deep parts are nested, learned numbers and the length of their names.
MOST_CHARACTERS, MOST_NODES, MOST_DEPTH, MOST_LEARNED, MOST_LETTERS = 500, 240, 48, 6, 16

_RESERVED = {*INPUTS, *CONSTANTS, *FUNCTIONS, "per", "channel"}


@dataclasses.dataclass(frozen=True)
class Learned:
    """A number of the formula that training changes. start: where it starts; per_channel: one for every channel."""

    name: str
    start: float
    per_channel: bool = False

    @property
    def text(self) -> str:
        return f"{self.name} = {number_text(self.start)}{' per channel' if self.per_channel else ''}"


@dataclasses.dataclass(frozen=True)
class Formula:
    """A checked formula. body: the expression; learned: its learned numbers in the order of declaration."""

    body: Node
    learned: tuple[Learned, ...] = ()

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that it reads, x first."""
        used = set(names_in(self.body))
        return tuple(one for one in INPUTS if one in used)

    @cached_property
    def text(self) -> str:
        """The canonical form: reading it again gives this formula."""
        return "; ".join([text_of(self.body), *(one.text for one in self.learned)])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical form, 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@lru_cache(maxsize=256)
def parse(text: str) -> Formula:
    """The formula of a text. Raises FormulaError with the position and what was expected there."""
    if len(text) > MOST_CHARACTERS:
        raise FormulaError(MOST_CHARACTERS + 1, f"a formula has at most {MOST_CHARACTERS} characters; {len(text)} were given.")
    return _Reader(tokens(text)).formula()


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens, self.at, self.nodes, self.nested = found, 0, 0, 0
        self.names: dict[str, Token] = {}

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self, *kinds: str) -> Token | None:
        """The next token if it is one of these."""
        token = self.token
        if token.kind in kinds:
            self.at += 1
            return token
        return None

    def need(self, kind: str, expected: str) -> Token:
        found = self.take(kind)
        if found is None:
            raise self.unexpected(expected)
        return found

    def unexpected(self, expected: str) -> FormulaError:
        return FormulaError(self.token.at, f"expected {expected}; {self.token.shown} was found.")

    def node(self, at: Token, kind: str, *args: Node) -> Node:
        return self.counted(at, make(kind, *args))

    def counted(self, at: Token, made: Node) -> Node:
        self.nodes += 1
        if self.nodes > MOST_NODES or made.depth > MOST_DEPTH:
            raise FormulaError(
                at.at, f"a formula has at most {MOST_NODES} parts nested at most {MOST_DEPTH} deep; this one is larger."
            )
        return made

    def formula(self) -> Formula:
        body = self.sum()
        learned: dict[str, Learned] = {}
        while self.take(";"):
            one = self.declaration(learned)
            learned[one.name] = one
        if self.token.kind != "end":
            raise self.unexpected("an operator or the end")
        for used, token in self.names.items():
            if used not in INPUTS and used not in learned:
                raise FormulaError(
                    token.at,
                    f"there is nothing called {token.shown}. x, y, z, pi, e and functions are known; "
                    f"a learned number is declared at the end, as in '; {used[:MOST_LETTERS]} = 1'.",
                )
        if "x" not in self.names:
            raise FormulaError(1, "the formula must use x, the first input.")
        return Formula(body, tuple(learned.values()))

    def declaration(self, known: dict[str, Learned]) -> Learned:
        """name = number, perhaps per channel."""
        token = self.need("name", "the name of a learned number")
        if token.text in _RESERVED or token.text in known or len(token.text) > MOST_LETTERS:
            why = "is longer than 16 letters" if len(token.text) > MOST_LETTERS else "already has a meaning"
            raise FormulaError(token.at, f"{token.shown} {why}; expected another name for a learned number.")
        if token.text not in self.names:
            raise FormulaError(token.at, f"{token.shown} is declared but does not occur in the formula.")
        if len(known) >= MOST_LEARNED:
            raise FormulaError(token.at, f"a formula has at most {MOST_LEARNED} learned numbers.")
        self.need("=", "'='")
        sign = -1.0 if self.take("-") else 1.0
        start = sign * read_number(self.need("number", "the number at which it starts"))
        per = self.take("name")
        if per is not None and (per.text != "per" or self.need("name", "'channel'").text != "channel"):
            raise FormulaError(per.at, f"expected 'per channel', ';' or the end; {per.shown} was found.")
        return Learned(token.text, start, per is not None)

    def sum(self) -> Node:
        left = self.product()
        while sign := self.take("+", "-"):
            left = self.node(sign, OPERATORS[sign.kind], left, self.product())
        return left

    def product(self) -> Node:
        left = self.unary()
        while sign := self.take("*", "/"):
            left = self.node(sign, OPERATORS[sign.kind], left, self.unary())
        return left

    def unary(self) -> Node:
        self.nested += 1
        if self.nested > MOST_DEPTH:
            raise FormulaError(self.token.at, f"parts may be nested at most {MOST_DEPTH} deep.")
        sign = self.take("-", "+")
        made = self.power() if sign is None else self.unary()
        self.nested -= 1
        return self.node(sign, "neg", made) if sign is not None and sign.kind == "-" else made

    def power(self) -> Node:
        base = self.atom()
        sign = self.take("^")
        return base if sign is None else self.node(sign, "pow", base, self.unary())

    def atom(self) -> Node:
        token = self.take("number", "name", "(")
        if token is None:
            raise self.unexpected("a number, a name or '('")
        if token.kind == "number":
            return self.counted(token, number(read_number(token)))
        if token.kind == "(":
            inner = self.sum()
            self.need(")", "an operator or ')'")
            return inner
        if self.take("("):
            return self.call(token)
        if token.text in FUNCTIONS:
            raise FormulaError(self.token.at, f"expected '(' after {token.text}; {self.token.shown} was found.")
        if token.text not in CONSTANTS:
            self.names.setdefault(token.text, token)
        return self.counted(token, name(token.text))

    def call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            raise FormulaError(token.at, f"there is no function called {token.shown}; known are {', '.join(sorted(FUNCTIONS))}.")
        args = [self.comparison() if token.text == "where" else self.sum()]
        while self.take(","):
            args.append(self.sum())
        closing = self.need(")", "an operator, ',' or ')'")
        wanted = FUNCTIONS[token.text]
        if token.text in ("min", "max") and len(args) > wanted:
            made = args[0]
            for arg in args[1:]:
                made = self.node(token, token.text, made, arg)
            return made
        if len(args) != wanted:
            count = f"{wanted} argument{'s' if wanted > 1 else ''}"
            raise FormulaError(closing.at, f"{token.text} takes {count}; {len(args)} were given.")
        return self.node(token, token.text, *args)

    def comparison(self) -> Node:
        left = self.sum()
        sign = self.take(*COMPARISONS)
        if sign is None:
            raise self.unexpected("a comparison: '<', '>', '<=' or '>='")
        return self.node(sign, COMPARISONS[sign.kind], left, self.sum())
