"""`playground train`: events, results, refusals, interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import playground as pg
from playground.formats import safetensors_file

ROOT = Path(__file__).resolve().parents[2]
EPOCH = {"event", "epoch", "step", "train_loss", "validation_loss", "validation_accuracy", "rate"}
FINISHED = {"event", "steps", "seconds", "steps_per_second", "state_sha256", "out"}


def told(events, name):
    return [event for event in events if event["event"] == name]


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_one_line_an_epoch_and_a_last_one(command, iris, tmp_path):
    code, events = command("train", iris, "--epochs", 4, "--seed", 5, "--out", tmp_path / "out")
    assert code == 0
    epochs = told(events, "epoch")
    assert [event["epoch"] for event in epochs] == [1, 2, 3, 4]
    assert all(set(event) >= EPOCH for event in epochs)
    assert [event["step"] for event in epochs] == [8, 16, 24, 32]
    assert set(events[-1]) >= FINISHED
    assert events[-1]["event"] == "finished"
    assert events[-1]["steps"] == 32
    assert events[-1]["out"] == str(tmp_path / "out")


def test_the_folder_holds_all_that_was_learnt(command, iris, tmp_path):
    out = tmp_path / "out"
    _, events = command("train", iris, "--out", out)
    assert sorted(path.name for path in out.iterdir()) == ["curve.png", "iris.play", "run.json", "weights.safetensors"]
    project = pg.Project.load(out / "iris.play")
    assert project.evaluate()["loss"] == pytest.approx(told(events, "epoch")[-1]["validation_loss"], rel=1e-5)
    weights = safetensors_file.read(out / "weights.safetensors").tensors()
    assert project.weights is not None
    assert weights.keys() == project.weights.keys()
    assert all(np.array_equal(weights[name], project.weights[name]) for name in weights)
    record = json.loads((out / "run.json").read_text())
    assert [row["epoch"] for row in record["epochs"]] == [1, 2, 3]
    assert record["finished"]["state_sha256"] == events[-1]["state_sha256"]
    with Image.open(out / "curve.png") as picture:
        assert picture.size == (900, 480)
        assert len(picture.getcolors(1 << 20) or ()) > 50


def test_the_same_seed_gives_the_same_state_and_another_another(command, iris, tmp_path):
    hashes = [command("train", iris, "--seed", seed, "--out", tmp_path / "out")[1][-1]["state_sha256"] for seed in (3, 3, 4)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_settings_are_those_of_the_training_plan(command, iris, tmp_path):
    out = tmp_path / "out"
    code, events = command("train", iris, "--set", "batch=60", "--set", "optimizer.rate=0.05", "--epochs", 2, "--out", out)
    assert code == 0
    assert events[-1]["steps"] == 4
    training = pg.Project.load(out / "iris.play").record.training
    assert (training.batch, training.optimizer.rate, training.epochs) == (60, 0.05, 2)


def test_settings_of_nodes_and_data_are_set_likewise_and_records_hold_records(command, tmp_path):
    nodes = [pg.layer("conv2d", filters=2), pg.layer("flatten"), pg.layer("dense", units=10)]
    pg.Project.chain(pg.dataset("digits"), *nodes, name="own", epochs=1).save(tmp_path / "own.play")
    settings = {
        "dense1.start": "normal(deviation=0.25)", "dense1.frozen": "true", "conv1.kernel": "2x3", "data.validation": "0.5",
        "optimizer": "lamb(rate=0.5)", "optimizer.rate": "0.125", "schedule": "step(drop=0.5)",
    }  # fmt: skip
    words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    code, _ = command("train", tmp_path / "own.play", *words, "--out", tmp_path / "out")
    assert code == 0
    made = pg.Project.load(tmp_path / "out" / "own.play")
    dense, record = made.node("dense1"), made.record
    assert (dense.spec.start, dense.frozen) == (pg.initializer("normal", deviation=0.25), True)
    assert made.node("conv1").spec.kernel == (2, 3)
    assert record.data.validation == 0.5
    assert record.training.optimizer == pg.optimizer("lamb", rate=0.125)
    assert record.training.schedule == pg.schedule("step", drop=0.5)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("optimizer=sgd(rate=0.1", "optimizer: This is written like adam(rate=0.001); 'sgd(rate=0.1' is not."),
        ("optimizer=sgd(rate=fast)", "optimizer: Learning rate must lie in 0 to 100; 'fast' was given."),
        ("schedule=cosine(nope=1)", "schedule: Cosine has no setting called nope; it has end."),
        ("dense1.start=norml(deviation=1)", "dense1.start: There is no initializer called 'norml'."),
        ("dense1.start=normal(deviation=[1)", "dense1.start: This is written like he_normal"),
        ("dense1.untis=3", "dense1.untis: Dense has no field called 'untis'. It has: units"),
        (
            "dense9.units=3",
            "dense9.units: Before the dot stands data, a node, or a training setting that is a record; 'dense9' is none",
        ),
        ("data.nope=3", "data.nope: Data has no field called 'nope'."),
        ("batch.size=3", "batch.size: Batch of Training has no fields of its own."),
        ("dense1.units=__import__('os')", "dense1.units: "),
    ],
)
def test_a_bad_setting_is_told_where_it_is_and_what_was_expected(command, iris, tmp_path, setting, told):
    code, events = command("train", iris, "--set", setting, "--out", tmp_path / "out")
    assert (code, events[-1]["event"]) == (2, "error")
    assert events[-1]["text"].startswith(told)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("setting", ["batch", "batch=many", "no_such_setting=1", "=3"])
def test_a_bad_setting_is_refused(command, iris, tmp_path, setting):
    code, events = command("train", iris, "--set", setting, "--out", tmp_path / "out")
    assert code == 2
    assert events[-1]["event"] == "error"
    assert not (tmp_path / "out").exists()


def test_a_project_with_problems_exits_2_and_changes_nothing(command, tmp_path):
    project = pg.Project()
    data = project.add(pg.dataset("iris"))
    hidden = project.add(pg.layer("dense", units=4), data, name="hidden")
    project.add(pg.loss("cross_entropy"), hidden)
    project.add(pg.layer("relu"), hidden, name="loose")
    project.save(tmp_path / "bad.play")
    before = snapshot(tmp_path)
    code, events = command("train", tmp_path / "bad.play", "--out", tmp_path / "out")
    assert code == 2
    assert [event["event"] for event in events] == ["problem"]
    assert events[0].keys() == {"event", "node", "field", "text"}
    assert events[0]["node"] in ("hidden", "cross_entropy1")
    assert snapshot(tmp_path) == before


def test_an_empty_project_says_what_it_lacks(command, tmp_path):
    pg.Project().save(tmp_path / "empty.play")
    code, events = command("train", tmp_path / "empty.play")
    assert (code, [event["event"] for event in events]) == (2, ["problem"])


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_project_exits_2(command, tmp_path, content):
    path = tmp_path / "bad.play"
    path.write_bytes(content)
    code, events = command("train", path, "--out", tmp_path / "out")
    assert code == 2
    assert {event["event"] for event in events} == {"problem"}
    assert all("bad.play" in event["text"] or event["field"] for event in events)
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_exits_2(command, tmp_path):
    code, events = command("train", tmp_path / "nowhere.play")
    assert (code, events[-1]["event"]) == (2, "error")
    assert "nowhere.play" in events[-1]["text"]


def test_a_run_that_diverges_exits_1_and_names_the_node(command, tmp_path):
    nodes = [pg.layer("dense", units=8), pg.layer("relu"), pg.layer("dense", units=1)]
    project = pg.Project.chain(pg.dataset("diabetes"), *nodes, name="wild", epochs=400, optimizer=pg.optimizer("sgd", rate=10.0))
    project.save(tmp_path / "wild.play")
    code, events = command("train", tmp_path / "wild.play", "--out", tmp_path / "out")
    assert code == 1
    assert events[-1]["event"] == "fault"
    assert {"node", "op", "direction", "step", "text"} <= events[-1].keys()
    weights = pg.Project.load(tmp_path / "out" / "wild.play").weights
    assert weights is not None
    assert all(np.isfinite(array).all() for array in weights.values())


def started(iris: Path, out: Path, *words: str, **streams: object) -> subprocess.Popen[str]:
    """A training process that heeds Ctrl+C, also where this one was started in the background and inherited deaf ears."""
    train = ["-m", "playground", "train", str(iris), "--out", str(out), *words]
    heed = "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); sys.argv = sys.argv[2:]; "
    command = [sys.executable, "-c", heed + 'runpy.run_module("playground", run_name="__main__")', *train]
    return subprocess.Popen(command, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, **streams)  # type: ignore[call-overload]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_what_ends_a_training_keeps_what_there_is(iris, tmp_path, end):
    process = started(iris, tmp_path / "out", "--epochs", "1000000", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    while '"epoch"' not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(end)
    try:
        rest, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    last = json.loads(rest.splitlines()[-1])
    assert (process.returncode, last["event"], last["reason"]) == (1, "finished", "stopped"), errors
    assert "Traceback" not in errors
    assert pg.Project.load(tmp_path / "out" / "iris.play").weights


def test_a_terminal_gets_a_live_line(iris, tmp_path):
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = started(iris, tmp_path / "out", "--epochs", "3000", stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        seen = b""
        try:
            while piece := screen.read(4096):
                seen += piece
        except OSError:
            pass  # how Linux says that the other end of a terminal was closed
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert b"Training" in seen
    assert b"steps/s" in seen
    assert "Trained 3,000 epochs" in out
