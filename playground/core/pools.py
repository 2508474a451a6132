"""What layers of sliding windows without weights share: settings, shapes, and what a mask of steps becomes."""

from __future__ import annotations

import dataclasses
from typing import Any

from playground.core.builder import Builder
from playground.core.fields import choice, flag, size, whole
from playground.core.spec import Layer
from playground.core.tensor import Value
from playground.core.window import (
    PADDING,
    POOL_PADDING,
    blind,
    overhang,
    padding_for,
    shown,
    step_padding_for,
    windows,
    windows_of_steps,
)
from playground.errors import ShapeError
from playground.words import sentence

Examples = tuple[tuple[str, dict[str, object], tuple[tuple[int, ...], ...]], ...]

#: Settings and inputs that every pool of steps is tried with.
STEP_EXAMPLES: Examples = (
    ("plain", {}, ((6, 3),)),
    ("odd length", {}, ((7, 2),)),
    ("overlapping, same", {"kernel": 3, "stride": 1, "padding": "same"}, ((5, 3),)),
    ("explicit", {"kernel": 3, "stride": 2, "padding": "explicit", "amount": 1}, ((6, 2),)),
    ("overlapping, valid", {"kernel": 3, "stride": 1}, ((6, 2),)),
    ("one step", {"kernel": 1, "stride": 1}, ((1, 5),)),
    ("one step, same", {"kernel": 3, "stride": 2, "padding": "same"}, ((1, 3),)),
    ("stride beyond kernel", {"kernel": 2, "stride": 5}, ((9, 2),)),
    ("many channels", {}, ((4, 19),)),
    ("a last window cut short", {"kernel": 3, "stride": 2, "partial": True}, ((6, 3),)),
    ("more stride than is left", {"kernel": 2, "stride": 4, "padding": "explicit", "amount": 1, "partial": True}, ((5, 2),)),
)
#: And every pool of pixels.
IMAGE_EXAMPLES: Examples = (
    ("plain", {}, ((4, 6, 3),)),
    ("odd image", {}, ((5, 7, 2),)),
    ("overlapping, same", {"kernel": (3, 2), "stride": (1, 2), "padding": "same"}, ((4, 5, 3),)),
    ("explicit", {"kernel": (3, 3), "stride": (2, 1), "padding": "explicit", "amount": (1, 0)}, ((5, 4, 2),)),
    ("stride 1, same", {"kernel": (3, 3), "stride": (1, 1), "padding": "same"}, ((4, 3, 2),)),
    ("one pixel", {"kernel": (1, 1), "stride": (1, 1)}, ((1, 1, 5),)),
    ("stride beyond kernel", {"kernel": (2, 1), "stride": (3, 4)}, ((8, 9, 2),)),
    ("many channels", {}, ((4, 2, 19),)),
    ("last windows cut short", {"kernel": (3, 2), "partial": True}, ((6, 5, 3),)),
    ("padded and cut short", {"kernel": (2, 3), "stride": (3, 2), "padding": "explicit", "partial": True}, ((4, 6, 2),)),
)
#: Settings and inputs that a pool of dilated windows is tried with besides.
DILATED_STEPS: Examples = (
    ("dilated", {"kernel": 3, "stride": 1, "dilation": 2}, ((9, 3),)),
    ("dilated, same", {"kernel": 3, "stride": 2, "padding": "same", "dilation": 3}, ((5, 2),)),
    ("dilated, one step", {"kernel": 3, "padding": "same", "dilation": 4}, ((1, 3),)),
    (
        "dilated, padded and cut short",
        {"kernel": 2, "stride": 3, "padding": "explicit", "amount": 2, "dilation": 3, "partial": True},
        ((6, 17),),
    ),
    ("dilated, stride beyond kernel", {"kernel": 2, "stride": 6, "dilation": 2}, ((15, 2),)),
)
DILATED_IMAGES: Examples = (
    ("dilated", {"kernel": (2, 3), "stride": (1, 1), "dilation": (3, 2)}, ((6, 7, 3),)),
    ("dilated, same", {"kernel": (3, 3), "stride": (2, 1), "padding": "same", "dilation": (2, 4)}, ((5, 3, 2),)),
    ("dilated, one pixel", {"kernel": (3, 1), "padding": "same", "dilation": (5, 7)}, ((1, 1, 3),)),
    (
        "dilated, padded and cut short",
        {"kernel": (2, 3), "stride": (3, 2), "padding": "explicit", "amount": (1, 1), "dilation": (2, 1), "partial": True},
        ((6, 5, 17),),
    ),
    ("dilated, stride beyond kernel", {"kernel": (2, 1), "stride": (5, 3), "dilation": (2, 2)}, ((9, 8, 2),)),
)


def partial_field(where: str) -> Any:
    return flag(
        False, advanced=True, label="Partial windows", help=f"Take a last window that reaches over {where} too (ceil_mode)."
    )


def counted_field() -> Any:
    return flag(
        True,
        advanced=True,
        label="Count padding",
        when=("padding", "explicit"),
        help="Take padding into the mean as zeros (count_include_pad).",
    )


