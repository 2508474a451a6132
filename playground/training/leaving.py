"""The checkpoints that a training leaves on its way, so that one that is killed can go on.

As in the folder of a run of the window: `last.safetensors` is where it stands, `best.safetensors` beside it the epoch with the best loss,
which an early stop brings back.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from playground.document.saver import save_atomically
from playground.errors import BadValue, FileError
from playground.training import checkpoints
from playground.training.assembly import Assembled
from playground.training.checkpoints import Checkpoint
from playground.training.loop import Burst, Trainer
from playground.training.run_record import BEST, LAST, fingerprint
from playground.words import sentence

#: What a run went on from, where its own checkpoints take that file's place.
BEGAN = "began.safetensors"
NOT_FINITE = sentence("No checkpoint was written: a weight is not finite. The last good one is kept.")


def checkpoint_of(trainer: Trainer, which: str, about: dict[str, Any]) -> Checkpoint | None:
    """A copy of where a run stands. which: "best" for the best epoch, None where none is kept; else the present step.

    about: its fingerprint.
    """
    machine, memory = trainer.machine, trainer.memory
    if which == "best":
        kept = trainer.keeper.read(memory.best_place) if memory.best_place is not None else None
        if kept is None:
            return None
        state = np.frombuffer(kept[1], np.float32)
    else:
        state = machine.snapshot()
    knobs = {name: float(machine.knobs[index]) for name, index in machine.layout.knob_index.items()}
    return Checkpoint(state, dataclasses.asdict(memory) | {"best_place": None}, knobs, about)


def is_finite(trainer: Trainer) -> bool:
    """Whether the weights are worth keeping."""
    return all(np.isfinite(weight).all() for weight in trainer.machine.parameters().values())


def out_of_the_way(resume: Path, folder: Path) -> Path:
    """The checkpoint to go on from, under a name where those that are left in a folder do not take its place. Raises FileError."""
    if resume.resolve() != (folder / LAST).resolve():
        return resume
    try:
        save_atomically(folder / BEGAN, resume.read_bytes())
    except OSError as error:
        raise FileError(
            sentence(
                "{path} cannot be read: {error}. Choose another checkpoint.", path=resume, error=error.strerror or str(error)
            )
        ) from error
    return folder / BEGAN


class Leaving:
    """Leaves checkpoints in a folder after every so many epochs, and at the end.

    told: is told what could not be written; the training goes on without it.
    """

    def __init__(self, folder: Path, every: int, told: Callable[[str], object] = warnings.warn) -> None:
        """Raises BadValue."""
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise BadValue(
                sentence(
                    "The epochs between two checkpoints must be a whole number from 1 on; {every} was given. Give 1 for every epoch.",
                    every=f"{every!r:.40}",
                )
            )
        self.folder, self.every, self._told = folder, every, told
        self._best = 0
        self._of: tuple[Assembled, dict[str, Any]] | None = None

    def after(self, trainer: Trainer, made: Assembled, burst: Burst) -> None:
        """After a burst of steps. made: what the trainer is of."""
        if burst.record is not None and burst.record.epoch % self.every == 0:
            self.leave(trainer, made)

    def leave(self, trainer: Trainer, made: Assembled) -> None:
        """Write where the run stands."""
        if not is_finite(trainer):
            self._told(NOT_FINITE)
            return
        if self._of is None or self._of[0] is not made:
            self._of = made, fingerprint(made.project, made.samples, made.plan.chains)
        best = trainer.memory.best_epoch
        try:
            if best != self._best:
                self._write("best", BEST, trainer)
                self._best = best
            self._write("last", LAST, trainer)
        except FileError as error:
            self._told(str(error))

    def _write(self, which: str, name: str, trainer: Trainer) -> None:
        assert self._of is not None
        made = checkpoint_of(trainer, which, self._of[1])
        if made is not None:
            checkpoints.write(self.folder / name, made, trainer.machine.layout)
