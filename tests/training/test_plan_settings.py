"""Accumulation, averaging, penalties and value limits as settings of the training plan, through the whole loop."""

from __future__ import annotations

import numpy as np
import pytest

from playground.api.run import train
from playground.training import checkpoints
from playground.training.checkpoints import Checkpoint
from tests.training.networks import convolutional, of, plain, trainer


def test_steps_epochs_and_losses_with_accumulated_batches():
    """120 training samples in batches of 8, four to a step: 3 full steps and one of 24."""
    few = trainer(plain(batch=8, accumulate=4, epochs=3))
    large = trainer(plain(batch=32, epochs=3))
    assert (few.steps_per_epoch, few.total_steps) == (large.steps_per_epoch, large.total_steps) == (4, 12)
    records = [[burst.record for burst in one.train() if burst.record] for one in (few, large)]
    assert [record.step for record in records[0]] == [4, 8, 12]
    for mine, theirs in zip(*records, strict=True):
        assert mine.train_loss == pytest.approx(theirs.train_loss, rel=1e-5)
        assert mine.validation_loss == pytest.approx(theirs.validation_loss, rel=1e-4)
    assert few.machine.epoch == 3


@pytest.mark.parametrize("settings", [
    {"averaging": "ema", "average_decay": 0.9},
    {"averaging": "swa", "average_start": 1, "accumulate": 2},
    {"optimizer": of("optimizer", "nadam"), "penalty": of("penalty", "l1", strength=0.01), "clip_value": 0.1},
])  # fmt: skip
def test_a_restart_from_a_checkpoint_gives_the_same_bits(settings, tmp_path):
    whole = trainer(plain(**settings))
    list(whole.train())
    first = trainer(plain(**settings), burst=3)
    for _ in range(7):
        first.advance()
    layout = first.machine.layout
    checkpoints.write(tmp_path / "c.safetensors", Checkpoint(first.machine.snapshot(), {}, {}, {}), layout)
    second = trainer(plain(**settings), burst=5)
    second.machine.restore(checkpoints.read(tmp_path / "c.safetensors", layout).state)
    list(second.train())
    assert second.machine.state_sha256() == whole.machine.state_sha256()


def test_the_plan_says_which_weights_are_judged():
    averaged = trainer(plain(averaging="ema", average_decay=0.95, epochs=3))
    raw = trainer(plain(averaging="ema", average_decay=0.95, epochs=3, evaluate_with="raw"))
    off = trainer(plain(epochs=3))
    losses = [[burst.record.validation_loss for burst in one.train() if burst.record] for one in (averaged, raw, off)]
    assert losses[1] == losses[2]
    assert losses[0] != losses[1]
    assert losses[0][-1] == averaged.machine.evaluate("validation", averaged=True).loss


def test_running_statistics_are_averaged_and_every_kind_of_weights_can_be_kept():
    project, samples = convolutional()
    from playground.document.edits import SetPlan

    for field, value in (("averaging", "ema"), ("average_decay", 0.9), ("epochs", 2)):
        project = SetPlan("training", field, value).apply(project)
    run = train(project, samples)
    assert run.averaged_weights is not None
    assert set(run.averaged_weights) == set(run.raw_weights)
    assert "batch_norm1.running_mean" in run.averaged_weights
    for name, array in run.weights.items():
        np.testing.assert_array_equal(array, run.averaged_weights[name])
    assert any(not np.array_equal(run.raw_weights[name], array) for name, array in run.weights.items())
    raw = train(SetPlan("training", "evaluate_with", "raw").apply(project), samples)
    for name, array in raw.weights.items():
        np.testing.assert_array_equal(array, run.raw_weights[name])
    assert train(SetPlan("training", "averaging", "none").apply(project), samples).averaged_weights is None


def test_a_lasso_in_a_network_empties_weights():
    free, sparse = (
        trainer(plain(optimizer=of("optimizer", "sgd", rate=0.1), penalty=of("penalty", "l1", strength=strength)))
        for strength in (0.0, 0.05)
    )
    for one in (free, sparse):
        list(one.train())
    zeros = [
        sum(int((view == 0).sum()) for name, view in one.machine.parameters().items() if "weight" in name)
        for one in (free, sparse)
    ]
    assert zeros[0] == 0
    assert zeros[1] > 5
