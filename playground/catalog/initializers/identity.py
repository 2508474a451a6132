"""Identity."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Initializer


@register("identity", title="Identity", group="Structured", icon="identity", tail="passes its input on")
class Identity(Initializer):
    """Starts with weights that pass the input on unchanged, as far as there are units for it.

    Shapes: (inputs, units) gets ones on the diagonal; a kernel (..., inputs, filters) gets them in its middle tap, so that with
    padding it passes every channel on, in groups too; a vector gets ones.
    """

    gain: float = real(1.0, low=0.0, high=100.0, log=True, help="What stands in place of the ones.")

    by_group = True
    formula = "w[i, j] = gain if i = j else 0; of a kernel of extents k, in tap ⌊k / 2⌋"
    source = "PyTorch: torch.nn.init.eye_, torch.nn.init.dirac_; Le, Jaitly and Hinton: IRNN (2015)"
    examples = (
        ("matrix", {}, ((40, 30),)),
        ("wide", {"gain": 0.01}, ((7, 30),)),
        ("kernel", {}, ((3, 5, 7, 11),)),
        ("even kernel", {}, ((2, 4, 5, 3),)),
        ("vector", {}, ((9,),)),
    )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        if len(shape) < 2:
            return np.full(shape, self.gain, np.float32)
        weights = np.zeros(shape, np.float32)
        weights[tuple(extent // 2 for extent in shape[:-2])] = self.gain * np.eye(shape[-2], shape[-1])
        return weights
