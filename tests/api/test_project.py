"""Building, checking, training, judging, saving and exporting from a script."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from sklearn.metrics import accuracy_score, root_mean_squared_error

import playground as pg
from playground.data.readers import places
from playground.document.edits import EditError
from playground.errors import BadValue, FileError, UnknownKind
from playground.lowering import Refused


def iris(**training):
    nodes = [pg.layer("dense", units=8), pg.layer("tanh"), pg.layer("dense", units=3)]
    return pg.Project.chain(pg.dataset("iris"), *nodes, **{"name": "iris", "epochs": 5, "batch": 16, **training})


def diabetes(**training):
    nodes = [pg.layer("dense", units=8), pg.layer("relu"), pg.layer("dense", units=1)]
    return pg.Project.chain(pg.dataset("diabetes"), *nodes, **{"name": "diabetes", "epochs": 5, **training})


def test_a_chain_is_wired_in_order_and_gets_the_usual_loss():
    project = iris()
    names = {node.id: node.name for node in project.record.network.nodes}
    assert list(names.values()) == ["iris", "dense1", "tanh1", "dense2", "loss"]
    wires = [(names[link.source], names[link.target]) for link in project.record.network.links]
    assert wires == [("iris", "dense1"), ("dense1", "tanh1"), ("tanh1", "dense2"), ("dense2", "loss")]
    assert project.node("loss").spec == pg.loss("cross_entropy")
    assert diabetes().node("loss").spec == pg.loss("mean_squared_error")
    assert project.problems() == []


def test_nodes_do_not_lie_on_each_other():
    project = pg.Project.chain(pg.dataset("iris"), *[pg.layer("dense", units=3) for _ in range(14)])
    positions = [node.position for node in project.record.network.nodes]
    assert len(set(positions)) == len(positions)
    assert all(abs(a[0] - b[0]) >= 100 or abs(a[1] - b[1]) >= 100 for n, a in enumerate(positions) for b in positions[:n])


def test_branches_name_their_inputs():
    project = pg.Project()
    x = project.add(pg.dataset("iris"))
    a = project.add(pg.layer("dense", units=6), x, name="left")
    b = project.add(pg.layer("relu"), a)
    both = project.add(pg.layer("add"), a, b)
    y = project.add(pg.layer("dense", units=3), both)
    project.add(pg.loss("cross_entropy"), y)
    assert project.problems() == []
    assert project.train(epochs=2).fault is None


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: pg.layer("dense", size=3), BadValue, "no setting called size; it has units"),
        (lambda: pg.layer("dense", units=0), BadValue, "Units must be"),
        (lambda: pg.layer("nothing"), UnknownKind, "dense"),
        (lambda: iris(epochs=0.5), BadValue, "Epochs"),
        (lambda: pg.Project().add(pg.optimizer("adam")), BadValue, "data, a layer or a loss"),
        (lambda: iris().add(pg.layer("relu"), "nobody"), UnknownKind, "there are: iris, dense1"),
        (lambda: iris().add(pg.layer("relu"), "dense1", name="dense2"), (BadValue, EditError), "dense2"),
        (lambda: iris().evaluate(), BadValue, "Train it first"),
        (lambda: pg.Project().samples(), BadValue, "no data yet"),
    ],
)
def test_mistakes_are_told_in_words(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_training_refuses_a_project_with_problems():
    project = pg.Project.chain(pg.dataset("iris"), pg.layer("dense", units=5))
    assert [problem.node for problem in project.problems()]
    with pytest.raises(Refused):
        project.train()
    assert project.weights is None


def test_a_run_has_every_step_and_epoch():
    project = iris(batch=50)
    run = project.train(epochs=4, seed=2)
    assert len(run.losses) == len(run.rates) == 12
    assert [record.epoch for record in run.epochs] == [1, 2, 3, 4]
    assert run.finished.reason == "done"
    assert "Training loss" in str(run)
    assert project.record.training.seed == 2


def test_a_notebook_shows_a_line_each():
    project = iris(epochs=1)
    assert repr(project) == "<Project iris: iris dense1 tanh1 dense2 loss; not trained>"
    assert repr(project.train()).startswith("<Run: Trained one epoch, ")
    assert repr(project).endswith("; trained>")


def test_watching_changes_no_bit():
    seen = []
    plain, watched = iris(), iris()
    first = plain.train()
    second = watched.train(watch=lambda trainer, burst: seen.append(trainer.memory.last_step))
    assert seen[-1] == first.finished.last_step
    assert first.finished.state_sha256 == second.finished.state_sha256


def test_predictions_are_probabilities_in_the_samples_own_unit():
    project = iris()
    project.train()
    samples = project.samples()
    answers = project.predict(samples.x)
    assert answers.shape == (150, 3)
    np.testing.assert_allclose(answers.sum(axis=1), 1.0, rtol=1e-5)
    whole = project.set_data(validation=0.0).evaluate("train")
    assert whole["accuracy"] == pytest.approx(accuracy_score(samples.y, project.predict(samples.x).argmax(axis=1)))


def test_values_are_in_the_targets_own_unit():
    project = diabetes().set_data(validation=0.0)
    project.train(epochs=10)
    samples = project.samples()
    wanted = root_mean_squared_error(samples.y, project.predict(samples.x))
    assert project.evaluate("train")["rmse"] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("shape", [(3,), (2, 5), (2, 4, 1)])
def test_inputs_of_another_shape_are_refused(shape):
    project = iris(epochs=1)
    project.train()
    with pytest.raises(BadValue, match="must have the shape"):
        project.predict(np.zeros(shape))


def test_a_saved_project_is_the_same_project(tmp_path):
    project = iris()
    project.train()
    project.save(tmp_path / "iris.play")
    again = pg.Project.load(tmp_path / "iris.play")
    assert again.record == project.record
    assert again.evaluate() == project.evaluate()


@pytest.mark.parametrize("relative", [True, False])
def test_a_project_saved_elsewhere_reads_the_same_file(tmp_path, monkeypatch, relative):
    (tmp_path / "other").mkdir()
    (tmp_path / "a.csv").write_text("size;kind\n" + "".join(f"{i},5;{'xy'[i % 3 == 0]}\n" for i in range(30)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(places, "_PICKED", set())
    data = pg.dataset("table", path="a.csv" if relative else str(tmp_path / "a.csv"), target="kind")
    project = pg.Project.chain(data, pg.layer("dense", units=2))
    project.save("here.play")
    project.save("other/there.play")
    monkeypatch.chdir(tmp_path / "other")
    places._PICKED.clear()
    assert pg.Project.load("../here.play").node("table").spec.path == "a.csv"
    for path in ("../here.play", "there.play"):
        assert len(pg.Project.load(path).samples().x) == 30


def test_a_project_of_a_stranger_opens_no_other_file_by_being_saved(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("size;kind\n1;x\n2;y\n")
    (tmp_path / "home").mkdir()
    project = pg.Project.chain(pg.dataset("table", path=str(tmp_path / "a.csv"), target="kind"), pg.layer("dense", units=2))
    monkeypatch.setattr(places, "_PICKED", set())
    stranger = pg.Project(project.record, folder=tmp_path / "home")
    stranger.save(tmp_path / "home" / "a.play")
    with pytest.raises(FileError, match="outside"):
        pg.Project.load(tmp_path / "home" / "a.play").samples()
    again = pg.Project.load(tmp_path / "home" / "a.play").set_node("table", path=str(tmp_path / "a.csv"))
    assert len(again.samples().x) == 2


def test_what_scripts_write_in_short():
    assert pg.layer("conv2d", kernel=5, start="xavier_uniform") == pg.layer(
        "conv2d", kernel=(5, 5), start=pg.initializer("xavier_uniform")
    )
    project = pg.Project.chain(pg.dataset("digits"), pg.layer("conv2d"), pg.layer("flatten"), pg.layer("dense", units=10))
    project.set(optimizer="lion", schedule="cosine").set_node("conv1", kernel=5)
    plan = project.record.training
    assert (plan.optimizer.id, plan.schedule.id, project.node("conv1").spec.kernel) == ("lion", "cosine", (5, 5))
    with pytest.raises(UnknownKind, match="no optimizer called 'lionn'"):
        project.set(optimizer="lionn")


def test_the_onnx_file_takes_raw_inputs_and_gives_values_in_the_targets_unit(tmp_path):
    project = diabetes()
    project.train()
    certificate = project.export(tmp_path / "net.onnx")
    x = project.samples().x[:40]
    answers = ReferenceEvaluator(onnx.load(tmp_path / "net.onnx")).run(None, {"input": x})[0]
    np.testing.assert_allclose(answers, project.predict(x), rtol=1e-5, atol=10 * certificate.allowed)


def test_weights_of_other_names_are_refused():
    project = iris(epochs=1)
    project.train()
    assert project.weights is not None
    project.weights = {name.replace("dense1", "dense9"): array for name, array in project.weights.items()}
    with pytest.raises(BadValue, match=r"missing: dense1\.bias"):
        project.evaluate()


def test_the_names_of_the_package_are_those_of_the_api():
    assert set(pg.__all__) <= set(dir(pg))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pg.nothing


def test_a_saved_project_keeps_raw_averaged_and_best_weights(tmp_path):
    path = tmp_path / "a.play"
    nodes = [pg.layer("dense", units=8), pg.layer("batch_norm"), pg.layer("tanh"), pg.layer("dense", units=2)]
    made = pg.Project.chain(
        pg.dataset("moons"), *nodes, epochs=5, averaging="ema", average_decay=0.9, optimizer=pg.optimizer("sgd", rate=100)
    )
    run = made.train()
    best = min(run.epochs, key=lambda epoch: epoch.validation_loss)
    made.save(path)
    again = pg.Project.load(path)
    for name in ("raw_weights", "averaged_weights", "best_weights", "weights"):
        ours, kept = getattr(made, name), getattr(again, name)
        assert {key: array.tobytes() for key, array in kept.items()} == {key: array.tobytes() for key, array in ours.items()}, (
            name
        )
    x = made.samples().x[:5]
    plain, averaged, raw = made.evaluate(), made.evaluate(averaged=True), made.evaluate(averaged=False)
    assert plain == averaged != raw
    assert (again.evaluate(), again.evaluate(averaged=False)) == (averaged, raw)
    assert again.evaluate(best=True)["loss"] == pytest.approx(best.validation_loss, rel=1e-6)
    np.testing.assert_array_equal(again.predict(x, averaged=False), made.predict(x, averaged=False))
    again.set(evaluate_with="raw")
    again.save(path)
    other = pg.Project.load(path)
    assert (other.evaluate(), other.evaluate(averaged=True)) == (raw, averaged)
    with pytest.raises(BadValue, match="one set"):
        again.evaluate(best=True, averaged=True)
    again.weights = made.raw_weights
    again.save(path)
    alone = pg.Project.load(path)
    assert alone.evaluate() == raw
    with pytest.raises(BadValue, match="no averaged weights"):
        alone.evaluate(averaged=True)
    with pytest.raises(BadValue, match="best epoch"):
        alone.predict(x, best=True)
