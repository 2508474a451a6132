"""Losses against PyTorch, scikit-learn and SciPy, with weights, masks and smoothing; what losses say to a person."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
import torch
from scipy import special, stats
from sklearn import metrics
from torch.nn import functional

from playground.core import registry
from playground.core.reference import page
from playground.core.tensor import TensorType
from playground.engine.builder import GraphBuilder
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.errors import ShapeError

LOGITS = np.array([[1e4, -1e4, 0.0], [0.1, 0.2, -0.3], [-800.0, -800.0, -801.0]])
STILL = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})


def loss(id: str, **settings):
    return registry.find("loss", id)(**settings)


@dataclasses.dataclass(frozen=True)
class Ran:
    value: float
    gradient: np.ndarray
    machine: Machine


def run(spec, prediction: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None, chains: int | None = None) -> Ran:
    """A loss on predictions that are chosen number by number: its value, and its gradient by each of them.

    Shapes: prediction, target (n, ...), weights (n,) or (n, steps).
    """
    n = len(prediction)
    g = GraphBuilder()
    x = g.take_input(TensorType((n,)))
    zeros = registry.find("initializer", "zeros")()
    with g.of("made", None):
        y = g.op("dense", x, g.parameter("value", (n, prediction[0].size), zeros, fan_in=1, fan_out=1))
        if prediction.ndim != 2:
            y = g.op("reshape", y, shape=prediction.shape[1:])
    wanted = g.take_target(TensorType(target.shape[1:]))
    counts = None if weights is None else g.take_column("weights", TensorType(weights.shape[1:]))
    with g.of("loss", spec):
        graph = g.finish(y, spec.build(g, y, wanted, counts))
    samples = {"train": n, "validation": n}
    machine = Machine(plan_network(graph, batch=n, update=STILL, samples=samples, chains=chains), shuffle=False)
    machine.initialise(1)
    machine.parameters()["made.value"][...] = prediction.reshape(n, -1)
    columns = {"target": target} if weights is None else {"target": target, "weights": weights}
    for split in samples:
        machine.load(split, np.eye(n, dtype=np.float32), columns)
    value = machine.evaluate("validation").loss
    assert machine.run(1).status == "done"
    assert machine.ring()[0, 0] == pytest.approx(value, rel=1e-6, abs=1e-12)
    return Ran(value, machine.gradients()["made.value"].reshape(prediction.shape).copy(), machine)


def agrees(ran: Ran, prediction: np.ndarray, formula, rtol: float = 2e-5, atol: float = 1e-7) -> None:
    """formula: a function of a float64 tensor of predictions that gives the mean loss."""
    x = torch.tensor(prediction.astype(np.float32).astype(np.float64), requires_grad=True)
    expected = formula(x)
    expected.backward()
    assert ran.value == pytest.approx(expected.item(), rel=rtol, abs=atol)
    wanted = x.grad.numpy()
    np.testing.assert_allclose(ran.gradient, wanted, rtol=1e-4, atol=max(atol, 1e-6 * np.abs(wanted).max()))


def drawn(*shape: int, seed: int = 0, spread: float = 1.0) -> np.ndarray:
    return (spread * np.random.default_rng(seed).normal(size=shape)).astype(np.float32)


def t64(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(np.asarray(array, np.float64))


def averaged(rows: torch.Tensor, weights: np.ndarray | None) -> torch.Tensor:
    """Σ w l / Σ w, rows averaged over what lies behind the weights' axes."""
    if weights is None:
        return rows.mean()
    w = t64(weights)
    return (rows.reshape(*w.shape, -1).mean(-1) * w).sum() / w.sum()


SIZES = [(1, 1), (1, 17), (5, 3), (33, 2), (4, 1000)]


# ------------------------------------------------------------------------------------------------------------------ values

PAIRS = [
    ("mean_squared_error", {}, functional.mse_loss),
    ("mean_absolute_error", {}, functional.l1_loss),
    ("huber", {}, functional.huber_loss),
    ("huber", {"delta": 0.3}, lambda x, t, **k: functional.huber_loss(x, t, delta=0.3, **k)),
]


