"""Decoupled decay."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Penalty


@register("decoupled", title="Decoupled decay", group="Penalties", icon="penalty_decay", tail="the decay of AdamW")
class DecoupledDecay(Penalty):
    """Shrinks weights by a share of the learning rate, apart from the gradient.

    Shapes: tensors of weights of any shape. With Adam it makes AdamW, and it works with every other optimizer. Biases and
    normalisation parameters are exempt, and the loss that is shown is without it.
    """

    strength: float = real(
        0.01,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        help="Shrinks every weight by this share of the learning rate.",
    )

    formula = "w ← w·(1 - rate·strength), then the step"
    source = "Loshchilov and Hutter: Decoupled weight decay regularization (2019), section 2"
    examples = (("plain", {}, ()), ("strong", {"strength": 0.5}, ()))
