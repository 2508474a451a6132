"""ONNX: the whole network with its scaling in one file, checked by the ONNX checker and run by ONNX's own reference interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import playground
from playground.document.saver import save_atomically
from playground.formats.certificate import Certificate, ExportBlocked, certify
from playground.formats.format import Format
from playground.formats.model import Affine, Model, further_inputs, needed
from playground.formats.onnx_import import take
from playground.formats.onnx_run import INPUT, INTERPRETER, MOST_BYTES, OUTPUT, parse, run
from playground.formats.onnx_writer import IR_VERSION, Writer
from playground.words import sentence

#: Shift over spread beyond which single precision would cost digits of the scaled input.
LARGE_SHIFT = 8.0


def write(model: Model, path: Path) -> Certificate:
    """Raises NoOnnxForm or ExportBlocked, with nothing written, when ONNX cannot say it or says something else."""
    import onnx

    proto = build(model)
    before = certificate(model, proto)
    about = {"name": model.name, **model.about, "certificate": before.to_json()}
    onnx.helper.set_model_props(proto, about)

    packed = proto.SerializeToString(deterministic=True)
    if certificate(model, parse(packed)) != before:
        raise ExportBlocked(
            sentence("{path} was not written: read back, the ONNX file gives other answers than before.", path=path.name)
        )
    save_atomically(path, packed)
    return before


def certificate(model: Model, proto: Any) -> Certificate:
    """The model checked and run by the reference interpreter. Raises ExportBlocked."""
    import onnx

    try:
        onnx.checker.check_model(proto, full_check=True)
        answers = run(proto, model.probe, model.columns)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, RuntimeError, ValueError, TypeError) as error:
        raise ExportBlocked(sentence("The ONNX file was not written: its checker refuses it. {error}", error=error)) from error
    return certify(model, answers, format="ONNX", interpreter=INTERPRETER, versions={"onnx": onnx.__version__})


def build(model: Model) -> Any:
    """The ONNX model of a network: inputs and outputs as the engine has them, batch axis free."""
    from onnx import TensorProto, helper, numpy_helper

    tensors = model.tensors()
    if sum(array.nbytes for array in tensors.values()) > MOST_BYTES:
        raise ExportBlocked(
            sentence("The ONNX file was not written: one file holds 2 GiB at most. Export the weights as safetensors instead.")
        )
    graph = model.graph
    w = Writer(graph, tensors)
    w.fresh(INPUT), w.fresh(OUTPUT)
    names = [w.fresh(one.name) for one in model.further]
    w.hold(graph.input, _scaled(w, INPUT, model.before, "input", invert=False))
    further = further_inputs(graph)
    for column in further:
        w.hold(column, w.fresh(graph.values[column].name))
    for node in needed(graph):
        w.write(node)
    result = _scaled(w, w.last(graph.output), model.after, "output", invert=True)
    _end_as_output(w, result)
    for one, name in zip(model.further, names, strict=True):
        value = _scaled(w, w.last(one.value), one.after, one.name, invert=True)
        w.nodes.append(helper.make_node("Identity", [value], [name], name=f"{name}/Identity"))

    def info(name: str, value: int) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *graph.values[value].type.shape])

    made = helper.make_graph(
        w.nodes, model.name or "network", [info(INPUT, graph.input), *(info(w.held(column).name, column) for column in further)],
        [info(OUTPUT, graph.output), *(info(name, one.value) for one, name in zip(model.further, names, strict=True))],
        [numpy_helper.from_array(array, name) for name, array in w.initialisers.items()],
    )  # fmt: skip
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", w.opset)], ir_version=IR_VERSION,
        producer_name="neural-playground", producer_version=playground.__version__,
    )  # fmt: skip


def _scaled(w: Writer, name: str, affine: Affine | None, side: str, *, invert: bool) -> str:
    """The scaling of a side as two nodes, or nothing; in double where a shift is so large that float would lose the value."""
    from onnx import TensorProto

    if affine is None:
        return name
    wide = not invert and bool(np.any(np.abs(affine.shift) > LARGE_SHIFT * affine.scale))
    number = np.float64 if wide else np.float32
    shift = w.constant(f"scaling.{side}.shift", np.asarray(affine.shift, number))
    scale = w.constant(f"scaling.{side}.scale", np.asarray(affine.scale, number))
    if invert:
        return w.node("Add", [w.node("Mul", [name, scale], f"{side}_scale"), shift], f"{side}_shift")
    if not wide:
        return w.node("Div", [w.node("Sub", [name, shift], f"{side}_shift"), scale], f"{side}_scale")
    x = w.node("Cast", [name], f"{side}_wide", to=TensorProto.DOUBLE)
    y = w.node("Div", [w.node("Sub", [x, shift], f"{side}_shift"), scale], f"{side}_scale")
    return w.node("Cast", [y], f"{side}_scaled", to=TensorProto.FLOAT)


def _end_as_output(w: Writer, name: str) -> None:
    """Give the last value the name of the graph's output."""
    from onnx import helper

    last = w.nodes[-1] if w.nodes else None
    if last is not None and last.output[0] == name and not any(name in node.input for node in w.nodes):
        last.output[0] = OUTPUT
    else:
        w.nodes.append(helper.make_node("Identity", [name], [OUTPUT], name="output/Identity"))


FORMAT = Format(
    id="onnx",
    title="ONNX",
    suffix=".onnx",
    help="The whole network with its scaling, for runtimes and viewers (opset 20; 21 with GroupNorm, 23 with attention or RMSNorm).",
    write=write,
    take=take,
)
