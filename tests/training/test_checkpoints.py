"""Checkpoints: exact, readable by others, refused where they do not belong."""

from __future__ import annotations

import dataclasses
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from playground.errors import FileError
from playground.training import checkpoints
from playground.training.checkpoints import Checkpoint
from playground.training.leaving import checkpoint_of
from tests.training.networks import NETWORKS, curve, forgetful, plain, project, trainer


def some(name: str, steps: int = 7) -> tuple[Checkpoint, object]:
    run = trainer(NETWORKS[name](), 1, 1)
    for _ in range(steps):
        run.advance()
    knobs = {"rate": 0.25}
    return Checkpoint(run.machine.snapshot(), dataclasses.asdict(run.memory), knobs, {"seed": 1}), run.machine.layout


@pytest.mark.parametrize("name", NETWORKS)
def test_a_checkpoint_comes_back_bit_for_bit(name: str, tmp_path: Path) -> None:
    kept, layout = some(name)
    path = tmp_path / "last.safetensors"
    checkpoints.write(path, kept, layout)  # type: ignore[arg-type]
    found = checkpoints.read(path, layout)  # type: ignore[arg-type]
    assert found.state.tobytes() == kept.state.tobytes()
    assert (found.memory, found.knobs, found.fingerprint) == (kept.memory, kept.knobs, kept.fingerprint)


def test_the_best_epoch_is_left_without_a_copy_of_the_present_state() -> None:
    wide = project(("dense", {"units": 1000}), ("tanh", {}), ("dense", {"units": 1}), loss="mean_squared_error"), curve()
    run = trainer(wide)
    while run.memory.best_place is None:
        run.advance()
    best = run.machine.snapshot()
    while run.machine.snapshot().tobytes() == best.tobytes():
        run.advance(1)
    checkpoint_of(run, "best", {})  # what is imported or cached on first use counts for nothing
    tracemalloc.start()
    try:
        left = checkpoint_of(run, "best", {})
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    last = checkpoint_of(run, "last", {})
    assert left is not None
    assert last is not None
    assert left.state.tobytes() == best.tobytes()
    assert last.state.tobytes() == run.machine.snapshot().tobytes() != best.tobytes()
    assert most < best.nbytes / 2, "the present state was copied too"


def test_any_program_reads_its_weights(tmp_path: Path) -> None:
    run = trainer(forgetful(), 1, 1)
    run.advance()
    path = tmp_path / "last.safetensors"
    checkpoints.write(path, Checkpoint(run.machine.snapshot(), {}, {}, {}), run.machine.layout)
    tensors = safetensors.numpy.load_file(path)
    for name, value in (run.machine.parameters() | run.machine.slots()).items():
        np.testing.assert_array_equal(tensors[name], value)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    kept, layout = some("plain")
    path = tmp_path / "last.safetensors"
    checkpoints.write(path, kept, layout)  # type: ignore[arg-type]
    with pytest.raises(FileError, match="another network"):
        checkpoints.read(path, trainer(forgetful()).machine.layout)


def test_files_that_are_no_checkpoints_are_refused(tmp_path: Path) -> None:
    layout = trainer(plain()).machine.layout
    path = tmp_path / "x.safetensors"
    with pytest.raises(FileError, match="cannot be read"):
        checkpoints.read(path, layout)
    path.write_bytes(b"\x05" * 40)
    with pytest.raises(FileError, match="cannot be read"):
        checkpoints.read(path, layout)
    safetensors.numpy.save_file({"a": np.zeros(3, np.float32)}, path)
    with pytest.raises(FileError, match="no checkpoint"):
        checkpoints.read(path, layout)
    safetensors.numpy.save_file({"a": np.zeros(3, np.float32)}, path, {"format": checkpoints.FORMAT, "version": "99"})
    with pytest.raises(FileError, match="newer release"):
        checkpoints.read(path, layout)


def test_a_damaged_word_in_it_is_refused(tmp_path: Path) -> None:
    kept, layout = some("plain")
    path = tmp_path / "last.safetensors"
    checkpoints.write(path, kept, layout)  # type: ignore[arg-type]
    tensors = safetensors.numpy.load_file(path)
    safetensors.numpy.save_file(tensors, path, {"format": checkpoints.FORMAT, "version": "1", "about": "{}"})
    with pytest.raises(FileError, match="lacks"):
        checkpoints.read(path, layout)  # type: ignore[arg-type]
