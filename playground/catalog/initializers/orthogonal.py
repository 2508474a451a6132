"""Orthogonal."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Initializer


@register("orthogonal", title="Orthogonal", group="Structured", icon="orthogonal", tail="for recurrent layers")
class Orthogonal(Initializer):
    """Starts with weights that only turn and mirror: lengths stay as they are through any number of steps.

    Shapes: any; all axes but the last are taken as one, as the inputs of a unit. The columns are at right angles where there are
    at least as many inputs as units, else the rows are. A vector gets the length `gain`.
    """

    gain: float = real(1.0, low=0.0, high=100.0, log=True, help="Multiplies every number; √2 suits ReLU.")

    formula = "w = gain·Q, Q Qᵀ = I or Qᵀ Q = I; Q from the QR decomposition of a normal matrix, signs of diag(R) made positive"
    source = (
        "Saxe, McClelland and Ganguli: Exact solutions to the nonlinear dynamics of learning in deep linear networks (2014); "
        "PyTorch: torch.nn.init.orthogonal_"
    )
    examples = (
        ("matrix", {}, ((40, 30),)),
        ("wide", {"gain": 1.4}, ((7, 30),)),
        ("kernel", {}, ((3, 5, 7, 11),)),
        ("vector", {}, ((9,),)),
        ("one", {}, ((1, 1),)),
    )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        columns = shape[-1] if len(shape) > 1 else 1
        flat = rng.normal(size=(int(np.prod(shape, dtype=int)) // columns, columns))
        wide = flat.shape[0] < flat.shape[1]
        q, r = np.linalg.qr(flat.T if wide else flat)
        q *= np.where(np.diagonal(r) < 0.0, -1.0, 1.0)  # else the draw is not even over all rotations
        return np.asarray((self.gain * (q.T if wide else q)).reshape(shape), np.float32)
