"""Long short-term memory."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.recurrent import Raised, Recurrent
from playground.core.registry import register
from playground.core.spec import Initializer


@register("lstm", title="LSTM", group="Sequence", icon="lstm", tail="a cell behind gates")
class LSTM(Recurrent):
    """Reads a sequence into a cell that gates write, keep and show, so that it can remember over many steps.

    Shapes: x (steps, features), state and cell (states,) -> y (steps, units) or (units,), state and cell (states,); units twice in
    both directions. Parameters: weight (features, 4·units), recurrent (units, 4·units), bias and recurrent_bias (4·units,), for
    each layer and direction; gates in PyTorch's order: input, forget, new, output. states is layers times directions times units.
    Unwired states are zeros. Steps that a mask leaves out change no state and give zeros. Everything starts from PyTorch's draw,
    even within 1/√units; Keras starts the input's weights as Xavier uniform, the state's as orthogonal, has one bias, which starts
    at zero and at one for the forget gates, and gives the last state only unless asked for the sequence.
    """

    forget_bias: float = real(
        0.0, low=-10.0, high=10.0, advanced=True, when=("bias", True), help="Added to the forget gates' biases at the start."
    )

    op = "lstm"
    blocks = 4
    gates = ("input", "forget", "new", "output")
    states = 2
    width = "units"
    ports = ("x", "state", "cell")
    optional = 2
    outputs = ("y", "state", "cell")
    formula = "i, f, o = σ(xₜ·W + b + hₜ₋₁·U + c); g = tanh(xₜ·Wᵍ + bᵍ + hₜ₋₁·Uᵍ + cᵍ); cₜ = f·cₜ₋₁ + i·g; hₜ = o·tanh(cₜ)"
    source = (
        "Hochreiter and Schmidhuber: Long short-term memory (1997); forget gate: Gers, Schmidhuber and Cummins (2000); "
        "gates as in PyTorch: torch.nn.LSTM"
    )
    examples = (
        ("plain", {"units": 5}, ((7, 3),)),
        ("one step, one number", {"units": 1}, ((1, 1),)),
        ("forget bias, last", {"units": 4, "forget_bias": 1.0, "returns": "last"}, ((5, 3),)),
        ("both ways", {"units": 3, "bidirectional": True}, ((6, 2),)),
        ("two layers without bias", {"units": 3, "layers": 2, "bias": False, "dropout": 0.3}, ((4, 5),)),
        ("from a state", {"units": 6}, ((3, 2), (6,))),
        ("from state and cell", {"units": 3}, ((4, 2), (3,), (3,))),
        ("both ways from states", {"units": 2, "bidirectional": True, "layers": 2, "returns": "last"}, ((3, 2), (8,), (8,))),
        ("wide", {"units": 37}, ((3, 19),)),
    )

    def first_bias(self) -> Initializer:
        if self.forget_bias == 0.0:
            return self.bias_start
        return Raised(self.bias_start, self.units, 2 * self.units, self.forget_bias)
