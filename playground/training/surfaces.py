"""Responses over the input plane as pictures: every number a place in a colour scale of 256, zero in its middle. Pure.

The first place is kept for what is no finite number, so that it can be seen where a function is undefined.

The worker codes them so that the window only looks colours up; before a run the window codes its own with the same functions.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.spec import Spec

Array = npt.NDArray[Any]

#: Points on a side of a node's picture.
SIDE = 64
#: The code of what is not finite, and the least of all others.
VOID, LOWEST = np.uint8(0), np.uint8(1)
#: A unit of a bounded activation that is so near its ends almost everywhere is stuck.
SATURATED, EVERYWHERE = 0.95, 0.95
#: So many codes at either end are that near.
NEAR = np.uint8(round(127.5 * (1 - SATURATED)))
INNER = np.uint8(256 - 2 * int(NEAR))
#: Classes that are told apart in a decision between several, and shades of each.
CLASSES, SHADES = 8, 32
#: Of these, where outputs begin and end.
BOUNDED = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}


@dataclasses.dataclass(frozen=True)
class Coded:
    """Pictures of some units. most: the largest absolute value, which has the end of the scale, NaN where each has its own.

    flagged: places of saturated or dead units.  Shapes: codes (units, size, size) uint8, rows from high to low of the second input.
    """

    codes: Array
    most: float = float("nan")
    flagged: tuple[int, ...] = ()


def coded(values: Array, most: Array | float) -> Array:
    """−most … most as `LOWEST` … 255, what is not finite as `VOID`. Shapes: any -> the same, uint8."""
    scale = np.divide(127.5, most, out=np.zeros(np.shape(most), np.float32), where=np.asarray(most) > 0)
    found = np.multiply(values, scale, dtype=np.float32)
    found += 127.5
    if np.isfinite(found.sum()):
        return np.maximum(found.astype(np.uint8), LOWEST)
    found = np.clip(np.nan_to_num(found, nan=127.5), 0.0, 255.0)
    return np.where(np.isfinite(values), np.maximum(found.astype(np.uint8), LOWEST), VOID)


def responses(values: Array, spec: Spec | None, size: int = SIDE) -> Coded:
    """Each unit's answer over the plane: of a bounded activation on its own scale, else each by its largest finite one.

    Shapes: values (units, size·size), rows from low to high of the second input.
    """
    with np.errstate(all="ignore"):
        ends = BOUNDED.get(getattr(spec, "id", ""))
        if ends is not None:
            half = (ends[1] - ends[0]) / 2
            codes = coded(values - np.float32(ends[0] + half), half)
            inner = np.count_nonzero((codes - NEAR < INNER) | (codes == VOID), axis=1)  # counts below 0 wrap round
            flagged = tuple(int(k) for k in np.flatnonzero(inner < (1 - EVERYWHERE) * values.shape[1]))
            return Coded(_upright(codes, size), half, flagged)
        most = np.maximum(values.max(axis=1, keepdims=True), -values.min(axis=1, keepdims=True))
        dead = getattr(spec, "id", "") == "relu"
        flagged = tuple(int(k) for k in np.flatnonzero(most == 0.0)) if dead else ()
        if not np.isfinite(most).all():
            most = np.abs(np.where(np.isfinite(values), values, np.float32(0))).max(axis=1, keepdims=True)
        return Coded(_upright(coded(values, most), size), float("nan"), flagged)


def field(values: Array, size: int = SIDE) -> Coded:
    """One unit's answer over the plane, by its largest finite one. Shapes: values (size·size,)."""
    finite = values[np.isfinite(values)]
    most = float(np.abs(finite).max()) if finite.size else 0.0
    with np.errstate(all="ignore"):
        return Coded(_upright(coded(values[None], most), size), most)


def decision(response: Array, task: str, size: int = SIDE) -> Coded:
    """What a network decides over the plane, from what its loss's `respond` gives: two classes along the scale, or amounts around their
    middle. Of more classes the likeliest, and how sure it is: `CLASSES` of them have `SHADES` codes each, from guessing to certain.

    Shapes: response (size·size, outputs).
    """
    with np.errstate(all="ignore"):
        outputs = response.shape[1]
        if task != "classification":
            amounts = response[:, 0]
            finite = amounts[np.isfinite(amounts)]
            return field(amounts - (np.median(finite) if finite.size else 0.0), size)
        if outputs == 1:
            return Coded(_upright(coded(2 * response[:, 0] - 1, 1.0)[None], size), 1.0)
        if outputs == 2:
            return Coded(_upright(coded(response @ np.linspace(-1.0, 1.0, 2), 1.0)[None], size), 1.0)
        chance = 1 / outputs
        sure = np.clip(np.nan_to_num((response.max(axis=1) - chance) / (1 - chance)), 0.0, 1.0)
        codes = response.argmax(axis=1) % CLASSES * SHADES + (sure * (SHADES - 1)).astype(int)
        known = np.isfinite(response).all(axis=1)
        codes = np.where(known, np.maximum(codes.astype(np.uint8), LOWEST), VOID)
        return Coded(_upright(codes[None], size), 1.0)


def _upright(codes: Array, size: int) -> Array:
    """Shapes: (units, size·size) from low to high -> (units, size, size) from high to low, contiguous."""
    return np.ascontiguousarray(codes.reshape(len(codes), size, size)[:, ::-1])
