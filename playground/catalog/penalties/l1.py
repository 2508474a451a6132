"""L1 (lasso)."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Penalty


@register("l1", title="L1 (lasso)", group="Penalties", icon="penalty_l1", tail="few weights")
class L1(Penalty):
    """Pulls every weight towards zero by the same amount, so that many become exactly zero.

    Shapes: tensors of weights of any shape. A proximal step: after the optimizer's step, weights move by rate times strength
    towards zero and stop there. Biases and normalisation parameters are exempt, and the loss that is shown is without it.
    """

    strength: float = real(
        0.0001,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        help="How far weights move towards zero, as a share of the learning rate.",
    )

    formula = "w ← sign(w)·max(|w| - rate·strength, 0)"
    source = "Tibshirani: Regression shrinkage and selection via the lasso (1996); Parikh and Boyd: Proximal algorithms (2014), section 6.5.2"
    examples = (("plain", {}, ()), ("strong", {"strength": 0.5}, ()))
