"""What nodes give by the plain formulas: their names, and which are left out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import playground as pg
from playground.core.samples import Samples
from playground.document.project import Project
from playground.engine.formulas import first_inputs, node_values, only_present, present_steps
from playground.errors import FileError
from playground.formats.interpreter import observed
from playground.lowering import lower
from playground.training.assembly import assemble
from playground.training.probes.observing import Observer
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


def decoding() -> pg.Project:
    """A memory of three steps, and a decoder over six steps that looks at it; a stacked layer whose cell is read further on."""
    made = pg.Project()
    made.add(pg.dataset("adding_problem", samples=40, steps=6), name="data")
    made.add(pg.layer("lstm", units=4, layers=2, bidirectional=True, returns="last"), "data", name="lstm1")
    made.add(pg.layer("gelu"), "lstm1.cell", name="gelu1")
    made.add(pg.layer("reshape", shape=(4, 4)), "gelu1", name="memory1")
    made.add(pg.layer("dense", units=4), "data", name="wide1")
    made.add(pg.layer("transformer_decoder_block", heads=2), "wide1", "memory1", name="block1")
    made.add(pg.layer("global_average_pool"), "block1", name="pool1")
    made.add(pg.layer("dense", units=2), "pool1", name="dense1")
    made.add(pg.loss("cross_entropy"), "dense1")
    return made.set(epochs=1, batch=20)


def test_a_name_that_is_a_port_is_what_the_port_gives() -> None:
    """Not what the first op of the node gives that calls something alike."""
    made = decoding()
    made.train()
    x = made.samples().x[:5]
    found = made.observe(x)
    assert found["block1/weights"].shape == (5, 2, 6, 4)  # over the memory
    assert found["block1/self_weights"].shape == (5, 2, 6, 6)
    assert not np.triu(found["block1/self_weights"], 1).any()  # which is causal
    assert "block1/weights 2" not in found
    for port in ("state", "cell"):
        assert found[f"lstm1/{port}"].shape == (5, 16)
        assert f"lstm1/{port} 2" not in found
    last = [found[f"lstm1/y{tail}"][:, at] for tail, at in (("", -1), (" 2", 0), (" 3", -1), (" 4", 0))]
    np.testing.assert_array_equal(found["lstm1/state"], np.concatenate(last, axis=1))
    np.testing.assert_array_equal(found["lstm1"], np.concatenate(last[2:], axis=1))
    assert {"lstm1/gates", "lstm1/gates 2", "lstm1/gates 3", "lstm1/gates 4"} <= found.keys()


def test_the_machine_that_observes_names_the_same_numbers() -> None:
    made = decoding()
    assembled = assemble(made.record, made.samples())
    machine = assembled.machine()
    machine.initialise(4)
    observer = Observer(assembled, machine)
    assert observer.take()
    x, columns = observer.samples(range(7))
    given = observer.outputs(x, columns)
    wanted = observed(assembled.lowered.graph, machine.parameters() | machine.statistics(), x, columns)
    for name, value in given.items():
        np.testing.assert_allclose(value, wanted[name], rtol=2e-5, atol=2e-5, err_msg=name)
    assert {name.split(" ")[0] for name in wanted.keys() - given.keys()} == {"lstm1/states"}  # of no use without a mask


def test_what_is_read_at_a_further_port_is_known() -> None:
    made = decoding()
    graph = lower(made.record, made.samples()).graph
    x = made.samples().x[:5]
    for between, given in (
        ("/", node_values(graph, start_weights(graph, 1), x, {})),
        (":", node_outputs(graph, start_weights(graph, 1), x)),
    ):
        read = first_inputs(graph, given, x, between)
        np.testing.assert_array_equal(read["gelu1"], given[f"lstm1{between}cell"])
        np.testing.assert_array_equal(read["lstm1"], x)
