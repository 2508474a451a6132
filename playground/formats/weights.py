"""What the two weight formats share: names, metadata, and the check of the file as it lies on the disk."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from playground.formats.certificate import Certificate, ExportBlocked, certify
from playground.formats.interpreter import answer
from playground.formats.model import Model, tensors_sha256
from playground.formats.place import put_in_place

INTERPRETER = "plain NumPy"
#: Arrays of the scaling carry this in front; no tensor's name has two dots.
SCALING = "scaling."

Pack = Callable[[Mapping[str, np.ndarray], Mapping[str, str]], bytes]


@dataclasses.dataclass(frozen=True)
class Contents:
    """What a weight file holds."""

    arrays: Mapping[str, np.ndarray]
    about: Mapping[str, str]

    def tensors(self) -> dict[str, np.ndarray]:
        return {name: array for name, array in self.arrays.items() if not name.startswith(SCALING)}

    def scaling(self) -> dict[str, np.ndarray]:
        return {name.removeprefix(SCALING): array for name, array in self.arrays.items() if name.startswith(SCALING)}


def write_weights(
    model: Model, path: Path, title: str, pack: Pack, read: Callable[[Path], Contents], versions: Mapping[str, str]
) -> Certificate:
    """Write, read back, compare hashes, run what was read in plain NumPy; only then does the file appear under its name."""
    tensors = model.tensors()
    arrays = {**tensors, **{SCALING + name: array for name, array in model.scaling().items()}}
    before = certify(model, answer(model, tensors, model.scaling()), format=title, interpreter=INTERPRETER, versions=versions)
    about = {"name": model.name, **model.about, "certificate": before.to_json()}

    def check(written: Path) -> None:
        contents = read(written)
        if tensors_sha256(contents.arrays) != tensors_sha256(arrays) or dict(contents.about) != about:
            raise ExportBlocked(f"{path.name} was not written: read back, the {title} file does not hold what was put into it.")
        answers = answer(model, contents.tensors(), contents.scaling())
        if certify(model, answers, format=title, interpreter=INTERPRETER, versions=versions) != before:
            raise ExportBlocked(f"{path.name} was not written: read back, the {title} file gives other answers than before.")

    put_in_place(path, pack(arrays, about), check)
    return before
