"""L2 (ridge)."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Penalty


@register("l2", title="L2 (ridge)", group="Penalties", icon="penalty_l2", tail="many small weights")
class L2(Penalty):
    """Adds half the sum of squared weights to what training makes small.

    Shapes: tensors of weights of any shape. It enters the gradient after clipping and is rescaled with it by optimizers with
    a rate for each weight; use decoupled decay to avoid that. Biases and normalisation parameters are exempt, and the loss
    and the gradients that are shown are without it.
    """

    strength: float = real(
        0.0001,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        help="Adds this share of every weight to its gradient.",
    )

    formula = "g ← g + strength·w"
    source = "Hoerl and Kennard: Ridge regression (1970), equation 2.1"
    examples = (("plain", {}, ()), ("strong", {"strength": 0.5}, ()))
