"""P9: the line through the times, the count of operations, and that what is measured is what is promised. No time is judged here."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from playground.cli.bench import scaling
from playground.cli.bench.workloads import workload
from playground.cli.commands.bench import FIGURES
from playground.lowering import lower


def test_times_on_a_line_deviate_nowhere() -> None:
    flops = np.array([1e7, 3e7, 4e7, 2e8])
    cost = scaling.line(flops, 2e-4 + flops / 5e10)
    np.testing.assert_allclose(cost.deviations, 0, atol=1e-9)
    assert cost.fixed == pytest.approx(2e-4)
    assert cost.rate == pytest.approx(5e10)


def test_one_size_that_is_slow_shows() -> None:
    flops = np.geomspace(1e7, 1e9, 6)
    seconds = flops / 5e10
    seconds[2] *= 1.4
    cost = scaling.line(flops, seconds)
    assert int(np.argmax(cost.deviations)) == 2
    assert 0.3 < cost.worst < 0.4


def test_a_line_never_starts_below_zero() -> None:
    """Times that grow faster than the arithmetic would otherwise be excused by a negative fixed part."""
    flops = np.geomspace(1e7, 16e7, 5)
    seconds = flops**1.2
    cost = scaling.line(flops, seconds)
    assert cost.fixed == 0
    share = flops / seconds
    steepness = np.linspace(0.9, 1.1, 2001) / cost.rate
    errors = ((share[:, None] * steepness - 1) ** 2).sum(0)
    assert steepness[errors.argmin()] == pytest.approx(1 / cost.rate, rel=1e-3)


def test_operations_are_counted_layer_by_layer() -> None:
    """Twice a multiply-add for each weight and row, three times, but twice in the first layer; bias, ReLU and loss are less than 1 %."""
    one = dataclasses.replace(workload("W3"), batch=32)
    lowered = lower(one.project().record, one.samples())
    found = scaling.trained_flops(lowered.graph, one.batch)
    products = 2 * 32 * (2 * 784 * 256 + 3 * (256 * 128 + 128 * 10))
    assert products < found < 1.01 * products


def test_attention_is_counted_as_quadratic() -> None:
    def flops(steps: int) -> int:
        one = dataclasses.replace(workload("W8"), shape=(steps,))
        return scaling.trained_flops(lower(one.project().record, one.samples()).graph, one.batch)

    a, b, c = flops(64), flops(128), flops(192)
    two_blocks = 2 * 32 * 3 * (2 * 128 + 2 * 128 + 5 * 4)
    assert c - 2 * b + a == pytest.approx(2 * two_blocks * 64**2)


@pytest.mark.parametrize("one", scaling.all_series(), ids=lambda one: one.title)
def test_a_series_is_as_long_as_promised(one: scaling.Series) -> None:
    """From 10 MFLOP on, to about 16 times that at least."""
    ends = []
    for _, network in (one.sizes[0], one.sizes[-1]):
        ends.append(scaling.trained_flops(lower(network.project().record, network.samples()).graph, network.batch))
    assert ends[0] >= scaling.LEAST_FLOPS
    assert ends[1] >= 15 * ends[0]
    assert len(one.sizes) >= 5


def test_a_series_is_measured() -> None:
    one = scaling.all_series()[0]
    found = scaling.figure(dataclasses.replace(one, sizes=one.sizes[:3]), rounds=1, seconds=0.002)
    assert found.id == "P9"
    assert found.valid is True
    assert np.isfinite(found.value)
    assert found.limit == 15.0
    assert "16 to 65 MFLOP" in found.note
    assert "P9" in FIGURES
