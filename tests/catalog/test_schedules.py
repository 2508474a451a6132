"""Schedules against PyTorch's own over 1,000 steps, and against formulas written out here."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest
import torch
from scipy.interpolate import PchipInterpolator

from playground.core import registry
from playground.core.fields import fields_of
from playground.core.points import smooth, straight
from playground.document.records import Findings, load_record
from playground.lowering.schedule import lowered_momentum, warmed

TOTAL = 1000
STEPS = np.arange(TOTAL)
BASE = 0.3


def torch_rates(make, base: float = BASE, total: int = TOTAL) -> np.ndarray:
    """The rate of every step under a scheduler of torch."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = make(optimizer)
    rates = []
    for step in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < total - 1:  # OneCycleLR refuses a step beyond its last
            scheduler.step()
    return np.array(rates)


def ours(id: str, base: float = BASE, **settings) -> np.ndarray:
    return registry.find("schedule", id)(**settings).rate(STEPS, TOTAL, base)


scheduler = torch.optim.lr_scheduler


def cyclic(base: float, **settings):
    return lambda o: scheduler.CyclicLR(o, base * BASE, BASE, cycle_momentum=False, **settings)


def one_cycle(**settings):
    return lambda o: scheduler.OneCycleLR(o, BASE, total_steps=TOTAL, cycle_momentum=False, **settings)


def noam(width: int, climb: int):
    return lambda o: scheduler.LambdaLR(o, lambda t: width**-0.5 * min((t + 1) ** -0.5, (t + 1) * climb**-1.5))


