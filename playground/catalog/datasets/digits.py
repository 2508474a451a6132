"""Small handwritten digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.bundled import bundled


@register("digits", title="Digits", group="Data", icon="data_digits", tail="8×8×1 pictures, 10 classes")
class Digits(Dataset):
    """1,797 handwritten digits of 8 by 8 pixels, grey values from 0 to 16.

    Shapes: inputs (1797, 8, 8, 1); targets (1797,) class numbers.
    Small enough to train in seconds, real enough to show what convolutions are worth.
    """

    source = "E. Alpaydin, C. Kaynak, Optical recognition of handwritten digits, 1998; UCI repository; copy of scikit-learn"
    samples_are = "images"
    examples = (("plain", {}, ((1797, 8, 8, 1), (1797,))),)

    def load(self, folder: Path | None = None) -> Samples:
        found = bundled("load_digits")
        x = found.images.astype(np.float32)[..., None]
        return Samples(x, found.target.astype(np.int64), "classification", tuple(str(name) for name in found.target_names))
