"""The gated recurrent unit."""

from __future__ import annotations

from typing import Any

from playground.core.fields import choice
from playground.core.recurrent import Recurrent
from playground.core.registry import register

RESETS = {
    "after": "Behind the state's product: PyTorch, cuDNN and Keras.",
    "before": "Before the state's product, as in the paper of 2014.",
}


@register("gru", title="GRU", group="Sequence", icon="gru", tail="two gates")
class GRU(Recurrent):
    """Reads a sequence into a state; gates decide how much of it stays and how much of it a new one may use.

    Shapes: x (steps, features), state (states,) -> y (steps, units) or (units,), state (states,); units twice in both directions.
    Parameters: weight (features, 3·units), recurrent (units, 3·units), bias and recurrent_bias (3·units,), for each layer and
    direction; gates in PyTorch's order: reset, update, new. states is layers times directions times units. An unwired state is
    zeros. Steps that a mask leaves out change no state and give zeros. Everything starts from PyTorch's draw, even within 1/√units;
    Keras starts the input's weights as Xavier uniform, the state's as orthogonal, biases at zero, orders the gates update, reset,
    new, and gives the last state only unless asked for the sequence.
    """

    reset: str = choice("after", RESETS, label="Reset", advanced=True, help="Where the reset gate multiplies.")

    op = "gru"
    blocks = 3
    gates = ("reset", "update", "new")
    width = "units"
    ports = ("x", "state")
    optional = 1
    outputs = ("y", "state")
    formula = "r, u = σ(xₜ·W + b + hₜ₋₁·U + c); n = tanh(xₜ·Wₙ + bₙ + r·(hₜ₋₁·Uₙ + cₙ)); hₜ = (1 - u)·n + u·hₜ₋₁"
    source = "Cho et al.: Learning phrase representations using RNN encoder-decoder (2014), section 2.3"
    examples = (
        ("plain", {"units": 5}, ((7, 3),)),
        ("one step, one number", {"units": 1}, ((1, 1),)),
        ("reset before", {"units": 4, "reset": "before"}, ((5, 3),)),
        ("reset before, from a state, no bias", {"units": 3, "reset": "before", "bias": False}, ((4, 3), (3,))),
        ("last", {"units": 4, "returns": "last"}, ((5, 3),)),
        ("both ways", {"units": 3, "bidirectional": True}, ((6, 2),)),
        ("two layers without bias", {"units": 3, "layers": 2, "bias": False, "dropout": 0.3}, ((4, 5),)),
        ("both ways from states", {"units": 2, "bidirectional": True, "layers": 2, "returns": "last"}, ((3, 2), (8,))),
        ("wide", {"units": 37}, ((3, 19),)),
    )

    def attributes(self) -> dict[str, Any]:
        return {"reset": self.reset}
