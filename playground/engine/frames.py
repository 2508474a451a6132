"""Frames: what a task's `make` sees of the plan. Implements `emit.Frame` and `emit.Whole` over placed storage."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from playground.engine.emit import Place, Ref, Rows
from playground.engine.first_fit import aligned
from playground.engine.storage import Storage


@dataclasses.dataclass(frozen=True)
class Addresses:
    """F indices of what has a fixed place: parameters, statistics, their gradients, the scalar loss."""

    values: Mapping[int, int]
    gradients: Mapping[int, int]

    def of(self, ref: Ref) -> int | None:
        if ref.role == "value":
            return self.values.get(ref.index)
        return self.gradients.get(ref.index) if ref.role == "gradient" else None


@dataclasses.dataclass(frozen=True)
class RowFrame:
    """Rows r0 … r0 + cap of the batch on one chain. block: its number among all blocks."""

    storage: Storage
    fixed: Addresses
    chain: int
    r0: int
    cap: int
    first: bool
    block: int
    by_block: bool

    @property
    def rows(self) -> Rows:
        return Rows(self.r0, self.cap)

    def at(self, ref: Ref) -> int:
        found = self.fixed.of(ref)
        return self.storage.row(ref, self.chain, self.r0, self.r0) if found is None else found

    def place(self, ref: Ref) -> Place:
        return self.storage.place(ref)

    def partial(self, ref: Ref) -> int:
        asked = self.storage.emit.partial_results[ref.index]
        copy = self.block if asked.per == "block" and self.by_block else self.chain
        return self.storage.base(ref, self.chain) + copy * aligned(asked.floats)

    def scratch(self) -> int:
        return self.storage.scratch(self.chain)


@dataclasses.dataclass(frozen=True)
class WholeFrame:
    """All rows of the batch."""

    storage: Storage
    fixed: Addresses
    parts: tuple[RowFrame, ...]

    @property
    def chains(self) -> int:
        return len(self.parts)

    @property
    def rows(self) -> Rows:
        return Rows(0, sum(part.cap for part in self.parts))

    @property
    def rows_at_once(self) -> RowFrame:
        """All rows as one frame."""
        return RowFrame(self.storage, self.fixed, 0, 0, self.rows.cap, True, 0, False)

    def at(self, ref: Ref) -> int:
        found = self.fixed.of(ref)
        return self.storage.row(ref, 0, 0, 0) if found is None else found

    def place(self, ref: Ref) -> Place:
        return self.storage.place(ref)

    def partials(self, ref: Ref) -> tuple[int, int, int]:
        asked = self.storage.emit.partial_results[ref.index]
        by_block = asked.per == "block" and self.storage.partial_grain[ref.index] == "block"
        return self.storage.base(ref, 0), self.storage.blocks if by_block else self.chains, aligned(asked.floats)

    def rooms(self, lists: int) -> list[int]:
        return [self.storage.scratch(n) if lists == self.chains else 0 for n in range(lists)]

    def split(self, n: int, grain: int = 8) -> list[tuple[int, int]]:
        return split(n, self.chains, grain)


def split(n: int, parts: int, grain: int) -> list[tuple[int, int]]:
    """At most `parts` ranges of n in multiples of grain."""
    per = -(-n // (parts * grain)) * grain
    return [(a, min(a + per, n)) for a in range(0, n, per)]
