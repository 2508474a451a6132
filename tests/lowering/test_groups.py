"""Parameter groups from the document to the engine: who is in, what holds, what is frozen, what the file keeps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from playground.core import registry
from playground.document.edits import (
    AddGroup,
    AddLink,
    AddNode,
    EditError,
    MoveGroup,
    PutInGroup,
    RemoveGroup,
    RemoveNodes,
    SetGroup,
    SetNodeOption,
)
from playground.document.project import Project
from playground.document.project_json import from_json, to_json
from playground.engine.machine import Machine
from playground.engine.plan import plan_network
from playground.errors import BadValue
from playground.lowering import lower
from playground.lowering.inspection import inspect
from tests.training.networks import points

ROWS = 150


def made(*edits) -> Project:
    """points -> dense1 -> relu1 -> dense2 -> batch_norm1 -> dense3 -> loss, with ids that are the names."""
    project, last = Project(), "data"
    project = AddNode(registry.find("dataset", "digits")(), id="data").apply(project)
    layers = (("dense", {"units": 5}), ("relu", {}), ("dense", {"units": 4}), ("batch_norm", {}), ("dense", {"units": 3}))
    for kind, id, settings in [*(("layer", *layer) for layer in layers), ("loss", "cross_entropy", {})]:
        count = sum(node.spec.id == id for node in project.network.nodes)
        name = f"{id}{count + 1}"
        project = AddNode(registry.find(kind, id)(**settings), id=name, name=name).apply(project)
        project = AddLink(last, name, 0).apply(project)
        last = name
    for edit in edits:
        project = edit.apply(project)
    return project


def rules(project: Project) -> tuple[dict[str, float], dict[str, float], frozenset[str]]:
    update = lower(project, points(ROWS)).update
    return dict(update.rate_factors), dict(update.decay_factors), update.frozen


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ("dense*", {"dense1", "dense2", "dense3"}),
        ("dense[23]", {"dense2", "dense3"}),
        ("*1", {"dense1", "batch_norm1"}),
        ("layer:dense", {"dense1", "dense2", "dense3"}),
        ("layer:batch_norm", {"batch_norm1"}),
        ("first 2", {"dense1", "dense2"}),
        ("last 2", {"batch_norm1", "dense3"}),
        ("first 100", {"dense1", "dense2", "batch_norm1", "dense3"}),
        ("relu*", set()),
        ("", set()),
    ],
)
def test_a_rule_sets_the_factors_of_the_layers_with_weights_that_it_fits(rule, fits):
    project = made(AddGroup("slow", rule, id="g"), SetGroup("g", "rate_factor", 0.25), SetGroup("g", "decay_factor", 0.5))
    rates, decays, frozen = rules(project)
    assert {name for name, factor in rates.items() if factor == 0.25} == fits
    assert {name for name, factor in decays.items() if factor == 0.5} == fits
    assert set(rates) == {"dense1", "dense2", "batch_norm1", "dense3"}
    assert frozen == frozenset()
    said = [problem for problem in inspect(project, points(ROWS)).problems if "fits no layer" in problem.text]
    assert [problem.severity for problem in said] == (["warning"] if rule and not fits else [])
    for problem in said:
        assert problem.mend is not None
        assert problem.mend.edits[0].apply(project).groups == ()


def test_a_nodes_own_factors_multiply_and_the_first_group_that_fits_counts():
    project = made(
        AddGroup("a", "first 1", id="a"), SetGroup("a", "rate_factor", 0.1),
        AddGroup("b", "dense*", id="b"), SetGroup("b", "rate_factor", 0.5), SetGroup("b", "decay_factor", 4.0),
        SetNodeOption("dense1", "rate_factor", 3.0), SetNodeOption("dense2", "decay_factor", 0.25),
    )  # fmt: skip
    rates, decays, _ = rules(project)
    assert rates == pytest.approx({"dense1": 0.3, "dense2": 0.5, "batch_norm1": 1.0, "dense3": 0.5})
    assert decays == pytest.approx({"dense1": 1.0, "dense2": 1.0, "batch_norm1": 1.0, "dense3": 4.0})
    assert rules(MoveGroup("b", 0).apply(project))[0]["dense1"] == pytest.approx(1.5)


def test_what_is_put_in_by_hand_leaves_its_rule_and_comes_back():
    project = made(
        AddGroup("a", "dense*", id="a"), SetGroup("a", "rate_factor", 0.1),
        AddGroup("b", id="b", nodes=("dense2", "batch_norm1")), SetGroup("b", "rate_factor", 0.5),
    )  # fmt: skip
    assert rules(project)[0] == pytest.approx({"dense1": 0.1, "dense2": 0.5, "batch_norm1": 0.5, "dense3": 0.1})
    project = PutInGroup(("dense2", "dense3"), "a").apply(project)
    assert [group.nodes for group in project.groups] == [("dense2", "dense3"), ("batch_norm1",)]
    project = PutInGroup(("dense2",), "").apply(project)
    assert rules(project)[0]["dense2"] == pytest.approx(0.1)
    assert PutInGroup(("dense1",), "").apply(project) is project
    project = RemoveNodes(("batch_norm1",)).apply(project)
    assert project.groups[1].nodes == ()
    assert RemoveGroup("a").apply(project).groups == (project.groups[1],)


def test_a_frozen_group_costs_no_gradient_and_its_weights_stay():
    project = made(AddGroup("body", "first 2", id="g"), SetGroup("g", "frozen", True))
    lowered = lower(project, points(ROWS))
    assert lowered.update.frozen == {"dense1", "dense2"}
    free = lower(made(), points(ROWS))
    plans = [plan_network(one.graph, batch=16, update=one.update, samples={"train": ROWS}) for one in (lowered, free)]
    assert len(plans[0].train.code) < len(plans[1].train.code)
    owners = {origin.owner for origin in plans[0].train.origins if origin.direction in ("backward", "update")}
    assert not owners & {"dense1", "relu1", "dense2"}
    machine = Machine(plans[0])
    machine.initialise(0)
    samples = points(ROWS)
    machine.load("train", samples.x, samples.y)
    before = {name: view.copy() for name, view in machine.parameters().items()}
    machine.run(5)
    for name, view in machine.parameters().items():
        assert np.array_equal(view, before[name]) == name.startswith(("dense1.", "dense2."))


def test_live_factors_are_knobs_that_the_next_step_reads():
    project = made(AddGroup("slow", "dense1", id="g"), SetGroup("g", "rate_factor", 0.0))
    lowered = lower(project, points(ROWS))
    machine = Machine(plan_network(lowered.graph, batch=16, update=lowered.update, samples={"train": ROWS}))
    machine.initialise(0)
    samples = points(ROWS)
    machine.load("train", samples.x, samples.y)
    before = machine.parameters()["dense1.weight"].copy()
    machine.run(2)
    np.testing.assert_array_equal(machine.parameters()["dense1.weight"], before)
    machine.set_knob("dense1:rate_factor", 1.0)
    machine.run(1)
    assert not np.array_equal(machine.parameters()["dense1.weight"], before)
    infos = {info.name: info.value for info in lowered.knobs}
    assert infos["dense1:rate_factor"] == 0.0
    assert infos["dense3:decay_factor"] == 1.0


def test_the_file_keeps_groups_and_factors():
    project = made(
        AddGroup("a", "conv*", id="a"), SetGroup("a", "frozen", True), SetGroup("a", "decay_factor", 0.0),
        AddGroup("head", "", ("dense3", "dense2"), id="b"), SetNodeOption("dense3", "decay_factor", 2.0),
    )  # fmt: skip
    data = json.loads(json.dumps(to_json(project), allow_nan=False))
    again, found = from_json(data)
    assert again == project
    assert not found.faults
    data["groups"][0]["colour"] = "blue"
    again, _ = from_json(data)
    assert to_json(again) == data
    for node in data["network"]["nodes"]:
        del node["decay_factor"]
    del data["groups"]
    older, found = from_json(data)
    assert not found.faults
    assert older.groups == ()
    assert all(node.decay_factor == 1.0 for node in older.network.nodes)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("rule", "first 0", "rule must be"),
        ("rule", "layer:", "rule must be"),
        ("rule", 3, "/groups/0/rule must be a text"),
        ("name", "", "/groups/0/name must be a text"),
        ("name", " ", "printable"),
        ("name", "b", "Every name must be used once"),
        ("nodes", ["nobody"], "names none"),
        ("nodes", ["dense3"], "is in two"),
        ("nodes", "dense1", "/groups/0/nodes must be a list"),
        ("rate_factor", -1.0, "/groups/0/rate_factor must be a number in 0 to 1000"),
        ("decay_factor", "1", "/groups/0/decay_factor must be a number in 0 to 1000"),
        ("frozen", 1, "/groups/0/frozen must be true or false"),
    ],
)
def test_a_bad_group_in_a_file_is_refused_with_its_place(key, value, said):
    data = to_json(made(AddGroup("a", "dense*", id="a"), AddGroup("b", "", ("dense3",), id="b")))
    data["groups"][0][key] = value
    project, found = from_json(data)
    assert project is None
    assert any(said in sentence and place.startswith("/groups/") for place, sentence in found.faults), found.faults


def test_edits_refuse_what_does_not_fit():
    project = made(AddGroup("a", id="a"))
    for edit in (
        AddGroup("a"), AddGroup("x", "first none"), AddGroup("", nodes=("nobody",)), SetGroup("a", "name", ""),
        SetGroup("b", "name", "c"), SetGroup("a", "rate_factor", -1), SetGroup("a", "rule", None), SetGroup("a", "colour", 1),
        RemoveGroup("b"), MoveGroup("a", 2), PutInGroup(("dense1",), "b"), PutInGroup(("nobody",), "a"),
    ):  # fmt: skip
        with pytest.raises((EditError, BadValue), match=r"\.$"):
            edit.apply(project)
    assert AddGroup().apply(project).groups[1].name == "group1"
