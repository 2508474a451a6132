"""The learning-rate finder: fastai's answers, and a state that stays as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.errors import BadValue
from playground.training import finder
from playground.training.finder import Options, Search, find_rate
from tests.training.networks import NETWORKS, plain, trainer


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("steps", [0, 13])
def test_the_state_is_left_exactly_as_it_was(name: str, steps: int) -> None:
    run, undisturbed = trainer(NETWORKS[name](), 1, 1), trainer(NETWORKS[name](), 1, 1)
    for _ in range(steps):
        run.advance()
    before, knobs = run.machine.state_sha256(), run.machine.knobs.copy()
    found = find_rate(run.machine)
    assert len(found.points) > 20
    assert run.machine.state_sha256() == before
    assert (run.machine.knobs == knobs).all()
    *_, last = run.train()
    *_, expected = undisturbed.train()
    assert last.events[-1].state_sha256 == expected.events[-1].state_sha256  # type: ignore[union-attr]


def test_leaving_a_search_early_restores_too() -> None:
    run = trainer(plain())
    before = run.machine.state_sha256()
    with Search(run.machine, Options()) as search:
        next(iter(search))
        assert run.machine.state_sha256() != before
        assert search.found().stopped == "cancelled"
    assert run.machine.state_sha256() == before


def test_it_stops_when_the_loss_diverges_or_is_no_longer_a_number() -> None:
    run = trainer(plain())
    found = find_rate(run.machine, Options(high=1e6, steps=200))
    assert found.stopped in ("diverged", "fault")
    assert len(found.points) < 200
    losses = [p.smoothed for p in found.points]
    if found.stopped == "diverged":
        assert losses[-1] > 4 * min(losses)
        assert all(loss <= 4 * min(losses[: i + 1]) for i, loss in enumerate(losses[:-1]))


def test_rates_rise_geometrically_and_losses_are_smoothed_as_by_fastai() -> None:
    found = find_rate(trainer(plain()).machine, Options(low=1e-5, high=1e-2, steps=40))
    rates = np.array([p.rate for p in found.points], float)
    np.testing.assert_allclose(np.diff(np.log(rates)), np.log(1e3) / 39, rtol=1e-3)
    value = torch.tensor(0.0, dtype=torch.float64)
    for count, point in enumerate(found.points, start=1):  # fastai/learner.py, AvgSmoothLoss
        value = torch.lerp(torch.tensor(point.loss, dtype=torch.float64), value, 0.98)
        assert point.smoothed == pytest.approx(float(value / (1 - 0.98**count)), rel=1e-9)


def fastai_valley(rates: list[float], losses: list[float]) -> int:
    """fastai 2.7, fastai/callback/schedule.py, `valley`, down to the index."""
    n = len(losses)
    max_start, max_end = 0, 0
    lds = [1] * n
    for i in range(1, n):
        for j in range(i):
            if (losses[i] < losses[j]) and (lds[i] < lds[j] + 1):
                lds[i] = lds[j] + 1
            if lds[max_end] < lds[i]:
                max_end = i
                max_start = max_end - lds[max_end]
    sections = (max_end - max_start) / 3
    return max_start + int(sections) + int(sections / 2)


@pytest.mark.parametrize("seed", range(20))
def test_suggestions_are_those_of_fastai(seed: int) -> None:
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, 80)
    losses = (2 - 1.5 * np.exp(-(((t - 0.6) / 0.2) ** 2)) + rng.normal(0, 0.05, 80)).tolist()
    rates = np.geomspace(1e-6, 1, 80).tolist()
    assert finder.valley(rates, losses) == rates[max(0, fastai_valley(rates, losses))]
    y, x = torch.tensor(losses, dtype=torch.float64), torch.tensor(rates, dtype=torch.float64)
    slopes = (y[1:] - y[:-1]) / (x[1:].log() - x[:-1].log())  # `steep`
    assert finder.steepest(rates, losses) == pytest.approx(float(x[slopes.argmin()]), rel=1e-12)


def test_nothing_is_suggested_for_a_loss_that_never_falls() -> None:
    rates = np.geomspace(1e-6, 1, 30).tolist()
    rising = np.linspace(1, 2, 30).tolist()
    assert finder.valley(rates, rising) is None
    assert finder.steepest(rates, rising) is None
    assert finder.valley([], []) is finder.steepest([], []) is None


def averaged(losses: np.ndarray, weight: float) -> np.ndarray:
    """The bias-corrected moving average of losses, by its definition."""
    powers = np.tril(weight ** np.subtract.outer(np.arange(len(losses)), np.arange(len(losses))).clip(0))
    return np.asarray(powers @ losses / powers.sum(axis=1))


@pytest.mark.parametrize(("count", "weight"), [(100, 0.98), (180, 0.88), (40, 0.0)])
def test_the_standard_error_of_a_fall_is_that_of_drawn_noise(count: int, weight: float) -> None:
    """The variance that the formula gives to a difference of two points of the average, against many draws."""
    noise = np.random.default_rng(1).normal(0, 2.0, (3000, count))
    curves = np.stack([averaged(row, weight) for row in noise])
    for i, j in ((1, 2), (5, count), (count - 3, count // 2)):
        spread = float((curves[:, i - 1] - curves[:, j - 1]).std())
        assert 2.0 * float(finder.standard_error(np.array(i), np.array(j), weight)) == pytest.approx(spread, rel=0.06)


def test_noise_alone_suggests_nothing() -> None:
    rng, clear = np.random.default_rng(4), 0
    for draw in range(200):
        raw = rng.normal(1.0, 0.1, 100) if draw % 2 else rng.lognormal(0.0, 1.0, 100)
        smooth = averaged(raw, 0.98)[10:-5]
        clear += finder.falls(raw.tolist(), smooth.tolist(), 10, 0.98)[1] >= finder.CLEAR
    assert clear <= 4


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.2])
def test_a_fall_beyond_the_noise_is_seen(noise: float) -> None:
    t = np.linspace(0, 1, 100)
    raw = 2 - 1.5 / (1 + np.exp(-20 * (t - 0.6))) + np.random.default_rng(2).normal(0, noise, 100)
    smooth = averaged(raw, 0.98)[10:-5]
    assert finder.falls(raw.tolist(), smooth.tolist(), 10, 0.98)[1] > 2 * finder.CLEAR
    assert finder.falls([1.0] * 100, [1.0] * 85, 10, 0.98) == (0.0, 0.0)
    assert finder.falls([], [], 10, 0.98) == (0.0, 0.0)


def test_near_the_end_of_training_there_is_no_suggestion_but_a_sentence() -> None:
    run = trainer(plain(epochs=60))
    assert find_rate(run.machine).valley is not None
    for _ in run.train():
        pass
    found = find_rate(run.machine, Options(low=1e-6, steps=180, smoothing=0.88, stop_factor=2.0))
    assert (found.valley, found.steepest, found.minimum) == (None, None, None)
    assert found.noise is not None
    words = finder.outcome(found)
    assert "falls nowhere by more than its noise" in words


@pytest.mark.parametrize(
    "options", [{"low": 0.0}, {"low": 1.0, "high": 0.1}, {"steps": 1}, {"smoothing": 1.0}, {"stop_factor": 1.0}, {"high": 1e9}]
)
def test_options_out_of_range_are_refused_with_a_sentence(options: dict[str, float]) -> None:
    with pytest.raises(BadValue, match=r"must .* given\.$"):
        find_rate(trainer(plain()).machine, Options(**options))  # type: ignore[arg-type]