@pytest.mark.parametrize(("id", "settings", "formula"), PAIRS, ids=lambda found: str(found) if isinstance(found, str) else "")
@pytest.mark.parametrize("shape", [*SIZES, (3, 4, 5), (2, 3, 2, 7)], ids=str)
def test_values_as_in_torch(id, settings, formula, shape):
    x, t = drawn(*shape), drawn(*shape, seed=1, spread=2.0)
    agrees(run(loss(id, **settings), x, t), x, lambda x: formula(x, t64(t)))
    weights = np.random.default_rng(2).uniform(0.1, 3.0, len(x)).astype(np.float32)
    weights[0] = 0.0 if len(x) > 1 else 2.0
    every = t64(np.broadcast_to(weights.reshape(-1, *[1] * (x.ndim - 1)), x.shape))

    def weighted(x, w):
        """PyTorch's mean divides by the sum of the weights, but that of huber_loss by their number."""
        found = formula(x, t64(t), weight=w)
        return found * w.numel() / w.sum() if id == "huber" else found

    agrees(run(loss(id, **settings), x, t, weights), x, lambda x: weighted(x, every))
    columns = np.random.default_rng(3).uniform(0.2, 5.0, shape[-1])
    ran = run(loss(id, output_weights=tuple(columns), **settings), x, t, weights)
    agrees(ran, x, lambda x: weighted(x, every * t64(columns)))


@pytest.mark.parametrize("id", ["mean_squared_error", "mean_absolute_error", "huber"])
def test_values_far_away_stay_exact(id):
    x, t = np.float32([[1e4, -1e4, 3.0]]), np.float32([[-1e4, 1e4, 3.0]])
    formulas = {
        "mean_squared_error": functional.mse_loss,
        "mean_absolute_error": functional.l1_loss,
        "huber": functional.huber_loss,
    }
    agrees(run(loss(id), x, t), x, lambda x: formulas[id](x, t64(t)))


def test_output_weights_that_are_not_one_for_each_are_refused():
    with pytest.raises(ShapeError, match="has 2 output weights and needs 3"):
        run(loss("mean_squared_error", output_weights=(1.0, 2.0)), drawn(2, 3), drawn(2, 3))


# ----------------------------------------------------------------------------------------------------------------- classes

CLASSES = [(1, 2), (5, 3), (9, 17), (33, 16), (3, 1000)]


def labels(n: int, c: int, *more: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, c, (n, *more))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize(("n", "c"), CLASSES)
def test_cross_entropy_as_in_torch(n, c, by_class, smoothing):
    x, t = drawn(n, c, spread=3.0), labels(n, c)
    table = np.random.default_rng(4).uniform(0.2, 4.0, c) if by_class else None
    spec = loss("cross_entropy", class_weights=() if table is None else tuple(table), smoothing=smoothing)

    def formula(x):
        weight = None if table is None else t64(table)
        return functional.cross_entropy(x, torch.tensor(t), weight=weight, label_smoothing=smoothing)

    agrees(run(spec, x, t), x, formula)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_by_step_ignores_what_torch_ignores(smoothing):
    x, t = drawn(4, 7, 5, spread=2.0), labels(4, 5, 7)
    t[0, 2:], t[2, ::3] = -100, -100
    table = np.array([0.5, 2.0, 1.0, 3.0, 0.1])
    for weights in ((), tuple(table)):
        spec = loss("cross_entropy", smoothing=smoothing, class_weights=weights)

        def formula(x, weights=weights):
            weight = t64(table) if weights else None
            return functional.cross_entropy(x.reshape(-1, 5), torch.tensor(t).ravel(), weight=weight, label_smoothing=smoothing)

        agrees(run(spec, x, t), x, formula)


def test_an_ignored_class_as_in_torch():
    x, t = drawn(11, 3), labels(11, 3)
    table = t64([0.5, 2.0, 1.0])
    for id, function in (("cross_entropy", lambda x: x), ("negative_log_likelihood", lambda x: x)):
        formula = functional.cross_entropy if id == "cross_entropy" else functional.nll_loss
        spec = loss(id, ignore=1, class_weights=(0.5, 2.0, 1.0))
        agrees(run(spec, x, t), x, lambda x, f=formula, g=function: f(g(x), torch.tensor(t), weight=table, ignore_index=1))


