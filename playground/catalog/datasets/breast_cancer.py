"""Benign and malignant cell samples."""

from __future__ import annotations

from pathlib import Path

from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.bundled import classification


@register("breast_cancer", title="Breast cancer", group="Data", icon="data_ribbon", tail="30 inputs, 2 classes")
class BreastCancer(Dataset):
    """569 tissue samples, benign or malignant, in thirty measurements of cell nuclei.

    Shapes: inputs (569, 30); targets (569,) class numbers.
    Two classes of unequal size, so look at more than the accuracy.
    """

    samples_are = "table"
    source = "Street, Wolberg and Mangasarian: Nuclear feature extraction for breast tumor diagnosis (1993); UCI repository; copy of scikit-learn"
    examples = (("plain", {}, ((569, 30), (569,))),)

    def load(self, folder: Path | None = None) -> Samples:
        return classification("load_breast_cancer")
