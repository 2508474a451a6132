"""Judging and looking from a script: lengths, raw and averaged weights, what every node gives, what is stuck, what is likely not meant."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score

import playground as pg
from playground.document.edits import EditError
from playground.errors import BadValue, PlaygroundError
from playground.training.saturation import cuts


@pytest.fixture(scope="module")
def reader() -> pg.Project:
    """Rows of varied length through an LSTM."""
    project = pg.Project.chain(
        pg.dataset("adding_problem", samples=80, steps=9, varied=True), pg.layer("lstm", units=5, returns="last"),
        pg.layer("dense", units=2), epochs=2, batch=16,
    )  # fmt: skip
    project.train()
    return project


def test_lengths_are_those_of_the_evaluation(reader):
    samples = reader.samples()
    reader.set_data(validation=0.0, stratified=False)
    found = reader.predict(samples.x, lengths=samples.lengths)
    loss = -np.log(found[np.arange(samples.count), samples.y]).mean()
    assert loss == pytest.approx(reader.evaluate("train")["loss"], rel=1e-5)
    padded = samples.x.copy()
    padded[np.arange(9) >= samples.lengths[:, None]] = np.nan
    np.testing.assert_array_equal(reader.predict(padded, lengths=samples.lengths), found)
    assert not np.allclose(reader.predict(samples.x), found)


@pytest.mark.parametrize("lengths", [[3], [1, 10], [1, 0], [1.5, 2]])
def test_lengths_that_cannot_be_are_refused(reader, lengths):
    with pytest.raises(BadValue, match="Lengths must be 2 whole numbers within 1 to 9"):
        reader.predict(reader.samples().x[:2], lengths=lengths)


def test_data_without_lengths_take_none():
    project = pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=3), epochs=1)
    project.train()
    with pytest.raises(BadValue, match="no lengths"):
        project.predict(np.zeros((1, 4)), lengths=[1])


def test_raw_and_averaged_weights_after_a_training():
    nodes = [pg.layer("dense", units=8), pg.layer("tanh"), pg.layer("dense", units=2)]
    project = pg.Project.chain(pg.dataset("moons"), *nodes, epochs=3, averaging="ema", average_decay=0.99)
    project.train()
    raw, averaged = project.evaluate(averaged=False), project.evaluate(averaged=True)
    assert raw["loss"] != averaged["loss"]
    assert project.evaluate() == averaged
    x = project.samples().x
    assert not np.array_equal(project.predict(x, averaged=False), project.predict(x, averaged=True))
    again = pg.Project.chain(pg.dataset("moons"), *nodes, epochs=3, averaging="ema", average_decay=0.99, evaluate_with="raw")
    again.train()
    assert again.evaluate() == raw == again.evaluate(averaged=False)
    assert again.evaluate(averaged=True) == averaged
    plain = pg.Project.chain(pg.dataset("moons"), *nodes, epochs=1)
    plain.train()
    with pytest.raises(BadValue, match="no averaged weights"):
        plain.evaluate(averaged=True)


def test_gates_and_attention_weights_can_be_looked_at():
    project = pg.Project()
    data = project.add(pg.dataset("adding_problem", samples=70, steps=6, varied=True), name="data")
    lstm = project.add(pg.layer("lstm", units=4), data)
    attention = project.add(pg.layer("dot_product_attention"), lstm)
    pooled = project.add(pg.layer("global_average_pool"), attention)
    project.add(pg.loss("cross_entropy"), project.add(pg.layer("dense", units=2), pooled))
    project.set(epochs=1, batch=32)
    project.train()
    samples = project.samples()
    found = project.observe(samples.x, lengths=samples.lengths)
    weights = found[f"{attention}/weights"]
    assert weights.shape == (70, 1, 6, 6)
    there = np.arange(6) < samples.lengths[:, None]
    np.testing.assert_allclose(weights.sum(axis=-1)[:, 0][there], 1.0, rtol=1e-5)
    assert not weights[:, 0][~np.broadcast_to(there[:, None], (70, 6, 6))].any()
    states = torch.tensor(found[lstm])
    scores = (states @ states.mT / 2).masked_fill(~torch.tensor(there)[:, None], -torch.inf)
    np.testing.assert_allclose(found[attention], (torch.softmax(scores, -1) @ states).numpy(), rtol=1e-4, atol=1e-6)
    assert found[f"{lstm}/gates"].shape[:2] == (70, 6)
    np.testing.assert_array_equal(project.observe(samples.x[:3], lengths=samples.lengths[:3])[lstm], found[lstm][:3])


def test_dead_units_are_counted_over_all_samples():
    project = pg.Project.chain(
        pg.dataset("iris"), pg.layer("dense", units=4), pg.layer("relu"), pg.layer("dense", units=3), epochs=1
    )
    project.train()
    project.weights["dense1.bias"][...] = [0.0, -1e3, 1e3, -1e3]
    found = project.stuck("train")
    assert set(found) == {"relu1"}
    assert found["relu1"].dead == 0.5
    x = project.samples().x
    given = project.observe(x)["relu1"]
    assert found["relu1"].share == pytest.approx((given == 0).mean(), abs=0.05)  # of other samples


@pytest.mark.parametrize("id", ["gelu", "silu"])
def test_what_is_stuck_is_known_behind_a_further_output(id):
    project = pg.Project()
    project.add(pg.dataset("adding_problem", samples=60, steps=6), name="data")
    project.add(pg.layer("lstm", units=4, layers=2), "data", name="lstm1")
    project.add(pg.layer("dense", units=3), "lstm1.cell", name="dense1")
    project.add(pg.layer(id), "lstm1.cell", name="act1")
    project.add(pg.layer(id), "dense1", name="act2")
    project.add(pg.layer("global_average_pool"), "lstm1", name="pool1")
    project.add(
        pg.loss("cross_entropy"), project.add(pg.layer("dense", units=2), project.add(pg.layer("concat"), "act1", "act2"))
    )
    project.set(epochs=1)
    project.train()
    project.weights["dense1.bias"][...] = [-1e3, 0.0, 0.0]
    found = project.stuck("train")
    assert found["act2"].dead == pytest.approx(1 / 3)
    assert found["act1"].share == found["act1"].dead == 0.0
    cells = project.observe(project.samples().x)["lstm1/cell"]
    assert cells.min() > -3  # where neither is flat


def test_a_leaky_relu_without_a_slope_can_die():
    project = pg.Project.chain(
        pg.dataset("iris"), pg.layer("dense", units=4), pg.layer("leaky_relu", slope=0.0), pg.layer("dense", units=3), epochs=1
    )
    project.train()
    project.weights["dense1.bias"][...] = [0.0, -1e3, 1e3, -1e3]
    assert project.stuck("train")["leaky_relu1"].dead == 0.5
    assert cuts(pg.layer("leaky_relu", slope=0.0))
    assert pg.layer("leaky_relu").saturated(np.zeros((2, 3))) is None


def test_weights_that_no_loss_reads_are_said(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "table.csv"
    rows = [f"{a:.4f},{b:.4f},{c:.4f},{a - 2 * b:.4f}" for a, b, c in rng.random((50, 3))]
    path.write_text("\n".join(["a,b,w,y", *rows]))
    data = pg.dataset("table", path=str(path), target="y", task="regression", weights="w")
    assert pg.Project.chain(data, pg.layer("dense", units=1)).warnings() == []
    project = pg.Project()
    source = project.add(data, name="table")
    project.add(pg.loss("mean_squared_error"), project.add(pg.layer("dense", units=1), source), name="loss")
    assert project.problems() == []
    assert [problem.text for problem in project.warnings()] == ["table says what each sample counts, and loss does not read it."]
    assert project.wire("table.weights", "loss", port=2).warnings() == []
    with pytest.raises(EditError):
        project.wire("table", "loss", port=7)


@pytest.mark.parametrize("varied", [False, True])
def test_values_of_every_step_are_learnt_and_judged_step_by_step(tmp_path, varied):
    """A running sum. Figures against NumPy, over the steps that are there."""
    rng = np.random.default_rng(0)
    x, lengths = rng.standard_normal((60, 5, 2)).astype(np.float32), rng.integers(1, 6, 60)
    there = np.arange(5) < lengths[:, None] if varied else np.full((60, 5), True)
    y = np.where(there[..., None], 3 * np.cumsum(x, axis=1) + 7, np.nan).astype(np.float32)
    np.savez(tmp_path / "a.npz", x=x, y=y, **({"lengths": lengths} if varied else {}))
    layers = pg.layer("lstm", units=4), pg.layer("dense", units=2)
    project = pg.Project.chain(pg.dataset("array_file", path=str(tmp_path / "a.npz")), *layers, epochs=4, batch=16)
    project.set_data(validation=0.0)
    assert [*project.problems(), *project.warnings()] == []
    project.train()
    given = project.predict(x, lengths=lengths if varied else None)
    assert given.shape == y.shape
    miss = (given - y)[there].astype(float)
    found = project.evaluate("train")
    assert found["mae"] == pytest.approx(np.abs(miss).mean(), rel=1e-4)
    assert found["rmse"] == pytest.approx(np.sqrt((miss**2).mean(axis=0)).mean(), rel=1e-4)
    assert found["r2"] == pytest.approx(r2_score(y[there], given[there]), abs=1e-4)
    spread = y[there].astype(float).std(axis=0)
    assert found["loss"] == pytest.approx(((miss / spread) ** 2).mean(), rel=1e-4)


@pytest.mark.filterwarnings("error")
def test_what_overflows_is_laid_to_the_layer_that_made_it():
    for formula in ("log(x)", "x^1000", "exp(exp(exp(exp(x))))"):
        layers = [pg.layer("dense", units=4), pg.layer("expression", function=formula), pg.layer("dense", units=2)]
        run = pg.Project.chain(pg.dataset("moons"), *layers, epochs=1).train()
        assert run.fault is not None
        assert (run.fault.node, run.fault.op, run.fault.direction) == ("expression1", "expression", "forward")


def test_a_formula_of_one_s_own_passes_the_gate_or_says_what_broke_it():
    layer, judged = pg.add_to_palette("Mish", "x*tanh(softplus(x))")
    assert (layer.name, judged.points > 400) == ("Mish", True)
    with pytest.raises(PlaygroundError, match="formula is -inf"):
        pg.add_to_palette("Bad", "log(x)")


@pytest.mark.parametrize(
    ("loss", "words"), [("cross_entropy", "class"), ("negative_log_likelihood", "class"), ("mean_squared_error", "output")]
)
def test_weights_of_nothing_are_refused_with_a_mend(loss, words):
    classes = words == "class"
    project = pg.Project()
    x = project.add(pg.layer("dense", units=3 if classes else 1), project.add(pg.dataset("iris" if classes else "diabetes")))
    x = project.add(pg.layer("log_softmax"), x) if loss == "negative_log_likelihood" else x
    project.add(pg.loss(loss, **{f"{words}_weights": (0.0,) * (3 if classes else 1)}), x, name="loss")
    (problem,) = project.problems()
    assert problem.text.startswith(f"loss needs {'a class' if classes else 'an output'} weight above 0; all are 0.")
    for edit in problem.mend.edits:
        project.record = edit.apply(project.record)
    assert project.problems() == []
