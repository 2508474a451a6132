"""The other commands."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from PIL import Image

import playground as pg
from playground import cli
from playground.cli.written import layer_list, made, one_record
from playground.errors import BadValue, UnknownKind

ROOT = Path(__file__).resolve().parents[2]


def shell(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own with a bare environment: no display, no Qt platform."""
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    command = [sys.executable, "-m", "playground", *words]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**bare, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_without_a_display_it_says_what_to_do(tmp_path):
    done = shell(cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no display here" in done.stderr
    assert "playground demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_to_open_has_to_be_there(tmp_path, capsys):
    assert cli.main([str(tmp_path / "none.play")]) == 2
    assert "none.play" in capsys.readouterr().err


def test_the_window_gets_the_file(iris, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    opened = []
    assert cli.main([str(iris)], window=lambda file: opened.append(file) or 0) == 0
    assert cli.main([], window=lambda file: opened.append(file) or 0) == 0
    assert opened == [iris, None]


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_wrong_words_exit_2(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["train"])
    assert ended.value.code == 2
    assert "FILE" in capsys.readouterr().err


def test_new_makes_a_project_that_trains(command, tmp_path):
    code, events = command("new", tmp_path / "a.play", "--data", "iris", "--layers", "dense(units=8), tanh dense(units=3)")
    assert (code, events[-1]["problems"]) == (0, [])
    assert command("train", tmp_path / "a.play", "--epochs", 1, "--out", tmp_path / "out")[0] == 0


def test_new_from_an_example_and_from_nothing(command, tmp_path):
    assert command("new", tmp_path / "a.play", "--example", "digits_cnn")[0] == 0
    assert pg.Project.load(tmp_path / "a.play").record.name == "Digits CNN"
    code, events = command("new", tmp_path / "b.play")
    assert (code, len(events[-1]["problems"])) == (0, 1)


@pytest.mark.parametrize(
    "words",
    [
        ("--data", "nothing"), ("--example", "nothing"), ("--example", "iris", "--data", "iris"), ("--data", "iris", "--layers", "dense("),
        ("--data", "iris", "--layers", "dense(size=3)"), ("--data", "iris", "--layers", "dense(units=-3)"),
    ],
)  # fmt: skip
def test_new_refuses_in_words_and_writes_nothing(command, tmp_path, words):
    code, events = command("new", tmp_path / "a.play", *words)
    assert (code, events[-1]["event"]) == (2, "error")
    assert not list(tmp_path.iterdir())


def test_new_does_not_write_over_a_file(command, iris):
    before = iris.read_bytes()
    assert command("new", iris, "--data", "wine")[0] == 2
    assert iris.read_bytes() == before
    assert command("new", iris, "--data", "wine", "--force")[0] == 0


def test_layers_on_one_line():
    assert layer_list("conv2d(filters=8, kernel=5x3) relu") == [("conv2d", {"filters": 8, "kernel": (5, 3)}), ("relu", {})]
    assert layer_list("dense(bias=false),relu,") == [("dense", {"bias": False}), ("relu", {})]
    with pytest.raises(BadValue):
        layer_list("Dense!")
    assert one_record('table(path="a (b).csv", target=Preis, ignore="Ort, Tag")') == (
        "table", {"path": "a (b).csv", "target": "Preis", "ignore": "Ort, Tag"},
    )  # fmt: skip
    for text in ("", "iris wine", "table(path=a.csv"):
        with pytest.raises(BadValue):
            one_record(text)


def test_records_and_pairs_within_records():
    text = (
        "conv2d(kernel=3,stride=[2, 1]) dense(units=10,start=normal(deviation=0.1)), constant(shape=[3],values=[1, 0, -2.5]) relu"
    )
    assert layer_list(text) == [
        ("conv2d", {"kernel": 3, "stride": [2, 1]}),
        ("dense", {"units": 10, "start": "normal(deviation=0.1)"}),
        ("constant", {"shape": [3], "values": [1, 0, -2.5]}),
        ("relu", {}),
    ]
    specs = [made("layer", one) for one in layer_list(text)]
    assert specs[0] == pg.layer("conv2d", kernel=3, stride=(2, 1))
    assert specs[1] == pg.layer("dense", units=10, start=pg.initializer("normal", deviation=0.1))
    assert specs[2] == pg.layer("constant", shape=(3,), values=(1, 0, -2.5))
    for text in (
        "dense(units=[3)",
        "dense(units=3",
        "dense(units=3]",
        'dense(a="b)',
        "dense)",
        "dense(start=normal(deviation=0.1)",
    ):
        with pytest.raises(BadValue, match="written like"):
            layer_list(text)
    for text in (
        "dense(start=normal(depth=1))",
        "dense(start=normals)",
        "dense(start=normal(deviation=-1))",
        "dense(start=zeros zeros)",
    ):
        with pytest.raises((BadValue, UnknownKind)):
            made("layer", layer_list(text)[0])


def test_new_takes_starts_and_brackets(command, tmp_path):
    layers = "conv2d(kernel=3,stride=[2,1]) relu flatten dense(units=10,start=normal(deviation=0.1))"
    code, events = command("new", tmp_path / "a.play", "--data", "digits", "--layers", layers)
    assert (code, events[-1]["problems"]) == (0, [])
    project = pg.Project.load(tmp_path / "a.play")
    assert project.node("conv1").spec.stride == (2, 1)
    assert project.node("dense1").spec.start == pg.initializer("normal", deviation=0.1)


def test_new_from_a_table_and_another_optimizer(command, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a b.csv").write_text("size;rooms;kind\n" + "".join(f"{i},5;{i % 7};{'xy'[i % 3 == 0]}\n" for i in range(60)))
    data = f'table(path="{tmp_path / "a b.csv"}", target=kind)'
    assert command("new", tmp_path / "a.play", "--data", data, "--layers", "dense(units=2)")[0] == 0
    words = ("train", tmp_path / "a.play", "--epochs", 1, "--out", tmp_path / "out")
    assert command(*words, "--set", "optimizer=sgd(rate=0.25)", "--set", "schedule=cosine")[0] == 0
    plan = pg.Project.load(tmp_path / "out" / "a.play").record.training
    assert (plan.optimizer, plan.schedule) == (pg.optimizer("sgd", rate=0.25), pg.schedule("cosine"))
    assert command(*words, "--set", "optimizer=sgdd")[0] == 2


@pytest.mark.parametrize("part", ["train", "validation"])
def test_eval(command, trained, part):
    code, events = command("eval", trained, "--part", part)
    assert code == 0
    assert events[-1] == {"event": "evaluated", "part": part, **pg.Project.load(trained).evaluate(part)}


def test_eval_of_a_part_that_is_empty_or_without_weights(command, trained, tmp_path):
    assert command("eval", trained, "--part", "test")[0] == 2
    pg.Project(pg.Project.load(trained).record).save(tmp_path / "bare.play")
    code, events = command("eval", tmp_path / "bare.play")
    assert (code, "no trained weights" in events[-1]["text"]) == (2, True)


def test_weights_from_a_file_of_their_own(command, trained, tmp_path):
    for name in ("w.safetensors", "w.npz"):
        assert command("export", trained, tmp_path / name)[0] == 0
        bare = tmp_path / "bare.play"
        pg.Project(pg.Project.load(trained).record).save(bare)
        assert command("eval", bare, "--weights", tmp_path / name)[1][-1]["loss"] == pg.Project.load(trained).evaluate()["loss"]
    assert command("eval", trained, "--weights", tmp_path / "w.txt")[0] == 2


def test_weights_of_another_network_are_refused(command, trained, tmp_path):
    other = tmp_path / "other.play"
    command("new", other, "--data", "iris", "--layers", "dense(units=5) relu dense(units=3)")
    command("export", trained, tmp_path / "w.npz")
    code, events = command("eval", other, "--weights", tmp_path / "w.npz")
    assert (code, "shape" in events[-1]["text"]) == (2, True)


def test_export_writes_every_format_with_its_certificate(command, trained, tmp_path):
    paths = [tmp_path / name for name in ("net.onnx", "net.safetensors", "net.npz")]
    code, events = command("export", trained, *paths)
    assert code == 0
    assert [event["path"] for event in events] == [str(path) for path in paths]
    assert all(event["error"] <= event["allowed"] and len(event["probe_sha256"]) == 64 for event in events)
    proto = onnx.load(paths[0])
    assert {prop.key for prop in proto.metadata_props} >= {"name", "certificate", "classes", "task"}
    assert next(prop.value for prop in proto.metadata_props if prop.key == "classes") == '["setosa", "versicolor", "virginica"]'


def test_export_to_an_unknown_ending_writes_nothing(command, trained, tmp_path):
    code, events = command("export", trained, tmp_path / "net.onnx", tmp_path / "net.pt")
    assert (code, events[-1]["event"]) == (2, "error")
    assert not list(tmp_path.glob("net.*"))


def test_lr_find_suggests_draws_and_applies(command, iris, tmp_path):
    code, events = command("lr-find", iris, "--steps", 60, "--picture", tmp_path / "rate.png", "--apply")
    assert code == 0
    found = events[-1]
    assert found["event"] == "found"
    assert 1e-6 < found["valley"] < 10
    assert found["base_rate"] == pytest.approx(found["valley"], rel=5e-3), "three digits of it: the schedule leaves it as it is"
    assert pg.Project.load(iris).record.training.optimizer.rate == found["base_rate"]
    with Image.open(tmp_path / "rate.png") as picture:
        assert picture.size == (900, 480)


def test_lr_find_reckons_with_what_the_schedule_makes_of_the_base_rate(command, iris):
    project = pg.Project.load(iris).set(schedule=pg.schedule("noam", scale="paper", climb=20, width=400))
    project.save(iris)
    code, events = command("lr-find", iris, "--steps", 60, "--apply")
    assert code == 0
    run = pg.Project.load(iris).train(epochs=project.record.training.epochs)
    highest = float(run.rates.max())
    assert highest == pytest.approx(events[-1]["valley"], rel=1e-2)


def test_lr_find_refuses_a_range_that_is_none(command, iris):
    assert command("lr-find", iris, "--low", 1, "--high", 0.1)[0] == 2


def test_demo_without_a_display_trains_and_says_how_to_get_the_window(tmp_path):
    done = shell("demo", "--example", "iris", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "There is no display here" in done.stdout
    assert sorted(path.name for path in (tmp_path / "playground-demo").iterdir()) == [
        "Iris.play", "curve.png", "run.json", "weights.safetensors"
    ]  # fmt: skip


def test_demo_with_a_display_opens_the_window(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    opened = []
    assert cli.main(["demo", "--example", "iris"], window=lambda file: opened.append(file) or 0) == 0
    assert [file.name for file in opened] == ["iris.play"]


def test_doctor_looks_at_everything(command):
    code, events = command("doctor")
    names = {event["name"]: event["status"] for event in events if event["event"] == "check"}
    assert {"Python", "Libraries", "Processor", "Memory", "Window", "Engine", "OpenMP", "Compiled kernels"} <= names.keys()
    assert code == int("failed" in names.values())
    assert names["Engine"] == "ok"


def test_bench_compares_our_losses_with_those_of_pytorch(command):
    code, events = command("bench", "W1", "--check")
    assert code == 0
    (line,) = events
    assert line["id"] == "W1"
    assert line["valid"] is True
    assert line["loss_error"] < 2e-4


def test_bench_refuses_an_unknown_name(command):
    assert command("bench", "W99")[0] == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full.")
@pytest.mark.parametrize("ends", ["> /dev/full", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_full_or_closed(trained, ends):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m playground eval {trained} {ends}"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == int("full" in ends)
    assert done.stderr == ("The output cannot be used: No space left on device.\n" if "full" in ends else "")


def test_a_folder_that_cannot_be_made_is_refused_before_training(command, trained):
    code, events = command("train", trained, "--out", trained / "out")
    assert (code, [event["event"] for event in events]) == (2, ["error"])
    assert "--out" in events[0]["text"]


def test_a_folder_of_the_program_that_cannot_be_made_is_told(command, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/somewhere/cache")

    monkeypatch.setattr(pg.Project, "save", refuse)
    told = {"event": "error", "text": "/somewhere/cache cannot be used: Permission denied."}
    assert command("new", tmp_path / "a.play", "--data", "iris") == (1, [told])


def test_a_reader_that_goes_away_is_no_error(trained, tmp_path):
    command = f"{sys.executable} -m playground train {trained} --epochs 1000000 --out {tmp_path / 'out'} --json | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert '"epoch"' in done.stdout
    assert pg.Project.load(tmp_path / "out" / "iris.play").weights, done.stderr
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
