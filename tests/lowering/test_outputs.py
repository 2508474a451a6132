"""Wires from further outputs, optional inputs, targets by wire, lengths of sequences: from the project to the engine."""

from __future__ import annotations

import numpy as np
import pytest

import playground as pg
from playground.core.samples import Samples
from playground.core.tensor import TensorType
from playground.document.edits import AddLink, EditError
from playground.document.project_json import from_json, to_json
from playground.errors import UnknownKind
from playground.lowering import inspect
from playground.lowering.flow import flow_of


def two_readers() -> pg.Project:
    """The second LSTM goes on from where the first ended."""
    made = pg.Project()
    data = made.add(pg.dataset("adding_problem", samples=60, steps=9, varied=True), name="data")
    first = made.add(pg.layer("lstm", units=5), data, name="first")
    second = made.add(pg.layer("lstm", units=5, returns="last"), data, f"{first}.state", f"{first}.cell", name="second")
    made.add(pg.loss("cross_entropy"), made.add(pg.layer("dense", units=2), second), name="loss")
    return made


def test_states_flow_from_layer_to_layer():
    project = two_readers()
    assert project.problems() == []
    flow = flow_of(project.record, project.samples())
    first = project.node("first").id
    assert flow.outputs[first] == (TensorType((9, 5), masked=True), TensorType((5,)), TensorType((5,)))
    links = project.record.network.into(project.node("second").id)
    assert [(link.port, link.output) for link in links] == [(0, 0), (1, 1), (2, 2)]
    again, found = from_json(to_json(project.record))
    assert again == project.record
    assert not found.faults
    before = project.train(epochs=1, seed=1).weights["first.weight"].copy()
    assert not np.array_equal(project.train(epochs=2, seed=1).weights["first.weight"], before)


def test_padding_changes_no_answer():
    """What stands behind the end of a sequence is not read, whatever it is."""
    project = two_readers()
    project.train(epochs=2)
    samples, plain = project.samples(), project.evaluate("validation")
    steps = np.arange(9) >= samples.lengths[:, None]
    x = samples.x.copy()
    x[steps] = 7.0
    other = pg.Project(project.record, weights=project.weights)
    changed = Samples(x, samples.y, samples.task, samples.class_names, samples.feature_names, lengths=samples.lengths)
    other._samples = (project.record.network.of_kind("dataset")[0].spec, changed)
    other.set_data(scaling="none")
    project.set_data(scaling="none")
    assert other.evaluate("validation") == project.evaluate("validation")
    assert plain["loss"] > 0


def test_outputs_are_named():
    made = pg.Project()
    data = made.add(pg.dataset("iris"), name="iris")
    with pytest.raises(UnknownKind, match="it has inputs, targets, weights"):
        made.add(pg.layer("dense"), f"{data}.labels")
    with pytest.raises(EditError, match="iris has 3 outputs; output 4 was asked for"):
        AddLink(made.node("iris").id, made.node(made.add(pg.layer("dense"))).id, output=3).apply(made.record)


def test_a_wire_from_weights_that_the_data_do_not_have_is_named():
    made = pg.Project()
    data = made.add(pg.dataset("iris"), name="iris")
    out = made.add(pg.layer("dense", units=3), data)
    made.add(pg.loss("cross_entropy"), out, "", "iris.weights", name="loss")
    (problem,) = (p for p in inspect(made.record, made.samples()).problems if p.severity == "error")
    assert problem.text == "iris has no weights, and loss reads them."
    assert problem.mend is not None
    record = made.record
    for edit in problem.mend.edits:
        record = edit.apply(record)
    assert not inspect(record, made.samples()).errors


def test_targets_may_feed_a_layer():
    """A decoder that is told the answer, as in teacher forcing: a network that sees the target learns it at once."""
    made = pg.Project()
    data = made.add(pg.dataset("diabetes"), name="data")
    told = made.add(pg.layer("dense", units=1), f"{data}.targets", name="told")
    seen = made.add(pg.layer("dense", units=1), data)
    made.add(pg.loss("mean_squared_error"), made.add(pg.layer("add"), told, seen), name="loss")
    assert made.problems() == []
    made.train(epochs=60, optimizer=pg.optimizer("adam", rate=0.03))
    assert made.evaluate("validation")["loss"] < 0.02  # without the answer it stays above 0.4
