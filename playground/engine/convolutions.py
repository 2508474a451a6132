"""Convolutions, forwards and backwards, as words of `product` and `depthwise`: any kernel, stride, dilation, groups and padding.

Images lie as height × width × channels inside a halo of zeros, so no instruction tests for an edge. The input gradient of a
convolution of stride s is s·s convolutions of stride 1 with parts of the kernel, each writing every s-th pixel.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

from playground.engine import depthwise as _depthwise  # noqa: F401  registers the kernels
from playground.engine.emit import Instruction, Word
from playground.engine.moves import image_sum
from playground.engine.products import ADD, BIAS, MASK, NONE, RELU, ZERO, Images, Walk, multiply

__all__ = ["Convolution", "Image", "bias_gradient", "forward", "input_gradient", "transposed", "weight_gradient"]


@dataclasses.dataclass(frozen=True)
class Image:
    """Where images lie: first interior number, numbers from one row to the next, and from one image to the next."""

    at: int
    pitch: int
    step: int


@dataclasses.dataclass(frozen=True)
class Residue:
    """The pixels first, first + stride, ... of one axis, whose gradient comes through the same taps.

    Taps lie at tap, tap - tap_step, ... in the kernel, and meet the output gradient at source, source + spacing, ...
    """

    first: int
    count: int
    taps: int
    tap: int
    tap_step: int
    source: int
    spacing: int


@dataclasses.dataclass(frozen=True)
class Convolution:
    """Extents of a convolution. padding: top, left, bottom, right. Weights lie as (kh, kw, channels / groups, outputs)."""

    size: tuple[int, int]
    channels: int
    outputs: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    def extent(self, axis: int) -> int:
        """Pixels of the output along an axis; not positive where the kernel does not fit."""
        reach = (self.kernel[axis] - 1) * self.dilation[axis] + 1
        return (self.size[axis] + self.padding[axis] + self.padding[axis + 2] - reach) // self.stride[axis] + 1

    @property
    def output(self) -> tuple[int, int]:
        return self.extent(0), self.extent(1)

    @property
    def depthwise(self) -> bool:
        return self.groups == self.channels == self.outputs and self.groups > 1

    @property
    def numbers(self) -> int:
        """Weights."""
        return self.kernel[0] * self.kernel[1] * (self.channels // self.groups) * self.outputs

    def input_halo(self) -> tuple[int, int]:
        """Rows and columns of zeros that the forward pass reads around x."""
        reads = []
        for axis in (0, 1):
            before = self.padding[axis]
            last = (self.extent(axis) - 1) * self.stride[axis] + (self.kernel[axis] - 1) * self.dilation[axis] - before
            reads.append(max(before, last - (self.size[axis] - 1), 0))
        return reads[0], reads[1]

    def output_halo(self) -> tuple[int, int]:
        """Rows and columns of zeros that the input gradient reads around dy."""
        margins = []
        for axis in (0, 1):
            low = [-r.source for r in self.residues(axis) if r.taps]
            high = [r.source + (r.taps - 1) * r.spacing + r.count - self.extent(axis) for r in self.residues(axis) if r.taps]
            margins.append(max([0, *low, *high]))
        return margins[0], margins[1]

    def residues(self, axis: int) -> list[Residue]:
        """The pixels of an axis by what they leave modulo the stride."""
        size, taps = self.size[axis], self.kernel[axis]
        stride, dilation, before = self.stride[axis], self.dilation[axis], self.padding[axis]
        common = math.gcd(dilation, stride)
        tap_step, spacing, found = stride // common, dilation // common, []
        for residue in range(stride):
            first = (residue - before) % stride
            count = -(-(size - first) // stride)
            if count <= 0:
                continue
            tap = next((t for t in range(min(tap_step, taps)) if t * dilation % stride == residue), None)
            n = 0 if tap is None else -(-(taps - tap) // tap_step)
            low = 0 if tap is None else tap
            source = (first + before - low * dilation) // stride - (n - 1) * spacing
            found.append(Residue(first, count, n, low + (n - 1) * tap_step if n else 0, tap_step, source if n else 0, spacing))
        return found

    def parts(self) -> Iterator[tuple[Residue, Residue, int]]:
        """Pairs of residues, and where the transposed weights of each begin among all."""
        at, per_tap = 0, (self.channels // self.groups) * self.outputs
        for y in self.residues(0):
            for x in self.residues(1):
                yield y, x, at
                at += y.taps * x.taps * per_tap


def _start(b: int | None, add: bool = False) -> int:
    return ADD if add else ZERO if b is None else BIAS


def _ended(relu: bool, mask: int | None) -> tuple[int, int]:
    """Epilogue and mask as words."""
    return RELU if relu else NONE if mask is None else MASK, mask or 0


def forward(
    g: Convolution,
    x: Image,
    w: int,
    b: int | None,
    y: Image,
    images: Word,
    *,
    relu: bool = False,
    mask: int | None = None,
    add: bool = False,
) -> list[Instruction]:
    """y (+)= x * w + b; with a ReLU, or zero where the numbers at mask, which lie as in y, are zero. b and add exclude each other."""
    (kh, kw), (sh, sw), (dh, dw), (oh, ow) = g.kernel, g.stride, g.dilation, g.output
    c, o = g.channels, g.outputs
    x0 = x.at - g.padding[0] * x.pitch - g.padding[1] * c
    if g.depthwise:
        return [(
            "depthwise", x0, sh * x.pitch, sw * c, x.step, kh, kw, dh * x.pitch, dw * c, w, kw * c, c, _start(b, add), b or 0,
            y.at, y.pitch, c, y.step, oh, ow, c, images, *_ended(relu, mask),
        )]  # fmt: skip
    each = Images(0, images, x.step, 0, y.step)
    if g.groups == 1 and (dw == 1 or kw == 1):
        return [
            multiply(
                (oh * ow, o, kw * c, kh),
                Walk.lines(x0, sw * c, ow, sh * x.pitch),
                (1, dh * x.pitch),
                (w, o, kw * c * o),
                Walk.lines(y.at, o, ow, y.pitch),
                start=_start(b, add),
                bias=b or 0,
                relu=relu,
                mask=mask,
                images=each,
            )
        ]
    cg, og = c // g.groups, o // g.groups
    return [
        multiply(
            (oh * ow, og, cg, kw),
            Walk.lines(x0 + ky * dh * x.pitch + group * cg, sw * c, ow, sh * x.pitch),
            (1, dw * c),
            (w + ky * kw * cg * o + group * og, o, cg * o),
            Walk.lines(y.at + group * og, o, ow, y.pitch),
            start=_start(b, add or ky > 0),
            bias=0 if b is None else b + group * og,
            relu=relu and ky == kh - 1,
            mask=None if mask is None or ky < kh - 1 else mask + group * og,
            images=each,
        )
        for group in range(g.groups)
        for ky in range(kh)
    ]


def weight_gradient(g: Convolution, x: Image, dy: Image, dw: int, images: Word, *, add: bool = False) -> list[Instruction]:
    """dw (+)= the windows of x times dy, summed over the images in order."""
    (kh, kw), (sh, sw), (dh, dw_), (oh, ow) = g.kernel, g.stride, g.dilation, g.output
    c, o, start = g.channels, g.outputs, _start(None, add)
    x0 = x.at - g.padding[0] * x.pitch - g.padding[1] * c
    if g.depthwise:
        return [(
            "depthwise_weights", x0, sh * x.pitch, sw * c, x.step, kh, kw, dh * x.pitch, dw_ * c, dw,
            dy.at, dy.pitch, c, dy.step, oh, ow, c, images, int(add),
        )]  # fmt: skip
    each = Images(0, images, x.step, dy.step, 0)
    if g.groups == 1 and (dw_ == 1 or kw == 1):
        rows = Walk.lines(x0, 1, kw * c, dh * x.pitch)
        extents = (kh * kw * c, o, ow, oh)
        return [multiply(extents, rows, (sw * c, sh * x.pitch), (dy.at, o, dy.pitch), Walk(dw, o), start=start, images=each)]
    cg, og = c // g.groups, o // g.groups
    return [
        multiply(
            (kw * cg, og, ow, oh),
            Walk.lines(x0 + ky * dh * x.pitch + group * cg, 1, cg, dw_ * c),
            (sw * c, sh * x.pitch),
            (dy.at + group * og, o, dy.pitch),
            Walk(dw + ky * kw * cg * o + group * og, o),
            start=start,
            images=each,
        )
        for group in range(g.groups)
        for ky in range(kh)
    ]


def bias_gradient(g: Convolution, dy: Image, db: int, images: Word, *, add: bool = False) -> Instruction:
    """db (+)= the sum of dy over all pixels."""
    return image_sum(dy.at, db, g.outputs, g.output, dy.pitch, images, dy.step, add=add)


def transposed(g: Convolution, w: int, out: int) -> list[Instruction]:
    """Lay the weights as the input gradient needs them: `g.numbers` numbers at out. None for a depthwise convolution."""
    if g.depthwise:
        return []
    kw, cg, o = g.kernel[1], g.channels // g.groups, g.outputs
    return [
        (
            "transpose_taps", w + (y.tap * kw + x.tap) * cg * o, out + at, cg, o, y.taps, x.taps,
            -y.tap_step * kw * cg * o, -x.tap_step * cg * o,
        )
        for y, x, at in g.parts()
        if y.taps and x.taps
    ]  # fmt: skip


def input_gradient(
    g: Convolution,
    dy: Image,
    w: int,
    dx: Image,
    images: Word,
    *,
    b: int | None = None,
    relu: bool = False,
    mask: int | None = None,
    add: bool = False,
) -> list[Instruction]:
    """dx (+)= dy through the reversed kernel. w: what `transposed` laid out; for a depthwise convolution the weights themselves.

    b, relu: for a transposed convolution, which is this and a bias; b and add exclude each other.
    """
    made: list[Instruction] = []
    for y, x, at in g.parts():
        if y.taps * x.taps == 0 and add:
            continue
        shift = y.first * dx.pitch + x.first * g.channels
        judged = None if mask is None else mask + shift
        there = _Target(Image(dx.at + shift, dx.pitch, dx.step), b, relu, judged, add)
        source = Image(dy.at + y.source * dy.pitch + x.source * g.outputs, dy.pitch, dy.step)
        if g.depthwise:
            made.append(_depthwise_part(g, y, x, source, w, there, images))
        else:
            made += _product_part(g, y, x, source, w + at, there, images)
    return made


@dataclasses.dataclass(frozen=True)
class _Target:
    """Where a part of an input gradient goes, what it starts from and how it ends."""

    image: Image
    b: int | None
    relu: bool
    mask: int | None
    add: bool


def _depthwise_part(g: Convolution, y: Residue, x: Residue, dy: Image, w: int, to: _Target, images: Word) -> Instruction:
    c, kw, dx = g.channels, g.kernel[1], to.image
    return (
        "depthwise", dy.at, dy.pitch, c, dy.step, y.taps, x.taps, y.spacing * dy.pitch, x.spacing * c,
        w + (y.tap * kw + x.tap) * c, -y.tap_step * kw * c, -x.tap_step * c, _start(to.b, to.add), to.b or 0,
        dx.at, g.stride[0] * dx.pitch, g.stride[1] * c, dx.step, y.count, x.count, c, images, *_ended(to.relu, to.mask),
    )  # fmt: skip


def _product_part(g: Convolution, y: Residue, x: Residue, dy: Image, w: int, to: _Target, images: Word) -> list[Instruction]:
    c, o, (sh, sw), dx = g.channels, g.outputs, g.stride, to.image
    each = Images(0, images, dy.step, 0, dx.step)
    if g.groups == 1 and (x.spacing == 1 or x.taps <= 1):
        return [
            multiply(
                (y.count * x.count, c, x.taps * o, y.taps),
                Walk.lines(dy.at, o, x.count, dy.pitch),
                (1, y.spacing * dy.pitch),
                (w, c, x.taps * o * c),
                Walk.lines(dx.at, sw * c, x.count, sh * dx.pitch),
                start=_start(to.b, to.add),
                bias=to.b or 0,
                relu=to.relu,
                mask=to.mask,
                images=each,
            )
        ]
    cg, og = c // g.groups, o // g.groups
    lines = max(y.taps, 1)
    return [
        multiply(
            (y.count * x.count, cg, og, x.taps if y.taps else 0),
            Walk.lines(dy.at + t * y.spacing * dy.pitch + group * og, o, x.count, dy.pitch),
            (1, x.spacing * o),
            (w + (t * x.taps * o + group * og) * cg, cg, o * cg),
            Walk.lines(dx.at + group * cg, sw * c, x.count, sh * dx.pitch),
            start=_start(to.b, to.add or t > 0),
            bias=0 if to.b is None else to.b + group * cg,
            relu=to.relu and t == lines - 1,
            mask=None if to.mask is None or t < lines - 1 else to.mask + group * cg,
            images=each,
        )
        for group in range(g.groups)
        for t in range(lines)
    ]
