"""Arrays that NumPy saved."""

from __future__ import annotations

from pathlib import Path

from playground.core import fields
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.array_samples import find_names, samples_of_arrays
from playground.data.readers.arrays import read_member
from playground.data.readers.places import resolve


@register("array_file", title="Array file", group="Data", icon="data", tail="NPZ or NPY")
class ArrayFile(Dataset):
    """Inputs and targets that were saved with numpy.savez, or as two NPY files.

    The first axis counts the samples. Pictures in bytes become 0 to 1; everything else is taken as it is.
    """

    path: str = fields.path(
        patterns=("*.npz", "*.npy"), help="An NPZ file with inputs and targets, or an NPY file with the inputs."
    )
    targets_path: str = fields.path(
        patterns=("*.npy", "*.npz"), label="Targets file", help="The file of the targets, when they are in another one."
    )
    inputs: str = fields.text(
        label="Inputs array", help="Name of the array of inputs; empty looks for x, x_train, data, images and the like."
    )
    targets: str = fields.text(
        label="Targets array", help="Name of the array of targets; empty looks for y, y_train, labels, target and the like."
    )
    task: str = fields.choice(
        "auto",
        {
            "auto": "Classes for whole numbers, else values.",
            "classification": "The targets are class numbers or one-hot rows.",
            "regression": "The targets are values.",
        },
        help="What is to be predicted.",
    )
    channels: str = fields.choice(
        "last",
        {"last": "Height, width, channels.", "first": "Channels, height, width, as PyTorch stores them."},
        advanced=True,
        help="Where the channels of pictures stand.",
    )

    def load(self, folder: Path | None = None) -> Samples:
        place = resolve(self.path, folder)
        other = resolve(self.targets_path, folder) if self.targets_path else place
        inputs, targets = find_names(place, other, self.inputs, self.targets)
        names = (f"{place.name} {inputs}".strip(), f"{other.name} {targets}".strip())
        return samples_of_arrays(
            read_member(place, inputs), read_member(other, targets), task=self.task, channels=self.channels, names=names
        )
