"""Each format holds what it was given, says so in its certificate, and replaces a file whole or not at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from playground.errors import FileError
from playground.formats import npz_file, safetensors_file
from playground.formats.certificate import ExportBlocked
from playground.formats.export import export, format_of, formats
from playground.formats.model import Affine, tensors_sha256
from tests.formats.models import model_of, small_cnn

each = pytest.mark.parametrize("format", formats(), ids=lambda format: format.id)
BEFORE = Affine(np.array([0.2, -0.4]), np.array([1.5, 0.7]))
AFTER = Affine(np.array([3.0, 0.0, -1.0, 150.0]), np.array([2.0, 1.0, 0.5, 77.0]))


@each
def test_a_network_with_every_layout_passes(format, tmp_path):
    path = tmp_path / f"net{format.suffix}"
    certificate = export(model_of(small_cnn(), before=BEFORE, after=AFTER), path)
    assert path.is_file()
    assert certificate.error <= certificate.allowed
    assert certificate.probe_rows == 6
    assert len(certificate.probe_sha256) == len(certificate.weights_sha256) == 64
    assert list(tmp_path.iterdir()) == [path]


@each
def test_the_same_model_gives_the_same_bytes(format, tmp_path):
    model = model_of(small_cnn())
    for name in ("a", "b"):
        export(model, tmp_path / f"{name}{format.suffix}")
    assert (tmp_path / f"a{format.suffix}").read_bytes() == (tmp_path / f"b{format.suffix}").read_bytes()


@each
def test_a_wrong_answer_blocks_the_export_and_leaves_the_old_file(format, tmp_path):
    path = tmp_path / f"net{format.suffix}"
    path.write_bytes(b"the old file")
    model = model_of(small_cnn())
    wrong = dataclasses.replace(model, expected=model.expected + np.float32(1e-3) * np.abs(model.expected).max())
    with pytest.raises(ExportBlocked, match="was not written"):
        export(wrong, path)
    assert path.read_bytes() == b"the old file"
    assert list(tmp_path.iterdir()) == [path]


@each
def test_answers_that_are_not_finite_block_the_export(format, tmp_path):
    model = model_of(small_cnn())
    parameters = {name: array * np.float32(np.nan) for name, array in model.parameters.items()}
    broken = dataclasses.replace(model, parameters=parameters, expected=model.expected * np.float32(np.nan))
    with pytest.raises(ExportBlocked, match="not finite"):
        export(broken, tmp_path / f"net{format.suffix}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file", [safetensors_file, npz_file], ids=["safetensors", "npz"])
def test_weights_come_back_by_name_with_scaling_and_certificate(file, tmp_path):
    model = model_of(small_cnn(), before=BEFORE, after=AFTER)
    path = tmp_path / "net.any"
    certificate = export(model, path, file.FORMAT.id)
    contents = file.read(path)
    assert tensors_sha256(contents.tensors()) == tensors_sha256(model.tensors()) == certificate.weights_sha256
    assert {name: array.tolist() for name, array in contents.scaling().items()} == {
        "input.shift": BEFORE.shift.tolist(), "input.scale": BEFORE.scale.tolist(),
        "output.shift": AFTER.shift.tolist(), "output.scale": AFTER.scale.tolist(),
    }  # fmt: skip
    assert contents.about["task"] == "test"
    assert json.loads(contents.about["certificate"])["error"] == certificate.error


def test_torch_reads_the_safetensors_file(tmp_path):
    from safetensors.torch import load_file

    model = model_of(small_cnn())
    export(model, tmp_path / "net.safetensors")
    for name, tensor in load_file(tmp_path / "net.safetensors").items():
        np.testing.assert_array_equal(tensor.numpy(), model.tensors()[name])


@pytest.mark.parametrize("file", [safetensors_file, npz_file], ids=["safetensors", "npz"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xff" * 200, b'\x10\0\0\0\0\0\0\0{"a":1}         '])
def test_other_files_are_refused_in_words(file, content, tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(content)
    with pytest.raises(FileError, match="weights: This is no"):
        file.read(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError, match="nowhere"):
        npz_file.read(tmp_path / "nowhere.npz")


def test_an_unknown_ending_lists_the_known_ones():
    with pytest.raises(FileError, match=r"\.onnx.*\.safetensors"):
        format_of(Path("net.pt"))
    assert format_of(Path("NET.ONNX")).id == "onnx"
