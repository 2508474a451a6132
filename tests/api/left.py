"""A checkpoint as a run leaves it in its folder, at any step."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

import playground as pg
from playground.training import checkpoints, run_record
from playground.training.checkpoints import Checkpoint
from playground.training.replay import Player


def left(project: pg.Project, folder: Path, step: int, *, stopped: bool = False) -> Path:
    """Train up to this step, end there if so asked, and leave last.safetensors, with the best epoch beside it where there is one."""
    player = Player(project.record, project.samples())
    trainer, made = player.trainer, player.made
    while trainer.machine.step < step:
        trainer.advance(step - trainer.machine.step)
    if stopped:
        trainer.stop()
    knobs = {name: float(trainer.machine.knobs[index]) for name, index in trainer.machine.layout.knob_index.items()}
    remembered = dataclasses.asdict(trainer.memory) | {"best_place": None}
    found = run_record.fingerprint(made.project, made.samples, made.plan.chains)
    states = {"last": trainer.machine.snapshot()}
    kept = trainer.keeper.read(trainer.memory.best_place) if trainer.memory.best_place is not None else None
    if kept is not None:
        states["best"] = np.frombuffer(kept[1], np.float32)
    for name, state in states.items():
        checkpoints.write(folder / f"{name}.safetensors", Checkpoint(state, remembered, knobs, found), trainer.machine.layout)
    return folder / "last.safetensors"
