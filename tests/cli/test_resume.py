"""`playground train FILE --resume CHECKPOINT`: the same state, losses and record as of the run that was not interrupted."""

from __future__ import annotations

import json

import pytest

import playground as pg
from tests.api.left import left


@pytest.fixture
def checkpoint(iris, tmp_path):
    """In the middle of the second of three epochs."""
    return left(pg.Project.load(iris), tmp_path, 11)


def test_it_goes_on_to_the_planned_epochs_bit_for_bit(command, iris, checkpoint, tmp_path):
    _, whole = command("train", iris, "--out", tmp_path / "whole")
    code, events = command("train", iris, "--resume", checkpoint, "--out", tmp_path / "out")
    assert code == 0
    assert [event["event"] for event in events] == ["epoch", "epoch", "finished"]
    assert events[:-1] == whole[1:-1]
    assert events[-1]["steps"] == whole[-1]["steps"] == 24
    assert events[-1]["state_sha256"] == whole[-1]["state_sha256"]
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("out", "whole")]
    assert weights[0] == weights[1]


def test_its_record_says_where_it_began_and_can_be_done_again(command, iris, checkpoint, tmp_path):
    command("train", iris, "--resume", checkpoint, "--out", tmp_path / "out")
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [row["epoch"] for row in record["epochs"]] == [2, 3]
    start = record["journal"][0]
    assert (start["step"], start["kind"], start["what"], start["after"]) == (11, "start", "checkpoint", str(checkpoint))
    code, events = command("replay", tmp_path / "out", "--folder", tmp_path)
    assert (code, events[-1]["equal"]) == (0, True)


def test_other_settings_are_told_and_more_epochs_are_done(command, iris, checkpoint, tmp_path):
    code, events = command("train", iris, "--resume", checkpoint, "--epochs", 5, "--out", tmp_path / "out")
    assert code == 0
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [2, 3, 4, 5]
    assert any("not bit for bit" in event.get("text", "") for event in events)


def test_one_that_does_not_fit_is_refused_and_nothing_is_made(command, iris, checkpoint, tmp_path):
    pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=3), name="other").save(tmp_path / "other.play")
    out = tmp_path / "out"
    for words, told in (
        (("train", tmp_path / "other.play", "--resume", checkpoint), "Choose a checkpoint of this one."),
        (("train", iris, "--resume", tmp_path / "nowhere.safetensors"), "Choose another file."),
        (("train", iris, "--resume", iris), "Choose another file."),
        (("train", iris, "--resume", checkpoint, "--epochs", 1), "Plan more epochs"),
    ):
        code, events = command(*words, "--out", out)
        assert (code, events[-1]["event"]) == (2, "error")
        assert told in events[-1]["text"]
        assert not out.exists()


def test_a_folder_that_was_there_stays(command, iris, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    code, _ = command("train", iris, "--resume", tmp_path / "nowhere.safetensors", "--out", out)
    assert code == 2
    assert out.is_dir()