@pytest.mark.parametrize("mode", ["sample", "step"])
def test_weights_of_samples_and_steps_multiply(mode):
    """Σ v w[t] l / Σ v w[t]: v of the sample or step (0 for padding), w of the class."""
    n, steps, c = 5, 4, 3
    x, t = drawn(n, steps, c), labels(n, c, steps)
    rng = np.random.default_rng(6)
    v = rng.uniform(0.2, 2.0, (n,) if mode == "sample" else (n, steps)).astype(np.float32)
    if mode == "step":
        v[1, 2:], v[3] = 0.0, 0.0
    every = np.broadcast_to(v.reshape(n, -1), (n, steps))
    table = np.array([0.5, 2.0, 1.0])
    w = t64(every * table[t])
    for smoothing in (0.0, 0.3):
        spec = loss("cross_entropy", class_weights=tuple(table), smoothing=smoothing)

        def formula(x, smoothing=smoothing):
            log_p = torch.log_softmax(x, -1)
            hard = -torch.take_along_dim(log_p, torch.tensor(t)[..., None], -1)[..., 0]
            soft = -(log_p * t64(table)).mean(-1)
            return ((1 - smoothing) * w * hard + smoothing * t64(every) * soft).sum() / w.sum()

        agrees(run(spec, x, t, v), x, formula)


@pytest.mark.parametrize("c", [3, 17])
def test_smoothing_towards_any_distribution(c):
    """(1 - s) times the one-hot target plus s times u."""
    x, t = drawn(6, c), labels(6, c)
    u = np.random.default_rng(7).uniform(0.0, 3.0, c)
    spec = loss("cross_entropy", smoothing=0.25, distribution=tuple(u))
    soft = 0.75 * np.eye(c)[t] + 0.25 * u / u.sum()
    agrees(run(spec, x, t), x, lambda x: functional.cross_entropy(x, t64(soft)))
    with pytest.raises(ShapeError, match=f"needs a smoothing distribution of {c} numbers"):
        run(loss("cross_entropy", distribution=(1.0, 2.0)), x, t)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_logits_of_any_size_stay_exact(smoothing):
    x = np.float32([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [0.5, 0.0, -1e4], [1e4, 1e4, 1e4]])
    t = np.array([1, 2, 0, 1])
    ran = run(loss("cross_entropy", smoothing=smoothing), x, t)
    agrees(ran, x, lambda x: functional.cross_entropy(x, torch.tensor(t), label_smoothing=smoothing))
    one = run(loss("cross_entropy", smoothing=smoothing), x[1:2], t[1:2])
    agrees(one, x[1:2], lambda x: functional.cross_entropy(x, torch.tensor(t[1:2]), label_smoothing=smoothing))


def test_smoothing_changes_while_training():
    x, t = drawn(5, 3), labels(5, 3)
    ran = run(loss("cross_entropy"), x, t)
    ran.machine.set_knob("loss.smoothing", 0.4)
    expected = functional.cross_entropy(t64(x), torch.tensor(t), label_smoothing=0.4).item()
    assert ran.machine.evaluate("validation").loss == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize(("n", "c"), CLASSES)
def test_negative_log_likelihood_as_in_torch(n, c, by_class):
    x, t = np.log(np.random.default_rng(1).dirichlet(np.ones(c), n)).astype(np.float32), labels(n, c)
    table = np.random.default_rng(4).uniform(0.2, 4.0, c)
    spec = loss("negative_log_likelihood", class_weights=tuple(table) if by_class else ())
    weight = t64(table) if by_class else None
    agrees(run(spec, x, t), x, lambda x: functional.nll_loss(x, torch.tensor(t), weight=weight))


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize(("n", "c"), CLASSES)
def test_multi_class_hinge_as_in_torch(n, c, by_class, power):
    x, t = drawn(n, c), labels(n, c)
    table = np.random.default_rng(4).uniform(0.2, 4.0, c)
    weights = np.random.default_rng(8).uniform(0.2, 4.0, n).astype(np.float32)
    spec = loss("multi_class_hinge", power=str(power), class_weights=tuple(table) if by_class else ())
    weight = t64(table) if by_class else None

    def rows(x):
        return functional.multi_margin_loss(x, torch.tensor(t), p=power, margin=1.0, weight=weight, reduction="none")

    agrees(run(spec, x, t), x, lambda x: rows(x).mean())
    agrees(run(spec, x, t, weights), x, lambda x: averaged(rows(x), weights))
    wide = loss("multi_class_hinge", power=str(power), margin=2.5)
    agrees(run(wide, x, t), x, lambda x: functional.multi_margin_loss(x, torch.tensor(t), p=power, margin=2.5))


