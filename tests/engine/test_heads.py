"""Networks with several losses: gradients, weights, exact means, and the figures of every head, from the engine to the record of a run."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error
from torch.nn import functional

import playground as pg
from playground.core import registry
from playground.core.samples import Samples
from playground.core.tensor import TensorType
from playground.data.prepare import Split
from playground.document.edits import SetPlan
from playground.engine.builder import GraphBuilder
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.lowering import lower
from playground.training.assembly import assemble
from playground.training.loop import Trainer
from playground.training.wire import plain
from tests.engine.networks import Spread

STILL = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})
SHARES = (0.7, 2.5, 0.0)


def t64(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(np.asarray(array, np.float64))


class ThreeHeads:
    """A trunk with classes, values and the inputs again (weight 0) at its ends; each head with weights of its rows or without."""

    def __init__(self, rows: int, batch: int, *, weighted: bool = True, accumulate: int = 1, chains: int | None = None) -> None:
        g = GraphBuilder()
        self.x_type = g.take_input(TensorType((4,)))
        hidden = self._dense(g, "trunk", self.x_type, 7, "tanh")
        logits, values, again = (self._dense(g, name, hidden, n) for name, n in (("a", 3), ("b", 2), ("c", 4)))
        classes, wanted = g.take_column("classes", TensorType(())), g.take_column("values", TensorType((2,)))
        counts = g.take_column("counts", TensorType(())) if weighted else None
        scalars, knobs = [], []
        for name, id, prediction, target, rows_of, share in (
            ("first", "cross_entropy", logits, classes, counts, SHARES[0]),
            ("second", "huber", values, wanted, None, SHARES[1]),
            ("third", "mean_squared_error", again, self.x_type, counts, SHARES[2]),
        ):
            spec = registry.find("loss", id)(weight=share)
            with g.of(name, spec):
                knobs.append(g.knob("weight"))
                with g.weighing(knobs[-1]):
                    scalars.append(spec.build(g, prediction, target, rows_of))
        graph = g.finish([logits, values, again], losses=scalars, weights=knobs)
        rule = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0}, accumulate=accumulate)
        plan = plan_network(graph, batch=batch, update=rule, samples={"train": rows, "validation": rows}, chains=chains)
        self.machine = Machine(plan, shuffle=False)
        self.machine.initialise(2)
        rng = np.random.default_rng(1)
        self.x = rng.normal(size=(rows, 4)).astype(np.float32)
        self.classes = rng.integers(0, 3, rows)
        self.values = rng.normal(size=(rows, 2)).astype(np.float32)
        self.counts = np.where(rng.random(rows) < 0.3, 0, rng.uniform(0.1, 4.0, rows)).astype(np.float32) if weighted else None
        columns = {"classes": self.classes, "values": self.values} | ({"counts": self.counts} if weighted else {})
        for split in ("train", "validation"):
            self.machine.load(split, self.x, columns)

    @staticmethod
    def _dense(g, name, x, units, act=""):
        with g.of(name, None):
            w = g.parameter("weight", (x.shape[-1], units), Spread(), fan_in=x.shape[-1], fan_out=units)
            b = g.parameter("bias", (units,), Spread(), fan_in=x.shape[-1], fan_out=units)
            y = g.op("dense", x, w, b)
            return g.op(act, y) if act else y

    def torch_losses(self, held: dict[str, torch.Tensor]) -> list[torch.Tensor]:
        x = t64(self.x)
        hidden = torch.tanh(x @ held["trunk.weight"] + held["trunk.bias"])
        logits, values, again = (hidden @ held[f"{n}.weight"] + held[f"{n}.bias"] for n in "abc")
        w = torch.ones(len(x), dtype=torch.float64) if self.counts is None else t64(self.counts)
        classes = functional.cross_entropy(logits, torch.tensor(self.classes), reduction="none")
        return [
            (classes * w).sum() / w.sum(),
            functional.huber_loss(values, t64(self.values)),
            (((again - x) ** 2).mean(-1) * w).sum() / w.sum(),
        ]

    def expected(self, shares=SHARES) -> tuple[list[float], float, dict[str, np.ndarray]]:
        """Losses, their weighted sum and its gradients, by torch in float64."""
        held = {name: t64(array).requires_grad_() for name, array in self.machine.parameters().items()}
        losses = self.torch_losses(held)
        total = sum(share * one for share, one in zip(shares, losses, strict=True))
        total.backward()
        return [one.item() for one in losses], total.item(), {name: tensor.grad.numpy() for name, tensor in held.items()}

    def check_gradients(self, wanted: dict[str, np.ndarray]) -> None:
        for name, gradient in self.machine.gradients().items():
            np.testing.assert_allclose(gradient, wanted[name], rtol=1e-4, atol=2e-7, err_msg=name)


@pytest.mark.parametrize("chains", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_are_summed_with_the_weights(weighted, chains):
    net = ThreeHeads(13, 13, weighted=weighted, chains=chains)
    losses, total, gradients = net.expected()
    assert net.machine.run(1).status == "done"
    row = net.machine.ring()[0]
    assert row[0] == pytest.approx(total, rel=1e-5)
    np.testing.assert_allclose(row[4:], losses, rtol=1e-5)
    net.check_gradients(gradients)


def test_weights_of_losses_change_while_training():
    net = ThreeHeads(13, 13)
    net.machine.set_knob("second.weight", 0.0)
    net.machine.set_knob("third.weight", 1.5)
    losses, total, gradients = net.expected((SHARES[0], 0.0, 1.5))
    assert net.machine.run(1).status == "done"
    assert net.machine.ring()[0, 0] == pytest.approx(total, rel=1e-5)
    net.check_gradients(gradients)
    assert net.machine.evaluate("validation").loss == pytest.approx(total, rel=1e-6)
    assert not net.machine.gradients()["b.weight"].any()


@pytest.mark.parametrize("batch", [1, 4, 5, 13])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_of_a_split_is_the_mean_over_the_whole_split(batch, weighted):
    """Batches whose rows weigh little count little, and a batch whose rows weigh nothing counts for nothing."""
    net = ThreeHeads(13, batch, weighted=weighted)
    losses, total, _ = net.expected()
    found = net.machine.evaluate("validation")
    np.testing.assert_allclose(found.losses, losses, rtol=2e-6)
    assert found.loss == pytest.approx(total, rel=2e-6)
    weights = 13.0 if net.counts is None else float(net.counts.sum(dtype=np.float64))
    np.testing.assert_allclose(found.weights, [weights, 13, weights], rtol=1e-6)
    again = net.machine.answers(net.x, 1, {"classes": net.classes, "values": net.values, "counts": net.counts} if weighted else {
        "classes": net.classes, "values": net.values})  # fmt: skip
    np.testing.assert_allclose(again.losses, losses, rtol=2e-6)
    for one, other in zip(again.heads, found.heads, strict=True):
        np.testing.assert_array_equal(one, other)


# -------------------------------------------------------------------------------------------------- from project to figures


def two_heads(**settings) -> pg.Project:
    """Iris: classes, and by wire the inputs again."""
    made = pg.Project()
    data = made.add(pg.dataset("iris"), name="data")
    hidden = made.add(pg.layer("tanh"), made.add(pg.layer("dense", units=6), data))
    made.add(pg.loss("cross_entropy"), made.add(pg.layer("dense", units=3), hidden), name="classes")
    again = made.add(pg.layer("dense", units=4), hidden)
    made.add(pg.loss("mean_squared_error", weight=0.5), again, data, name="again")
    return made


NAMES = {"classes", "again", "classes: accuracy", "classes: perplexity", "again: rmse", "again: mae", "again: r2"}


def test_every_head_is_judged():
    made = two_heads()
    made.train(epochs=12, optimizer=pg.optimizer("adam", rate=0.02))
    found = made.evaluate("validation")
    assert set(found) >= NAMES | {"loss"}
    assert found["loss"] == pytest.approx(found["classes"] + 0.5 * found["again"], rel=1e-6)
    assembled = assemble(made.record, made.samples())
    split, scaler = assembled.prepared.validation, assembled.prepared.scaler
    machine = Machine(plan_network(assembled.lowered.graph, batch=7, update=None, samples={"one": split.count}))
    machine.initialise(0)
    for name, array in machine.parameters().items():
        array[...] = made.weights[name]
    machine.load("one", split.x, assembled.lowered.columns(split))
    classes, again = machine.evaluate("one").heads
    shares = np.exp(classes) / np.exp(classes).sum(axis=1, keepdims=True)
    assert found["classes"] == pytest.approx(log_loss(split.y, shares), rel=1e-4)
    assert found["classes: perplexity"] == pytest.approx(np.exp(log_loss(split.y, shares)), rel=1e-4)
    assert found["classes: accuracy"] == pytest.approx(accuracy_score(split.y, classes.argmax(axis=1)))
    assert found["again"] == pytest.approx(mean_squared_error(split.x, again), rel=1e-5)
    misses = scaler.invert(again) - scaler.invert(split.x)
    assert found["again: rmse"] == pytest.approx(np.sqrt((misses.astype(float) ** 2).mean(axis=0)).mean(), rel=1e-4)


@pytest.mark.parametrize("validation", [0.2, 0.0])
def test_the_record_of_an_epoch_has_the_figures_of_every_head(validation):
    made = two_heads()
    made.set_data(validation=validation)
    made.record = SetPlan("training", "epochs", 2).apply(made.record)
    assembled = assemble(made.record, made.samples())
    assert assembled.board_plan().metrics == assembled.judge.names
    trainer = Trainer(assembled.lowered, assembled.prepared, assembled.machine(), made.record.training, assembled.judge)
    trainer.machine.initialise(1)
    bursts = list(trainer.train())
    record = next(burst.record for burst in reversed(bursts) if burst.record is not None)
    assert tuple(record.metrics) == assembled.judge.names
    assert set(record.metrics) >= NAMES
    if validation:
        assert record.validation_loss == pytest.approx(record.metrics["classes"] + 0.5 * record.metrics["again"], rel=1e-6)
    assert json.loads(json.dumps(plain(record)))["metrics"] == record.metrics
    finished = bursts[-1].events[-1]
    assert set(finished.train) == set(record.metrics)


def test_a_head_on_another_layers_output_has_that_as_its_target():
    """A student held against a teacher: the distance is told in numbers of the teacher."""
    made = pg.Project()
    data = made.add(pg.dataset("iris"), name="data")
    teacher = made.add(pg.layer("dense", units=3), data, name="teacher")
    made.add(pg.loss("cross_entropy"), teacher, name="classes")
    student = made.add(pg.layer("dense", units=3), data, name="student")
    made.add(pg.loss("mean_absolute_error"), student, teacher, name="distance")
    made.train(epochs=3)
    found = made.evaluate("validation")
    assert found["distance: mae"] == pytest.approx(found["distance"], rel=1e-5)


def test_steps_that_are_padding_or_ignored_are_not_judged():
    made = pg.Project()
    data = made.add(pg.dataset("counting", samples=80, steps=6, numbers=4, varied=True), name="data")
    seen = made.add(pg.layer("gru", units=8), made.add(pg.layer("embedding", vocabulary=5, units=4), data))
    made.add(pg.loss("cross_entropy", ignore=2), made.add(pg.layer("dense", units=4), seen), name="next")
    assert made.problems() == []
    made.train(epochs=4)
    found = made.evaluate("validation")
    assembled = assemble(made.record, made.samples())
    split = assembled.prepared.validation
    machine = Machine(plan_network(assembled.lowered.graph, batch=9, update=None, samples={"one": split.count}))
    machine.initialise(0)
    for name, array in machine.parameters().items():
        array[...] = made.weights[name]
    machine.load("one", split.x, assembled.lowered.columns(split))
    logits = machine.evaluate("one").heads[0].astype(float)
    there = (np.arange(6) < split.lengths[:, None]) & (split.y != 2) & (split.y != -100)
    assert 0 < there.sum() < there.size
    shares = np.exp(logits[there]) / np.exp(logits[there]).sum(axis=1, keepdims=True)
    surprise = -np.log(shares[np.arange(len(shares)), split.y[there]]).mean()
    assert found["loss"] == pytest.approx(surprise, rel=1e-5)
    assert found["perplexity"] == pytest.approx(np.exp(surprise), rel=1e-5)
    assert found["accuracy"] == pytest.approx((logits[there].argmax(axis=1) == split.y[there]).mean())


def test_answers_of_minus_and_plus_one_are_judged_as_yes_and_no():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 2)).astype(np.float32)
    y = np.where(x[:, :1] > 0, 1.0, -1.0).astype(np.float32)
    made = pg.Project()
    made.add(pg.loss("hinge"), made.add(pg.layer("dense", units=1), made.add(pg.dataset("moons"), name="data")), name="loss")
    made.set_data(scale_targets=False)
    made._samples = (made.record.network.of_kind("dataset")[0].spec, Samples(x, y, "regression"))
    made.train(epochs=30, optimizer=pg.optimizer("adam", rate=0.05))
    assert made.evaluate("validation")["accuracy"] > 0.9


def test_importance_weights_of_the_data_reach_the_loss():
    """Half of the samples are wrong on purpose and count nothing: what is learnt is what the others say."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 2)).astype(np.float32)
    right = (x[:, 0] > 0).astype(np.int64)
    weights = np.tile(np.float32([1.0, 0.0]), 100)
    y = np.where(weights > 0, right, 1 - right)
    made = pg.Project()
    data = made.add(pg.dataset("moons"), name="data")
    out = made.add(pg.layer("dense", units=2), data)
    made.add(pg.loss("cross_entropy"), out, "", f"{data}.weights", name="loss")
    spec = made.record.network.of_kind("dataset")[0].spec
    made._samples = (spec, Samples(x, y, "classification", ("no", "yes"), weights=weights))
    made.train(epochs=40, optimizer=pg.optimizer("adam", rate=0.05))
    assert (made.predict(x).argmax(axis=1) == right).mean() > 0.95
    lowered = lower(made.record, made.samples())
    split = Split(x, y, np.arange(200), weights)
    machine = Machine(plan_network(lowered.graph, batch=7, update=None, samples={"one": 200}))
    machine.initialise(0)
    machine.load("one", x, lowered.columns(split))
    found = machine.evaluate("one")
    rows = functional.cross_entropy(t64(found.outputs), torch.tensor(y), reduction="none").numpy()
    assert found.loss == pytest.approx((rows * weights).sum() / weights.sum(), rel=1e-5)


