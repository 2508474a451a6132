"""Networks with several losses: every answer is in the file, in the data's own unit, certified and read back."""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import playground as pg
from playground.api.judging import Judged
from playground.formats import onnx_file
from playground.formats.certificate import ExportBlocked
from playground.formats.export import export
from playground.formats.model import needed


@pytest.fixture(scope="module")
def trained() -> pg.Project:
    """Which digit it is; the picture again, through a convolution; and once more as a row, from the same layer as the classes."""
    project = pg.Project()
    data = project.add(pg.dataset("digits"), name="digits")
    x = project.add(pg.layer("conv2d", filters=3), data, name="body")
    row = project.add(pg.layer("flatten"), x, name="row")
    project.add(pg.loss("cross_entropy"), project.add(pg.layer("dense", units=10), row, name="digit"), name="class_loss")
    project.add(
        pg.loss("mean_squared_error"), project.add(pg.layer("conv2d", filters=1), x, name="picture"), data, name="pixel_loss"
    )
    project.add(pg.loss("multi_class_hinge", weight=0.1), "digit", name="margin_loss")
    project.train(epochs=1, batch=256)
    return project


@pytest.mark.parametrize("ending", ["onnx", "npz", "safetensors"])
def test_all_weights_come_back(trained, ending, tmp_path):
    trained.export(tmp_path / f"net.{ending}")
    other = pg.Project(trained.record)
    found = other.load_weights(tmp_path / f"net.{ending}")
    assert found.notes == ()
    assert other.evaluate() == trained.evaluate()


def test_each_answer_is_an_output_in_the_unit_of_the_data(trained, tmp_path):
    certificate = trained.export(tmp_path / "net.onnx")
    x = trained.samples().x[:40]
    proto = onnx.load(tmp_path / "net.onnx")
    assert [one.name for one in proto.graph.output] == ["output", "picture"]
    digit, picture = ReferenceEvaluator(proto).run(None, {"input": x})
    observed = trained.observe(x)
    np.testing.assert_allclose(digit, observed["digit"], atol=1e-4)
    spread, shift = np.polyfit(observed["picture"].ravel().astype(float), picture.ravel().astype(float), 1)
    train = Judged(trained.record, trained.samples(), trained.weights).splits["train"]
    assert spread == pytest.approx(trained.samples().x[train.index].std(), rel=1e-3)
    assert shift == pytest.approx(trained.samples().x[train.index].mean(), rel=1e-3)
    assert certificate.error <= certificate.allowed


def test_a_fault_in_a_further_answer_blocks_the_export(trained, tmp_path):
    model = Judged(trained.record, trained.samples(), trained.weights).model("net")
    (picture,) = model.further
    wrong = dataclasses.replace(model, further=(dataclasses.replace(picture, expected=picture.expected + 0.01),))
    for ending in ("onnx", "npz", "safetensors"):
        with pytest.raises(ExportBlocked, match="differs from the network"):
            export(wrong, tmp_path / f"net.{ending}")
    with pytest.raises(ExportBlocked, match="gives 2 answers, the network 1"):
        export(dataclasses.replace(model, further=()), tmp_path / "net.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_first_answer_alone_is_read(trained, tmp_path, monkeypatch):
    """As they were written before."""
    model = Judged(trained.record, trained.samples(), trained.weights).model("net")
    with monkeypatch.context() as patched:
        patched.setattr(onnx_file, "needed", lambda graph: needed(graph, first=True))
        onnx.save(onnx_file.build(dataclasses.replace(model, further=())), tmp_path / "net.onnx")
    other = pg.Project(trained.record)
    found = other.load_weights(tmp_path / "net.onnx")
    assert [note.partition(",")[0] for note in found.notes] == [
        f"net.onnx does not hold picture.{part}" for part in ("weight", "bias")
    ]
    np.testing.assert_array_equal(other.weights["digit.weight"], trained.weights["digit.weight"])


def test_a_network_that_gives_its_input_again_answers_in_its_unit(tmp_path):
    project = pg.Project()
    data = project.add(pg.dataset("diabetes"), name="data")
    y = project.add(pg.layer("dense", units=10), project.add(pg.layer("dense", units=3), data))
    project.add(pg.loss("mean_squared_error"), y, data, name="loss")
    project.train(epochs=2)
    project.export(tmp_path / "net.onnx")
    x = project.samples().x[:20]
    answers = ReferenceEvaluator(onnx.load(tmp_path / "net.onnx")).run(None, {"input": x})[0]
    np.testing.assert_allclose(answers, project.predict(x), rtol=1e-4, atol=1e-5 * np.abs(answers).max())
