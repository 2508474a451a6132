"""Max norm."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Penalty


@register("max_norm", title="Max norm", group="Penalties", icon="penalty_norm", tail="bounds every unit")
class MaxNorm(Penalty):
    """Keeps the weights into a unit from growing longer than a limit.

    Shapes: tensors of rank 2 or more; others stay. After every step, the weights that feed one unit or filter are scaled down
    if they are longer: a column of (inputs, units), a filter of a convolution over all positions and channels that it sees, also
    where it is transposed. Keras' max_norm needs an axis for each layer to do so, and starts with the right one for dense layers.
    In the table of an embedding a unit is a column; its own max norm bounds the rows. A node's decay factor leaves the limit as it is.
    """

    limit: float = real(3.0, low=0.01, high=1000.0, log=True, live=True, help="Largest length of the weights into one unit.")

    formula = "w ← w·min(1, limit/‖w‖) for the weights w into each unit"
    source = "Srivastava et al.: Dropout, a simple way to prevent neural networks from overfitting (2014), section 5.1"
    examples = (("plain", {}, ()), ("short", {"limit": 0.4}, ()))
