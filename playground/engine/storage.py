"""Where every reference of a program lies: batch-wide, or private to a chain, or private to a chain and reused for each block.

A value whose row tasks all fall into one block segment needs room for one block of rows only; within one level, for the chain's
part of the batch; across levels, or when a whole task touches it, for the whole batch. Values with a halo keep their memory for
themselves, because the zeros around them are written once, when the arena is made.
"""

from __future__ import annotations

import dataclasses

from playground.engine.emit import Emit, Place, Ref
from playground.engine.first_fit import Span, aligned, fit
from playground.engine.graph import TENSORS
from playground.engine.schedule import Level, Segment
from playground.engine.simplify import Simplified

#: A block of rows is chosen so that its largest activation has about so many numbers: it stays in a second-level cache.
BLOCK_NUMBERS = 160_000
#: The same for sequences, whose ops keep several activations of a block at hand; but weights are read anew for every block, so it
#: has at least so many positions.
BLOCK_SEQUENCE, BLOCK_POSITIONS = 65_536, 256


@dataclasses.dataclass(frozen=True)
class Part:
    """A chain's rows of the batch: from `start`, `cap` of them, in blocks (start, cap)."""

    start: int
    cap: int
    blocks: tuple[tuple[int, int], ...]


@dataclasses.dataclass
class Store:
    """One piece of storage. scope: "batch", "chain", "block" or "partial"; halo: never shared; at: its place, relative to its region."""

    ref: Ref
    step: int
    scope: str
    start: int
    end: int
    halo: bool
    at: int = -1


class Roots:
    """The storage behind a reference."""

    def __init__(self, simple: Simplified) -> None:
        self.simple = simple

    def __call__(self, ref: Ref) -> Ref:
        if ref.role == "value":
            return Ref("value", self.simple.root.get(ref.index, ref.index))
        if ref.role == "gradient":
            return Ref("gradient", self.simple.gradient_root.get(ref.index, ref.index))
        return ref


