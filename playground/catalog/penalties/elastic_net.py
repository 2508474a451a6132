"""Elastic net."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Penalty


@register("elastic_net", title="Elastic net", group="Penalties", icon="penalty_elastic", tail="L1 and L2")
class ElasticNet(Penalty):
    """L1 and L2 together: few weights, and those small.

    Shapes: tensors of weights of any shape. The proximal step of both, after the optimizer's step. Biases and normalisation
    parameters are exempt, and the loss that is shown is without it.
    """

    l1: float = real(
        0.0001,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        label="L1",
        help="How far weights move towards zero, as a share of the learning rate.",
    )
    l2: float = real(
        0.0001,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        label="L2",
        help="Divides weights by 1 plus this share of the learning rate.",
    )

    formula = "w ← sign(w)·max(|w| - rate·l1, 0) / (1 + rate·l2)"
    source = "Zou and Hastie: Regularization and variable selection via the elastic net (2005), equation 3"
    examples = (("plain", {}, ()), ("strong", {"l1": 0.3, "l2": 0.5}, ()))
