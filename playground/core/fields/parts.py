"""Settings that are records of the catalogue themselves."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

from playground.core.fields.base import Field, in_short
from playground.errors import BadValue
from playground.words import sentence


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