def test_class_weights_that_are_not_one_for_each_are_refused():
    for id in ("cross_entropy", "negative_log_likelihood", "multi_class_hinge"):
        with pytest.raises(ShapeError, match="has 2 class weights and needs 3, one for each class"):
            run(loss(id, class_weights=(1.0, 2.0)), drawn(2, 3), labels(2, 3))


@pytest.mark.parametrize("id", ["cross_entropy", "negative_log_likelihood", "multi_class_hinge"])
def test_a_class_that_is_none_stops_the_run(id):
    g_x, t = drawn(3, 4), np.array([0, 7, 1])
    with pytest.raises(AssertionError):
        run(loss(id), g_x, t)


# ---------------------------------------------------------------------------------------------------------------- yes or no


@pytest.mark.parametrize("shape", [*SIZES, (3, 4, 5)], ids=str)
def test_binary_cross_entropy_as_in_torch(shape):
    x = drawn(*shape, spread=4.0)
    t = np.random.default_rng(1).integers(0, 2, shape).astype(np.float32)
    agrees(run(loss("binary_cross_entropy"), x, t), x, lambda x: functional.binary_cross_entropy_with_logits(x, t64(t)))
    positive = np.random.default_rng(3).uniform(0.2, 5.0, shape[-1])
    weights = np.random.default_rng(8).uniform(0.2, 4.0, len(x)).astype(np.float32)

    def rows(x, smoothing=0.0, weight=positive):
        smooth = t64(t) * (1 - smoothing) + smoothing / 2
        return functional.binary_cross_entropy_with_logits(x, smooth, pos_weight=t64(weight), reduction="none")

    agrees(run(loss("binary_cross_entropy", positive_weights=tuple(positive)), x, t), x, lambda x: rows(x).mean())
    spec = loss("binary_cross_entropy", positive_weights=tuple(positive), smoothing=0.2)
    agrees(run(spec, x, t, weights), x, lambda x: averaged(rows(x, 0.2), weights))
    one = np.broadcast_to(3.0, shape[-1:])
    agrees(run(loss("binary_cross_entropy", positive_weights=(3.0,)), x, t), x, lambda x: rows(x, weight=one).mean())


def test_binary_logits_of_any_size_stay_exact():
    x, t = np.float32([[1e4, -1e4, 0.0], [1e4, -1e4, 30.0]]), np.float32([[0, 1, 1], [1, 0, 0]])
    agrees(run(loss("binary_cross_entropy"), x, t), x, lambda x: functional.binary_cross_entropy_with_logits(x, t64(t)))


@pytest.mark.parametrize("shape", [*SIZES, (3, 4, 5)], ids=str)
@pytest.mark.parametrize("id", ["hinge", "squared_hinge", "exponential_loss"])
def test_losses_by_sign(id, shape):
    x = drawn(*shape)
    y = np.where(np.random.default_rng(1).integers(0, 2, shape), 1.0, -1.0)
    weights = np.random.default_rng(8).uniform(0.2, 4.0, len(x)).astype(np.float32)
    formulas = {
        "hinge": lambda m: torch.relu(1 - m),
        "squared_hinge": lambda m: torch.relu(1 - m) ** 2,
        "exponential_loss": lambda m: torch.exp(-m),
    }
    for target in (y, (y > 0).astype(np.float32)):
        agrees(run(loss(id), x, target), x, lambda x: formulas[id](x * t64(y)).mean())
    agrees(run(loss(id), x, y, weights), x, lambda x: averaged(formulas[id](x * t64(y)), weights))


def test_hinge_as_in_scikit_learn():
    x, y = drawn(40, 1), np.where(np.random.default_rng(1).integers(0, 2, (40, 1)), 1, -1)
    assert run(loss("hinge"), x, y).value == pytest.approx(metrics.hinge_loss(y[:, 0], x[:, 0]), rel=1e-5)


def test_a_margin_of_any_size():
    x, y = np.float32([[1e4, -1e4, 1.0]]), np.float32([[-1, 1, 1]])
    agrees(run(loss("hinge"), x, y), x, lambda x: torch.clamp(1 - x * t64(y), min=0)[:, :2].sum() / 3)
    agrees(run(loss("exponential_loss"), x[:, 2:], y[:, 2:]), x[:, 2:], lambda x: torch.exp(-x).mean())
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore")
        assert run(loss("exponential_loss"), -x[:, :1], y[:, :1]).value < 1e-30


