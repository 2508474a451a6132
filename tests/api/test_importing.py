"""Weights from a file into a project: the same answers as where they came from, or nothing changes."""

from __future__ import annotations

import numpy as np
import pytest

import playground as pg
from playground.errors import BadValue, FileError


@pytest.fixture(scope="module")
def trained():
    nodes = [pg.layer("dense", units=8), pg.layer("batch_norm"), pg.layer("tanh"), pg.layer("dense", units=3)]
    project = pg.Project.chain(pg.dataset("iris"), *nodes, name="iris", epochs=3, batch=16)
    project.train()
    return project


@pytest.mark.parametrize("ending", ["onnx", "npz", "safetensors"])
def test_a_trained_network_comes_back_bit_by_bit(trained, ending, tmp_path):
    trained.export(tmp_path / f"net.{ending}")
    other = pg.Project(trained.record)
    found = other.load_weights(tmp_path / f"net.{ending}")
    assert found.notes == ()
    assert found.probe_rows == 16
    assert found.error < 1e-5
    assert other.weights.keys() == trained.weights.keys()
    for name, array in trained.weights.items():
        np.testing.assert_array_equal(other.weights[name], array)
    assert other.evaluate() == trained.evaluate()


@pytest.mark.parametrize("ending", ["onnx", "npz", "safetensors"])
def test_another_scaling_of_the_data_changes_nothing(trained, ending, tmp_path):
    """The weights fit in name and shape; what they mean depends on how the inputs were scaled."""
    trained.export(tmp_path / f"net.{ending}")
    other = pg.Project(trained.record)
    other.set_data(scaling="none")
    before = {name: array * 0 for name, array in trained.weights.items()}
    other.weights = dict(before)
    with pytest.raises(FileError, match=rf"net\.{ending} holds weights of these names and shapes.*Nothing was changed"):
        other.load_weights(tmp_path / f"net.{ending}")
    assert other.weights.keys() == before.keys()
    assert all(other.weights[name] is before[name] for name in before)


@pytest.mark.parametrize("ending", ["onnx", "npz", "safetensors"])
def test_another_network_is_named(trained, ending, tmp_path):
    trained.export(tmp_path / f"net.{ending}")
    other = pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=5), pg.layer("dense", units=3))
    with pytest.raises((FileError, BadValue), match=r"batch_norm1|dense1\.weight"):
        other.load_weights(tmp_path / f"net.{ending}")
    assert other.weights is None


def test_present_weights_of_an_older_network_do_not_hinder(trained, tmp_path):
    trained.export(tmp_path / "net.onnx")
    other = pg.Project(
        trained.record, weights={"dense1.weight": np.zeros((4, 5), np.float32), "gone.weight": np.zeros(3, np.float32)}
    )
    other.load_weights(tmp_path / "net.onnx")
    assert other.evaluate() == trained.evaluate()
