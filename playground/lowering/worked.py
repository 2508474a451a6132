"""The arithmetic behind one number that a layer gives: what it reads, what that is multiplied by, and how it becomes the number."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.spec import Layer, Spec
from playground.core.window import padding_for, step_padding_for

Array = npt.NDArray[np.floating]

POOLS = {"max_pool1d": "greatest", "max_pool2d": "greatest", "average_pool1d": "mean", "average_pool2d": "mean"}
CONVOLUTIONS = ("conv1d", "conv2d")
#: Fewest numbers in a row of what a dense layer reads; of many there are as many rows as columns.
ROW = 8


@dataclasses.dataclass(frozen=True)
class Worked:
    """rule: "sum" of products, "greatest", "mean" or "function".  result: worked out here.  given: by the network.

    x: what is read, w: its weights, None where there are none; inside: where x is no padding. Shapes: (channels, rows, columns) each.
    """

    rule: str
    x: Array
    w: Array | None
    inside: npt.NDArray[np.bool_]
    bias: float | None
    result: float
    given: float

    @property
    def products(self) -> Array:
        """Shapes: (channels, rows, columns)."""
        return self.x if self.w is None else self.x * self.w


def worked(spec: Spec, x: Array, weights: Mapping[str, Array], y: Array, place: tuple[int, ...]) -> Worked | None:
    """The number at a place of what a layer gives for one sample. weights: by their names in the layer, such as "bias".

    None for layers that are more than one formula a number, and where weights or padded steps make the number otherwise.
    Shapes: x, y one sample's input and output.
    """
    if len(place) != y.ndim or not all(0 <= at < extent for at, extent in zip(place, y.shape, strict=True)):
        return None
    try:
        found = _worked(spec, x.astype(np.float64), weights, float(y[place]), place)
    except (IndexError, ValueError):  # weights of another network, such as while a run trains an earlier one
        return None
    if found is None or not np.isfinite([found.result, found.given]).all():
        return None
    scale = float(np.abs(found.products).sum()) + abs(found.bias or 0.0)
    return found if abs(found.result - found.given) <= 1e-4 * max(scale, 1e-6) else None


def _worked(spec: Any, x: Array, weights: Mapping[str, Array], given: float, place: tuple[int, ...]) -> Worked | None:
    unit = place[-1]
    bias = float(weights["bias"][unit]) if "bias" in weights and getattr(spec, "bias", False) else None
    if spec.id == "dense" and "weight" in weights:
        read, column = x[place[:-1]], weights["weight"][:, unit].astype(np.float64)
        if read.shape != column.shape:
            return None
        wide = min(len(read), max(ROW, math.isqrt(len(read))))
        room = -len(read) % wide
        rows = [np.pad(one, (0, room)).reshape(1, -1, wide) for one in (read, column, np.ones(len(read)))]
        return _summed(rows[0], rows[1], rows[2] > 0, bias, given)
    if spec.id in CONVOLUTIONS and "weight" in weights:
        each = weights["weight"].shape[-2]
        first = unit // (spec.filters // spec.groups) * each
        spec, x = _padded(spec, x) if spec.border != "zeros" else (spec, x)
        patch, inside = _window(spec, x[..., first : first + each], place)
        kernel = weights["weight"][..., unit].astype(np.float64)
        kernel = np.moveaxis(kernel[None] if kernel.ndim == 2 else kernel, 2, 0)
        return _summed(patch, kernel, inside, bias, given) if kernel.shape == patch.shape else None
    if spec.id in POOLS:
        spec, x = _padded(spec, x) if getattr(spec, "counted", False) and spec.padding == "explicit" else (spec, x)
        patch, inside = _window(spec, x[..., unit : unit + 1], place)
        rule = POOLS[spec.id]
        result = patch[inside].max() if rule == "greatest" else patch[inside].mean()
        return Worked(rule, patch, None, inside, None, float(result), given)
    curve = spec.curve(x[place][None]) if isinstance(spec, Layer) and x.ndim == len(place) else None
    if curve is None:
        return None
    return Worked("function", x[place].reshape(1, 1, 1), None, np.ones((1, 1, 1), bool), None, float(curve[0]), given)


def _summed(x: Array, w: Array, inside: npt.NDArray[np.bool_], bias: float | None, given: float) -> Worked:
    return Worked("sum", x, w, inside, bias, float((x * w).sum()) + (bias or 0.0), given)


def _padded(spec: Any, x: Array) -> tuple[Any, Array]:
    """A layer whose padding holds numbers as one without padding, over the padded input."""
    axes = [(0, 0)] * x.ndim
    if x.ndim == 2:
        axes[0] = step_padding_for(spec.padding, spec.amount, x.shape[0], spec.kernel, spec.stride, getattr(spec, "dilation", 1))
    else:
        dilation = getattr(spec, "dilation", (1, 1))
        top, left, bottom, right = padding_for(spec.padding, spec.amount, x.shape[:2], spec.kernel, spec.stride, dilation)
        axes[:2] = (top, bottom), (left, right)
    modes: dict[str, Any] = {"zeros": "constant"}
    border = getattr(spec, "border", "zeros")
    return dataclasses.replace(spec, padding="valid"), np.pad(x, axes, mode=modes.get(border, border))


def _window(spec: Any, x: Array, place: tuple[int, ...]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """What a window reads, zeros for padding, and where it lies inside. Shapes: x (h, w, c) or (steps, c) -> (c, rows, columns)."""
    if x.ndim == 2:
        kernel, stride, dilation = (1, spec.kernel), (1, spec.stride), (1, getattr(spec, "dilation", 1))
        before, _ = step_padding_for(spec.padding, spec.amount, x.shape[0], spec.kernel, spec.stride, dilation[1])
        x, at, first = x[None], (0, place[0]), (0, before)
    else:
        kernel, stride, dilation = spec.kernel, spec.stride, getattr(spec, "dilation", (1, 1))
        padding = padding_for(spec.padding, spec.amount, (x.shape[0], x.shape[1]), kernel, stride, dilation)
        at, first = (place[0], place[1]), (padding[0], padding[1])
    rows, columns = (at[k] * stride[k] - first[k] + dilation[k] * np.arange(kernel[k]) for k in (0, 1))
    seen = ((rows >= 0) & (rows < x.shape[0]))[:, None] & ((columns >= 0) & (columns < x.shape[1]))[None]
    patch = x[rows.clip(0, x.shape[0] - 1)][:, columns.clip(0, x.shape[1] - 1)] * seen[:, :, None]
    return np.moveaxis(patch, 2, 0), np.broadcast_to(seen, (x.shape[2], *seen.shape))
