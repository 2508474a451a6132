"""Weights that came out of a file, and the check that they do in our network what they did in the file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from playground.errors import FileError, PlaygroundError
from playground.formats.certificate import TOLERANCE
from playground.formats.model import Model, tensors_sha256
from playground.words import sentence

#: What an interpreter may raise of a file that does not say what it should.
_FAULTS = (
    PlaygroundError, ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, MemoryError, OSError, RuntimeError, SyntaxError,
    TypeError, ValueError,
)  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Taken:
    """tensors: name -> array, every one that the network has.  notes: sentences on what the file does not hold.

    answers: what the file itself gives for the probe of a model, by `interpreter`.  certificate: as it stands in the file, or "".
    scaling_known: whether the file says how data is scaled, be it not at all; where it does not, it answers with the network's scaling.
    """

    path: Path
    tensors: Mapping[str, np.ndarray]
    interpreter: str
    answers: Callable[[Model], tuple[np.ndarray, ...]]
    certificate: str = ""
    notes: tuple[str, ...] = ()
    scaling_known: bool = True


def agree(model: Model, taken: Taken) -> tuple[float, list[str]]:
    """Largest difference of the file's answers from the model's, and notes. Raises FileError where they are not the same.

    model: our network with the weights that were taken, its scaling and its answers to its probe.
    """
    name = taken.path.name
    try:
        answers = taken.answers(model)
    except FileError:
        raise
    except _FAULTS as fault:
        raise FileError(
            sentence(
                "{name}: {interpreter} cannot run the file on the probe. {fault}",
                name=name,
                interpreter=taken.interpreter,
                fault=f"{fault!s:.200}",
            )
        ) from fault
    if not answers:
        raise FileError(sentence("{name} gives no answers. Nothing was changed.", name=name))
    # a file that was written before networks had several losses answers to the first alone
    found = [_difference(one, expected, name) for one, expected in zip(answers, model.answers(), strict=False)]
    return max(found), [*taken.notes, *_changed(taken), *_unscaled(model, taken)]


def _difference(answers: np.ndarray, expected: np.ndarray, name: str) -> float:
    """The largest difference. Raises FileError where it is more than is allowed."""
    if answers.shape != expected.shape:
        raise FileError(
            sentence(
                "{name} gives answers of shape {shape}; this network gives {shape2}. Nothing was changed.",
                name=name,
                shape=answers.shape,
                shape2=expected.shape,
            )
        )
    if not (np.isfinite(expected).all() and np.isfinite(answers).all()):
        raise FileError(sentence("{name} gives answers that are not finite. Nothing was changed.", name=name))
    allowed = TOLERANCE * max(1.0, float(np.abs(expected).max(initial=0.0)))
    error = float(np.abs(answers.astype(np.float64) - expected.astype(np.float64)).max(initial=0.0))
    if error > allowed:
        raise FileError(
            sentence(
                "{name} holds weights of these names and shapes, but it is another network or has another scaling: on "
                "{expected_count} samples its answers differ from ours by up to {error}, and {allowed} is allowed. "
                "Nothing was changed.",
                name=name,
                expected_count=len(expected),
                error=f"{error:.1e}",
                allowed=f"{allowed:.1e}",
            )
        )
    return error


def _unscaled(model: Model, taken: Taken) -> list[str]:
    """A sentence where the network scales, and the file does not say whether it was trained on such data."""
    if taken.scaling_known or not model.scaling():
        return []
    return [
        sentence(
            "{path} does not say how its data was scaled; the scaling of this network is used. If it was trained on data that was "
            "scaled otherwise, change the data plan, or train it further.",
            path=taken.path.name,
        )
    ]


def _changed(taken: Taken) -> list[str]:
    """A sentence where the certificate is of other weights than those of the file."""
    if not taken.certificate or taken.notes:  # the hash is over all tensors
        return []
    try:
        said = json.loads(taken.certificate)["weights_sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [sentence("The certificate in {path} cannot be read.", path=taken.path.name)]
    if said == tensors_sha256({name: np.ascontiguousarray(array, np.float32) for name, array in taken.tensors.items()}):
        return []
    return [
        sentence("The certificate in {path} is of other weights: the file was changed after its export.", path=taken.path.name)
    ]
