"""Faults planted into the writers: every one of them must be caught before a file appears."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from onnx import numpy_helper

from playground.engine import ops
from playground.formats import npz_file, onnx_file, safetensors_file
from playground.formats.certificate import ExportBlocked
from playground.formats.interpreter import answer
from playground.formats.onnx_writer import Writer
from tests.formats.models import model_of, small_cnn


def initialiser(proto, name):
    return next(one for one in proto.graph.initializer if one.name == name)


def changed(proto, name, change):
    """The model with one initialiser changed."""
    one = initialiser(proto, name)
    one.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(change(numpy_helper.to_array(one))), name))


def nodes(proto, kind):
    return [node for node in proto.graph.node if node.op_type == kind]


def attribute(node, name):
    return next(one for one in node.attribute if one.name == name)


def drop_bias(proto):
    node = nodes(proto, "Gemm")[0]
    del node.input[2]


def swap_layers(proto):
    first, second = nodes(proto, "Conv")[:2]
    first.input[2], second.input[2] = second.input[2], first.input[2]


def wrong_epsilon(proto):
    attribute(nodes(proto, "BatchNormalization")[0], "epsilon").f = 1e-2


def swap_statistics(proto):
    node = nodes(proto, "BatchNormalization")[0]
    node.input[3], node.input[4] = node.input[4], node.input[3]


def wrong_pads(proto):
    attribute(nodes(proto, "Conv")[0], "pads").ints[:] = [0, 0, 2, 2]


def average_instead_of_max(proto):
    nodes(proto, "MaxPool")[0].op_type = "AveragePool"


def lost_transpose(proto):
    """The flatten reads channels first: the right sizes in the wrong order."""
    reshape = nodes(proto, "Reshape")[0]
    turn = next(node for node in nodes(proto, "Transpose") if node.output[0] == reshape.input[0])
    reshape.input[0] = turn.input[0]


def one_off(weights):
    return weights * (1 + 0.05 * (np.arange(weights.size) == 3).reshape(weights.shape))


FAULTS = {
    "a bias is lost": drop_bias,
    "two biases are swapped": swap_layers,
    "another epsilon": wrong_epsilon,
    "mean and variance are swapped": swap_statistics,
    "padding on the wrong side": wrong_pads,
    "another pool": average_instead_of_max,
    "flattened in the wrong order": lost_transpose,
    "a kernel mirrored": lambda proto: changed(proto, "conv1.weight", lambda w: w[..., ::-1]),
    "a kernel's rows and columns swapped": lambda proto: changed(proto, "conv1.weight", lambda w: w.transpose(0, 1, 3, 2)),
    "weights transposed": lambda proto: changed(proto, "conv2.weight", lambda w: w.transpose(1, 0, 2, 3)),
    "one weight off by a few percent": lambda proto: changed(proto, "dense1.weight", one_off),
    "half precision": lambda proto: changed(proto, "dense1.weight", lambda w: w.astype(np.float16).astype(np.float32)),
    "wrong activation": lambda proto: setattr(nodes(proto, "Relu")[0], "op_type", "Sigmoid"),
    "an unknown operator": lambda proto: setattr(nodes(proto, "Relu")[0], "op_type", "NoSuchOperator"),
    "a missing initialiser": lambda proto: proto.graph.initializer.remove(initialiser(proto, "dense1.bias")),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_in_the_onnx_model_blocks_the_export(fault, tmp_path, monkeypatch):
    build = onnx_file.build

    def faulty(model):
        proto = build(model)
        fault(proto)
        return proto

    model = model_of(small_cnn(), seed=3)
    onnx_file.write(model, tmp_path / "good.onnx")
    monkeypatch.setattr(onnx_file, "build", faulty)
    with pytest.raises(ExportBlocked):
        onnx_file.write(model, tmp_path / "net.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["good.onnx"]


def test_a_converter_that_forgets_an_op_is_caught(tmp_path, monkeypatch):
    def forgotten(self, w: Writer, node) -> None:
        w.hold(node.output, w.first(node.inputs[0]), first=True)

    monkeypatch.setattr(type(ops.find("batch_norm")), "to_onnx", forgotten)
    with pytest.raises(ExportBlocked):
        onnx_file.write(model_of(small_cnn()), tmp_path / "net.onnx")


PACKING = {
    "a byte of a tensor": lambda data: bytes([*data[:-9], data[-9] ^ 1, *data[-8:]]),
    "the last bytes are missing": lambda data: data[:-4],
}


@pytest.mark.parametrize("spoil", PACKING.values(), ids=PACKING.keys())
def test_a_fault_in_packing_safetensors_blocks_the_export(spoil, tmp_path, monkeypatch):
    pack = safetensors_file.pack
    monkeypatch.setattr(safetensors_file, "pack", lambda arrays, about: spoil(pack(arrays, about)))
    with pytest.raises((ExportBlocked, OSError)):
        safetensors_file.write(model_of(small_cnn()), tmp_path / "net.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file", [safetensors_file, npz_file], ids=["safetensors", "npz"])
@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: {name: array[::-1] for name, array in arrays.items()},
        lambda arrays: {name.replace("conv1", "conv3"): array for name, array in arrays.items()},
        lambda arrays: dict(list(arrays.items())[1:]),
        lambda arrays: {name: array.astype(np.float16) for name, array in arrays.items()},
    ],
    ids=["reversed", "renamed", "one left out", "half precision"],
)
def test_other_contents_block_the_export(file, change, tmp_path, monkeypatch):
    pack = file.pack
    monkeypatch.setattr(file, "pack", lambda arrays, about: pack(change(arrays), about))
    with pytest.raises(ExportBlocked, match="does not hold what was put into it"):
        file.write(model_of(small_cnn()), tmp_path / "net.any")
    assert not list(tmp_path.iterdir())


def test_swapped_weights_of_one_shape_change_the_answer():
    """What the interpreter is for: names and hashes may agree with each other and still be another network."""
    model = model_of(small_cnn())
    swapped = dict(model.parameters)
    swapped["norm1.gamma"], swapped["norm1.beta"] = swapped["norm1.beta"], swapped["norm1.gamma"]
    other = dataclasses.replace(model, parameters=swapped)
    assert not np.allclose(answer(other, other.tensors(), {}), model.expected, atol=1e-3)
