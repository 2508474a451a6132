"""Typed, bounded, documented settings: the only place that knows what a hyper-parameter is.

A catalogue record declares its settings with `real`, `reals`, `whole`, `wholes`, `choice`, `flag`, `size`, `text`, `path` and
`part`. The form in the window, the range check and its wording, the file format, the reference page and the tests all derive from
them.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

from playground.errors import BadValue
from playground.words import sentence


@dataclasses.dataclass(frozen=True, kw_only=True)
class Field:
    """What one setting accepts and how it is shown.

    help: one sentence, for the tooltip and the reference page.  unit: "" for a pure number, else "px", "steps", ...
    live: may change while training runs (a real one then becomes a knob, read at every step).
    when: (another field of the record, the value, or a tuple of the values, that it must have for this one to count); forms hide it
    otherwise.
    """

    help: str
    label: str = ""
    unit: str = ""
    live: bool = False
    advanced: bool = False
    when: tuple[str, Any] | None = None

    @property
    def wanted(self) -> tuple[Any, ...]:
        """The values that the field named in `when` must have for this one to count; () for any."""
        if self.when is None:
            return ()
        return self.when[1] if isinstance(self.when[1], tuple) else (self.when[1],)

    def counts(self, record: Any) -> bool:
        """Whether it means anything with the record's other settings."""
        return self.when is None or getattr(record, self.when[0]) in self.wanted

    def check(self, name: str, value: Any) -> Any:
        """The value in its normal form. Raises BadValue with a sentence that names the field and its range."""
        raise NotImplementedError

    def wrong(self) -> Iterator[Any]:
        """Values that `check` must refuse; the suites attack every field with them."""
        yield object()

    def some(self, rng: random.Random) -> Any:
        """A small value that `check` takes; the suites try records with them."""
        raise NotImplementedError

    def dump(self, value: Any) -> Any:
        """The value as strict JSON."""
        return value

    def load(self, name: str, value: Any) -> Any:
        """The inverse of `dump`, checked."""
        return self.check(name, value)

    def title(self, name: str) -> str:
        return sentence(self.label or name.replace("_", " ").capitalize())


