"""What nodes give by the plain formulas: their names, and which are left out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document.project import Project
from playground.engine.formulas import node_values, only_present, present_steps
from playground.errors import FileError
from playground.formats.interpreter import observed
from playground.lowering import lower
from playground.ui.canvas.answers import node_outputs, start_weights
from tests.training.networks import project

STEPS, UNITS = 5, 3


def recurrent() -> tuple[Project, Samples]:
    """A network whose nodes give more than one thing: gates, a last state, weights of attention."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(12, STEPS, 4)).astype(np.float32)
    samples = Samples(x, np.arange(12, dtype=np.int64) % 3, "classification", ("a", "b", "c"))
    return project(("lstm", {"units": UNITS, "returns": "last"}), ("dense", {"units": 3}), epochs=1), samples


def test_the_window_and_the_formats_name_the_same_numbers() -> None:
    made, samples = recurrent()
    graph = lower(made, samples).graph
    weights = start_weights(graph, 7)
    ours, theirs = node_outputs(graph, weights, samples.x), observed(graph, weights, samples.x, {})
    assert {name.replace(":", "/") for name in ours} == set(theirs)
    assert any(":" in name for name in ours)
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name.replace(":", "/")])
    assert ours["lstm1"].shape == (12, UNITS)


def test_a_node_without_weights_is_left_out_with_all_behind_it() -> None:
    made, samples = recurrent()
    graph = lower(made, samples).graph
    weights = start_weights(graph, 7)
    dense = next(name for name in weights if name.startswith("dense1"))
    del weights[dense]
    found = node_values(graph, weights, samples.x, {})
    assert "lstm1" in found
    assert "dense1" not in found
    assert node_values(graph, weights | {dense: np.zeros((9, 9))}, samples.x, {}).keys() == found.keys()
    with pytest.raises(FileError, match=dense.replace(".", r"\.")):
        observed(graph, weights, samples.x, {})


def test_the_steps_that_are_there_are_those_of_the_lengths() -> None:
    """Through an LSTM and a dense layer as they are; behind a last state there are no steps."""
    lengths = np.arange(12) % STEPS + 1
    _, samples = recurrent()
    samples = dataclasses.replace(samples, lengths=lengths)
    last = ("lstm", {"units": UNITS, "returns": "last"})
    made = project(("lstm", {"units": UNITS}), ("dense", {"units": 7}), last, ("dense", {"units": 3}), epochs=1)
    graph = lower(made, samples).graph
    columns = {"lengths": lengths.astype(np.float32)}
    present = present_steps(graph, samples.x, columns)
    wanted = np.arange(STEPS) < lengths[:, None]
    assert {"lstm1", "dense1"} <= present.keys()
    assert not {"lstm2", "dense2"} & present.keys()
    for name in ("lstm1", "dense1"):
        np.testing.assert_array_equal(present[name], wanted)
    given = node_values(graph, start_weights(graph, 1), samples.x, columns)["dense1"]
    np.testing.assert_array_equal(
        only_present(given, present["dense1"]), np.concatenate([g[:n] for g, n in zip(given, lengths, strict=True)])
    )
    assert only_present(given, None) is given
