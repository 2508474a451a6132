"""ONNX files that are not what they should be: a sentence that names the tensor, what was expected and what was found."""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from playground.core import registry
from playground.core.tensor import TensorType
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.engine.onnx_form import NoOnnxForm
from playground.errors import FileError
from playground.formats import npz_file, onnx_file, safetensors_file
from playground.formats.export import take as take_any
from playground.formats.model import Affine
from playground.formats.onnx_import import read_weights, take
from playground.formats.taken import agree
from tests.every.evaluate import evaluated
from tests.formats.models import model_of, small_cnn

GRAPH = small_cnn()


def initialiser(proto, name):
    return next(one for one in proto.graph.initializer if one.name == name)


def spoiled(path, change, model=None):
    """The file of the small network with something changed in it."""
    onnx_file.write(model or model_of(GRAPH), path)
    proto = onnx.load(path)
    change(proto)
    path.write_bytes(proto.SerializeToString())
    return path


def put(proto, name, change):
    one = initialiser(proto, name)
    one.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(change(numpy_helper.to_array(one))), name))


def external(proto):
    one = initialiser(proto, "dense1.weight")
    one.ClearField("raw_data")
    one.data_location = TensorProto.EXTERNAL
    one.external_data.add(key="location", value="/etc/hostname")


def short(proto):
    initialiser(proto, "dense1.weight").raw_data = b"1234"


def version(number, domain=""):
    def change(proto):
        del proto.opset_import[:]
        proto.opset_import.append(helper.make_opsetid(domain, number))

    return change


def extra(proto):
    proto.graph.initializer.append(numpy_helper.from_array(np.ones(3, np.float32), "dense9.weight"))


SPOILED = {
    "another shape": (lambda p: put(p, "conv1.weight", lambda w: w[:2]), r"net.onnx: conv1.weight must have the shape \(3, 2, 3, 3\).*it has \(2, 2, 3, 3\)"),
    "transposed": (lambda p: put(p, "dense1.weight", np.transpose), r"dense1.weight must have the shape \(\d+, 4\).*it has \(4, \d+\)"),
    "double": (lambda p: put(p, "dense1.bias", lambda w: w.astype(np.float64)), "dense1.bias must hold float32 numbers; it holds double"),
    "half": (lambda p: put(p, "dense1.bias", lambda w: w.astype(np.float16)), "dense1.bias must hold float32 numbers; it holds float16"),
    "missing": (lambda p: p.graph.initializer.remove(initialiser(p, "dense1.bias")), "It must hold dense1.bias; it holds .*conv1"),
    "renamed": (lambda p: setattr(initialiser(p, "conv2.bias"), "name", "conv2.offset"), "It must hold conv2.bias"),
    "unknown": (extra, "It holds 'dense9.weight', which is nothing of this network"),
    "external": (external, "dense1.weight: the numbers are in another file"),
    "too few bytes": (short, "dense1.weight is damaged"),
    "a later opset": (version(99), "written in opset 99; opsets up to"),
    "another domain": (version(1, "com.example"), "uses operators of 'com.example'; only ONNX's own"),
    "no network": (lambda p: p.ClearField("graph"), "it holds no network"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), SPOILED.values(), ids=SPOILED.keys())
def test_a_file_that_does_not_fit_is_refused_in_words(change, sentence, tmp_path):
    with pytest.raises(FileError, match=sentence):
        take(spoiled(tmp_path / "net.onnx", change), GRAPH, {})


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xff" * 200, b"\x08\x0a\x3a\x05abc"])
def test_other_files_are_refused(content, tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"net\.onnx: This is no ONNX file, or it is damaged"):
        take(path, GRAPH, {})


def test_every_cut_of_a_file_is_refused_or_gives_all_of_it(tmp_path):
    path = tmp_path / "net.onnx"
    onnx_file.write(model_of(GRAPH), path)
    whole = path.read_bytes()
    for end in range(0, len(whole), 37):
        path.write_bytes(whole[:end])
        try:
            found = read_weights(GRAPH, path)
        except FileError:
            continue
        assert all(np.array_equal(found[name], array) for name, array in model_of(GRAPH).tensors().items())


def test_a_file_of_more_than_two_gigabytes_is_not_read(tmp_path):
    path = tmp_path / "net.onnx"
    with path.open("wb") as file:
        file.truncate(2**31 + 1)
    with pytest.raises(FileError, match="2,147,483,649 bytes; an ONNX file in one piece ends at 2 GiB"):
        take(path, GRAPH, {})


def test_a_file_that_is_not_there_lists_what_can_be_read(tmp_path):
    with pytest.raises(FileError, match=r"There is no file .*nowhere.onnx\. Name one that ends in .npz, .onnx, .safetensors"):
        take_any(tmp_path / "nowhere.onnx", GRAPH, {})


