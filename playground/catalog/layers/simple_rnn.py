"""The plain recurrent layer."""

from __future__ import annotations

from typing import Any

from playground.core.fields import choice
from playground.core.recurrent import Recurrent
from playground.core.registry import register

ACTIVATIONS = {"tanh": "The usual one: states stay between -1 and 1.", "relu": "Negative numbers become zero; states may grow."}


@register("simple_rnn", title="SimpleRNN", group="Sequence", icon="rnn", tail="a state of its own")
class SimpleRNN(Recurrent):
    """Reads a sequence step by step into a state that is a dense layer of the input and of itself.

    Shapes: x (steps, features), state (states,) -> y (steps, units) or (units,), state (states,); units twice in both directions.
    Parameters: weight (features, units), recurrent (units, units), bias and recurrent_bias (units,), for each layer and direction.
    states is layers times directions times units. An unwired state is zeros. Steps that a mask leaves out change no state and give
    zeros. Everything starts from PyTorch's draw, even within 1/√units; Keras starts the input's weights as Xavier uniform, the
    state's as orthogonal, has one bias and starts it at zero, and gives the last state only unless asked for the sequence.
    """

    activation: str = choice("tanh", ACTIVATIONS, help="The function that makes the new state.")

    op = "simple_rnn"
    width = "units"
    ports = ("x", "state")
    optional = 1
    outputs = ("y", "state")
    formula = "hₜ = tanh(xₜ·W + b + hₜ₋₁·U + c)"
    source = "Elman: Finding structure in time (1990), figure 2; PyTorch: torch.nn.RNN"
    examples = (
        ("plain", {"units": 5}, ((7, 3),)),
        ("one step, one number", {"units": 1}, ((1, 1),)),
        ("ReLU, last", {"units": 4, "activation": "relu", "returns": "last"}, ((5, 3),)),
        ("both ways", {"units": 3, "bidirectional": True}, ((6, 2),)),
        ("two layers without bias", {"units": 3, "layers": 2, "bias": False, "dropout": 0.3}, ((4, 5),)),
        ("from a state", {"units": 6}, ((3, 2), (6,))),
        ("both ways from states", {"units": 2, "bidirectional": True, "layers": 2, "returns": "last"}, ((3, 2), (8,))),
        ("wide", {"units": 37}, ((3, 19),)),
    )

    def attributes(self) -> dict[str, Any]:
        return {"activation": self.activation}