@pytest.mark.parametrize(
    ("id", "settings", "make"),
    [
        ("constant", {}, lambda o: scheduler.LambdaLR(o, lambda t: 1.0)),
        ("step", {"every": 70, "drop": 0.6}, lambda o: scheduler.StepLR(o, 70, gamma=0.6)),
        ("step", {"every": 1, "drop": 0.999}, lambda o: scheduler.StepLR(o, 1, gamma=0.999)),
        ("multi_step", {"at": (90, 30, 30, 400)}, lambda o: scheduler.MultiStepLR(o, [90, 30, 30, 400])),
        ("multi_step", {"at": (1, 999), "drop": 0.7}, lambda o: scheduler.MultiStepLR(o, [1, 999], gamma=0.7)),
        ("exponential", {"drop": 0.99}, lambda o: scheduler.ExponentialLR(o, 0.99)),
        ("cosine", {}, lambda o: scheduler.CosineAnnealingLR(o, TOTAL)),
        ("cosine", {"end": 0.25}, lambda o: scheduler.CosineAnnealingLR(o, TOTAL, eta_min=0.25 * BASE)),
        ("cosine_restarts", {"first": 70, "growth": 1}, lambda o: scheduler.CosineAnnealingWarmRestarts(o, 70)),
        ("cosine_restarts", {"first": 1, "growth": 1}, lambda o: scheduler.CosineAnnealingWarmRestarts(o, 1)),
        ("cosine_restarts", {"first": 31, "growth": 2}, lambda o: scheduler.CosineAnnealingWarmRestarts(o, 31, 2)),
        (
            "cosine_restarts",
            {"first": 1, "growth": 3, "end": 0.1},
            lambda o: scheduler.CosineAnnealingWarmRestarts(o, 1, 3, eta_min=0.1 * BASE),
        ),
        ("linear", {}, lambda o: scheduler.LinearLR(o, 1.0, 0.0, TOTAL)),
        ("linear", {"end": 0.1}, lambda o: scheduler.LinearLR(o, 1.0, 0.1, TOTAL)),
        ("polynomial", {}, lambda o: scheduler.PolynomialLR(o, TOTAL)),
        ("polynomial", {"power": 2.5}, lambda o: scheduler.PolynomialLR(o, TOTAL, power=2.5)),
        ("inverse_square_root", {}, lambda o: scheduler.LambdaLR(o, lambda t: 1 / math.sqrt(t + 1))),
        ("inverse_square_root", {"hold": 40}, lambda o: scheduler.LambdaLR(o, lambda t: math.sqrt(40 / max(t + 1, 40)))),
        ("noam", {"scale": "paper", "width": 64, "climb": 60}, noam(64, 60)),
        ("noam", {"scale": "paper", "climb": 5000}, noam(512, 5000)),
        ("noam", {"climb": 70}, lambda o: scheduler.LambdaLR(o, lambda t: min(math.sqrt(70 / (t + 1)), (t + 1) / 70))),
        ("cyclic", {"up": 70}, cyclic(0.1, step_size_up=70)),
        ("cyclic", {"up": 30, "down": 71, "low": 0.25}, cyclic(0.25, step_size_up=30, step_size_down=71)),
        ("cyclic", {"up": 1, "down": 2, "low": 0.0}, cyclic(0.0, step_size_up=1, step_size_down=2)),
        ("cyclic", {"up": 50, "mode": "triangular2"}, cyclic(0.1, step_size_up=50, mode="triangular2")),
        ("cyclic", {"up": 41, "mode": "exp_range", "shrink": 0.997}, cyclic(0.1, step_size_up=41, mode="exp_range", gamma=0.997)),
        ("one_cycle", {}, one_cycle()),
        ("one_cycle", {"anneal": "linear"}, one_cycle(anneal_strategy="linear")),
        (
            "one_cycle",
            {"climb": 0.41, "start": 10.0, "end": 77.0},
            one_cycle(pct_start=0.41, div_factor=10.0, final_div_factor=77.0),
        ),
        ("one_cycle", {"three_phase": True}, one_cycle(three_phase=True)),
        (
            "one_cycle",
            {"three_phase": True, "anneal": "linear", "climb": 0.2222, "start": 3.0},
            one_cycle(three_phase=True, anneal_strategy="linear", pct_start=0.2222, div_factor=3.0),
        ),
        ("one_cycle", {"three_phase": True, "climb": 0.8}, one_cycle(three_phase=True, pct_start=0.8)),
        ("one_cycle", {"climb": 0.0}, one_cycle(pct_start=0.0)),
        ("one_cycle", {"climb": 1.0}, None),
    ],
)
def test_as_torch(id, settings, make):
    if make is None:  # torch divides by zero here; the climb then ends with the run
        rates = ours(id, **settings)
        assert rates[0] == pytest.approx(BASE / 25)
        assert rates[-1] == pytest.approx(BASE)
        assert (np.diff(rates) > 0).all()
        return
    # torch multiplies step by step, so its own rounding grows to some 1e-12 of the base rate.
    np.testing.assert_allclose(ours(id, **settings), torch_rates(make), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("id", "settings", "formula"),
    [
        ("constant", {}, lambda t: 1.0),
        ("step", {"every": 70, "drop": 0.6}, lambda t: 0.6 ** (t // 70)),
        ("multi_step", {}, lambda t: 0.1 ** ((t >= 500) + (t >= 800))),
        ("exponential", {"drop": 0.5, "over": 300}, lambda t: 0.5 ** (t / 300)),
        ("cosine", {"end": 0.1}, lambda t: 0.1 + 0.9 * (1 + math.cos(math.pi * t / TOTAL)) / 2),
        ("cosine_restarts", {"first": 125, "growth": 1}, lambda t: (1 + math.cos(math.pi * (t % 125) / 125)) / 2),
        ("linear", {"end": 0.1}, lambda t: 1 - 0.9 * t / TOTAL),
        ("polynomial", {"power": 0.5, "end": 0.2}, lambda t: 0.2 + 0.8 * (1 - t / TOTAL) ** 0.5),
        ("inverse_square_root", {}, lambda t: 1 / math.sqrt(t + 1)),
        ("noam", {"scale": "paper", "climb": 400}, lambda t: 512**-0.5 * min((t + 1) ** -0.5, (t + 1) * 400**-1.5)),
        ("cyclic", {"up": 125, "low": 0.5}, lambda t: 0.5 + 0.5 * (1 - abs((t % 250) - 125) / 125)),
    ],
)
def test_as_the_formula(id, settings, formula):
    np.testing.assert_allclose(ours(id, 1.0, **settings), [formula(t) for t in range(TOTAL)], rtol=1e-13)


@pytest.mark.parametrize("id", ["cosine", "linear", "polynomial"])
def test_after_the_end_it_stays(id):
    schedule = registry.find("schedule", id)(end=0.2)
    np.testing.assert_allclose(schedule.factor(np.array([TOTAL, TOTAL + 1, 5 * TOTAL]), TOTAL), 0.2, rtol=1e-14)


def test_one_cycle_stays_at_its_end_and_has_an_answer_for_the_shortest_runs():
    schedule = registry.find("schedule", "one_cycle")()
    np.testing.assert_allclose(schedule.factor(np.array([TOTAL - 1, TOTAL, 5 * TOTAL]), TOTAL), 1 / 25e4, rtol=1e-12)
    for total in (0, 1, 2, 3, 4, 10):  # at 10 the climb would end at step 2 exactly
        for climb in (0.0, 0.1, 0.3, 0.5, 1.0):
            for three_phase in (False, True):
                factors = registry.find("schedule", "one_cycle")(climb=climb, three_phase=three_phase).factor(
                    np.arange(12), total
                )
                assert ((factors > 0) & (factors <= 1)).all()


STARTS_AT_BASE = ("constant", "step", "multi_step", "exponential", "cosine", "cosine_restarts", "linear", "polynomial",
                  "inverse_square_root", "reduce_on_plateau")  # fmt: skip


@pytest.mark.parametrize("id", STARTS_AT_BASE)
def test_it_starts_at_the_base_rate_and_is_finite_for_a_run_without_steps(id):
    schedule = registry.find("schedule", id)()
    assert schedule.factor(np.array([0]), TOTAL) == 1.0
    assert np.isfinite(schedule.factor(np.array([0, 1]), 0)).all()


@pytest.mark.parametrize("record", registry.entries("schedule"), ids=lambda record: record.id)
def test_steps_far_beyond_any_run_are_finite(record):
    factors = record().factor(np.array([10**6, 10**8, 10**9]), TOTAL)
    assert ((factors >= 0) & (factors <= 1)).all()


@pytest.mark.parametrize(
    ("id", "settings", "make"),
    [
        ("cosine", {"end": 0.1}, lambda o, total: scheduler.CosineAnnealingLR(o, total, eta_min=0.1 * BASE)),
        ("polynomial", {"power": 2.0}, lambda o, total: scheduler.PolynomialLR(o, total, power=2.0)),
        ("step", {"every": 70}, lambda o, total: scheduler.StepLR(o, 70, gamma=0.5)),
        ("exponential", {}, lambda o, total: scheduler.ExponentialLR(o, 0.99)),
    ],
)
@pytest.mark.parametrize(("warmup", "start"), [(1, 0.0), (2, 0.0), (2, 0.5), (40, 0.0), (40, 1 / 3), (40, 1.0)])
def test_warm_up_is_a_linear_schedule_in_sequence(id, settings, make, warmup, start):
    """LinearLR that reaches 1 at the last step of the warm-up; the schedule's own step 0 comes right after."""

    def both(o):
        first = scheduler.LinearLR(o, start + (1 - start) / warmup, 1.0, max(warmup - 1, 1))
        return scheduler.SequentialLR(o, [first, make(o, TOTAL - warmup)], [warmup])

    mine = BASE * warmed(registry.find("schedule", id)(**settings), STEPS, TOTAL, warmup, start)
    np.testing.assert_allclose(mine, torch_rates(both), rtol=1e-9, atol=1e-12)


def test_warm_up_climbs_to_where_the_schedule_starts():
    schedule = registry.find("schedule", "cyclic")(low=0.25, up=10)
    np.testing.assert_allclose(warmed(schedule, np.arange(6), 100, 5), [0.05, 0.1, 0.15, 0.2, 0.25, 0.25], rtol=1e-13)


def losses_of(seed: int, count: int = 400) -> np.ndarray:
    """A loss that falls, rests, jumps, and sometimes improves by next to nothing."""
    rng = np.random.default_rng(seed)
    falling = np.exp(-np.linspace(0, 4, count)) + rng.choice([0.0, 0.01, 0.3], count) * rng.normal(size=count)
    held = np.repeat(falling[:: rng.integers(1, 9)], 9)[:count]
    return np.where(rng.random(count) < 0.3, held * (1 - 1e-4 * rng.random(count)), falling + rng.choice([0.0, -1.0]))


PLATEAU = (
    {},
    {"patience": 0, "drop": 0.5},
    {"patience": 3, "drop": 0.7, "cooldown": 4},
    {"patience": 1, "drop": 0.9, "threshold": 0.05},
    {"patience": 2, "drop": 0.6, "threshold": 0.02, "measure": "absolute", "cooldown": 1},
    {"patience": 0, "drop": 0.3, "end": 0.01},
    {"patience": 0, "drop": 0.0, "end": 0.2},
    {"patience": 1, "drop": 1.0},
)


@pytest.mark.parametrize("settings", PLATEAU)
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("higher", [False, True])
def test_reduce_on_plateau_as_torch(settings, seed, higher):
    losses = -losses_of(seed) if higher else losses_of(seed)
    if seed == 5:
        losses[[7, 90, 91]] = np.nan, -np.inf if higher else np.inf, np.nan
    mine = registry.find("schedule", "reduce_on_plateau")(**settings)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = scheduler.ReduceLROnPlateau(
        optimizer,
        mode="max" if higher else "min",
        factor=min(mine.drop, 1 - 1e-16) if mine.drop < 1 else 0.5,
        patience=mine.patience,
        threshold=mine.threshold,
        threshold_mode={"relative": "rel", "absolute": "abs"}[mine.measure],
        cooldown=mine.cooldown,
        min_lr=mine.end,
    )
    if mine.drop == 1:
        theirs.factor = 1.0  # its constructor refuses 1, which changes nothing
    memory: dict[str, float] = {}
    for loss in losses:
        theirs.step(float(loss))
        memory = json.loads(json.dumps(mine.follow(memory, float(loss), higher), allow_nan=False))  # what a checkpoint keeps
        assert memory["factor"] == optimizer.param_groups[0]["lr"]
        assert memory["bad"] == theirs.num_bad_epochs
        assert memory["cooling"] == theirs.cooldown_counter
        assert memory.get("best", -math.inf if higher else math.inf) == theirs.best
    assert mine.drop == 1 or memory["factor"] < 1


def test_every_figure_that_a_schedule_listens_to_is_a_loss_or_a_metric_that_judges():
    options = fields_of(registry.find("schedule", "reduce_on_plateau"))["monitor"].options
    metrics = [registry.find("metric", id) for id in options if id not in ("loss", "train_loss")]
    assert not any(metric.readout for metric in metrics)
    assert {record.id for record in metrics} >= {"accuracy", "r2", "rmse"}


def test_only_schedules_that_say_so_listen():
    for record in registry.entries("schedule"):
        assert bool(record().follow({}, 1.0)) == record.listens


def curves(seed: int) -> tuple[tuple[float, float], ...]:
    """Random points, some level with their neighbour, some very near to it."""
    rng = np.random.default_rng(seed)
    at = np.cumsum(rng.choice([2e-6, 0.01, 0.3], rng.integers(2, 12)))
    y = np.round(rng.random(len(at)), 1)
    return tuple(zip((at / max(at[-1], 1.0)).tolist(), y.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_the_smooth_curve_is_the_monotone_cubic_of_scipy(seed):
    points = curves(seed)
    at, y = np.array(points).T
    x = np.unique(np.concatenate([np.linspace(at[0], at[-1], 999), at]))
    np.testing.assert_allclose(smooth(points, x), PchipInterpolator(at, y)(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(smooth(points, at), y, atol=1e-12)
    beyond = smooth(points, np.array([-1.0, at[0] - 1e-9, at[-1] + 1e-9, 2.0]))
    np.testing.assert_array_equal(beyond, [y[0], y[0], y[-1], y[-1]])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("through", [smooth, straight])
def test_a_curve_never_leaves_the_range_between_two_points(seed, through):
    points = curves(seed)
    for (a, low), (b, high) in itertools.pairwise(points):
        values = through(points, np.linspace(a, b, 200))
        assert values.min() >= min(low, high) - 1e-12
        assert values.max() <= max(low, high) + 1e-12
        rises = np.diff(values) * np.sign(high - low)
        assert (rises >= -1e-12).all()


def test_a_drawn_schedule_is_its_curve_over_the_run():
    points = ((0.1, 0.2), (0.5, 1.0), (0.9, 0.0))
    drawn = registry.find("schedule", "drawn")
    expected = np.interp(STEPS / TOTAL, [0.1, 0.5, 0.9], [0.2, 1.0, 0.0])
    np.testing.assert_allclose(drawn(points=points, curve="straight").factor(STEPS, TOTAL), expected, rtol=1e-14)
    powers = 10 ** np.interp(STEPS / TOTAL, [0.1, 0.5, 0.9], np.log10([0.2, 1.0, 1e-4]))
    np.testing.assert_allclose(drawn(points=points, curve="straight", log=True).factor(STEPS, TOTAL), powers, rtol=1e-12)
    inner = PchipInterpolator([0.1, 0.5, 0.9], [0.2, 1.0, 0.0])(np.clip(STEPS / TOTAL, 0.1, 0.9))
    np.testing.assert_allclose(drawn(points=points).factor(STEPS, TOTAL), inner, rtol=1e-9, atol=1e-12)


def test_a_straight_drawn_line_is_the_linear_schedule():
    line = registry.find("schedule", "drawn")(points=((0.0, 1.0), (1.0, 0.0)), curve="straight")
    np.testing.assert_allclose(line.factor(STEPS, TOTAL), registry.find("schedule", "linear")().factor(STEPS, TOTAL), atol=1e-15)


CYCLES = [
    ("cyclic", {"up": 70}, {"step_size_up": 70}),
    ("cyclic", {"up": 30, "down": 71, "momentum_low": 0.5}, {"step_size_up": 30, "step_size_down": 71, "base_momentum": 0.5}),
    ("cyclic", {"up": 50, "mode": "triangular2"}, {"step_size_up": 50, "mode": "triangular2"}),
    ("cyclic", {"up": 41, "mode": "exp_range", "shrink": 0.997}, {"step_size_up": 41, "mode": "exp_range", "gamma": 0.997}),
    ("one_cycle", {}, {}),
    ("one_cycle", {"anneal": "linear", "climb": 0.4, "momentum_low": 0.0},
     {"anneal_strategy": "linear", "pct_start": 0.4, "base_momentum": 0.0}),
    ("one_cycle", {"three_phase": True, "climb": 0.25}, {"three_phase": True, "pct_start": 0.25}),
]  # fmt: skip


@pytest.mark.parametrize(("id", "settings", "theirs"), CYCLES)
@pytest.mark.parametrize("adaptive", [False, True])
def test_the_momentum_moves_the_other_way_as_in_torch(id, settings, theirs, adaptive):
    weights, own = [torch.nn.Parameter(torch.zeros(1))], {"cyclic": 0.9, "one_cycle": 0.95}[id]  # torch's defaults
    optimizer = torch.optim.Adam(weights, lr=BASE, betas=(own, 0.99)) if adaptive else torch.optim.SGD(weights, BASE, own)
    given = (0.1 * BASE, BASE) if id == "cyclic" else (BASE, TOTAL)
    steered = {"cyclic": scheduler.CyclicLR, "one_cycle": scheduler.OneCycleLR}[id](optimizer, *given, **theirs)
    expected = []
    for step in range(TOTAL):
        group = optimizer.param_groups[0]
        expected.append(group["betas"][0] if adaptive else group["momentum"])
        optimizer.step()
        if step < TOTAL - 1:
            steered.step()
    kept, added = lowered_momentum(registry.find("schedule", id)(**settings), STEPS, TOTAL)
    np.testing.assert_allclose(own * kept + added, expected, rtol=1e-9)
    assert min(expected) < own - 0.08


@pytest.mark.parametrize("id", ["cyclic", "one_cycle"])
def test_schedules_of_old_files_leave_the_momentum_alone(id):
    now = registry.find("schedule", id)()
    assert now.cycle_momentum
    old = {**registry.dump(now), "version": 1}
    old["fields"] = {name: value for name, value in old["fields"].items() if name not in ("cycle_momentum", "momentum_low")}
    assert registry.load(old) == dataclasses.replace(now, cycle_momentum=False)
    assert load_record(old, "", Findings(), kind="schedule") == dataclasses.replace(now, cycle_momentum=False)


def test_only_some_schedules_move_the_momentum_and_warm_up_waits_where_they_begin():
    for record in registry.entries("schedule"):
        moves = record.id in ("cyclic", "one_cycle")
        assert (record().dip(STEPS, TOTAL) is not None) == moves
        kept, added = lowered_momentum(record(), STEPS, TOTAL, 30)
        if not moves:
            assert (kept, added) == (1.0, 0.0)
            continue
        assert (kept[:31] == 1).all()
        assert (added[:31] == 0).all()
        np.testing.assert_array_equal(kept[30:], lowered_momentum(record(), STEPS[:-30], TOTAL - 30)[0])
        assert record(cycle_momentum=False).dip(STEPS, TOTAL) is None
        np.testing.assert_array_equal(record(cycle_momentum=False).factor(STEPS, TOTAL), record().factor(STEPS, TOTAL))
