"""Three wine growers."""

from __future__ import annotations

from pathlib import Path

from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.bundled import classification


@register("wine", title="Wine", group="Data", icon="data_wine", tail="13 inputs, 3 classes")
class Wine(Dataset):
    """178 wines of three growers, in thirteen chemical measurements.

    Shapes: inputs (178, 13); targets (178,) class numbers.
    The measurements have very different sizes, which shows what standardising is for.
    """

    samples_are = "table"
    source = "M. Forina et al., PARVUS, 1988; UCI repository; copy of scikit-learn"
    examples = (("plain", {}, ((178, 13), (178,))),)

    def load(self, folder: Path | None = None) -> Samples:
        return classification("load_wine")
