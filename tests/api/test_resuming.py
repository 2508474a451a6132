"""A training that goes on from a checkpoint comes to what the uninterrupted one came to, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import playground as pg
from playground.errors import BadValue, FileError
from playground.training import messages, run_record
from playground.training.client import Client
from playground.training.replay import file_sha256
from tests.api.left import left
from tests.training.watching import of_kind, until

#: Whatever a run remembers: optimizers' slots, random streams, means of the weights, what a schedule and early stopping have heard.
PLANS: dict[str, dict[str, Any]] = {
    "adam": {"optimizer": pg.optimizer("adam", rate=0.02)},
    "momentum along a schedule": {"optimizer": pg.optimizer("momentum", rate=0.05), "schedule": pg.schedule("cosine")},
    "a schedule that listens": {
        "optimizer": pg.optimizer("sgd", rate=0.5),
        "schedule": pg.schedule("reduce_on_plateau", patience=1),
    },
    "means and accumulation": {"averaging": "ema", "accumulate": 2},
    "early stopping": {"patience": 3, "epochs": 60, "optimizer": pg.optimizer("adam", rate=0.3)},
}


def iris(**training: Any) -> pg.Project:
    nodes = (pg.layer("dense", units=7), pg.layer("batch_norm"), pg.layer("dropout", rate=0.3), pg.layer("dense", units=3))
    return pg.Project.chain(pg.dataset("iris"), *nodes, name="iris", **({"epochs": 9, "seed": 4, "batch": 16} | training))


@pytest.mark.parametrize("step", [13, 16])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_it_goes_on_bit_for_bit(plan: dict[str, Any], step: int, tmp_path: Path) -> None:
    """From the middle of an epoch and from an end of one."""
    whole, project = iris(**plan), pg.Project()
    first, checkpoint = whole.train(), left(whole, tmp_path, step)
    project.record = whole.record
    run = project.train(resume=checkpoint)
    assert (run.began, first.began) == (step, 0)
    assert run.notes == first.notes
    assert run.finished.state_sha256 == first.finished.state_sha256
    for name in ("reason", "text", "last_step", "best_epoch", "restored_best"):
        if name != "text" or first.finished.reason == "early":  # else it tells the seconds
            assert getattr(run.finished, name) == getattr(first.finished, name)
    np.testing.assert_array_equal(run.losses, first.losses[step:])
    np.testing.assert_array_equal(run.rates, first.rates[step:])
    # The epoch that the checkpoint lies in counts all of its steps.
    assert run.epochs == tuple(one for one in first.epochs if one.step > step)
    assert run.sets.sets.keys() == first.sets.sets.keys()
    for name, tensors in first.sets.sets.items():
        for tensor, expected in tensors.items():
            np.testing.assert_array_equal(run.sets.sets[name][tensor], expected)
    for slot, expected in first.slots.items():
        np.testing.assert_array_equal(run.slots[slot], expected)
    assert project.evaluate() == whole.evaluate()


def test_the_window_comes_to_the_same_and_writes_the_same_into_its_record(tmp_path: Path) -> None:
    """Two ways on from one checkpoint, under other settings, so that there is something to be said of them."""
    project = iris()
    checkpoint = left(project, tmp_path, 13)
    run = project.set(epochs=11).train(resume=checkpoint)
    client = Client()
    try:
        client.start(project.record, project.samples(), folder=tmp_path / "run", resume=checkpoint)
        (end,) = of_kind(until(client, messages.Finished), messages.Finished)
        client.wait(lambda c: run_record.read(tmp_path / "run").finished is not None)
        assert client.started is not None
        assert client.started.notes == run.notes
        assert client.epochs == list(run.epochs)
    finally:
        client.close()
    assert any("not bit for bit" in note for note in run.notes)
    assert end.state_sha256 == run.finished.state_sha256
    theirs = run_record.read(tmp_path / "run").journal
    assert [(one.step, one.kind, one.what) for one in theirs] == [(one.step, one.kind, one.what) for one in run.journal]
    assert theirs[0] == run.journal[0]
    assert run.journal[0].before == file_sha256(checkpoint)


def test_its_journal_is_done_again_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the best epoch lies before the checkpoint, and the early stop brings it back."""
    plan = PLANS["early stopping"]
    whole = iris(**plan).train()
    step = next(one.step for one in whole.epochs if one.epoch == whole.finished.best_epoch) + 3
    left(iris(**plan), tmp_path, step)
    monkeypatch.chdir(tmp_path)
    run = iris(**plan).train(resume="last.safetensors")
    monkeypatch.chdir("/")
    again = iris(**plan).train(journal=run.journal)
    assert again.finished.state_sha256 == run.finished.state_sha256
    assert run.finished.state_sha256 == whole.finished.state_sha256
    assert again.finished.restored_best is run.finished.restored_best is True
    assert again.began == step


def test_one_that_was_stopped_is_opened_again(tmp_path: Path) -> None:
    whole = iris()
    first, checkpoint = whole.train(), left(whole, tmp_path, 13, stopped=True)
    run = whole.train(resume=checkpoint)
    assert run.finished.state_sha256 == first.finished.state_sha256
    assert whole.train(journal=run.journal).finished.state_sha256 == first.finished.state_sha256


def test_what_cannot_come_back_is_told(tmp_path: Path) -> None:
    plan = PLANS["early stopping"]
    checkpoint = left(iris(**plan), tmp_path, 20)
    (tmp_path / "best.safetensors").unlink()
    run = iris(**plan).train(resume=checkpoint)
    assert any("best epoch" in note and "beside the checkpoint" in note for note in run.notes)


def test_a_checkpoint_that_does_not_fit_is_refused_with_a_next_step(tmp_path: Path) -> None:
    checkpoint = left(iris(), tmp_path, 13)
    other = pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=3))
    with pytest.raises(FileError, match=r"another network.*Choose a checkpoint of this one\.$"):
        other.train(resume=checkpoint)
    assert other.weights is None
    with pytest.raises(FileError, match=r"nowhere.*Choose another file\.$"):
        other.train(resume=tmp_path / "nowhere.safetensors")
    project = iris()
    project.train()
    project.export(tmp_path / "weights.safetensors")
    with pytest.raises(FileError, match=r"no checkpoint of a run\. Choose"):
        project.train(resume=tmp_path / "weights.safetensors")
    with pytest.raises(FileError, match=r"1 epochs are done and 1 are planned\. Plan more epochs, or choose an earlier"):
        iris(epochs=1).train(resume=left(iris(), tmp_path, 8))
    with pytest.raises(BadValue, match="either a journal or a checkpoint"):
        project.train(resume=checkpoint, journal=[(0, "start", "seed", None, 4)])
