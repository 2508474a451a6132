"""Slice."""

from __future__ import annotations

from playground.core.axes import axis_field, resolved
from playground.core.builder import Builder
from playground.core.fields import flag, whole
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import meant, sentence

MOST = 1_000_000


@register("slice", title="Slice", group="Pool and shape", icon="slice", tail="part of an axis")
class Slice(Layer):
    """Takes some entries of one axis and leaves the others out.

    Shapes: x (..., n, ...) -> (..., count, ...), or without that axis where a single entry is taken and `drop` is on.
    Entries start, start + step, start + 2·step, ... are taken; a negative start counts from the end, so -1 is the last step.
    """

    axis: int = axis_field(-1, "Along which axis: 0 is the first after the batch, -1 the last.")
    start: int = whole(0, low=-MOST, high=MOST, help="The first entry taken; negative ones count from the end.")
    count: int = whole(1, low=0, high=MOST, off="all", help="How many entries are taken; 0 takes all up to the end.")
    step: int = whole(
        1, low=1, high=MOST, advanced=True, label=meant("Step", "between entries"), help="From one entry taken to the next."
    )
    drop: bool = flag(False, help="Whether the axis goes away when a single entry is taken.")

    passes = "always"
    formula = "y[..., k, ...] = x[..., start + k·step, ...]"
    source = "Python Language Reference, slicings; PyTorch: torch.narrow"
    examples = (
        ("feature", {"start": 1}, ((5,),)),
        ("last step", {"axis": 0, "start": -1, "drop": True}, ((4, 3),)),
        ("rows", {"axis": 0, "start": 1, "count": 3}, ((5, 2, 3),)),
        ("columns", {"axis": 1, "start": 1, "count": 0}, ((3, 5, 2),)),
        ("every other column", {"axis": 1, "count": 0, "step": 2}, ((3, 5, 2),)),
        ("channels", {"start": 2, "count": 2}, ((3, 5, 7),)),
        ("every third channel", {"start": -7, "count": 3, "step": 3}, ((3, 2, 7),)),
        ("many", {"start": 3, "count": 17}, ((2, 37),)),
        ("one number", {"drop": True}, ((1,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        axis = resolved(self.axis, len(x.shape))
        n = x.shape[axis]
        start = self.start + n if self.start < 0 else self.start
        if not 0 <= start < n:
            raise ShapeError(
                sentence(
                    "needs a start within the axis, which has {n} {entries}.",
                    n=n,
                    entries=sentence("entry") if n == 1 else sentence("entries"),
                ),
                "set start 0",
            )
        most = -(-(n - start) // self.step)
        if self.count > most:
            raise ShapeError(
                sentence(
                    "needs at most {most} {entries} from there on.",
                    most=most,
                    entries=sentence("entry") if most == 1 else sentence("entries"),
                ),
                "set count 0",
            )
        taken: dict[str, int] = {"axis": axis, "start": start, "count": self.count or most, "step": self.step}
        y = g.op("slice", x, **taken)
        if x.mask is not None:
            y = g.masked(y, g.op("slice", x.mask, **taken) if axis == 0 else x.mask)
        rest = (*y.shape[:axis], *y.shape[axis + 1 :])
        return g.op("reshape", y, shape=rest) if self.drop and y.shape[axis] == 1 and rest else y

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        if self.count == 1:
            return sentence("entry {start} of axis {axis}", start=self.start, axis=self.axis)
        return sentence(
            "{count} from {start}, axis {axis}", count=self.count or sentence("all"), start=self.start, axis=self.axis
        )