# ----------------------------------------------------------------------------------------------------------- distributions


def shares(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), shape[:-1]).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 2), (5, 3), (9, 17), (3, 1000), (2, 4, 5)], ids=str)
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_kl_divergence_as_in_torch(direction, shape):
    x, t = drawn(*shape), shares(*shape, seed=1)
    t[0, ..., 0] = 0.0 if direction == "forward" else t[0, ..., 0]
    rows = int(np.prod(shape[:-1]))
    weights = np.random.default_rng(8).uniform(0.2, 4.0, len(x)).astype(np.float32)

    def each(log_p):
        log_t = t64(np.log(np.maximum(t.astype(np.float64), 1e-300)))
        if direction == "forward":
            return functional.kl_div(log_p, t64(t), reduction="none").sum(-1)
        return functional.kl_div(log_t, log_p, log_target=True, reduction="none").sum(-1)

    logits = loss("kl_divergence", direction=direction)
    agrees(run(logits, x, t), x, lambda x: each(torch.log_softmax(x, -1)).sum() / rows, atol=1e-6)
    agrees(run(logits, x, t, weights), x, lambda x: averaged(each(torch.log_softmax(x, -1)), weights), atol=1e-6)
    log_p = np.log(shares(*shape, seed=2))
    plain = loss("kl_divergence", direction=direction, prediction="log_probabilities")
    agrees(run(plain, log_p, t), log_p, lambda x: each(x).sum() / rows, atol=1e-6)


def test_kl_divergence_of_logits_of_any_size():
    x, t = np.float32([[1e4, -1e4, 0.0], [5.0, 1e4, 1e4]]), np.float32([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]])
    agrees(
        run(loss("kl_divergence"), x, t), x, lambda x: functional.kl_div(torch.log_softmax(x, -1), t64(t), reduction="batchmean")
    )
    reverse = run(loss("kl_divergence", direction="reverse"), x, t)
    assert reverse.value == pytest.approx((np.log(2.0) + 0.0) / 2, abs=1e-6)
    assert np.isfinite(reverse.gradient).all()


def test_the_table_of_both_directions_is_right():
    """The asymmetry, in numbers on the reference page."""
    rows = [line.split("|")[1:4] for line in page(registry.find("loss", "kl_divergence")).splitlines() if line.startswith("| (")]
    assert len(rows) == 3
    t = np.float32([[0.5, 0.5, 0.0]])
    for told, forward, reverse in rows:
        p = np.array([float(share) for share in told.strip(" ()").split(",")])
        for direction, number in (("forward", forward), ("reverse", reverse)):
            spec = loss("kl_divergence", prediction="log_probabilities", direction=direction)
            assert run(spec, np.log(p)[None].astype(np.float32), t).value == pytest.approx(float(number), abs=6e-5)
        assert stats.entropy(t[0], p) == pytest.approx(float(forward), abs=6e-5)


# ----------------------------------------------------------------------------------------------------------- what all share

EVERY = [
    ("mean_squared_error", {"output_weights": (1.0, 2.0, 0.5)}), ("mean_absolute_error", {}), ("huber", {}),
    ("binary_cross_entropy", {"positive_weights": (2.0,)}), ("hinge", {}), ("squared_hinge", {}), ("exponential_loss", {}),
    ("cross_entropy", {}), ("cross_entropy", {"class_weights": (1.0, 2.0, 0.5), "smoothing": 0.1}), ("negative_log_likelihood", {}),
    ("multi_class_hinge", {"power": "2"}), ("kl_divergence", {}), ("kl_divergence", {"direction": "reverse"}),
]  # fmt: skip


def targets(spec, n: int, *steps: int) -> np.ndarray:
    if spec.target == "class":
        return labels(n, 3, *steps)
    return shares(n, *steps, 3, seed=3) if spec.target == "distribution" else labels(n, 2, *steps, 3).astype(np.float32)


