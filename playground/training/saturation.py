"""How much of a layer is stuck: outputs that pass no gradient, and units that do so for every sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from playground.core.spec import Layer

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Saturation:
    """share: of all outputs.  dead: of the units (entries of the last axis), those saturated at every position of every sample."""

    share: float
    dead: float


def saturation(layer: Layer, y: Array) -> Saturation | None:
    """None for a layer that always passes a gradient, and for no outputs. Shapes: y (samples, ..., units)."""
    if y.ndim < 2 or not y.size:
        return None
    mask = layer.saturated(y)
    if mask is None:
        return None
    return Saturation(float(mask.mean()), float(mask.all(axis=tuple(range(y.ndim - 1))).mean()))


def saturations(layers: Mapping[str, Layer], outputs: Mapping[str, Array]) -> dict[str, Saturation]:
    """Of every node that can saturate and whose outputs are known, such as what `Machine.observe` gives."""
    found = {name: saturation(layer, outputs[name]) for name, layer in layers.items() if name in outputs}
    return {name: each for name, each in found.items() if each is not None}
