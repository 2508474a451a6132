"""Sliding windows over images: how much padding a mode means and what extents come out."""

from __future__ import annotations

PADDING = {
    "same": "As much as keeps height and width, divided by the stride and rounded up.",
    "valid": "None: the window stays inside the image.",
    "explicit": "The amount given below, on both sides.",
}

#: The same for sequences.
STEP_PADDING = {
    "same": "As much as keeps the number of steps, divided by the stride and rounded up.",
    "valid": "None: the window stays inside the sequence.",
    "causal": "As much as the window reaches back, all of it in front: no step sees a later one.",
    "explicit": "The amount given below, at both ends.",
}
#: And for pools of steps.
POOL_PADDING = {mode: meaning for mode, meaning in STEP_PADDING.items() if mode != "causal"}
#: And for transposed convolutions, where padding is cut off what comes out.
CUT = {
    "same": "What comes out is the input times the stride.",
    "valid": "Nothing is cut off.",
    "explicit": "The amount given below is cut off on both sides.",
}

#: What surrounds an image or a sequence.
BORDERS = {
    "zeros": "Zeros.",
    "edge": "The outermost entry, again and again (PyTorch: replicate).",
    "reflect": "The entries mirrored at the outermost one, which is not repeated.",
    "wrap": "The entries of the other end (PyTorch: circular).",
}

#: Rows above, columns left, rows below, columns right.
Padding = tuple[int, int, int, int]


def padding_for(
    mode: str,
    amount: tuple[int, int],
    extents: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Padding:
    """Padding of a mode in PADDING. "same" gives ceil(extent / stride); an odd amount has its larger half below and right."""
    if mode == "valid":
        return (0, 0, 0, 0)
    if mode == "explicit":
        return (*amount, *amount)
    sums = []
    for n, k, s, d in zip(extents, kernel, stride, dilation, strict=True):
        sums.append(max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0))
    top, left = sums[0] // 2, sums[1] // 2
    return (top, left, sums[0] - top, sums[1] - left)


def windows(
    extents: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Padding,
    dilation: tuple[int, int] = (1, 1),
) -> tuple[int, int]:
    """Height and width of what comes out; 0 or less where the window does not fit in once."""
    around = (padding[0] + padding[2], padding[1] + padding[3])
    counts = [(n + a - d * (k - 1) - 1) // s + 1 for n, a, k, s, d in zip(extents, around, kernel, stride, dilation, strict=True)]
    return (counts[0], counts[1])


def step_padding_for(mode: str, amount: int, steps: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after a sequence, of a mode in STEP_PADDING."""
    if mode == "causal":
        return dilation * (kernel - 1), 0
    _, before, _, after = padding_for(mode, (0, amount), (1, steps), (1, kernel), (1, stride), (1, dilation))
    return before, after


def windows_of_steps(steps: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int = 1) -> int:
    """Steps that come out; 0 or less where the window does not fit in once."""
    return windows((1, steps), (1, kernel), (1, stride), (0, padding[0], 0, padding[1]), (1, dilation))[1]


def cut_for(
    mode: str,
    amount: tuple[int, int],
    more: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[Padding, tuple[int, int]]:
    """Padding and output padding of a transposed convolution, of a mode in CUT.

    "same" cuts so that extents are multiplied by the stride, an odd number more below and right, and adds what a short kernel lacks.
    """
    if mode == "valid":
        return (0, 0, 0, 0), (0, 0)
    if mode == "explicit":
        return (*amount, *amount), more
    over = [d * (k - 1) + 1 - s for k, s, d in zip(kernel, stride, dilation, strict=True)]
    cut = [max(n, 0) for n in over]
    top, left = cut[0] // 2, cut[1] // 2
    return (top, left, cut[0] - top, cut[1] - left), (max(-over[0], 0), max(-over[1], 0))


def overhang(extent: int, kernel: int, stride: int, padding: tuple[int, int]) -> int:
    """Entries that a last window needs behind those of an axis and their padding, where it begins on one of them; 0 without one."""
    rest = (extent + sum(padding) - kernel) % stride
    begins = extent + sum(padding) - kernel - rest + stride
    return stride - rest if rest and begins < extent + padding[0] else 0


def blind(extent: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int = 1) -> bool:
    """Whether a window of an axis would see padding alone, be it beside the axis or, where it is dilated, on both sides of it."""
    reach = dilation * (kernel - 1)
    last = (extent + sum(padding) - reach - 1) // stride * stride - padding[0]
    if last < -padding[0]:
        return False
    if padding[0] > reach or last >= extent:
        return True
    firsts = ((start, start if start >= 0 else start % dilation) for start in range(-padding[0], last + 1, stride))
    return dilation > extent and any(first >= extent or first > start + reach for start, first in firsts)


def shown(pair: tuple[int, int]) -> str:
    """(3, 5) as "3×5"."""
    return f"{pair[0]}×{pair[1]}"
