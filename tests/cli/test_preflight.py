"""`playground preflight`, and the same looks through the API."""

from __future__ import annotations

import math

import numpy as np
import pytest

import playground as pg
from playground import cli
from playground.api import analysis
from playground.errors import BadValue
from playground.training.fan import Options


def test_it_says_what_it_found_and_what_a_layer_costs(command, iris):
    code, events = command("preflight", iris, "--seconds", 0.2, "--batches")
    assert code == 0
    found = next(event for event in events if event["event"] == "preflight")
    assert [one["id"] for one in found["checks"]] == ["start", "fits", "labels", "time"]
    start = found["checks"][0]
    assert start["figures"]["guess"] == pytest.approx(math.log(3))
    assert [layer["node"] for layer in found["layers"]] == ["dense1", "tanh1", "dense2", "loss", ""]
    sizes = [event["batch"] for event in events if event["event"] == "batch"]
    assert sizes == [1, 2, 4, 8, 16, 32, 64]
    assert events[-1]["event"] == "batches"
    assert events[-1]["suggested"] in sizes


def test_words_for_people_and_a_failed_check(iris, capsys):
    assert cli.main(["preflight", str(iris), "--seconds", "0.1", "--layers", "--set", "optimizer.rate=0"]) == 1
    shown = capsys.readouterr().out
    assert "[FAILED] Does not learn one batch" in shown
    assert "Find a rate" in shown
    assert "dense1" in shown
    assert "per epoch" in shown


def test_what_cannot_train_is_refused(command, tmp_path):
    pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=3), name="none").save(tmp_path / "a.play")
    code, events = command("preflight", tmp_path / "a.play", "--set", "batch=0")
    assert code == 2
    assert events[-1]["event"] == "problem"


def test_the_same_through_the_api(iris):
    project = pg.Project.load(iris)
    before = project.record
    found = analysis.preflight(project, seconds=0.1)
    assert found.check("fits").figures["samples"] == 16
    fan = analysis.rate_fan(project, Options(steps=12))
    assert [len(ray.losses) for ray in fan.rays] == [12] * 5
    assert analysis.find_rate(project).points
    assert analysis.find_batch(project, 0.01).suggested
    assert {layer.node for layer in analysis.time_layers(project, 0.1)} >= {"dense1", "dense2"}
    with pytest.raises(BadValue, match="Train it first"):
        analysis.rate_fan(project, trained=True)
    project.train()
    weights = {name: array.copy() for name, array in project.weights.items()}
    trained = analysis.rate_fan(project, Options(steps=12), trained=True)
    assert trained.rays[2].losses[0] < fan.rays[2].losses[0]
    for name, array in project.weights.items():
        np.testing.assert_array_equal(array, weights[name])
    assert project.record == before
