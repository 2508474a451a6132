"""`playground train FILE --checkpoint-every N`: what a training leaves on its way, and that one which was killed goes on from there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import playground as pg
from playground.errors import BadValue
from playground.training.checkpoints import epochs_done

LONG = 400


@pytest.fixture
def long(iris: Path) -> Path:
    """Stops early where nothing gets better, so that the best epoch counts too."""
    pg.Project.load(iris).set(epochs=LONG, patience=LONG).save(iris)
    return iris


def killed(project: Path, out: Path, epoch: int) -> int:
    """Train in a process of its own and kill it in the middle of an epoch after this one; gives the epochs of its checkpoint."""
    words = [sys.executable, "-m", "playground", "train", str(project), "--out", str(out), "--checkpoint-every", "2", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "epoch" and event["epoch"] >= epoch:
                process.send_signal(signal.SIGKILL)
                break
        process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    return epochs_done(out / "last.safetensors")


def test_a_training_that_is_killed_goes_on_bit_for_bit(command, long, tmp_path):
    _, whole = command("train", long, "--out", tmp_path / "whole")
    out = tmp_path / "out"
    done = killed(long, out, 5)
    assert 4 <= done < LONG
    assert done % 2 == 0
    assert not (out / "weights.safetensors").exists()
    code, events = command("train", long, "--resume", out / "last.safetensors", "--checkpoint-every", 50, "--out", out)
    assert code == 0
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == list(range(done + 1, LONG + 1))
    assert [event for event in events if event["event"] == "epoch"] == whole[done:-1]
    assert events[-1]["state_sha256"] == whole[-1]["state_sha256"]
    assert epochs_done(out / "last.safetensors") == LONG
    code, events = command("replay", out, "--folder", tmp_path)
    assert (code, events[-1]["equal"]) == (0, True), "what it went on from lies there still"


def test_what_is_no_count_of_epochs_is_refused(command, iris, tmp_path):
    code, events = command("train", iris, "--out", tmp_path / "out", "--checkpoint-every", 0)
    assert code == 2
    assert "a whole number from 1 on; 0 was given" in events[-1]["text"]
    assert not (tmp_path / "out").exists()
    with pytest.raises(BadValue, match=r"1\.5 was given"):
        pg.Project.load(iris).train(checkpoints=tmp_path, every=1.5)


def test_in_python_the_last_and_the_best_epoch_are_left(iris, tmp_path):
    run = pg.Project.load(iris).train(checkpoints=tmp_path, every=2)
    assert {path.name for path in tmp_path.glob("*.safetensors")} == {"last.safetensors", "best.safetensors"}
    again = pg.Project.load(iris).set(epochs=5).train(resume=tmp_path / "last.safetensors")
    assert [one.epoch for one in again.epochs] == [4, 5]
    assert again.finished.state_sha256 == pg.Project.load(iris).set(epochs=5).train().finished.state_sha256
    assert run.finished.last_step == again.began


def test_a_training_goes_on_where_no_checkpoint_can_be_written(iris, tmp_path):
    (tmp_path / "last.safetensors").mkdir()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run = pg.Project.load(iris).train(checkpoints=tmp_path)
    assert run.finished.reason == "done"
    assert any("last.safetensors" in str(one.message) for one in told)
