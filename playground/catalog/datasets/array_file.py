"""Arrays that NumPy saved."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from playground.core import fields
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.array_samples import find_names, rows_of, samples_of_arrays
from playground.data.readers.arrays import read_member
from playground.data.readers.places import resolve


@register("array_file", title="Array file", group="Data", icon="data", tail="NPZ or NPY")
class ArrayFile(Dataset):
    """Inputs and targets that were saved with numpy.savez, or as two NPY files.

    Shapes: inputs (samples, features), (samples, height, width, channels), (samples, steps, features) or (samples, steps) tokens;
    targets (samples,) class numbers, (samples, values), (samples, steps) class numbers or (samples, steps, values); the classes may be
    of fewer steps than the inputs.
    The first axis counts the samples. Pictures in bytes become 0 to 1; everything else is taken as it is. Sequences are
    samples×steps×features, or samples×steps of tokens. Arrays called lengths and weights in the same file, one number for each
    sample, say how many steps of a sequence are there and what a sample counts; a target of whole numbers, samples×steps, is a class
    for every step, with -100 where there is none; a target of samples×steps×values is a row of values for every step.
    """

    source = "Kern: A simple file format for NumPy arrays (2007), NumPy enhancement proposal 1; numpy.lib.format"

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
            "auto": "Classes for whole numbers, of samples or of steps; else values, of steps where the targets have three axes.",
            "classification": "The targets are class numbers or one-hot rows.",
            "steps": "The targets are class numbers for every step of a sequence.",
            "regression": "The targets are values.",
            "step_values": "The targets are values for every step of a sequence.",
        },
        help="What is to be predicted.",
    )
    tokens: bool = fields.flag(
        False, help="Inputs are whole numbers that stand for words, letters or classes; an embedding turns them into amounts."
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
        x, y = read_member(place, inputs), read_member(other, targets)
        count = len(x) if x.ndim else 0
        lengths, told = (None, "") if inputs == "lengths" or targets == "lengths" else rows_of(place, other, "lengths", count)
        weights, also = (None, "") if inputs == "weights" or targets == "weights" else rows_of(place, other, "weights", count)
        samples = samples_of_arrays(
            x, y, task=self.task, channels=self.channels, names=names, lengths=lengths, weights=weights, tokens=self.tokens
        )
        return dataclasses.replace(samples, notes=(*samples.notes, *filter(None, (told, also))))
