"""Layers that are frozen and thawed while a run goes on: as the flag in the plan says, from the next step on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from playground.document.edits import AddGroup, SetGroup, SetNodeOption
from playground.document.patch import differences
from playground.document.project import Project
from playground.training import checkpoints, replan
from playground.training.assembly import Assembled, assemble
from playground.training.causes import of_error
from playground.training.journal import Entry
from playground.training.loop import Trainer
from playground.training.optimizer_state import optimizer_state
from playground.training.replay import Player, take_checkpoint
from tests.training.networks import of, points, project, trainer_of

PARTS = (("dense", {"units": 7}), ("tanh", {}), ("dense", {"units": 3}))
SAMPLES = points()


def made_of(**plan: Any) -> Project:
    return project(*PARTS, batch=120, shuffle=False, epochs=500, **plan)


def frozen_in(made: Project, on: bool = True) -> Project:
    return SetNodeOption(made.network.nodes[1].id, "frozen", on).apply(made)


def advanced(run: Trainer, steps: int) -> Trainer:
    for _ in range(steps):
        run.advance(1)
    return run


def becoming(run: Trainer, old: Assembled, after: Project) -> tuple[Trainer, Assembled]:
    new = assemble(after, old.samples, old)
    made = Trainer(new.lowered, new.prepared, new.machine(), after.training, new.judge)
    replan.continue_from(run, old, new, made)
    made.recorder.begin()
    return made, new


def entry(serial: int, step: int, kind: str, what: str, before: Any, after: Any) -> Entry:
    return Entry(serial=serial, step=step, kind=kind, what=what, before=before, after=after, note="")


def planned(serial: int, step: int, before: Project, after: Project) -> Entry:
    found = differences(before, after)
    return entry(serial, step, "plan", "", {one.path: one.before for one in found}, {one.path: one.after for one in found})


def test_clipping_leaves_a_layer_out_from_where_it_is_frozen() -> None:
    """As torch with `requires_grad` switched off: the norm is that of the others, and the momentum of the frozen layer stays."""
    made = made_of(clip=0.01, optimizer=of("optimizer", "momentum", rate=0.5, momentum=0.9))
    old = assemble(made, SAMPLES)
    run = advanced(trainer_of(old, 1, 1), 6)
    slots = {name: slot.copy() for name, slot in run.machine.slots().items()}
    run, old = becoming(run, old, frozen_in(made))
    weights = {name: torch.tensor(value.copy()) for name, value in run.machine.parameters().items()}
    trained = [weights[name].requires_grad_() for name in ("dense2.weight", "dense2.bias")]
    x, y = (torch.tensor(old.prepared.train.x), torch.tensor(old.prepared.train.y.astype(np.int64).ravel()))
    moved = [torch.tensor(slots[f"dense2.{name}/velocity"].copy()) for name in ("weight", "bias")]
    for _ in range(5):
        hidden = torch.tanh(x @ weights["dense1.weight"] + weights["dense1.bias"])
        loss = torch.nn.functional.cross_entropy(hidden @ weights["dense2.weight"] + weights["dense2.bias"], y)
        for value, gradient in zip(trained, torch.autograd.grad(loss, trained), strict=True):
            value.grad = gradient
        torch.nn.utils.clip_grad_norm_(trained, 0.01)
        with torch.no_grad():
            for k, value in enumerate(trained):
                moved[k] = 0.9 * moved[k] + value.grad
                value -= 0.5 * moved[k]
    advanced(run, 5)
    for name, value in run.machine.parameters().items():
        np.testing.assert_allclose(value, weights[name].detach().numpy(), atol=2e-5)
    for name, slot in run.machine.slots().items():
        assert np.array_equal(slot, slots[name]) == name.startswith("dense1")


@pytest.mark.parametrize("by", ["layer", "group"])
def test_a_journal_with_a_freeze_and_a_thaw_is_done_again(by: str) -> None:
    made = made_of(clip=0.05, penalty=of("penalty", "max_norm", limit=0.4), optimizer=of("optimizer", "adam", rate=0.02))
    if by == "group":
        made = AddGroup("stem", "first 1", id="g").apply(made)
    frozen = SetGroup("g", "frozen", True).apply(made) if by == "group" else frozen_in(made)
    old = assemble(made, SAMPLES)
    run = advanced(trainer_of(old, 1, 1), 4)
    run, old = becoming(run, old, frozen)
    still = run.machine.parameters()["dense1.weight"].copy()
    advanced(run, 5)
    assert np.array_equal(run.machine.parameters()["dense1.weight"], still)
    run, old = becoming(run, old, made)
    advanced(run, 3)
    entries = [
        planned(2, 4, made, frozen), planned(3, 9, frozen, made), entry(4, 12, "end", "stopped", 12, 12),
    ]  # fmt: skip
    player = Player(made, SAMPLES, entries)
    for _ in player.bursts():
        pass
    assert player.trainer.machine.state_sha256() == run.machine.state_sha256()
    assert replan.told(assemble(made, SAMPLES), assemble(frozen, SAMPLES)) == "dense1: frozen from here on."


def test_journals_that_froze_by_a_factor_of_0_are_done_as_they_were() -> None:
    made = made_of(optimizer=of("optimizer", "adam", rate=0.02))
    run = advanced(trainer_of(assemble(made, SAMPLES), 1, 1), 4)
    for value in (0.0, 1.0):
        run.machine.set_knob("dense1:rate_factor", value)
        advanced(run, 4)
    entries = [
        entry(2, 4, "knob", "dense1:rate_factor", 1.0, 0.0), entry(3, 8, "knob", "dense1:rate_factor", 0.0, 1.0),
        entry(4, 12, "end", "stopped", 12, 12),
    ]  # fmt: skip
    player = Player(made, SAMPLES, entries)
    for _ in player.bursts():
        pass
    assert player.trainer.machine.state_sha256() == run.machine.state_sha256()


@pytest.mark.parametrize("thawing", [False, True], ids=["frozen since", "thawed since"])
def test_a_checkpoint_is_gone_on_from_with_other_layers_frozen(tmp_path: Path, thawing: bool) -> None:
    """It stands where the run would stand that was changed at that step."""
    made = made_of(optimizer=of("optimizer", "adam", rate=0.02))
    before, after = (frozen_in(made), made) if thawing else (made, frozen_in(made))
    old = assemble(before, SAMPLES)
    run = advanced(trainer_of(old, 1, 1), 7)
    knobs = {name: float(run.machine.knobs[at]) for name, at in run.machine.layout.knob_index.items()}
    path = tmp_path / "a.safetensors"
    checkpoints.write(path, checkpoints.Checkpoint(run.machine.snapshot(), {"last_step": 7}, knobs, {}), run.machine.layout)
    wanted, new = becoming(run, old, after)
    fresh = trainer_of(new, 1, 1)
    take_checkpoint(fresh, path)
    assert fresh.machine.begun == wanted.machine.begun == {"dense1": 7, "dense2": 0}
    assert fresh.machine.state_sha256() == wanted.machine.state_sha256()
    assert advanced(fresh, 5).machine.state_sha256() == advanced(wanted, 5).machine.state_sha256()


def test_updates_of_a_frozen_layer_are_exported_as_of_one_that_thaws() -> None:
    made = made_of(optimizer=of("optimizer", "adam", rate=0.02))
    old = assemble(made, SAMPLES)
    run = advanced(trainer_of(old, 1, 1), 7)
    run, old = becoming(run, old, frozen_in(made))
    advanced(run, 5)
    machine = run.machine
    assert machine.begun == {"dense1": 7, "dense2": 0}
    assert optimizer_state(made.training.optimizer, {}, machine.layout, machine.snapshot()).begun == {"dense1": 5}


def test_what_is_wrong_with_a_checkpoint_ends_in_one_full_stop(tmp_path: Path) -> None:
    run = trainer_of(assemble(made_of(), SAMPLES), 1, 1)
    path = tmp_path / "a.safetensors"
    for memory, knobs in (({}, {"colour": 1.0}), ([], {})):
        kept = checkpoints.Checkpoint(run.machine.snapshot(), memory, knobs, {})  # type: ignore[arg-type]
        checkpoints.write(path, kept, run.machine.layout)
        with pytest.raises(checkpoints.FileError) as error:
            take_checkpoint(run, path)
        cause = of_error(error.value)
        assert cause.kind == "file"
        assert cause.text.endswith(". Choose another file.")
        assert ".." not in cause.text.replace(str(path), "")
