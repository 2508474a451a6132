"""Weights out of ONNX files: every example of every layer and random networks of them all, there and back, bit by bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from playground.formats import onnx_file
from playground.formats.onnx_import import take
from playground.formats.taken import agree
from tests.every.catalogue import examples
from tests.every.evaluate import evaluated, layer_graph, quiet
from tests.every.test_networks import random_graph
from tests.formats.models import model_of


def there_and_back(graph, path, seed=0):
    """Write, read back over other weights, compare: what the file holds is the same to the bit, the rest is as it was."""
    model = model_of(graph, seed)
    onnx_file.write(model, path)
    rng = np.random.default_rng(seed + 1)
    scrambled = {name: rng.normal(size=array.shape).astype(np.float32) for name, array in model.tensors().items()}
    taken = take(path, graph, scrambled)
    assert taken.tensors.keys() == model.tensors().keys()
    partly = 0
    for name, array in model.tensors().items():
        found = taken.tensors[name]
        assert found.dtype == np.float32
        same, kept = found.view(np.uint32) == array.view(np.uint32), found.view(np.uint32) == scrambled[name].view(np.uint32)
        assert np.all(same | kept), name
        partly += not np.all(same)
    assert len(taken.notes) == partly
    x = model.probe.astype(np.float64)
    target = np.zeros((len(x), *graph.values[graph.target].type.shape)) if graph.target is not None else np.zeros(0)
    mine = np.asarray(evaluated(graph, x, target, taken.tensors, training=False)[graph.output], np.float32)
    np.testing.assert_array_equal(mine, model.expected)
    agree(dataclasses.replace(model, parameters=taken.tensors, statistics={}, expected=mine), taken)
    return taken


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("layer"))
def test_a_layer(record, settings, shapes, tmp_path):
    there_and_back(layer_graph(quiet(record(**settings)), shapes), tmp_path / "net.onnx")


@pytest.mark.parametrize("seed", range(40))
def test_a_random_network(seed, tmp_path):
    there_and_back(random_graph(seed), tmp_path / "net.onnx", seed)
