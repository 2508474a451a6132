"""A checkpoint as a run leaves it in its folder, at any step."""

from __future__ import annotations

from pathlib import Path

import playground as pg
from playground.training import checkpoints, run_record
from playground.training.leaving import checkpoint_of
from playground.training.replay import Player


def left(project: pg.Project, folder: Path, step: int, *, stopped: bool = False) -> Path:
    """Train up to this step, end there if so asked, and leave last.safetensors, with the best epoch beside it where there is one."""
    player = Player(project.record, project.samples())
    trainer, made = player.trainer, player.made
    while trainer.machine.step < step:
        trainer.advance(step - trainer.machine.step)
    if stopped:
        trainer.stop()
    found = run_record.fingerprint(made.project, made.samples, made.plan.chains)
    for which, name in (("last", run_record.LAST), ("best", run_record.BEST)):
        checkpoint = checkpoint_of(trainer, which, found)
        if checkpoint is not None:
            checkpoints.write(folder / name, checkpoint, trainer.machine.layout)
    return folder / run_record.LAST
