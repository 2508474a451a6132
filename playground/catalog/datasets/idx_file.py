"""Pictures in the format of MNIST."""

from __future__ import annotations

from pathlib import Path

from playground.core import fields
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.array_samples import samples_of_arrays
from playground.data.readers.idx import read_idx
from playground.data.readers.places import resolve


@register("idx_file", title="IDX file", group="Data", icon="image", tail="MNIST and its kin")
class IdxFile(Dataset):
    """Two files in the format of MNIST, plain or gzipped: one of pictures or vectors, one of class numbers.

    Shapes: inputs (samples, height, width, 1), or (samples, features) where the file holds vectors; targets (samples,) class numbers.
    Grey values from 0 to 255 become 0 to 1.
    """

    samples_are = "images"
    formula = "x = v / 255, v in 0 … 255"
    source = "Y. LeCun, C. Cortes, C. Burges, the MNIST database, file formats"

    path: str = fields.path(patterns=("*-ubyte", "*.idx*", "*.gz"), label="Inputs", help="The file of pictures or vectors.")
    labels: str = fields.path(patterns=("*-ubyte", "*.idx*", "*.gz"), help="The file of class numbers, one for each picture.")

    def load(self, folder: Path | None = None) -> Samples:
        places = resolve(self.path, folder), resolve(self.labels, folder)
        x, y = (read_idx(place) for place in places)
        return samples_of_arrays(x, y, task="classification", channels="last", names=(places[0].name, places[1].name))