def block_rows(simple: Simplified) -> int:
    """Samples of a block whose largest activation stays in cache: of images, and of sequences."""
    found = [1 << 40]
    for index, place in simple.places.items():
        shape = simple.graph.values[index].type.shape
        if place.lines > 1:
            found.append(BLOCK_NUMBERS // place.step)
        elif len(shape) == 2:
            found.append(max(BLOCK_SEQUENCE // place.step, BLOCK_POSITIONS // shape[0]))
    return max(1, min(found))


def split_batch(batch: int, chains: int, most: int) -> tuple[Part, ...]:
    """Equal parts for the chains, each in blocks of at most so many samples."""
    per = -(-batch // chains)
    block = min(per, most)
    parts = []
    for start in range(0, batch, per):
        cap = min(per, batch - start)
        parts.append(Part(start, cap, tuple((b, min(block, start + cap - b)) for b in range(start, start + cap, block))))
    return tuple(parts)


class Storage:
    """Decides scope and place of everything that a program's tasks name, except parameters, statistics and their gradients.

    keep: give every value its own batch-wide memory, so that all of them can be read after the program has run.
    host: storage of another program over the same graph, never run at the same time: a haloed value lies in the host's memory for
    that value, whose zeros are in the same places.
    """

    def __init__(
        self,
        simple: Simplified,
        emit: Emit,
        levels: list[Level],
        parts: tuple[Part, ...],
        *,
        keep: bool = False,
        host: Storage | None = None,
    ) -> None:
        self.host = host
        self.simple, self.emit, self.parts, self.root = simple, emit, parts, Roots(simple)
        self.fixed = {v.index for v in simple.graph.values if v.kind in (*TENSORS, "scalar")}
        self.partial_grain: dict[int, str] = {}
        self.stores: dict[Ref, Store] = {}
        self._collect(levels, keep)
        self.rows_per_part = max(part.cap for part in parts)
        self.rows_per_block = max(cap for part in parts for _, cap in part.blocks)
        self.blocks = sum(len(part.blocks) for part in parts)
        self._place()

    def _collect(self, levels: list[Level], keep: bool) -> None:
        moment = 0
        touched: dict[Ref, list[tuple[int, int, int, Segment | None]]] = {}
        bounds: dict[int, tuple[int, int]] = {}
        for number, level in enumerate(levels):
            level_start = moment
            for segment in level.segments:
                first = moment
                for task in segment.tasks:
                    for ref in (*task.reads, *task.writes):
                        if ref.role == "partial" and ref in task.writes:
                            self.partial_grain[ref.index] = segment.grain
                        touched.setdefault(self.root(ref), []).append((moment, number, id(segment), segment))
                    moment += 1
                bounds[id(segment)] = (first, moment - 1)
            for task in level.whole:
                for ref in (*task.reads, *task.writes):
                    touched.setdefault(self.root(ref), []).append((moment, number, 0, None))
            moment += 1
            bounds[-1 - number] = (level_start, moment - 1)
        for ref, uses in touched.items():
            if ref.index in self.fixed and ref.role in ("value", "gradient"):
                continue
            self.stores[ref] = self._store(ref, uses, bounds, keep)

    def _store(
        self, ref: Ref, uses: list[tuple[int, int, int, Segment | None]], bounds: dict[int, tuple[int, int]], keep: bool
    ) -> Store:
        moments = [use[0] for use in uses]
        numbers, segments = {use[1] for use in uses}, {use[2] for use in uses}
        last = 1 << 40
        if ref.role == "partial":
            start, end = bounds[-1 - min(numbers)][0], bounds[-1 - max(numbers)][1]
            asked = self.emit.partial_results[ref.index]
            return Store(ref, asked.floats, "partial", start, end, asked.lasting)
        place = self.place(ref)
        haloed = place.halo != (0, 0)
        if keep or len(numbers) > 1 or any(use[3] is None for use in uses):
            scope, start, end = "batch", bounds[-1 - min(numbers)][0], bounds[-1 - max(numbers)][1]
        elif len(segments) == 1 and uses[0][3] is not None and uses[0][3].grain == "block":
            scope, start, end = "block", min(moments), max(moments)
        else:
            scope = "chain"
            start = min(bounds[use[2]][0] if use[3] is not None and use[3].grain == "block" else use[0] for use in uses)
            end = max(bounds[use[2]][1] if use[3] is not None and use[3].grain == "block" else use[0] for use in uses)
        if haloed or keep:
            start, end = -1, last
        return Store(ref, place.step, scope, start, end, haloed)

    def _floats(self, store: Store) -> int:
        if store.scope == "partial":
            per_block = (
                self.emit.partial_results[store.ref.index].per == "block" and self.partial_grain[store.ref.index] == "block"
            )
            return aligned(store.step) * (self.blocks if per_block else len(self.parts))
        rows = {"batch": sum(p.cap for p in self.parts), "chain": self.rows_per_part, "block": self.rows_per_block}[store.scope]
        return store.step * rows

    def _place(self) -> None:
        """Offsets: haloed batch values, then haloed chain values (region by region), the shared pool, the chains' shared pools."""
        wide = [s for s in self.stores.values() if s.scope in ("batch", "partial")]
        near = [s for s in self.stores.values() if s.scope in ("chain", "block")]
        self.static_floats = self._stack([s for s in wide if s.halo])
        self.static_region = self._stack([s for s in near if s.halo and not self._hosted(s)])
        self.pool_floats = self._fit([s for s in wide if not s.halo])
        self.region_floats = self._fit([s for s in near if not s.halo])
        self.scratch_floats = aligned(self.emit.scratch_floats)

    def _stack(self, stores: list[Store]) -> int:
        top = 0
        for store in stores:
            store.at = top
            top += aligned(self._floats(store))
        return top

    def _fit(self, stores: list[Store]) -> int:
        spans = [Span(s.ref, s.start, s.end, self._floats(s)) for s in stores]
        at, top = fit(spans)
        for store in stores:
            store.at = at[store.ref]
        return top

    @property
    def spans(self) -> list[Span]:
        """Life spans of everything, in numbers for the whole batch; for the comparison with the lower bound."""
        chains = len(self.parts)
        return [
            Span(s.ref, s.start, s.end, self._floats(s) * (1 if s.scope in ("batch", "partial") else chains))
            for s in self.stores.values()
        ]

    @property
    def static_total(self) -> int:
        return self.static_floats + self.static_region * len(self.parts)

    @property
    def pool_total(self) -> int:
        return self.pool_floats + (self.region_floats + self.scratch_floats) * len(self.parts)

    def settle(self, static: int, pool: int) -> None:
        """Fix the F indices of the two regions."""
        self.static_at, self.pool_at = static, pool

    def base(self, ref: Ref, chain: int) -> int:
        """F index of a store's first number, for this chain."""
        store = self.stores[self.root(ref)]
        if store.scope in ("batch", "partial"):
            return (self.static_at if store.halo else self.pool_at) + store.at
        if store.halo and self._hosted(store):
            assert self.host is not None
            return self.host.row_base(ref, chain)
        if store.halo:
            return self.static_at + self.static_floats + chain * self.static_region + store.at
        return self.pool_at + self.pool_floats + chain * self.region_floats + store.at

    def _hosted(self, store: Store) -> bool:
        """Has the host a haloed store for this value with at least as many rows on every chain?"""
        found = None if self.host is None else self.host.stores.get(store.ref)
        return found is not None and found.halo and (found.scope in ("batch", "chain") or store.scope == "block")

    def row_base(self, ref: Ref, chain: int) -> int:
        """F index of the first number, halo included, of the chain's first row."""
        store = self.stores[self.root(ref)]
        return self.base(ref, chain) + (self.parts[chain].start * store.step if store.scope == "batch" else 0)

    def scratch(self, chain: int) -> int:
        return self.pool_at + self.pool_floats + len(self.parts) * self.region_floats + chain * self.scratch_floats

    def row(self, ref: Ref, chain: int, row: int, block_start: int) -> int:
        """F index of the first interior number of a row of the batch."""
        store = self.stores[self.root(ref)]
        first = {"batch": 0, "chain": self.parts[chain].start, "block": block_start}[store.scope]
        place = self.place(ref)
        inside = place.halo[0] * place.pitch + place.halo[1] * place.channels
        return self.base(ref, chain) + (row - first) * store.step + inside

    def place(self, ref: Ref) -> Place:
        if ref.role == "kept":
            n = aligned(self.emit.kept_numbers[ref.index])
            return Place(n, n, 1, n, n, 1)
        return self.simple.places[ref.index]
