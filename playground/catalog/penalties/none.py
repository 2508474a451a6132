"""None."""

from __future__ import annotations

from playground.core.registry import register
from playground.core.spec import Penalty


@register("none", title="None", group="Penalties", icon="penalty_none", tail="weights are free")
class NoPenalty(Penalty):
    """Asks nothing of the weights.

    Shapes: tensors of weights of any shape. The weight decay of an optimizer works besides.
    """

    formula = "w ← w"
    source = "Goodfellow, Bengio and Courville: Deep learning (2016), section 7.1"
    examples = (("plain", {}, ()),)
