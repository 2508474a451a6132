"""What the two weight formats share: names, metadata, and the check of the file as it lies on the disk."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from playground.document.saver import save_atomically
from playground.engine.optimizer_state import OptimizerState
from playground.errors import FileError
from playground.formats.certificate import Certificate, ExportBlocked, certify
from playground.formats.interpreter import answer
from playground.formats.model import Model, tensors_sha256
from playground.formats.optimizer_state import ABOUT, arrays_of, belongs, description_of, state_of
from playground.formats.taken import Taken
from playground.words import joined, sentence

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
        """The weights."""
        return {name: array for name, array in self.arrays.items() if not name.startswith(SCALING) and not belongs(name)}

    def optimizer(self) -> OptimizerState | None:
        """The optimizer's state, where the file has it. Raises FileError."""
        return state_of(self.arrays, self.about)

    def scaling(self) -> dict[str, np.ndarray]:
        return {name.removeprefix(SCALING): array for name, array in self.arrays.items() if name.startswith(SCALING)}


def write_weights(
    model: Model, path: Path, title: str, pack: Pack, parse: Callable[[bytes], Contents], versions: Mapping[str, str]
) -> Certificate:
    """Pack, parse, compare hashes, run what was parsed in plain NumPy; only then does the file appear under its name.

    The saver reads what it wrote and compares it with the bytes that were checked here.
    """
    tensors = model.tensors()
    arrays = {**tensors, **{SCALING + name: array for name, array in model.scaling().items()}}
    optimizer = model.optimizer
    arrays |= arrays_of(optimizer) if optimizer else {}
    before = certify(model, answer(model, tensors, model.scaling()), format=title, interpreter=INTERPRETER, versions=versions)
    about = {
        "name": model.name,
        **model.about,
        **({ABOUT: description_of(optimizer)} if optimizer else {}),
        "certificate": before.to_json(),
    }
    packed = pack(arrays, about)
    contents = parse(packed)
    if tensors_sha256(contents.arrays) != tensors_sha256(arrays) or dict(contents.about) != about:
        raise ExportBlocked(
            sentence(
                "{path} was not written: read back, the {title} file does not hold what was put into it.",
                path=path.name,
                title=title,
            )
        )
    answers = answer(model, contents.tensors(), contents.scaling())
    if certify(model, answers, format=title, interpreter=INTERPRETER, versions=versions) != before:
        raise ExportBlocked(
            sentence(
                "{path} was not written: read back, the {title} file gives other answers than before.",
                path=path.name,
                title=title,
            )
        )
    save_atomically(path, packed)
    return before


def contents_of(path: Path, parse: Callable[[bytes], Contents]) -> Contents:
    """A weight file from the disk. Raises FileError."""
    try:
        contents = parse(path.read_bytes())
        _numbers(contents.arrays)
        return contents
    except FileError as error:
        raise FileError(joined((path.name, error), ": ")) from error
    except OSError as error:
        raise FileError(sentence("{path} cannot be read: {strerror}.", path=path, strerror=error.strerror or error)) from error


def _numbers(arrays: Mapping[str, np.ndarray]) -> None:
    """Raises FileError where an array holds something else: texts, complex numbers, dates."""
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise FileError(
                sentence("{name} must hold real numbers; it holds {dtype}.", name=f"{name[:80]!a}", dtype=f"{array.dtype!s:.40}")
            )


def take_weights(contents: Contents, path: Path) -> Taken:
    """The weights of a file, and what it answers to a probe with its own scaling, in plain NumPy.

    Bare arrays, as other programs save them, say nothing of scaling; they answer with that of the network.
    """
    tensors, scaling = contents.tensors(), contents.scaling()
    certificate = contents.about.get("certificate", "")
    bare = not scaling and not certificate

    def answers(model: Model) -> tuple[np.ndarray, ...]:
        return answer(model, tensors, model.scaling() if bare else scaling)

    return Taken(
        path=path,
        tensors=tensors,
        interpreter=INTERPRETER,
        answers=answers,
        certificate=certificate,
        scaling_known=not bare,
    )
