"""The promise that goes with every export: an independent interpreter ran the file on a probe and came to the same answers."""

from __future__ import annotations

import dataclasses
import json
import platform
from collections.abc import Mapping, Sequence

import numpy as np

import playground
from playground.errors import PlaygroundError
from playground.formats.model import Model, array_sha256, tensors_sha256
from playground.words import sentence

#: Largest difference allowed, as a share of the largest answer (at least 1). float32 sums of a few thousand products in another
#: order differ by about 1e-6 of it; an error of layout, gate order or a lost bias is larger by orders of magnitude.
TOLERANCE = 1e-5


class ExportBlocked(PlaygroundError):
    """An export whose file does not do what the network does; nothing was written."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Certificate:
    """Who ran the file on what, and how far the answers were from the engine's.

    error: largest absolute difference.  allowed: what it had to stay below.  weights_sha256: over names, shapes and bytes.
    """

    format: str
    interpreter: str
    error: float
    allowed: float
    probe_rows: int
    probe_sha256: str
    weights_sha256: str
    versions: Mapping[str, str]

    def sentence(self) -> str:
        return sentence(
            "{interpreter} ran the file on {probe_rows} samples; the largest difference from the engine was {error} "
            "(allowed {allowed}).",
            interpreter=self.interpreter,
            probe_rows=self.probe_rows,
            error=f"{self.error:.1e}",
            allowed=f"{self.allowed:.1e}",
        )

    def to_json(self) -> str:
        """Strict JSON with sorted keys, as it stands in the metadata of the file."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, allow_nan=False)


def certify(
    model: Model, answers: Sequence[np.ndarray], *, format: str, interpreter: str, versions: Mapping[str, str]
) -> Certificate:
    """The certificate for the answers that the interpreter gave, of several losses the one with the largest share of what is allowed.

    Raises ExportBlocked when they are not the engine's.
    """
    if len(answers) != len(model.answers()):
        raise ExportBlocked(
            sentence(
                "The {format} file was not written: {interpreter} gives {found} answers, the network {wanted}.",
                format=format,
                interpreter=interpreter,
                found=len(answers),
                wanted=len(model.answers()),
            )
        )
    found = [_difference(one, expected, format, interpreter) for one, expected in zip(answers, model.answers(), strict=True)]
    error, allowed = max(found, key=lambda one: one[0] / one[1])
    return Certificate(
        format=format,
        interpreter=interpreter,
        error=error,
        allowed=allowed,
        probe_rows=len(model.probe),
        probe_sha256=array_sha256(np.asarray(model.probe, dtype=np.float32)),
        weights_sha256=tensors_sha256(model.tensors()),
        versions={"playground": playground.__version__, "python": platform.python_version(), "numpy": np.__version__, **versions},
    )


def _difference(answers: np.ndarray, expected: np.ndarray, format: str, interpreter: str) -> tuple[float, float]:
    """The largest difference and what is allowed. Raises ExportBlocked where it is more."""
    if answers.shape != expected.shape:
        raise ExportBlocked(
            sentence(
                "The {format} file was not written: {interpreter} gives answers of shape {shape}, the network {shape2}.",
                format=format,
                interpreter=interpreter,
                shape=answers.shape,
                shape2=expected.shape,
            )
        )
    if not np.isfinite(expected).all():
        raise ExportBlocked(
            sentence(
                "The {format} file was not written: the network itself gives answers that are not finite. Go back to an "
                "earlier state.",
                format=format,
            )
        )
    allowed = TOLERANCE * max(1.0, float(np.abs(expected).max(initial=0.0)))
    error = float(np.abs(answers.astype(np.float64) - expected.astype(np.float64)).max(initial=0.0))
    if not error <= allowed:
        worst = int(np.nanargmax(np.abs(answers - expected).reshape(len(expected), -1).max(axis=1))) if np.isfinite(error) else 0
        raise ExportBlocked(
            sentence(
                "The {format} file was not written: {interpreter} differs from the network by {error} at sample {worst} "
                "of the probe, and {allowed} is allowed. Keep the project and report this: the export has a fault.",
                format=format,
                interpreter=interpreter,
                error=f"{error:.1e}",
                worst=worst,
                allowed=f"{allowed:.1e}",
            )
        )
    return error, allowed
