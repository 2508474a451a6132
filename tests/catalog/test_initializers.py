"""Start values: their moments and bounds against torch.nn.init on the same shapes, over many draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from playground.core import registry

FAN_IN, FAN_OUT = 400, 300
init = torch.nn.init
CASES = [
    ("zeros", {}, init.zeros_),
    ("constant", {"value": 0.7}, lambda w: init.constant_(w, 0.7)),
    ("uniform", {}, lambda w: init.uniform_(w, -0.07, 0.07)),
    ("uniform", {"low": 0.5, "high": 2.0}, lambda w: init.uniform_(w, 0.5, 2.0)),
    ("normal", {}, lambda w: init.normal_(w, 0.0, 0.01)),
    ("normal", {"mean": 1.0, "deviation": 0.3}, lambda w: init.normal_(w, 1.0, 0.3)),
    ("xavier_uniform", {}, init.xavier_uniform_),
    ("xavier_uniform", {"gain": 5 / 3}, lambda w: init.xavier_uniform_(w, gain=init.calculate_gain("tanh"))),
    ("xavier_normal", {}, init.xavier_normal_),
    ("he_uniform", {}, lambda w: init.kaiming_uniform_(w, nonlinearity="relu")),
    ("he_uniform", {"slope": 0.2, "fan": "out"}, lambda w: init.kaiming_uniform_(w, a=0.2, mode="fan_out")),
    ("he_normal", {}, lambda w: init.kaiming_normal_(w, nonlinearity="relu")),
    ("he_normal", {"slope": 0.2, "fan": "out"}, lambda w: init.kaiming_normal_(w, a=0.2, mode="fan_out")),
    ("fan_in_uniform", {}, lambda w: init.kaiming_uniform_(w, a=math.sqrt(5))),
]


@pytest.mark.parametrize(("id", "settings", "oracle"), CASES)
def test_moments_as_torch(id, settings, oracle):
    spec = registry.find("initializer", id)(**settings)
    mine = spec.draw(np.random.default_rng(3), (FAN_IN, FAN_OUT), FAN_IN, FAN_OUT).astype(np.float64)
    torch.manual_seed(5)
    theirs = oracle(torch.empty(FAN_OUT, FAN_IN)).double().numpy()
    spread = theirs.std()
    n = mine.size
    assert abs(mine.mean() - theirs.mean()) <= 6 * spread * math.sqrt(2 / n)
    # The standard error of a standard deviation is at most sigma / sqrt(2 n) for these shapes.
    assert abs(mine.std() - spread) <= 6 * spread / math.sqrt(n)
    flatness = ((mine - mine.mean()) ** 4).mean() / max(mine.var() ** 2, 1e-30)
    expected = ((theirs - theirs.mean()) ** 4).mean() / max(theirs.var() ** 2, 1e-30)
    assert flatness == pytest.approx(expected, rel=0.05)
    if flatness < 2.0 and spread:
        assert np.abs(mine - mine.mean()).max() == pytest.approx(np.abs(theirs - theirs.mean()).max(), rel=1e-2)


@pytest.mark.parametrize(("id", "settings", "oracle"), CASES)
def test_draws_depend_on_the_generator_alone(id, settings, oracle):
    spec = registry.find("initializer", id)(**settings)
    first, second = (spec.draw(np.random.default_rng(9), (3, 5, 7, 2), 105, 30) for _ in range(2))
    assert first.dtype == np.float32
    assert first.shape == (3, 5, 7, 2)
    np.testing.assert_array_equal(first, second)


def test_a_uniform_with_its_ends_swapped_draws_between_them():
    drawn = registry.find("initializer", "uniform")(low=1.0, high=-1.0).draw(np.random.default_rng(0), (999,), 1, 1)
    assert drawn.min() >= -1.0
    assert drawn.max() <= 1.0
    assert drawn.std() == pytest.approx(1 / math.sqrt(3), rel=0.1)
