"""What an optimizer remembers between steps: its slots by name, its numbers, how many updates it has done."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerState:
    """id: of the optimizer.  numbers: by name, the learning rate among them.  step: updates done.

    slots: "<parameter>/<slot>" -> array of the parameter's shape, and "optimizer/<name>" -> one number for each layer.
    begun: layer -> updates that the run had done when the layer's first one came, where that is not 0: it has had so many fewer.
    """

    id: str
    numbers: Mapping[str, float]
    step: int
    slots: Mapping[str, np.ndarray]
    begun: Mapping[str, int] = dataclasses.field(default_factory=dict)
