"""What a training plan asks of the weights at every step, as plain numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Averaging:
    """A mean of the weights and statistics beside them. kind: "ema" or "swa".  decay: share that an EMA keeps of itself.

    start: epochs before it begins.  every: steps or epochs (unit) from one state that is taken in to the next.
    """

    kind: str
    decay: float = 0.999
    start: int = 0
    every: int = 1
    unit: str = "steps"


@dataclasses.dataclass(frozen=True)
class UpdateRule:
    """The optimizer of a plan. id: an `ops.Update`; numbers: its knobs by name, and "rate"; clip, clip_value: 0 is off.

    rate_factors, decay_factors: node name -> what its learning rate and its weight decay or penalty are multiplied by.
    frozen: nodes whose weights stay.  penalty: an `ops.Penalty` or "", with its knobs by name.  accumulate: batches whose
    gradients make one step.
    """

    id: str
    numbers: Mapping[str, float]
    clip: float = 0.0
    rate_factors: Mapping[str, float] = dataclasses.field(default_factory=dict)
    frozen: frozenset[str] = frozenset()
    clip_value: float = 0.0
    decay_factors: Mapping[str, float] = dataclasses.field(default_factory=dict)
    penalty: str = ""
    penalty_numbers: Mapping[str, float] = dataclasses.field(default_factory=dict)
    accumulate: int = 1
    averaging: Averaging | None = None
