"""Padding."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, real, wholes
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence, within

MODES = {
    "constant": "A fixed number.",
    "edge": "The outermost entry, again and again.",
    "reflect": "The entries mirrored at the outermost one, which is not repeated.",
    "wrap": "The entries of the other end.",
}


@register("pad", title="Pad", group="Pool and shape", icon="pad", tail="a border around")
class Pad(Layer):
    """Puts more entries in front of and behind those of each axis.

    Shapes: x (n0, n1, ...) -> (before 0 + n0 + after 0, ...). Amounts go axis by axis from the first after the batch; axes that are
    not named get none, so that 1, 1 is a border around an image. PyTorch calls edge "replicate" and wrap "circular", and counts
    its axes from the last.
    """

    before: tuple[int, ...] = wholes(
        (1, 1), low=0, high=4096, most=6, between=",", help="How many entries go in front, axis by axis."
    )
    after: tuple[int, ...] = wholes(
        (1, 1), low=0, high=4096, most=6, between=",", help="How many entries go behind, axis by axis."
    )
    mode: str = choice("constant", MODES, help="What the new entries hold.")
    value: float = real(0.0, low=-1e6, high=1e6, when=("mode", "constant"), help="The number that is put in.")

    formula = "y[before + i] = x[i]"
    source = "ONNX operator Pad; PyTorch: torch.nn.functional.pad"
    examples = (
        ("image", {}, ((3, 5, 2),)),
        ("uneven image", {"before": (0, 2), "after": (1, 0), "value": 0.5}, ((3, 2, 3),)),
        ("channels too", {"before": (1, 0, 2), "after": (0, 0, 1)}, ((2, 3, 5),)),
        ("sequence", {"before": (2,), "after": (0,)}, ((4, 3),)),
        ("features", {"before": (1,), "after": (17,), "value": -1.0}, ((5,),)),
        ("edge", {"before": (2, 1), "after": (0, 3), "mode": "edge"}, ((3, 2, 3),)),
        ("reflect", {"before": (2, 1), "after": (1, 2), "mode": "reflect"}, ((3, 4, 2),)),
        ("reflected features", {"before": (4,), "after": (3,), "mode": "reflect"}, ((5,),)),
        ("wrap", {"before": (1, 2, 1), "after": (3, 0, 2), "mode": "wrap"}, ((3, 2, 5),)),
        ("none", {"before": (0,), "after": (0,), "mode": "edge"}, ((3,),)),
        ("one pixel", {"mode": "edge"}, ((1, 1, 1),)),
        ("six axes", {"before": (1, 0, 1, 0, 2, 1), "after": (0, 1, 0, 1, 0, 1)}, ((2, 1, 3, 2, 1, 2),)),
        ("six axes, wrapped", {"before": (1, 0, 1, 0, 1, 2), "after": (0, 1, 0, 1, 0, 0), "mode": "wrap"}, ((2, 1, 3, 2, 1, 2),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        rank = len(x.shape)
        if max(len(self.before), len(self.after)) > rank:
            name, where = ("before", sentence("in front")) if len(self.before) > rank else ("after", sentence("behind"))
            raise ShapeError(
                sentence(
                    "has amounts {where} for {getattr_count} axes, and its input has {rank}.",
                    where=where,
                    getattr_count=len(getattr(self, name)),
                    rank=rank,
                ),
                f"set {name} {[1] * rank}" if rank else "",
            )
        before = (*self.before, *[0] * (rank - len(self.before)))
        after = (*self.after, *[0] * (rank - len(self.after)))
        y = g.op("pad", x, before=before, after=after, mode=self.mode, value=self.value)
        if x.mask is not None:  # steps that are put in by a number are absent, copies of steps are what those are
            mask = g.op("pad", x.mask, before=before[:1], after=after[:1], mode=self.mode, value=0.0)
            y = g.masked(y, mask if before[0] or after[0] else x.mask)
        return y

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        if self.mode != "constant":
            return within(self.mode)
        return sentence("with {value}", value=f"{self.value:g}")
