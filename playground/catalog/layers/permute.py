"""Permute."""

from __future__ import annotations

from playground.core.axes import MOST_AXES
from playground.core.builder import Builder
from playground.core.fields import wholes
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("permute", title="Permute", group="Pool and shape", icon="permute", tail="axes in another order")
class Permute(Layer):
    """Puts the axes of a sample in another order.

    Shapes: x (n0, n1, ...) -> (n of order 0, n of order 1, ...). Axes are counted from 0 without the batch; Keras counts from 1,
    PyTorch with the batch as 0. For an image 2, 0, 1 puts channels first.
    """

    order: tuple[int, ...] = wholes(
        (1, 0), low=0, high=5, most=6, between=",", help="The axes of the input, in the order of the output's."
    )

    passes = "always"
    formula = "y[i of order 0, i of order 1, ...] = x[i0, i1, ...]"
    source = "ONNX operator Transpose; PyTorch: torch.permute"
    examples = (
        ("sequence", {}, ((4, 3),)),
        ("long sequence", {}, ((33, 18),)),
        ("channels first", {"order": (2, 0, 1)}, ((3, 2, 5),)),
        ("turned image", {"order": (1, 0, 2)}, ((3, 4, 3),)),
        ("all turned", {"order": (2, 1, 0)}, ((2, 3, 17),)),
        ("same", {"order": (0, 1, 2)}, ((3, 1, 2),)),
        ("four axes", {"order": (3, 1, 0, 2)}, ((2, 3, 5, 4),)),
        ("two groups", {"order": (2, 3, 0, 1)}, ((2, 3, 4, 5),)),
        ("one number", {"order": (1, 0)}, ((1, 1),)),
        ("vector", {"order": (0,)}, ((5,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        rank = len(x.shape)
        if sorted(self.order) != list(range(rank)):
            raise ShapeError(
                sentence(
                    "needs each axis of its input once: a permutation of {map}.",
                    map=", ".join(map(str, range(rank))) or sentence("no axes"),
                ),
                f"set order {[1, 0, *range(2, rank)][:rank] if rank > 1 else [0]}" if 0 < rank <= MOST_AXES else "",
            )
        y = g.op("permute", x, order=tuple(self.order))
        return g.masked(y, x.mask) if self.order[0] == 0 and x.mask is not None else y

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("order {map}", map=" ".join(map(str, self.order)))