def is_finite(value: Any) -> bool:
    """Whether it is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def in_short(value: Any) -> str:
    """A value as a message shows it, at most 60 characters long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _found(values: Any, good: Callable[[Any], bool], counted: bool) -> str:
    """What was given: all of it, or where the count is right and the whole would not be shown, its first bad entry."""
    if counted and len(repr(values)) > 60:
        return next(
            sentence("entry {k} is {shown}.", k=k + 1, shown=in_short(value)) for k, value in enumerate(values) if not good(value)
        )
    return sentence("{shown} was given.", shown=in_short(values))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Real(Field):
    """A finite number from low to high. log: sliders move geometrically. off: the word for `low` when it means "not used"."""

    low: float = -math.inf
    high: float = math.inf
    log: bool = False
    off: str = ""

    def check(self, name: str, value: Any) -> float:
        if not is_finite(value) or not self.low <= value <= self.high:
            raise BadValue(
                sentence(
                    "{title} must lie in {low} to {high}; {shown} was given.",
                    title=self.title(name),
                    low=f"{self.low:g}",
                    high=f"{self.high:g}",
                    shown=in_short(value),
                )
            )
        return float(value)

    def wrong(self) -> Iterator[Any]:
        yield from (None, "1", True, math.nan, math.inf)
        if math.isfinite(self.low):
            yield self.low - 1
        if math.isfinite(self.high):
            yield self.high * 2 + 1

    def some(self, rng: random.Random) -> float:
        low = max(self.low, min(0.1, self.high))
        return rng.uniform(low, max(low, min(self.high, 1.0)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Whole(Field):
    """A whole number from low to high."""

    low: int = 0
    high: int = 2**31 - 1
    log: bool = False
    off: str = ""

    def check(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise BadValue(
                sentence(
                    "{title} must be a whole number in {low} to {high}; {shown} was given.",
                    title=self.title(name),
                    low=self.low,
                    high=self.high,
                    shown=in_short(value),
                )
            )
        return value

    def wrong(self) -> Iterator[Any]:
        yield from (None, "1", True, 1.5, self.low - 1, self.high + 1)

    def some(self, rng: random.Random) -> int:
        return min(self.high, max(self.low, rng.choice([1, 2, 3, 4, 6, 9, 17])))


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
class Size(Field):
    """A pair of whole numbers, height and width."""

    low: int = 1
    high: int = 4096

    def check(self, name: str, value: Any) -> tuple[int, int]:
        pair = isinstance(value, tuple | list) and len(value) == 2
        if not pair or not all(isinstance(n, int) and not isinstance(n, bool) and self.low <= n <= self.high for n in value):
            raise BadValue(
                sentence(
                    "{title} must be two whole numbers in {low} to {high}; {shown} was given.",
                    title=self.title(name),
                    low=self.low,
                    high=self.high,
                    shown=in_short(value),
                )
            )
        return (value[0], value[1])

    def wrong(self) -> Iterator[Any]:
        yield from (None, 3, (1,), (1.5, 2), (self.low - 1, self.low), (self.low, self.high + 1))

    def dump(self, value: Any) -> Any:
        return list(value)

    def some(self, rng: random.Random) -> tuple[int, int]:
        return (max(self.low, rng.randint(1, 3)), max(self.low, rng.randint(1, 3)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wholes(Field):
    """A short list of whole numbers, such as the extents of a reshape. between: what is shown between two of them."""

    low: int = 1
    high: int = 2**31 - 1
    most: int = 8
    between: str = "×"

    def check(self, name: str, value: Any) -> tuple[int, ...]:
        counted = isinstance(value, tuple | list) and 1 <= len(value) <= self.most
        if not counted or not all(map(self._fits, value)):
            raise BadValue(
                sentence(
                    "{title} must be 1 to {most} whole numbers in {low} to {high}; {found}",
                    title=self.title(name),
                    most=self.most,
                    low=self.low,
                    high=self.high,
                    found=_found(value, self._fits, counted),
                )
            )
        return tuple(value)

    def _fits(self, number: Any) -> bool:
        return isinstance(number, int) and not isinstance(number, bool) and self.low <= number <= self.high

    def wrong(self) -> Iterator[Any]:
        yield from (None, 3, (), (1.5,), (self.low - 1,), (1,) * (self.most + 1))

    def dump(self, value: Any) -> Any:
        return list(value)

    def some(self, rng: random.Random) -> tuple[int, ...]:
        chosen = rng.choice([(0,), (0, 1), (0, 2, 1), (2, 0, 3)])[: self.most]
        return tuple(min(self.high, max(self.low, n)) for n in chosen)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reals(Field):
    """A short list of finite numbers, such as one weight for each class. off: the word for an empty list, shown in its place."""

    low: float = -math.inf
    high: float = math.inf
    least: int = 0
    most: int = 8
    off: str = "none"

    def check(self, name: str, value: Any) -> tuple[float, ...]:
        counted = isinstance(value, tuple | list) and self.least <= len(value) <= self.most
        if not counted or not all(map(self._fits, value)):
            raise BadValue(
                sentence(
                    "{title} must be {least} to {most} numbers in {low} to {high}; {found}",
                    title=self.title(name),
                    least=self.least,
                    most=self.most,
                    low=f"{self.low:g}",
                    high=f"{self.high:g}",
                    found=_found(value, self._fits, counted),
                )
            )
        return tuple(float(n) for n in value)

    def _fits(self, number: Any) -> bool:
        return is_finite(number) and self.low <= number <= self.high

    def wrong(self) -> Iterator[Any]:
        yield from (None, 3, "1", ("1",), (True,), (math.nan,), (math.inf,), (1.0,) * (self.most + 1))
        if self.least:
            yield ()
        if math.isfinite(self.low):
            yield (self.low - 1,)
        if math.isfinite(self.high):
            yield (self.high * 2 + 1,)

    def dump(self, value: Any) -> Any:
        return list(value)

    def some(self, rng: random.Random) -> tuple[float, ...]:
        low = max(self.low, min(0.1, self.high))
        return tuple(rng.uniform(low, max(low, min(self.high, 1.0))) for _ in range(rng.randint(self.least, min(self.most, 4))))


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part(Field):
    """Another catalogue record of the given kind, such as the initialiser of a layer."""

    kind: str

    def check(self, name: str, value: Any) -> Any:
        if getattr(type(value), "kind", None) != self.kind:
            article = "an" if self.kind[0] in "aeio" else "a"
            raise BadValue(
                sentence(
                    "{title} must be {an} {kind} of the catalogue; {shown} was given.",
                    title=self.title(name),
                    an=article,
                    kind=sentence(self.kind),
                    shown=in_short(value),
                )
            )
        return value

    def dump(self, value: Any) -> Any:
        from playground.core import registry

        return registry.dump(value)

    def load(self, name: str, value: Any) -> Any:
        from playground.core import registry

        return self.check(name, registry.load(value, self.kind))

    def wrong(self) -> Iterator[Any]:
        yield from (None, 1, "sgd")

    def some(self, rng: random.Random) -> Any:
        from playground.core import registry

        return rng.choice(registry.entries(self.kind))()


def real(default: float, **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Real(**k)})


def whole(default: int, **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Whole(**k)})


def choice(default: str, options: dict[str, str], **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Choice(options=options, **k)})


def flag(default: bool, **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Flag(**k)})


def size(default: tuple[int, int], **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Size(**k)})


def wholes(default: tuple[int, ...], **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Wholes(**k)})


def reals(default: tuple[float, ...] = (), **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Reals(**k)})


def text(default: str = "", **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Text(**k)})


def formula(default: str, **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Formula(**k)})


def path(default: str = "", **k: Any) -> Any:
    return dataclasses.field(default=default, metadata={"field": Path(**k)})


def part(kind: str, default: str | Callable[[], Any], **k: Any) -> Any:
    """A nested record; default: its id, or a function that makes it."""

    def made() -> Any:
        from playground.core import registry

        return registry.find(kind, default)() if isinstance(default, str) else default()

    return dataclasses.field(default_factory=made, metadata={"field": Part(kind=kind, **k)})


def fields_of(spec: Any) -> dict[str, Field]:
    """Name -> field of a record or of its class, in the order of declaration."""
    return {f.name: f.metadata["field"] for f in dataclasses.fields(spec) if "field" in f.metadata}
