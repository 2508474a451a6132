"""What is asked of the weights themselves, whatever the optimizer: penalties and constraints, as instructions around its update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from playground.engine.emit import Instruction


class Penalty:
    """What happens to parameters that decay, before and after the update of their run, and to whole tensors at the end.

    id: permanent; the catalogue's penalty of the same id has `knobs` as its live fields.  The strength of a node's penalty is
    multiplied by its decay factor.
    """

    id: ClassVar[str]
    knobs: ClassVar[tuple[str, ...]] = ()
    #: Whether it works before the update, after it, or on whole tensors in a stage after the update.
    places: ClassVar[tuple[str, ...]] = ()
    #: The knob, if any, with the share of the weights that the update adds to the gradient, after clipping, as it reads it.
    coupled: ClassVar[str] = ""

    def instruction(
        self, place: str, value: int, gradient: int, n: int, rate: Sequence[int], knobs: Mapping[str, int], decay_factor: int
    ) -> Instruction:
        """Words of the kernel "<id>_<place>": value gradient n | knobs rate factor, then `knobs` in order, then the decay factor.

        place: "before" or "after".  value, gradient: F indices of n numbers.  rate: two knobs that are multiplied.
        """
        return (f"{self.id}_{place}", value, gradient, n, *rate, *(knobs[name] for name in self.knobs), decay_factor)

    def whole(self, value: int, rows: int, columns: int, first: int, last: int, knobs: Mapping[str, int]) -> Instruction:
        """For the columns first .. last of a tensor seen as a matrix; its last axis is that of the columns."""
        return (f"{self.id}_whole", value, rows, columns, first, last, *(knobs[name] for name in self.knobs))

    def rows(
        self, value: int, outer: int, rows: int, columns: int, parts: int, first: int, last: int, knobs: Mapping[str, int]
    ) -> Instruction:
        """The same for the rows first .. last of a tensor (outer, rows, columns), whose columns lie in equal parts, each by itself."""
        return (f"{self.id}_rows", value, outer, rows, columns, parts, first, last, *(knobs[name] for name in self.knobs))

    def reference(self, value: np.ndarray, numbers: Mapping[str, float], rate: float) -> None:
        """What it does after an update, in plain NumPy and in place, to the weights of a tensor; nothing where it works before."""

    def gradient(self, value: np.ndarray, numbers: Mapping[str, float]) -> np.ndarray | float:
        """What the update adds to the gradient for it."""
        return 0.0

    def shrink(self, numbers: Mapping[str, float], rate: float) -> float:
        """What it multiplies the weights by before an update."""
        return 1.0
