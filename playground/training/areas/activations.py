"""What the layers gave for some training samples, in few numbers, at the steps at which that was measured."""

from __future__ import annotations

from playground.training.areas import Area, register
from playground.training.ring import Ring

#: Of all outputs of a layer: mean, standard deviation; the share of units that pass no gradient for any sample, and the share of outputs
#: that pass none. The last two are NaN for a layer that always passes a gradient.
ACTIVATION_COLUMNS = ("mean", "deviation", "dead", "saturated")
_ROWS = 1 << 12

ACTIVATIONS = register(
    Area(
        "activations",
        1,
        lambda plan: 8 * _ROWS * (1 + len(ACTIVATION_COLUMNS) * len(plan.nodes)),
        lambda plan, area, words: Ring(area.view("<f8").reshape(_ROWS, -1), words),
    )
)
