"""Schedules against PyTorch's own over 1,000 steps, and against formulas written out here."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from playground.core import registry

TOTAL = 1000
STEPS = np.arange(TOTAL)


def torch_rates(make, base: float) -> np.ndarray:
    """The rate of every step under a scheduler of torch."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = make(optimizer)
    rates = []
    for _ in range(TOTAL):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


def ours(id: str, base: float, **settings) -> np.ndarray:
    return registry.find("schedule", id)(**settings).rate(STEPS, TOTAL, base)


scheduler = torch.optim.lr_scheduler


@pytest.mark.parametrize(
    ("id", "settings", "make"),
    [
        ("constant", {}, lambda o: scheduler.LambdaLR(o, lambda t: 1.0)),
        ("step", {"every": 70, "drop": 0.6}, lambda o: scheduler.StepLR(o, 70, gamma=0.6)),
        ("step", {"every": 1, "drop": 0.999}, lambda o: scheduler.StepLR(o, 1, gamma=0.999)),
        ("cosine", {}, lambda o: scheduler.CosineAnnealingLR(o, TOTAL)),
        ("cosine", {"end": 0.25}, lambda o: scheduler.CosineAnnealingLR(o, TOTAL, eta_min=0.25 * 0.3)),
        ("linear", {}, lambda o: scheduler.LinearLR(o, 1.0, 0.0, TOTAL)),
        ("linear", {"end": 0.1}, lambda o: scheduler.LinearLR(o, 1.0, 0.1, TOTAL)),
        ("inverse_square_root", {}, lambda o: scheduler.LambdaLR(o, lambda t: 1 / math.sqrt(t + 1))),
        ("inverse_square_root", {"hold": 40}, lambda o: scheduler.LambdaLR(o, lambda t: math.sqrt(40 / max(t + 1, 40)))),
    ],
)
def test_as_torch(id, settings, make):
    # torch multiplies step by step, so its own rounding grows to some 1e-12 of the base rate.
    np.testing.assert_allclose(ours(id, 0.3, **settings), torch_rates(make, 0.3), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(
    ("id", "settings", "formula"),
    [
        ("constant", {}, lambda t: 1.0),
        ("step", {"every": 70, "drop": 0.6}, lambda t: 0.6 ** (t // 70)),
        ("cosine", {"end": 0.1}, lambda t: 0.1 + 0.9 * (1 + math.cos(math.pi * t / TOTAL)) / 2),
        ("linear", {"end": 0.1}, lambda t: 1 - 0.9 * t / TOTAL),
        ("inverse_square_root", {}, lambda t: 1 / math.sqrt(t + 1)),
    ],
)
def test_as_the_formula(id, settings, formula):
    np.testing.assert_allclose(ours(id, 1.0, **settings), [formula(t) for t in range(TOTAL)], rtol=1e-14)


@pytest.mark.parametrize("id", ["cosine", "linear"])
def test_after_the_end_it_stays(id):
    schedule = registry.find("schedule", id)(end=0.2)
    np.testing.assert_allclose(schedule.factor(np.array([TOTAL, TOTAL + 1, 5 * TOTAL]), TOTAL), 0.2, rtol=1e-14)


@pytest.mark.parametrize("id", ["constant", "step", "cosine", "linear", "inverse_square_root"])
def test_it_starts_at_the_base_rate_and_is_finite_for_a_run_without_steps(id):
    schedule = registry.find("schedule", id)()
    assert schedule.factor(np.array([0]), TOTAL) == 1.0
    assert np.isfinite(schedule.factor(np.array([0, 1]), 0)).all()