@pytest.mark.parametrize(("id", "settings"), EVERY)
def test_rows_of_weight_0_count_for_nothing_whatever_is_in_them(id, settings):
    """Steps that are absent may hold anything; a batch without any weight has loss and gradient 0."""
    spec = loss(id, **settings)
    x, t = drawn(4, 5, 3), targets(spec, 4, 5)
    mask = np.ones((4, 5), np.float32)
    mask[1, 3:], mask[2, 0], mask[3] = 0.0, 0.0, 0.0
    ran = run(spec, x, t, mask)
    there = mask.astype(bool)
    alone = run(spec, x[there], t[there])
    assert ran.value == pytest.approx(alone.value, rel=1e-5)
    np.testing.assert_allclose(ran.gradient[there], alone.gradient, rtol=1e-4, atol=1e-7)
    assert not ran.gradient[~there].any()
    nothing = run(spec, x, t, np.zeros((4, 5), np.float32))
    assert nothing.value == 0.0
    assert not nothing.gradient.any()


@pytest.mark.parametrize(("id", "settings"), EVERY)
def test_several_chains_give_the_same_numbers(id, settings):
    spec = loss(id, **settings)
    x, t, w = drawn(9, 3), targets(spec, 9), np.linspace(0, 2, 9, dtype=np.float32)
    one, three = run(spec, x, t, w, chains=1), run(spec, x, t, w, chains=3)
    assert three.value == pytest.approx(one.value, rel=1e-6)
    np.testing.assert_allclose(three.gradient, one.gradient, rtol=1e-5, atol=1e-8)


# ------------------------------------------------------------------------------------------------ what they say to a person


def test_classes_answer_with_a_softmax():
    for id in ("cross_entropy", "multi_class_hinge", "kl_divergence"):
        np.testing.assert_allclose(loss(id).respond(LOGITS), special.softmax(LOGITS, axis=1), rtol=1e-12, atol=1e-300)


def test_yes_or_no_answers_with_a_sigmoid():
    np.testing.assert_allclose(loss("binary_cross_entropy").respond(LOGITS), special.expit(LOGITS), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(loss("exponential_loss").respond(LOGITS), special.expit(2 * LOGITS), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("id", ["hinge", "squared_hinge"])
def test_margins_answer_with_their_place(id):
    np.testing.assert_allclose(loss(id).respond(np.array([-7.0, -1.0, 0.0, 0.5, 1.0, 9.0])), [0, 0, 0.5, 0.75, 1, 1])


@pytest.mark.parametrize("id", ["negative_log_likelihood", "kl_divergence"])
def test_logarithms_answer_with_probabilities(id):
    spec = loss(id, **({"prediction": "log_probabilities"} if id == "kl_divergence" else {}))
    np.testing.assert_allclose(spec.respond(special.log_softmax(LOGITS, axis=1)), special.softmax(LOGITS, axis=1), atol=1e-300)


@pytest.mark.parametrize("id", ["mean_squared_error", "mean_absolute_error", "huber"])
def test_values_answer_with_themselves(id):
    assert loss(id).respond(LOGITS) is LOGITS


def test_targets_as_the_engine_reads_them():
    classes = np.array([0, 1, 1])
    for id in ("cross_entropy", "negative_log_likelihood", "multi_class_hinge"):
        assert loss(id).encode(classes).dtype == np.int64
    np.testing.assert_array_equal(loss("binary_cross_entropy").encode(classes), np.array([[0], [1], [1]], np.float32))
    assert loss("binary_cross_entropy").encode(np.ones((4, 3))).shape == (4, 3)
    assert loss("mean_squared_error").encode(np.ones((4, 3))).dtype == np.float32
    for id in ("hinge", "squared_hinge", "exponential_loss"):
        np.testing.assert_array_equal(loss(id).encode(classes), np.array([[-1], [1], [1]], np.float32))
        np.testing.assert_array_equal(loss(id).encode(np.array([[0, 1], [-1, 1]])), np.array([[-1, 1], [-1, 1]], np.float32))


def test_how_many_numbers_a_loss_asks_for():
    assert loss("cross_entropy").outputs(10, ()) == 10
    assert loss("binary_cross_entropy").outputs(2, ()) == 1
    assert loss("binary_cross_entropy").outputs(0, (3,)) == 3
    assert loss("mean_squared_error").outputs(0, (2,)) == 2
    assert loss("kl_divergence").outputs(0, (5,)) == 5


@pytest.mark.parametrize("id", ["cross_entropy", "binary_cross_entropy", "mean_squared_error", "mean_absolute_error"])
def test_losses_of_older_files_open_as_they_were(id):
    spec = registry.load({"kind": "loss", "id": id, "version": 1, "fields": {}}, "loss")
    assert spec == loss(id)
