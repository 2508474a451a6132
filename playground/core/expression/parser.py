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
from playground.words import sentence

#: Bounds: characters, nodes, how deep parts are nested, learned numbers and the length of their names.
MOST_CHARACTERS, MOST_NODES, MOST_DEPTH, MOST_LEARNED, MOST_LETTERS = 500, 240, 48, 6, 16
#: Bound of a canonical text: spaces, and brackets where `min` had many arguments, make at most four characters of each typed one.
MOST_CANONICAL = 4 * MOST_CHARACTERS

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
        """The canonical form: `read` gives this formula again. It may be longer than what a person may type."""
        return "; ".join([text_of(self.body), *(one.text for one in self.learned)])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical form, 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def parse(text: str) -> Formula:
    """The formula that a person typed. Raises FormulaError with the position and what was expected there."""
    return _read(text, MOST_CHARACTERS)


def read(text: str) -> Formula:
    """The formula of a canonical text, which may be longer than one that is typed. Raises FormulaError as `parse` does."""
    return _read(text, MOST_CANONICAL)


@lru_cache(maxsize=256)
def _read(text: str, most: int) -> Formula:
    if len(text) > most:
        raise FormulaError(
            most + 1,
            sentence(
                "a formula has at most {most_characters} characters; {text_count} were given.",
                most_characters=most,
                text_count=len(text),
            ),
        )
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
        return FormulaError(
            self.token.at, sentence("expected {expected}; {token} was found.", expected=expected, token=self.token.shown)
        )

    def node(self, at: Token, kind: str, *args: Node) -> Node:
        return self.counted(at, make(kind, *args))

    def counted(self, at: Token, made: Node) -> Node:
        self.nodes += 1
        if self.nodes > MOST_NODES or made.depth > MOST_DEPTH:
            raise FormulaError(
                at.at,
                sentence(
                    "a formula has at most {most_nodes} parts nested at most {most_depth} deep; this one is larger.",
                    most_nodes=MOST_NODES,
                    most_depth=MOST_DEPTH,
                ),
            )
        return made

    def formula(self) -> Formula:
        body = self.sum()
        learned: dict[str, Learned] = {}
        while self.take(";"):
            one = self.declaration(learned)
            learned[one.name] = one
        if self.token.kind != "end":
            raise self.unexpected(sentence("an operator or the end"))
        for used, token in self.names.items():
            if used not in INPUTS and used not in learned:
                raise FormulaError(
                    token.at,
                    sentence(
                        "there is nothing called {token}. x, y, z, pi, e and functions are known; a learned number is "
                        "declared at the end, as in '; {used} = 1'.",
                        token=token.shown,
                        used=used[:MOST_LETTERS],
                    ),
                )
        if "x" not in self.names:
            raise FormulaError(1, sentence("the formula must use x, the first input."))
        return Formula(body, tuple(learned.values()))

    def declaration(self, known: dict[str, Learned]) -> Learned:
        """name = number, perhaps per channel."""
        token = self.need("name", sentence("the name of a learned number"))
        if token.text in _RESERVED or token.text in known or len(token.text) > MOST_LETTERS:
            why = sentence("is longer than 16 letters") if len(token.text) > MOST_LETTERS else sentence("already has a meaning")
            raise FormulaError(
                token.at, sentence("{token} {why}; expected another name for a learned number.", token=token.shown, why=why)
            )
        if token.text not in self.names:
            raise FormulaError(token.at, sentence("{token} is declared but does not occur in the formula.", token=token.shown))
        if len(known) >= MOST_LEARNED:
            raise FormulaError(
                token.at, sentence("a formula has at most {most_learned} learned numbers.", most_learned=MOST_LEARNED)
            )
        self.need("=", "'='")
        sign = -1.0 if self.take("-") else 1.0
        start = sign * read_number(self.need("number", sentence("the number at which it starts")))
        per = self.take("name")
        if per is not None and (per.text != "per" or self.need("name", "'channel'").text != "channel"):
            raise FormulaError(per.at, sentence("expected 'per channel', ';' or the end; {per} was found.", per=per.shown))
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
            raise FormulaError(self.token.at, sentence("parts may be nested at most {most_depth} deep.", most_depth=MOST_DEPTH))
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
            raise self.unexpected(sentence("a number, a name or '('"))
        if token.kind == "number":
            return self.counted(token, number(read_number(token)))
        if token.kind == "(":
            inner = self.sum()
            self.need(")", sentence("an operator or ')'"))
            return inner
        if self.take("("):
            return self.call(token)
        if token.text in FUNCTIONS:
            raise FormulaError(
                self.token.at,
                sentence("expected '(' after {token}; {token2} was found.", token=token.text, token2=self.token.shown),
            )
        if token.text not in CONSTANTS:
            self.names.setdefault(token.text, token)
        return self.counted(token, name(token.text))

    def call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            raise FormulaError(
                token.at,
                sentence(
                    "there is no function called {token}; known are {functions}.",
                    token=token.shown,
                    functions=", ".join(sorted(FUNCTIONS)),
                ),
            )
        args = [self.comparison() if token.text == "where" else self.sum()]
        while self.take(","):
            args.append(self.sum())
        closing = self.need(")", sentence("an operator, ',' or ')'"))
        wanted = FUNCTIONS[token.text]
        if token.text in ("min", "max") and len(args) > wanted:
            made = args[0]
            for arg in args[1:]:
                made = self.node(token, token.text, made, arg)
            return made
        if len(args) != wanted:
            count = sentence("{wanted} argument{s}", wanted=wanted, s="s" if wanted > 1 else "")
            raise FormulaError(
                closing.at,
                sentence("{token} takes {count}; {args_count} were given.", token=token.text, count=count, args_count=len(args)),
            )
        return self.node(token, token.text, *args)

    def comparison(self) -> Node:
        left = self.sum()
        sign = self.take(*COMPARISONS)
        if sign is None:
            raise self.unexpected(sentence("a comparison: '<', '>', '<=' or '>='"))
        return self.node(sign, COMPARISONS[sign.kind], left, self.sum())
