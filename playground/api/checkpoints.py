"""What a checkpoint of a run holds for a project: weights, their means, the optimizer's state."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from playground.core.samples import Samples
from playground.document.project import Project as Record
from playground.engine.optimizer_state import OptimizerState
from playground.training import checkpoints
from playground.training.assembly import assemble
from playground.training.optimizer_state import copied, optimizer_state


@dataclasses.dataclass(frozen=True)
class Kept:
    """raw: weights of the last step.  averaged: their mean, None where there is none.  weights: those that the plan evaluates with."""

    raw: dict[str, np.ndarray]
    averaged: dict[str, np.ndarray] | None
    weights: dict[str, np.ndarray]
    optimizer: OptimizerState


def kept_in(path: Path, record: Record, samples: Samples) -> Kept:
    """Raises FileError for a file that is no checkpoint of this project, Refused for a project with problems."""
    layout = assemble(record, samples).plan.layout
    found = checkpoints.read(path, layout)
    raw = copied({**layout.parameters, **layout.statistics}, layout, found.state)
    means = copied(layout.averages, layout, found.state)
    averaged = means if any(mean.any() for mean in means.values()) else None
    return Kept(
        raw=raw,
        averaged=averaged,
        weights=averaged if averaged is not None and record.training.judges_averaged else raw,
        optimizer=optimizer_state(record.training.optimizer, found.knobs, layout, found.state),
    )
