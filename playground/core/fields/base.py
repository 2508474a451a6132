"""What every kind of setting has, and how a refused value is shown."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

from playground.words import Sentence, sentence


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

    def nearest(self, value: Any) -> Any | None:
        """The value that `check` takes and that lies nearest to one that it refuses; None where nothing lies near."""
        return None

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
        return self.label if isinstance(self.label, Sentence) else sentence(self.label or name.replace("_", " ").capitalize())


def is_finite(value: Any) -> bool:
    """Whether it is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def in_short(value: Any) -> str:
    """A value as a message shows it, at most 60 characters long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def found(values: Any, good: Callable[[Any], bool], counted: bool) -> str:
    """What was given: all of it, or where the count is right and the whole would not be shown, its first bad entry."""
    if counted and len(repr(values)) > 60:
        return next(
            sentence("entry {k} is {shown}.", k=k + 1, shown=in_short(value)) for k, value in enumerate(values) if not good(value)
        )
    return sentence("{shown} was given.", shown=in_short(values))
