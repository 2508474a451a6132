"""How much of a layer is stuck: outputs that pass no gradient, and units that do so for every sample."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.spec import Layer
from playground.engine.formulas import only_present

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Saturation:
    """share: of all outputs, or of all places where the units of one saturate together.  dead: of the units (entries of the last axis),
    those saturated at every position of every sample; NaN where they saturate together.
    """

    share: float
    dead: float


def cuts(spec: Layer) -> bool:
    """Whether an activation cuts one side to zero, not nearly to zero, and lets the other through, as ReLU does."""
    ends = spec.curve(np.array([-20.0, 1e3]))
    return ends is not None and float(ends[0]) == 0.0 and float(ends[1]) > 10.0


def saturation(layer: Layer, y: Array, x: Array | None = None) -> Saturation | None:
    """None for a layer that always passes a gradient, for no outputs, and where it takes x to tell and that is not known.

    x: what the layer read at its first port.  Shapes: y (samples, ..., units).
    """
    if y.ndim < 2 or not y.size:
        return None
    mask = layer.saturated(y, x)
    if mask is None:
        return None
    if mask.ndim < y.ndim:
        return Saturation(float(mask.mean()), math.nan)
    return Saturation(float(mask.mean()), float(mask.all(axis=tuple(range(y.ndim - 1))).mean()))


def saturations(
    layers: Mapping[str, Layer],
    outputs: Mapping[str, Array],
    present: Mapping[str, Array] | None = None,
    inputs: Mapping[str, Array] | None = None,
) -> dict[str, Saturation]:
    """Of every node that can saturate and whose outputs are known, such as what `Machine.observe` gives.

    present: which steps of the outputs are no padding, as `present_steps` gives them.  inputs: what they read, as `first_inputs` does.
    """
    known, read = (
        {name: only_present(each[name], (present or {}).get(name)) for name in layers if name in each}
        for each in (outputs, inputs or {})
    )
    found = {name: saturation(layers[name], array, read.get(name)) for name, array in known.items()}
    return {name: each for name, each in found.items() if each is not None}
