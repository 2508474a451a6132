"""Points painted with the mouse."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from playground.core.cloud import Spots, cloud
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.errors import DataError
from playground.words import sentence

REACH = 1.0
#: A ring round a heap, so that there is something to learn at once: no straight line separates them.
FIRST: Spots = (
    *((round(0.7 * math.cos(0.35 * k), 4), round(0.7 * math.sin(0.35 * k), 4), 1) for k in range(18)),
    *(
        (round(0.05 * math.sqrt(k) * math.cos(2.4 * k), 4), round(0.05 * math.sqrt(k) * math.sin(2.4 * k), 4), 0)
        for k in range(18)
    ),
)


@register("painted", title="Painted", group="Data", icon="paint", tail="points of your own")
class Painted(Dataset):
    """Points that you paint in the plane, each in the colour of its class.

    Shapes: inputs (samples, 2); targets (samples,) class numbers.
    Paint in the inspector, or in the Output panel and see the answer follow. Classes without points do not count.
    """

    formula = "what you paint"
    source = "Smilkov et al.: Direct-manipulation visualization of deep networks (2017)"
    examples = (
        ("ring round a heap", {}, ((36, 2), (36,))),
        ("three classes", {"points": tuple((round(k / 20 - 0.5, 2), (k % 5) / 5, k % 3) for k in range(20))}, ((20, 2), (20,))),
    )

    points: Spots = cloud(FIRST, reach=REACH, help="Where the points are and of which class. Paint them below.")

    def load(self, folder: Path | None = None) -> Samples:
        used = sorted({k for _, _, k in self.points})
        if len(used) < 2 or any(sum(k == one for _, _, k in self.points) < 2 for one in used):
            raise DataError(sentence("Paint at least two points of each of two classes; choose the class above the picture."))
        x = np.array([[x, y] for x, y, _ in self.points], np.float32)
        y = np.array([used.index(k) for _, _, k in self.points], np.int64)
        return Samples(
            x, y, "classification", tuple(sentence("class {number}", number=k + 1) for k in used), ("x1", "x2"), reach=REACH
        )
