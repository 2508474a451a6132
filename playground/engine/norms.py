"""What the normalisations share: masks of steps, results under a mask, gradients of gain and shift added up from all chains."""

from __future__ import annotations

from collections.abc import Sequence

from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import inline
from playground.engine.moves import sum_copies
from playground.engine.vocabulary import load, store, where


@inline
def is_absent(F, mask, steps, per, s, position):
    """Does a mask of steps leave this position of sample s out?  per: positions of one step."""
    return mask != 0 and F[mask + s * steps + position // per] == 0.0


@inline
def present_positions(F, mask, steps, per, s, positions):
    """How many positions of sample s count."""
    if mask == 0:
        return positions
    found = 0
    for t in range(steps):
        if F[mask + s * steps + t] != 0.0:
            found += per
    return found


@inline
def put(F, at, n, v, x, mask, add):
    """F[at:] (+)= v, or 0 where x is 0 and counts as a mask."""
    if add:
        v = v + load(F, at, n)
    if mask:
        v = where(x == 0.0, 0.0, v)
    store(F, at, n, v)


def mask_words(e: Emit, node: OpNode, f: Frame, mask: Ref | None) -> list[Word]:
    """mask (0: none), steps, positions of a step: of an op's first input."""
    if mask is None:
        return [0, 0, 1]
    type = e.graph.values[node.inputs[0]].type
    return [f.at(mask), type.shape[0], type.count // (type.shape[0] * type.shape[-1])]


def add_up_gradients(e: Emit, sums: Ref, wanted: Sequence[Ref | None], n: int) -> None:
    """Partial gradients of some parameters of n numbers each, one after the other in every chain's copy, added in order.

    wanted: where the gradient of each goes, or None where nobody needs it.
    """
    targets = [(ref, at * n, not e.begin(ref)) for at, ref in enumerate(wanted) if ref is not None]

    def make(f: Whole) -> list[list[Instruction]]:
        first, copies, apart = f.partials(sums)
        return [[sum_copies(first + at, copies, apart, f.at(ref), n, add=add) for ref, at, add in targets]]

    e.whole(make, reads=[sums], writes=[ref for ref, _, _ in targets])