@pytest.mark.parametrize("chains", [1, 3])
def test_batches_of_one_step_are_gathered_by_what_their_rows_weigh(chains):
    """Steps of three batches have the loss and the gradient of one large batch, whatever the rows of each weigh."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(26, 4)).astype(np.float32), rng.integers(0, 3, 26)
    weights = rng.uniform(0.1, 4.0, 26).astype(np.float32)
    weights[5:11] = 0.0
    for present in (weights, np.zeros(26, np.float32)):
        small, large = weighted_steps(x, y, present, 5, 3, chains), weighted_steps(x, y, present, 15, 1, chains)
        for _ in range(2):
            assert small.run(1).status == large.run(1).status == "done"
            for name, gradient in large.gradients().items():
                np.testing.assert_allclose(small.gradients()[name], gradient, rtol=1e-5, atol=1e-8, err_msg=name)
        np.testing.assert_allclose(small.ring()[:2, 0], large.ring()[:2, 0], rtol=1e-6)
        assert (small.ring()[:2, 0] > 0).all() == bool(present.any())


def weighted_steps(x, y, weights, batch: int, accumulate: int, chains: int) -> Machine:
    g = GraphBuilder()
    logits = ThreeHeads._dense(g, "out", g.take_input(TensorType((4,))), 3)
    target, counts = g.take_target(TensorType(())), g.take_column("counts", TensorType(()))
    spec = registry.find("loss", "cross_entropy")()
    with g.of("loss", spec):
        graph = g.finish(logits, spec.build(g, logits, target, counts))
    rule = UpdateRule("sgd", {"rate": 0.1, "l2": 0.0}, accumulate=accumulate)
    machine = Machine(plan_network(graph, batch=batch, update=rule, samples={"train": len(x)}, chains=chains), shuffle=False)
    machine.initialise(2)
    machine.load("train", x, {"target": y, "counts": weights})
    return machine
