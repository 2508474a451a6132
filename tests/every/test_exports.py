"""Every example of every layer, and random networks of them all, through ONNX: its reference interpreter gives our answers."""

from __future__ import annotations

import numpy as np
import pytest

from playground.engine.onnx_form import NoOnnxForm
from playground.formats import onnx_file
from playground.formats.onnx_writer import IR_VERSION, OPSET
from tests.every.catalogue import examples
from tests.every.evaluate import layer_graph, quiet
from tests.every.test_networks import random_graph
from tests.formats.models import model_of

#: Operators that are younger than the opset in which everything else is written, or that had another meaning before.
NEWER = {"GroupNormalization": 21, "Attention": 23, "RMSNormalization": 23}


def exported(graph, path, seed=0):
    """The ONNX model as it lies on the disk; writing it has compared its answers with ours."""
    certificate = onnx_file.write(model_of(graph, seed), path)
    assert certificate.error <= certificate.allowed
    proto = onnx_file.parse(path.read_bytes())
    names = [node.name for node in every_node(proto.graph)]
    assert len(names) == len(set(names)), "runtimes refuse two nodes of one name"
    return proto


def every_node(graph):
    """The nodes of a graph and of the graphs within."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            yield from every_node(attribute.g)


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("layer"))
def test_a_layer(record, settings, shapes, tmp_path):
    proto = exported(layer_graph(quiet(record(**settings)), shapes), tmp_path / "net.onnx")
    used = {node.op_type for node in proto.graph.node}
    assert [(one.domain, one.version) for one in proto.opset_import] == [("", max(OPSET, *(NEWER.get(op, 0) for op in used)))]
    assert proto.ir_version == IR_VERSION
    assert not any(one.data_location for one in proto.graph.initializer)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_network(seed, tmp_path):
    graph = random_graph(seed)
    exported(graph, tmp_path / "net.onnx", seed)


def test_an_op_without_an_onnx_form_is_refused_with_the_node(tmp_path, monkeypatch):
    from playground.engine import ops
    from playground.engine.ops.base import Op

    graph = random_graph(3)
    op = graph.nodes[0].op
    monkeypatch.setattr(type(ops.find(op)), "to_onnx", Op.to_onnx)
    monkeypatch.setattr(type(ops.find(op)), "onnx", "")
    with pytest.raises(NoOnnxForm, match=f"uses {op}, which has no ONNX form"):
        onnx_file.write(model_of(graph), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_transposes_are_few():
    """Two of them: into the convolutions and out of them."""
    from tests.formats.models import small_cnn

    proto = onnx_file.build(model_of(small_cnn()))
    assert sum(node.op_type == "Transpose" for node in proto.graph.node) == 2
    assert np.all([node.op_type != "Identity" for node in proto.graph.node])