def uncounted(fields: dict[str, Any]) -> dict[str, Any]:
    """Settings of a time when padding was never counted."""
    return {**fields, "counted": False}


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepPool(Layer):
    """Something of every window of steps."""

    kernel: int = whole(2, low=1, high=4096, unit="steps", help="How many steps a window sees.")
    stride: int = whole(2, low=1, high=4096, unit="steps", help="Steps from one window to the next.")
    padding: str = choice("valid", POOL_PADDING, help="How far windows may reach over the ends.")
    amount: int = whole(
        1,
        low=0,
        high=4095,
        unit="steps",
        label="Padding amount",
        when=("padding", "explicit"),
        help="Steps before and after the sequence.",
    )
    partial: bool = partial_field("the end")

    def pooled(self, g: Builder, op: str, x: Value, *, counted: bool = False, dilation: int = 1) -> Value:
        """The op over x; a window is absent where all of its steps are. Raises ShapeError. Shapes: (time, c) -> (time', c).

        counted: padding is zeros like any other, unless steps are masked.  dilation: of ops whose windows have gaps.
        """
        if len(x.shape) != 2:
            raise ShapeError(sentence("needs a sequence: time×channels."), "sequence")
        reach = dilation * (self.kernel - 1) + 1
        if self.padding == "explicit" and self.amount >= reach:
            raise _padding_alone()
        before, after = step_padding_for(self.padding, self.amount, x.shape[0], self.kernel, self.stride, dilation)
        over = overhang(x.shape[0], reach, self.stride, (before, after)) if self.partial else 0
        if counted and x.mask is None and (before or after):
            x, before, after = g.op("pad", x, before=(before, 0), after=(after, 0), mode="constant", value=0.0), 0, 0
        padding = (before, after + over)
        count = windows_of_steps(x.shape[0], self.kernel, self.stride, padding, dilation)
        if count < 1:
            raise ShapeError(
                sentence("needs at least {kernel} steps, padding included.", kernel=reach),
                'set padding "same"' if dilation == 1 else "set dilation 1",
            )
        if blind(x.shape[0], self.kernel, self.stride, padding, dilation):
            raise ShapeError(_too_dilated(), "set dilation 1")
        masks = [] if x.mask is None else [x.mask]
        more = {} if dilation == 1 else {"dilation": dilation}
        y = g.op(op, x, *masks, kernel=self.kernel, stride=self.stride, padding=padding, **more)
        if x.mask is None:
            return y
        rule = {"taps": self.kernel, "dilation": dilation, "stride": self.stride, "first": -padding[0], "rule": "any"}
        return g.masked(y, g.op("window_mask", x.mask, windows=count, **rule))


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImagePool(Layer):
    """Something of every window of pixels."""

    kernel: tuple[int, int] = size((2, 2), high=255, unit="px", help="Height and width of a window.")
    stride: tuple[int, int] = size((2, 2), high=255, unit="px", help="Rows and columns from one window to the next.")
    padding: str = choice("valid", PADDING, help="How far windows may reach over the rim.")
    amount: tuple[int, int] = size(
        (1, 1),
        low=0,
        high=254,
        unit="px",
        label="Padding amount",
        when=("padding", "explicit"),
        help="Rows above and below, columns left and right.",
    )
    partial: bool = partial_field("the rim")

    def pooled(self, g: Builder, op: str, x: Value, *, counted: bool = False, dilation: tuple[int, int] = (1, 1)) -> Value:
        """The op over x. Raises ShapeError. Shapes: (height, width, c) -> (height', width', c).

        counted: padding is zeros like any other.  dilation: of ops whose windows have gaps.
        """
        if len(x.shape) != 3:
            raise ShapeError(sentence("needs an image: height×width×channels."), "image")
        reach = dilation[0] * (self.kernel[0] - 1) + 1, dilation[1] * (self.kernel[1] - 1) + 1
        if self.padding == "explicit" and not (self.amount[0] < reach[0] and self.amount[1] < reach[1]):
            raise _padding_alone()
        extents = (x.shape[0], x.shape[1])
        top, left, bottom, right = padding_for(self.padding, self.amount, extents, self.kernel, self.stride, dilation)
        down, across = (
            overhang(n, k, s, ends) if self.partial else 0
            for n, k, s, ends in zip(extents, reach, self.stride, ((top, bottom), (left, right)), strict=True)
        )
        if counted and (top or left or bottom or right):
            x = g.op("pad", x, before=(top, left, 0), after=(bottom, right, 0), mode="constant", value=0.0)
            extents, top, left, bottom, right = (x.shape[0], x.shape[1]), 0, 0, 0, 0
        padding = (top, left, bottom + down, right + across)
        if min(windows(extents, self.kernel, self.stride, padding, dilation)) < 1:
            raise ShapeError(
                sentence("needs at least {shown} pixels, padding included.", shown=shown(reach)),
                'set padding "same"' if dilation == (1, 1) else "set dilation [1, 1]",
            )
        axes = zip(extents, self.kernel, self.stride, (padding[::2], padding[1::2]), dilation, strict=True)
        if any(blind(n, k, s, (ends[0], ends[1]), d) for n, k, s, ends, d in axes):
            raise ShapeError(_too_dilated(), "set dilation [1, 1]")
        more = {} if dilation == (1, 1) else {"dilation": dilation}
        return g.op(op, x, kernel=self.kernel, stride=self.stride, padding=padding, **more)


def _too_dilated() -> str:
    return sentence("needs a smaller dilation, or a window would see padding alone.")


def _padding_alone() -> ShapeError:
    return ShapeError(
        sentence("needs a padding smaller than its window, or a window would see padding alone."), 'set padding "same"'
    )
