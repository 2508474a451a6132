"""Weights from a file into a project: read, put into the network, and its answers compared with those of the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from playground.api.judging import Judged, put_weights, weights_of
from playground.core.samples import Samples
from playground.document.project import Project as Record
from playground.formats.export import take
from playground.formats.taken import agree


@dataclasses.dataclass(frozen=True, kw_only=True)
class Imported:
    """weights: name -> array, all that the network has.  error: how far the file's own answers to the probe were from ours.

    notes: sentences on what the file does not hold, or on a certificate that is of other weights.
    """

    weights: Mapping[str, np.ndarray] = dataclasses.field(repr=False)
    interpreter: str
    probe_rows: int
    error: float
    notes: tuple[str, ...]

    def sentence(self) -> str:
        return (
            f"{self.interpreter} ran the file on {self.probe_rows} samples; "
            f"the largest difference from this network with its weights is {self.error:.1e}."
        )


def imported(record: Record, samples: Samples, path: Path, weights: Mapping[str, np.ndarray] | None = None) -> Imported:
    """The weights of a safetensors, NPZ or ONNX file for a project.

    weights: those that it has now; what the file does not hold stays as it is there, else as it is before training.
    Raises FileError or BadValue where the file does not fit the network or answers otherwise than it.
    """
    judged = Judged(record, samples, None)
    present = weights_of(judged.machine)
    fitting = {name: array for name, array in (weights or {}).items() if name in present and array.shape == present[name].shape}
    taken = take(path, judged.made.lowered.graph, {**present, **fitting})
    put_weights(judged.machine, taken.tensors)
    model = judged.model(record.name)
    error, notes = agree(model, taken)
    return Imported(
        weights=weights_of(judged.machine),
        interpreter=taken.interpreter,
        probe_rows=len(model.probe),
        error=error,
        notes=tuple(notes),
    )
