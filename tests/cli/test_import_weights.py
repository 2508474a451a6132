"""`--weights FILE` and `--keep`, with every format."""

from __future__ import annotations

import numpy as np
import pytest

import playground as pg


@pytest.mark.parametrize("ending", ["onnx", "npz", "safetensors"])
def test_weights_of_a_file_are_judged_and_kept(command, trained, tmp_path, ending):
    command("export", trained, tmp_path / f"net.{ending}")
    bare = tmp_path / "bare.play"
    pg.Project(pg.Project.load(trained).record).save(bare)
    code, events = command("eval", bare, "--weights", tmp_path / f"net.{ending}")
    assert code == 0
    assert [event["event"] for event in events] == ["imported", "evaluated"]
    assert events[0]["probe_rows"] == 16
    assert events[1]["loss"] == pg.Project.load(trained).evaluate()["loss"]
    assert pg.Project.load(bare).weights is None
    code, events = command("eval", bare, "--weights", tmp_path / f"net.{ending}", "--keep")
    assert (code, events[-1]["event"]) == (0, "kept")
    kept = pg.Project.load(bare).weights
    assert all(np.array_equal(kept[name], array) for name, array in pg.Project.load(trained).weights.items())


def test_nothing_to_keep(command, trained):
    code, events = command("eval", trained, "--keep")
    assert (code, "name a file of weights with --weights" in events[-1]["text"]) == (2, True)


def test_a_damaged_file_leaves_the_project_alone(command, trained, tmp_path):
    before = trained.read_bytes()
    (tmp_path / "net.onnx").write_bytes(b"\xff" * 50)
    code, events = command("eval", trained, "--weights", tmp_path / "net.onnx", "--keep")
    assert (code, "damaged" in events[-1]["text"]) == (2, True)
    assert trained.read_bytes() == before


def test_one_network_from_onnx_to_safetensors(command, trained, tmp_path):
    command("export", trained, tmp_path / "a.onnx")
    code, _ = command("export", trained, tmp_path / "b.onnx", "--weights", tmp_path / "a.onnx")
    assert code == 0
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
