"""Exports from the terminal: the optimizer's state, raw or averaged weights, checkpoints of runs."""

from __future__ import annotations

import numpy as np
import pytest

import playground as pg
from playground.api.judging import weights_of
from playground.formats import npz_file, safetensors_file
from playground.training import checkpoints
from playground.training.assembly import assemble


def checkpoint_of(project: pg.Project, path, steps: int = 5):
    """A checkpoint after some steps, and the machine that made them."""
    made = assemble(project.record, project.samples())
    machine = made.machine()
    machine.initialise(0)
    machine.run(steps)
    knobs = {name: float(machine.knobs[index]) for name, index in machine.layout.knob_index.items()}
    checkpoints.write(path, checkpoints.Checkpoint(machine.snapshot(), {}, knobs, {}), machine.layout)
    return machine


def test_a_trained_folder_keeps_the_state_and_an_export_hands_it_on(command, iris, tmp_path):
    code, events = command("train", iris, "--out", tmp_path / "out", "--with-optimizer")
    assert code == 0
    kept = safetensors_file.read(tmp_path / "out" / "weights.safetensors")
    state = kept.optimizer()
    assert state is not None
    assert (state.id, state.step) == ("adam", events[-1]["steps"])
    code, _ = command(
        "export", iris, tmp_path / "w.npz", "--weights", tmp_path / "out" / "weights.safetensors", "--with-optimizer"
    )
    assert code == 0
    handed = npz_file.read(tmp_path / "w.npz")
    assert handed.arrays.keys() == kept.arrays.keys()
    assert all(np.array_equal(handed.arrays[name], kept.arrays[name]) for name in kept.arrays)
    assert handed.about["optimizer"] == kept.about["optimizer"]
    code, events = command("eval", iris, "--weights", tmp_path / "w.npz")
    assert code == 0


def test_a_checkpoint_gives_raw_averaged_and_state(command, iris, tmp_path):
    project = pg.Project.load(iris).set(averaging="ema", average_decay=0.5)
    project.save(iris)
    machine = checkpoint_of(project, tmp_path / "last.safetensors")
    found = {}
    for words, averaged in (((), True), (("--averaged",), True), (("--raw",), False)):
        code, _ = command(
            "export", iris, tmp_path / "w.npz", "--checkpoint", tmp_path / "last.safetensors", "--with-optimizer", *words
        )
        assert code == 0
        contents = npz_file.read(tmp_path / "w.npz")
        expected = weights_of(machine, averaged=averaged)
        assert contents.tensors().keys() == expected.keys()
        assert all(np.array_equal(contents.tensors()[name], expected[name]) for name in expected)
        state = contents.optimizer()
        assert state is not None
        assert state.step == 5
        assert all(np.array_equal(state.slots[name], array) for name, array in machine.slots().items())
        found[averaged] = contents.tensors()["dense1.weight"]
    assert not np.array_equal(found[True], found[False])


@pytest.mark.parametrize(
    ("to", "words", "told"),
    [
        ("w.onnx", ("--with-optimizer",), "ONNX has no place"),
        ("w.npz", ("--with-optimizer",), "no optimizer's state"),
        ("w.npz", ("--averaged",), "no averaged weights"),
        ("w.npz", ("--optimizer-from", "iris.play"), "no safetensors file"),
        ("w.npz", ("--checkpoint", "iris.play"), "cannot be read as a checkpoint"),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_written(command, trained, tmp_path, monkeypatch, to, words, told):
    monkeypatch.chdir(tmp_path)
    code, events = command("export", trained, to, *words)
    assert code != 0
    assert told in " ".join(str(event.get("text", "")) for event in events)
    assert not (tmp_path / to).exists()


def test_the_sets_of_a_saved_project_are_a_choice(command, iris, tmp_path):
    project = pg.Project.load(iris).set(averaging="ema", average_decay=0.9)
    project.train()
    project.save(iris)
    for words, way, kept in (
        ((), {}, project.averaged_weights),
        (("--averaged",), {"averaged": True}, project.averaged_weights),
        (("--raw",), {"averaged": False}, project.raw_weights),
        (("--best",), {"best": True}, project.best_weights),
    ):
        code, events = command("eval", iris, *words)
        assert (code, events[-1]["loss"]) == (0, project.evaluate(**way)["loss"])
        assert command("export", iris, tmp_path / "w.npz", *words)[0] == 0
        assert np.array_equal(npz_file.read(tmp_path / "w.npz").tensors()["dense1.weight"], kept["dense1.weight"])
    assert project.evaluate(averaged=True) != project.evaluate(averaged=False)
