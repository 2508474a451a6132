"""Mends are tried before they are offered, and only when somebody looks at them."""

from __future__ import annotations

import pickle

import pytest

from playground.core import registry
from playground.document.edits import AddLink
from playground.document.problems import Problem
from playground.document.project import Project
from playground.lowering import Refused, fit, flow, inspect, lower, trying
from playground.lowering.facts import in_range
from playground.lowering.flow import fresh_flow
from tests.lowering.projects import add, chain, images, mended, wire

count_mends = fit._count_mends


def one(project, samples, text) -> Problem:
    """The only problem that begins so."""
    (problem,) = (found for found in inspect(project, samples).problems if found.text.startswith(text))
    return problem


@pytest.mark.parametrize(
    ("classes", "layer", "offered"),
    [
        (10, "gru", ["Set units of gru1 to 5", "Insert Dense with 10 units after gru1"]),
        (3, "simple_rnn", ["Insert Dense with 3 units after simple_rnn1"]),  # twice the units are never three
    ],
)
def test_only_what_mends_is_offered(classes, layer, offered):
    project, _ = chain((layer, {"units": 8, "bidirectional": True, "returns": "last"}))
    samples = images(classes, (5, 3))
    problem = one(project, samples, f"cross_entropy1 needs {classes} numbers, one for each class. {layer}1 gives 16.")
    assert [mend.text for mend in problem.mends] == offered
    assert inspect(mended(project, problem), samples).errors == []


def test_two_mends_in_a_row_are_offered_where_one_is_not_enough():
    project, _ = chain(("multi_head_attention", {"heads": 8}), ("flatten", {}), ("dense", {"units": 10}))
    problem = one(project, images(10, (2, 5, 4)), "multi_head_attention1 needs a sequence: steps×features.")
    attention = "multi_head_attention1"
    assert problem.mend.text == f"Insert Reshape to 2×20 before {attention} · Set heads of {attention} to 5"
    assert inspect(mended(project, problem), images(10, (2, 5, 4))).errors == []


def test_what_keeps_another_layer_from_being_built_is_the_last_resort():
    """Fewer filters of conv1 would do for the sum, and its other reader could not split them into groups."""
    project, data = add(Project(), "dataset", "digits")
    project, first = add(project, "layer", "conv2d", filters=32)
    project, second = add(project, "layer", "conv2d", filters=30)
    project, reader = add(project, "layer", "conv2d", filters=32, groups=32)
    project, total = add(project, "layer", "add")
    for source, target, port in ((data, first, 0), (data, second, 0), (first, reader, 0), (first, total, 0), (second, total, 1)):
        project = wire(project, source, target, port)
    (problem,) = (p for p in inspect(project, images()).problems if "equal shapes" in p.text)
    assert [mend.text for mend in problem.mends] == [
        "Insert a 1×1 convolution to 32 after conv2",
        "Join with Concat instead",
        "Set filters of conv2 to 32",
    ]


def test_mends_are_tried_when_they_are_looked_at(monkeypatch):
    tried = []
    monkeypatch.setattr(fit, "_count_mends", lambda *given: tried.append(given) or count_mends(*given))
    monkeypatch.setattr(trying, "fresh_flow", lambda *given: tried.append(given) or fresh_flow(*given))
    project, _ = chain(("lstm", {"bidirectional": True, "returns": "last"}))
    problem = one(project, images(10, (5, 3)), "cross_entropy1 needs 10 numbers")
    assert not tried
    assert problem.mend.text == "Set units of lstm1 to 5"
    count = len(tried)
    assert count > 1
    assert problem.mend.text
    assert len(tried) == count
    assert pickle.loads(pickle.dumps(problem)) == problem


def test_a_setting_of_another_type_is_not_taken_for_its_equal():
    """0 and False are equal to Python, and whether one is in its range says nothing of the other."""
    recurrent = registry.find("layer", "lstm")
    assert not in_range(recurrent(bidirectional=0))
    assert in_range(recurrent(bidirectional=False))
    assert not in_range(recurrent(units=5.0))
    assert in_range(recurrent(units=5))


def test_a_layer_that_reads_weights_which_the_data_lack_is_refused():
    project, ids = chain(("flatten", {}), ("dense", {"units": 10}))
    project, reader = add(project, "layer", "dense", units=10)
    project = AddLink(ids[0], reader, output=2).apply(project)
    project, total = add(project, "layer", "add")
    for source, target, port in ((ids[2], total, 0), (reader, total, 1), (total, ids[-1], 0)):
        project = wire(project, source, target, port)
    problem = one(project, images(), "digits1 has no weights, and dense2 reads them.")
    assert problem.node == reader
    assert problem.mend.text == "Delete the wire"
    with pytest.raises(Refused, match="digits1 has no weights"):
        lower(project, images())


def test_what_has_no_shape_is_never_built(monkeypatch):
    """Whatever the reason is that nothing is known of a layer."""
    monkeypatch.setattr(flow, "in_range", lambda spec: spec.id != "dense")
    project, _ = chain(("flatten", {}), ("dense", {"units": 10}))
    (problem,) = inspect(project, images()).errors
    assert problem.text.startswith("What cross_entropy1 reads has no shape that is known.")
    with pytest.raises(Refused):
        lower(project, images())
