"""The optimizer's state in files of weights: named, whole, told in the metadata, and no weight to whoever reads the weights."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

import playground as pg
from playground.engine.optimizer_state import OptimizerState
from playground.errors import BadValue, FileError
from playground.formats import npz_file, safetensors_file
from playground.formats.export import export
from playground.formats.optimizer_state import belongs, state_of
from tests.formats.models import model_of, small_cnn

files = pytest.mark.parametrize("file", [safetensors_file, npz_file], ids=["safetensors", "npz"])


def iris(**training):
    nodes = [pg.layer("dense", units=8), pg.layer("tanh"), pg.layer("dense", units=3)]
    return pg.Project.chain(
        pg.dataset("iris"), *nodes, **{"name": "iris", "epochs": 2, "batch": 16, "shuffle": False, **training}
    )


@files
def test_adam_s_slots_come_back_bit_by_bit(file, tmp_path):
    project = iris(optimizer=pg.optimizer("adam", rate=3e-3, beta1=0.8))
    run = project.train()
    path = tmp_path / f"w{file.FORMAT.suffix}"
    project.export(path, optimizer=True)
    contents = file.read(path)
    assert contents.tensors().keys() == run.weights.keys()
    names = {f"optimizer/{weight}/{slot}" for weight in run.weights for slot in ("mean", "square")}
    assert {name for name in contents.arrays if belongs(name)} == names
    for weight in run.weights:
        for slot in ("mean", "square"):
            found = contents.arrays[f"optimizer/{weight}/{slot}"]
            assert found.shape == run.weights[weight].shape
            np.testing.assert_array_equal(found, run.slots[f"{weight}/{slot}"])
    state = contents.optimizer()
    assert state is not None
    assert (state.id, state.step) == ("adam", run.finished.last_step)
    assert state.numbers == pytest.approx({"rate": 3e-3, "beta1": 0.8, "beta2": 0.999, "epsilon": 1e-8, "l2": 0.0}, rel=1e-6)
    assert state.slots.keys() == run.slots.keys()


def test_the_slots_are_those_of_pytorch(tmp_path):
    """Momentum over one whole batch, written out: PyTorch's momentum_buffer after the same steps."""
    import torch

    project = iris(epochs=3, batch=200, optimizer=pg.optimizer("momentum", rate=0.05, momentum=0.9))
    project.set_data(validation=0.0, test=0.0)
    start = iris(epochs=3, batch=200, optimizer=pg.optimizer("momentum", rate=1e-30, momentum=0.9))
    start.set_data(validation=0.0, test=0.0)
    before = start.train().weights
    run = project.train()
    weights = [torch.tensor(before[f"dense{n}.{part}"], requires_grad=True) for n in (1, 2) for part in ("weight", "bias")]
    samples = project.samples()
    x = samples.x.astype(np.float64)
    x = torch.tensor(((x - x.mean(0)) / x.std(0)).astype(np.float32))
    optimizer = torch.optim.SGD(weights, lr=0.05, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        y = torch.tanh(x @ weights[0] + weights[1]) @ weights[2] + weights[3]
        torch.nn.functional.cross_entropy(y, torch.tensor(samples.y.astype(np.int64))).backward()
        optimizer.step()
    for tensor, name in zip(weights, ("dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"), strict=True):
        held = optimizer.state[tensor]["momentum_buffer"].numpy()
        np.testing.assert_allclose(run.slots[f"{name}/velocity"], held, rtol=2e-4, atol=2e-6)


@files
def test_a_file_with_the_state_gives_the_same_weights(file, tmp_path):
    project = iris()
    project.train()
    path = tmp_path / f"w{file.FORMAT.suffix}"
    certificate = project.export(path, optimizer=True)
    assert certificate.weights_sha256 == project.export(tmp_path / f"bare{file.FORMAT.suffix}").weights_sha256
    other = iris()
    other.weights = file.read(path).tensors()
    other.take_optimizer_state(path)
    assert other.weights is not None
    assert all(np.array_equal(other.weights[name], array) for name, array in (project.weights or {}).items())
    assert other.evaluate() == project.evaluate()
    other.export(tmp_path / f"again{file.FORMAT.suffix}", optimizer=True)
    assert (tmp_path / f"again{file.FORMAT.suffix}").read_bytes() == path.read_bytes()


def test_onnx_has_no_place_for_it(tmp_path):
    project = iris()
    project.train()
    with pytest.raises(BadValue, match="ONNX has no place for an optimizer's state"):
        project.export(tmp_path / "w.onnx", optimizer=True)
    assert not list(tmp_path.iterdir())


def test_without_a_state_it_says_where_one_is(tmp_path):
    project = iris()
    project.train()
    project.export(tmp_path / "bare.npz")
    with pytest.raises(FileError, match=r"bare\.npz holds no optimizer's state"):
        project.take_optimizer_state(tmp_path / "bare.npz")
    with pytest.raises(BadValue, match="no optimizer's state"):
        project.export(tmp_path / "w.npz", optimizer=True)


def test_raw_and_averaged_weights_are_a_choice(tmp_path):
    project = iris(averaging="ema", average_decay=0.9)
    run = project.train()
    for averaged, expected in ((True, run.averaged_weights), (False, run.raw_weights), (None, run.weights)):
        project.export(tmp_path / "w.npz", averaged=averaged)
        assert expected is not None
        found = npz_file.read(tmp_path / "w.npz").tensors()
        assert all(np.array_equal(found[name], expected[name]) for name in expected)
    assert not np.array_equal(run.raw_weights["dense1.weight"], (run.averaged_weights or {})["dense1.weight"])
    plain = iris()
    plain.train()
    with pytest.raises(BadValue, match="no averaged weights"):
        plain.export(tmp_path / "w.npz", averaged=True)


@files
def test_names_that_look_alike_are_kept_apart(file, tmp_path):
    """A block called "optimizer" has weights that begin like the state; numbers of the optimizer itself have no parameter."""
    model = model_of(small_cnn())
    slots = {f"{name}/m": np.full(array.shape, n, np.float32) for n, (name, array) in enumerate(model.parameters.items())}
    state = OptimizerState(
        id="nadam", numbers={"rate": 0.5}, step=7, slots={**slots, "optimizer/product": np.array([0.25], np.float32)}
    )
    export(dataclasses.replace(model, optimizer=state), tmp_path / "w.any", file.FORMAT.id)
    contents = file.read(tmp_path / "w.any")
    assert contents.tensors().keys() == model.tensors().keys()
    found = contents.optimizer()
    assert found is not None
    assert {name: array.tolist() for name, array in found.slots.items()} == {
        name: array.tolist() for name, array in state.slots.items()
    }
    assert json.loads(contents.about["optimizer"]) == {"id": "nadam", "numbers": {"rate": 0.5}, "step": 7}
    assert not belongs("optimizer/dense1.weight")
    assert belongs("optimizer/optimizer/dense1.weight/m")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id":"adam","numbers":[],"step":1}', '{"id":"adam","numbers":{},"step":"x"}'])
def test_a_state_that_is_not_whole_is_refused_in_words(text):
    with pytest.raises(FileError, match="of its optimizer"):
        state_of({}, {"optimizer": text})
