"""Three kinds of iris."""

from __future__ import annotations

from pathlib import Path

from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.bundled import classification


@register("iris", title="Iris", group="Data", icon="data_flower", tail="4 inputs, 3 classes")
class Iris(Dataset):
    """150 flowers of three kinds of iris, measured in four lengths.

    Shapes: inputs (150, 4); targets (150,) class numbers.
    One kind stands apart; the other two overlap a little, so about 97 % is all that there is to learn.
    """

    samples_are = "table"
    source = "R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936; copy of scikit-learn"
    examples = (("plain", {}, ((150, 4), (150,))),)

    def load(self, folder: Path | None = None) -> Samples:
        return classification("load_iris")
