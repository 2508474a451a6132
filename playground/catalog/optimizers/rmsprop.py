"""RMSProp."""

from __future__ import annotations

from playground.core.descent import epsilon_field, l2_field, momentum_field, rate_field
from playground.core.fields import flag, real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("rmsprop", title="RMSProp", group="Adaptive", icon="adaptive_root", tail="divides by the size")
class RmsProp(Optimizer):
    """Divides the gradient of every weight by its recent size.

    Shapes: weights, gradients and slots are flat and of equal length.
    Centred, it divides by the spread about the running mean. The defaults are those of PyTorch; Keras has a rate of 0.001, keeps
    0.9 and adds epsilon under the root. Biases and normalisation parameters are not decayed.
    """

    rate: float = rate_field(0.01)
    alpha: float = real(0.99, low=0.0, high=0.99999, live=True, help="Share of the running mean square that a step keeps.")
    momentum: float = momentum_field(0.0)
    centred: bool = flag(False, help="Subtract the square of the gradient's running mean from its mean square.")
    epsilon: float = epsilon_field(1e-8)
    l2: float = l2_field()

    formula = (
        "g ← g + l2·w;   s ← α·s + (1-α)·g²;   v ← momentum·v + g / (√s + ε);   w ← w - rate·v;   "
        "centred: m ← α·m + (1-α)·g and √(s - m²) in place of √s"
    )
    source = "Tieleman and Hinton: Lecture 6.5, RMSProp (2012); Graves: Generating sequences (2013), equations 38 to 45"
    examples = (
        ("plain", {}, ()),
        ("momentum", {"rate": 0.005, "alpha": 0.9, "momentum": 0.8, "l2": 0.01}, ()),
        ("centred", {"rate": 0.005, "momentum": 0.5, "centred": True}, ()),
    )

    @property
    def update(self) -> str:  # type: ignore[override]
        """The centred form keeps one slot more."""
        return "rmsprop_centred" if self.centred else "rmsprop"

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("square", "velocity", "mean") if self.centred else ("square", "velocity")
