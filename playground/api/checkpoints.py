"""What a checkpoint of a run holds for a project: weights, their means, the optimizer's state."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from playground.core.samples import Samples
from playground.document.project import Project as Record
from playground.document.weight_sets import WeightSets
from playground.engine.optimizer_state import OptimizerState
from playground.training import checkpoints
from playground.training.assembly import assemble
from playground.training.optimizer_state import optimizer_state
from playground.training.trained import sets_in


@dataclasses.dataclass(frozen=True)
class Kept:
    """sets: the weights of the last step, and their mean where there is one."""

    sets: WeightSets
    optimizer: OptimizerState


def kept_in(path: Path, record: Record, samples: Samples) -> Kept:
    """Raises FileError for a file that is no checkpoint of this project, Refused for a project with problems."""
    layout = assemble(record, samples).plan.layout
    found = checkpoints.read(path, layout)
    return Kept(
        sets=sets_in(layout, found.state, None, averaged=record.training.judges_averaged),
        optimizer=optimizer_state(record.training.optimizer, found.knobs, layout, found.state),
    )
