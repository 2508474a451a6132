"""Metrics against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

import playground as pg
from playground.core import registry

RNG = np.random.default_rng(11)


def compute(id: str, response: np.ndarray, target: np.ndarray) -> float:
    return registry.find("metric", id)().compute(response, target)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_accuracy_of_classes(classes):
    response = RNG.dirichlet(np.ones(classes), 203).astype(np.float32)
    target = RNG.integers(0, classes, 203)
    assert compute("accuracy", response, target) == pytest.approx(metrics.accuracy_score(target, response.argmax(1)))


def test_accuracy_of_one_output():
    response, target = RNG.random((101, 1)).astype(np.float32), RNG.integers(0, 2, 101)
    right = metrics.accuracy_score(target, response[:, 0] >= 0.5)
    assert compute("accuracy", response, target) == pytest.approx(right)
    assert compute("accuracy", response, target[:, None].astype(np.float32)) == pytest.approx(right)


def test_accuracy_of_several_answers_counts_each():
    response, target = RNG.random((57, 3)), RNG.integers(0, 2, (57, 3)).astype(np.float32)
    expected = metrics.accuracy_score(target.ravel(), (response >= 0.5).ravel())
    assert compute("accuracy", response, target) == pytest.approx(expected)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize(
    ("id", "oracle"),
    [("mae", metrics.mean_absolute_error), ("rmse", metrics.root_mean_squared_error), ("r2", metrics.r2_score)],
)
def test_regression(id, oracle, outputs):
    target = RNG.normal(3.0, 2.0, (77, outputs)).astype(np.float32)
    response = (target + RNG.normal(0.0, 0.7, target.shape)).astype(np.float32)
    assert compute(id, response, target) == pytest.approx(oracle(target, response), rel=1e-6)
    if outputs == 1:
        assert compute(id, response, target[:, 0]) == pytest.approx(oracle(target, response), rel=1e-6)


@pytest.mark.parametrize("classes", [2, 3, 17, 1000])
def test_surprise_and_doubt(classes):
    response = RNG.dirichlet(np.ones(classes), 203).astype(np.float32)
    target = RNG.integers(0, classes, 203)
    plain = response.astype(np.float64) / response.astype(np.float64).sum(axis=1, keepdims=True)
    loss = metrics.log_loss(target, plain, labels=np.arange(classes))
    assert compute("perplexity", response, target) == pytest.approx(math.exp(loss), rel=1e-5)
    assert compute("entropy", response, target) == pytest.approx(stats.entropy(plain, axis=1).mean(), rel=1e-5)
    shares = np.bincount(target, minlength=classes) / 203
    assert compute("class_divergence", response, target) == pytest.approx(stats.entropy(shares, plain.mean(axis=0)), rel=1e-4)


@pytest.mark.parametrize("answers", [1, 3])
def test_doubt_of_yes_or_no(answers):
    yes = RNG.random((203, answers)).astype(np.float32)
    target = RNG.integers(0, 2, (203, answers))
    apart = np.stack([yes, 1.0 - yes.astype(np.float64)], axis=-1)
    expected = stats.entropy(apart, axis=-1).mean()
    assert compute("binary_entropy", yes, target.astype(np.float32)) == pytest.approx(expected, rel=1e-6)
    assert compute("binary_entropy", yes[:, :1], target[:, 0]) == pytest.approx(
        stats.entropy(apart[:, 0], axis=-1).mean(), rel=1e-6
    )
    assert compute("binary_entropy", np.array([[0.0], [1.0]]), np.array([1, 0])) == 0.0
    assert compute("binary_entropy", np.full((5, 1), 0.5), np.zeros(5)) == pytest.approx(math.log(2))
    assert math.isnan(compute("binary_entropy", yes[:0], target[:0]))


@pytest.mark.parametrize(("loss", "known"), [("binary_cross_entropy", True), ("exponential_loss", True), ("hinge", False)])
def test_yes_or_no_networks_have_their_doubt_where_answers_are_probabilities(loss, known):
    project = pg.Project.chain(pg.dataset("moons"), pg.layer("dense", units=1), pg.loss(loss), epochs=1)
    (epoch,) = project.set_data(validation=0.0, test=0.0).train().epochs
    assert ("binary_entropy" in epoch.metrics) is known
    if known:
        yes = project.predict(project.samples().x).astype(np.float64)
        expected = stats.entropy(np.concatenate([yes, 1.0 - yes], axis=1), axis=1).mean()
        assert epoch.metrics["binary_entropy"] == pytest.approx(expected, rel=1e-5)


def test_sure_and_even_answers():
    sure, even, target = np.eye(4)[[0, 1, 2, 3]], np.full((4, 4), 0.25), np.arange(4)
    assert compute("perplexity", sure, target) == 1.0
    assert compute("perplexity", even, target) == pytest.approx(4.0)
    assert compute("entropy", sure, target) == 0.0
    assert compute("entropy", even, target) == pytest.approx(math.log(4))
    assert compute("class_divergence", even, target) == pytest.approx(0.0, abs=1e-12)
    assert compute("perplexity", np.eye(4)[[1, 2, 3, 0]], target) == pytest.approx(1e30, rel=1e-6)


def test_r2_of_a_target_without_spread():
    flat = np.full((5, 1), 2.0)
    for response in (flat, flat + 1.0):
        assert compute("r2", response, flat) == metrics.r2_score(flat, response)
    assert math.isnan(compute("r2", flat[:1], flat[:1]))


@pytest.mark.parametrize("id", [record.id for record in registry.entries("metric")])
def test_no_sample_gives_nan_and_no_warning(id):
    assert math.isnan(compute(id, np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32)))
