"""How diabetes went on after a year."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.bundled import bundled


@register("diabetes", title="Diabetes", group="Data", icon="data_blood", tail="10 inputs, 1 value")
class Diabetes(Dataset):
    """442 patients: how far diabetes went on in a year, from ten measurements at its start.

    Shapes: inputs (442, 10); targets (442, 1) values.
    Real and noisy: half of the variance cannot be explained by these inputs, so a small network soon learns by heart.
    """

    samples_are = "table"
    source = "B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Least angle regression, 2004; copy of scikit-learn"
    examples = (("plain", {}, ((442, 10), (442, 1))),)

    def load(self, folder: Path | None = None) -> Samples:
        found = bundled("load_diabetes")
        names = tuple(str(name) for name in found.feature_names)
        y = found.target.astype(np.float32)[:, None]
        return Samples(found.data.astype(np.float32), y, "regression", (), names, ("progression",))