def test_weights_of_another_order_are_caught_by_the_answers(tmp_path):
    """Names and shapes fit, and the file's own network uses its weights otherwise: only running it shows that."""

    def turn(proto):
        put(proto, "dense1.weight", lambda w: w[::-1])
        node = next(node for node in proto.graph.node if node.op_type == "Relu")
        node.op_type = "Sigmoid"

    model = model_of(GRAPH)
    taken = take(spoiled(tmp_path / "net.onnx", turn), GRAPH, {})
    with pytest.raises(FileError, match="it is another network or has another scaling"):
        agree(with_weights(model, taken.tensors), taken)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize("before", [None, Affine(np.array([0.2, -0.4]), np.array([1.5, 0.7]))])
def test_bare_arrays_answer_with_the_scaling_of_the_network(before, ending, tmp_path):
    model, path = model_of(GRAPH, before=before), tmp_path / f"net.{ending}"
    if ending == "npz":
        np.savez(path, **model.tensors())
    else:
        save_file(model.tensors(), path)
    error, notes = agree(model, take_any(path, GRAPH, {}))
    assert error < 1e-5
    assert [note.startswith(f"{path.name} does not say how its data was scaled") for note in notes] == [True] * (
        before is not None
    )


@pytest.mark.parametrize("ending", ["onnx", "npz", "safetensors"])
def test_another_scaling_is_caught_by_the_answers(ending, tmp_path):
    path = tmp_path / f"net.{ending}"
    scaled = model_of(GRAPH, before=Affine(np.array([0.2, -0.4]), np.array([1.5, 0.7])))
    {"onnx": onnx_file, "npz": npz_file, "safetensors": safetensors_file}[ending].write(scaled, path)
    taken = take_any(path, GRAPH, {})
    assert agree(scaled, taken)[1] == []
    with pytest.raises(FileError, match=rf"net.{ending} holds weights of these names and shapes.*Nothing was changed"):
        agree(with_weights(model_of(GRAPH), taken.tensors), taken)


def test_operators_that_the_network_does_not_have_are_not_run(tmp_path):
    def loop(proto):
        next(node for node in proto.graph.node if node.op_type == "Relu").op_type = "Loop"

    taken = take(spoiled(tmp_path / "net.onnx", loop), GRAPH, {})
    with pytest.raises(FileError, match="uses 'Loop', which this network's ONNX form does not have"):
        agree(model_of(GRAPH), taken)


def test_a_constant_in_another_file_is_not_read(tmp_path):
    def constant(proto):
        tensor = TensorProto(name="c", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="/etc/hostname")
        proto.graph.node.insert(0, helper.make_node("Constant", [], ["stranger"], value=tensor))

    taken = take(spoiled(tmp_path / "net.onnx", constant), GRAPH, {})
    with pytest.raises(FileError, match="keeps numbers in another file"):
        agree(model_of(GRAPH), taken)


def test_a_changed_file_says_that_its_certificate_is_of_other_weights(tmp_path):
    taken = take(spoiled(tmp_path / "net.onnx", lambda p: put(p, "dense1.weight", lambda w: w * 2)), GRAPH, {})
    model = with_weights(model_of(GRAPH), taken.tensors)
    assert agree(model, taken)[1] == ["The certificate in net.onnx is of other weights: the file was changed after its export."]


def test_the_padding_row_of_an_embedding_stays_as_it_is(tmp_path):
    layer = registry.find("layer", "embedding")(vocabulary=7, units=3, padding=2)
    g = GraphBuilder()
    x = g.take_input(TensorType((4,), tokens=7))
    with g.of("embedding1", layer):
        y = layer.build(g, x)
    graph = g.finish(y)
    model = model_of(graph)
    onnx_file.write(model, tmp_path / "net.onnx")
    (name,) = model.tensors()
    present = {name: np.full((7, 3), 5.0, np.float32)}
    taken = take(tmp_path / "net.onnx", graph, present)
    assert taken.notes == (
        f"net.onnx does not hold 3 of 21 numbers of {name}, which its answers do not depend on; they stay as they are.",
    )
    np.testing.assert_array_equal(taken.tensors[name][2], 5.0)
    rest = [0, 1, 3, 4, 5, 6]
    np.testing.assert_array_equal(taken.tensors[name][rest], model.tensors()[name][rest])


def test_an_op_that_computes_with_its_weights_is_refused(tmp_path, monkeypatch):
    """Sums and products of weights cannot be taken apart; none of our ops writes any, and one that did would be noticed."""
    onnx_file.write(model_of(GRAPH), tmp_path / "net.onnx")

    def doubled(self, w, node):
        name, array = w.tensor(node.inputs[1])
        w.hold(node.output, w.node("MatMul", [w.last(node.inputs[0]), w.constant(name, array + array[::-1])], "y"))

    monkeypatch.setattr(type(ops.find("dense")), "to_onnx", doubled)
    with pytest.raises(NoOnnxForm, match=r"dense1\.weight mixes several weights"):
        take(tmp_path / "net.onnx", GRAPH, {})


def with_weights(model, tensors):
    """The network with these weights, and what it answers with them."""
    y = evaluated(model.graph, model.probe, np.zeros(0), tensors, training=False)[model.graph.output]
    return dataclasses.replace(model, parameters=dict(tensors), statistics={}, expected=np.asarray(y, np.float32))
