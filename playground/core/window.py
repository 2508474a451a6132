"""Sliding windows over images: how much padding a mode means and what extents come out."""

from __future__ import annotations

PADDING = {
    "same": "As much as keeps height and width, divided by the stride and rounded up.",
    "valid": "None: the window stays inside the image.",
    "explicit": "The amount given below, on both sides.",
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


def shown(pair: tuple[int, int]) -> str:
    """(3, 5) as "3×5"."""
    return f"{pair[0]}×{pair[1]}"
